"""Conan's own ways to say more of a host: further toolchain files, settings_user.yml, compatibility.py, [runner]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, export
from tests.support.needs import need_program
from xconan.binary import elf
from xconan.ground.errors import ConanError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

FILE = """\
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
"""
BRINGS = """\
import os
from conan import ConanFile
from conan.tools.files import save

class More(ConanFile):
    name = "more"
    version = "1.0"
    package_type = "application"

    def package(self):
        save(self, os.path.join(self.package_folder, "more.cmake"), '''{text}''')

    def package_info(self):
        file = os.path.join(self.package_folder, "more.cmake")
        self.conf_info.append("tools.cmake.cmaketoolchain:user_toolchain", file)
"""
# a library by CMake, for the board that a setting names, with a definition of its own
LIBRARY = """\
import os
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain
from conan.tools.files import copy, save

class Tiny(ConanFile):
    name = "tiny"
    version = "1.0"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"

    def generate(self):
        CMakeToolchain(self).generate()

    def build(self):
        save(self, "tiny.c", "#ifdef SEEN\\nint tiny = SEEN;\\n#else\\nint tiny;\\n#endif\\n")
        save(self, "CMakeLists.txt",
             "cmake_minimum_required(VERSION 3.20)\\nproject(tiny C)\\nadd_library(tiny tiny.c)\\n"
             "file(WRITE ${CMAKE_BINARY_DIR}/seen.txt \\"${SEEN_VARIABLE}\\")\\n")
        CMake(self).configure()
        CMake(self).build()

    def package(self):
        copy(self, "libtiny.a", self.build_folder, os.path.join(self.package_folder, "lib"))
        copy(self, "seen.txt", self.build_folder, self.package_folder)
        save(self, os.path.join(self.package_folder, "include", "tiny.h"), "#define TINY 1\\n")
        save(self, os.path.join(self.package_folder, "board.txt"), str(self.settings.get_safe("os.board")))

    def package_info(self):
        self.cpp_info.libs = ["tiny"]
