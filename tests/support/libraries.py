"""Static libraries of a few files, by a recipe of Conan's: what a home offers that nothing else is needed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.conan_home import run_conan
from tests.support.crossbuild import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RECIPE = """\
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout

class Recipe(ConanFile):
    name, version, package_type = {name!r}, {version!r}, "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {{name: ["ANY"] for name in {definitions!r}}}
    default_options = {definitions!r}
    exports_sources = "src/*"

    def layout(self):
        cmake_layout(self, src_folder="src")

    def generate(self):
        toolchain = CMakeToolchain(self)
        for name in {definitions!r}:
            toolchain.preprocessor_definitions[name.upper()] = str(self.options.get_safe(name))
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = [{library!r}]
"""


@dataclass(frozen=True, kw_only=True)
class StaticLibrary:
    """A package of Conan's with one library.

    Attributes:
        name, version: of the package.
        library: as -l names it.
        files: its sources, with the CMakeLists.txt that builds and installs it, by name.
        definitions: options of the package with their defaults, which are macros while it is compiled, in capitals.
    """

    name: str
    version: str
    library: str
    files: Mapping[str, str]
    definitions: Mapping[str, str] = field(default_factory=dict)

    def offer(self, home: Path, recipe: Path) -> None:
        """Have a Conan home offer it, which has no remotes.

        Args:
            home: made where it is not there.
            recipe: the folder for the recipe's files.
        """
        text = _RECIPE.format(
            name=self.name, version=self.version, library=self.library, definitions=dict(self.definitions)
        )
        for name, content in {
            "conanfile.py": text,
            **{f"src/{name}": text_ for name, text_ in self.files.items()},
        }.items():
            write(recipe / name, content)
        home.mkdir(parents=True, exist_ok=True)
        run_conan(home, "profile", "detect", "--exist-ok")
        run_conan(home, "remote", "disable", "*")
        run_conan(home, "export", str(recipe))
