"""What the scripts say that stand for programs which a toolchain lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import facts
from xconan.ground.run import capture
from xconan.host.platforms import parse_platform
from xconan.toolchains.scripts import with_scripts

FILE = Path("/opt/board.cmake")
OWN = "set CMAKE_Fortran_COMPILER in a toolchain file"


@pytest.mark.parametrize(
    ("toolchain", "tag", "remedy"),
    [
        ("aarch64", "linux_aarch64", f"install gfortran-aarch64-linux-gnu, or {OWN}"),
        ("aarch64", "manylinux_2_36_aarch64", f"install gfortran-aarch64-linux-gnu, or {OWN}"),
        (
            "zig/manylinux_2_17_x86_64",
            "linux_x86_64",
            f"use toolchain = 'gcc' and install gfortran-x86-64-linux-gnu, or {OWN}",
        ),
        ("zig/win_amd64", "win_amd64", f"use toolchain = 'gcc' and install gfortran-mingw-w64-x86-64, or {OWN}"),
        # no released Debian has a cross gcc, or its C library is another
        ("zig/win_arm64", "win_arm64", OWN),
        ("zig/macosx_11_0_arm64", "macosx_11_0_arm64", OWN),
        ("zig/linux_armv6l", "linux_armv6l", OWN),
        ("zig/manylinux_2_36_loongarch64", "linux_loongarch64", OWN),
        ("zig/musllinux_1_2_aarch64", "musllinux_1_2_aarch64", OWN),
        ("zig/manylinux_2_17_aarch64", "manylinux_2_17_aarch64", OWN),
    ],
)
def test_what_to_do_for_fortran(toolchain: str, tag: str, remedy: str, tmp_path: Path) -> None:
    lacking = replace(facts.toolchain(toolchain), file=FILE, lacking=("gfortran",))
    refused = dict(with_scripts(lacking, parse_platform(tag), tmp_path).refused)
    done = capture([refused["FC"], "a.f90"])
    assert done.code == 1
    assert done.stderr.strip().endswith(f"and this machine's own makes nothing for it: {remedy}")


def test_what_to_do_for_a_tool(tmp_path: Path) -> None:
    lacking = replace(facts.toolchain("aarch64"), file=FILE, lacking=("ld", "objcopy"))
    refused = dict(with_scripts(lacking, parse_platform("linux_aarch64"), tmp_path).refused)
    assert (
        capture([refused["OBJCOPY"]])
        .stderr.strip()
        .endswith("install llvm or the binutils of aarch64-linux-gnu, or set CMAKE_OBJCOPY in a toolchain file")
    )
    assert ": link by $CC, install lld or the binutils" in capture([refused["LD"]]).stderr
