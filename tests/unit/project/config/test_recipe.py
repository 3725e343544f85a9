"""Who builds the wheel: CMakeLists.txt, or the conanfile.py's own build()."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from xconan.ground.errors import ErrorGroup, XconanError
from xconan.project.config.recipe import read_recipe, unread_recipes
from xconan.project.files import read_project_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.project.config.records import Project

BASE = '[project]\nname = "nav"\nversion = "1"\n'
RECIPE = "from conan import ConanFile\nclass Nav(ConanFile):\n    def build(self): ...\n    def package(self): ...\n"
SOURCE = "    def source(self): ...\n"
LISTS = {"CMakeLists.txt": "project(nav)\n"}
TRUE, FALSE = (f"[tool.xconan.conan]\nrecipe_builds = {value}\n" for value in ("true", "false"))


def read(root: Path, files: Mapping[str, str], tool: str = "") -> Project:
    usual = {"nav/__init__.py": "", "pyproject.toml": BASE + tool}
    for name, text in {**usual, **files}.items():
        write(root / name, text)
    return read_project_files(root).project


CHOSEN: dict[str, tuple[Mapping[str, str], str, bool]] = {
    "where nothing else could": ({"conanfile.py": RECIPE}, "", True),
    "a CMakeLists.txt comes first": ({"conanfile.py": RECIPE, **LISTS}, "", False),
    "unless the project says so": ({"conanfile.py": RECIPE, **LISTS}, TRUE, True),
    "a CMakeLists.txt that is named": (
        {"conanfile.py": RECIPE, "cpp/CMakeLists.txt": ""}, '[tool.xconan.cmake]\nsource_path = "cpp"\n', False
    ),
    "a CMakeLists.txt elsewhere": ({"conanfile.py": RECIPE, "cpp/CMakeLists.txt": ""}, "", True),
    "a pure wheel": ({"conanfile.py": RECIPE}, "[tool.xconan.wheel]\npure_python = true\n", False),
    "a folder": ({"conan/conanfile.py": RECIPE}, '[tool.xconan.conan]\nconanfile = "conan"\n', True),
    "what CMake is told beside": ({"conanfile.py": RECIPE}, '[tool.xconan.cmake]\nbuild_type = "Debug"\n', True),
    "the other table": ({"conanfile.py": RECIPE}, "[tool.py-build-cmake.wheel]\npure_python = true\n", False),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_who_builds(name: str, root: Path) -> None:
    files, tool, by_recipe = CHOSEN[name]
    project = read(root, files, tool)
    assert project.builds_by_recipe is by_recipe
    assert not by_recipe or project.cmake


REFUSED = {
    "no": ({"conanfile.py": RECIPE}, FALSE, "without a CMakeLists.txt beside pyproject.toml", "write a CMakeLists.txt"),
    "no build": (
        {"conanfile.py": RECIPE.replace("build", "builds")}, "", "there is conanfile.py", "write a CMakeLists.txt"
    ),
    "txt": ({"conanfile.txt": "[requires]\n", **LISTS}, TRUE, "there is no conanfile.py", "write one with build()"),
    "words for CMake": (
        {"conanfile.py": RECIPE}, "[tool.xconan.cmake.options]\nX = true\n", "CMake is not told this",
        "recipe_builds = false",
    ),
    "an empty folder": (
        {"conan/a.txt": ""}, '[tool.xconan.conan]\nconanfile = "conan"\n', "there is no conanfile in this folder",
        "name a conanfile.py",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, root: Path) -> None:
    files, tool, says, hint = REFUSED[name]
    with pytest.raises(XconanError) as caught:
        read(root, files, tool)
    errors = caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]
    assert any(says in error.message and hint in error.hint for error in errors), errors


SAID: dict[str, tuple[Mapping[str, str], str, str]] = {
    "a folder": ({"conan/conanfile.py": RECIPE, **LISTS}, "", "conan/conanfile.py is not read; where the wheel"),
    "a folder beside a conanfile": ({"conan/conanfile.py": RECIPE, "conanfile.txt": "", **LISTS}, "", ""),
    "sources": ({"conanfile.py": RECIPE + SOURCE, **LISTS}, "", "source() of conanfile.py is not run"),
    "no sources": ({"conanfile.py": RECIPE, **LISTS}, "", ""),
    "run sources": ({"conanfile.py": RECIPE + SOURCE, **LISTS}, TRUE, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_is_not_read_is_said(name: str, root: Path) -> None:
    files, tool, says = SAID[name]
    said = list(unread_recipes(read(root, files, tool)))
    assert [line[: len(says)] for line in said] == ([says] if says else [])


def test_what_a_recipe_says_of_itself(root: Path) -> None:
    text = f"{RECIPE}    name = 'a'\n    settings = 'os'\n    def set_version(self): ...\n{SOURCE}"
    recipe = read_recipe(write(root / "conanfile.py", text))
    assert recipe
    assert recipe.says("name")
    assert recipe.says("version")
    assert recipe.source == "def source(self):\n    ..."
    assert read_recipe(write(root / "conanfile.py", "class Nav(:\n")) is None
    assert read_recipe(root / "conanfile.txt") is None
    other = read_recipe(write(root / "conanfile.py", "class Nav(object):\n    def build(self): ...\n"))
    assert other
    assert not other.builds
