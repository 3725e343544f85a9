"""bzip2's library, without its programs."""

from pathlib import Path

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, get

required_conan_version = ">=2.4"


class Bzip2Recipe(ConanFile):
    """Build libbz2 with the CMakeLists.txt beside this recipe."""

    name = "bzip2"
    description = "Block-sorting compressor"
    license = "bzip2-1.0.6"  # SPDX's name for the licence of 1.0.8, too
    homepage = "https://sourceware.org/bzip2/"
    topics = ("compression",)
    package_type = "library"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ("auto_shared_fpic",)
    exports_sources = "src/CMakeLists.txt"

    def layout(self) -> None:
        """Let the exported CMakeLists.txt and upstream's files share a folder."""
        cmake_layout(self, src_folder="src")

    def source(self) -> None:
        """Fetch upstream's archive."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def generate(self) -> None:
        """Write the toolchain; the kind of library is all there is to choose."""
        CMakeToolchain(self).generate()

    def build(self) -> None:
        """Build the library."""
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self) -> None:
        """Keep header, library and licence."""
        copy(self, "LICENSE", src=self.source_folder, dst=Path(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self) -> None:
        """Give the names of CMake's own FindBZip2, for either way of finding it."""
        self.cpp_info.set_property("cmake_find_mode", "both")
        self.cpp_info.set_property("cmake_file_name", "BZip2")
        self.cpp_info.set_property("cmake_target_name", "BZip2::BZip2")
        self.cpp_info.set_property("cmake_additional_variables_prefixes", ["BZIP2"])
        self.cpp_info.set_property("pkg_config_name", "bzip2")
        self.cpp_info.libs = ["bz2"]
