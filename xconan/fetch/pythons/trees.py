"""A host Python in somebody's layout -> an entry of the store: found, copied, verified."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.binary import elf
from xconan.ground.errors import HostPythonError
from xconan.ground.files import relative_names
from xconan.host.platforms import Libc
from xconan.project.config.records import CrossConfig
from xconan.pythons.headers import find_host_python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from xconan.host.targets import Target
    from xconan.pythons.records import HostPython

_DEEPEST = 4  # folders that hold one folder alone, at the top of an archive
_ELSEWHERE = ("include/*/Python.h", "*/include/*/Python.h", "*/*/include/*/Python.h")
_WANTED = re.compile(
    r"(?:^|/)(?:[Ii]nclude/.*\.h|PC/pyconfig\.h(?:\.in)?|PYTHON\.json|libs/[^/]+\.lib"
    r"|libpython[^/]*\.so[^/]*|_sysconfigdata_[^/]*\.py|build-details[^/]*\.json|bin/(?:python|pypy)3\.\d+t?)$"
)

_PROGRAMS = ("usr/bin", "bin", "usr/local/bin", "install/bin", "python/install/bin", "python/bin")
# of packages: what nobody runs, and links into /etc
_IDLE = re.compile(r"^(?:\./)?(?:etc|var|s?bin/[^p]|usr/share/(?!zoneinfo))|/sitecustomize\.py$")


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A host Python as it came.

    Attributes:
        tree: a folder that holds an installation, or the root of a file system, or a source tree.
        source: where from, as the record says it; of a source by name the name is the first word, by which an entry is
            known to be there already and its remedy fetches it again.
        files: what it came from, by name, with SHA-256.
    """

    tree: Path
    source: str
    files: Mapping[str, str]


def is_wanted(name: str) -> bool:
    """Whether a file of an archive is of any use here."""
    return bool(_WANTED.search(name))


def is_of_program(name: str) -> bool:
    """Whether a file of an archive is needed by an interpreter that runs, or to compile for it."""
    return not _IDLE.search(name)


def merge_usr(root: Path) -> None:
    """Link /bin, /lib and their like into /usr, as the package base-files would before any other."""
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")


def keep_program(tree: Path, target: Target, entry: Path, where: str, *, copied: bool) -> str:
    """Have a tree's interpreter in an entry, with all that it needs.

    Args:
        tree: a whole installation, or the root of a file system.
        target: what it must be.
        entry: of the store.
        where: what errors point at.
        copied: the tree is ours, and moves into the entry; else it is used where it is.

    Returns:
        The interpreter, relative to the entry, or absolute where the tree stays.

    Raises:
        HostPythonError: the tree has no interpreter.
    """
    name = program_of(tree, target)
    if not name:
        raise HostPythonError(
            f"there is no interpreter {target.python_name} in it, headers alone", where=where,
            hint="name a source that has one: --from debian, --from standalone, the root of the host's file system",
        )  # fmt: skip
    if not copied:
        return str(tree / name)
    tree.rename(entry / "root")
    return f"root/{name}"


def program_of(tree: Path, target: Target) -> str:
    """A tree's interpreter, relative to it; "" where it has none."""
    windows = target.platform.os == "windows"
    names = ("python.exe", "python/python.exe", "python/install/python.exe") if windows else tuple(
        f"{place}/{target.python_name}" for place in _PROGRAMS
    )  # fmt: skip
    return next((name for name in names if (tree / name).is_file()), "")


def fill_entry(tree: Path, target: Target, entry: Path, where: str) -> tuple[str, str]:
    """Copy what cross-compiling needs of an installation into an entry, and verify it.

    Args:
        tree: where it is looked for.
        target: what it must be.
        entry: an empty folder.
        where: what errors point at.

    Returns:
        The version of the headers ("3.13.5"), and their folder relative to the entry.

    Raises:
        HostPythonError: the tree has no headers of that Python, or they are another machine's.
    """
    include = _find_include(tree, target, where)
    prefix = include.parent.parent if include.parent.name == "include" else include.parent
    _check_machine(prefix, target, where)
    below = "include" if target.platform.os == "windows" else f"include/{_names(target)[0]}"
    copied = entry / below
    for name in relative_names(include):
        if (include / name).is_file():
            _copy(include / name, copied / name)
    if target.platform.os == "windows":
        shutil.copyfile(_windows_pyconfig(include, where), copied / "pyconfig.h")
        for library in sorted((prefix / "libs").glob("*.lib")):
            _copy(library, entry / "libs" / library.name)
    else:
        python = _verified(include, target, where)
        if python.pyconfig and python.pyconfig != include / "pyconfig.h":  # Debian's only dispatches to it
            shutil.copyfile(python.pyconfig, copied / "pyconfig.h")
        _copy_library_and_data(python, prefix, entry, target)
    if target.implementation == "pp" and not (copied / "pypy_macros.h").is_file():  # Debian has it in another package
        raise HostPythonError("pypy_macros.h is missing", where=f"{where}: {include}", hint="give a whole installation")
    version = _verified(copied, target, where).version
    return ".".join(str(part) for part in version[:3]), below


