"""xconan against CMake by hand, py-build-cmake and scikit-build-core: ratios in one run.

    python -m benchmarks.run [--runs N] [--json FILE]

One pybind11 module over three Conan libraries (benchmarks/project), built for this machine, because the peers
can't cross-build it. Every step is a whole process, the contestants take turns, and the figure is the median of
the ratios. The bounds are those of docs/architecture.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.support.conan_home import make_conan_home
from tests.support.sources import fill_download_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REPOSITORY = Path(__file__).parents[1]
PROJECT = Path(__file__).parent / "project"
HOOK = "from {backend} import {hook} as hook; hook({arguments})"
PEERS = {"py-build-cmake": "py_build_cmake.build", "scikit-build-core": "scikit_build_core.build"}
MEMORY = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
CONAN = "import sys; from conan.cli.cli import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Figure:
    """One measured figure and its bound."""

    name: str
    value: float
    unit: str
    bound: float | None


class Contest:
    """The project laid out for each contestant, with its libraries in one Conan cache."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        downloads = fill_download_cache(cache / "downloads")
        self.home = make_conan_home(folder / "conan", download_cache=downloads, recipes=REPOSITORY / "recipes")
        self.env = {**os.environ, "CONAN_HOME": str(self.home), "XCONAN_CACHE": str(folder / "cache")}
        for name in ("xconan", "by hand", *PEERS):
            shutil.copytree(PROJECT, self.project(name))
            (self.project(name) / "pyproject.toml").write_text(_pyproject(name, self.generators), "utf-8")

    @property
    def generators(self) -> Path:
        """What `conan install` makes, for the contestants that don't call Conan."""
        return self.folder / "generated"

    def project(self, name: str) -> Path:
        """A contestant's copy of the project."""
        return self.folder / name.replace(" ", "-")

    def call(self, *argv: str, cwd: Path) -> float:
        """Run a process and return its wall time in seconds."""
        start = time.perf_counter()
        done = subprocess.run(argv, cwd=cwd, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{argv} failed:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - start

    def hook(self, backend: str, hook: str, arguments: str, cwd: Path) -> float:
        """Call a hook of PEP 517 in a new interpreter."""
        return self.call(sys.executable, "-c", HOOK.format(backend=backend, hook=hook, arguments=arguments), cwd=cwd)

    def conan_install(self) -> float:
        """`conan install` by hand."""
        words = ["install", ".", "-of", str(self.generators), "--build=missing", "-g", "CMakeToolchain"]
        words += ["-g", "CMakeConfigDeps", "-c", "tools.cmake.cmaketoolchain:user_presets="]
        return self.call(sys.executable, "-c", CONAN, *words, cwd=self.project("by hand"))

    def by_hand(self) -> float:
        """Configure, build and install, as three commands."""
        project = self.project("by hand")
        configure = ["cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DPython_EXECUTABLE={sys.executable}"]
        configure += [
            f"-DCMAKE_TOOLCHAIN_FILE={self.generators}/conan_toolchain.cmake",
            f"-Dpybind11_DIR={_pybind11()}",
        ]
        configure += ["-DCMAKE_BUILD_TYPE=Release"]
        steps = [configure, ["cmake", "--build", "build"], ["cmake", "--install", "build", "--prefix", "staging"]]
        return sum(self.call(*step, cwd=project) for step in steps)

    def build(self, name: str) -> float:
        """One wheel by a contestant."""
        if name == "by hand":
            return self.by_hand()
        return self.hook(PEERS.get(name, "xconan.build"), "build_wheel", "'dist'", self.project(name))

    def clean(self, name: str) -> None:
        """Forget what was built of the project; Conan's cache stays."""
        for below in (".xconan_cache", ".py-build-cmake_cache", "build", "staging", "dist"):
            shutil.rmtree(self.project(name) / below, ignore_errors=True)
        (self.project(name) / "dist").mkdir()


def main(argv: Sequence[str] | None = None) -> int:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args(argv)
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    with tempfile.TemporaryDirectory(prefix="xconan-bench-") as name:
        contest = Contest(Path(name), cache)
        contest.conan_install()
        figures = [
            *_face(contest, arguments.runs),
            *_first(contest),
            *_rebuild(contest, arguments.runs),
            _memory(contest),
        ]
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        bound = f"{figure.bound:g}" if figure.bound else "-"
        print(f"{figure.name:{width}}  {figure.value:8.2f} {figure.unit:5}  bound {bound}")
    if arguments.json:
        arguments.json.write_text(json.dumps([figure.__dict__ for figure in figures], indent=1) + "\n", "utf-8")
    return 0


def _face(contest: Contest, runs: int) -> list[Figure]:
    project = contest.project("xconan")
    bare = _median(runs, lambda: contest.call(sys.executable, "-c", "pass", cwd=project))
    face = _median(runs, lambda: contest.call(sys.executable, "-c", "import xconan.build", cwd=project))
    requires = _median(runs, lambda: contest.hook("xconan.build", "get_requires_for_build_wheel", "", project))
    metadata = _median(
        runs, lambda: contest.hook("xconan.build", "prepare_metadata_for_build_wheel", "'meta'", project)
    )
    return [
        Figure("import of the face over bare Python", (face - bare) * 1000, "ms", 30),
        Figure("get_requires_for_build_wheel", requires * 1000, "ms", 150),
        Figure("prepare_metadata_for_build_wheel", metadata * 1000, "ms", 150),
    ]


def _first(contest: Contest) -> list[Figure]:
    """First builds, the libraries in Conan's cache; `conan install` counts for those who don't call Conan."""
    times: dict[str, list[float]] = {}
    for name in ("xconan", "by hand", *PEERS) * 3:
        contest.clean(name)
        conan = 0.0
        if name != "xconan":
            shutil.rmtree(contest.generators, ignore_errors=True)
            conan = contest.conan_install()
        times.setdefault(name, []).append(conan + contest.build(name))
    return _ratios("first build", times, {"xconan": 1.1})


def _rebuild(contest: Contest, runs: int) -> list[Figure]:
    times: dict[str, list[float]] = {}
    for name in ("xconan", "by hand", *PEERS) * (runs + 1):
        times.setdefault(name, []).append(contest.build(name))
    return _ratios("unchanged rebuild", {name: one[1:] for name, one in times.items()}, {"xconan": 0.25})


def _ratios(what: str, times: dict[str, list[float]], bounds: dict[str, float]) -> list[Figure]:
    hand = times["by hand"]
    figures = [Figure(f"{what}, by hand", median(hand), "s", None)]
    for name, own in times.items():
        if name != "by hand":
            ratio = median(mine / theirs for mine, theirs in zip(own, hand, strict=True))
            figures.append(Figure(f"{what}, {name} / by hand", ratio, "x", bounds.get(name)))
    return figures


def _memory(contest: Contest) -> Figure:
    contest.clean("xconan")
    code = HOOK.format(backend="xconan.build", hook="build_wheel", arguments="'dist'") + "; " + MEMORY
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=contest.project("xconan"),
        env=contest.env,
        check=True,
        capture_output=True,
        text=True,
    )
    return Figure("peak memory of xconan's own process", float(done.stdout.split()[-1]), "MB", 120)


def _median(runs: int, measure: Callable[[], float]) -> float:
    measure()
    return median(measure() for _ in range(runs))


def _pybind11() -> str:
    import pybind11  # noqa: PLC0415 - of the environment that is measured

    return pybind11.get_cmake_dir()


def _pyproject(name: str, generators: Path) -> str:
    backend = PEERS.get(name, "xconan.build")
    text = f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\n\n[project]\nname = "threelibs"\n'
    text += 'version = "1.0"\ndescription = "three libraries"\n'
    toolchain = f"{generators}/conan_toolchain.cmake"
    if name == "py-build-cmake":
        text += '[tool.py-build-cmake.module]\ndirectory = "src"\n[tool.py-build-cmake.cmake]\nbuild_type = "Release"\n'
        text += (
            f'generator = "Ninja"\noptions = {{CMAKE_TOOLCHAIN_FILE = "{toolchain}", pybind11_DIR = "{_pybind11()}"}}\n'
        )
    if name == "scikit-build-core":
        text += f'[tool.scikit-build]\nbuild-dir = "build"\ncmake.args = ["-DCMAKE_TOOLCHAIN_FILE={toolchain}"]\n'
    return text


if __name__ == "__main__":
    sys.exit(main())
