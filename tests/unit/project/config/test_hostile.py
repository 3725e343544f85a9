"""Values that would name files elsewhere, or that no program takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.ground.errors import XconanError
from xconan.pipeline import build_wheel
from xconan.project.config.project import read_project
from xconan.project.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "demo"\nversion = "1"\n[tool.xconan.{table}]\n{line}\n'


def failure(folder: Path, table: str, line: str) -> str:
    (folder / "pyproject.toml").write_text(PROJECT.format(table=table, line=line), "utf-8")
    (folder / "CMakeLists.txt").write_text("", "utf-8")
    with pytest.raises(XconanError) as caught:
        read_project(folder, Settings(), running=facts.target("cp311-linux_x86_64"))
    assert caught.value.exit_code == 2
    return caught.value.render()


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("wheel", 'platform_tag = ["../../x"]', "'../../x' is not a tag"),
        ("wheel", 'abi_tag = ["a-b"]', "'a-b' is not a tag"),
        ("wheel", 'python_tag = ["cp 3"]', "'cp 3' is not a tag"),
        ("wheel", 'build_tag = "abc"', "'abc' is not a build number"),
        ("wheel", 'build_tag = "1/../x"', "is not a build number"),
        ("wheel", "abi3_minimum_cpython_version = -1", "'-1' is not a version such as 312"),
        ("wheel", 'install_dir = "../x"', "leads out of the wheel"),
        ("wheel", 'install_dir = "/x"', "leads out of the wheel"),
        ("cmake", 'minimum_version = "abc"', "'abc' is not a version"),
        ("cmake", 'args = ["a\\u0000b"]', "there is a NUL character in it"),
        ("cmake", 'env = { "C=D" = "x" }', "'C=D' can't be the name of an environment variable"),
        ("cmake", 'source_path = ""', "this must not be empty"),
        ("cross", 'soabi = "a/b"', "'a/b' can't be part of a module's name"),
    ],
)
def test_refused(tmp_path: Path, table: str, line: str, words: str) -> None:
    said = failure(tmp_path, table, line)
    assert words in said
    assert line.split(" ", maxsplit=1)[0] in said.split("where:")[1]


@pytest.mark.parametrize("build_path", [".", "cmake", ".."])
def test_build_folder_with_files_of_others(tmp_path: Path, build_path: str) -> None:
    root = tmp_path / "project"
    mine = root / "cmake" / "mine.cmake"
    mine.parent.mkdir(parents=True)
    mine.write_text("", "utf-8")
    (root / "demo.py").write_text("", "utf-8")
    (root / "CMakeLists.txt").write_text("", "utf-8")
    line = f'build_path = "{build_path}"\n[tool.xconan.wheel]\npython_abi = "none"'
    (root / "pyproject.toml").write_text(PROJECT.format(table="cmake", line=line), "utf-8")
    with pytest.raises(XconanError) as caught:
        build_wheel(root, tmp_path / "out")
    assert "would remove" in caught.value.message
    assert "cmake.build_path" in caught.value.where
    assert mine.is_file()
