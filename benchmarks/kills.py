"""Builds that are killed at any moment, and many at once: nothing lost, nothing half-written, the next one right.

    python -m benchmarks.kills [--kills 200] [--batches 18] [--seed N] [--keep FOLDER]

makes a project with a module in C and a library of Conan's, and kills its build at moments spread over all phases, by
each signal in turn. After each kill it looks for what was left, and builds again. Then it starts eight builds at once,
half of them of one project, that all need a library which none has. An hour on two cores; exit code 1 where anything
was wrong. tests/e2e/test_kills.py holds the same for a few exact moments.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from tests.support.libraries import StaticLibrary

PATIENCE_S = 600.0
ENDS_S = 20.0  # an interrupted build has ended, with all that it started, on a busy machine
MARK = "XCONAN_KILLS_MARK"
KINDS = ("first", "library", "edited")
SIGNALS = ("SIGINT", "SIGTERM", "SIGKILL", "SIGKILL of all", "SIGINT twice")
PROGRAMS = {"compiler": ("cc1", "as", "collect2", "ld", "gcc", "cc"), "ninja": ("ninja",), "cmake": ("cmake",)}
CONAN = "from xconan.conan.driver import"  # in the line of Conan's process
SHOWN = 120  # characters of a process's line in what is wrong
LEFTOVERS = (".*.new", ".*.part", ".*.tmp", "*.whl.*", ".*.whl*")
ANSWER = StaticLibrary(name="answer", version="1.0", library="answer", definitions={"salt": "0"}, files={
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.20)
project(answer LANGUAGES C)
add_library(answer answer.c)
set_target_properties(answer PROPERTIES POSITION_INDEPENDENT_CODE ON)
install(TARGETS answer)
install(FILES answer.h DESTINATION include)
""",
    "answer.h": "int salt(void);\n",
    "answer.c": '#include "answer.h"\nint salt(void) { return SALT; }\n',
})  # fmt: skip
PYPROJECT = """\
[build-system]
requires = ["xconan"]
build-backend = "xconan.build"
[project]
name = "nav"
version = "1.0"
[tool.xconan.conan]
requires = ["answer/1.0"]
[tool.xconan.conan.options]
"answer/*:salt" = "{salt}"
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(answer REQUIRED)
Python_add_library(_core MODULE WITH_SOABI core.c other.c)
target_link_libraries(_core PRIVATE answer::answer)
install(TARGETS _core DESTINATION nav)
"""
CORE = """\
#include <Python.h>
#include "answer.h"
int other(void);
static PyObject *told(PyObject *self, PyObject *none) {{ return Py_BuildValue("iii", {value}, salt(), other()); }}
static PyMethodDef methods[] = {{{{"told", told, METH_NOARGS, 0}}, {{0, 0, 0, 0}}}};
static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, "_core", 0, -1, methods}};
PyMODINIT_FUNC PyInit__core(void) {{ return PyModule_Create(&def); }}
"""


