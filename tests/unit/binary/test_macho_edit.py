"""Install names in Mach-O files are changed, and the signature is that of the new bytes."""

from __future__ import annotations

import hashlib
import struct

import pytest

from xconan.binary.macho import join, read_macho
from xconan.binary.macho_edit import relink

ARM64, X86_64 = 0x0100000C, 0x01000007
PAGE = 4096
ROOM = 1024  # bytes for load commands before the first section
LZ4 = "@rpath/liblz4.1.dylib"
SYSTEM = "/usr/lib/libSystem.B.dylib"


def text(kind: int, head: int, name: str) -> bytes:
    body = name.encode() + b"\0"
    body += b"\0" * (-(head + len(body)) % 8)
    return struct.pack("<3I", kind, head + len(body), head) + b"\0" * (head - 12) + body


def segment(name: bytes, place: int, size: int, section: int = 0) -> bytes:
    sections = b"\0" * 48 + struct.pack("<I", section) + b"\0" * 28 if section else b""
    count = int(bool(section))
    return struct.pack(
        "<2I16s4Q4I", 0x19, 72 + len(sections), name, place, size, place, size, 5, 5, count, 0
    ) + sections  # fmt: skip


def dylib(cpu: int = ARM64, *, signed: bool = True, room: int = ROOM, size: int = 3 * PAGE) -> bytes:
    """A library that needs lz4 by @rpath, with content up to `size` and an old signature behind it."""
    commands = [
        segment(b"__TEXT", 0, size - 64, room), segment(b"__LINKEDIT", size - 64, 64 + 32 * signed),
        text(0xD, 24, "@rpath/libmine.dylib"), text(0xC, 24, LZ4), text(0xC, 24, SYSTEM),
        text(0x8000001C, 12, "/conan/p/lib"), text(0x8000001C, 12, "@loader_path/x"),
    ]  # fmt: skip
    commands += [struct.pack("<4I", 0x1D, 16, size, 32)] if signed else []
    body = b"".join(commands)
    head = struct.pack("<8I", 0xFEEDFACF, cpu, 0, 6, len(commands), len(body), 0x80, 0)
    data = (head + body).ljust(room, b"\0").ljust(size, b"\xaa")
    return data + (b"old signature".ljust(32, b"\0") if signed else b"")


def commands(data: bytes) -> list[tuple[int, bytes]]:
    found, place = [], 32
    for _ in range(struct.unpack_from("<I", data, 16)[0]):
        kind, size = struct.unpack_from("<2I", data, place)
        found.append((kind, data[place : place + size]))
        place += size
    return found


def assert_signed(data: bytes, identifier: bytes) -> None:
    """Each page has its digest in the one directory of the signature, which ends with the file and the last segment."""
    (place, size), = (struct.unpack_from("<2I", one, 8) for kind, one in commands(data) if kind == 0x1D)  # fmt: skip
    assert place % 16 == 0
    assert len(data) == place + size
    linkedit = next(struct.unpack_from("<4Q", one, 24) for kind, one in commands(data) if one[8:18] == b"__LINKEDIT")
    assert linkedit[2] + linkedit[3] == len(data)
    assert linkedit[1] >= linkedit[3]
    blob = data[place:]
    magic, length, count, slot, start = struct.unpack_from(">5I", blob)
    assert (magic, length, count, slot) == (0xFADE0CC0, size, 1, 0)
    words = struct.unpack_from(">9I", blob, start)
    assert words[0] == 0xFADE0C02
    assert words[3] & 2, "ad hoc"
    assert words[8] == place
    assert blob[start + words[5] :].partition(b"\0")[0] == identifier
    digests = [blob[start + words[4] + 32 * page :][:32] for page in range(words[7])]
    pages = [data[start : min(start + PAGE, place)] for start in range(0, place, PAGE)]
    assert digests == [hashlib.sha256(page).digest() for page in pages]


def mended(data: bytes) -> bytes:
    new = f"@loader_path/../{'deep/' * 6}liblz4-12345678.1.9.4.dylib"
    return relink(data, {LZ4: new}, name="mine.so", own="@rpath/libmine-1.dylib", dropped=lambda one: one[0] == "/")


@pytest.mark.parametrize("signed", [True, False])
def test_names_and_signature(signed: bool) -> None:  # noqa: FBT001
    before = dylib(signed=signed)
    data = mended(before)
    (image,) = read_macho(data)
    assert image.needed == (f"@loader_path/../{'deep/' * 6}liblz4-12345678.1.9.4.dylib", SYSTEM)
    assert image.search == ("@loader_path/x",)
    assert b"libmine-1.dylib" in data[:ROOM]
    assert data[ROOM : 3 * PAGE] == before[ROOM : 3 * PAGE], "what is behind the load commands stays"
    assert_signed(data, b"mine.so")
    assert mended(data) == data, "done twice is done once"


def test_what_is_not_signed_stays_so_where_no_machine_asks() -> None:
    data = mended(dylib(X86_64, signed=False))
    assert 0x1D not in [kind for kind, _ in commands(data)]
    assert len(data) == 3 * PAGE
    assert_signed(mended(dylib(X86_64)), b"mine.so")


@pytest.mark.parametrize("kind", [0xC, 0x80000018, 0x8000001F, 0x80000023, 0x20])
def test_every_way_to_need_a_library(kind: int) -> None:
    """It is read and changed: weak, reexported, upward, lazy."""
    before = dylib().replace(text(0xC, 24, LZ4), text(kind, 24, LZ4))
    assert read_macho(before)[0].needed == (LZ4, SYSTEM)
    assert LZ4 not in read_macho(mended(before))[0].needed


def test_every_architecture() -> None:
    data = mended(join([dylib(), dylib(X86_64)]))
    images = read_macho(data)
    assert [image.machine for image in images] == ["ARM64", "X86_64"]
    assert all(LZ4 not in image.needed for image in images)
    for number in (0, 1):
        start, size = struct.unpack_from(">2I", data, 8 + 20 * number + 8)
        assert_signed(data[start : start + size], b"mine.so")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (dylib(room=480), r"its head has 448 bytes for load commands, and needs \d+"),
        (dylib()[: 2 * PAGE], "ends before its signature"),
        (dylib()[:200], "a load command has no size, or ends behind the file"),
        (dylib()[:20], "ends too early"),
        (struct.pack(">2I", 0xCAFEBABF, 1) + dylib(), "no Mach-O file of 64 bits"),
        (b"\xce" + dylib()[1:], "no Mach-O file of 64 bits"),
        (join([dylib(), dylib(X86_64)]).replace(dylib(), b"\xce" + dylib()[1:]), "no Mach-O file of 64 bits"),
    ],
)
def test_what_can_not_be_changed_is_said(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mended(data)
