"""What is begun when: the longest chain of tasks first, and what failed takes along what needs it and nothing else.

What Conan generates for a platform goes before all chains. Libraries are built one at a time: until the first wheels
can be begun, the other cores have nothing to do but what one library leaves them.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from xconan.release.engine import Outcome
from xconan.release.tasks import Kind, critical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.release.engine import Engine
    from xconan.release.tasks import Task

_TICK = 0.2  # seconds between two looks
NOT_BEGUN = -1000  # the exit code of a task that was not begun


class Watcher(Protocol):
    """Who is told."""

    def begun(self, task: Task) -> None:
        """A task has begun."""

    def ended(self, task: Task, outcome: Outcome) -> None:
        """A task has ended, or will not be begun."""

    def tick(self, engine: Engine) -> None:
        """Some time has gone by."""


@dataclass(kw_only=True)
class Schedule:
    """The tasks of a release on their way.

    Attributes:
        tasks: each behind those that it needs.
        engine, watcher: who runs them, and who is told.
        fail_fast: a failure ends everything.
        seconds: by name, of earlier runs.
        outcomes: of those that have ended.
    """

    tasks: Sequence[Task]
    engine: Engine
    watcher: Watcher
    fail_fast: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _running: dict[str, Task] = field(default_factory=dict)
    _rank: dict[str, int] = field(default_factory=dict)
    _behind: dict[str, list[Task]] = field(default_factory=dict)
    _missing: dict[str, int] = field(default_factory=dict)
    _ready: list[Task] = field(default_factory=list)

    def run(self) -> dict[str, Outcome]:
        """Run all tasks; whatever ends us ends them.

        Returns:
            how each ended, in their order.
        """
        order = critical(self.tasks, self.seconds)
        ranked = sorted(self.tasks, key=lambda task: (task.kind is not Kind.LIBRARIES, -order[task.name]))
        for number, task in enumerate(ranked):
            self._rank[task.name], self._missing[task.name] = number, len(set(task.after))
            for name in set(task.after):
                self._behind.setdefault(name, []).append(task)
        self._ready = [task for task in ranked if not task.after]
        try:
            while self._ready or self._running:
                self._start()
                ended = self.engine.ended(_TICK if self._running else 0.0)
                for outcome in ended:
                    self._end(self._running.pop(outcome.name), outcome)
                if self.fail_fast and any(outcome.code for outcome in ended):
                    return self._give_up([task for task in ranked if task.name not in self.outcomes])
                self.watcher.tick(self.engine)
        except BaseException:
            self.engine.stop()
            raise
        return self._in_order()

    def _start(self) -> None:
        """Begin what can be begun; what there is no room for goes before all that is less urgent and no smaller."""
        left: list[Task] = []
        blocked = False
        for task in self._ready:
            if not blocked and self.engine.try_start(self._informed(task)):
                self._running[task.name] = task
                self.watcher.begun(task)
            else:
                blocked = blocked or task.cores > 1
                left.append(task)
        self._ready = left

    def _informed(self, task: Task) -> Task:
        """A test is told the name of the wheel that was made: its tags may be others than were planned."""
        made = [name for one in task.after if (name := self.outcomes[one].result.get("wheel"))]
        return replace(task, request={**task.request, "wheel": made[0]}) if task.kind is Kind.TEST and made else task

    def _cause(self, name: str) -> str:
        """The task that really failed."""
        return str(self.outcomes[name].result.get("because", name))

    def _end(self, task: Task, outcome: Outcome) -> None:
        """Note how a task ended; what needs it can be begun, once it is the last, or never will be."""
        self._note(task, outcome)
        for other in self._behind.get(task.name, ()):
            self._missing[other.name] -= 1
            if outcome.code and other.name not in self.outcomes:
                because = {"because": self._cause(task.name)}
                self._end(other, Outcome(name=other.name, code=NOT_BEGUN, result=because))
            elif not self._missing[other.name] and other.name not in self.outcomes:
                insort(self._ready, other, key=lambda one: self._rank[one.name])

    def _note(self, task: Task, outcome: Outcome) -> None:
        self.outcomes[task.name] = outcome
        self.watcher.ended(task, outcome)

    def _give_up(self, rest: Sequence[Task]) -> dict[str, Outcome]:
        self.engine.stop()
        for task in rest:
            self._note(task, Outcome(name=task.name, code=NOT_BEGUN, result={"because": "--fail-fast"}))
        return self._in_order()

    def _in_order(self) -> dict[str, Outcome]:
        return dict(self._ended())

    def _ended(self) -> Iterator[tuple[str, Outcome]]:
        for task in self.tasks:
            if task.name in self.outcomes:
                yield task.name, self.outcomes[task.name]
