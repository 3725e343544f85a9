"""The Python that a wheel is tried with: the running one, one of the store, one of this machine, or the user's."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary import elf
from xconan.build_machine.buildenv import running_target
from xconan.emulate import Runner, RunOptions, run_by
from xconan.ground.errors import ConfigError, HostPythonError
from xconan.ground.report import doing
from xconan.ground.run import capture, which
from xconan.host.platforms import parse_platform, table
from xconan.host.targets import Target, parse_target
from xconan.inventory import runs_here
from xconan.pythons.store import entry_name, stored_pythons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.host.platforms import Platform
    from xconan.host.tags import WheelTags
    from xconan.pythons.store import StoredPython
    from xconan.wheel.finished.opened import WheelName

_PATIENCE = 120  # seconds: emulated, on a busy machine
_PLACES = ("usr/bin", "usr/local/bin", "bin", "install/bin", "python/bin", "python/install/bin")
_PROGRAM = re.compile(r"(?P<kind>python|pypy)(?P<major>3)\.(?P<minor>\d{1,2})(?P<threads>t?)(?:\.exe)?")


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python that can be run here.

    Attributes:
        target: what it is.
        runner: how it is run.
        origin: where it comes from, for people to read.
    """

    target: Target
    runner: Runner
    origin: str


def find_interpreter(wheel: WheelName, python: Path | None) -> Interpreter:
    """The Python to try a wheel with.

    Args:
        wheel: what its name says.
        python: a folder with the host's Python, the root of its file system or an installation, or its program;
            None: the running Python where it takes the wheel, else one of the store or of this machine that does.

    Raises:
        ConfigError: `python` is not there.
        HostPythonError: there is none, or it can't be run here; the hint has the command that brings what is missing.
    """
    found = list(_in(python, wheel.tags) if python else _known(wheel.tags))
    if not found:
        raise _missing(wheel, python)
    target, program, origin = found[0]
    if program == Path(sys.executable):
        return Interpreter(target=target, runner=Runner(argv=(sys.executable,), env={}), origin=origin)
    runner = run_by(target, program, None, RunOptions(), roots=[python.expanduser().absolute()] if python else [])
    if isinstance(runner, str):
        reason, _, hint = runner.partition(": ")
        raise HostPythonError(reason, where=f"{wheel.file}: {program}", hint=hint)
    return Interpreter(target=target, runner=runner, origin=origin)


def try_stored(entry: StoredPython, target: Target) -> str:
    """Run the interpreter of an entry of the store once, with nothing to do.

    Returns:
        "" where it ran; else in one sentence why it can't be run here.

    Raises:
        HostPythonError: it was run, and failed.
    """
    runner = run_by(target, entry.folder / entry.program, None, RunOptions())
    if isinstance(runner, str):
        return runner
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    argv = [*runner.argv, "-c", ""]
    with doing(f"starting the interpreter of {entry.name}"):
        done = capture(argv, env={**environ, **runner.env}, timeout=_PATIENCE)
    if done.code:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.code}"])[-1]
        raise HostPythonError(
            f"the interpreter of {entry.name} does not run: {last}", where=shlex.join(argv),
            hint="the entry serves compiling alone; for tests name a source that has all that the interpreter needs, "
            "--from debian, --from standalone, the root of the host's file system, with --force",
        )  # fmt: skip
    return ""


def takes(target: Target, tags: WheelTags) -> bool:
    """Whether a Python may install a wheel, by version and ABI (PEP 425, 384, 803); platforms are not looked at."""
    version = int(target.version)
    threads, stable = target.free_threaded, tags.limited_api
    if stable is not None and target.implementation == "cp" and version >= stable:
        return ("abi3t" if threads else "abi3") in tags.abi or ("abi3t" in tags.abi and not threads)
    if target.python_tag in tags.python:
        own = {abi for abi in tags.abi if abi == target.abi or (not target.abi_known and abi.startswith(target.abi))}
        return bool(own) or "none" in tags.abi
    general = [tag for tag in tags.python if re.fullmatch(r"py3\d*", tag)]
    return "none" in tags.abi and any(int(tag[2:]) <= version or tag == "py3" for tag in general)


