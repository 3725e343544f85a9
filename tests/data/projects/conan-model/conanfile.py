"""Libraries by three build systems, and a program for the build."""

from conan import ConanFile


class ConanModel(ConanFile):
    """What the module is made of."""

    settings = "os", "arch", "compiler", "build_type"

    def requirements(self) -> None:
        """LevelDB brings Snappy; libffi is built by Autotools, Pixman by Meson."""
        self.requires("leveldb/[>=1.23 <2]")
        self.requires("libffi/3.4.4")
        self.requires("pixman/[>=0.40 <1]")

    def build_requirements(self) -> None:
        """Nlohmann's headers for a test; a generator that runs on the build machine."""
        self.tool_requires("embed/1.0")
        self.test_requires("nlohmann_json/3.11.3")
