"""Overrides by condition: which hold for a host, and what is wrong with any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.crossbuild import write
from xconan.ground.errors import ErrorGroup, Problems, XconanError
from xconan.project.config.conditions import with_overrides
from xconan.project.config.layers import Layer
from xconan.project.files import read_project_files

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.config.records import Project

BASE = '[project]\nname = "nav"\nversion = "1"\n[tool.xconan.cmake]\nbuild_type = "Release"\nargs = ["-DA=1"]\n'
OVERRIDE = "[[tool.xconan.overrides]]\n"
HOST = "cp311-manylinux_2_28_aarch64"
CONDITIONS = {
    "if.platform_system = 'linux'": True,
    "if.platform-system = '^lin'": True,
    "if.platform_system = 'darwin'": False,
    "if.platform_machine = 'aarch64'": True,
    "if.platform_machine = 'x86_64|amd64'": False,
    "if.platform_tag = 'manylinux_.*'": True,
    "if.implementation_name = 'cpython'": True,
    "if.implementation_name = 'py'": False,
    "if.python_version = '>=3.11'": True,
    "if.python_version = '>=3.12'": False,
    "if.python_version = '>3.8,<3.12'": True,
    "if.env.NAV = true": True,
    "if.env.NAV = false": False,
    "if.env.OTHER = false": True,
    "if.env.NAV = '^o'": True,
    "if.env.NAV = 'off'": False,
    "if.from_sdist = false": True,
    "if.from_sdist = true": False,
    "if.platform_system = 'linux'\nif.python_version = '<3'": False,
    "if.any.platform_system = 'darwin'\nif.any.python_version = '>=3'": True,
    "if.any.platform_system = 'darwin'\nif.any.env.NAV = false": False,
}


def read(root: Path, text: str, target: str = HOST) -> Project:
    write(root / "pyproject.toml", BASE + text)
    write(root / "CMakeLists.txt", "project(nav)\n")
    write(root / "nav/__init__.py", "")
    return read_project_files(root, {"target": target}).project


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(condition: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAV", "on")
    monkeypatch.delenv("OTHER", raising=False)
    project = read(root, f"{OVERRIDE}{condition}\ncmake.build_type = 'Debug'\n")
    assert project.cmake
    assert (project.cmake.build_type == "Debug") is CONDITIONS[condition]


def test_strength(root: Path) -> None:
    text = (
        f"{OVERRIDE}if.platform_system = 'linux'\ncmake.build_type = 'A'\ncmake.args = ['-DB=1']\nwheel.sbom = true\n"
    )
    text += f"{OVERRIDE}if.python_version = '>=3'\ncmake.build_type = 'B'\n"
    project = read(root, text)
    assert project.cmake
    assert (project.cmake.build_type, project.cmake.args, project.wheel.sbom) == ("B", ("-DA=1", "-DB=1"), True)
    assert project.place("cmake.build_type") == f"{root}/pyproject.toml: tool.xconan.overrides[1].cmake.build_type"
    project = read(root, f"{text}[tool.xconan.linux.cmake]\nbuild_type = 'C'\n")
    assert project.cmake
    assert project.cmake.build_type == "C"


def test_of_a_local_file(root: Path) -> None:
    write(root / "xconan.local.toml", "[[overrides]]\nif.platform_system = 'linux'\ncmake.build_type = 'Debug'\n")
    project = read(root, "")
    assert project.cmake
    assert project.cmake.build_type == "Debug"


def test_files_are_stronger_as_a_whole(root: Path) -> None:
    """What a user's own file says comes over pyproject.toml, whether that says it by condition or not."""
    write(root / "xconan.local.toml", "[cmake]\nbuild_type = 'Debug'\nargs = ['-DC=1']\n")
    text = f"{OVERRIDE}if.platform_system = 'linux'\ncmake.build_type = 'MinSizeRel'\ncmake.args = ['-DB=1']\n"
    project = read(root, text)
    assert project.cmake
    assert (project.cmake.build_type, project.cmake.args) == ("Debug", ("-DA=1", "-DB=1", "-DC=1"))
    assert project.place("cmake.build_type") == f"{root}/xconan.local.toml: cmake.build_type"


WRONG = {
    "no condition": ("cmake.build_type = 'A'", "overrides[0].if", "there is no condition"),
    "unknown": ("if.platform = 'a'", "overrides[0].if.platform", "unknown key 'platform'"),
    "a number": ("if.python_version = 3", "overrides[0].if.python_version", "this must be a string"),
    "no range": ("if.python_version = '3.x'", "overrides[0].if.python_version", "is no range of versions"),
    "no expression": ("if.platform_system = '('", "overrides[0].if.platform_system", "is no regular expression"),
    "capital letters": ("if.platform_system = 'Linux'", "overrides[0].if.platform_system", "no host has 'Linux'"),
    "another name": ("if.any.platform-system = 'windows'", "overrides[0].if.any.platform-system", "'windows' for its"),
    "no bool": ("if.from_sdist = 'a'", "overrides[0].if.from_sdist", "this must be true or false"),
    "a key": ("if.platform_system = 'none'\ncmake.biuld_type = 'A'", "overrides[0].cmake.biuld_type", "unknown key"),
    "a value": ("if.platform_system = 'none'\ncmake.build_type = 1", "overrides[0].cmake.build_type", "must be a str"),
    "a table": ("if.platform_system = 'none'\ncmaek.a = 1", "overrides[0].cmaek", "unknown key 'cmaek'"),
    "the host": ("if.platform_system = 'none'\ncross.os = 'linux'", "overrides[0].cross", "the host is chosen before"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong(name: str, root: Path) -> None:
    text, key, says = WRONG[name]
    with pytest.raises(XconanError) as caught:
        read(root, f"{OVERRIDE}{text}\n")
    errors = caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]
    assert [(error.where, says in error.message) for error in errors] == [
        (f"{root}/pyproject.toml: tool.xconan.{key}", True)
    ]


@pytest.mark.parametrize("line", ['generate.path = "a.py"', 'metadata.version.input = "a"', "overrides = [x]"])
def test_tables_that_no_single_key_changes(root: Path, line: str) -> None:
    """They were taken for nothing: a line of a .pbc file, or of a command line, is an error."""
    write(root / "xconan.local.pbc", f"cmake.build_type = Debug\n{line}\n")
    name = line.partition(" ")[0].partition(".")[0]
    with pytest.raises(XconanError, match=f"^{name} is read from TOML alone") as caught:
        read(root, "")
    assert caught.value.where == f"{root}/xconan.local.pbc:2: {name}"
    (root / "xconan.local.pbc").unlink()
    with pytest.raises(XconanError, match=f"^{name} is read from TOML alone"):
        read_project_files(root, {"target": HOST, "override": line})


def test_no_list(root: Path) -> None:
    layer = Layer(source="f", table={"overrides": {"if": {}}}, folder=root)
    problems = Problems()
    assert with_overrides([layer], facts.target(HOST), root, problems, {}) == [layer]
    assert "this must be a list of tables" in problems.found[0].message
