"""What came of a release: for each target its wheel, size, time and test; a table, JSON, and a page with a timeline."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import HostTestError, XconanError, combined
from xconan.ground.progress import seconds
from xconan.hosttest.planned import wanted_test
from xconan.release.schedule import NOT_BEGUN
from xconan.release.tasks import Kind
from xconan.render.matrix import table
from xconan.render.steps import shown_size
from xconan.render.timeline import Span, timeline_page
from xconan.wheel.finished.opened import read_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xconan.release.engine import Outcome
    from xconan.release.prepare import PlannedTarget
    from xconan.release.tasks import Order, Task


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of one target.

    Attributes:
        target, wheel: names; the wheel is "" where there is none.
        size: of the wheel in bytes.
        tag: that the wheel has earned.
        seconds: of the wheel and its test.
        unchanged: the wheel was there already.
        shares: the target whose build made the wheel, "" for its own.
        test: "passed", "failed", "not run: …", "" where none was asked for.
        built, reused: how many libraries were built for its profile in this release, and were there before.
        errors: what went wrong, as XconanError.facts() has it; with the task that it went wrong in, and its log.
    """

    target: str
    wheel: str
    size: int
    tag: str
    seconds: float
    unchanged: bool
    shares: str
    test: str
    built: int
    reused: int
    errors: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, kw_only=True)
class Release:
    """What came of all.

    Attributes:
        made: in the order of the targets.
        tasks: with how each ended.
        wall: seconds from the first plan to the last wheel.
        run: seconds of the tasks alone.
        cpu: seconds of all processors together, of the tasks.
        jobs: compilers at once.
    """

    made: tuple[Made, ...]
    tasks: tuple[tuple[Task, Outcome], ...]
    wall: float
    run: float
    cpu: float
    jobs: int

    def lines(self) -> Iterator[str]:
        """The table at the end, for people."""
        rows = [["WHEEL", "SIZE", "TIME", "LIBRARIES", "TEST"]]
        for one in self.made:
            size = shown_size(one.size) if one.wheel else "-"
            took = "unchanged" if one.unchanged and not one.shares else seconds(one.seconds)
            wheel = f"that of {one.shares}" if one.shares else one.wheel
            libraries = f"{one.built} built, {one.reused} reused" if one.built or one.reused else "-"
            rows.append(
                [
                    wheel or f"{one.target}: {'failed' if one.errors else 'no wheel'}",
                    size,
                    took,
                    libraries,
                    one.test.partition(":")[0] or "-",
                ]
            )
        yield from table(rows)
        for wheel in dict.fromkeys(one.wheel for one in self.made if one.wheel):
            makers = [one.target for one in self.made if one.wheel == wheel and not one.shares]
            if len(makers) > 1:
                yield f"{' and '.join(makers)} make {wheel}, the same to the byte"
        share = f" ({self.cpu / (self.run * self.jobs):.0%} of {self.jobs} cores)" if self.run else ""
        yield f"{seconds(self.wall)}, of processors {seconds(self.cpu)}{share}"

    def facts(self) -> dict[str, object]:
        """The same for programs."""
        tasks = [
            {"name": task.name, "code": outcome.code, "begun": round(outcome.begun, 2),
             "ended": round(outcome.ended, 2), "cpu": outcome.cpu, "memory": outcome.memory, "log": outcome.log,
             "worker": outcome.worker, "after": list(task.after)}
            for task, outcome in self.tasks
        ]  # fmt: skip
        return {
            "targets": [vars(one) for one in self.made],
            "tasks": tasks,
            "seconds": round(self.wall, 2),
            "cpu": round(self.cpu, 2),
            "jobs": self.jobs,
        }

    def page(self) -> str:
        """A page for a browser: the table, and which task ran when."""
        spans = [
            Span(
                name=task.name,
                kind=task.kind.value,
                begun=outcome.begun,
                ended=outcome.ended,
                failed=bool(outcome.code),
            )
            for task, outcome in self.tasks
            if outcome.code != NOT_BEGUN
        ]
        return timeline_page(list(self.lines()), spans)

    def raise_if_any(self) -> None:
        """Raise what went wrong, once for each task; the exit code is that of the first."""
        errors: dict[tuple[object, object], tuple[str, Mapping[str, object]]] = {}
        for one in self.made:
            for fact in one.errors:
                errors.setdefault((fact["task"], fact["message"]), (one.target, fact))
        found = [_error(target, fact) for target, fact in errors.values()]
        if found:
            raise combined(found)


