"""An archive unpacked into a folder: whole or not at all, and never outside of it.

Archives are written by others. A link is made only when everything else is there, and only where it leads to a
place inside, so nothing is ever written through one; `tarfile.data_filter` decides member by member, and in Python
before 3.10.18, 3.11.13, 3.12.11 and 3.13.4 chains of links got past it (CVE-2025-4517).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tarfile
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, XconanError
from xconan.ground.files import about, remove_tree
from xconan.ground.lock import locked
from xconan.ground.report import doing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "lzma", b"\x28\xb5\x2f\xfd": "zstd"}
_DEB, _ZIP = b"!<arch>\ndebian-binary", (b"PK\x03\x04", b"PK\x05\x06")
_USTAR = slice(257, 262)
_BLOCK = 512  # bytes, of tar
_AR_HEADER = 60  # bytes: name 16, date 12, owner 6, group 6, mode 8, size 10, end 2 (ar(5))
_DEEPEST = 40  # links that lead to links, as Linux counts them
ZSTD = ("compression.zstd", "backports.zstd", "zstandard")


LIMIT = "XCONAN_UNPACK_LIMIT"  # of the environment: bytes, or with K, M, G or T
_USUAL_LIMIT = "32G"  # the largest toolchains are a tenth of it
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_MOST_MEMBERS = 2_000_000
_LONGEST_PATH = 1 << 16  # bytes


class _Refused(Exception):  # noqa: N818 - becomes the caller's kind of error
    """What is wrong with a member: its name and the reason."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")


class _TooMuch(_Refused):
    """More comes out of an archive than is allowed."""


class _NeedsZstd(Exception):  # noqa: N818 - as above
    """The archive is compressed by Zstandard, which this Python can't read."""


class _Budget:
    """How much may come out of an archive: a few kilobytes can say to be a petabyte of zeros.

    What comes is counted, not what headers promise; of members that are passed over, too.

    Args:
        limit: in bytes, over all members.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.left, self.members = limit, limit, 0
        self.name = ""  # of the member at hand

    def next(self, name: str) -> None:
        """Go to a member."""
        self.name, self.members = name, self.members + 1
        if self.members > _MOST_MEMBERS:
            raise _TooMuch(name, f"with it there are more than {_MOST_MEMBERS} members")

    def take(self, size: int) -> None:
        """Count bytes of the member at hand."""
        self.left -= size
        if self.left < 0:
            raise _TooMuch(self.name, f"with it more than {_spelled(self.limit)} come out of the archive")


def unpack_limit(environ: Mapping[str, str] = os.environ) -> int:
    """The most bytes that may come out of one archive: $XCONAN_UNPACK_LIMIT, else 32 GiB.

    Raises:
        ConfigError: it is no size.
    """
    text = environ.get(LIMIT) or _USUAL_LIMIT
    match = re.fullmatch(r"([1-9]\d{0,15})([KMGT]?)(i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ConfigError(f"'{text}' is no size", where=f"{LIMIT} in the environment",
                          hint="write a number of bytes, or one with K, M, G or T: 32G")  # fmt: skip
    return int(match[1]) << _UNITS[match[2].upper()]


def _spelled(size: int) -> str:
    unit = next((unit for unit, bits in reversed(_UNITS.items()) if size >> bits and not size % (1 << bits)), "")
    return f"{size >> _UNITS[unit]} {unit}iB" if unit else f"{size} bytes"


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One member, of whatever archive.

    Attributes:
        parts: its path below the folder.
        kind: "file", "folder", "link" (symbolic), "same" (hard link), or what it is in words.
        target: of a link, as it is written there.
        open: of a file: its content.
    """

    parts: tuple[str, ...]
    kind: str
    mode: int = 0o644
    time: float = 0.0
    target: str = ""
    open: Callable[[], IO[bytes]] | None = None


