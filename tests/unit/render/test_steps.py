"""The lines that tell what the steps of a build came to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import facts
from xconan.host.platforms import parse_platform
from xconan.render.steps import check_line, compile_line, libraries_line, toolchain_line, wheel_line


def package(ref: str, binary: str, context: str = "host") -> dict[str, str]:
    return {"ref": ref, "binary": binary, "context": context}


def test_toolchain() -> None:
    toolchain = facts.toolchain("aarch64")
    platform = parse_platform("linux_aarch64")
    text = toolchain_line(toolchain, platform)
    assert text.startswith("gcc ")
    assert " for aarch64, glibc 2." in text
    assert toolchain_line(toolchain, platform, name="zig").startswith("zig (gcc ")


def test_libraries() -> None:
    packages = [
        package("snappy/1.1.9", "Build"), package("json/3.11.3", "Cache"), package("zlib/1.3", "Download"),
        package("cmake/4.1", "Cache", "build"), package("m4/1.4", "Build", "build"), package("mine/1.0", "Editable"),
    ]  # fmt: skip
    assert libraries_line(packages, {"snappy/1.1.9": 14.2}) == (
        "snappy/1.1.9 built in 14 s, zlib/1.3 downloaded, m4/1.4 built, mine/1.0 editable, json/3.11.3 cached"
    )
    many = [package(f"lib{number}/1.0", "Cache") for number in range(20)]
    assert libraries_line(many, {}).endswith("lib3/1.0 cached, 16 more cached")
    assert libraries_line([], {}) == "none"


@pytest.mark.parametrize(
    ("made", "part", "text"),
    [
        (12, "", "12 steps in 4 s"),
        (1, "", "1 step in 4 s"),
        (0, "", "done in 4 s"),
        (2, "arm64", "arm64: 2 steps in 4 s"),
    ],
)
def test_compile(made: int, part: str, text: str) -> None:
    assert compile_line(made, "4 s", part) == text


@pytest.mark.parametrize(
    ("modules", "libraries", "tag", "text"),
    [
        (1, 0, "manylinux_2_17_aarch64", "1 module, GLIBC <= 2.17"),
        (2, 1, "musllinux_1_2_x86_64", "2 modules, 1 library, musl 1.2"),
        (1, 2, "macosx_11_0_arm64", "1 module, 2 libraries, macOS 11.0 or newer"),
        (1, 0, "linux_x86_64", "1 module"),
        (0, 0, "", "Python files"),
    ],
)
def test_check(modules: int, libraries: int, tag: str, text: str) -> None:
    assert check_line(modules, libraries, [parse_platform(tag)] if tag else []) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(809, "809 bytes"), (2890, "2.9 kB"), (112_400, "112 kB"), (1_240_000, "1.2 MB"), (31_000_000, "31 MB")],
)
def test_wheel(size: int, text: str) -> None:
    here = Path("/p")
    assert wheel_line(here / "dist/d.whl", here, size, "3 s", unchanged=False) == f"dist/d.whl {text} in 3 s"
    assert wheel_line(Path("/q/d.whl"), here, size, "3 s", unchanged=True) == "/q/d.whl unchanged, 3 s"
