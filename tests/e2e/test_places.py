"""Folders with odd names, and folders that can't be written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.support.crossbuild import lz4_project
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

ANSWER = "import ctypes, plain; print(plain.answer(), ctypes.CDLL(plain.__file__).version_of_lz4())"


def test_path_with_spaces_and_an_umlaut(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "über uns & $HOME 'so'"
    folder.mkdir()
    target = host("aarch64")
    project = lz4_project(folder / "mein projekt")
    built = workshop.build(project, target.cross(folder, toolchain=target.toolchain(tmp_path)))
    assert target.run(built.wheel, ANSWER) == "(8, 11) 10904"


def test_toolchain_file_in_a_folder_with_a_space(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "mit leerzeichen ü"
    folder.mkdir()
    target = host("aarch64")
    project = lz4_project(folder / "projekt")
    toolchain = target.toolchain(folder, extra=f'set(CMAKE_C_FLAGS_INIT "-DTEST_{tmp_path.name}")')
    built = workshop.build(project, target.cross(folder, toolchain=toolchain))
    assert target.run(built.wheel, ANSWER) == "(8, 11) 10904"


WITHOUT_POWER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Runs a program as an administrator for whom permissions count as for anyone else."""


def test_project_that_can_not_be_written(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("aarch64")
    cross = target.cross(tmp_path)
    project = lz4_project(tmp_path / "project")
    need_program("setpriv")
    prefix = WITHOUT_POWER if os.geteuid() == 0 else []
    before = sorted(project.rglob("*"))
    project.chmod(0o555)
    try:
        denied = workshop.build(project, cross, prefix=prefix, fails=True)
        built = workshop.build(project, cross, prefix=prefix, out=tmp_path / "out")
    finally:
        project.chmod(0o755)
    denied.assert_ended(1, str(project / "dist"))
    assert sorted(project.rglob("*")) == before
    assert target.run(built.wheel, ANSWER) == "(8, 11) 10904"