def unpack(
    archive: Path, folder: Path, *, kind: type[XconanError], wanted: Callable[[str], bool] | None = None
) -> None:
    """Unpack an archive into a new folder; a folder that is there already is left as it is.

    The archive's content tells what it is: tar, plain or compressed by gzip, bzip2, xz or zstd, zip, or a Debian
    package. Permissions are kept but for setuid, setgid, sticky and what group and others may write, and folders can
    always be written and removed by their owner. Owners are not kept. An absolute link of a Debian package is made
    relative: its root is the folder, as it is for the system that the package is for.

    Args:
        archive: the file.
        folder: made beside and renamed when it is whole; FOLDER.lock stays beside it.
        kind: the error for an archive that can't be used: ToolchainError, HostPythonError.
        wanted: asked for each member, by its path with forward slashes; the others are passed over, unseen.

    Raises:
        XconanError: of that kind, for an archive that is damaged, or of no known kind, or has a member that leads out
            of the folder, goes through a link, is neither file, folder nor link, or with which more comes out than
            unpack_limit() allows; it names the member.
        ConfigError: $XCONAN_UNPACK_LIMIT is no size.
        OSError: a full disk, a folder that can't be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f"{folder.name}.lock"), what=str(folder)):
        if folder.exists():
            return
        beside = folder.with_name(f".{folder.name}.new")
        remove_tree(beside)  # a killed run's
        try:
            with _explained(archive, kind), doing(f"unpacking {archive.name}"):
                budget = _Budget(unpack_limit())
                _write_all(_members(archive, budget), beside, wanted, budget)
            beside.rename(folder)
        except BaseException:
            with contextlib.suppress(OSError):
                remove_tree(beside)
            raise


@contextmanager
def _explained(archive: Path, kind: type[XconanError]) -> Iterator[None]:
    """Whatever a damaged or hostile archive makes the libraries raise, in the user's words."""
    again = "fetch it again, or ask whoever publishes it"
    try:
        yield
    except _NeedsZstd:
        raise kind(
            "this archive is compressed by Zstandard, which this Python can't read", where=str(archive),
            hint="install backports.zstd beside xconan (Python 3.14 has it built in)",
        ) from None  # fmt: skip
    except _TooMuch as error:
        raise kind(
            f"the archive can't be unpacked safely: {error}", where=str(archive),
            hint=f"if it is to be so large, set {LIMIT} in the environment: {LIMIT}=100G",
        ) from None  # fmt: skip
    except _Refused as error:
        raise kind(f"the archive can't be unpacked safely: {error}", where=str(archive), hint=again) from None
    except XconanError:
        raise
    except OSError as error:
        if error.errno is not None:  # the machine's; the libraries' own have no number
            raise
        raise kind(f"the archive is damaged: {error}", where=str(archive), hint=again) from None
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise kind(f"the archive is damaged: {error}", where=str(archive), hint=again) from None
    except Exception as error:
        if type(error).__name__ not in {"error", "LZMAError", "ZstdError"}:  # of zlib, lzma, zstd; imported by need
            raise
        raise kind(f"the archive is damaged: {error}", where=str(archive), hint=again) from None


def _write_all(members: Iterator[_Member], root: Path, wanted: Callable[[str], bool] | None, budget: _Budget) -> None:
    root.mkdir()
    links: dict[tuple[str, ...], str] = {}
    files: set[tuple[str, ...]] = set()
    for member in members:
        parts, name = member.parts, "/".join(member.parts)
        budget.next(name)
        if not parts or (wanted and not all(wanted(path) for path in _paths(member))):
            continue
        for end in range(1, len(parts) + (member.kind == "folder")):
            if parts[:end] in links or parts[:end] in files:
                raise _Refused(name, f"it lies below {'/'.join(parts[:end])}, which is no folder")
        path = root.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        if member.kind == "folder":
            path.mkdir(exist_ok=True)
            continue
        if path.is_dir():
            raise _Refused(name, "there is a folder of this name already")
        links.pop(parts, None)  # the later one of two members counts
        path.unlink(missing_ok=True)
        if member.kind == "link":
            files.discard(parts)
            links[parts] = member.target
            continue
        if member.kind == "same":
            files.discard(parts)
            _write_same(_inner(member.target, name), path, root, files, name)
        elif member.open:
            _write(member, member.open(), path, budget)
        else:
            raise _Refused(name, f"it is {member.kind}")
        files.add(parts)
    _make_links(links, root)