def _names(target: Target) -> list[str]:
    """How installations call the folder of these headers, the usual name first."""
    name = target.python_name
    return [name] if target.implementation == "pp" or target.free_threaded else [name, f"{name}m"]


def _find_include(tree: Path, target: Target, where: str) -> Path:
    if (tree / "Python.h").is_file():
        return tree
    base = tree
    for _ in range(_DEEPEST):
        for folder in _includes(base, target):
            if (folder / "Python.h").is_file():
                return folder
        inner = [path for path in base.iterdir() if path.is_dir()]
        if len(inner) != 1:
            break
        base = inner[0]
    headers = [path for pattern in _ELSEWHERE for path in tree.glob(pattern)]
    others = sorted({path.parent.name for path in headers})
    if target.platform.os == "windows" and _names(target)[0] in others:
        others = [f"{_names(target)[0]} in the layout of Linux and macOS"]
    has = f"it has those of {', '.join(others)}" if others else "it has no Python.h where installations have it"
    raise HostPythonError(
        f"there are no headers of {_names(target)[0]} in {tree.name}: {has}", where=where,
        hint="give the folder above include/, or the root of the host's file system",
    )  # fmt: skip


def _includes(base: Path, target: Target) -> Iterator[Path]:
    names = _names(target)
    own = f"python{target.dotted_version}"  # in the x-tools layout each Python has a folder
    prefixes = ["", "usr", "usr/local", "install", "python", "python/install", "usr/lib/pypy3"]
    prefixes += [own, f"{own}/usr/local", *(f"{path.name}" for path in base.glob(f"{names[0]}-v*"))]
    windows = target.platform.os == "windows"
    below = ["include", "Include"] if windows else [f"include/{name}" for name in names]
    below += ["include"] if target.implementation == "pp" else []  # as PyPy had it up to 3.8
    yield from (base / prefix / folder for prefix in prefixes for folder in below)


def _check_machine(prefix: Path, target: Target, where: str) -> None:
    """Refuse an installation whose programs are another machine's: headers alone rarely tell."""
    platform = target.platform
    patterns = (f"lib/{platform.arch.multiarch}/libpython*.so*", "lib*/libpython*.so*", "bin/python3.*", "bin/pypy3.*",
                "lib/python3.*/lib-dynload/*.so")  # fmt: skip
    reason, path = "", prefix
    for path in (path for pattern in patterns for path in sorted(prefix.glob(pattern))):
        if header := elf.read_library(path) if path.is_file() else None:
            linux = platform.os == "linux"
            reason = elf.mismatch(header, platform.arch) or "" if linux else "it is a program of Linux"
            break
    data = [file.name for file in prefix.glob("lib/python3.*/_sysconfigdata_*.py")]
    if not reason and data and all(("darwin" in name) != (platform.os == "mac") for name in data):
        reason, path = "it is of another operating system", prefix / data[0]
    if reason:
        raise HostPythonError(
            f"this is not a Python for {platform.tag}: {path.name}: {reason}", where=f"{where}: {path}",
            hint="give the one for that platform, or correct --for",
        )  # fmt: skip


def _verified(include: Path, target: Target, where: str) -> HostPython:
    platform = target.platform
    if platform.os == "linux":  # the store keeps what is for linux_* with what is for glibc
        target = replace(target, platform=replace(platform, libc=platform.libc or Libc.GLIBC))
    cross = CrossConfig(target=target, native=False, source=where, include_dir=include)
    return find_host_python(cross, None, needed=True)


def _copy_library_and_data(python: HostPython, prefix: Path, entry: Path, target: Target) -> None:
    if python.library and python.library.suffix == ".so":
        _copy(python.library, entry / "lib" / python.library.name)
    library = entry / "lib" / (_names(target)[0])
    if python.sysconfig_file:
        _copy(python.sysconfig_file, library / python.sysconfig_file.name)
    for details in sorted((prefix / "lib" / library.name).glob("build-details*.json")):
        _copy(details, library / details.name)


def _copy(source: Path, target: Path) -> None:
    """The content alone: permissions may be those of a read-only tree, and what is new must look new to Ninja."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _windows_pyconfig(include: Path, where: str) -> Path:
    """Where pyconfig.h is: an installation has it with the others; CPython's build copies it from PC."""
    places = (include / "pyconfig.h", include.parent / "PC" / "pyconfig.h", include.parent / "PC" / "pyconfig.h.in")
    for path in places:
        if path.is_file():
            return path
    raise HostPythonError(
        "pyconfig.h is missing", where=f"{where}: {include}",
        hint="an installation has it in include, CPython's source in PC",
    )  # fmt: skip
