"""Mach-O files with other install names, and a signature that is right again.

macOS on arm64 runs no code whose pages differ from the digests in the file's signature, so whoever changes a byte signs
anew, "ad hoc": without a certificate, as the linker did. The layout of load commands is <mach-o/loader.h>'s, that of
signatures <kern/cs_blobs.h>'s, filled in as LLVM's linker fills it in (lld/MachO/SyntheticSections.cpp,
CodeSignatureSection). docs/architecture.md says why it is written here.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.binary.macho import LOADS, RPATH, SEGMENT, expect_64_bits, join, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_HEAD = "<8I"
_HEAD_SIZE = 32
_ID, _SIGNATURE = 0xD, 0x1D  # LC_ID_DYLIB, LC_CODE_SIGNATURE
_SEGMENT_SIZE, _SECTION_SIZE = 72, 80
_PROGRAM = 2  # MH_EXECUTE
_ARM64 = 0x0100000C
_ALIGN = 16  # of a signature in the file

_SUPERBLOB, _DIRECTORY = 0xFADE0CC0, 0xFADE0C02  # CSMAGIC_EMBEDDED_SIGNATURE, CSMAGIC_CODEDIRECTORY
_VERSION = 0x20400  # of a directory with the fields of the executable segment
_AD_HOC, _BY_LINKER = 0x2, 0x20000  # CS_ADHOC, CS_LINKER_SIGNED
_SHA256, _SHA256_SIZE = 2, 32
_PAGE_BITS = 12
_SEGMENT_PAGE = 1 << 14  # of memory; arm64's, which serves x86_64 too
_DIRECTORY_HEAD = ">9I4B4I4Q"
_BLOB_HEAD = ">5I"  # magic, length, number of blobs, and the one: its slot and where it is


@dataclass(frozen=True, kw_only=True)
class _Signature:
    """What the directory of a signature says of a file, beside the digests.

    Attributes:
        identifier: the name that the file is signed by.
        limit: how many bytes are signed.
        code: first place and size of the segment with code.
        program: it is a program, no library.
    """

    identifier: bytes
    limit: int
    code: tuple[int, int]
    program: bool

    @property
    def size(self) -> int:
        """Of the whole signature."""
        return self._first_digest + _SHA256_SIZE * self._pages

    @property
    def _pages(self) -> int:
        return -(-self.limit >> _PAGE_BITS)

    @property
    def _first_digest(self) -> int:
        heads = struct.calcsize(_BLOB_HEAD) + struct.calcsize(_DIRECTORY_HEAD)
        return -(-(heads + len(self.identifier) + 1) // _ALIGN) * _ALIGN

    def over(self, data: bytes) -> bytes:
        """The signature of these bytes."""
        start = struct.calcsize(_BLOB_HEAD)
        head = struct.pack(_BLOB_HEAD, _SUPERBLOB, self.size, 1, 0, start)
        directory = struct.pack(
            _DIRECTORY_HEAD, _DIRECTORY, self.size - start, _VERSION, _AD_HOC | _BY_LINKER, self._first_digest - start,
            struct.calcsize(_DIRECTORY_HEAD), 0, self._pages, self.limit, _SHA256_SIZE, _SHA256, 0, _PAGE_BITS,
            0, 0, 0, 0, 0, *self.code, int(self.program),
        )  # fmt: skip
        front = (head + directory + self.identifier).ljust(self._first_digest, b"\0")
        pages = range(0, self.limit, 1 << _PAGE_BITS)
        return front + b"".join(
            hashlib.sha256(data[place : min(place + (1 << _PAGE_BITS), self.limit)]).digest() for place in pages
        )


class NoRoomError(ValueError):
    """The file was linked without `-headerpad_max_install_names`."""


def relink(
    data: bytes, needed: Mapping[str, str], *, name: str, own: str = "",
    dropped: Callable[[str], bool] = lambda _entry: False,
) -> bytes:  # fmt: skip
    """A file that needs libraries by other names, signed ad hoc if it was signed, or is for arm64.

    Args:
        data: a Mach-O file, of one architecture or several.
        needed: install names of libraries that it needs -> those to write in their place.
        name: what it is signed by: its file name.
        own: its own install name; "" leaves it.
        dropped: whether an entry of its search path (LC_RPATH) goes away.

    Raises:
        NoRoomError: the file has no room for the names.
        ValueError: it is damaged, or no Mach-O file of 64 bits.
    """
    try:
        parts = [_signed(_renamed(part, needed, own, dropped), name) for part in split(data)]
    except (struct.error, IndexError) as error:
        raise ValueError(f"the file ends too early: {error}") from error
    return parts[0] if len(parts) == 1 else join(parts)


def _renamed(data: bytes, needed: Mapping[str, str], own: str, dropped: Callable[[str], bool]) -> bytes:
    expect_64_bits(data)
    commands = []
    for kind, command in _commands(data):
        name = _text(command) if kind in (*LOADS, _ID, RPATH) else ""
        if kind == RPATH and dropped(name):
            continue
        new = needed.get(name, "") if kind in LOADS else own if kind == _ID else ""
        commands.append(_with_text(command, new) if new else command)
    return _with_commands(data, commands)


def _signed(data: bytes, name: str) -> bytes:
    """The file with a signature of its own; as it is, where it has and needs none."""
    kinds = [kind for kind, _ in _commands(data)]
    cpu = struct.unpack_from("<I", data, 4)[0]
    if _SIGNATURE not in kinds:
        if cpu != _ARM64:
            return data
        data = data.ljust(-(-len(data) // _ALIGN) * _ALIGN, b"\0")
        added = struct.pack("<4I", _SIGNATURE, 16, len(data), 0)
        data = _with_commands(data, [*(command for _, command in _commands(data)), added])
    segments = {command[8:24].rstrip(b"\0"): struct.unpack_from("<4Q", command, 24)
                for kind, command in _commands(data) if kind == SEGMENT}  # fmt: skip
    if b"__LINKEDIT" not in segments:
        raise ValueError("it has no segment __LINKEDIT, which holds a signature")
    limit = next(struct.unpack_from("<I", command, 8)[0] for kind, command in _commands(data) if kind == _SIGNATURE)
    if limit > len(data):
        raise ValueError("the file ends before its signature")
    text = segments.get(b"__TEXT", (0, 0, 0, 0))
    signature = _Signature(
        identifier=name.encode(), limit=limit, code=(text[2], text[3]),
        program=struct.unpack_from("<I", data, 12)[0] == _PROGRAM,
    )  # fmt: skip
    commands = [_resized(kind, command, signature) for kind, command in _commands(data)]
    signed = _with_commands(data, commands)[:limit]
    return signed + signature.over(signed)


def _resized(kind: int, command: bytes, signature: _Signature) -> bytes:
    """A command that says where the signature ends, with that end."""
    if kind == _SIGNATURE:
        return command[:12] + struct.pack("<I", signature.size)
    if kind == SEGMENT and command[8:24].rstrip(b"\0") == b"__LINKEDIT":
        address, memory, place, _ = struct.unpack_from("<4Q", command, 24)
        size = signature.limit + signature.size - place
        memory = max(memory, -(-size // _SEGMENT_PAGE) * _SEGMENT_PAGE)
        return command[:24] + struct.pack("<4Q", address, memory, place, size) + command[56:]
    return command


# --- load commands ----------------------------------------------------------------------------------------------------


def _commands(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and bytes of each load command."""
    count = struct.unpack_from("<I", data, 16)[0]
    place = _HEAD_SIZE
    for _ in range(count):
        kind, size = struct.unpack_from("<2I", data, place)
        if size < 8 or place + size > len(data):  # noqa: PLR2004 - the head of a command
            raise ValueError("a load command has no size, or ends behind the file")
        yield kind, data[place : place + size]
        place += size