@dataclass
class Bench:
    """A Conan home, a cache, a folder for temporary files, and what was found wrong."""

    folder: Path
    mark: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make them, with the library's recipe."""
        for name in ("conan", "cache", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        ANSWER.offer(self.folder / "conan", self.folder / "recipe")

    @property
    def environment(self) -> dict[str, str]:
        """Of a build, by which its processes are found again."""
        own = {"CONAN_HOME": "conan", "XCONAN_CACHE": "cache", "TMPDIR": "tmp"}
        return {**os.environ, **{name: str(self.folder / place) for name, place in own.items()}, MARK: self.mark}

    def project(self, name: str) -> Project:
        """A project of its own."""
        return Project(self, self.folder / name)

    def strays(self) -> dict[int, str]:
        """Processes of builds that still live, with what they run."""
        found = {}
        wanted = f"{MARK}={self.mark}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended, or is another user's
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    found[int(process.name)] = (
                        (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    )
        return found

    def await_no_strays(self, seconds: float) -> dict[int, str]:
        """Those that are left after so long; nobody else's build may run meanwhile."""
        deadline = time.monotonic() + seconds
        while (left := self.strays()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return {number: line[:SHOWN] for number, line in left.items()}

    def check_places(self, what: str) -> None:
        """Nothing temporary is left, and no lock is held."""
        for path in (self.folder / "tmp").iterdir():
            if path.is_file() and (path.name.startswith("cc") or path.read_bytes() in (b"", b"blat")):
                path.unlink()  # of gcc, or of Python's tempfile, which tries the folder, both killed outright
            else:
                self.wrong.append(f"{what}: left in TMPDIR: {path.name}")
        for name in ("conan", "cache"):
            self.wrong += [f"{what}: left: {path}" for path in leftovers(self.folder / name)]
        for lock in [*self.folder.rglob("lock"), *self.folder.rglob("*.lock")]:
            if lock.is_file() and "/cmake/" not in str(lock):
                with lock.open("rb") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except OSError:
                        self.wrong.append(f"{what}: still locked: {lock}")


@dataclass
class Project:
    """One project: what its module is to tell, and its build."""

    bench: Bench
    folder: Path
    value: int = 0
    salt: int = 0

    def write(self, value: int, salt: int) -> None:
        """Write the project, so that its module tells these numbers."""
        self.value, self.salt = value, salt
        write(self.folder / "pyproject.toml", PYPROJECT.format(salt=salt))
        write(self.folder / "CMakeLists.txt", LISTS)
        write(self.folder / "core.c", CORE.format(value=value))
        write(self.folder / "other.c", "int other(void) { return 7; }\n")
        write(self.folder / "src" / "nav" / "__init__.py", "from nav._core import told\n")

    def start(self, log: str = "log") -> subprocess.Popen[bytes]:
        """Start a build in a session of its own, as a shell does."""
        command = [sys.executable, "-m", "xconan", "build", str(self.folder), "-o", str(self.folder / "dist")]
        with (self.folder / log).open("wb") as stream:
            return subprocess.Popen(command, env=self.bench.environment, stdout=subprocess.DEVNULL, stderr=stream,
                                    cwd=self.folder, start_new_session=True)  # fmt: skip

    def build(self, what: str) -> float:
        """Build, judge the wheel, and return the seconds it took."""
        start = time.monotonic()
        code = self.start().wait(PATIENCE_S)
        took = time.monotonic() - start
        self.judge(code, what)
        return took

    def judge(self, code: int, what: str, log: str = "log") -> None:
        """The wheel is there, alone, and its module tells what it should."""
        said = (self.folder / log).read_text("utf-8", "replace")
        if code or "Traceback" in said:
            self.bench.wrong.append(f"{what}: exit code {code}: {said[-1500:]}")
            return
        names = sorted(path.name for path in (self.folder / "dist").iterdir())
        if len(names) != 1:
            self.bench.wrong.append(f"{what}: dist has {names}")
            return
        there = self.folder / "there"
        shutil.rmtree(there, ignore_errors=True)
        with ZipFile(self.folder / "dist" / names[0]) as wheel:
            wheel.extractall(there)
        command = [sys.executable, "-c", "import nav; print(*nav.told())"]
        told = subprocess.run(command, cwd=there, capture_output=True, text=True, check=False).stdout.split()
        if told != [str(self.value), str(self.salt), "7"]:
            self.bench.wrong.append(f"{what}: the module tells {told}, not {self.value} {self.salt} 7")

    def prepare(self, kind: str, number: int) -> None:
        """Make a build of this kind the next one: the first on a machine, with a new library, or an edited file."""
        if kind == "first":
            for place in (self.folder / ".xconan_cache", self.folder / "dist", self.bench.folder / "cache"):
                shutil.rmtree(place, ignore_errors=True)
            (self.bench.folder / "cache").mkdir()
        self.write(number, self.salt if kind == "edited" else number)

    def check_half(self, what: str) -> None:
        """What lies where wheels go is a whole wheel, or hidden."""
        for path in (self.folder / "dist").glob("[!.]*") if (self.folder / "dist").is_dir() else ():
            try:
                with ZipFile(path) as wheel:
                    damaged = wheel.testzip()
            except BadZipFile:
                damaged = "all of it"
            if damaged:
                self.bench.wrong.append(f"{what}: half-written: {path.name}: {damaged}")


def write(path: Path, text: str) -> None:
    """Write a file unless it says that already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def leftovers(folder: Path) -> list[Path]:
    """Files that somebody meant to rename, but for those of CMake and of Conan's own."""
    found = [path for pattern in LEFTOVERS for path in folder.rglob(pattern)]
    return [path for path in found if not {"cmake", "p"} & {*path.relative_to(folder).parts}]


def running(strays: dict[int, str]) -> str:
    """The phase that a build is in, by what it runs."""
    inner = "in Conan, " if any(CONAN in line for line in strays.values()) else ""
    called = {word for line in strays.values() for word in Path(line.partition(" ")[0]).name.split("-")}
    for name, programs in PROGRAMS.items():
        if called.intersection(programs):
            return f"{inner}{name}"
    return "in Conan" if inner else "xconan"


def send(process: subprocess.Popen[bytes], how: str, bench: Bench) -> None:
    """Send the signal, to the foreground's group where a terminal would, or to all at once, as a power cut."""
    if how.startswith("SIGINT"):
        with suppress(ProcessLookupError):  # it has just ended
            os.killpg(process.pid, signal.SIGINT)
            if how.endswith("twice"):
                time.sleep(0.2)
                os.killpg(process.pid, signal.SIGINT)
    elif how == "SIGTERM":
        process.terminate()
    elif how == "SIGKILL":
        process.kill()
    else:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for stray in bench.strays():
                with suppress(ProcessLookupError):
                    os.kill(stray, number)


def kill_builds(bench: Bench, count: int) -> Counter[str]:
    """Kill so many builds; what ran when the signal came, by kind of signal and phase."""
    project = bench.project("project")
    project.write(0, 0)
    project.build("before all")
    took = {}
    for number, kind in enumerate(KINDS, 1):
        project.prepare(kind, number)
        took[kind] = project.build(f"unkilled {kind}")
    phases: Counter[str] = Counter()
    for number in range(1, count + 1):
        kind, how = KINDS[number % len(KINDS)], SIGNALS[number % len(SIGNALS)]
        what = f"kill {number} ({kind}, {how})"
        project.prepare(kind, 1000 + number)
        process = project.start()
        time.sleep(took[kind] * random.random())  # noqa: S311 - no secret
        strays = bench.strays()
        phase = "ended before" if process.poll() is not None else running(strays)
        phases[f"{how}: {phase}"] += 1
        send(process, how, bench)
        try:
            code = process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            bench.wrong.append(f"{what}, {phase}: does not end")
            process.kill()
            code = process.wait()
        said = (project.folder / "log").read_text("utf-8", "replace")
        if "Traceback" in said:
            bench.wrong.append(f"{what}, {phase}: {said[-1500:]}")
        if how != "SIGKILL" and (left := bench.await_no_strays(ENDS_S)):
            bench.wrong.append(f"{what}, {phase}: exit code {code}, children left: {left}")
        project.check_half(what)
        seconds = project.build(f"after {what}, {phase}")
        if left := bench.await_no_strays(ENDS_S):
            bench.wrong.append(f"after {what}, {phase}: children left: {left}")
        bench.check_places(f"after {what}, {phase}")
        bench.wrong += [f"after {what}, {phase}: left: {path}" for path in leftovers(project.folder)]
        print(f"{what}: {phase}; the next build took {seconds:.1f} s; wrong so far: {len(bench.wrong)}", flush=True)
    return phases


def build_at_once(bench: Bench, count: int) -> None:
    """So many batches of eight builds, four of one project, that all need a new library."""
    projects = [bench.project(f"project{number}") for number in range(5)]
    for batch in range(1, count + 1):
        for project in projects:
            project.write(5000 + batch, 9000 + batch)
        each = [projects[0]] * 4 + projects[1:]
        started = [(project, f"log{number}", project.start(f"log{number}")) for number, project in enumerate(each)]
        ended = [(project, log, process.wait(PATIENCE_S)) for project, log, process in started]
        for project, log, code in ended:  # once none of them writes any more
            project.judge(code, f"batch {batch}, {project.folder.name} {log}", log)
        if left := bench.await_no_strays(ENDS_S):
            bench.wrong.append(f"batch {batch}: children left: {left}")
        bench.check_places(f"batch {batch}")
        print(f"batch {batch} of eight; wrong so far: {len(bench.wrong)}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Kill, build at once, and tell what was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--kills", type=int, default=200, help="builds to kill [200]")
    parser.add_argument("--batches", type=int, default=18, help="batches of eight builds at once [18]")
    parser.add_argument("--seed", type=int, default=1, help="of the moments [1]")
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it there")
    given = parser.parse_args(arguments)
    random.seed(given.seed)
    folder = (given.keep or Path(tempfile.mkdtemp(prefix="xconan-kills-"))).absolute()
    bench = Bench(folder, mark=f"{os.getpid()}-{given.seed}")
    start = time.monotonic()
    phases = kill_builds(bench, given.kills) if given.kills else Counter()
    build_at_once(bench, given.batches)
    for name, number in sorted(phases.items()):
        print(f"{number:4} {name}")
    for line in bench.wrong:
        print(f"wrong: {line}")
    minutes = (time.monotonic() - start) / 60
    print(f"{given.kills} kills, {given.batches} batches of eight, {minutes:.0f} minutes: {len(bench.wrong)} wrong")
    if not given.keep:
        shutil.rmtree(folder)
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
