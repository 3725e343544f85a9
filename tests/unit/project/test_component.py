"""What a component's pyproject.toml may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.crossbuild import write
from xconan.build_component import build_sdist, get_requires_for_build_sdist, get_requires_for_build_wheel
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError
from xconan.project.config.component import is_component, read_component
from xconan.project.config.project import read_project
from xconan.project.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SYSTEM = '[build-system]\nrequires = ["xconan"]\nbuild-backend = "xconan.build_component"\n'
PROJECT = '[project]\nname = "nav-debug"\nversion = "1.0"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A component's folder beside its main project."""
    write(tmp_path / "main/pyproject.toml", '[build-system]\nrequires = ["xconan", "pybind11>=3"]\n'
          '[project]\nname = "nav"\nversion = "1.0"\n[tool.xconan.cmake]\nminimum_version = "3.20"\n')  # fmt: skip
    write(tmp_path / "main/CMakeLists.txt", "project(nav)\n")
    return tmp_path / "main/debug"


def describe(folder: Path, text: str, *, project: str = PROJECT) -> Path:
    write(folder / "pyproject.toml", SYSTEM + project + text)
    return folder


def test_other_verbs_name_the_main_project(folder: Path) -> None:
    """They would take the component's keys for a project's, and say what makes it worse."""
    describe(folder, '[tool.xconan]\nmain_project = ".."\n[tool.xconan.component]\ninstall_only = true\n')
    with raises_error(ConfigError, "this is a component", hint=f"name the main project: {folder.parent}"):
        read_project(folder, Settings(), running=running_target())


def test_key_of_components_in_a_project(folder: Path) -> None:
    file = folder.parent / "pyproject.toml"
    write(file, file.read_text("utf-8") + '[tool.xconan]\nmain_project = ".."\n')
    with raises_error(
        ConfigError, "this is a key of components", where="tool.xconan.main_project", hint='"xconan.build_component"'
    ):
        read_project(folder.parent, Settings(), running=running_target())


@pytest.mark.parametrize("table", ["xconan", "py-build-cmake"])
def test_what_it_says_of_the_main_project(folder: Path, table: str) -> None:
    text = f"""\
[tool.{table}]
main_project = ".."
[tool.{table}.component]
install_components = ["debug", ""]
build_args = ["--target", "a b"]
install_only = true
"""
    component = read_component(describe(folder, text))
    assert component.main == folder.parent
    assert component.install_only == {0: True}
    assert [*component.overrides((0,))] == [
        'cmake.install_components = ["debug", ""]', 'cmake.build_args = ["--target", "a b"]'
    ]  # fmt: skip
    assert is_component(folder)
    assert not is_component(folder.parent)


def test_numbers(folder: Path) -> None:
    text = '[tool.xconan]\nmain_project = ".."\n'
    text += "".join(f'[tool.xconan.component.{n}]\ninstall_components = ["d{n}"]\n' for n in range(2))
    component = read_component(describe(folder, text))
    assert [*component.overrides((0, 1))] == [f'cmake.{n}.install_components = ["d{n}"]' for n in range(2)]


def test_one_table_beside_several(folder: Path) -> None:
    """It is for the first of the main project's, whose own numbered table would be stronger than a plain one."""
    text = '[tool.xconan]\nmain_project = ".."\ncomponent.install_components = ["debug"]\n'
    component = read_component(describe(folder, text))
    assert [*component.overrides((0, 1))] == ['cmake.0.install_components = ["debug"]']


WRONG = {
    "nothing": ("", "main_project is missing", 'main_project = ".."'),
    "no project there": ('[tool.xconan]\nmain_project = "x"\n', "there is no ", "name the folder of the main project"),
    "itself": ('[tool.xconan]\nmain_project = "."\n', "it is the component's own folder", '".."'),
    "another table": ('[tool.xconan]\nmain_project = ".."\n[tool.xconan.cmake]\n', "a component has no key 'cmake'",
                      "it belongs to the main project"),
    "misspelt": ('[tool.xconan]\nmain_project = ".."\ncomponent.instal_args = []\n', "unknown key 'instal_args'",
                 "did you mean 'install_args'?"),
    "no list": ('[tool.xconan]\nmain_project = ".."\ncomponent.install_components = "debug"\n',
                "must be a list of strings", 'install_components = ["debug"]'),
    "no bool": ('[tool.xconan]\nmain_project = ".."\ncomponent.install_only = 1\n', "must be true or false",
                "install_only = true"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str, folder: Path) -> None:
    text, message, hint = WRONG[name]
    with raises_error(ConfigError, message, hint=hint):
        read_component(describe(folder, text))


def test_dynamic_metadata(folder: Path) -> None:
    text = '[tool.xconan]\nmain_project = ".."\n'
    with raises_error(ConfigError, "no module to read its metadata from", hint='version = "1.0"'):
        read_component(describe(folder, text, project='[project]\nname = "n"\ndynamic = ["version"]\n'))
    with raises_error(ConfigError, "[project] is missing", hint="write its name and version"):
        read_component(describe(folder, text, project=""))


def test_requirements_are_the_main_projects(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(describe(folder, '[tool.xconan]\nmain_project = ".."\n'))
    assert get_requires_for_build_wheel()[:2] == ["xconan", "pybind11>=3"]
    assert get_requires_for_build_sdist() == []


def test_there_is_no_source_distribution(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(describe(folder, '[tool.xconan]\nmain_project = ".."\n'))
    with pytest.raises(SystemExit) as ended:
        build_sdist(str(tmp_path / "dist"))
    assert ended.value.code == ConfigError.exit_code
    assert not (tmp_path / "dist").exists()
