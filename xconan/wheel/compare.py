"""Whether two wheels hold the same: that of a project's folder, and that of its source distribution."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.binary.dynamic import read_dynamic
from xconan.binary.macho import MAGICS, read_macho
from xconan.binary.pe import read_pe
from xconan.ground.errors import CheckError

if TYPE_CHECKING:
    from pathlib import Path

_TRACK = "have git track what it is made from (git add -f), or leave it out of both by wheel.exclude"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What tells two wheels apart.

    Attributes:
        errors: files that one of them lacks, or that say other things.
        notes: binaries of the same names and libraries, but other bytes: the folder's name may be in them.
    """

    errors: tuple[CheckError, ...]
    notes: tuple[str, ...]


def compare_wheels(folders: Path, sdists: Path) -> Comparison:
    """Compare the contents of two wheels, apart from RECORD, which follows from them.

    Args:
        folders: the wheel of the project's folder.
        sdists: that of the source distribution.
    """
    ours, theirs = _contents(folders), _contents(sdists)
    differences = [("the wheel's name", f"it is {sdists.name}", _TRACK)] if folders.name != sdists.name else []
    differences += [(name, "it is missing", _TRACK) for name in ours if name not in theirs]
    extra = "look what makes it there alone, or leave it out of both by wheel.exclude"
    differences += [(name, "it is there, but not in the wheel of the project's folder", extra) for name in theirs
              if name not in ours]  # fmt: skip
    notes = []
    for name in sorted(ours.keys() & theirs.keys()):
        if ours[name] == theirs[name]:
            continue
        if _same_binary(ours[name], theirs[name]):
            notes.append(f"{name} has other bytes in the wheel of the source distribution, but the same names in it")
        else:
            differences.append((name, "it has other content", _TRACK))
    errors = [
        CheckError(f"the source distribution makes another wheel: {name}: {what}", where=folders.name, hint=hint)
        for name, what, hint in differences
    ]
    return Comparison(errors=tuple(errors), notes=tuple(notes))


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith(".dist-info/RECORD")}


def _same_binary(one: bytes, other: bytes) -> bool:
    """Whether two files are binaries that say the same of themselves: names, libraries, versions."""
    try:
        parsed = _parsed(one)
        return parsed is not None and parsed == _parsed(other)
    except ValueError:
        return False


def _parsed(data: bytes) -> object:
    if data.startswith(b"\x7fELF"):
        return read_dynamic(io.BytesIO(data))
    if data.startswith(MAGICS):
        return read_macho(data)
    return read_pe(data) if data.startswith(b"MZ") else None
