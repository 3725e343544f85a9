"""What came of a release, from its tasks' outcomes."""

from __future__ import annotations

from tests.support.facts import facts
from xconan.plan import make_plan
from xconan.release.engine import Outcome
from xconan.release.outcome import Release, release_of
from xconan.release.prepare import PlannedTarget
from xconan.release.tasks import TargetNeeds, make_tasks

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
