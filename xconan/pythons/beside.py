"""What lies beside headers in the same installation of a Python: libpython, _sysconfigdata, and whose machine that is.

The headers themselves tell machines of one width apart by nothing: x86_64's compile for aarch64, and are wrong in a few
lines of pyconfig.h. An installation says more: libpython by its ELF header, _sysconfigdata_*.py by its name, and the
Makefile by MULTIARCH (CPython's configure.ac: PLATFORM_TRIPLET). They are trusted in this order: redistributors have
recorded the build machine's values in files with the right name
(https://github.com/astral-sh/python-build-standalone/issues/712).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.errors import HostPythonError
from xconan.host.platforms import table
from xconan.host.tags import is_suffix_of
from xconan.pythons.own import add_command, serves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.ground.errors import XconanError
    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig

_MAC = "macOS"
_MULTIARCH = re.compile(r"^(?:MULTIARCH|HOST_GNU_TYPE)[ \t]*=[ \t]*(\S+)", re.MULTILINE)


def another_machine(include: Path, cross: CrossConfig, origin: str, remedy: str) -> list[XconanError]:
    """The error for headers that belong to an installation for another machine; none where nothing tells.

    Args:
        include: the folder of Python.h.
        cross: what is asked for.
        origin: who names that folder.
        remedy: what else can be done.
    """
    target = cross.target
    if target.implementation != "cp" or target.platform.os == "windows":
        return []
    found = _machine_of(include, target)
    if found is None:
        return []
    machine, file = found
    return [
        HostPythonError(
            f"arch is '{target.platform.tag}', but the headers are of a Python for {machine}, as {file.name} says",
            where=f"{cross.place('arch')}, {include} ({origin}), and {file}",
            hint=f"{_adapting(include, machine, cross)}; or {remedy}",
        )
    ]


def _adapting(include: Path, machine: str, cross: CrossConfig) -> str:
    """How headers of another machine serve nevertheless: from the store, or as the running interpreter's."""
    target = cross.target
    key = "include_dir" if cross.include_dir else "prefix" if cross.prefix else ""
    out = f"leave {key} out of {cross.source_of(key)}" if key else "take the Python out of the toolchain file's folders"
    if serves(target):
        return f"{out}: the running Python's headers are adapted to the host then"
    row = next((name for name, arch in table()["linux"].items() if arch.multiarch.startswith(f"{machine}-")), "")
    if not row:
        return f"{add_command(target)}, and {out}"
    folder = shlex.quote(str(include.parent.parent))
    return f"{out}; `xconan python add {target.python_version} --for linux_{row} --from {folder}` has them adapted"


def library_beside(include: Path, target: Target) -> Path | None:
    """Libpython in the same installation as the headers, if it is the host's."""
    from xconan.binary import elf  # noqa: PLC0415 - only where a library is there

    arch, threads = target.platform.arch, "t" if target.free_threaded else ""
    if target.platform.os == "windows":
        library = include.parent / "libs" / f"python{target.version}{threads}.lib"
        return library if reads.seen(library).is_file() else None
    prefix, stem = include.parent.parent, f"libpython{target.dotted_version}{threads}"
    for folder in (prefix / "lib", prefix / "lib" / arch.multiarch, prefix / "lib64"):
        path = folder / f"{stem}.so"
        header = elf.read_library(path) if reads.seen(path).is_file() else None
        if header and not elf.mismatch(header, arch):
            return path
    return None


@dataclass(frozen=True, kw_only=True)
class SysconfigData:
    """A _sysconfigdata module, and the suffix of modules that it has."""

    file: Path
    suffix: str


def sysconfig_data(include: Path, target: Target) -> SysconfigData | None:
    """The _sysconfigdata module of the same installation, if it is the host's.

    One that names another machine is passed over: redistributors have recorded the build machine's values
    (https://github.com/astral-sh/python-build-standalone/issues/712).

    Raises:
        HostPythonError: it is of a Python for glibc, and the host has musl, or the other way round.
    """
    folder = include.parent.parent / "lib" / include.name.rstrip("t")
    for file in sorted((*folder.glob("_sysconfigdata_*.py"), *Path(f"{folder}t").glob("_sysconfigdata_*.py"))):
        match = re.search(r"""['"]EXT_SUFFIX['"]:\s*['"]([^'"]+)['"]""", file.read_text("utf-8", "replace"))
        if match and is_suffix_of(target, match[1]):
            return SysconfigData(file=file, suffix=match[1])
        for wanted, other, its, those in (("musl", "glibc", "-gnu", "-musl"), ("glibc", "musl", "-musl", "-gnu")):
            if match and its in match[1] and is_suffix_of(target, match[1].replace(its, those)):
                raise HostPythonError(
                    f"'{target.platform.tag}' is for {wanted}, but the Python is of a system with {other}: its modules "
                    f"are named {match[1]}", where=str(file), hint=f"give the headers of a Python for {wanted}",
                )  # fmt: skip
    return None


def _machine_of(include: Path, target: Target) -> tuple[str, Path] | None:
    """The machine that an installation of CPython is for, and the file that says so, where that is not the target's.

    Args:
        include: the folder of Python.h.
        target: for Linux or macOS.

    Returns:
        None where it is the target's, or nothing tells.
    """
    arch = target.platform.arch
    wanted = _MAC if target.platform.os == "mac" else arch.multiarch.partition("-")[0]
    prefix, name = include.parent.parent, include.name.rstrip("tm")
    for found in (_libraries(prefix, name), _data(prefix, name), _makefiles(prefix, name)):
        said = list(found)
        if any(machine == wanted for machine, _ in said):
            return None
        if said:
            return said[0]
    return None


def _libraries(prefix: Path, name: str) -> Iterator[tuple[str, Path]]:
    from xconan.binary import elf  # noqa: PLC0415 - only where a library is there

    for folder in (prefix / "lib", prefix / "lib64"):
        for path in sorted((*folder.glob(f"lib{name}*.so*"), *folder.glob(f"lib{name}*.a"))):
            if header := elf.read_library(path) if reads.seen(path).is_file() else None:
                rows = (arch for arch in table()["linux"].values() if not elf.mismatch(header, arch))
                cpu = next((arch.multiarch.partition("-")[0] for arch in rows), header.machine.lower())
                yield cpu, path


def _data(prefix: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((prefix / "lib").glob(f"{name}*/_sysconfigdata_*.py")):
        if machine := _machine(path.stem):
            yield machine, path


def _makefiles(prefix: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((prefix / "lib").glob(f"{name}*/config*/Makefile")):
        found = _MULTIARCH.findall(reads.seen(path).read_text("utf-8", "replace"))
        if machine := next(filter(None, map(_machine, found)), ""):
            yield machine, path


def _machine(words: str) -> str:
    """The machine in "_sysconfigdata__linux_aarch64-linux-gnu" or "i686-pc-linux-gnu"; "" for none that we know."""
    if "darwin" in words:
        return _MAC
    cpus = {arch.multiarch.partition("-")[0] for arch in table()["linux"].values()}
    spelt = {**{cpu: cpu for cpu in cpus}, "arm": r"arm(?:v\d\w*)?", "i386": r"i[3-6]86"}
    return next((cpu for cpu, pattern in spelt.items() if re.search(rf"(?:^|[_-]){pattern}[_-]", words)), "")
