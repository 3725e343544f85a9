"""The C++ library `shapes` as a Conan package; its Python module is built from the same file by xconan."""

import re
from pathlib import Path

from conan import ConanFile
from conan.tools.build import can_run, check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout

required_conan_version = ">=2.4"


class ShapesRecipe(ConanFile):
    """Build, test and package the library alone: who uses it from C++ needs no Python."""

    name = "shapes"
    description = "Polygons in the plane, read from and written as GeoJSON"
    license = "MIT"
    package_type = "library"
    languages = "C++"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}
    implements = ("auto_shared_fpic",)
    exports_sources = "CMakeLists.txt", "include/*", "src/*", "tests/*.cpp", "tests/CMakeLists.txt"

    def set_version(self) -> None:
        """Take the version from CMakeLists.txt, the one place that has it."""
        text = Path(self.recipe_folder, "CMakeLists.txt").read_text(encoding="utf-8")
        self.version = re.search(r"project\(shapes VERSION ([\d.]+)", text)[1]

    def layout(self) -> None:
        """Let `conan build` and `conan create` share CMake's usual folders."""
        cmake_layout(self)

    def requirements(self) -> None:
        """Name the one library within; it is in the .cpp files alone."""
        self.requires("nlohmann_json/3.11.3", visible=False)

    def validate(self) -> None:
        """Refuse a C++ standard older than the library's."""
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 17)

    @property
    def _with_tests(self) -> bool:
        return not self.conf.get("tools.build:skip_test", default=False, check_type=bool)

    def generate(self) -> None:
        """Write the toolchain and the packages' CMake files."""
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["SHAPES_BUILD_TESTS"] = self._with_tests
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self) -> None:
        """Build the library and, where this machine can run them, run its tests."""
        cmake = CMake(self)
        cmake.configure()
        cmake.build()
        if self._with_tests and can_run(self):
            cmake.ctest(["--output-on-failure"])

    def package(self) -> None:
        """Keep headers and library."""
        CMake(self).install(component="development")

    def package_info(self) -> None:
        """Name the library for those who link it."""
        self.cpp_info.libs = ["shapes"]
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["m"]
