"""`xconan build` for many targets: all plans, all that is missing, the graph of tasks, and what came of it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.conan import process
from xconan.conan.failures import failure
from xconan.ground.errors import ConfigError, HostPythonError, XconanError, combined
from xconan.ground.files import cache_folder, digest, mark_as_ours, read_json, write_json, write_text
from xconan.ground.lock import locked
from xconan.ground.progress import seconds
from xconan.ground.report import logged, say
from xconan.ground.scratch import scratch
from xconan.project.cmake_lists import is_plain_c
from xconan.release.board import Board
from xconan.release.engine import LocalEngine
from xconan.release.jobserver import job_server
from xconan.release.outcome import Release, errors_of, is_tried, release_of
from xconan.release.prepare import merged_errors, prepare
from xconan.release.schedule import Schedule
from xconan.release.tasks import Kind, Library, Order, TargetNeeds, make_tasks, python_tasks
from xconan.release.work import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.model import BuildPlan
    from xconan.release.engine import Outcome
    from xconan.release.matrix import Chosen
    from xconan.release.prepare import PlannedTarget
    from xconan.release.tasks import Task

_FIRST_NINJA = (1, 13)  # that knows the job server


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a release is built.

    Attributes:
        out: where the wheels go.
        jobs: compilers at once; 0 for as many as there are processors.
        fail_fast: the first failure ends all.
        test: wheels are imported by their hosts' Pythons, as far as the matrix wants it.
        libraries_only: nothing is built but what wheels are built with.
        add_pythons: host Pythons that are missing are got first.
    """

    out: Path
    jobs: int = 0
    fail_fast: bool = False
    test: bool = True
    libraries_only: bool = False
    add_pythons: bool = False


def build_release(root: Path, chosen: Sequence[Chosen], wishes: Wishes) -> Release:
    """Build the wheels of all targets; what fails does not keep back the rest.

    Raises:
        XconanError: before anything is built: what is missing for any target, together.
    """
    if wishes.out.exists() and not wishes.out.is_dir():
        raise ConfigError("the wheels' folder is a file", where=str(wishes.out), hint="name another folder")
    folder = _folder(root)
    with locked(folder / "lock", what=f"the release of {root}"):
        begun = time.monotonic()
        jobs = wishes.jobs or os.cpu_count() or 1
        if wishes.add_pythons:
            _add_pythons(root, chosen, folder, jobs)
        with logged(folder / "plan.log"):
            targets, orders = _prepared(root, chosen)
        needs = [_needs(one, test=wishes.test) for one in targets]
        tasks = make_tasks(str(root), str(wishes.out), needs, orders, jobs=jobs)
        if wishes.libraries_only:
            tasks = tuple(task for task in tasks if task.kind in (Kind.TOOLCHAIN, Kind.LIBRARY))
        say(f"xconan: {len(targets)} targets, {len(tasks)} tasks, planned in {seconds(time.monotonic() - begun)}")
        outcomes = _run(folder, tasks, targets, jobs, fail_fast=wishes.fail_fast)
        release = release_of(targets, orders, tasks, outcomes, planned=begun, jobs=jobs)
        write_json(folder / "release.json", release.facts())
        write_text(folder / "release.html", release.page())
        return release


def _folder(root: Path) -> Path:
    """The folder of what releases leave: in the project, or in the user's cache where that can't be written."""
    own = root / ".xconan_cache"
    if not os.access(own if own.exists() else root, os.W_OK):
        own = cache_folder() / "builds" / digest(str(root))[:16]
    mark_as_ours(own / "release")
    write_text(own / ".gitignore", "*\n")
    return own / "release"


def _add_pythons(root: Path, chosen: Sequence[Chosen], folder: Path, jobs: int) -> None:
    """Get the host Pythons that targets by name lack, beside each other.

    Raises:
        XconanError: one can't be had from anywhere.
    """
    errors = prepare(root, chosen).errors
    lacking = [name for name, error in errors.items() if isinstance(error, HostPythonError)]
    missing = [one.name for one in chosen if one.name in lacking and "target" in one.settings]
    tasks = python_tasks(missing)
    outcomes = _run(folder, tasks, (), jobs)
    found = [error for task in tasks for error in errors_of(task, outcomes[task.name])]
    if found:
        raise combined(found)


# --- before anything is built ----------------------------------------------------------------------------------------


def _prepared(root: Path, chosen: Sequence[Chosen]) -> tuple[tuple[PlannedTarget, ...], tuple[Order, ...]]:
    """The plans, and what Conan would build for each profile.

    Raises:
        XconanError: what is missing for any of them.
    """
    prepared = prepare(root, chosen)
    profiles: dict[str, tuple[str, BuildPlan]] = {}
    for one in prepared.targets:
        for part in one.plan.parts or (one.plan,):
            if part.conan and not one.shares:
                profiles.setdefault(profile_of(part), (one.name, part))
    errors = dict(prepared.errors)
    orders = _orders(profiles, errors) if profiles else ()
    if errors:
        raise combined(merged_errors(errors))
    return prepared.targets, orders