def _with_commands(data: bytes, commands: list[bytes]) -> bytes:
    """The file with these commands in place of its own; what follows stays where it is."""
    head = list(struct.unpack_from(_HEAD, data))
    end, room = _HEAD_SIZE + head[5], _first_content(data)
    body = b"".join(commands)
    if _HEAD_SIZE + len(body) > max(room, end):
        raise NoRoomError(f"its head has {room - _HEAD_SIZE} bytes for load commands, and needs {len(body)}")
    head[4:6] = [len(commands), len(body)]
    written = struct.pack(_HEAD, *head) + body
    return written.ljust(end, b"\0") + data[max(end, len(written)) :]


def _first_content(data: bytes) -> int:
    """Where the first section begins: load commands may fill the file up to there."""
    places = [len(data)]
    for kind, command in _commands(data):
        if kind != SEGMENT:
            continue
        _, _, place, size = struct.unpack_from("<4Q", command, 24)
        count = struct.unpack_from("<I", command, 64)[0]
        places += [place] if place and size else []
        sections = range(_SEGMENT_SIZE, min(_SEGMENT_SIZE + count * _SECTION_SIZE, len(command)), _SECTION_SIZE)
        places += [found for one in sections if (found := struct.unpack_from("<I", command, one + 48)[0])]
    return min(places)


def _text(command: bytes) -> str:
    """The name in a command that has one at its end."""
    (start,) = struct.unpack_from("<I", command, 8)
    return command[start:].partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _with_text(command: bytes, text: str) -> bytes:
    (start,) = struct.unpack_from("<I", command, 8)
    size = -(-(start + len(text.encode()) + 1) // 8) * 8
    changed = command[:4] + struct.pack("<I", size) + command[8:start] + text.encode()
    return changed.ljust(size, b"\0")
