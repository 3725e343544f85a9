"""One copy of each ziglang package, by content: what is run, whatever build environment the package lies in.

zig's cache keys what it makes by the path of zig's own library folder. Build environments come and go, each with
another path; from a copy that stays, the C++ library is made once.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from xconan.ground.files import about, remove_tree
from xconan.ground.lock import locked
from xconan.ground.record import Record
from xconan.ground.report import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xconan.build_machine.tools import Tool

_PACKAGE = "ziglang"
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Package(Record):
    """An installed package ziglang: the folder above it, and its files as RECORD lists them, without bytecode."""

    site: Path
    lines: tuple[bytes, ...]

    def digest(self) -> str:
        """Of all its files' digests: the same wherever, and by whatever installer, the package was installed."""
        return hashlib.sha256(b"\n".join(self.lines)).hexdigest()[:16]

    def files(self) -> Iterator[tuple[str, str]]:
        """Names below the site folder, and digests as RECORD writes them: "sha256=…".

        https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
        """
        for name, digest, _size in csv.reader(line.decode() for line in self.lines):
            yield name, digest


def kept_zig(zig: Tool, cache: Path) -> Path:
    """The program to run for a zig: that of the copy below `cache/zig/VERSION-DIGEST`, which is made where missing.

    The copy is hard links where the file system can, which costs no room, else reflinks or copies. Installers replace
    files and never write into them, so that removing or upgrading the package leaves the copy as it is. It is made
    beside its place, compared with the package's RECORD, and renamed, under a lock.

    Args:
        zig: as find_zig has it.
        cache: xconan's.

    Returns:
        the given program itself where it is of no package with a RECORD, as one of a distribution is, which stays
        where it is; or where the package's files are not those of its RECORD, which is said.

    Raises:
        OSError: the copy can't be written.
    """
    package = _read_package(zig.path)
    if package is None:
        return zig.path
    place = cache / "zig" / f"{zig.version}-{package.digest()}"
    if not (place / zig.path.name).is_file():
        with locked(place.with_name(f".{place.name}.lock"), what=f"a copy of zig {zig.version}"):
            if not (place / zig.path.name).is_file() and (changed := _make(package, place, zig.version)):
                say(f"xconan: {changed} is not what its package installed; zig runs from there, "
                    f"and makes its C++ library for this place alone")  # fmt: skip
                return zig.path
    return place / zig.path.name


def _read_package(zig: Path) -> _Package | None:
    site = zig.parent.parent
    if zig.parent.name != _PACKAGE:
        return None
    for record in site.glob(f"{_PACKAGE}-*.dist-info/RECORD"):
        if lines := _lines_of(record.read_bytes()):
            return _Package(site=site, lines=lines)
    return None


@lru_cache(maxsize=1)  # many targets ask for the same zig
def _lines_of(record: bytes) -> tuple[bytes, ...]:
    """The lines of a RECORD that are of the package's own files, without bytecode, sorted."""
    listed = (line for line in record.splitlines() if b".pyc," not in line)
    return tuple(sorted(line for line in listed if line.lstrip(b'"').startswith(f"{_PACKAGE}/".encode())))


def _make(package: _Package, place: Path, version: str) -> Path | None:
    """Make the copy; return the file that is not as the package's RECORD says, where there is one."""
    say(f"xconan: zig {version} is kept in {place}, once for all build environments")
    for left in place.parent.glob(f".{place.name}.*.new"):  # of who was killed: we hold the lock
        remove_tree(left)
    beside = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        changed = _fill(beside, package.site, list(package.files()))
        if changed is None:
            remove_tree(place)  # what somebody took the program from
            beside.rename(place)
    finally:
        remove_tree(beside)
    return changed


def _fill(folder: Path, site: Path, files: Sequence[tuple[str, str]]) -> Path | None:
    for parent in sorted({os.path.dirname(name) for name, _ in files}):  # noqa: PTH120 - of 20,000 names
        (folder / parent.removeprefix(_PACKAGE).lstrip("/")).mkdir(parents=True, exist_ok=True)
    for name, digest in files:
        source, target = site / name, folder / name.removeprefix(f"{_PACKAGE}/")
        try:
            if _digest(source) != digest:
                return source
        except FileNotFoundError:
            return source
        with about(target):
            _link_or_copy(source, target)
    return None


def _digest(path: Path) -> str:
    state = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            state.update(block)
    return f"sha256={base64.urlsafe_b64encode(state.digest()).decode().rstrip('=')}"


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, one without hard links, or a file of another user
        with source.open("rb") as reader, target.open("wb") as writer:
            _copy(reader.fileno(), writer.fileno())
        shutil.copystat(source, target)


def _copy(reader: int, writer: int) -> None:
    """Copy a file's content; Linux shares its blocks on file systems that can."""
    if hasattr(os, "copy_file_range"):
        try:
            while os.copy_file_range(reader, writer, 1 << 30):
                pass
        except OSError:
            os.lseek(reader, 0, os.SEEK_SET)
            os.ftruncate(writer, 0)
            os.lseek(writer, 0, os.SEEK_SET)
        else:
            return
    while block := os.read(reader, _BLOCK):
        while block:
            block = block[os.write(writer, block) :]
