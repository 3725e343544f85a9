"""The wheel imported by its host's Python, emulated where it must be."""

from conan import ConanFile


class TestLz4Wheel(ConanFile):
    """Runs test_*.py beside this file."""

    python_requires = "xconan/0.1.0"
    python_requires_extend = "xconan.XconanTest"
