"""The toolchain files and compiler scripts behind names."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.golden import REPOSITORY
from tests.support.hostile import HOSTILE
from xconan.build_machine.tools import Tool
from xconan.host.platforms import parse_platform
from xconan.render.compilers import Program, SystemToolchain
from xconan.render.written_out import toolchain_file
from xconan.toolchains.zig import write_zig_toolchain

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {
    "manylinux_2_17_aarch64": {"cc", "c++", "ar", "ranlib", "strip"},
    "macosx_11_0_arm64": {"cc", "c++", "ar", "ranlib", "strip", "install_name_tool"},
    "win_amd64": {"cc", "c++", "ar", "ranlib", "strip", "dlltool", "windres"},
}


def fake_zig(folder: Path) -> Tool:
    """A program that says its cache, its own name and its arguments."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "zig"
    path.write_text('#!/bin/sh\nprintf "[%s]" "$ZIG_GLOBAL_CACHE_DIR" "$@"\n', "utf-8")
    path.chmod(0o755)
    return Tool(path=path, version="9.9")


def said(program: Path, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != "ZIG_GLOBAL_CACHE_DIR"}
    return subprocess.run([program, *arguments], env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("tag", sorted(SCRIPTS))
def test_scripts(tag: str, tmp_path: Path) -> None:
    file = write_zig_toolchain(parse_platform(tag), fake_zig(tmp_path), tmp_path / "cache")
    assert {path.name for path in file.parent.iterdir() if os.access(path, os.X_OK)} == SCRIPTS[tag]
    named = {
        name for name in SCRIPTS[tag] if f"/{name}" in file.read_text("utf-8") or f" {name}" in file.read_text("utf-8")
    }
    assert named == SCRIPTS[tag]


@pytest.mark.parametrize("folder", [*(name[1:] for name in HOSTILE), "a}b"])
def test_scripts_call_zig_in_any_folder(folder: str, tmp_path: Path) -> None:
    cache = tmp_path / folder
    file = write_zig_toolchain(parse_platform("win_amd64"), fake_zig(tmp_path / "zig"), cache)
    assert said(file.parent / "cc", "a b.c") == f"[{cache}/zig/cache][cc][-target][x86_64-windows-gnu][a b.c]"
    assert said(file.parent / "ar", "q", "$x") == f"[{cache}/zig/cache][ar][q][$x]"
    assert said(file.parent / "windres", "-DX=1", "in.rc", "out.o").startswith(f"[{cache}/zig/cache][rc]")


UNCHANGED = """
import sys
from pathlib import Path
from xconan.build_machine.tools import Tool
from xconan.host.platforms import parse_platform
from xconan.render.compilers import Program, SystemToolchain
from xconan.render.written_out import toolchain_file
from xconan.toolchains.zig import write_zig_toolchain
write_zig_toolchain(parse_platform("linux_aarch64"), Tool(path=Path("/zig"), version="9.9"), Path(sys.argv[1]))
print("jinja2" in sys.modules)
"""


def test_unchanged_scripts_need_no_jinja2(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", UNCHANGED, str(tmp_path)]
    done = [subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True) for _ in range(2)]
    assert [one.stdout.strip() for one in done] == ["True", "False"]


def test_programs_that_are_found_by_name() -> None:
    """With the triplet in a variable where it begins the name; others stay where they are."""
    platform = parse_platform("linux_aarch64")
    template = SystemToolchain(
        about="x", system_name="Linux", processor="aarch64", library_architecture="", compiler_target="", static=False,
        c=Program(path="/usr/bin/aarch64-linux-gnu-gcc"), cxx=Program(path="/opt/$x/g++"),
        tools=(("CMAKE_AR", Program(path="/usr/bin/llvm-ar")),),
    )  # fmt: skip
    names = {path: path.rpartition("/")[2] for path in ("/usr/bin/aarch64-linux-gnu-gcc", "/usr/bin/llvm-ar")}
    text = toolchain_file(template, platform, facts.toolchain("aarch64"), names)
    assert 'set(CMAKE_C_COMPILER "${CROSS_GNU_TRIPLE}-gcc")\n' in text
    assert 'set(CMAKE_CXX_COMPILER "/opt/\\$x/g++")\n' in text
    assert 'set(CMAKE_AR "llvm-ar")\n' in text
