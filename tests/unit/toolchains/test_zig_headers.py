"""Headers that a package and zig's C library have by one name: the package's are meant, as with gcc and clang."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from tests.unit.render.test_compilers import fake_zig, said
from xconan.host.platforms import parse_platform
from xconan.toolchains.zig import write_zig_toolchain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, str]:
    """Include folders by what is in them."""
    files = {
        "plain": "lz4.h", "hiding one": "iconv.h", "deep": "linux/gpio.h", "whole": "stdio.h", "part": "bits/types.h",
    }  # fmt: skip
    for name, file in files.items():
        write(tmp_path / name / file, "")
    for name in ("whole", "part"):
        write(tmp_path / name / "iconv.h", "")
    return {name: str(tmp_path / name) for name in files}


def test_a_header_of_a_package_comes_first(folders: dict[str, str], tmp_path: Path) -> None:
    """By -I, behind the other folders of -I, where one hides a header of zig's C library."""
    platform = parse_platform("manylinux_2_17_aarch64")
    cc = write_zig_toolchain(platform, fake_zig(tmp_path), tmp_path / "cache").with_name("cc")
    given = said(
        cc, "-isystem", folders["hiding one"], "-isystem", folders["plain"], f"-isystem{folders['deep']}",
        "-isystem", folders["whole"], "-isystem", folders["part"], "-I/own", "-c", "a.c",
    )  # fmt: skip
    assert given.endswith(
        f"[-isystem][{folders['plain']}][-isystem][{folders['whole']}][-isystem][{folders['part']}][-I/own][-c][a.c]"
        f"[-I{folders['hiding one']}][--system-header-prefix=iconv.h]"
        f"[-I{folders['deep']}][--system-header-prefix=linux/]"
    )
    assert said(cc, "-isystem", folders["deep"], "-c", "a.s").endswith(f"[-c][a.s][-I{folders['deep']}]")
