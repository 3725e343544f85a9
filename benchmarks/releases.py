"""A release of many targets by one command, against a shell's loop over the same targets, in one run.

    python -m benchmarks.releases [--pythons 3.11,3.13] [--platforms manylinux_2_17_{aarch64,x86_64},…] [--turns N]

The project is examples/lz4-pybind11, by zig. What is made once for a machine (zig's C++ library, answers of compilers,
host Pythons) is there before both, in the cache of whoever runs it; Conan's packages and build folders are made anew in
each. The bounds: the release takes no longer than the loop, and its wall time is at most 1.15 times the processor time
of its tasks divided by the cores; exit code 1 where one is not held.
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
from pathlib import Path
from statistics import median

from tests.support.conan_home import make_conan_home
from tests.support.sources import fill_download_cache

REPOSITORY = Path(__file__).parents[1]
PLATFORMS = "manylinux_2_17_aarch64,manylinux_2_17_x86_64,manylinux_2_17_s390x,manylinux_2_17_armv7l"
SHARE_OF_CORES = 1.15


def main(argv: list[str] | None = None) -> int:
    """Measure both in turns, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.releases")
    parser.add_argument("--pythons", default=f"{sys.version_info[0]}.{sys.version_info[1]}", help="by commas")
    parser.add_argument("--platforms", default=PLATFORMS, help="tags, by commas")
    parser.add_argument("--turns", type=int, default=2)
    given = parser.parse_args(argv)
    tags = [f"cp{python.replace('.', '')}" for python in given.pythons.split(",")]
    targets = [f"{tag}-{platform}" for platform in given.platforms.split(",") for tag in tags]
    cache = Path(os.environ.get("XCONAN_TEST_CACHE") or Path("~/.cache/xconan-tests").expanduser())
    loops, releases, shares = [], [], []
    with tempfile.TemporaryDirectory(prefix="xconan-releases-") as name:
        downloads = fill_download_cache(cache / "downloads")
        _warm(Path(name), downloads, targets)
        for turn in range(given.turns):
            loops.append(_loop(_Bench(Path(name, f"loop{turn}"), downloads), targets))
            seconds, share = _release(_Bench(Path(name, f"release{turn}"), downloads), targets)
            releases.append(seconds)
            shares.append(share)
    ratio = median(one / other for one, other in zip(releases, loops, strict=True))
    share = median(shares)
    print(f"{len(targets)} targets, {os.cpu_count()} cores")
    print(f"a loop of xconan build      {median(loops):8.1f} s")
    print(f"one release                 {median(releases):8.1f} s  {ratio:.2f} x the loop, bound 1")
    print(f"its wall over work by cores {share:8.2f} x  bound {SHARE_OF_CORES}")
    return 0 if ratio <= 1 and share <= SHARE_OF_CORES else 1


class _Bench:
    """The project and a Conan home, both new."""

    def __init__(self, folder: Path, downloads: Path) -> None:
        left_out = shutil.ignore_patterns(".xconan_cache", "dist", "__pycache__")
        self.project = Path(shutil.copytree(REPOSITORY / "examples/lz4-pybind11", folder / "project", ignore=left_out))
        home = make_conan_home(folder / "conan", download_cache=downloads, recipes=REPOSITORY / "recipes")
        self.env = {**os.environ, "CONAN_HOME": str(home)}

    def build(self, *words: str) -> tuple[float, str]:
        """Seconds of one xconan build, and what it printed."""
        begun = time.perf_counter()
        argv = [sys.executable, "-m", "xconan", "build", str(self.project), *words]
        done = subprocess.run(argv, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{argv} failed:\n{done.stderr[-3000:]}")
        return time.perf_counter() - begun, done.stdout


def _warm(folder: Path, downloads: Path, targets: list[str]) -> None:
    bench = _Bench(folder / "warm", downloads)
    for target in targets:
        bench.build("--target", target)


def _loop(bench: _Bench, targets: list[str]) -> float:
    return sum(bench.build("--target", target)[0] for target in targets)


def _release(bench: _Bench, targets: list[str]) -> tuple[float, float]:
    words = [word for target in targets for word in ("--target", target)]
    seconds, out = bench.build(*words, "--no-test", "--json")
    facts = json.loads(out)
    return seconds, facts["seconds"] / (facts["cpu"] / facts["jobs"])


if __name__ == "__main__":
    sys.exit(main())
