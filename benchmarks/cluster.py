"""A release on real clusters of one, two and four workers on this machine, and what --on costs beside the plain run.

    python -m benchmarks.cluster [--workers 1 2 4] [--out MEASURED.json]     # the curve
    python -m benchmarks.cluster --overhead [--runs 3]                       # --on local:2 against the plain run
    python -m benchmarks.cluster --same [--pythons cp311 cp313] [--platforms linux_aarch64 linux_s390x] [--workers 2 4]
                            # the wheels of clusters against those of this machine, and who has built each library;
                            # headers of other Pythons than the one that runs this are in $XCONAN_PYTHONS

Workers have Conan homes and caches of their own, and a Conan server on loopback is the store. The recipes of the
libraries wait for most of their time (--wait), so that four workers on two cores are still four: what is measured is
who has what to do when. `python -m benchmarks.simulate --check MEASURED.json` predicts the same runs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, cast

from tests.support.cluster import Cluster
from tests.support.conan_home import make_conan_home, run_conan
from tests.support.conan_server import USER, ConanServer, install_conan_server, running_server
from tests.support.native import MODULE, PYPROJECT

REPOSITORY = Path(__file__).parents[1]
KEPT = Path("~/.cache/xconan-tests").expanduser()
PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"
NAMES = ("ash", "elm", "fir", "oak", "yew", "box")  # each needs the one before but one
_UPLOAD = re.compile(r'"PUT \S+/packages/\S+/conan_package\.tgz')  # in the server's log
_BOUND = 1.1  # of --on local:2 against the plain run
RECIPE = """\
import os
import time
from pathlib import Path
from conan import ConanFile

