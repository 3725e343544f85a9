"""Isolated builds by four frontends against the command line: the hook's own time, and zig's C++ library made once.

    python -m benchmarks.environments [--only NAME…] [--builds N] [--json FILE]

A module in C++ for this machine's processor by zig, whose `requires` names xconan[zig]: xconan is a wheel made of this
tree, in a folder that pip and uv look into; the other packages come from the index. Each frontend builds the same
project folder several times, in a new environment each time. Measured is the hook itself with its import, without the
frontend's own script that calls it, other hooks and what the frontend takes to make the environment: on the clock, and
of a processor (the programs that it ran among it), which says more where others use the machine. Of `xconan build` it
is the same, without the start of Python. The bound is for builds after the first, by their median: 1.3 times what
`xconan build` takes of a processor, or 0.03 s more, which Python takes to compile what uv has installed without
bytecode. They are measured in two states of the project: unchanged, and with another source, as somebody who works on
it has it.
XCONAN_CACHE is used as it is: the first run on a machine has zig make its library, for minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[1]
BOUND, FREE_S = 1.3, 0.03
TARGET = f"cp{sys.version_info.major}{sys.version_info.minor}-manylinux_2_17_{platform.machine()}"
CLI = "xconan build"
FRONTENDS = {
    "build": ("-m", "build", "--wheel", "-o", "out", "."),
    "uv build": ("-m", "uv", "build", "--wheel", "-o", "out", "."),
    "pip wheel": ("-m", "pip", "wheel", "--no-deps", "-w", "out", "."),
    "tox": ("-m", "tox", "run", "--recreate", "-e", "py", "--notest"),
}
PYPROJECT = """\
[build-system]
requires = ["xconan[zig]"]
build-backend = "timed"
backend-path = ["."]
[project]
name = "plain"
version = "1.0"
[tool.xconan.cross]
implementation = "cp"
version = "{version}"
arch = "{arch}"
toolchain = "zig"
[tool.tox.env_run_base]
package = "wheel"
[tool.tox.env.".pkg"]
pass_env = ["*"]
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.cpp)
install(TARGETS plain LIBRARY DESTINATION .)
"""
SOURCE = """\
#include <Python.h>
#include <sstream>
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "plain", nullptr, -1, nullptr};
PyMODINIT_FUNC PyInit_plain() { std::ostringstream text; text << 1.5; return PyModule_Create(&definition); }
"""
# the backend with a clock around its import and its hook; tox asks other hooks in between, in the same process
TIMED = """\
import resource, time

def _now():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), time.process_time() + children.ru_utime + children.ru_stime

_begun = _now()
from pathlib import Path
from xconan.build import *
from xconan.build import build_wheel as _build_wheel
_imported = _now()

def build_wheel(*arguments, **named):
    called = _now()
    wheel = _build_wheel(*arguments, **named)
    took = (end - call + there - begin for end, call, there, begin in zip(_now(), called, _imported, _begun))
    Path({file!r}).write_text(" ".join(str(seconds) for seconds in took))
    return wheel
"""


@dataclass(frozen=True, kw_only=True)
class Time:
    """Seconds on the clock and of processors."""

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to build: the first build, the medians of unchanged ones and of those with another source."""

    name: str
    first: Time
    unchanged: Time
    changed: Time
    command: float

    @classmethod
    def of(cls, name: str, times: Sequence[Time], command: float) -> Row:
        """From the first build, and then by turns one that is unchanged and one that has another source."""
        return cls(name=name, first=times[0], unchanged=_median(times[1::2]), changed=_median(times[2::2]),
                   command=command)  # fmt: skip


