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
from tests.support.conan_home import run_conan
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
    sys.stderr.write(done.stderr)
    return "unchanged: no input has changed" not in done.stderr


def settles(demo: Demo) -> bool:
    """Whether a build is unchanged soon; CMake itself may configure again where files are very new."""
    return not all(changed(demo) for _ in range(3))


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
    assert settles(plain)
    (home / ".xconan.lock").unlink()
    other = tmp_path / "other"
    shutil.copytree(home, other)
    (tmp_path / ".conanrc").write_text(f"conan_home={other}\n", "utf-8")
    assert changed(plain)
    assert settles(plain)
    assert [(one / ".xconan.lock").exists() for one in (home, other)] == [False, True]
    with (other / "profiles" / "default").open("a") as profile:
        profile.write("[conf]\ntools.build:jobs=1\n")
    assert changed(plain)
    assert settles(plain)


# --- workspaces and editable recipes ---------------------------------------------------------------------------------

LIBRARY = """\
from conan import ConanFile

class Tiny(ConanFile):
    name = "tiny"
    version = "{version}"

    def package_info(self):
        self.cpp_info.includedirs = ["."]
"""
BASE_RECIPE = """\
from conan import ConanFile

class Wishes:
    def generate(self):
        open("said.txt", "w").write("{said}")

class Base(ConanFile):
    name = "base"
    version = "1.0"
"""
EXTENDS = """\
from conan import ConanFile

class Demo(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    requires = "tiny/1.0"
    python_requires = "base/1.0"
    python_requires_extend = "base.Wishes"
"""
WORKSPACE = "packages:\n  - path: tiny\n"
PROGRAM = """\
from conan import Workspace

class Mine(Workspace):
    def packages(self):
        return []
"""


def asked(demo: Demo) -> bool:
    """Whether a build by a process of its own asked Conan."""
    stamp = demo.plan().layout.conan_result
    before = stamp.stat().st_mtime_ns if stamp.exists() else 0
    return changed(demo) and stamp.stat().st_mtime_ns != before


def test_workspace_that_comes_later(plain: Demo) -> None:
    """A package of the workspace's in place of the cache's, also once its recipe says another version."""
    assert asked(plain)
    above = plain.root.parent
    recipe = above / "tiny" / "conanfile.py"
    recipe.parent.mkdir()
    recipe.write_text(LIBRARY.format(version="2.0"), "utf-8")
    (recipe.parent / "tiny.h").write_text("#define TINY 3\n", "utf-8")
    (above / "conanws.yml").write_text(WORKSPACE, "utf-8")
    assert asked(plain)
    assert settles(plain)
    recipe.write_text(LIBRARY.format(version="1.0"), "utf-8")
    assert asked(plain)
    assert asked(plain), "whose state nobody knows"


def test_workspace_by_a_program(plain: Demo) -> None:
    """It may read anything."""
    assert asked(plain)
    (plain.root.parent / "conanws.py").write_text(PROGRAM, "utf-8")
    assert asked(plain)
    assert asked(plain)


def test_recipe_that_others_are_made_of_is_editable(demo: Demo, home: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "base" / "conanfile.py"
    recipe.parent.mkdir()
    recipe.write_text(BASE_RECIPE.format(said="first"), "utf-8")
    run_conan(home, "editable", "add", str(recipe.parent))
    demo.write("conanfile.py", EXTENDS)
    assert asked(demo)
    recipe.write_text(BASE_RECIPE.format(said="second"), "utf-8")
    assert asked(demo)
    (said,) = demo.plan().layout.conan.rglob("said.txt")
    assert said.read_text("utf-8") == "second"


# --- profiles and extensions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["default_profile", "default_build_profile", "CONAN_DEFAULT_PROFILE"])
def test_other_default_profile(by: str, plain: Demo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, more = home / "profiles" / "mine", home / "profiles" / "more"
    mine.write_text(f"include(more)\n{(home / 'profiles' / 'default').read_text('utf-8')}", "utf-8")
    more.touch()
    if by.startswith("CONAN"):
        monkeypatch.setenv(by, "mine")
    else:
        with (home / "global.conf").open("a") as conf:
            conf.write(f"core:{by}=mine\n")
    assert asked(plain)
    assert settles(plain)
    more.write_text("[buildenv]\nTINY_ENV=1\n", "utf-8")
    assert asked(plain)
    assert settles(plain)


@pytest.mark.parametrize("name", ["extensions/generators/mine.py", "extensions/hooks/words.txt", "global_user.conf"])
def test_extension_that_comes_later(name: str, plain: Demo, home: Path) -> None:
    assert asked(plain)
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# nothing\n", "utf-8")
    assert asked(plain)
    assert settles(plain)
    file.write_text("# nothing more\n", "utf-8")
    assert asked(plain)
