"""xconan against CMake by hand and four other backends: first builds, rebuilds, hooks, memory; as ratios of one run.

    python -m benchmarks.run [--runs N] [--json FILE] [--html FILE] [--only WORD]

Three projects (benchmarks/projects.py) are built for this machine, because the peers can't cross-build them. Every
backend has an environment of its own from the package index, and all have the same CMake, Ninja, Meson and Conan.
Every step is a whole process, the contestants take turns, and a ratio is the median of those of the turns. The bounds
are those of docs/architecture.md. A backend whose build folder does not outlive a build is measured as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.contest import BY_HAND, CONTESTANTS, Contest
from benchmarks.projects import BACKENDS, PROJECTS
from benchmarks.report import write_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BOUNDS = {"first build": 1.1, "unchanged": 0.25}
"""Of xconan, in times of CMake by hand."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure.

    Attributes:
        step, project: what was measured; "" for no project.
        contestant: whose it is.
        value, unit: "x" is times of CMake by hand in the same turn.
        seconds: by the clock, where the value is a ratio.
        bound: what it may be.
    """

    step: str
    project: str
    contestant: str
    value: float
    unit: str
    seconds: float = 0.0
    bound: float | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Measure everything and print a table; exit code 1 where a bound is not held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, default=5, help="turns of unchanged builds and hooks; half as many of others"
    )
    parser.add_argument("--only", default="", help="projects whose title contains this")
    parser.add_argument("--contestants", default=",".join(CONTESTANTS), help="some of them, by commas")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--html", type=Path, help="the report with its pictures")
    given = parser.parse_args(argv)
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="xconan-bench-") as name:
        contest = Contest(Path(name), cache, tuple(given.contestants.split(",")))
        for title in (title for title in PROJECTS if given.only in title):
            for figure in _builds(contest, title, given.runs):
                figures.append(figure)
                print(_line(figure), flush=True)
        for figure in _hooks(contest, given.runs):
            figures.append(figure)
            print(_line(figure), flush=True)
    if given.json:
        given.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", "utf-8")
    if given.html:
        write_page(given.html, figures)
    late = [figure for figure in figures if figure.bound and figure.value > figure.bound]
    print(f"{len(late)} of {sum(figure.bound is not None for figure in figures)} bounds are not held")
    return 1 if late else 0


def _line(figure: Figure) -> str:
    bound = f"  bound {figure.bound:g}" if figure.bound else ""
    seconds = f"  ({figure.seconds:.2f} s)" if figure.seconds else ""
    return (
        f"{figure.step:32} {figure.project:24} {figure.contestant:18} {figure.value:8.2f} {figure.unit}{seconds}{bound}"
    )


def _builds(contest: Contest, title: str, runs: int) -> Iterator[Figure]:
    def first(name: str, _number: int) -> tuple[float, int]:
        contest.clean(title, name)
        run = contest.build(title, name, first=True)
        return run.seconds, run.memory

    def unchanged(name: str, _number: int) -> tuple[float, int]:
        return contest.build(title, name).seconds, 0

    def changed(name: str, number: int) -> tuple[float, int]:
        contest.change(title, name, number)
        return contest.build(title, name).seconds, 0

    first(contest.contestants[0], 0)  # what is made once for a machine, Conan's packages too
    yield from _turns(contest, "first build", title, max(runs // 2, 2), first)
    for name in contest.contestants:
        contest.build(title, name)  # some need a second one to settle
    yield from _turns(contest, "unchanged", title, runs, unchanged)
    yield from _turns(contest, "one file changed", title, max(runs // 2, 2), changed)


def _turns(
    contest: Contest, step: str, title: str, runs: int, measure: Callable[[str, int], tuple[float, int]]
) -> Iterator[Figure]:
    """Each contestant in turn, some times over; ratios are of one turn."""
    times: dict[str, list[float]] = {name: [] for name in contest.contestants}
    memory: dict[str, int] = {}
    for number in range(runs):
        for name in contest.contestants:
            seconds, most = measure(name, number)
            times[name].append(seconds)
            memory[name] = max(memory.get(name, 0), most)
    for name, own in times.items():
        ratio = median(mine / theirs for mine, theirs in zip(own, times[BY_HAND], strict=True))
        bound = BOUNDS.get(step) if name == "xconan" else None
        yield Figure(
            step=step, project=title, contestant=name, value=ratio, unit="x", seconds=median(own), bound=bound
        )  # fmt: skip
    for name, most in memory.items():
        if most:
            bound = 120 if name == "xconan" else None
            yield Figure(step="peak memory", project=title, contestant=name, value=most, unit="MB", bound=bound)


def _hooks(contest: Contest, runs: int) -> Iterator[Figure]:
    title = next(iter(PROJECTS))
    backends = [name for name in contest.contestants if name in BACKENDS]
    if "xconan" in backends:
        bare = median(contest.bare("xconan", "pass") for _ in range(runs))
        face = median(contest.bare("xconan", "import xconan.build") for _ in range(runs))
        value = (face - bare) * 1000
        yield Figure(step="import over bare Python", project="", contestant="xconan", value=value, unit="ms", bound=30)
    for hook, arguments in (("get_requires_for_build_wheel", ""), ("prepare_metadata_for_build_wheel", "'meta'")):
        for name in backends:
            if not contest.has(name, hook):
                continue
            value = median(contest.hook(title, name, hook, arguments)[1] for _ in range(runs)) * 1000
            bound = 150 if name == "xconan" else None
            yield Figure(step=hook, project="", contestant=name, value=value, unit="ms", bound=bound)


if __name__ == "__main__":
    sys.exit(main())
