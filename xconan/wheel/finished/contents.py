"""The archive of a wheel: names that lead out of it, links, and what installers can't unpack."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding
from xconan.wheel.finished.opened import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.wheel.finished.opened import Opened, Packed

_CHUNK = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_LONGEST, _LONGEST_PART = 4096, 255  # bytes: PATH_MAX and NAME_MAX of Linux; no other system has room for more
_BEGIN, _END, _END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22  # APPNOTE 4.3.7, 4.3.16
_AGAIN = "write the wheel again, by a build backend"


@dataclass(frozen=True, kw_only=True)
class Digest:
    """A file's content as RECORD writes it.

    `hash` is "sha256=…", urlsafe and without padding; `size` in bytes.
    """

    hash: str
    size: int


def check_archive(entries: Sequence[Packed]) -> Iterator[Finding]:
    """Entries that an installer would refuse, or put where nobody wants them."""
    for entry in entries:
        for message, hint in _wrong(entry):
            yield Finding(file=entry.name, message=message, hint=hint)


def check_ends(wheel: Opened) -> Iterator[Finding]:
    """Bytes before the archive or behind it, which tools take for another archive, or refuse: uv, and the index."""
    archive = wheel.entries[0].archive if wheel.entries else None
    if archive is None:
        return
    with wheel.path.open("rb") as stream:
        first = stream.read(len(_BEGIN))
        stream.seek(-(_END_SIZE + len(archive.comment)), os.SEEK_END)
        last = stream.read(len(_END))
    for wrong, where in ((first != _BEGIN, "before"), (last != _END, "behind")):
        if wrong:
            yield Finding(file=wheel.name.file, message=f"there are bytes {where} the archive, which installers refuse",
                          hint=_AGAIN)  # fmt: skip


def _wrong(entry: Packed) -> Iterator[tuple[str, str]]:
    name, info = entry.name, entry.info
    parts = name.split("/")
    if name.startswith("/") or _DRIVE.match(name):
        yield "its name is an absolute path, which leads out of the environment", _AGAIN
    elif ".." in parts:
        yield "its name leads out of its folder (..)", _AGAIN
    elif "" in parts or "." in parts:
        yield "its name has an empty part, or one that is a dot", _AGAIN
    if "\\" in info.orig_filename:
        yield "its name has a backslash, which is a folder on Windows alone", f"{_AGAIN}; names have forward slashes"
    if "\0" in info.orig_filename:
        yield "its name has a null byte", _AGAIN
    if _CONTROL.search(name):
        yield "its name has a control character", _AGAIN
    longest = max(len(part.encode("utf-8", "replace")) for part in parts)
    if longest > _LONGEST_PART or len(name) > _LONGEST:
        yield (f"no file system has room for its name of {len(name)} characters, {longest} bytes between two slashes",
               f"shorten it; there may be {_LONGEST} bytes, and {_LONGEST_PART} between two slashes")  # fmt: skip
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        kind = "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
        yield f"it is {kind}, which installers write as a text file", "pack the file that it leads to"


def read_digests(entries: Sequence[Packed], algorithms: Mapping[str, str]) -> tuple[dict[str, Digest], list[Finding]]:
    """Read every file once, a piece at a time: its digest, or what is wrong with it.

    Args:
        entries: of the wheel.
        algorithms: by name, the algorithm that RECORD has; sha256 where it has none that is known.
    """
    digests: dict[str, Digest] = {}
    findings: list[Finding] = []
    for entry in entries:
        algorithm = algorithms.get(entry.name, "sha256")
        state = hashlib.new(algorithm)
        size = 0
        try:
            with entry.stream() as stream:
                while piece := stream.read(_CHUNK):
                    state.update(piece)
                    size += len(piece)
        except NotImplementedError as error:
            findings.append(Finding(file=entry.name, message=f"it can't be unpacked: {error}",
                                    hint="compress it by deflate, without a password"))  # fmt: skip
            continue
        except UNREADABLE as error:
            findings.append(Finding(file=entry.name, message=f"it can't be unpacked: {error or type(error).__name__}",
                                    hint="build the wheel again, or download it again"))  # fmt: skip
            continue
        text = base64.urlsafe_b64encode(state.digest()).rstrip(b"=").decode()
        digests[entry.name] = Digest(hash=f"{algorithm}={text}", size=size)
    return digests, findings
