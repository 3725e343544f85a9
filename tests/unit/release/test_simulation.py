"""What benchmarks.simulate says of clusters obeys what holds for every cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("simpy")

from benchmarks.simulate import Work, World, check, large_release, simulate
from tests.unit.release.test_tasks import task

TASKS, WORKS, TARGETS = large_release(20, 2, 3)
TOTAL = sum(work.seconds for work in WORKS.values())
FREE = World(handover=0, fetch=0, upload=0, plan=0)


def longest() -> float:
    ends: dict[str, float] = {}
    for one in TASKS:
        ends[one.name] = WORKS[one.name].seconds + max((ends[name] for name in one.after), default=0.0)
    return max(ends.values())


def test_one_worker_does_all_in_turn() -> None:
    assert simulate(TASKS, WORKS, 1, FREE).wall == pytest.approx(TOTAL)


@pytest.mark.parametrize("workers", [2, 4, 64])
def test_no_number_of_workers_is_faster_than_the_work_allows(workers: int) -> None:
    wall = simulate(TASKS, WORKS, workers, FREE).wall
    assert wall >= max(TOTAL / workers, longest()) - 0.001
    assert wall <= TOTAL / workers + longest(), "Graham's bound for any list schedule"


def test_what_the_world_costs() -> None:
    plain = simulate(TASKS, WORKS, 4, FREE)
    for world in (
        replace(FREE, fetch=1.0), replace(FREE, upload=2.0), replace(FREE, cold=100.0), replace(FREE, handover=5.0),
        replace(FREE, plan=9.0),
    ):  # fmt: skip
        assert simulate(TASKS, WORKS, 4, world, targets=TARGETS).wall > plain.wall, world
    narrow = simulate(TASKS, WORKS, 8, replace(FREE, fetch=5.0, lines=1))
    assert narrow.wall > simulate(TASKS, WORKS, 8, replace(FREE, fetch=5.0, lines=8)).wall


def test_workers_that_die_are_replaced() -> None:
    result = simulate(TASKS, WORKS, 4, replace(FREE, lifetime=200.0))
    assert result.lost > 0
    assert result.wall > simulate(TASKS, WORKS, 4, FREE).wall


def test_cores_that_are_shared() -> None:
    """Two tasks that compute cost one core twice the time; two that wait don't."""
    pair = [task("library a"), task("library b")]
    for cpu, wall in ((10.0, 20.0), (0.0, 10.0)):
        works = {one.name: Work(seconds=10.0, cpu=cpu) for one in pair}
        assert simulate(pair, works, 2, replace(FREE, machine=1)).wall == pytest.approx(wall, rel=0.05)


def test_a_prediction_by_what_was_measured() -> None:
    tasks = [
        {"name": "library a", "begun": 0.0, "ended": 10.0, "cpu": 0.0, "after": []},
        {"name": "library b", "begun": 11.0, "ended": 21.0, "cpu": 0.0, "after": []},
        {"name": "wheel c", "begun": 22.0, "ended": 32.0, "cpu": 0.0, "after": ["library a"]},
    ]
    measured = {"cores": 2, "runs": {"1": {"wall": 33.0, "tasks": tasks}, "2": {"wall": 22.0, "tasks": tasks}}}
    assert [(count, wall, round(predicted)) for count, wall, predicted in check(measured)] == [
        (1, 33.0, 32), (2, 22.0, 21),
    ]  # fmt: skip