def _known(tags: WheelTags) -> Iterator[tuple[Target, Path, str]]:
    """The Pythons that need no naming, the best one first."""
    platforms = _platforms(tags)
    running = running_target()
    if takes(running, tags) and any(runs_here(one) for one in platforms):
        yield running, Path(sys.executable), "the running Python"
    for entry in stored_pythons():
        if entry.program and not entry.damage:
            for target in _targets(entry.name.split("-")[0], platforms, tags):
                if entry_name(target) == entry.name:
                    yield target, entry.folder / entry.program, f"{entry.version}, from {entry.source}"
    for platform in filter(runs_here, platforms):
        for python in tags.python:
            for target in _targets(python, (platform,), tags):
                program = which(target.python_name)
                if program and _answers(program, target):
                    yield target, program, f"{program}"


def _answers(program: Path, target: Target) -> bool:
    """Whether a program of this machine is that Python: pyenv puts scripts of each version on PATH, which may fail."""
    answer = capture([str(program), "-I", "-c", "import sys; print('%d%d' % sys.version_info[:2])"], timeout=60)
    return answer.code == 0 and answer.stdout.strip() == target.version


def _targets(python: str, platforms: tuple[Platform, ...], tags: WheelTags) -> Iterator[Target]:
    """A Python by its tag, "cp313t", on each platform, where it takes the wheel."""
    if not re.fullmatch(r"(cp|pp)3\d{1,2}t?", python):
        return
    for platform in platforms:
        keys = parse_target(f"{python}-{platform.tag}")
        abi = str(keys.get("abi", f"pypy{keys['version']}"))
        target = Target(
            implementation=str(keys["implementation"]), version=str(keys["version"]), abi=abi, platform=platform
        )
        if takes(target, tags):
            yield target


def _platforms(tags: WheelTags) -> tuple[Platform, ...]:
    return (running_target().platform,) if tags.pure else tuple(parse_platform(tag) for tag in tags.platform)


def _in(python: Path, tags: WheelTags) -> Iterator[tuple[Target, Path, str]]:
    """The programs of a folder that take the wheel, the newest first; a program that is named itself."""
    python = python.expanduser().absolute()
    if not python.exists():
        raise ConfigError(
            "there is no such folder", where=f"--python {python}",
            hint="name the root of the host's file system, an installation of Python, or its program",
        )  # fmt: skip
    places = [python] if python.is_file() else [path for below in _PLACES for path in (python / below).glob("*3.*")]
    platforms = _platforms(tags)
    if tags.pure:
        platforms = (*platforms, *(parse_platform(f"linux_{arch}") for arch in table()["linux"]))
    matches = [(match, path) for path in places if (match := _PROGRAM.fullmatch(path.resolve().name))]
    for match, path in sorted(matches, key=lambda pair: int(pair[0]["minor"]), reverse=True):
        name = f"{'pp' if match['kind'] == 'pypy' else 'cp'}3{match['minor']}{match['threads']}"
        for target in _targets(name, platforms, tags):
            if target.platform.os != "linux" or _is_of(path, target):
                yield target, path, f"--python {python}"
                break


def _is_of(program: Path, target: Target) -> bool:
    """Whether a program of Linux is for the target's processor and C library."""
    platform = target.platform
    header = elf.read_library(program)
    return header is not None and not elf.mismatch(header, platform.arch) and elf.is_for(program, platform.libc)


def _missing(wheel: WheelName, python: Path | None) -> HostPythonError:
    """Of a wheel that no Python here takes."""
    version, tag = _wanted(wheel.tags)
    command = f"xconan python add {version} --for {tag} --runnable"
    if parse_platform(tag).os == "pyodide":
        return HostPythonError(
            f"{shlex.quote(wheel.file)} is for Pyodide, which runs in browsers and under Node alone", where=wheel.file,
            hint="npm install pyodide, and try the wheel there: loadPyodide(), unpackArchive() or micropip",
        )  # fmt: skip
    if python:
        return HostPythonError(
            f"there is no Python {version} for {tag} in it", where=f"--python {python}",
            hint=f"name a folder that has one, or leave --python out after: {command}",
        )  # fmt: skip
    return HostPythonError(
        f"no Python that takes {shlex.quote(wheel.file)} can be run here", where=wheel.file,
        hint=f"{command}; or name the root of a host that has one: xconan test --python ROOT WHEEL",
    )  # fmt: skip


def _wanted(tags: WheelTags) -> tuple[str, str]:
    """A Python that takes a wheel, as `xconan python add` has it: the running version where it will do."""
    platform = _platforms(tags)[0]
    running = running_target()
    known = (running.interpreter, *tags.python, *(f"{python}t" for python in tags.python))
    targets = (target for python in known for target in _targets(python, (platform,), tags))
    target = next(targets, None)
    return (target.python_version if target else running.python_version), platform.tag
