"""Isolated builds by four frontends against the command line: the hook's own time, and zig's C++ library made once.

    python -m benchmarks.environments [--only NAME…] [--json FILE]

A module in C++ for this machine's processor by zig, whose `requires` names xconan[zig]: xconan is a wheel made of this
tree, in a folder that pip and uv look into; the other packages come from the index. Each frontend builds the same
project folder twice, in a new environment each time. The time is that of the hook's process from its start, without
what the frontend takes to make the environment. The bound is that of the second build: 1.3 times the second of
`xconan build`. XCONAN_CACHE is used as it is: the first run on a machine has zig make its library, for minutes.
Linux alone: a process's start is read from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from xconan.ground.files import cache_folder

REPOSITORY = Path(__file__).parents[1]
BOUND = 1.3
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
# the backend with a clock around it: what the process of the hook has taken since the kernel started it
TIMED = """\
import os, time
from pathlib import Path
from xconan.build import *
from xconan.build import build_wheel as _build_wheel

def build_wheel(*arguments, **named):
    wheel = _build_wheel(*arguments, **named)
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    took = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    Path({file!r}).write_text(str(took))
    return wheel
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to build: seconds of the hook's process, first and second, and the whole second command's."""

    name: str
    first: float
    second: float
    whole: float


class Bench:
    """A project, the wheel of xconan, and an environment with the frontends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        venv.create(folder / "frontends", with_pip=True)
        self.python = folder / "frontends/bin/python"
        constraints = folder / "constraints.txt"
        constraints.write_text(f"ziglang=={version('ziglang')}\n", "utf-8")
        self.env = {
            **os.environ,
            "PIP_FIND_LINKS": str(self.wheels), "PIP_CONSTRAINT": str(constraints),
            "UV_FIND_LINKS": str(self.wheels), "UV_BUILD_CONSTRAINT": str(constraints),
        }  # fmt: skip
        self.call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(self.wheels), str(REPOSITORY))
        self.call(str(self.python), "-m", "pip", "install", "-q", "build", "uv", "tox")

    def call(self, *argv: str, cwd: Path | None = None) -> float:
        """Run a program and return its wall time in seconds."""
        start = time.perf_counter()
        done = subprocess.run(argv, cwd=cwd or self.folder, env=self.env, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - start

    def measure(self, name: str) -> Row:
        """Build a project of its own twice."""
        project, clock = self.folder / name.replace(" ", "-"), self.folder / "clock"
        project.mkdir()
        interpreter, _, arch = TARGET.partition("-")
        (project / "pyproject.toml").write_text(PYPROJECT.format(version=interpreter[2:], arch=arch), "utf-8")
        (project / "CMakeLists.txt").write_text(LISTS, "utf-8")
        (project / "plain.cpp").write_text(SOURCE, "utf-8")
        (project / "timed.py").write_text(TIMED.format(file=str(clock)), "utf-8")
        if name == CLI:
            first, second = (self.call(sys.executable, "-m", "xconan", "build", cwd=project) for _ in range(2))
            return Row(name=name, first=first, second=second, whole=second)
        hooks = []
        for _ in range(2):
            clock.unlink(missing_ok=True)
            whole = self.call(str(self.python), *FRONTENDS[name], cwd=project)
            hooks.append(float(clock.read_text("utf-8")))
        return Row(name=name, first=hooks[0], second=hooks[1], whole=whole)


def libraries() -> dict[str, int]:
    """The C++ libraries in zig's cache, and when they were made."""
    cache = Path(os.environ.get("ZIG_GLOBAL_CACHE_DIR") or cache_folder() / "zig/cache")
    return {str(path): path.stat().st_mtime_ns for path in (cache / "o").glob("*/libc++*.a")}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where a bound is broken or a library was made again."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.environments")
    parser.add_argument("--only", nargs="*", choices=[*FRONTENDS], default=[*FRONTENDS], help="these frontends")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    subprocess.run([sys.executable, "-m", "xconan", "warm", TARGET], check=True)
    with tempfile.TemporaryDirectory(prefix="xconan-environments-") as folder:
        bench, before = Bench(Path(folder)), libraries()
        rows = []
        for name in (CLI, *options.only):
            rows.append(bench.measure(name))
            row = rows[-1]
            times = f"{row.first:6.2f} s, again {row.second:6.2f} s"
            ratio = row.second / rows[0].second
            print(f"{name:12} hook {times} = {ratio:4.2f} x xconan build; the command {row.whole:6.2f} s", flush=True)
    made = len(libraries().items() - before.items())
    print(f"C++ libraries made meanwhile: {made}; the load: {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps([vars(row) for row in rows], indent=1) + "\n", "utf-8")
    return int(bool(made) or any(row.second > BOUND * rows[0].second for row in rows))


if __name__ == "__main__":
    sys.exit(main())
