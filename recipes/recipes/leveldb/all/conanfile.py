"""LevelDB, a key-value store, with Snappy for its blocks."""

import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import apply_conandata_patches, copy, export_conandata_patches, get, rmdir

required_conan_version = ">=2.0.9"


class LevelDBConan(ConanFile):
    """Build libleveldb with upstream's CMake files."""

    name = "leveldb"
    description = "Fast key-value store that maps strings to strings in their order"
    license = "BSD-3-Clause"
    homepage = "https://github.com/google/leveldb"
    topics = ("google", "db")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "with_snappy": [True, False]}
    default_options = {"shared": False, "fPIC": True, "with_snappy": True}
    implements = ["auto_shared_fpic"]

    def export_sources(self):
        """Take the patches along."""
        export_conandata_patches(self)

    def layout(self):
        """Keep upstream's tree apart from what is built."""
        cmake_layout(self, src_folder="src")

    def requirements(self):
        """Snappy compresses blocks where it is there."""
        if self.options.with_snappy:
            self.requires("snappy/[>=1.1.9 <2]")

    def validate(self):
        """Refuse a C++ standard older than LevelDB's."""
        check_min_cppstd(self, 11)

    def source(self):
        """Fetch upstream's archive and mend it."""
        get(self, **self.conan_data["sources"][self.version], strip_root=True)
        apply_conandata_patches(self)

    def generate(self):
        """Ask for the library alone."""
        toolchain = CMakeToolchain(self)
        toolchain.variables["LEVELDB_BUILD_TESTS"] = False
        toolchain.variables["LEVELDB_BUILD_BENCHMARKS"] = False
        toolchain.variables["LEVELDB_WITH_SNAPPY"] = self.options.with_snappy
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        """Build the library."""
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        """Keep headers, library and licence; Conan writes its own CMake files."""
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        cmake = CMake(self)
        cmake.install()
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))

    def package_info(self):
        """Give the names that upstream's own CMake files give."""
        self.cpp_info.set_property("cmake_file_name", "leveldb")
        self.cpp_info.set_property("cmake_target_name", "leveldb::leveldb")
        self.cpp_info.libs = ["leveldb"]
        if self.options.shared:
            self.cpp_info.defines = ["LEVELDB_SHARED_LIBRARY"]
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