"""
BOARDS = 'os:\n  Linux:\n    board: [null, "one", "two"]\n'


@pytest.fixture
def board(demo: Demo, home: Path, tmp_path: Path) -> Demo:
    """A project for aarch64 by a toolchain file, with a library by CMake."""
    need_program("aarch64-linux-gnu-g++")
    need_program("arm-linux-gnueabihf-g++")
    export(home, LIBRARY, tmp_path / "tiny")
    demo.write("board.cmake", FILE)
    demo.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain_file = 'board.cmake'\n")
    requires(demo)
    return demo


def requires(demo: Demo, more: str = "", profile: str = "") -> None:
    """Name the library in pyproject.toml, and a profile."""
    demo.write("host.profile", profile)
    demo.write(
        "pyproject.toml",
        f'{BASE}[tool.xconan.conan]\nrequires = ["tiny/1.0"]\nhost_profiles = ["host.profile"]\n{more}',
    )


def machine(file: Path) -> str:
    with file.open("rb") as stream:
        header = elf.read_header(stream)
    return header.machine if header else ""


CONTRADICTIONS = {
    "another machine": (
        "set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)\nset(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)\n",
        "arm-linux-gnueabihf"),
    "another compiler": ("set(CMAKE_C_COMPILER /usr/bin/aarch64-linux-gnu-cpp)\n", "aarch64-linux-gnu-cpp"),
    "another processor": ("add_compile_options(-mcpu=cortex-a72)\n", "-mcpu=cortex-a72"),
    "another sysroot": ("set(CMAKE_SYSROOT /)\n", "sysroot"),
    "a launcher": ("set(CMAKE_C_COMPILER_LAUNCHER /usr/bin/nice)\n", "C is compiled through /usr/bin/nice with them"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.parametrize("by", ["package", "profile"])
def test_further_toolchain_file_that_contradicts(name: str, by: str, board: Demo, home: Path, tmp_path: Path) -> None:
    """Both sides are named, and what to write."""
    text, said = CONTRADICTIONS[name]
    if by == "package":
        export(home, BRINGS.format(text=text), tmp_path / "more")
        requires(board, 'tool_requires = ["more/1.0"]\n')
    else:
        board.write("more.cmake", text)
        requires(board, "", f"[conf]\ntools.cmake.cmaketoolchain:user_toolchain+=['{board.root / 'more.cmake'}']\n")
    with pytest.raises(ConfigError) as caught:
        board.build()
    assert said in caught.value.message
    assert "more.cmake" in caught.value.where
    assert "board.cmake" in caught.value.where
    assert ("toolchain_package = 'more/1.0'" if by == "package" else "toolchain_file") in caught.value.hint


def test_further_toolchain_file_for_cmake_alone(board: Demo, home: Path, tmp_path: Path) -> None:
    """What it adds reaches library and module by CMake, and a line says who does not get it."""
    export(home, BRINGS.format(text="add_compile_definitions(SEEN=0x12345678)\n"), tmp_path / "more")
    requires(board, "", "[tool_requires]\nmore/1.0\n")
    board.write("demo.c", "#if SEEN != 0x12345678\n#error\n#endif\nint demo;\n")
    board.build()
    (library,) = home.glob("p/b/*/p/lib/libtiny.a")
    assert b"\x78\x56\x34\x12" in library.read_bytes()
    said = board.output()
    assert "CMake alone gets -DSEEN=0x12345678" in said
    assert "Autotools, Make and Meson does not" in said
    board.install()  # Conan is not asked again, and it is still said
    assert "CMake alone gets -DSEEN=0x12345678" in board.output()


def test_extra_variables(board: Demo, home: Path) -> None:
    """A profile's are added to the toolchain's own, for library and module."""
    requires(board, "", "[conf]\ntools.cmake.cmaketoolchain:extra_variables*={'SEEN_VARIABLE': 'seen it'}\n")
    lists = (board.root / "CMakeLists.txt").read_text("utf-8")
    board.write(
        "CMakeLists.txt", f'{lists}if(NOT SEEN_VARIABLE STREQUAL "seen it")\n message(FATAL_ERROR no)\nendif()\n'
    )
    board.build()
    (seen,) = home.glob("p/b/*/p/seen.txt")
    assert seen.read_text("utf-8") == "seen it"


def test_settings_of_the_users(board: Demo, home: Path) -> None:
    """settings_user.yml and the profile that names what is in it; another setting is another library."""
    (home / "settings_user.yml").write_text(BOARDS, "utf-8")
    for name in ("one", "two"):
        requires(board, "", f"[settings]\nos.board={name}\n")
        board.build()
    assert sorted(file.read_text("utf-8") for file in home.glob("p/b/*/p/board.txt")) == ["one", "two"]


def test_setting_that_must_be_named(board: Demo, home: Path) -> None:
    (home / "settings_user.yml").write_text(BOARDS.replace("null, ", ""), "utf-8")
    requires(board, "", "")
    with pytest.raises(ConanError, match=r"os\.board"):
        board.build()
    requires(board, 'settings = { "os.board" = "two" }\n')
    board.build()
    (seen,) = home.glob("p/b/*/p/board.txt")
    assert seen.read_text("utf-8") == "two"


def test_compatible_binary(board: Demo, home: Path) -> None:
    """compatibility.py takes one board's library for another's; a change of it counts in the next build."""
    (home / "settings_user.yml").write_text(BOARDS, "utf-8")
    plugin = home / "extensions/plugins/compatibility/compatibility.py"
    requires(board, "", "[settings]\nos.board=one\n")
    board.build()
    plugin.write_text('def compatibility(conanfile):\n    return [{"settings": [("os.board", "one")]}]\n', "utf-8")
    requires(board, "", "[settings]\nos.board=two\n")
    board.build()
    assert [file.read_text("utf-8") for file in home.glob("p/b/*/p/board.txt")] == ["one"]
    plugin.write_text("def compatibility(conanfile):\n    return []\n", "utf-8")
    board.build()
    assert sorted(file.read_text("utf-8") for file in home.glob("p/b/*/p/board.txt")) == ["one", "two"]


def test_compatible_binary_of_another_toolchain(board: Demo, home: Path) -> None:
    """What compatibility.py says of settings can not bring in a library of other flags."""
    plugin = home / "extensions/plugins/compatibility/compatibility.py"
    board.build()
    versions = [str(number) for number in range(9, 16)]
    plugin.write_text(
        "def compatibility(conanfile):\n"
        f"    return [{{'settings': [('compiler.version', v)]}} for v in {versions}]\n", "utf-8",
    )  # fmt: skip
    board.write("board.cmake", f"{FILE}add_compile_options(-mcpu=cortex-a72)\n")
    board.build()
    libraries = list(home.glob("p/b/*/p/lib/libtiny.a"))
    assert len(libraries) == 2


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("profile.settings['compiler.libcxx'] = 'libstdc++'", "compiler.libcxx"),
        ("profile.conf.update('tools.build:cflags', ['-march=armv8.2-a'])", "tools.build:cflags"),
    ],
)
def test_plugin_that_changes_profiles(line: str, key: str, board: Demo, home: Path) -> None:
    """extensions/plugins/profile.py has its way with every profile, the derived one too: what contradicts is said."""
    plugin = home / "extensions/plugins/profile.py"
    plugin.write_text(
        f"def profile_plugin(profile):\n    if 'user.xconan:abi' in profile.conf.dumps():\n        {line}\n", "utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        board.build()
    assert key in caught.value.message
    assert "extensions/plugins/profile.py" in caught.value.where
    plugin.write_text("def profile_plugin(profile):\n    profile.conf.update('user.mine:seen', '1')\n", "utf-8")
    board.build()


def test_runner(board: Demo) -> None:
    """A container is for `conan create`: the build goes on here, and says so each time."""
    requires(board, "", "[runner]\ntype=docker\ndockerfile=.\n")
    board.build()
    assert "[runner] of a profile, docker, is for `conan create` alone" in board.output()
    board.build()
    said = board.output()
    assert "conan install" not in said.replace("`conan install` does", "")
    assert "[runner] of a profile, docker" in said
    (module,) = board.plan().layout.staging.rglob("demo.so")
    assert machine(module) == "AARCH64"


@pytest.mark.parametrize("by", ["cmake.env", "environment"])
def test_compiler_that_reads_the_environment(by: str, board: Demo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of [cmake.env] or of the process: libraries are compiled as the module is; another value is another library.

    The first build does without the variable.
    """
    numbers = unset, *_ = (0x11223344, 0x12345678, 0x76543210)
    for name in ("gcc", "g++"):
        words = f'-DSEEN="${{BOARD_NUMBER:-{unset}}}" "$@"'
        board.write(f"board-{name}", f"#!/bin/sh\nexec aarch64-linux-gnu-{name} {words}\n")
        (board.root / f"board-{name}").chmod(0o755)
    board.write("board.cmake", FILE.replace("aarch64-linux-gnu-g", "${CMAKE_CURRENT_LIST_DIR}/board-g"))
    cross = (board.root / "xconan.cross.toml").read_text("utf-8")
    for number in numbers:
        if number != unset and by == "environment":
            monkeypatch.setenv("BOARD_NUMBER", str(number))
        elif number != unset:
            board.write("xconan.cross.toml", f"{cross}[cmake.env]\nBOARD_NUMBER = '{number}'\n")
        board.write("demo.c", f"#if SEEN != {number}\n#error\n#endif\nint demo;\n")
        board.build()
    libraries = [file.read_bytes() for file in home.glob("p/b/*/p/lib/libtiny.a")]
    seen = {number for number in numbers for data in libraries if number.to_bytes(4, "little") in data}
    assert (len(libraries), seen) == (3, {*numbers})
