"""What a project wants to be tried with its wheels, and what a build knows of it before it compiles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError, HostPythonError
from xconan.hosttest.planned import plan_trial, wishes_for, wishes_of
from xconan.project.config.project import read_project
from xconan.project.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.hosttest.planned import Trial
    from xconan.project.config.records import Project

PROJECT = '[project]\nname = "De.mo"\nversion = "1.0"\n'
GROUPS = '[dependency-groups]\ndev = [{ include-group = "Test" }, "ruff"]\ntest = ["pytest>=8"]\n'
GROUPS += "[project.optional-dependencies]\nfast = []\nX = []\n"
WHEEL = "de_mo-1.0-cp311-cp311-manylinux_2_17_aarch64.whl"


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "store"))


def project(root: Path, text: str, test: str = "yes") -> Project:
    (root / "pyproject.toml").write_text(PROJECT + text, "utf-8")
    return read_project(root, Settings(test=test, folder=root), running=running_target())[0]


def test_wishes(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    table = (
        '[tool.xconan.test]\ncommand = "pytest"\ngroups = ["DEV"]\nrequires = ["numpy"]\nextras = ["x"]\n'
        'sources = ["tests"]\n'
    )
    wishes = wishes_of(project(tmp_path, table + GROUPS))
    assert (wishes.commands, wishes.extras, wishes.sources) == (("pytest",), ("x",), ("tests",))
    assert wishes.requires == ("numpy", "pytest>=8", "ruff")
    assert wishes.project == tmp_path


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ('groups = ["tset"]', "there is no group 'tset' in [dependency-groups]", "did you mean 'test'?"),
        ('groups = ["x"]', "there is no group 'x'", 'write one: x = ["pytest"]'),
        ('extras = ["fsat"]', "there is no extra 'fsat' in [project.optional-dependencies]", "did you mean 'fast'?"),
        ('extras = ["none"]', "there is no extra 'none'", 'write one: none = ["pytest"]'),
        ('sources = ["test"]', "'test' is no file or folder of the project", "name them relative to the project"),
    ],
)
def test_what_is_not_there(tmp_path: Path, table: str, message: str, hint: str) -> None:
    where = f"tool.xconan.test.{table.partition(' ')[0]}"
    with raises_error(ConfigError, message, where=where, hint=hint):
        wishes_of(project(tmp_path, f"[tool.xconan.test]\n{table}\n{GROUPS}"))


def test_groups_that_include_each_other(tmp_path: Path) -> None:
    circle = '[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "a" }]\n'
    with raises_error(ConfigError, "[dependency-groups] is not in order: ", where=str(tmp_path / "pyproject.toml")):
        wishes_of(project(tmp_path, f'[tool.xconan.test]\ngroups = ["a"]\n{circle}'))


def trial(root: Path, table: str = "", test: str = "yes") -> Trial | None:
    cross = facts.cross(facts.target("cp311-manylinux_2_17_aarch64"))
    return plan_trial(project(root, table, test), WHEEL, cross, facts.python(), None)


@pytest.mark.usefixtures("door")
def test_what_cannot_be_run_is_known_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = "xconan python add 3.11 --for manylinux_2_17_aarch64 --runnable"
    with raises_error(HostPythonError, f"no Python that takes {WHEEL} can be run here", hint=command):
        trial(tmp_path)
    assert trial(tmp_path, test="auto") is None
    said = capsys.readouterr().err
    assert f"{WHEEL} will not be tried on its host: no Python" in said
    assert command in said
    assert trial(tmp_path, test="") is None
    assert not capsys.readouterr().err
    assert trial(tmp_path, '[tool.xconan.test]\nskip = ["cp311-manylinux_aarch64"]\n') is None
    assert "will not be tried on its host: test.skip has cp311" in capsys.readouterr().err


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("pyodide_2024_0_wasm32", "is for Pyodide, which runs in browsers and under Node alone"),
        ("emscripten_3_1_58_wasm32", "is for Pyodide, which runs in browsers and under Node alone"),
        ("macosx_11_0_arm64", "can be run here"),
    ],
)
def test_what_nothing_here_can_run(tag: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No command brings a Python that could: the remedy is to leave the test out."""
    cross, wheel = facts.cross(facts.target(f"cp311-{tag}")), f"de_mo-1.0-cp311-cp311-{tag}.whl"

    def trial(test: str, table: str = "") -> Trial | None:
        return plan_trial(project(tmp_path, table, test), wheel, cross, facts.python(), None)

    skip = f'skip = ["*-{tag}"]'
    hint = f"--test=auto (-C test=auto) leaves out what can't be run here; {skip} these alone"
    with raises_error(HostPythonError, f"{wheel} {message}", hint=hint):
        trial("yes")
    assert trial("yes", f"[tool.xconan.test]\n{skip}\n") is None
    capsys.readouterr()
    assert trial("auto") is None
    assert capsys.readouterr().err.endswith(f"{wheel} {message}\n")


def test_the_running_python(tmp_path: Path) -> None:
    cross = replace(facts.cross(), target=running_target(), native=True)
    planned = plan_trial(project(tmp_path, ""), "de_mo-1.0-py3-none-any.whl", cross, facts.python(), None)
    assert planned is not None
    assert planned.host.target == running_target()


def test_whose_wheel_it_is(tmp_path: Path) -> None:
    """A project says what is run for its own wheels alone, by its table for their target."""
    table = '[tool.xconan.test]\ncommand = ["a"]\n[tool.xconan.windows.test]\ncommand = ["b"]\n'
    project(tmp_path, table)
    for name, commands in {WHEEL: ("a",), "de_mo-1.0-cp311-cp311-win_amd64.whl": ("b",)}.items():
        wishes = wishes_for(tmp_path / name, tmp_path)
        assert wishes
        assert wishes.commands == commands
    assert wishes_for(tmp_path / "other-1.0-py3-none-any.whl", tmp_path) is None
    assert wishes_for(tmp_path / WHEEL, tmp_path / "nowhere") is None
