"""A wheel's file opened: what its name says, and its entries; nothing is unpacked to disk.

https://packaging.python.org/specifications/binary-distribution-format/. Nothing of the file is believed: an archive
that would unpack to far more than it is, or that can't be read, is an error, never a crash.
"""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from xconan.ground.errors import CheckError
from xconan.ground.files import Entry
from xconan.ground.record import Record
from xconan.host.tags import WheelTags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EXAMPLE = "demo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
_ENCRYPTED = 1  # a flag of an entry (APPNOTE 4.4.4)
# the rule of the index, warehouse's: more than 64 MiB, and more than 50 times the size of the file
_BOMB_SIZE, _BOMB_RATIO = 64 << 20, 50
UNREADABLE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError,
)  # fmt: skip
"""What reading a damaged archive raises."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelName(Record):
    """What a wheel's file name says.

    Attributes:
        file: the name itself.
        name: of the distribution, normalized (PEP 503).
        version: normalized (PEP 440).
        build: the build tag, "" without.
        tags: as they are written, in their order.
        stem: the name and version as they are written: what its own folders are named by.
    """

    file: str
    name: str
    version: str
    build: str
    tags: WheelTags
    stem: str


@dataclass(frozen=True, kw_only=True)
class Packed(Entry):
    """A file in an archive, read when it is asked for.

    Attributes:
        archive: that it is in.
        info: what the archive says of it.
    """

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    source: Path | bytes = b""

    def read(self) -> bytes:
        """The content; one of UNREADABLE is raised where the archive is damaged."""
        with self.stream() as stream:
            return stream.read()

    def stream(self) -> IO[bytes]:
        """The content to be read piece by piece; as for read().

        What zlib does not unpack is left as it is: installers have nothing else, and each method has errors of its own.
        """
        if self.info.flag_bits & _ENCRYPTED:
            raise NotImplementedError("it is encrypted")
        if self.info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("it is compressed by a method that not every installer has")
        return self.archive.open(self.info)

    @property
    def mode(self) -> int:
        """As installers set it: executable or not."""
        return 0o755 if self.info.external_attr >> 16 & stat.S_IXUSR else 0o644


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Opened(Record):
    """A wheel whose archive is open.

    Attributes:
        path: of the file.
        name: what it is called.
        entries: its files in the archive's order, folders left out.
    """

    path: Path
    name: WheelName
    entries: tuple[Packed, ...]


def read_name(path: Path) -> WheelName:
    """What a wheel's file name says.

    Raises:
        CheckError: it is no wheel's name.
    """
    try:
        name, version, _build, _tags = parse_wheel_filename(path.name)
    except (InvalidWheelFilename, ValueError) as error:
        if path.name.endswith(".tar.gz"):
            raise CheckError("it is a source distribution, not a wheel", where=str(path),
                             hint="name the wheel that is built from it: xconan build makes one") from None  # fmt: skip
        reason = "its name does not end in .whl" if path.suffix != ".whl" else str(error)
        raise CheckError(
            f"it is not named as a wheel is: {reason}", where=str(path),
            hint=f"name it as its builder did: NAME-VERSION-PYTHON-ABI-PLATFORM.whl, {_EXAMPLE}",
        ) from None  # fmt: skip
    parts = path.name.removesuffix(".whl").split("-")
    python, abi, platform = (tuple(part.split(".")) for part in parts[-3:])
    return WheelName(
        file=path.name, name=canonicalize_name(name), version=str(version), build=parts[2] if parts[5:] else "",
        tags=WheelTags(python=python, abi=abi, platform=platform), stem="-".join(parts[:2]),
    )  # fmt: skip


@contextmanager
def opened(path: Path, called: str = "") -> Iterator[Opened]:
    """Open a wheel.

    Args:
        path: of the file.
        called: the name that it is going to have; the file's own where it is "".

    Raises:
        CheckError: it is not named as a wheel, no archive, cut off, or a bomb.
        OSError: the file can't be read.
    """
    name = read_name(path.with_name(called) if called else path)
    try:
        archive = zipfile.ZipFile(path)
        if any(info.header_offset < 0 for info in archive.infolist()):
            raise zipfile.BadZipFile("a file of it is said to lie before its start")
        if not all(info.filename for info in archive.infolist()):
            raise zipfile.BadZipFile("a file of it has no name")
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the start of the file, for older Pythons
            raise
        raise unreadable(path, error) from None
    except UnicodeDecodeError:
        raise unreadable(path, ValueError("the name of a file in it is not UTF-8, as it says")) from None
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        size, unpacked = path.stat().st_size, sum(info.file_size for info in infos)
        if unpacked > _BOMB_SIZE and unpacked > size * _BOMB_RATIO:
            raise CheckError(
                f"its {size} bytes would unpack to {unpacked}, {unpacked // size} times as much: it is a zip bomb",
                where=str(path), hint="do not install it; if it is yours, leave the file out that is nearly empty",
            )  # fmt: skip
        entries = tuple(Packed(name=info.filename, archive=archive, info=info) for info in infos)
        yield Opened(path=path, name=name, entries=entries)


def unreadable(path: Path, error: Exception) -> CheckError:
    """Of a file that no archive can be read from."""
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PK\x03\x04":
        return CheckError(f"the archive is damaged or cut off: {error}", where=str(path),
                          hint="build it again, or download it again")  # fmt: skip
    what = "it is no zip archive" if start else "the file is empty"
    return CheckError(f"it is no wheel: {what}", where=str(path), hint="build it again, or download it again")
