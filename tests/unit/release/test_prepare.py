"""What is missing for any target is told before the first is built: interpreters for the tests that were asked for."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from xconan.ground.errors import HostPythonError, XconanError
from xconan.plan import make_plan
from xconan.project.config.test_table import TestConfig
from xconan.release import build
from xconan.release.engine import Outcome
from xconan.release.matrix import Chosen
from xconan.release.outcome import TaskError
from xconan.release.prepare import prepare
from xconan.release.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xconan.model import BuildPlan
    from xconan.release.tasks import Task

AARCH64, S390X = "cp311-linux_aarch64", "cp312-linux_s390x"


def chosen(*names: str, test: str, skip: tuple[str, ...] = (), host: str = "") -> list[Chosen]:
    """Targets with what `planned` makes a plan of; all of them for one host, where it is named."""
    config = TestConfig(wanted=test, skip=skip)
    return [Chosen(name=name, settings={"target": host or name, "test": config}) for name in names]


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Plans with headers alone, and no other Python of their hosts on this machine."""

    def plan(root: Path, settings: dict[str, Any]) -> tuple[BuildPlan, None]:
        project = facts.project(root, test=settings["test"])
        return make_plan(facts.facts(facts.target(settings["target"]), project=project)), None

    monkeypatch.setattr("xconan.release.prepare.plan_wheel", plan)
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "none"))


def test_every_interpreter_that_is_missing_is_told(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, chosen(AARCH64, S390X, test="yes"), trials=True)
    assert prepared.targets == ()
    with pytest.raises(XconanError) as raised:
        prepared.raise_if_any()
    found = raised.value.facts()
    assert [one["code"] for one in found] == [HostPythonError.exit_code] * 2
    for one, words in zip(found, ("3.11 --for linux_aarch64", "3.12 --for linux_s390x"), strict=True):
        assert f"xconan python add {words} --runnable" in str(one["hint"])


def test_an_interpreter_that_nobody_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of workers, of targets that are left out, and of those whose wheel another one makes."""
    both = chosen(AARCH64, S390X, test="yes")
    assert not prepare(tmp_path, both).errors
    assert [*prepare(tmp_path, chosen(AARCH64, S390X, test="yes", skip=("*s390x",)), trials=True).errors] == [AARCH64]
    one_wheel = chosen(AARCH64, S390X, test="yes", host=AARCH64)
    assert [*prepare(tmp_path, one_wheel, trials=True).errors] == [AARCH64]
    capsys.readouterr()
    assert not prepare(tmp_path, chosen(AARCH64, test="auto"), trials=True).errors
    assert "will not be tried on its host: no Python that takes" in capsys.readouterr().err


class Away:
    """An engine whose tasks find nobody who answers."""

    def __init__(self) -> None:
        self.asked: list[Task] = []

    def try_start(self, task: Task) -> bool:
        self.asked.append(task)
        return True

    def ended(self, _timeout: float) -> list[Outcome]:
        error = {"code": 3, "message": "no mirror answers", "where": "", "hint": "try again later"}
        asked, self.asked = self.asked, []
        return [Outcome(name=task.name, code=3, errors=(error,)) for task in asked]

    def doing(self, name: str) -> str:
        return name

    def stop(self) -> None:
        self.asked = []


@pytest.mark.parametrize(
    ("test", "change", "fails"),
    [("yes", {}, True), ("auto", {}, False), ("", {}, False), ("yes", {"on": "local:2"}, False)],
)
def test_an_interpreter_that_can_not_be_had(
    test: str, change: dict[str, Any], fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """It is the error where the wheel is not made without its test; else the headers that are here will do."""

    @contextmanager
    def engine(*_words: object) -> Iterator[Away]:
        yield Away()

    monkeypatch.setattr(build, "local_engine", engine)
    monkeypatch.setattr(build, "is_of_store", lambda _root, _one: True)
    monkeypatch.setattr(build, "can_run", lambda _name: True)
    wishes = replace(Wishes(out=tmp_path, add_pythons=True), **change)

    def add() -> None:
        build._add_pythons(tmp_path, chosen(AARCH64, test=test), tmp_path, 1, wishes)  # noqa: SLF001

    if fails:
        with pytest.raises(TaskError, match=f"{AARCH64}: no mirror answers") as raised:
            add()
        assert (raised.value.exit_code, raised.value.hint) == (HostPythonError.exit_code, "try again later")
    else:
        add()
    line = f"xconan: {AARCH64} has the headers that are here; its wheel is not tried\n"
    assert (line in capsys.readouterr().err) is not fails
