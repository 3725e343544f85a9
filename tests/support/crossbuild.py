"""Real cross builds: the hosts, projects and toolchain files of tests, and xconan in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.compare import assert_says
from tests.support.emulate import run_python
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.support.debian import HostRoot

REPOSITORY = Path(__file__).parents[2]
PROJECTS = REPOSITORY / "tests/data/projects"
MODES = ("LIBRARY", "INCLUDE", "PACKAGE")
TIMEOUT_S = 600.0
LZ4_LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(lz4 CONFIG REQUIRED)
Python_add_library(plain MODULE WITH_SOABI plain.c)
target_link_libraries(plain PRIVATE lz4::lz4)
install(TARGETS plain LIBRARY DESTINATION .)
"""
LZ4_REQUIRES = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
CALL_LZ4 = "#include <lz4.h>\nint version_of_lz4(void) { return LZ4_versionNumber(); }\n"


@dataclass(frozen=True)
class Architecture:
    """A machine that tests build for, in the words of wheel tags, CMake and Debian."""

    arch: str
    """As in a wheel's tag: aarch64."""
    debian: str
    triple: str


ARCHITECTURES = {
    one.arch: one
    for one in (
        Architecture("aarch64", "arm64", "aarch64-linux-gnu"),
        Architecture("armv7l", "armhf", "arm-linux-gnueabihf"),
        Architecture("s390x", "s390x", "s390x-linux-gnu"),
    )
}


@dataclass(frozen=True)
class Host:
    """A host: its Python as Debian ships it, and the cross compiler for it."""

    architecture: Architecture
    python: HostRoot

    @property
    def arch(self) -> str:
        return self.architecture.arch

    @property
    def triple(self) -> str:
        return self.architecture.triple

    @property
    def suffix(self) -> str:
        """What modules of this very Python end with."""
        return f".cpython-{self.python.version}-{self.triple}.so"

    @property
    def tag(self) -> str:
        """The tag of a wheel with such modules."""
        return f"cp{self.python.version}-cp{self.python.version}-linux_{self.arch}"

    def compiler(self, language: str) -> Path:
        """Where the compiler is, "gcc" or "g++"."""
        return need_program(f"{self.triple}-{language}")

    def toolchain(self, folder: Path, *, extra: str = "", program: str = "", compilers: Path | None = None) -> Path:
        """Write an ordinary toolchain file; COMPILERS is a folder of wrappers to use in place of the real ones."""
        # Where programs are hidden, CMake does not find a compiler by its bare name.
        place = compilers or (self.compiler("g++").parent if program else None)
        prefix = f"{place}/{self.triple}" if place else self.triple
        lines = [
            "set(CMAKE_SYSTEM_NAME Linux)",
            f"set(CMAKE_SYSTEM_PROCESSOR {self.arch})",
            f'set(CMAKE_C_COMPILER "{prefix}-gcc")',
            f'set(CMAKE_CXX_COMPILER "{prefix}-g++")',
            *(f"set(CMAKE_FIND_ROOT_PATH_MODE_{mode} ONLY)" for mode in MODES),
            f"set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM {program or 'NEVER'})",
        ]
        return write(folder / f"{self.triple}.cmake", "\n".join([*lines, extra]) + "\n")

    def cross(
        self,
        folder: Path,
        *,
        toolchain: Path | None = None,
        headers: bool = True,
        platform: str = "linux",
        extra: str = "",
    ) -> Path:
        """Write a cross.toml for this host, and a toolchain file unless one is given."""
        toolchain = toolchain or self.toolchain(folder)
        lines = [
            "implementation = 'cp'",
            f"version = '{self.python.version}'",
            f"abi = 'cp{self.python.version}'",
            f"arch = '{platform}_{self.arch}'",
            f"toolchain_file = '{toolchain}'",
            *([f"include_dir = '{self.python.include_dir}'"] if headers else []),
        ]
        name = f"{self.arch}-{self.python.version}-{platform}.cross.toml"
        return write(folder / name, "\n".join([*lines, extra]) + "\n")

    def run(self, wheel: Path, code: str) -> str:
        """Unpack the WHEEL beside itself and run CODE with it by the emulated host's Python."""
        return run_python(self.python, unpack(wheel), code).strip()


