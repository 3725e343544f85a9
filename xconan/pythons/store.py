"""xconan's own store of host Pythons: what is there, and which entry a target means.

An entry is a folder that is named for what it holds, `cp313t-linux-x86_64-musl`, with headers, sysconfig data and
libraries in the layout of an installation, and a record. store/ makes entries; here they are only read.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import HostPythonError, MachineError
from xconan.ground.files import cache_folder, read_json
from xconan.ground.record import Record
from xconan.host.platforms import Libc
from xconan.host.targets import python_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.host.targets import Target

RECORD = "xconan-python.json"
SOURCES = ("apt", "debian", "standalone")  # by name; others are folders, archives and addresses
_HEADERS = ("Python.h", "patchlevel.h", "pyconfig.h")
_NAME = re.compile(r"(cp|pp)(3)(\d{1,2})(t?)-(linux|mac|windows|pyodide)-(\w+?)(-musl)?", re.ASCII)


class StoreError(MachineError):
    """The store can't be read or written; that is the same for every entry."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StoredPython(Record):
    """An entry of the store.

    Attributes:
        name: of the entry and its folder: "cp313-linux-aarch64".
        folder: the prefix of the installation, absolute.
        version: of the headers: "3.13.5".
        include: the folder of Python.h, relative to `folder`, with forward slashes.
        source: where it came from: "debian trixie", "standalone", a path or an address.
        files: what it was made from, by name, with their SHA-256.
        program: the interpreter, relative to `folder` or, of a folder of the user's, absolute; "" where the entry
            serves compiling alone.
        damage: what is missing of it; "" if it is whole. Builds refuse a damaged one, whose other facts may be "".
    """

    name: str
    folder: Path
    version: str
    include: str
    source: str
    files: Mapping[str, str]
    program: str = ""
    damage: str = ""

    @property
    def include_dir(self) -> Path:
        """The folder of Python.h."""
        return self.folder / self.include

    def facts(self) -> dict[str, object]:
        """The entry for programs."""
        whole = {**self.record(), "name": self.name, "path": str(self.folder), "include_dir": str(self.include_dir)}
        return {**whole, "damage": self.damage, "remedy": self.remedy} if self.damage else whole

    @property
    def remedy(self) -> str:
        """The command that makes the entry anew, from where it came if that is known."""
        match = _NAME.fullmatch(self.name)
        if match is None:
            return ""
        kind, major, minor, threads, os_, arch, musl = match.groups()
        systems = {"linux": "musllinux_1_2_" if musl else "linux_", "mac": "macosx_11_0_", "windows": "win_",
                   "pyodide": "pyemscripten_2026_0_"}  # fmt: skip
        tag = arch if arch == "win32" else systems[os_] + arch
        named = self.source.split(maxsplit=1)[:1]  # "debian trixie"
        origin = named[0] if named and named[0] in SOURCES else shlex.quote(self.source)
        source = f" --from {origin}" if self.source else ""
        version = python_version(kind, f"{major}.{minor}", free_threaded=bool(threads))
        runnable = " --runnable" if self.program else ""
        return f"xconan python add {version} --for {tag}{source}{runnable} --force"

    def record(self) -> dict[str, object]:
        """What is written beside the headers."""
        program = {"program": self.program} if self.program else {}
        return {
            "version": self.version, "include": self.include, "source": self.source, **program,
            "files": dict(self.files),
        }  # fmt: skip


def store_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the entries are: $XCONAN_PYTHONS, else host-pythons in xconan's cache."""
    chosen = environ.get("XCONAN_PYTHONS")
    return Path(chosen).expanduser().absolute() if chosen else cache_folder(environ) / "host-pythons"


def entry_name(target: Target, libc: Libc | None = None) -> str:
    """The name of the entry for a target: "cp313t-linux-x86_64-musl", "pp311-linux-aarch64", "cp312-windows-amd64".

    Args:
        target: the host.
        libc: of the toolchain, where the platform tag doesn't say; glibc else.
    """
    platform = target.platform
    musl = (platform.libc or libc) is Libc.MUSL
    return f"{target.interpreter}-{platform.os}-{platform.arch.name}{'-musl' if musl else ''}"


def find_stored(target: Target, libc: Libc | None = None) -> StoredPython | None:
    """The entry for a target, if there is one; headers for both processors of a Mac serve each of them.

    Raises:
        HostPythonError: it is damaged; the hint says how it is made anew.
    """
    name = entry_name(target, libc)
    names = [name, name.replace(target.platform.arch.name, "universal2")] if target.platform.os == "mac" else [name]
    entries = [entry for name in names if (entry := read_entry(name))]
    whole = [entry for entry in entries if not entry.damage]
    return refuse_damaged((whole or entries)[0]) if entries else None


def refuse_damaged(entry: StoredPython) -> StoredPython:
    """The entry, if it is whole.

    Raises:
        HostPythonError: it is not.
    """
    if entry.damage:
        raise HostPythonError(
            f"the store's {entry.name} is damaged: {entry.damage}", where=str(entry.folder), hint=entry.remedy
        )
    return entry


def read_entry(name: str) -> StoredPython | None:
    """The entry of this name, which may be damaged; None where there is none.

    Raises:
        StoreError: the store can't be read.
    """
    folder = store_folder() / name
    if not _NAME.fullmatch(name) or not _exists(folder):
        return None
    values = read_json(folder / RECORD)
    version, include, source = (values.get(key) for key in ("version", "include", "source"))
    program = str(values.get("program") or "")
    damage = ""
    if not (isinstance(version, str) and isinstance(include, str) and isinstance(source, str)):
        version = include = source = ""
        damage = f"{RECORD} is {'damaged' if (folder / RECORD).is_file() else 'missing'}"
    elif lost := [header for header in _HEADERS if not (folder / include / header).is_file()]:
        damage = f"{include}/{lost[0]} is missing"
    elif program and not (folder / program).is_file():
        damage = f"its interpreter {program} is missing"
    files = cast("dict[str, str]", values["files"]) if isinstance(values.get("files"), dict) else {}
    return StoredPython(
        name=name, folder=folder, version=version, include=include, source=source, files=files, program=program,
        damage=damage,
    )  # fmt: skip


def stored_pythons() -> list[StoredPython]:
    """All entries, by name, the damaged ones too.

    Raises:
        StoreError: the store can't be read.
    """
    store = store_folder()
    try:
        names = sorted(path.name for path in store.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(error) from None
    return [entry for name in names if (entry := read_entry(name))]


def _exists(folder: Path) -> bool:
    try:
        folder.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unreadable(error) from None
    return True


def _unreadable(error: OSError) -> StoreError:
    named = next((f" ({name})" for name in ("XCONAN_PYTHONS", "XCONAN_CACHE") if os.environ.get(name)), "")
    return StoreError(
        f"the store of host Pythons can't be read: {error.strerror}", where=f"{store_folder()}{named}",
        hint="set XCONAN_PYTHONS to a folder, which is made where it is missing",
    )  # fmt: skip