class Bench:
    """A project, the wheel of xconan, and an environment with the frontends."""

    def __init__(self, folder: Path, builds: int) -> None:
        self.folder = folder
        self.builds = builds
        self.wheels = folder / "wheels"
        venv.create(folder / "frontends", with_pip=True)
        self.python = folder / "frontends/bin/python"
        constraints = folder / "constraints.txt"
        constraints.write_text(f"ziglang=={version('ziglang')}\n", "utf-8")
        self.env = {
            **os.environ,
            "PIP_FIND_LINKS": " ".join([str(self.wheels), os.environ.get("PIP_FIND_LINKS", "")]).strip(),
            "PIP_CONSTRAINT": str(constraints),
            "UV_FIND_LINKS": str(self.wheels), "UV_BUILD_CONSTRAINT": str(constraints),
        }  # fmt: skip
        self.call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(self.wheels), str(REPOSITORY))
        (wheel,) = self.wheels.glob("xconan-*.whl")
        self.call(str(self.python), "-m", "pip", "install", "-q", "build", "uv", "tox", f"xconan[zig] @ file://{wheel}")
        self.bare = _median([self.call(str(self.python), "-c", "pass") for _ in range(9)])

    def call(self, *argv: str, cwd: Path | None = None) -> Time:
        """Run a program and return what it took."""
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(argv, cwd=cwd or self.folder, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        return Time(wall=wall, cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def measure(self, name: str) -> Row:
        """Build a project of its own: first, and then by turns unchanged and with another source."""
        project, clock = self.folder / name.replace(" ", "-"), self.folder / "clock"
        project.mkdir()
        interpreter, _, arch = TARGET.partition("-")
        (project / "pyproject.toml").write_text(PYPROJECT.format(version=interpreter[2:], arch=arch), "utf-8")
        (project / "CMakeLists.txt").write_text(LISTS, "utf-8")
        (project / "timed.py").write_text(TIMED.format(file=str(clock)), "utf-8")
        source, times, commands = project / "plain.cpp", [], []
        source.write_text(SOURCE, "utf-8")
        for number in range(2 * self.builds + 1):
            if number and number % 2 == 0:
                source.write_text(f"{SOURCE}// {number}\n", "utf-8")
            clock.unlink(missing_ok=True)
            argv = ("-m", "xconan", "build") if name == CLI else FRONTENDS[name]
            command = self.call(str(self.python), *argv, cwd=project)
            commands.append(command)
            if name == CLI:
                times.append(Time(wall=command.wall - self.bare.wall, cpu=command.cpu - self.bare.cpu))
            else:
                wall, cpu = clock.read_text("utf-8").split()
                times.append(Time(wall=float(wall), cpu=float(cpu)))
        return Row.of(name, times, _median(commands[1::2]).wall)


def _median(times: Sequence[Time]) -> Time:
    return Time(wall=median(one.wall for one in times), cpu=median(one.cpu for one in times))


def libraries() -> dict[str, int]:
    """The C++ libraries in zig's cache, and when they were made."""
    cache = Path(os.environ.get("ZIG_GLOBAL_CACHE_DIR") or cache_folder() / "zig/cache")
    return {str(path): path.stat().st_mtime_ns for path in (cache / "o").glob("*/libc++*.a")}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where a bound is broken or a library was made again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.environments")
    parser.add_argument("--only", nargs="*", choices=[*FRONTENDS], default=[*FRONTENDS], help="these frontends")
    parser.add_argument("--builds", type=int, default=3, help="unchanged builds, and so many with another source [3]")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    subprocess.run([sys.executable, "-m", "xconan", "warm", TARGET], check=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="xconan-environments-") as folder:
        bench, before = Bench(Path(folder), options.builds), libraries()
        for name in (CLI, *options.only):
            rows.append(bench.measure(name))
            print(_line(rows[-1], rows[0]), flush=True)
    made = len(libraries().items() - before.items())
    print(f"C++ libraries made meanwhile: {made}; the load: {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", "utf-8")
    return int(bool(made) or any(_breaks(row, rows[0]) for row in rows))


def _breaks(row: Row, usual: Row) -> bool:
    pairs = ((row.unchanged.cpu, usual.unchanged.cpu), (row.changed.cpu, usual.changed.cpu))
    return any(ours > max(BOUND * theirs, theirs + FREE_S) for ours, theirs in pairs)


def _ratios(row: Row, usual: Row) -> tuple[float, float]:
    """A hook's processor time as a multiple of the command line's: unchanged, and with another source."""
    return row.unchanged.cpu / usual.unchanged.cpu, row.changed.cpu / usual.changed.cpu


def _line(row: Row, usual: Row) -> str:
    unchanged, changed = _ratios(row, usual)
    return (
        f"{row.name:12} first {row.first.wall:6.2f} s"
        f" | unchanged {row.unchanged.wall:5.2f} s, {row.unchanged.cpu:5.2f} s of a processor = {unchanged:4.2f} x"
        f" | another source {row.changed.wall:5.2f} s, {row.changed.cpu:5.2f} s = {changed:4.2f} x {CLI}"
        f" | the whole command {row.command:5.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
