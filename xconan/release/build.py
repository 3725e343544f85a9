"""`xconan build` for many targets: all plans, all that is missing, the graph of tasks, and what came of it."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.conan import process
from xconan.conan.failures import failure
from xconan.ground.errors import HostPythonError, XconanError, combined
from xconan.ground.files import BUILD_FOLDERS, cache_folder, digest, mark_as_ours, read_json, write_json, write_text
from xconan.ground.lock import cache_in_use, locked
from xconan.ground.progress import counted, seconds
from xconan.ground.report import logged, say
from xconan.ground.scratch import scratch
from xconan.pipeline import check_out
from xconan.release.board import Board
from xconan.release.cluster import check_address
from xconan.release.engine import LocalEngine
from xconan.release.jobserver import job_server, one_compiler
from xconan.release.matrix import is_of_store
from xconan.release.outcome import Release, errors_of, is_tried, release_of
from xconan.release.prepare import can_run, interpreter_of, merged_errors, prepare
from xconan.release.schedule import Schedule
from xconan.release.tasks import Kind, Library, Order, TargetNeeds, critical, make_tasks, python_tasks, without
from xconan.release.work import has_old_ninja, is_cold, profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.model import BuildPlan
    from xconan.release.engine import Engine, Outcome
    from xconan.release.matrix import Chosen
    from xconan.release.prepare import PlannedTarget
    from xconan.release.tasks import Task
    from xconan.release.wishes import Wishes


_HISTORY = "history.json"


@cache_in_use()
def build_release(root: Path, chosen: Sequence[Chosen], wishes: Wishes) -> Release:
    """Build the wheels of all targets; what fails does not keep back the rest.

    Raises:
        XconanError: before anything is built: what is missing for any target, together.
    """
    check_out(wishes.out)
    folder = _folder(root)
    if wishes.on:
        check_address(wishes.on)
    with locked(folder / "lock", what=f"the release of {root}"):
        begun = time.monotonic()
        jobs = wishes.jobs or os.cpu_count() or 1
        if wishes.add_pythons:
            _add_pythons(root, chosen, folder, jobs, wishes)
        with logged(folder / "plan.log"):
            targets, orders = _prepared(root, chosen, wishes)
        if not wishes.libraries_only:
            check_out(wishes.out, [one.plan.wheel_name for one in targets])
        needs = [_needs(one, test=wishes.test) for one in targets]
        tasks = make_tasks(str(root), str(wishes.out), needs, orders, jobs=jobs)
        if wishes.libraries_only:
            tasks = tuple(task for task in tasks if task.kind not in (Kind.WHEEL, Kind.TEST))
        if wishes.on:
            tasks = without(tasks, (Kind.TOOLCHAIN, Kind.LIBRARIES))
        what = f"{counted(len(targets), 'target')}, {counted(len(tasks), 'task')}"
        say(f"xconan: {what}, planned in {seconds(time.monotonic() - begun)}")
        past = _past(folder)
        with _engine(root, folder, wishes, targets, critical(tasks, past.seconds), past) as (engine, jobs):
            outcomes = _run(folder, tasks, engine, jobs, fail_fast=wishes.fail_fast)
        release = release_of(targets, orders, tasks, outcomes, planned=begun, jobs=jobs)
        write_json(folder / "release.json", release.facts())
        write_text(folder / "release.html", release.page())
        return release


def _folder(root: Path) -> Path:
    """The folder of what releases leave: in the project, or in the user's cache where that can't be written."""
    own = root / BUILD_FOLDERS
    if not os.access(own if own.exists() else root, os.W_OK):
        own = cache_folder() / "builds" / digest(str(root))[:16]
    mark_as_ours(own / "release")
    write_text(own / ".gitignore", "*\n")
    return own / "release"


def _add_pythons(root: Path, chosen: Sequence[Chosen], folder: Path, jobs: int, wishes: Wishes) -> None:
    """Get the host Pythons that targets lack, beside each other: headers, and for tests the interpreters.

    The store is not asked where a cross.toml names the headers, nor for this machine's own Python.

    Raises:
        XconanError: one can't be had from anywhere, and no other machine's headers of that Python serve, or it is to
            try a wheel that is not made unless its tests pass.
    """
    of_store = [one for one in chosen if is_of_store(root, one)]
    prepared = prepare(root, of_store)
    lacking = {name for name, error in prepared.errors.items() if isinstance(error, HostPythonError)}
    if wishes.test:
        lacking |= {one.name for one in prepared.targets if _is_tested(one) and not _is_runnable(one)}
    names = [one.name for one in of_store if one.name in lacking]
    tasks = python_tasks({name: wishes.test and can_run(name) for name in names})
    with local_engine(folder, jobs, (), _past(folder).memory) as engine:
        outcomes = _run(folder, tasks, engine, jobs)
    failed = {task.subject: found for task in tasks if (found := errors_of(task, outcomes[task.name]))}
    refused = prepare(root, chosen, trials=wishes.tries_here).errors if failed else {}
    if found := [error for name in failed if name in refused for error in failed[name]]:
        raise combined(found)
    for name in failed:
        say(f"xconan: {name} has the headers that are here; its wheel is not tried")


def _is_tested(one: PlannedTarget) -> bool:
    return one.plan.project.matrix.test == "import" or is_tried(one)


def _is_runnable(one: PlannedTarget) -> bool:
    """Whether the host's Python is here and runs; where no program of its machine does, nothing is to be got."""
    try:
        interpreter_of(one.plan)
    except HostPythonError:
        return not can_run(one.name)
    return True


