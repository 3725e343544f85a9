"""What a worker answers to the greeting: of each target what it can do of it, and what it must have."""

from __future__ import annotations

import errno
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.support.compare import raises_error
from tests.support.crossbuild import write
from tests.support.facts import facts
from tests.support.native import PYPROJECT
from tests.support.wheels import Wheel
from xconan.emulate import Runner
from xconan.ground.errors import ConfigError, HostPythonError, HostTestError, MachineError
from xconan.hosttest.interpreter import Interpreter
from xconan.plan import make_plan
from xconan.project.workspace import Layout
from xconan.release import work
from xconan.release.contract import header, identity
from xconan.release.work import _greet

if TYPE_CHECKING:
    from xconan.model import BuildPlan

PLAN = make_plan(facts())
NAME = "cp311-linux_aarch64"


@pytest.fixture
def request_(tmp_path: Path) -> dict[str, Any]:
    target = {"target": NAME, "settings": {"target": NAME}, "identity": json.loads(json.dumps(identity(PLAN)))}
    return {
        "document": {**header(), "targets": [target], "env": {}}, "worker": "tcp://w:1", "root": str(tmp_path),
        "add_pythons": True, "store": "",
    }  # fmt: skip


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "plan_wheel", lambda _root, _settings: (PLAN, None))


def lack(_plan: BuildPlan) -> None:
    raise HostPythonError("its interpreter is not here", hint="get it")


def greeted(request: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, dict[str, Any]]", _greet(request)["targets"])[NAME]


@pytest.mark.parametrize("runs", [True, False])
def test_a_wheel_runs_where_its_test_would(
    *, runs: bool, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "interpreter_of", (lambda _plan: None) if runs else lack)
    assert greeted(request_) == {"errors": [], "agrees": True, "runs": runs}


@pytest.mark.parametrize("can_run", [True, False])
def test_a_worker_gets_the_python_that_it_lacks(
    *, can_run: bool, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its interpreter, where that can be run."""
    added: list[bool] = []
    write(Path(request_["root"]) / "pyproject.toml", PYPROJECT)

    def plan(_root: Path, _settings: object) -> tuple[BuildPlan, None]:
        if not added:
            raise HostPythonError("no headers", hint="get them")
        return PLAN, None

    def add(_target: object, *, source: str | None, runnable: bool) -> Any:  # noqa: ANN401
        assert source is None
        added.append(runnable)
        return type("Entry", (), {"name": NAME})

    monkeypatch.setattr(work, "plan_wheel", plan)
    monkeypatch.setattr(work, "can_run", lambda name: name == NAME and can_run)
    monkeypatch.setattr(work, "interpreter_of", lack)
    monkeypatch.setattr("xconan.fetch.pythons.add.add_python", add)
    assert greeted(request_)["errors"] == []
    assert added == [can_run]


@pytest.mark.parametrize("headers", [True, False])
def test_a_python_that_can_not_run_has_headers(
    *, headers: bool, request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody has its interpreter, wheels are built all the same; without headers the first error counts."""
    added: list[bool] = []
    write(Path(request_["root"]) / "pyproject.toml", PYPROJECT)

    def plan(_root: Path, _settings: object) -> tuple[BuildPlan, None]:
        if not added:
            raise HostPythonError("no headers", hint="get them")
        return PLAN, None

    def add(_target: object, *, source: str | None, runnable: bool = False) -> Any:  # noqa: ANN401
        assert source is None
        if runnable or not headers:
            raise HostPythonError("no interpreter" if runnable else "no headers either", hint="x")
        added.append(runnable)
        return type("Entry", (), {"name": NAME})

    monkeypatch.setattr(work, "plan_wheel", plan)
    monkeypatch.setattr(work, "can_run", lambda _name: True)
    monkeypatch.setattr(work, "interpreter_of", lack)
    monkeypatch.setattr("xconan.fetch.pythons.add.add_python", add)
    errors = greeted(request_)["errors"]
    assert ([error["message"] for error in errors], added) == (([], [False]) if headers else (["no interpreter"], []))


def test_the_wheel_that_was_made_is_tried(
    request_: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which has another name than was planned, beside an older one that has that."""
    plan = replace(PLAN, layout=Layout(root=tmp_path / "build"))
    monkeypatch.setattr(work, "plan_wheel", lambda _root, _settings: (plan, None))
    host = Interpreter(target=PLAN.cross.target, runner=Runner(argv=(sys.executable,), env={}), origin="")
    monkeypatch.setattr(work, "interpreter_of", lambda _plan: host)
    files = {plan.wheel_name: b"raise SystemExit(3)", "demo-1.0-py3-none-any.whl": b""}
    for name, code in files.items():
        made = Wheel(tags="py3-none-any", files={"demo.py": code}).write(tmp_path)
        made.rename(tmp_path / name)
    asked = {**request_, "kind": "test", "settings": {}, "out": str(tmp_path), "answer": str(tmp_path / "answer.json")}
    work.work({**asked, "wheel": "demo-1.0-py3-none-any.whl"})
    assert json.loads((tmp_path / "answer.json").read_text("utf-8"))["result"] == {"tested": True, "why": ""}
    with raises_error(HostTestError, "failed on its host"):
        work.work({**asked, "wheel": plan.wheel_name})


def test_a_worker_without_the_store_says_so(request_: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    remotes = [{"name": "meeting", "enabled": True, "url": "https://example.org"}]
    monkeypatch.setattr("xconan.conan.remotes.report", lambda **_words: ({"remotes": remotes}, ""))
    monkeypatch.setattr(work, "interpreter_of", lack)
    assert greeted({**request_, "store": "meeting"})["agrees"]
    with pytest.raises(ConfigError, match="no remote 'meetings'") as raised:
        greeted({**request_, "store": "meetings"})
    assert raised.value.where == "tcp://w:1: --store"


def test_an_error_of_the_machine_is_in_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the release could only say that the task ended without a word."""
    out, answer = tmp_path / "out", tmp_path / "answer.json"

    def full(_request: object) -> dict[str, object]:
        raise OSError(errno.ENOSPC, "No space left on device", str(out / "demo.whl"))

    monkeypatch.setattr(work, "_KINDS", {"wheel": full})
    request = {"kind": "wheel", "answer": str(answer), "out": str(out), "root": str(tmp_path)}
    with raises_error(MachineError, "No space left on device", where=f"{out / 'demo.whl'} (-o)"):
        work.work(request)
    (error,) = json.loads(answer.read_text("utf-8"))["errors"]
    assert (error["code"], error["message"]) == (1, "No space left on device")
    assert error["hint"] == "free some space, or name a folder on a larger disk by -o"
