"""embed: a code generator, for builds to run: a file becomes an array in C."""

import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout

required_conan_version = ">=2.4"


class EmbedRecipe(ConanFile):
    """Build the program, which is its own upstream."""

    name = "embed"
    description = "Turns a file into an array of C"
    license = "MIT"
    package_type = "application"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    exports_sources = "src/*"

    def layout(self):
        """Keep the source apart from what is built."""
        cmake_layout(self, src_folder="src")

    def package_id(self):
        """Whoever built it, it writes the same."""
        del self.info.settings.compiler

    def generate(self):
        """Write the toolchain."""
        CMakeToolchain(self).generate()

    def build(self):
        """Build the program."""
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        """Keep the program."""
        CMake(self).install()

    def package_info(self):
        """Give the program as the CMake target embed::embed; by its name it is on PATH."""
        self.cpp_info.exe = "embed"
        self.cpp_info.location = os.path.join(self.package_folder, "bin", "embed")
        self.cpp_info.includedirs = self.cpp_info.libdirs = []
