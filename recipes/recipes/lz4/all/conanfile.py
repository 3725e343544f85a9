"""LZ4, a fast compressor: the library alone, without its command line."""

from pathlib import Path

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, get, rmdir
from conan.tools.scm import Version

required_conan_version = ">=2.4"


class Lz4Recipe(ConanFile):
    """Build liblz4 with upstream's own CMake files."""

    name = "lz4"
    description = "Extremely fast lossless compression"
    license = "BSD-2-Clause"
    homepage = "https://lz4.org"
    topics = ("compression",)
    package_type = "library"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ("auto_shared_fpic",)

    def layout(self) -> None:
        """Keep upstream's tree apart from what is built."""
        cmake_layout(self, src_folder="src")

    def source(self) -> None:
        """Fetch upstream's archive."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)

    def generate(self) -> None:
        """Ask for one kind of library and no programs."""
        toolchain = CMakeToolchain(self)
        # 1.9.4 asks for CMake 2.8.12, which CMake 4 no longer answers to.
        toolchain.cache_variables["CMAKE_POLICY_VERSION_MINIMUM"] = "3.5"
        toolchain.cache_variables["BUILD_STATIC_LIBS"] = not self.options.shared
        toolchain.cache_variables["LZ4_BUILD_CLI"] = False
        toolchain.cache_variables["LZ4_BUILD_LEGACY_LZ4C"] = False
        # A shared library has no such option: its code is position-independent anyway.
        independent = bool(self.options.get_safe("fPIC", default=True))
        toolchain.cache_variables["LZ4_POSITION_INDEPENDENT_LIB"] = independent
        if Version(self.version) < "1.10.0":
            # As upstream's Makefile does, and its CMake files from 1.10 on: the copy of xxHash inside
            # must not meet another library's.
            toolchain.preprocessor_definitions["XXH_NAMESPACE"] = "LZ4_"
        toolchain.generate()

    def build(self) -> None:
        """Build by upstream's CMakeLists.txt, which is not at the top of its tree."""
        cmake = CMake(self)
        cmake.configure(build_script_folder="build/cmake")
        cmake.build()

    def package(self) -> None:
        """Keep headers, library and licence; Conan writes its own CMake and pkg-config files."""
        package = Path(self.package_folder)
        copy(self, "LICENSE", src=Path(self.source_folder, "lib"), dst=package / "licenses")
        CMake(self).install()
        rmdir(self, package / "lib/cmake")
        rmdir(self, package / "lib/pkgconfig")
        rmdir(self, package / "share")

    def package_info(self) -> None:
        """Give the names that upstream's own CMake and pkg-config files give."""
        kind = "shared" if self.options.shared else "static"
        self.cpp_info.set_property("cmake_file_name", "lz4")
        self.cpp_info.set_property("cmake_target_name", f"LZ4::lz4_{kind}")
        # lz4::lz4 is what projects made for ConanCenter's recipe link, LZ4::lz4 upstream's from 1.10 on.
        self.cpp_info.set_property("cmake_target_aliases", ["lz4::lz4", "LZ4::lz4"])
        self.cpp_info.set_property("pkg_config_name", "liblz4")
        self.cpp_info.libs = ["lz4"]
        if self.options.shared and self.settings.os == "Windows":
            self.cpp_info.defines = ["LZ4_DLL_IMPORT=1"]
