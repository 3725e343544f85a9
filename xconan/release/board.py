"""What people are told while a release is built: on a terminal a live table, elsewhere a line for each task.

TARGET                        LIBRARIES  WHEEL                    TEST
cp311-manylinux_2_17_aarch64  done       [3/12] core.cpp 14 s     -
3 of 44 done, 2 at work, about 3 min left
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from xconan.ground import terminal
from xconan.ground.progress import seconds, telling_lines
from xconan.ground.report import noticed, say, show
from xconan.ground.terminal import Level, level
from xconan.release.schedule import NOT_BEGUN
from xconan.release.tasks import Kind, critical, expected_seconds
from xconan.render.matrix import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.release.engine import Engine, Outcome
    from xconan.release.tasks import Task

_COLUMNS = {
    Kind.PYTHON: "HOST PYTHON", Kind.TOOLCHAIN: "TOOLCHAIN", Kind.LIBRARY: "LIBRARY", Kind.LIBRARIES: "LIBRARIES",
    Kind.WHEEL: "WHEEL", Kind.TEST: "TEST",
}  # fmt: skip
_FIRST = 10.0  # seconds without a line after which a plain one says what is at work
_STILL = 60.0  # and after which the next does


class Board:
    """Tells what tasks do.

    Attributes:
        doing: what each running task does now, by name.
    """

    def __init__(self, tasks: Sequence[Task], past: Mapping[str, float], jobs: int) -> None:
        """A board for these tasks.

        Args:
            tasks: all.
            past: seconds by name, of earlier runs.
            jobs: compilers at once.
        """
        self.doing: dict[str, str] = {}
        self._tasks = tasks
        self._expected = expected_seconds(tasks, past)
        self._chains = critical(tasks, past)
        self._known = bool(past)
        self._jobs = jobs
        self._begun: dict[str, float] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._live = terminal.is_live() and level() is Level.STEPS
        self._said, self._patience = time.monotonic(), _FIRST

    def begun(self, task: Task) -> None:
        """Note that a task has begun."""
        self._begun[task.name] = time.monotonic()
        self._patience = _FIRST

    def ended(self, task: Task, outcome: Outcome) -> None:
        """Say how a task has ended; of a failed one the telling lines of its log."""
        self._begun.pop(task.name, None)
        self.doing.pop(task.name, None)
        self._outcomes[task.name] = outcome
        self._said, self._patience = time.monotonic(), _FIRST
        count = f"[{len(self._outcomes)}/{len(self._tasks)}]"
        self.clear()
        if outcome.code == NOT_BEGUN:
            say(f"{count} {task.name} not begun: {outcome.result['because']}")
        elif outcome.code:
            log = f" (log: {outcome.log})" if outcome.log else ""  # on a cluster nobody may have written one
            show(f"{count} {task.name} {terminal.red('failed')} after {seconds(outcome.seconds)}{log}")
            for line in _reasons(outcome):
                show(f"  {line}".rstrip())
        elif not self._live:
            say(f"{count} {task.name} {_came_to(task, outcome)}")

    def tick(self, engine: Engine) -> None:
        """Write the live table anew, or a plain line from time to time."""
        now = time.monotonic()
        noticed()  # of what runs, from here alone
        if self._live:
            self.doing = {name: engine.doing(name) for name in self._begun}
            terminal.write_table([*table([*self._rows(now)]), self._status(now)])
        elif now - self._said >= self._patience and self._begun:
            self._said, self._patience = now, _STILL
            at_work = ", ".join(f"{name} {seconds(round(now - since))}" for name, since in self._begun.items())
            say(f"xconan: {self._status(now)}: {at_work}")

    def clear(self) -> None:
        """Take the live table away."""
        if self._live:
            terminal.write_table(())

    def _rows(self, now: float) -> Iterator[list[str]]:
        """A row for each target that something is done for, or that is done in part; what is quite done has none."""
        kinds = [kind for kind in Kind if any(task.kind is kind for task in self._tasks)]
        yield ["TARGET", *(_COLUMNS[kind] for kind in kinds)]
        for name in dict.fromkeys(target for task in self._tasks for target in task.targets):
            mine = [task for task in self._tasks if name in task.targets]
            if any(task.name not in self._outcomes for task in mine):
                yield [name, *(self._cell([task for task in mine if task.kind is kind], now) for kind in kinds)]

    def _cell(self, tasks: Sequence[Task], now: float) -> str:
        running = [task.name for task in tasks if task.name in self._begun]
        if running:
            what = self.doing.get(running[0]) or "at work"
            return f"{what[:28]} {seconds(round(now - self._begun[running[0]]))}"
        ended = [self._outcomes[task.name] for task in tasks if task.name in self._outcomes]
        if any(outcome.code for outcome in ended):
            return "failed"
        return "-" if not tasks else "done" if len(ended) == len(tasks) else "waits"

    def _status(self, now: float) -> str:
        left = [task.name for task in self._tasks if task.name not in self._outcomes]
        gone = {name: now - since for name, since in self._begun.items()}
        rest = {name: max(self._expected[name] - gone.get(name, 0.0), 0.0) for name in left}
        chain = max((self._chains[name] - gone.get(name, 0.0) for name in left), default=0.0)
        about = max(sum(rest.values()) / self._jobs, chain)
        guess = f", about {seconds(max(round(about), 1))} left" if self._known and left else ""
        return f"{len(self._outcomes)} of {len(self._tasks)} done, {len(self._begun)} at work{guess}"


def _came_to(task: Task, outcome: Outcome) -> str:
    took = seconds(outcome.seconds)
    if task.kind is Kind.TEST and not outcome.result.get("tested"):
        return f"not run: {outcome.result.get('why', '')}"
    if outcome.result.get("unchanged"):
        return f"unchanged, {took}"
    return f"done in {took}"


def _reasons(outcome: Outcome) -> Iterator[str]:
    """Why a task failed: its error, and the lines of the log that tell; without an error its end."""
    for error in outcome.told:
        yield f"error: {error['message']}"
        yield from (f"  {key}: {error[key]}" for key in ("where", "hint") if error.get(key))
    if outcome.log:
        with open(outcome.log, "rb") as file:  # noqa: PTH123 - a name, as outcomes have it
            lines = telling_lines(file.read().decode("utf-8", "replace"))
        yield from (line for line in lines if not line.startswith(("xconan: error:", "  where:", "  help:")))