def _orders(profiles: Mapping[str, tuple[str, BuildPlan]], errors: dict[str, XconanError]) -> tuple[Order, ...]:
    """Ask Conan, once for all profiles, what it would build; what it can't resolve is noted by the target's name."""
    plans = [plan for _name, plan in profiles.values()]
    with scratch("release") as folder:
        asked = []
        for number, plan in enumerate(plans):
            place = folder / str(number)
            place.mkdir()
            if plan.conan:
                asked.append(process.write_request(plan, plan.conan, place))
        answer = process.ask({"kind": "graph", "targets": asked}, plans[0], folder)
    orders = []
    for (profile, (name, plan)), found in zip(
        profiles.items(), cast("list[dict[str, object]]", answer["targets"]), strict=True
    ):
        if found["error"]:
            errors[name] = failure(found, plan)
            continue
        orders.append(_order(profile, plan, found))
    return tuple(orders)


def _order(profile: str, plan: BuildPlan, found: Mapping[str, object]) -> Order:
    packages = cast("list[dict[str, object]]", found["packages"])
    wanted = [one for one in packages if one["ref"] and one["binary"] not in ("Skip", "Platform", "")]
    conan = plan.conan
    # what is built again and again, by the user's word, is left to the one task that generates
    once = conan is not None and conan.build == ("missing",)
    build = tuple(
        Library(
            ref=str(one["ref"]), package=str(one["package"]), needs=tuple(cast("list[str]", one["needs"]))
        )
        for one in cast("list[dict[str, object]]", found["order"])
        if once
    )  # fmt: skip
    return Order(
        profile=profile, platform=plan.cross.target.platform.tag, build=build, reused=max(len(wanted) - len(build), 0)
    )


def _needs(one: PlannedTarget, *, test: bool) -> TargetNeeds:
    parts = one.plan.parts or (one.plan,)
    return TargetNeeds(
        name=one.name,
        settings=one.settings,
        platforms=tuple(part.cross.target.platform.tag for part in parts if _is_cold(part)),
        profiles=tuple(profile_of(part) for part in parts if part.conan),
        shares=one.shares,
        test=test and one.plan.project.matrix.test == "import" and not is_tried(one),
    )


def _is_cold(plan: BuildPlan) -> bool:
    """Whether the toolchain has something to make before its first use."""
    toolchain, cmake = plan.toolchain, plan.project.cmake
    if plan.cross.toolchain != "zig" or toolchain is None or cmake is None or "CXX" not in toolchain.compilers:
        return False
    from xconan.toolchains.zig_library import is_made  # noqa: PLC0415 - for zig alone

    return not is_plain_c(cmake.source_path) and not is_made(toolchain.compilers["CXX"].path)


# --- the run ---------------------------------------------------------------------------------------------------------


def _run(
    folder: Path, tasks: Sequence[Task], targets: Sequence[PlannedTarget], jobs: int, *, fail_fast: bool = False
) -> dict[str, Outcome]:
    history = folder / "history.json"
    past = cast("dict[str, dict[str, float]]", read_json(history).get("tasks", {}))
    times = {name: one["seconds"] for name, one in past.items()}
    memory = {name: int(one["memory"]) for name, one in past.items()}
    board = Board(tasks, times, jobs)
    with job_server(jobs) as server:
        env = {} if server and _all_ninjas_ask(targets) else _one_compiler()
        engine = LocalEngine(folder / "tasks", jobs, server, memory=memory, env=env)
        schedule = Schedule(tasks=tasks, engine=engine, watcher=board, fail_fast=fail_fast, seconds=times)
        try:
            outcomes = schedule.run()
        finally:
            board.clear()
            write_json(history, {"tasks": {**past, **dict(_noted(schedule.outcomes))}})
    return outcomes


def _noted(outcomes: Mapping[str, Outcome]) -> Iterator[tuple[str, dict[str, float]]]:
    """Times and memory of what was really made, for the next run's order and its guess of the time left."""
    for name, outcome in outcomes.items():
        if outcome.code == 0 and not outcome.result.get("unchanged"):
            yield name, {"seconds": round(outcome.seconds, 1), "memory": outcome.memory}


def _all_ninjas_ask(targets: Sequence[PlannedTarget]) -> bool:
    ninjas = {part.machine.ninja for one in targets for part in one.plan.parts or (one.plan,) if part.machine}
    return all(ninja is None or _numbers(ninja.version) >= _FIRST_NINJA for ninja in ninjas)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _one_compiler() -> dict[str, str]:
    """Without the job server each task has one compiler; CMake hands the number on."""
    return {} if os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") else {"CMAKE_BUILD_PARALLEL_LEVEL": "1"}
