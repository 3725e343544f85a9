"""What a build gives to CMake beside the toolchain file reaches Conan's recipes by CMake as it reaches modules."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.conan_home import run_conan
from tests.support.needs import missing, need_program
from xconan.build_machine.tools import find_tool
from xconan.ground.run import capture
from xconan.host.platforms import parse_platform
from xconan.render.compilers import ComposingToolchain
from xconan.render.profile import HostProfile
from xconan.toolchains.inputs import Inputs
from xconan.toolchains.probe import probe
from xconan.toolchains.scripts import with_scripts

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.build_machine.tools import Tool

SYSTEM = "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR aarch64)\n"
GCC = SYSTEM + "set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)\nset(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)\n"
CLANG = SYSTEM + "set(CMAKE_C_COMPILER clang)\nset(CMAKE_CXX_COMPILER clang++)\n"
LISTS = "cmake_minimum_required(VERSION 3.20)\nproject(p C)\nadd_library(p OBJECT p.c)\n"


@dataclass(frozen=True, kw_only=True)
class Library:
    """A library that Conan prepares for CMake by the profile of a toolchain file."""

    folder: Path
    home: Path
    cmake: Tool
    ninja: Tool

    def words(self, text: str, *arguments: str, more: str = "", given: str = "", module: bool = False) -> list[str]:
        """What its compiler is called with, after one run of CMake's and after another.

        Args:
            text: the toolchain file's.
            arguments: of the build, for CMake.
            more: a profile after the derived one.
            given: to CMake by the recipe.
            module: flags that are given come after the others, as those of a project do.
        """
        file = self.folder / "t.cmake"
        file.write_text(text, "utf-8")
        cache = self.folder / "cache"
        inputs = Inputs(arguments=arguments)
        found = probe(file, inputs=inputs, cmake=self.cmake, ninja=self.ninja, cache=cache / "toolchains")
        platform = parse_platform("linux_aarch64")
        tools = [("cmake", self.cmake), ("ninja", self.ninja)]
        profile = HostProfile(platform=platform, toolchain=with_scripts(found, platform, cache), tools=tools)
        (self.folder / "host.profile").write_text(profile.text(), "utf-8")
        (self.folder / "more.profile").write_text(more, "utf-8")
        (self.folder / "conanfile.txt").write_text("[generators]\nCMakeToolchain\n", "utf-8")
        profiles = ["-pr:h", "host.profile", "-pr:h", "more.profile", "-pr:b", "default"]
        run_conan(self.home, "install", ".", *profiles, cwd=self.folder)
        (self.folder / "CMakeLists.txt").write_text(LISTS, "utf-8")
        (self.folder / "p.c").write_text("int p;\n", "utf-8")
        toolchain = next(self.folder.rglob("conan_toolchain.cmake"))
        if module:
            asking = ComposingToolchain(toolchain_file=toolchain.as_posix(), flags=("CMAKE_C_FLAGS",), separator="|")
            toolchain = self.folder / "module.cmake"
            toolchain.write_text(asking.text, "utf-8")
        argv = [str(self.cmake.path), "-G", "Ninja", "-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=Release"]
        argv += [f"-DCMAKE_MAKE_PROGRAM={self.ninja.path}", f"-DCMAKE_TOOLCHAIN_FILE={toolchain}"]
        argv += ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *([given] if given else [])]
        first, second = self._run(argv), self._run(argv)
        assert first == second
        return first

    def _run(self, argv: list[str]) -> list[str]:
        done = capture(argv, cwd=self.folder, env=dict(os.environ))
        assert done.code == 0, done.stdout + done.stderr
        (one,) = json.loads((self.folder / "build" / "compile_commands.json").read_bytes())
        return shlex.split(one["command"])[1:-4]


@pytest.fixture
def library(tmp_path: Path, template: Path) -> Library:
    for program in ("aarch64-linux-gnu-gcc", "clang"):
        need_program(program)
    cmake, ninja = find_tool("cmake", minimum="3.20"), find_tool("ninja")
    if cmake is None or ninja is None:
        missing("CMake 3.20 and Ninja")
    folder = tmp_path / "library"
    folder.mkdir()
    return Library(folder=folder, home=template, cmake=cmake, ninja=ninja)


def test_target_of_a_compiler_that_serves_many(library: Library) -> None:
    words = [f"-DCMAKE_{language}_COMPILER_TARGET=aarch64-linux-gnu" for language in ("C", "CXX")]
    assert "--target=aarch64-linux-gnu" in library.words(CLANG, *words)


@pytest.mark.parametrize(
    "line",
    ['set(CMAKE_C_FLAGS_INIT "-DOWN")', 'string(APPEND CMAKE_C_FLAGS " -DOWN")',
     'set(CMAKE_C_FLAGS "-DOWN" CACHE STRING "")', 'set(CMAKE_C_FLAGS "-DOWN" CACHE STRING "" FORCE)'],
)  # fmt: skip
def test_flags_come_after_the_files_own(library: Library, line: str) -> None:
    words = library.words(
        f'{GCC}{line}\nset(CMAKE_C_FLAGS_RELEASE "-O1" CACHE STRING "")\n',
        "-DCMAKE_C_FLAGS=-DGIVEN",
        "-DCMAKE_C_FLAGS_RELEASE=-DFAST",
        more='[conf]\ntools.build:cflags=["-DUSER"]\n',
    )
    assert words == ["-DOWN", "-DGIVEN", "-DUSER", "-O1", "-DFAST"]


def test_flags_of_the_recipe_are_its_own(library: Library) -> None:
    assert library.words(GCC, "-DCMAKE_C_FLAGS=-DGIVEN", given="-DCMAKE_C_FLAGS=-DHERS")[0] == "-DHERS"


@pytest.mark.parametrize("line", ['set(CMAKE_C_FLAGS "-DOWN" CACHE STRING "")', 'set(CMAKE_C_FLAGS "$ENV{OWN}-DOWN")'])
def test_flags_of_a_profile_come_after_those_that_the_file_sets(library: Library, line: str) -> None:
    words = library.words(f"{GCC}{line}\n", more='[conf]\ntools.build:cflags=["-DUSER"]\n')
    assert words[:2] == ["-DOWN", "-DUSER"]


def test_flags_of_a_profile_come_after_those_that_the_file_sets_in_modules(library: Library) -> None:
    text, more = f'{GCC}set(CMAKE_C_FLAGS "-DOWN" CACHE STRING "")\n', '[conf]\ntools.build:cflags=["-DUSER"]\n'
    words = library.words(text, "-DCMAKE_C_FLAGS=-DGIVEN", more=more, given="-DCMAKE_C_FLAGS=-DPROJECT", module=True)
    assert words[:3] == ["-DOWN", "-DUSER", "-DPROJECT"]
