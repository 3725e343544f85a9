"""The 36 wheels that py-build-cmake's example script makes on one machine, by xconan from what this machine reaches.

    python -m benchmarks.thirty_six [--out FOLDER] [--python 3.7=FOLDER …] [--only WORD]

CPython 3.7 to 3.13 for four Linux architectures and PyPy 3.7 to 3.10 for two, as py-build-cmake's documentation has
them. Each Python is added to xconan's store once: for x86_64, whose headers are adapted to the others; from Debian,
what pyenv or uv has installed, or a standalone build, or from the installation that --python names. A module by
pybind11 2, the last for Python 3.7, is built for each by zig, and checked as every wheel is. The table has what was
made and why the rest was not; exit code 1 where a Python was there and its wheel was not made.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CPYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
PYPYS = ("pypy3.7", "pypy3.8", "pypy3.9", "pypy3.10")
TAGS = ("linux_armv6l", "manylinux_2_27_armv7l", "manylinux_2_27_aarch64", "manylinux_2_27_x86_64")
FROM = "manylinux_2_27_x86_64"  # whose headers serve all
PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["xconan", "pybind11>=2.13,<3"]
build-backend = "xconan.build"
[project]
name = "pybind11-project"
version = "0.3.3"
""",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.20)
project(pybind11-project LANGUAGES CXX)
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 REQUIRED CONFIG)
pybind11_add_module(_add_module src/add_module.cpp)
install(TARGETS _add_module DESTINATION pybind11_project)
""",
    "src/add_module.cpp": """\
#include <pybind11/pybind11.h>
PYBIND11_MODULE(_add_module, module) { module.def("add", [](int a, int b) { return a + b; }); }
""",
    "pybind11_project/__init__.py": "from ._add_module import add as add\n",
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A wheel, or why there is none."""

    python: str
    tag: str
    wheel: str
    reason: str
    seconds: float
    missing: bool = False


def main(arguments: list[str] | None = None) -> int:
    """Make them, print the table and the count."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.thirty_six")
    parser.add_argument("--out", type=Path, help="keep the wheels in this folder")
    parser.add_argument("--python", action="append", default=[], metavar="VERSION=FOLDER", help="an installation")
    parser.add_argument("--only", default="", help="targets whose name contains this")
    given = parser.parse_args(arguments)
    places = dict(one.split("=", 1) for one in given.python)
    made = []
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "project")
        for name, text in PROJECT.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        for one in _made(root, (given.out or Path(scratch, "dist")).absolute(), places, given.only):
            print(f"| {one.python} | {one.tag} | {one.wheel or one.reason} | {one.seconds:.0f} s |", flush=True)
            made.append(one)
    count = sum(bool(one.wheel) for one in made)
    print(f"{count} of {len(made)} made; {sum(one.missing for one in made)} for want of a Python")
    return int(any(not (one.wheel or one.missing) for one in made))


def _made(root: Path, out: Path, places: Mapping[str, str], only: str) -> Iterator[Made]:
    for python in (*CPYTHONS, *PYPYS):
        tags = [tag for tag in TAGS if ("pypy" not in python or tag.endswith("64")) and only in f"{python}-{tag}"]
        reason = _added(python, places.get(python)) if tags else ""
        for tag in tags:
            if reason:
                yield Made(python=python, tag=tag, wheel="", reason=reason, seconds=0, missing=True)
            else:
                yield _wheel(root, out, python, tag)


def _added(python: str, place: str | None) -> str:
    """Put a Python into the store; why it can't be, "" where it is there."""
    command = ["python", "add", python, "--for", FROM, *(["--from", place] if place else [])]
    done = _xconan(*command)
    return "" if done.returncode == 0 else _error(done.stderr)


def _wheel(root: Path, out: Path, python: str, tag: str) -> Made:
    start = time.monotonic()
    target = f"{'pp' if 'pypy' in python else 'cp'}{python.removeprefix('pypy').replace('.', '')}-{tag}"
    done = _xconan("build", str(root), "--target", target, "-C", "override=cross.toolchain='zig'", "-o", str(out))
    wheel = Path(done.stdout.strip()).name if done.returncode == 0 else ""
    reason = "" if wheel else _error(done.stderr)
    return Made(python=python, tag=tag, wheel=wheel, reason=reason, seconds=time.monotonic() - start)


def _xconan(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "xconan", *words], capture_output=True, text=True, check=False)


def _error(text: str) -> str:
    found = re.search(r"error: (.*)", text)
    return found[1] if found else (text.strip().splitlines() or ["no word"])[-1]


if __name__ == "__main__":
    sys.exit(main())
