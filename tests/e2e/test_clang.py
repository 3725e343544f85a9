"""toolchain = "clang": clang with the cross gcc's libraries, headers and binutils."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import PROJECTS, copy_project, write
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

CALLS = {
    "nanobind-snappy": ("import nanobind_snappy as it; print(it.decompress(it.compress(b'x' * 9)))", "b'xxxxxxxxx'"),
    "capi-ffi": ("import capi_ffi; print(capi_ffi.weigh(2, 1.5, 4))", "7.0"),
}


@pytest.mark.parametrize(
    ("project", "arch"), [("nanobind-snappy", "aarch64"), ("capi-ffi", "armv7l")]
)  # recipes of CMake and of Autotools
def test_wheel(project: str, arch: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    need_program("clang++")
    target = host(arch)
    lines = [
        "implementation = 'cp'",
        f"version = '{target.python.version}'",
        f"arch = 'manylinux_2_36_{arch}'",
        "toolchain = 'clang'",
        f"include_dir = '{target.python.include_dir}'",
    ]
    cross = write(tmp_path / "clang.cross.toml", "\n".join(lines))
    folder = copy_project(PROJECTS / project, tmp_path / "project")
    built = workshop.build(folder, cross)
    assert "manylinux_2_36" in built.wheel.name
    code, answer = CALLS[project]
    assert target.run(built.wheel, code) == answer
    assert_says(built.log, "compiler=clang")