@dataclass(frozen=True)
class Built:
    """What a run of xconan left: exit code, its log, and the wheel if there is one."""

    code: int
    log: str
    wheel: Path

    @property
    def names(self) -> list[str]:
        """The wheel's files without its .dist-info."""
        with zipfile.ZipFile(self.wheel) as archive:
            return sorted(name for name in archive.namelist() if ".dist-info/" not in name)

    def assert_ended(self, code: int, *words: str, lacks: Iterable[str] = ()) -> None:
        """The run ended with CODE, and its log holds all WORDS and none of LACKS; else the log's end is shown."""
        __tracebackhide__ = True
        assert_says(f"{self.log}\nexit code {self.code}\n", f"\nexit code {code}\n", *words, lacks=lacks)


@dataclass(frozen=True)
class Workshop:
    """Runs xconan with an environment of the tests' own."""

    home: Path
    """CONAN_HOME."""
    cache: Path
    """XCONAN_CACHE."""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment without what tests must not depend on, and with our own folders."""
        dropped = {"PYTHONPATH", "CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CMAKE_PREFIX_PATH"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, "CONAN_HOME": str(self.home), "XCONAN_CACHE": str(self.cache), **self.extra}

    def command(self, project: Path, cross: Path | None, out: Path, *arguments: str) -> list[str]:
        """The command line of a build."""
        chosen = ["--cross", str(cross)] if cross else []
        return [sys.executable, "-m", "xconan", "build", str(project), *chosen, "-o", str(out), *arguments]

    def start(self, project: Path, cross: Path | None, log: Path) -> subprocess.Popen[str]:
        """Start a build and return its process; what it says goes to LOG."""
        command = self.command(project, cross, project / "dist")
        with log.open("w", encoding="utf-8") as stream:
            return subprocess.Popen(
                command,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                text=True,
                cwd=log.parent,
                start_new_session=True,  # as a shell does for each command of a terminal
            )

    def build(  # noqa: PLR0913 - each is one thing that a test varies
        self,
        project: Path,
        cross: Path | None = None,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        python: Path | None = None,
        prefix: Sequence[str] = (),
        out: Path | None = None,
        fails: bool = False,
    ) -> Built:
        """Build PROJECT and insist on success, or with FAILS on an error that is not a traceback."""
        command = self.command(project, cross, out or project / "dist", *arguments)
        command = [*prefix, str(python or command[0]), *command[1:]]
        done = subprocess.run(
            command,
            env={**self.environment, **(env or {})},
            cwd=self.cache,
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        built = Built(done.returncode, f"$ {' '.join(command)}\n{done.stderr}", Path(done.stdout.strip()))
        built.assert_ended((done.returncode or 1) if fails else 0, lacks=["Traceback"])
        return built


def write(path: Path, text: str) -> Path:
    """Write a text file, its folder too, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def copy_project(source: Path, folder: Path) -> Path:
    """Copy a project of the repository without what builds leave in it."""
    leftovers = shutil.ignore_patterns(".xconan_cache", "dist", "host", "__pycache__", "CMakeUserPresets.json")
    shutil.copytree(source, folder, ignore=leftovers)
    return folder


def plain_project(folder: Path, lists: str, *, pyproject: str = "") -> Path:
    """Make the project tests/data/projects/plain with another CMakeLists.txt and more in pyproject.toml."""
    copy_project(PROJECTS / "plain", folder)
    write(folder / "CMakeLists.txt", lists)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write(pyproject)
    return folder


def lz4_project(folder: Path) -> Path:
    """Make the plain project with lz4, whose version it tells by version_of_lz4()."""
    project = plain_project(folder, LZ4_LISTS, pyproject=LZ4_REQUIRES)
    source = project / "plain.c"
    source.write_text(CALL_LZ4 + source.read_text(encoding="utf-8"), encoding="utf-8")
    return project


def unpack(wheel: Path) -> Path:
    """Unpack a wheel into a folder beside it."""
    folder = wheel.with_suffix(".unpacked")
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def counting_compilers(host: Host, folder: Path) -> Path:
    """Make wrappers of the host's compilers that note each call in FOLDER/calls, and return FOLDER.

    While there is a file FOLDER/hold, a call that compiles makes FOLDER/reached and waits.
    """
    for language in ("gcc", "g++"):
        real = host.compiler(language)
        script = (
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{folder}/calls"\n'
            f'case " $* " in *" -c "*)\n'
            f'  while [ -e "{folder}/hold" ]; do : > "{folder}/reached"; sleep 0.1; done\n'
            f"esac\n"
            f'exec {real} "$@"\n'
        )
        write(folder / f"{host.triple}-{language}", script).chmod(0o755)
    return folder


def calls(folder: Path) -> list[str]:
    """The calls that compiled or linked something since they were last asked for."""
    file = folder / "calls"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [line for line in lines if " -o " in f" {line} "]
