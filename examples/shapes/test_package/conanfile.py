"""A program that uses the package `shapes`, built by `conan create`."""

from pathlib import Path

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class TestShapes(ConanFile):
    """Link the package and run the program, where this machine can."""

    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeToolchain", "CMakeDeps"

    def requirements(self) -> None:
        """Use the package just made."""
        self.requires(self.tested_reference_str)

    def layout(self) -> None:
        """Use CMake's usual folders."""
        cmake_layout(self)

    def build(self) -> None:
        """Build the program."""
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self) -> None:
        """Run the program."""
        if can_run(self):
            program = Path(self.build_folder, self.cpp.build.bindir, "use_shapes")
            self.run(f'"{program}"', env="conanrun")