def _paths(member: _Member) -> list[str]:
    """The names of the content that a member stands for: a hard link is a file under two."""
    name = "/".join(member.parts)
    return [name, "/".join(_inner(member.target, name))] if member.kind == "same" else [name]


def _write(member: _Member, opened: IO[bytes], path: Path, budget: _Budget) -> None:
    with opened as source, about(path), path.open("xb") as target:
        while block := source.read(1 << 20):
            budget.take(len(block))
            target.write(block)
    path.chmod(member.mode & 0o755 | 0o400)
    with contextlib.suppress(OSError, OverflowError, ValueError):  # a time that the file system hasn't
        os.utime(path, (member.time, member.time))


def _write_same(target: tuple[str, ...], path: Path, root: Path, files: set[tuple[str, ...]], name: str) -> None:
    if target not in files:
        raise _Refused(name, f"it is a hard link to {'/'.join(target)}, which is no file before it in the archive")
    try:
        os.link(root.joinpath(*target), path)
    except OSError:  # a file system without
        shutil.copy2(root.joinpath(*target), path)


def _make_links(links: dict[tuple[str, ...], str], root: Path) -> None:
    for parts in links:
        _lead(parts, links, "/".join(parts))
    for parts, target in links.items():
        path = root.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)


def _lead(parts: tuple[str, ...], links: dict[tuple[str, ...], str], name: str) -> None:
    """Walk to where a link leads, through other links of the archive as the system would; refuse a way out."""
    here: tuple[str, ...] = ()
    ahead, followed = list(parts), 0
    while ahead:
        step = ahead.pop(0)
        if step in {"", "."}:
            continue
        if step == "..":
            if not here:
                raise _Refused(name, f"it is a link that leads out: {links[parts]}")
            here = here[:-1]
            continue
        here = (*here, step)
        if here in links:
            target, followed = links[here], followed + 1
            if _absolute(target):
                raise _Refused(name, f"it is a link that leads out: {links[parts]}")
            if followed > _DEEPEST:
                return  # it leads to itself, nowhere
            here, ahead = here[:-1], [*re.split(_SLASHES, target), *ahead]


_SLASHES = r"[/\\]" if os.name == "nt" else "/"


def _absolute(name: str) -> bool:
    return name.startswith("/") or (os.name == "nt" and (name.startswith("\\") or ":" in name))


def _inner(name: str, member: str | None = None) -> tuple[str, ...]:
    """A member's name as the parts of a path below the folder."""
    parts = tuple(part for part in re.split(_SLASHES, name) if part not in {"", "."})
    if _absolute(name):
        raise _Refused(member or name, "its path is absolute")
    if ".." in parts:
        raise _Refused(member or name, "its path leads out of the archive's folder")
    if "\0" in name:
        raise _Refused(repr(member or name), "its name can't be a file's")
    return parts


def _members(archive: Path, budget: _Budget) -> Iterator[_Member]:
    with archive.open("rb") as file:
        head = file.read(_BLOCK)
        file.seek(0)
        if head.startswith(_ZIP):
            yield from _zip_members(file)
            return
        with ExitStack() as stack:
            stream: IO[bytes] = file
            rooted = head.startswith(_DEB)
            if rooted:
                stream = _debian_data(file)
                head = stream.read(_BLOCK)
                stream.seek(0)
            method = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
            if method is None and head[_USTAR] != b"ustar":
                raise ValueError("it is neither tar nor zip nor a Debian package")
            stream = stack.enter_context(_decompressed(stream, method)) if method else stream
            yield from _tar_members(stream, budget, rooted=rooted)


def _decompressed(stream: IO[bytes], method: str) -> IO[bytes]:
    if method == "zstd":
        return _zstd(stream)
    return cast("IO[bytes]", import_module(method).open(stream))


def _zstd(stream: IO[bytes]) -> IO[bytes]:
    for name in ZSTD:
        with contextlib.suppress(ImportError):
            return cast("IO[bytes]", import_module(name).open(stream))
    raise _NeedsZstd


