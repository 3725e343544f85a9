"""xconan's own store of host Pythons: what is there, and which entry a target means.

An entry is a folder that is named for what it holds, `cp313t-linux-x86_64-musl`, with headers, sysconfig data and
libraries in the layout of an installation, and a record. store/ makes entries; here they are only read.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.errors import MachineError
from xconan.files import cache_folder, read_json
from xconan.model import Libc, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.model import Target

RECORD = "xconan-python.json"


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
    """

    name: str
    folder: Path
    version: str
    include: str
    source: str
    files: Mapping[str, str]

    @property
    def include_dir(self) -> Path:
        """The folder of Python.h."""
        return self.folder / self.include

    def facts(self) -> dict[str, object]:
        """The entry for programs."""
        return {**self.record(), "name": self.name, "path": str(self.folder), "include_dir": str(self.include_dir)}

    def record(self) -> dict[str, object]:
        """What is written beside the headers."""
        return {
            "version": self.version, "include": self.include, "source": self.source, "files": dict(self.files)
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
    python = target.python_tag + ("t" if target.free_threaded else "")
    return f"{python}-{platform.os}-{platform.arch.name}{'-musl' if musl else ''}"


def find_stored(target: Target, libc: Libc | None = None) -> StoredPython | None:
    """The entry for a target, if there is one; headers for both processors of a Mac serve each of them."""
    name = entry_name(target, libc)
    names = [name, name.replace(target.platform.arch.name, "universal2")] if target.platform.os == "mac" else [name]
    return next((entry for one in names if (entry := read_entry(one))), None)


def entry_folder(name: str) -> Path | None:
    """The folder of an entry that may be damaged; None where there is nothing of this name."""
    folder = store_folder() / name
    return folder if re.fullmatch(r"\w[\w-]*", name) and folder.is_dir() else None


def read_entry(name: str) -> StoredPython | None:
    """The entry of this name; None where there is none, or a damaged one."""
    folder = entry_folder(name)
    values = read_json(folder / RECORD) if folder else {}
    if folder is None or not {"version", "include", "source"} <= values.keys():
        return None
    if not (folder / str(values["include"]) / "pyconfig.h").is_file():
        return None
    files = cast("dict[str, str]", values["files"]) if isinstance(values.get("files"), dict) else {}
    return StoredPython(
        name=name,
        folder=folder,
        version=str(values["version"]),
        include=str(values["include"]),
        source=str(values["source"]),
        files=files,
    )


def stored_pythons() -> list[StoredPython]:
    """All entries that can be used, by name."""
    return [entry for name in _names() if (entry := read_entry(name))]


def damaged_pythons() -> list[Path]:
    """Folders of entries whose record or headers are missing."""
    return [store_folder() / name for name in _names() if read_entry(name) is None]


def _names() -> list[str]:
    store = store_folder()
    try:
        names = sorted(path.name for path in store.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MachineError(
            f"the store of host Pythons can't be read: {error.strerror}", where=str(store),
            hint="XCONAN_PYTHONS names its folder, which is made where it is missing",
        ) from None  # fmt: skip
    return [name for name in names if entry_folder(name)]
