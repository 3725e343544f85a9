"""`xconan build -j N` of one target: what CMake and Conan are told, and that it is no other question at the door."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.workbench import LZ4, PYPROJECT
from xconan.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.workbench import Workbench


@pytest.mark.parametrize(("words", "said"), [(["-j", "1"], "1"), (["--jobs=3"], "3"), ([], None)])
def test_cmake_and_conan_are_told(words: list[str], said: str | None, bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    assert main(["build", "--cross", str(bench.cross()), *words]) == 0
    (compiling,) = (call for call in bench.door.called("cmake") if "--build" in call.argv)
    assert compiling.env.get("CMAKE_BUILD_PARALLEL_LEVEL") == said
    (installing,) = bench.door.called("python3")
    assert installing.env.get("_XCONAN_JOBS") == said


def test_door_answers_with_any_number(root: Path) -> None:
    (root / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (root / "demo.py").write_text("x = 1\n", "utf-8")

    def built(*words: str) -> tuple[int, bool]:
        argv = [sys.executable, "-m", "xconan", "build", *words]
        done = subprocess.run(argv, cwd=root, check=False, capture_output=True, text=True)
        return done.returncode, "unchanged: no input has changed" in done.stderr

    assert built() == (0, False)
    for words in (["-j", "2"], ["-j3"], ["--jobs", "4"], ["--jobs=5"], ["-j1", "-j", "2"]):
        assert built(*words) == (0, True)
    for words in (["-j", "0"], ["-j"], ["-j", "3", "3"]):
        assert built(*words) == (2, False)
