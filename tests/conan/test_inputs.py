"""What decides Conan's answer beside the conanfile: where it is another, Conan is asked again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE
from tests.support.compare import raises_error
from xconan.ground.errors import ConfigError
from xconan.ground.files import conan_home

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

HOME = "from conan.internal.paths import get_conan_user_home; print(get_conan_user_home(), end='')"


def changed(demo: Demo) -> bool:
    """Whether a build by a process of its own found anything changed since the last one."""
    argv = [sys.executable, "-m", "xconan", "build", "-o", str(demo.root.parent / "dist")]
    done = subprocess.run(argv, cwd=demo.root, capture_output=True, text=True, check=True)
    return "unchanged: no input has changed" not in done.stderr


@pytest.fixture
def plain(demo: Demo) -> Demo:
    """The project with tiny/1.0."""
    demo.write("pyproject.toml", f'{BASE}[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    return demo


# --- the home --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        ("", "# mine\nconan_home={own}/x\n#=\n"),
        ("..", "conan_home=./x\nother=1"),
        ("", "conan_home=../x"),
        ("", "conan_home=~/x"),
        ("..", "conan_home="),
        ("", "conan_home = /x"),
    ],
)
def test_the_home_that_a_file_names_is_conans(
    folder: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "environment"))
    root = tmp_path / "above" / "project"
    root.mkdir(parents=True)
    (root / folder / ".conanrc").write_text(text.format(own=tmp_path), "utf-8")
    done = subprocess.run([sys.executable, "-c", HOME], cwd=root, capture_output=True, text=True, check=True)
    assert os.path.normpath(conan_home(root)) == os.path.normpath(done.stdout)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conan_home=/x\n\n", "Conan can't read this line: ''"),
        ("conan_home=x", "no absolute path"),
        ("conan_home=./.conanrc", "a file"),
    ],
)
def test_a_file_that_names_no_home(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / ".conanrc").write_text(text, "utf-8")
    with raises_error(ConfigError, message, where=str(tmp_path / ".conanrc"), hint=""):
        conan_home(tmp_path)


def test_home_that_a_file_above_the_project_names(plain: Demo, home: Path, tmp_path: Path) -> None:
    assert changed(plain)
    assert not changed(plain)
    (home / ".xconan.lock").unlink()
    other = tmp_path / "other"
    shutil.copytree(home, other)
    (tmp_path / ".conanrc").write_text(f"conan_home={other}\n", "utf-8")
    assert changed(plain)
    assert not changed(plain)
    assert [(one / ".xconan.lock").exists() for one in (home, other)] == [False, True]
    with (other / "profiles" / "default").open("a") as profile:
        profile.write("[conf]\ntools.build:jobs=1\n")
    assert changed(plain)
    assert not changed(plain)