class TaskError(XconanError):
    """A task of a release failed; the exit code is that of its own error."""


def _error(target: str, fact: Mapping[str, object]) -> XconanError:
    error = TaskError(
        f"{target}: {fact['message']}", where=f"{fact['task']}: {fact['log']}" if fact["log"] else str(fact["task"]),
        hint=str(fact["hint"]),
    )  # fmt: skip
    error.exit_code = int(str(fact["code"]))
    return error


def errors_of(task: Task, outcome: Outcome) -> list[XconanError]:
    """What went wrong in a task."""
    return [_error(task.subject, fact) for fact in _facts(task, outcome)]


def release_of(
    targets: Sequence[PlannedTarget],
    orders: Iterable[Order],
    tasks: Sequence[Task],
    outcomes: Mapping[str, Outcome],
    *,
    planned: float,
    jobs: int,
) -> Release:
    """Put together what came of a release.

    Args:
        targets: with their plans.
        orders: what Conan was to build for each profile.
        tasks: what was to be done.
        outcomes: by the tasks' names.
        planned: when it began, of time.monotonic().
        jobs: compilers at once.
    """
    ended = [(task, outcomes[task.name]) for task in tasks if task.name in outcomes]
    profiles = {order.profile: order for order in orders}
    return Release(
        made=tuple(_made(one, profiles, ended) for one in targets),
        tasks=tuple(ended),
        wall=time.monotonic() - planned,
        run=max((outcome.ended for _task, outcome in ended), default=0.0),
        cpu=sum(outcome.cpu for _task, outcome in ended),
        jobs=jobs,
    )


def _made(one: PlannedTarget, profiles: Mapping[str, Order], ended: Sequence[tuple[Task, Outcome]]) -> Made:
    mine = [(task, outcome) for task, outcome in ended if one.name in task.targets]
    wheel = next((outcome for task, outcome in mine if task.kind is Kind.WHEEL and not outcome.code), None)
    result = wheel.result if wheel else {}
    order = _order_of(one, profiles)
    built = [
        outcome for task, outcome in mine
        if task.kind is Kind.LIBRARY and not outcome.code and outcome.result.get("built")
    ]  # fmt: skip
    return Made(
        target=one.name,
        wheel=str(result.get("wheel", "")),
        size=int(str(result.get("size", 0))),
        tag=str(read_name(Path(str(result["wheel"]))).tags) if wheel else "",
        seconds=round(sum(outcome.seconds for task, outcome in mine if task.subject == one.name), 1),
        unchanged=bool(result.get("unchanged")),
        shares=one.shares,
        test=_test(one, mine),
        built=len(built),
        reused=order.reused + len(order.build) - len(built) if order else 0,
        errors=tuple(fact for task, outcome in mine for fact in _facts(task, outcome)),
    )


def _order_of(one: PlannedTarget, profiles: Mapping[str, Order]) -> Order | None:
    from xconan.release.work import profile_of  # noqa: PLC0415 - its module is that of the tasks' processes

    return next((profiles[key] for part in (one.plan, *one.plan.parts) if (key := profile_of(part)) in profiles), None)


def is_tried(one: PlannedTarget) -> bool:
    """Whether its wheel is not made unless its tests pass, so that it needs no task for them."""
    return not one.shares and wanted_test(one.plan.project, one.plan.cross) == "yes"


def _test(one: PlannedTarget, mine: Sequence[tuple[Task, Outcome]]) -> str:
    wheels = [outcome.code for task, outcome in mine if task.kind is Kind.WHEEL]
    if is_tried(one) and wheels:
        return {0: "passed", HostTestError.exit_code: "failed"}.get(wheels[0], "")
    for task, outcome in mine:
        if task.kind is Kind.TEST and outcome.code != NOT_BEGUN:
            if outcome.code:
                return "failed"
            return "passed" if outcome.result.get("tested") else f"not run: {outcome.result.get('why')}"
    return ""


def _facts(task: Task, outcome: Outcome) -> Iterator[dict[str, object]]:
    if outcome.code in (0, NOT_BEGUN):
        return
    crash = {"code": 1, "message": f"the task ended with {outcome.code} and without a word", "hint": "see its log"}
    for fact in outcome.told or (crash,):
        yield {**fact, "task": task.name, "log": outcome.log}
