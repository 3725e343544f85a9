"""What came of a release, from its tasks' outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.facts import facts
from xconan.plan import make_plan
from xconan.release.board import Board
from xconan.release.engine import Outcome
from xconan.release.outcome import Release, TaskError, release_of
from xconan.release.prepare import PlannedTarget
from xconan.release.tasks import TargetNeeds, make_tasks

if TYPE_CHECKING:
    from pathlib import Path

NAME = "cp311-linux_aarch64"
WHEEL = f"wheel {NAME}"


def came_to(outcome: Outcome) -> Release:
    """Of one target whose wheel's task ends so."""
    target = PlannedTarget(name=NAME, settings={}, plan=make_plan(facts()))
    needs = TargetNeeds(name=NAME, settings={}, platforms=(), profiles=(), test=False)
    tasks = make_tasks("/p", "/o", [needs], [], jobs=1)
    return release_of([target], [], tasks, {outcome.name: outcome}, planned=0.0, jobs=1)


def test_the_tag_that_a_wheel_has_earned() -> None:
    """It is in its name; the plan may have another, platform_tag = "auto" has it."""
    name = "demo-1.0-7-cp311-abi3-manylinux_2_5_aarch64.manylinux1_aarch64.whl"
    (made,) = came_to(Outcome(name=WHEEL, code=0, result={"wheel": name, "size": 9})).made
    assert (made.wheel, made.tag) == (name, "cp311-abi3-manylinux_2_5_aarch64.manylinux1_aarch64")


def test_no_wheel_has_no_tag() -> None:
    (made,) = came_to(Outcome(name=WHEEL, code=5)).made
    assert (made.wheel, made.tag) == ("", "")


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ("the reason stands above; packages that it needs", "the reason stands in the log; packages that it needs"),
        ("see Conan's output above", "see Conan's output in the log"),
        ("give the folder above include/", "give the folder above include/"),
    ],
)
def test_what_stands_above_an_error_is_in_its_log(
    hint: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report at the end, and that of the task as it fails, are read elsewhere; without a log nothing is there."""
    log = tmp_path / "wheel.log"
    log.write_bytes(b"")
    error = {"code": 5, "message": "the build failed", "where": "cmake", "hint": hint}
    outcome = Outcome(name=WHEEL, code=5, errors=(error,), log=str(log))
    release = came_to(outcome)
    (made,) = release.made
    assert made.errors == ({**error, "hint": told, "task": WHEEL, "log": str(log)},)
    with raises_error(TaskError, "the build failed", where=str(log), hint=told):
        release.raise_if_any()
    task = release.tasks[0][0]
    Board((task,), {}, jobs=1).ended(task, outcome)
    assert f"  hint: {told}\n" in capsys.readouterr().err
    (made,) = came_to(replace(outcome, log="")).made
    assert made.errors[0]["hint"] == hint