# --- before anything is built ----------------------------------------------------------------------------------------


def _prepared(
    root: Path, chosen: Sequence[Chosen], wishes: Wishes
) -> tuple[tuple[PlannedTarget, ...], tuple[Order, ...]]:
    """The plans, and what Conan would build for each profile.

    Raises:
        XconanError: what is missing for any of them; or they are not as in the plan that was handed out.
    """
    prepared = prepare(root, chosen, trials=wishes.tries_here)
    if wishes.plan:
        wishes.plan.check(prepared.targets)
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
        platforms=tuple(part.cross.target.platform.tag for part in parts if is_cold(part)),
        profiles=tuple(profile_of(part) for part in parts if part.conan),
        shares=one.shares,
        test=test and one.plan.project.matrix.test == "import" and not is_tried(one),
    )


# --- the run ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What earlier runs took: seconds and bytes of memory, by the tasks' names; `tasks` is both as it is kept."""

    tasks: Mapping[str, Mapping[str, float]]

    @property
    def seconds(self) -> dict[str, float]:
        return {name: one["seconds"] for name, one in self.tasks.items()}

    @property
    def memory(self) -> dict[str, int]:
        return {name: int(one["memory"]) for name, one in self.tasks.items()}


def _past(folder: Path) -> _Past:
    return _Past(tasks=cast("dict[str, dict[str, float]]", read_json(folder / _HISTORY).get("tasks", {})))


@contextmanager
def _engine(
    root: Path, folder: Path, wishes: Wishes, targets: Sequence[PlannedTarget], chains: Mapping[str, float], past: _Past
) -> Iterator[tuple[Engine, int]]:
    """The engine that was wished for, and its number of compilers."""
    if not wishes.on:
        jobs = wishes.jobs or os.cpu_count() or 1
        with local_engine(folder, jobs, targets, past.memory) as engine:
            yield engine, jobs
        return
    from xconan.release.cluster_run import cluster_engine  # noqa: PLC0415 - for clusters alone
    from xconan.release.dask_engine import Errand  # noqa: PLC0415

    errand = Errand(
        folder=folder / "tasks", root=root, out=wishes.out, memory=past.memory, chains=chains,
        wheels={one.name: one.plan.project.wheel for one in targets if not one.shares}, patience=wishes.patience,
        again=not wishes.fail_fast,
    )  # fmt: skip
    with cluster_engine(wishes, targets, errand) as there:
        yield there, there.cores


@contextmanager
def local_engine(
    folder: Path, jobs: int, targets: Sequence[PlannedTarget], memory: Mapping[str, int]
) -> Iterator[LocalEngine]:
    """The engine of this machine, with so many compilers."""
    with job_server(jobs) as server:
        old = any(has_old_ninja(one.plan) for one in targets)
        env = one_compiler(served=server is not None) if old or not server else {}
        yield LocalEngine(folder / "tasks", jobs, server, memory=memory, env=env)


def _run(
    folder: Path, tasks: Sequence[Task], engine: Engine, jobs: int, *, fail_fast: bool = False
) -> dict[str, Outcome]:
    past = _past(folder)
    board = Board(tasks, past.seconds, jobs)
    schedule = Schedule(tasks=tasks, engine=engine, watcher=board, fail_fast=fail_fast, seconds=past.seconds)
    try:
        outcomes = schedule.run()
    finally:
        board.clear()
        write_json(folder / _HISTORY, {"tasks": {**past.tasks, **dict(_noted(schedule.outcomes))}})
    return outcomes


def _noted(outcomes: Mapping[str, Outcome]) -> Iterator[tuple[str, dict[str, float]]]:
    """Times and memory of what was really made, for the next run's order and its guess of the time left."""
    for name, outcome in outcomes.items():
        if outcome.code == 0 and not outcome.result.get("unchanged"):
            yield name, {"seconds": round(outcome.seconds, 1), "memory": outcome.memory}
