"""cmake and ninja: found, asked for their version, and remembered by what identifies the program's file."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xconan.ground import reads
from xconan.ground.errors import ToolchainError
from xconan.ground.files import cache_folder, read_json, write_json
from xconan.ground.record import Record
from xconan.ground.run import capture, which


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tool(Record):
    """A program of the build machine and the version it says."""

    path: Path
    version: str


# `python -m` would search the folder that it runs in first, the project's, for Python's own modules, too
_DELVEWHEEL = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy; "
    "runpy.run_module('delvewheel', run_name='__main__', alter_sys=True)"
)
_VERSION = re.compile(r"(\d+\.\d+(?:\.\d+)?)")


def find_tool(name: str, *, minimum: str = "0") -> Tool | None:
    """A program beside our interpreter or on PATH that runs and is new enough; None if there is none."""
    own = Path(sys.executable).parent / name
    for path in (own if reads.seen(own).is_file() else None, which(name)):
        program = _behind_launcher(path) if path else None
        version = _version_of(program) if program else None
        if program and version and version_key(version) >= version_key(minimum):
            return Tool(path=program, version=version)
    return None


def find_delvewheel(minimum: str) -> tuple[str, ...] | None:
    """The words that start delvewheel, beside our interpreter; None where there is none that is new enough.

    It is a Python package, and its program does not say its version.
    """
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - for wheels for Windows alone

    try:
        installed = version("delvewheel")
    except PackageNotFoundError:
        return None
    return (sys.executable, "-c", _DELVEWHEEL) if version_key(installed) >= version_key(minimum) else None


def cmake_and_ninja(minimum: str, *, origin: str = "") -> tuple[Tool, Tool | None]:
    """CMake, at least as new as `minimum`, and Ninja where there is one.

    Args:
        minimum: "3.20".
        origin: who asks for it, file and key; "" for ourselves.

    Raises:
        ToolchainError: there is no such CMake.
    """
    cmake = find_tool("cmake", minimum=minimum)
    if cmake is None:
        old = find_tool("cmake")
        raise ToolchainError(
            f"there is no cmake {minimum} or newer{f': {old.path} is {old.version}' if old else ''}",
            where=f"PATH, and {origin}" if origin else "PATH", hint=f"pip install 'cmake>={minimum}'",
        )  # fmt: skip
    return cmake, find_tool("ninja")


def version_key(version: str) -> tuple[int, ...]:
    """A dotted version as numbers that compare: "3.25.1" -> (3, 25, 1)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def same_version(one: str, other: str) -> bool:
    """Whether two versions are one, as Python compares them ("1.0" and "1.0.0"), or as they are written."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - for those alone who ask

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _behind_launcher(path: Path) -> Path:
    """The program itself where PyPI's package put a Python script in front of it (50 ms a call)."""
    with suppress(OSError), path.open("rb") as stream:
        if stream.read(2) == b"#!":
            pattern = f"lib/python3*/site-packages/{path.name}/data/bin/{path.name}"
            return next(path.parent.parent.glob(pattern), path)
    return path


def _version_of(path: Path) -> str | None:
    """What `--version` says; asked once for each program, as long as its file stays the same."""
    entry = cache_folder() / "tools.json"
    known = read_json(entry)
    status = path.stat()
    reads.file(path, status)
    identity = [str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    before = known.get(str(path))
    if isinstance(before, list) and before[:-1] == identity:
        return str(before[-1])
    with path.open("rb") as stream:
        script = stream.read(2) == b"#!"
    printed = capture([str(path), "--version"])
    match = _VERSION.search(printed.stdout)
    if match is None or printed.code != 0:
        return None
    if not script:  # a script may answer differently in another environment
        with suppress(OSError):
            write_json(entry, {**known, str(path): [*identity, match[1]]})
    return match[1]
