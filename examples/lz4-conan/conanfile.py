"""The wheel as a Conan package: `conan create . -pr:h PROFILE -b missing`."""

from conan import ConanFile


class Lz4Wheel(ConanFile):
    """Name and version are pyproject.toml's."""

    python_requires = "xconan/0.1.0"
    python_requires_extend = "xconan.XconanWheel"
    requires = "lz4/1.9.4"
    exports_sources = "pyproject.toml", "README.md", "CMakeLists.txt", "src/*"
