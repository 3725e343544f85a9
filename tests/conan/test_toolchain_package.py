"""Packages of Conan's that bring the toolchain: cross compilers by conf_info, toolchain files, CC in buildenv_info."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.conan_home import run_conan
from tests.support.needs import need_program
from xconan.binary import elf
from xconan.cli import main
from xconan.ground.errors import ConanError, ConfigError, ToolchainError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

TOOLS = '''\
import os
from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import save

class Board(ConanFile):
    name = "board"
    version = "1.0"
    package_type = "application"
    settings = "os", "arch"

    def validate(self):
        if not self.settings_target or str(self.settings_target.arch) != "armv8":
            raise ConanInvalidConfiguration("the board is an armv8")

    def package_id(self):
        self.info.settings_target = self.settings_target
        for name in ("os", "compiler", "build_type"):
            self.info.settings_target.rm_safe(name)

    def package(self):
        for name in ("gcc", "g++", "ar", "ld"):
            board = "linker" if name == "ld" else "board-" + name
            file = os.path.join(self.package_folder, "board", "bin", board)
            save(self, file, f"""#!/bin/sh
[ -d "$BOARD_ROOT" ] || {{ echo "BOARD_ROOT is no folder" >&2; exit 1; }}
exec aarch64-linux-gnu-{name} "$@"
""")
            os.chmod(file, 0o755)
        save(self, os.path.join(self.package_folder, "board.cmake"), """
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER "$ENV{BOARD_CROSS}gcc")
set(CMAKE_CXX_COMPILER "$ENV{BOARD_CROSS}g++")
add_compile_definitions(OF_THE_BOARD)
""")

    def package_info(self):
        bin = os.path.join(self.package_folder, "board", "bin")
'''
NAMES = """\
        self.cpp_info.bindirs = [bin]
        self.buildenv_info.define_path("BOARD_ROOT", self.package_folder)
        self.buildenv_info.define("AR", "board-ar")
        self.buildenv_info.define("LD", "linker")
        self.conf_info.define("tools.build:compiler_executables", {"c": "board-gcc", "cpp": "board-g++"})
        self.conf_info.append("tools.build:cflags", "-DOF_THE_BOARD")
"""
DEFINES = NAMES.replace('"tools.build:cflags", "-DOF_', '"tools.build:defines", "OF_')
FILE = """\
        self.buildenv_info.define("BOARD_CROSS", "aarch64-linux-gnu-")
        self.conf_info.append("tools.cmake.cmaketoolchain:user_toolchain",
                              os.path.join(self.package_folder, "board.cmake"))
"""
CC = """\
        self.buildenv_info.define("CC", "aarch64-linux-gnu-gcc -DOF_THE_BOARD")
        self.buildenv_info.define("CXX", "aarch64-linux-gnu-g++ -DOF_THE_BOARD")
"""
NOTHING = "        self.cpp_info.bindirs = [bin]\n"
OTHERS = """\
        self.conf_info.define("tools.build:compiler_executables", {"c": "aarch64-linux-gnu-gcc"})
        self.buildenv_info.define("CXX", "aarch64-linux-gnu-g++")
