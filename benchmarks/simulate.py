"""A release on clusters larger than any at hand: the real schedule, on simulated workers.

    python -m benchmarks.simulate [--libraries 1000] [--workers 1 2 4 …] [--out docs/scaling.md]
    python -m benchmarks.simulate --check MEASURED.json      # of benchmarks.cluster: predicted against measured

xconan.release.schedule decides what is begun when, as in a real release; only the engine is SimPy's. Its workers are
those of docs/distributed.md: one task a core, one writer of Conan's home, packages that are fetched from the store once
for a worker, zig's C++ library once for a worker and platform. Times of libraries are those measured in docs/real.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import simpy

from xconan.release.engine import Outcome
from xconan.release.schedule import Schedule
from xconan.release.tasks import Kind, Library, Order, TargetNeeds, Task, make_tasks, without

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

SECONDS = (45, 81, 40, 139, 21, 53, 20, 82, 7, 29, 63, 14, 13, 60)  # of libraries for aarch64 by gcc 12: docs/real.md
WHEEL = (23, 43)  # the same page
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_HOUR = 3600.0
_BOUND = 0.15  # of a prediction against what was measured
_REPLACED = 120.0  # seconds until another worker is there for one that died


@dataclass(frozen=True, kw_only=True)
class World:
    """What is simulated beside the tasks.

    Attributes:
        handover: seconds between the end of a task and the begin of the next on a worker.
        fetch: seconds that a package takes from the store to a worker.
        upload: seconds that one takes to the store.
        lines: transfers that the store serves at once.
        cold: seconds that zig's C++ library takes for a platform on a worker; 0 where it is in the image.
        lifetime: mean seconds until a worker dies; 0 for never.
        plan: seconds that a worker needs to plan a target, before it gets tasks.
        machine: cores that all workers share, where they are processes of one machine; 0 where each has its own.
    """

    handover: float = 0.3
    fetch: float = 0.3
    upload: float = 1.0
    lines: int = 64
    cold: float = 0.0
    lifetime: float = 0.0
    plan: float = 0.5
    machine: int = 0


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a task takes: seconds, how many of them are of a processor, and the packages that must be there."""

    seconds: float
    cpu: float = 0.0
    packages: frozenset[str] = frozenset()
    makes: str = ""
    platform: str = ""