def _tar_members(stream: IO[bytes], budget: _Budget, *, rooted: bool) -> Iterator[_Member]:
    """The members of a tar archive; of one that is `rooted`, absolute links lead below the folder, too."""
    last = _Last(stream, _Budget(4 * budget.limit + (1 << 30)))  # headers and what is passed over are no files
    with tarfile.open(fileobj=cast("IO[bytes]", last), mode="r|") as tar:
        for info in tar:
            last.budget.name = info.name
            kind = next((kind for is_kind, kind in (
                (info.isreg(), "file"), (info.isdir(), "folder"), (info.issym(), "link"), (info.islnk(), "same"),
                (info.isfifo(), "a named pipe"), (info.isdev(), "a device"),
            ) if is_kind), "of no known kind")  # fmt: skip
            opened = (lambda info=info: tar.extractfile(info)) if info.isreg() else None
            parts, target = _inner(info.name), info.linkname
            if rooted and info.issym() and target.startswith("/"):
                target = "../" * (len(parts) - 1) + target.lstrip("/")
            yield _Member(parts=parts, kind=kind, mode=info.mode, time=info.mtime, target=target,
                          open=cast("Callable[[], IO[bytes]] | None", opened))  # fmt: skip
    while last.read(1 << 20):  # up to the checksum at the end of the stream
        pass
    if last.tail.strip(b"\0") or not last.tail:
        raise EOFError("its end is missing")


class _Last:
    """A stream that remembers the last bytes that were read: a whole tar ends with blocks of zeros."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream, self.budget = stream, budget
        self.tail = b""

    def read(self, size: int) -> bytes:
        """Read at most so many bytes."""
        block = self._stream.read(size)
        self.budget.take(len(block))
        self.tail = (self.tail + block)[-_BLOCK:] if block else self.tail
        return block


def _zip_members(file: IO[bytes]) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16 if info.create_system == 3 else 0  # noqa: PLR2004 - Unix (APPNOTE 4.4.2)
            kind = "folder" if info.is_dir() else {
                stat.S_IFLNK: "link", stat.S_IFIFO: "a named pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
            }.get(stat.S_IFMT(mode), "file")  # fmt: skip
            target = _zip_link(archive, info) if kind == "link" else ""
            opened = (lambda info=info: archive.open(info)) if kind == "file" else None
            yield _Member(parts=_inner(info.orig_filename), kind=kind, mode=stat.S_IMODE(mode) or 0o644, target=target,
                          time=_zip_time(info), open=cast("Callable[[], IO[bytes]] | None", opened))  # fmt: skip


def _zip_link(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    with archive.open(info) as stream:
        target = stream.read(_LONGEST_PATH + 1)
    if len(target) > _LONGEST_PATH:
        raise _Refused(info.orig_filename, "what it links to is no path")
    return target.decode("utf-8", "surrogateescape")


def _zip_time(info: zipfile.ZipInfo) -> float:
    import calendar  # noqa: PLC0415 - for zip alone

    return float(calendar.timegm((*info.date_time, 0, 0, 0)))


def _debian_data(file: IO[bytes]) -> IO[bytes]:
    """The data.tar.* of a Debian package, which is an ar archive (deb(5))."""
    file.seek(8)
    while len(header := file.read(_AR_HEADER)) == _AR_HEADER:
        name, size = header[:16].decode("ascii", "replace").rstrip(" /"), int(header[48:58])
        if name.startswith("data.tar"):
            return cast("IO[bytes]", _Part(file, size))
        file.seek(size + size % 2, os.SEEK_CUR)
    raise EOFError("its data is missing")


class _Part:
    """Some bytes of a file, from where it stands, as a file of their own."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._start, self._size, self._at = file, file.tell(), size, 0

    def read(self, size: int = -1) -> bytes:
        """Read at most so many bytes."""
        left = self._size - self._at
        block = self._file.read(left if size < 0 else min(size, left))
        self._at += len(block)
        return block

    def seek(self, position: int) -> None:
        """Go to a position; to the start is all that is asked for."""
        self._file.seek(self._start + position)
        self._at = position
