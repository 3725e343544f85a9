"""Snappy, a fast compressor, without its tests and benchmarks."""

from pathlib import Path

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import apply_conandata_patches, copy, export_conandata_patches, get, rmdir

required_conan_version = ">=2.4"


class SnappyRecipe(ConanFile):
    """Build libsnappy with upstream's CMake files, mended for compilers younger than it."""

    name = "snappy"
    description = "Fast compressor and decompressor"
    license = "BSD-3-Clause"
    homepage = "https://google.github.io/snappy/"
    topics = ("compression",)
    package_type = "library"
    languages = "C++"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ("auto_shared_fpic",)

    def export_sources(self) -> None:
        """Take the patches along."""
        export_conandata_patches(self)

    def layout(self) -> None:
        """Keep upstream's tree apart from what is built."""
        cmake_layout(self, src_folder="src")

    def validate(self) -> None:
        """Refuse a C++ standard older than Snappy's."""
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 11)

    def source(self) -> None:
        """Fetch upstream's archive and mend it."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)
        apply_conandata_patches(self)

    def generate(self) -> None:
        """Ask for the library alone."""
        toolchain = CMakeToolchain(self)
        # Upstream asks for CMake 3.1, which CMake 4 no longer answers to.
        toolchain.cache_variables["CMAKE_POLICY_VERSION_MINIMUM"] = "3.5"
        toolchain.cache_variables["SNAPPY_BUILD_TESTS"] = False
        toolchain.cache_variables["SNAPPY_BUILD_BENCHMARKS"] = False
        # Other compressors are looked for to compare with in the tests alone.
        for library in ("HAVE_LIBZ", "HAVE_LIBLZO2", "HAVE_LIBLZ4"):
            toolchain.cache_variables[library] = False
        toolchain.generate()

    def build(self) -> None:
        """Build the library."""
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self) -> None:
        """Keep headers, library and licence; Conan writes its own CMake files."""
        package = Path(self.package_folder)
        copy(self, "COPYING", src=self.source_folder, dst=package / "licenses")
        CMake(self).install()
        rmdir(self, package / "lib/cmake")

    def package_info(self) -> None:
        """Give the names that upstream's own CMake files give."""
        self.cpp_info.set_property("cmake_file_name", "Snappy")
        self.cpp_info.set_property("cmake_target_name", "Snappy::snappy")
        self.cpp_info.set_property("cmake_target_aliases", ["snappy::snappy"])
        self.cpp_info.set_property("pkg_config_name", "snappy")
        self.cpp_info.libs = ["snappy"]