"""
# a library that is made by whatever CC says
LIBRARY = tiny_recipe().replace(
    "    def package(self):\n",
    "    def build(self):\n"
    '        with open("made.c", "w") as file:\n'
    '            file.write("#ifndef OF_THE_BOARD\\n#error\\n#endif\\nint made;\\n")\n'
    '        self.run("$CC -c made.c -o compiled.o && \\"$LD\\" -r compiled.o -o made.o")\n\n'
    "    def package(self):\n"
    '        import shutil; shutil.copy("made.o", self.package_folder)\n',
)
SOURCE = "#ifndef OF_THE_BOARD\n#error\n#endif\nint demo;\n"


@pytest.fixture
def board(demo: Demo, home: Path, tmp_path: Path) -> Demo:
    """A project for the board; export_board() says what its toolchain is."""
    need_program("aarch64-linux-gnu-g++")
    export(home, LIBRARY, tmp_path / "tiny")
    demo.write("pyproject.toml", BASE + '[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    demo.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain_package = 'board/1.0'\n")
    demo.write("demo.c", SOURCE)
    return demo


def machine(file: Path) -> str:
    with file.open("rb") as stream:
        header = elf.read_header(stream)
    return header.machine if header else ""


@pytest.mark.parametrize(
    "brought", [NAMES, DEFINES, FILE, CC], ids=["compilers", "definitions", "a toolchain file", "CC"]
)
def test_library_and_module_by_the_package(brought: str, board: Demo, home: Path, tmp_path: Path) -> None:
    export(home, TOOLS + brought, tmp_path / "board")
    board.build()
    (module,) = board.plan().layout.staging.rglob("demo.so")
    (library,) = home.glob("p/b/*/p/made.o")
    assert (machine(module), machine(library)) == ("AARCH64", "AARCH64")


def test_conan_is_asked_once(board: Demo, home: Path, tmp_path: Path) -> None:
    export(home, TOOLS + NAMES, tmp_path / "board")
    first = board.plan()
    assert "board/1.0" in board.output()
    assert board.plan().cross.toolchain_file == first.cross.toolchain_file
    assert "board/1.0" not in board.output()
    run_conan(home, "remove", "-c", "board/1.0:*")
    board.plan()  # it is made again
    assert next(home.glob("p/b/*/p/board/bin/board-gcc"))
    export(home, TOOLS + FILE, tmp_path / "board")  # another revision is another toolchain
    assert board.plan().cross.toolchain_file != first.cross.toolchain_file


def test_package_without_a_toolchain(board: Demo, home: Path, tmp_path: Path) -> None:
    export(home, TOOLS + NOTHING, tmp_path / "board")
    with pytest.raises(ToolchainError) as caught:
        board.plan()
    assert caught.value.message == "board/1.0 brings no toolchain"
    assert "compiler_executables" in caught.value.hint


@pytest.mark.parametrize(("arch", "said"), [("linux_aarch64", "board"), ("linux_armv7l", "the board is an armv8")])
def test_package_that_conan_can_not_provide(arch: str, said: str, board: Demo, home: Path, tmp_path: Path) -> None:
    if arch != "linux_aarch64":
        export(home, TOOLS + NAMES, tmp_path / "board")
    board.write("xconan.cross.toml", f"arch = '{arch}'\ntoolchain_package = 'board/1.0'\n")
    with pytest.raises(ConanError, match=said) as caught:
        board.plan()
    assert caught.value.where == f"{board.root / 'xconan.cross.toml'}: toolchain_package"


def test_two_toolchains(board: Demo) -> None:
    board.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain_package = 'board/1.0'\ntoolchain = 'gcc'\n")
    with pytest.raises(ConfigError, match="toolchain and toolchain_package are both set"):
        board.plan()


def test_tool_that_is_another_toolchain(board: Demo, home: Path, tmp_path: Path) -> None:
    """The error names the key that makes it the toolchain."""
    export(home, TOOLS + NAMES, tmp_path / "board")
    board.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain = 'gcc'\n")
    with (board.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('tool_requires = ["board/1.0"]\n')
    export(home, tiny_recipe(), tmp_path / "tiny")
    with pytest.raises(ConfigError) as caught:
        board.install()
    assert "board-gcc" in caught.value.message
    assert "toolchain_package = 'board/1.0' in the cross.toml" in caught.value.hint
    board.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain_package = 'board/1.0'\n")
    board.build()


def test_tool_that_names_the_same_compilers(board: Demo, home: Path, tmp_path: Path) -> None:
    """By another spelling; a script of ours stands for the toolchain's."""
    export(home, TOOLS + OTHERS, tmp_path / "board")
    board.write("board.cmake", "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR aarch64)\n"
                "set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)\nset(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)\n"
                "add_compile_definitions(OF_THE_BOARD)\n")  # fmt: skip
    board.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain_file = 'board.cmake'\n")
    with (board.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('tool_requires = ["board/1.0"]\n')
    board.build()


def test_warm_provides_the_package(board: Demo, home: Path, tmp_path: Path) -> None:
    """The build that comes after it asks Conan for nothing."""
    export(home, TOOLS + NAMES, tmp_path / "board")
    assert main(["warm", "cp311-linux_aarch64", "--toolchain-package", "board/1.0"]) == 0
    said = board.output()
    assert "linux_aarch64  board/1.0 is there" in said
    assert list(home.glob("p/b/*/p/board/bin/board-gcc"))
    board.plan()
    assert "asking Conan for board/1.0" not in board.output()
    with pytest.raises(SystemExit) as caught:
        main(["warm", "cp311-linux_armv7l", "--toolchain-package", "board/1.0"])
    assert caught.value.code == ConanError.exit_code
