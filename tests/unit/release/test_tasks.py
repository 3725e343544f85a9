"""The graph of tasks, and the order in which it is run: made of plain records, with a made-up engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from xconan.release.engine import Outcome
from xconan.release.schedule import NOT_BEGUN, Schedule
from xconan.release.tasks import (
    Kind,
    Library,
    Order,
    TargetNeeds,
    Task,
    critical,
    expected_seconds,
    make_tasks,
    python_tasks,
    without,
)

ZLIB = Library(ref="zlib/1.3", package="zlib/1.3#r:1", needs=())
PNG = Library(ref="libpng/1.6", package="libpng/1.6#r:2", needs=("zlib/1.3#r:1",))
TOOL = Library(ref="gen/1.0", package="gen/1.0#r:9", needs=())


def needs(name: str, profile: str = "arm", *, shares: str = "", cold: bool = False) -> TargetNeeds:
    return TargetNeeds(
        name=name, settings={"target": name}, platforms=(name.partition("-")[2],) if cold else (),
        profiles=(profile,) if profile else (), shares=shares,
    )  # fmt: skip


def graph(targets: list[TargetNeeds], orders: list[Order] | None = None) -> dict[str, Task]:
    tasks = make_tasks("/p", "/p/dist", targets, orders or [], jobs=4)
    seen: set[str] = set()
    for task in tasks:
        assert set(task.after) <= seen, "each behind those that it needs"
        seen.add(task.name)
    return {task.name: task for task in tasks}


def test_libraries_are_built_once_for_a_profile() -> None:
    orders = [Order(profile="arm", platform="linux_aarch64", build=(ZLIB, PNG))]
    tasks = graph([needs("cp311-linux_aarch64"), needs("cp312-linux_aarch64")], orders)
    assert {name: task.after for name, task in tasks.items()} == {
        "library zlib/1.3 linux_aarch64": (),
        "library libpng/1.6 linux_aarch64": ("library zlib/1.3 linux_aarch64",),
        "libraries linux_aarch64": ("library zlib/1.3 linux_aarch64", "library libpng/1.6 linux_aarch64"),
        "wheel cp311-linux_aarch64": ("libraries linux_aarch64",),
        "wheel cp312-linux_aarch64": ("libraries linux_aarch64",),
        "test cp311-linux_aarch64": ("wheel cp311-linux_aarch64",),
        "test cp312-linux_aarch64": ("wheel cp312-linux_aarch64",),
    }
    assert [name for name, task in tasks.items() if task.conan] == [
        "library zlib/1.3 linux_aarch64", "library libpng/1.6 linux_aarch64", "libraries linux_aarch64",
    ]  # fmt: skip
    assert tasks["library zlib/1.3 linux_aarch64"].targets == ("cp311-linux_aarch64", "cp312-linux_aarch64")
    assert len(tasks["libraries linux_aarch64"].request["settings"]) == 2  # type: ignore[arg-type]


def test_a_tool_that_two_profiles_need_is_built_once() -> None:
    orders = [
        Order(
            profile=profile,
            platform=f"linux_{profile}",
            build=(TOOL, Library(ref="a/1", package=profile, needs=(TOOL.package,))),
        )
        for profile in ("arm", "s390x")
    ]
    tasks = graph([needs("cp311-linux_arm"), needs("cp311-linux_s390x", "s390x")], orders)
    assert [name for name in tasks if "gen" in name] == ["library gen/1.0 linux_arm"]
    assert tasks["library a/1 linux_s390x"].after == ("library gen/1.0 linux_arm",)
    assert tasks["library gen/1.0 linux_arm"].targets == ("cp311-linux_arm", "cp311-linux_s390x")
    assert tasks["library a/1 linux_s390x"].targets == ("cp311-linux_s390x",)


def test_a_failure_is_told_for_those_that_share_the_wheel() -> None:
    """Of a library, a toolchain and what Conan generates, too; not of a test, which each has for itself."""
    orders = [Order(profile="arm", platform="linux_arm", build=(ZLIB,))]
    maker, other = "cp311-linux_arm", "cp312-linux_arm"
    tasks = graph([needs(maker, cold=True), needs(other, shares=maker)], orders)
    assert {name: task.targets for name, task in tasks.items()} == {
        **dict.fromkeys([
            "toolchain linux_arm", "library zlib/1.3 linux_arm", "libraries linux_arm", f"wheel {maker}",
        ], (maker, other)),
        f"test {maker}": (maker,), f"test {other}": (other,),
    }  # fmt: skip


def test_two_packages_of_one_name_are_two_tasks() -> None:
    other = Library(ref="zlib/1.3", package="zlib/1.3#r:build", needs=())
    tasks = graph([needs("cp311-linux_arm")], [Order(profile="arm", platform="linux_arm", build=(ZLIB, other))])
    assert [task.request["package"] for task in tasks.values() if task.kind is Kind.LIBRARY] == [
        "zlib/1.3#r:1", "zlib/1.3#r:build",
    ]  # fmt: skip


def test_a_cold_toolchain_is_made_ready_before_all_that_uses_it() -> None:
    orders = [Order(profile="arm", platform="linux_arm", build=(ZLIB,))]
    tasks = graph([needs("cp311-linux_arm", cold=True), needs("cp312-linux_arm", cold=True)], orders)
    assert tasks["toolchain linux_arm"].cores == 4
    assert tasks["library zlib/1.3 linux_arm"].after == ("toolchain linux_arm",)
    assert tasks["wheel cp312-linux_arm"].after == ("libraries linux_arm", "toolchain linux_arm")


def test_a_shared_wheel_is_built_once_and_tested_by_each() -> None:
    tasks = graph([needs("cp311-linux_arm", ""), needs("cp312-linux_arm", "", shares="cp311-linux_arm")])
    assert list(tasks) == ["wheel cp311-linux_arm", "test cp311-linux_arm", "test cp312-linux_arm"]
    assert tasks["test cp312-linux_arm"].after == ("wheel cp311-linux_arm",)
    assert tasks["wheel cp311-linux_arm"].targets == ("cp311-linux_arm", "cp312-linux_arm")


def task(name: str, *after: str, cores: int = 1, targets: tuple[str, ...] = ("t",)) -> Task:
    kind, _, subject = name.partition(" ")
    return Task(name=name, kind=Kind(kind), subject=subject, after=after, request={}, cores=cores, targets=targets)


def test_the_longest_chain_is_the_most_urgent() -> None:
    tasks = [task("library a"), task("library b"), task("wheel a", "library a"), task("wheel b", "library b")]
    chains = critical(tasks, {"library a": 1.0, "wheel a": 2.0, "library b": 1.0, "wheel b": 9.0})
    assert chains == {"library a": 3.0, "wheel a": 2.0, "library b": 10.0, "wheel b": 9.0}


def test_unknown_times_are_those_of_the_kind() -> None:
    expected = expected_seconds([task("wheel a"), task("wheel b"), task("test a")], {"wheel a": 4.0, "wheel x": 8.0})
    assert expected == {"wheel a": 4.0, "wheel b": 6.0, "test a": 2.0}


def test_what_machines_of_their_own_do_without() -> None:
    orders = [Order(profile="arm", platform="linux_arm", build=(ZLIB, PNG))]
    targets = [needs("cp311-linux_arm", cold=True)]
    tasks = without(make_tasks("/p", "/o", targets, orders, jobs=2), (Kind.TOOLCHAIN, Kind.LIBRARIES))
    assert {task.name: task.after for task in tasks} == {
        "library zlib/1.3 linux_arm": (),
        "library libpng/1.6 linux_arm": ("library zlib/1.3 linux_arm",),
        "wheel cp311-linux_arm": ("library zlib/1.3 linux_arm", "library libpng/1.6 linux_arm"),
        "test cp311-linux_arm": ("wheel cp311-linux_arm",),
    }


@dataclass
class FakeEngine:
    """Ends some tasks at each look, those that were begun first; `codes` are those of tasks that fail."""

    jobs: int = 2
    at_once: int = 1
    codes: dict[str, int] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    running: list[Task] = field(default_factory=list)
    most: int = 0
    stopped: list[str] = field(default_factory=list)
    interrupt: str = ""
    results: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: dict[str, object] = field(default_factory=dict)

    def try_start(self, task: Task) -> bool:
        if task.conan and any(one.conan for one in self.running):
            return False
        if sum(one.cores for one in self.running) + task.cores > self.jobs:
            return False
        self.running.append(task)
        self.begun.append(task.name)
        self.asked[task.name] = task.request
        self.most = max(self.most, len(self.running))
        return True

    def ended(self, timeout: float) -> list[Outcome]:
        assert timeout >= 0
        if not self.running:
            return []
        if self.running[0].name == self.interrupt:
            raise KeyboardInterrupt
        names = [one.name for one in self.running[: self.at_once]]
        del self.running[: self.at_once]
        return [Outcome(name=one, code=self.codes.get(one, 0), result=self.results.get(one, {})) for one in names]

    def doing(self, name: str) -> str:
        return name

    def stop(self) -> None:
        self.stopped = [one.name for one in self.running]


class Watched:
    def __init__(self) -> None:
        self.said: list[tuple[str, int]] = []

    def begun(self, task: Task) -> None:
        self.said.append((task.name, 99))

    def ended(self, task: Task, outcome: Outcome) -> None:
        self.said.append((task.name, outcome.code))

    def tick(self, engine: object) -> None:
        assert engine


TASKS = [
    task("library a"), task("library b"),
    task("wheel a", "library a"), task("wheel b", "library b"), task("wheel c"),
    task("test a", "wheel a"), task("test b", "wheel b"),
]  # fmt: skip


def run(engine: FakeEngine, *, fail_fast: bool = False, tasks: list[Task] = TASKS) -> dict[str, Outcome]:
    return Schedule(tasks=tasks, engine=engine, watcher=Watched(), fail_fast=fail_fast).run()


def test_everything_is_run_as_far_as_there_is_room() -> None:
    engine = FakeEngine()
    outcomes = run(engine)
    assert list(outcomes) == [task.name for task in TASKS]
    assert all(outcome.code == 0 for outcome in outcomes.values())
    assert engine.most == 2
    assert engine.begun[:2] == ["library a", "library b"]


def test_a_failure_takes_along_what_needs_it_alone() -> None:
    outcomes = run(FakeEngine(codes={"library a": 4}))
    assert {name: outcome.code for name, outcome in outcomes.items()} == {
        "library a": 4, "library b": 0, "wheel a": NOT_BEGUN, "wheel b": 0, "wheel c": 0, "test a": NOT_BEGUN,
        "test b": 0,
    }  # fmt: skip
    assert outcomes["test a"].result["because"] == "library a"


def test_a_test_is_told_which_wheel_was_made() -> None:
    """Its tags are known once it is there, platform_tag = "auto" has it."""
    tasks = make_tasks(
        "/p", "/o", [needs("cp311-linux_arm", ""), needs("cp312-linux_arm", "", shares="cp311-linux_arm")], [], jobs=2
    )
    wheel = {"wheel": "demo-1.0-cp311-abi3-manylinux_2_17_arm.whl", "size": 7}
    engine = FakeEngine(results={"wheel cp311-linux_arm": wheel})
    run(engine, tasks=[*tasks])
    for name in ("cp311-linux_arm", "cp312-linux_arm"):
        asked = engine.asked[f"test {name}"]
        assert asked == {
            "kind": "test",
            "root": "/p",
            "settings": {"target": name},
            "out": "/o",
            "wheel": wheel["wheel"],
        }
    assert "wheel" not in cast("dict[str, object]", engine.asked["wheel cp311-linux_arm"])


def test_fail_fast_ends_all() -> None:
    engine = FakeEngine(codes={"library a": 4})
    outcomes = run(engine, fail_fast=True)
    assert engine.stopped == ["library b"]
    assert {outcome.code for name, outcome in outcomes.items() if name != "library a"} == {NOT_BEGUN}


def test_what_ends_at_once_is_noted_by_fail_fast() -> None:
    """What another task has made, or why it failed, is told beside the failure that ends all."""
    engine = FakeEngine(jobs=3, at_once=3, codes={"library a": 4, "library b": 5})
    outcomes = run(engine, fail_fast=True)
    assert engine.stopped == []
    assert [outcomes[name].code for name in ("library a", "library b", "wheel c")] == [4, 5, 0]


def test_an_interrupt_ends_what_runs() -> None:
    engine = FakeEngine(interrupt="library b")
    with pytest.raises(KeyboardInterrupt):
        run(engine)
    assert "library b" in engine.stopped


def test_who_needs_all_cores_gets_them() -> None:
    tasks = [task("toolchain z", cores=2), *(task(f"wheel {number}") for number in range(6))]
    engine = FakeEngine()
    Schedule(
        tasks=tasks, engine=engine, watcher=Watched(), seconds={"toolchain z": 1.0, "wheel 0": 5.0, "wheel 1": 0.5},
    ).run()  # fmt: skip
    # behind the longer wheels, and then before all the shorter ones, although these would have found room
    assert engine.begun.index("toolchain z") < engine.begun.index("wheel 1")


def test_host_pythons_are_got_beside_each_other() -> None:
    tasks = python_tasks({"cp39-linux_armv7l": True, "cp313t-linux_s390x": False})
    assert [(one.name, one.after, one.request["target"], one.request["runnable"]) for one in tasks] == [
        ("python cp39-linux_armv7l", (), "cp39-linux_armv7l", True),
        ("python cp313t-linux_s390x", (), "cp313t-linux_s390x", False),
    ]


def test_wheels_can_begin_before_all_libraries_are_built() -> None:
    """Conan's cache has one writer: what lets wheels begin is not kept back by the libraries of other platforms."""
    orders = [
        Order(profile=one, platform=f"linux_{one}", build=(Library(ref="zlib/1.3", package=one, needs=()),))
        for one in ("arm", "s390x", "ppc64le")
    ]
    tasks = make_tasks("/p", "/d", [needs(f"cp311-linux_{one.profile}", one.profile) for one in orders], orders, jobs=2)
    engine = FakeEngine()
    Schedule(tasks=tasks, engine=engine, watcher=Watched()).run()
    assert engine.begun.index("wheel cp311-linux_arm") < engine.begun.index("library zlib/1.3 linux_ppc64le")