class Recipe(ConanFile):
    name = {name!r}
    version = "1.0"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"
    requires = {requires!r}

    def build(self):
        with open({log!r}, "a") as file:
            file.write(f"{{self.name}} {{self.settings.arch}} {{os.environ['CONAN_HOME']}}\\n")
        time.sleep({wait})

    def package(self):
        Path(self.package_folder, "include").mkdir()
        Path(self.package_folder, "include", "{name}.h").write_text("#define {macro} 1\\n")

    def package_info(self):
        self.cpp_info.libs = []
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(yew REQUIRED CONFIG)
find_package(box REQUIRED CONFIG)
Python_add_library(_core MODULE WITH_SOABI core.c)
target_link_libraries(_core PRIVATE yew::yew box::box)
install(TARGETS _core DESTINATION nav)
"""
TABLES = """\
[tool.xconan.conan]
requires = ["yew/1.0", "box/1.0"]
[tool.xconan.matrix]
pythons = {pythons}
platforms = {platforms}
test = "none"
"""
PLATFORMS = ("linux_aarch64", "linux_s390x")


@dataclass(frozen=True)
class Bench:
    """A folder with the project, and Conan homes to copy."""

    folder: Path
    pythons: tuple[str, ...] = (PYTHON,)
    platforms: tuple[str, ...] = PLATFORMS

    @property
    def log(self) -> Path:
        """A line for each library that was built: its name, its architecture, and the Conan home."""
        return self.folder / "built"

    @property
    def root(self) -> Path:
        """Of the project."""
        return self.folder / "project"

    def fill(self, wait: float) -> None:
        """Write the project and its recipes, and the home that all begin with."""
        for name, text in {
            "pyproject.toml": PYPROJECT + TABLES.format(
                pythons=json.dumps(self.pythons), platforms=json.dumps(self.platforms)
            ), "CMakeLists.txt": LISTS,
            "core.c": f"#include <yew.h>\n#include <box.h>\n{MODULE}", "src/nav/__init__.py": "from . import _core\n",
        }.items():  # fmt: skip
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, "utf-8")
        make_conan_home(self.folder / "home", download_cache=KEPT / "downloads", recipes=REPOSITORY / "recipes")
        for number, name in enumerate(NAMES):
            requires = tuple(f"{one}/1.0" for one in NAMES[max(number - 2, 0) : max(number - 1, 0)])
            recipe = self.folder / "recipes" / name / "conanfile.py"
            recipe.parent.mkdir(parents=True)
            recipe.write_text(
                RECIPE.format(name=name, requires=requires, wait=wait, macro=name.upper(), log=str(self.log)), "utf-8"
            )

    def home(self, name: str, server: ConanServer | None, *, recipes: bool) -> Path:
        """A fresh Conan home below a name, with the server as its remote; with the recipes in its cache."""
        home = self.folder / name / "conan"
        shutil.copytree(self.folder / "home", home)
        if server:
            server.add_to(home, "meeting", USER)
        for one in NAMES if recipes else ():
            run_conan(home, "export", str(self.folder / "recipes" / one))
        return home

    def build(self, client: str, *words: str) -> dict[str, Any]:
        """Build all: what --json says, with `whole`, the seconds of the whole command."""
        shutil.rmtree(self.root / ".xconan_cache", ignore_errors=True)
        shutil.rmtree(self.root / "dist", ignore_errors=True)
        place = self.folder / client
        env = {**os.environ, "CONAN_HOME": str(place / "conan"), "XCONAN_CACHE": str(place / "cache")}
        begun = time.monotonic()
        argv = [sys.executable, "-m", "xconan", "build", "--all", "--json", *words, str(self.root)]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return {**cast("dict[str, Any]", json.loads(done.stdout)), "whole": time.monotonic() - begun}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and write what benchmarks.simulate reads."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--wait", type=float, default=8.0, help="seconds of each library's build")
    parser.add_argument("--overhead", action="store_true")
    parser.add_argument("--same", action="store_true")
    parser.add_argument("--pythons", nargs="+", default=[PYTHON])
    parser.add_argument("--platforms", nargs="+", default=[*PLATFORMS])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), tuple(given.pythons), tuple(given.platforms))
        bench.fill(given.wait)
        if given.overhead:
            return _overhead(bench, given.runs)
        if given.same:
            return _same(bench, given.workers)
        measured: dict[str, Any] = {"cores": os.cpu_count(), "runs": {}}
        for count in given.workers:
            run = _on_cluster(bench, count)
            measured["runs"][count] = run
            print(f"{count} workers: {run['wall']:.1f} s of tasks, {run['whole']:.1f} s in all", flush=True)
        if given.out:
            given.out.write_text(json.dumps(measured, indent=1), "utf-8")
    return 0


def _on_cluster(bench: Bench, count: int) -> dict[str, Any]:
    """A release with so many new workers: all libraries and wheels."""
    name = f"with-{count}"
    with running_server(install_conan_server(KEPT), bench.folder / name / "server") as server:
        bench.home(f"{name}/client", server, recipes=True)
        cluster = Cluster(bench.folder / name)
        cluster.start_scheduler()
        try:
            for number in range(count):
                bench.home(f"{name}/{number}", server, recipes=False)
                cluster.start_worker(str(number))
            facts = bench.build(f"{name}/client", "--on", cluster.address, "--store", "meeting")
        finally:
            cluster.end()
        said = (bench.folder / name / "server" / "log").read_text("utf-8", "replace")
    tasks = cast("list[dict[str, Any]]", facts["tasks"])
    keep = ("name", "begun", "ended", "cpu", "worker", "after")
    return {
        "wall": max(task["ended"] for task in tasks), "whole": facts["whole"],
        "tasks": [{key: task[key] for key in keep} for task in tasks], "uploads": len(_UPLOAD.findall(said)),
    }  # fmt: skip


def _same(bench: Bench, counts: list[int]) -> int:
    """Hold the wheels of clusters against those of this machine, bit by bit; a cluster builds each library once."""
    bench.home("here", None, recipes=True)
    bench.build("here")
    expected = _digests(bench)
    for name, found in expected.items():
        print(f"{found}  {name}")
    wrong = 0
    for count in counts:
        bench.log.unlink()
        facts = _on_cluster(bench, count)
        lines = [line.split() for line in bench.log.read_text("utf-8").splitlines()]
        places = Counter(Path(line[2]).parent.name for line in lines)
        once = max(Counter((name, arch) for name, arch, _home in lines).values()) == 1
        same = _digests(bench) == expected
        wrong += not (once and same)
        print(f"{count} workers, {facts['whole']:.0f} s:")
        print(f"    {len(expected)} wheels, {'the same' if same else 'NOT THE SAME'}")
        print(
            f"    {len(lines)} libraries, {'each once' if once else 'SOME TWICE'}, by worker {sorted(places.items())}"
        )
        print(f"    {facts['uploads']} packages came to the server", flush=True)
    return int(wrong > 0)


def _digests(bench: Bench) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted((bench.root / "dist").glob("*.whl"))}


def _overhead(bench: Bench, runs: int) -> int:
    """The plain run and --on local:2 in turns, each with a new home; the median of the ratios."""
    jobs = "2"
    ratios = []
    for number in range(runs):
        took = {}
        for way, words in (("plain", ("--jobs", jobs)), ("local", ("--on", f"local:{jobs}"))):
            bench.home(f"{way}-{number}", None, recipes=True)
            took[way] = bench.build(f"{way}-{number}", *words)["whole"]
        ratios.append(took["local"] / took["plain"])
        print(
            f"plain {took['plain']:.1f} s, --on local:{jobs} {took['local']:.1f} s: {ratios[-1] - 1:+.0%}", flush=True
        )
    print(f"overhead of --on local:{jobs}: {median(ratios) - 1:+.0%}, bound +10%")
    return int(median(ratios) > _BOUND)


if __name__ == "__main__":
    sys.exit(main())