@dataclass
class _Worker:
    number: int
    there: set[str] = field(default_factory=set)  # packages
    warm: set[str] = field(default_factory=set)  # platforms
    busy: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a simulated release; `transfer` are seconds of workers in which they fetched or uploaded."""

    workers: int
    wall: float
    used: float
    transfer: float
    zig: float
    lost: int


class SimulatedEngine:
    """Runs tasks on workers that are not there: an engine, as the schedule knows them."""

    def __init__(self, works: Mapping[str, Work], workers: int, world: World, *, targets: int, seed: int = 1) -> None:
        """An engine.

        Args:
            works: by name of task.
            workers: of one core each.
            world: around them.
            targets: that each worker plans at first.
            seed: of what is left to chance.
        """
        self.env = simpy.Environment()
        self._works, self._world, self._chance = works, world, random.Random(seed)  # noqa: S311 - a model
        self._store = simpy.Resource(self.env, world.lines)
        self._machine = simpy.Resource(self.env, world.machine) if world.machine else None
        self._idle: list[_Worker] = []
        self._done: list[Outcome] = []
        self._flying = 0
        self._count = workers
        self._news = self.env.event()
        self.used = self.transfer = self.zig = 0.0
        self.lost = 0
        for number in range(workers):
            self.env.process(self._live(number, after=targets * world.plan))

    # --- as the schedule asks ---

    def try_start(self, task: Task) -> bool:
        """Begin a task, if a worker has nothing to do."""
        if not self._idle:
            return False
        worker = self._idle.pop(0)
        self._flying += 1
        self.env.process(self._do(task, self._works[task.name], worker))
        return True

    def ended(self, timeout: float) -> list[Outcome]:
        """What has ended until something happens next; time goes by in the simulation alone."""
        del timeout
        if not self._done:
            self.env.run(until=self._news)
        done, self._done = self._done, []
        return done

    def doing(self, name: str) -> str:
        """Nothing that anybody reads."""
        return name

    def stop(self) -> None:
        """There is nobody to end."""

    # --- the world ---

    def _tell(self) -> None:
        news, self._news = self._news, self.env.event()
        news.succeed()

    def _live(self, number: int, *, after: float) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(after)
        self._idle.append(_Worker(number))
        self._tell()

    def _do(self, task: Task, work: Work, worker: _Worker) -> Generator[simpy.Event, Any, None]:
        begun = self.env.now
        running = self.env.process(self._steps(work, worker))
        lifetime = self._chance.expovariate(1 / self._world.lifetime) if self._world.lifetime else float("inf")
        # without memory: what is left of a worker's life is as long as a new one's
        died = self.env.timeout(lifetime) if lifetime < float("inf") else self.env.event()
        yield running | died
        self.used += self.env.now - begun
        if running.is_alive:
            running.interrupt()
            self.lost += 1
            self.env.process(self._live(worker.number, after=_REPLACED))
            while not self._idle:
                yield self.env.timeout(1.0)
            self.env.process(self._do(task, work, self._idle.pop(0)))
            return
        self._done.append(Outcome(name=task.name, code=0, begun=begun, ended=self.env.now))
        yield self.env.timeout(self._world.handover)
        self._idle.append(worker)
        self._tell()

    def _steps(self, work: Work, worker: _Worker) -> Generator[simpy.Event, Any, None]:
        try:
            if work.platform and work.platform not in worker.warm:
                worker.warm.add(work.platform)
                self.zig += self._world.cold
                yield self.env.timeout(self._world.cold)
            missing = work.packages - worker.there
            yield from self._through_store(len(missing) * self._world.fetch)
            worker.there |= missing
            yield from self._compute(work)
            if work.makes:
                yield from self._through_store(self._world.upload)
                worker.there.add(work.makes)
        except simpy.Interrupt:
            pass

    def _through_store(self, seconds: float) -> Generator[simpy.Event, Any, None]:
        if not seconds:
            return
        begun = self.env.now
        with self._store.request() as line:
            yield line
            yield self.env.timeout(seconds)
        self.transfer += self.env.now - begun

    def _compute(self, work: Work) -> Generator[simpy.Event, Any, None]:
        """A task's own time: in turns of waiting and of a processor, where all share a machine's."""
        if self._machine is None:
            yield self.env.timeout(work.seconds)
            return
        turns = max(int(work.cpu / 0.1), 1)
        for _turn in range(turns):
            with self._machine.request() as core:
                yield core
                yield self.env.timeout(work.cpu / turns)
            yield self.env.timeout(max(work.seconds - work.cpu, 0.0) / turns)


class _Silence:
    """Nobody who watches."""

    def begun(self, task: Task) -> None:
        """Nothing is said."""

    def ended(self, task: Task, outcome: Outcome) -> None:
        """Nothing is said."""

    def tick(self, engine: object) -> None:
        """Nothing is said."""


def simulate(
    tasks: Sequence[Task], works: Mapping[str, Work], workers: int, world: World, *, targets: int = 0
) -> Result:
    """Run a release on so many workers.

    Args:
        tasks: of a cluster: each behind those that it needs.
        works: by name.
        workers: of one core each.
        world: around them.
        targets: that each worker plans before it gets tasks.
    """
    engine = SimulatedEngine(works, workers, world, targets=targets)
    seconds = {name: work.seconds for name, work in works.items()}
    outcomes = Schedule(tasks=tasks, engine=engine, watcher=_Silence(), seconds=seconds).run()
    return Result(
        workers=workers, wall=max(one.ended for one in outcomes.values()), used=engine.used,
        transfer=engine.transfer, zig=engine.zig, lost=engine.lost,
    )  # fmt: skip


# --- a release that nobody has -------------------------------------------------------------------------------------


def large_release(libraries: int, platforms: int, pythons: int) -> tuple[tuple[Task, ...], dict[str, Work], int]:
    """A release by the real maker of graphs: its tasks, what they take, and the number of targets.

    A library needs up to four earlier ones, more likely one that many need; wheels need them all.
    """
    chance = random.Random(15)  # noqa: S311 - a model
    seconds = [chance.choice(SECONDS) for _number in range(libraries)]
    needs: list[list[int]] = []
    for number in range(libraries):
        count = min(chance.choice((0, 1, 1, 2, 3, 4)), number)
        needs.append(sorted({int(number * chance.random() ** 2) for _one in range(count)}))
    closures: list[set[int]] = []
    for number in range(libraries):
        closures.append({number}.union(*(closures[one] for one in needs[number])))
    tags = [f"platform{number}" for number in range(platforms)]
    orders = [
        Order(profile=tag, platform=tag, build=tuple(
            Library(ref=f"l{number}/1", package=f"{tag}:{number}", needs=tuple(f"{tag}:{one}" for one in needs[number]))
            for number in range(libraries)
        ))
        for tag in tags
    ]  # fmt: skip
    targets = [
        TargetNeeds(name=f"cp{number}-{tag}", settings={}, platforms=(), profiles=(tag,), test=False)
        for tag in tags for number in range(pythons)
    ]  # fmt: skip
    tasks = without(make_tasks("/", "/", targets, orders, jobs=1), (Kind.TOOLCHAIN, Kind.LIBRARIES))
    works = {}
    for task in tasks:
        if task.kind is Kind.LIBRARY:
            tag, _, text = str(task.request["package"]).partition(":")
            packages = frozenset(f"{tag}:{one}" for one in closures[int(text)] - {int(text)})
            works[task.name] = Work(seconds=seconds[int(text)], packages=packages, makes=f"{tag}:{text}", platform=tag)
        else:
            tag = task.subject.partition("-")[2]
            every = frozenset(f"{tag}:{number}" for number in range(libraries))
            works[task.name] = Work(seconds=chance.uniform(*WHEEL), packages=every, platform=tag)
    return tasks, works, len(targets)


def report(libraries: int, platforms: int, pythons: int, counts: Iterable[int]) -> Iterator[str]:
    """The page: the curve, and what losses and cold caches cost."""
    tasks, works, targets = large_release(libraries, platforms, pythons)
    base = World()
    total = sum(work.seconds for work in works.values())
    chain = _longest(tasks, works)
    yield f"{libraries} libraries, {platforms} platforms, {pythons} Pythons: {len(tasks)} tasks, {_hours(total)} of"
    yield f"work on one core; the longest chain of tasks takes {_hours(chain)}."
    yield ""
    yield "| workers | time | speed-up | tasks | transfer | idle | with losses | lost tasks | with cold zig |"
    yield "|---|---|---|---|---|---|---|---|---|"
    first = 0.0
    for count in counts:
        plain = simulate(tasks, works, count, base, targets=targets)
        losses = simulate(tasks, works, count, replace(base, lifetime=4 * 3600.0), targets=targets)
        cold = simulate(tasks, works, count, replace(base, cold=240.0), targets=targets)
        first = first or plain.wall * count
        paid = plain.wall * count
        done = total / paid
        moved = plain.transfer / paid
        yield (
            f"| {count} | {_hours(plain.wall)} | {first / plain.wall:.1f} | {done:.0%} | {moved:.0%} | "
            f"{1 - done - moved:.0%} | {_hours(losses.wall)} | {losses.lost} | {_hours(cold.wall)} |"
        )
        print(f"{count} workers: {_hours(plain.wall)}", file=sys.stderr)


def _longest(tasks: Sequence[Task], works: Mapping[str, Work]) -> float:
    ends: dict[str, float] = {}
    for task in tasks:
        ends[task.name] = works[task.name].seconds + max((ends[name] for name in task.after), default=0.0)
    return max(ends.values())


def _hours(seconds: float) -> str:
    return f"{seconds / _HOUR:.1f} h" if seconds >= _HOUR else f"{seconds / 60:.0f} min"


# --- against what was measured ---------------------------------------------------------------------------------------


def check(measured: Mapping[str, Any]) -> Iterator[tuple[int, float, float]]:
    """Workers, measured and predicted seconds: by the times that tasks took with one worker.

    Args:
        measured: what benchmarks.cluster has written.
    """
    runs = {int(count): run for count, run in measured["runs"].items()}
    tasks = [_task(one) for one in runs[1]["tasks"]]
    one = {task["name"]: task for task in runs[1]["tasks"]}
    works = {
        task.name: Work(seconds=one[task.name]["ended"] - one[task.name]["begun"], cpu=one[task.name]["cpu"])
        for task in tasks
    }  # fmt: skip
    idle = runs[1]["wall"] - sum(work.seconds for work in works.values())
    world = World(handover=max(idle / len(tasks), 0.0), fetch=0.0, upload=0.0, machine=int(measured["cores"]))
    for count, run in sorted(runs.items()):
        yield count, float(run["wall"]), simulate(tasks, works, count, world).wall


def _task(fact: Mapping[str, Any]) -> Task:
    kind, _, subject = fact["name"].partition(" ")
    return Task(name=fact["name"], kind=Kind(kind), subject=subject, after=tuple(fact["after"]), request={})


def main(arguments: list[str] | None = None) -> int:
    """Simulate, and print or write the table; or check what was predicted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate")
    parser.add_argument("--libraries", type=int, default=1000)
    parser.add_argument("--platforms", type=int, default=10)
    parser.add_argument("--pythons", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="+", default=list(WORKERS))
    parser.add_argument("--out", type=Path, help="write the table into this file, between its marks")
    parser.add_argument("--check", type=Path, metavar="MEASURED.json", help="what benchmarks.cluster has written")
    given = parser.parse_args(arguments)
    if given.check:
        worst = 0.0
        for count, wall, predicted in check(cast("dict[str, Any]", json.loads(given.check.read_bytes()))):
            worst = max(worst, abs(predicted / wall - 1))
            print(f"{count} workers: measured {wall:.1f} s, predicted {predicted:.1f} s ({predicted / wall - 1:+.0%})")
        return int(worst > _BOUND)
    lines = list(report(given.libraries, given.platforms, given.pythons, given.workers))
    if given.out:
        before, rest = given.out.read_text("utf-8").split("<!-- simulated -->\n")[:2]
        after = rest.partition("<!-- end of simulated -->")[2]
        text = "\n".join(lines)
        given.out.write_text(f"{before}<!-- simulated -->\n\n{text}\n\n<!-- end of simulated -->{after}", "utf-8")
    else:
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
