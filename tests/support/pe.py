"""PE files of a few hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

import struct

MACHINES = {"AMD64": 0x8664, "ARM64": 0xAA64, "I386": 0x14C}
_BASE, _CODE, _RAW = 0x1000, 0x100000, 0x400
DLL, PROGRAM = 0x2002, 0x0002


def library(
    machine: str, *exported: str, needed: tuple[str, ...] = ("KERNEL32.dll",), sought: tuple[str, ...] = (),
    data: tuple[str, ...] = (), flags: int = DLL,
) -> bytes:  # fmt: skip
    """A DLL that exports EXPORTED, of these DATA as no functions, and imports from NEEDED, from the first SOUGHT."""
    wide = machine != "I386"
    body = bytearray(b"\0" * 40)
    names = [_add(body, name) for name in exported]
    table = len(body)
    body += b"".join(struct.pack("<I", _BASE + place) for place in names)
    functions = len(body)
    body += b"".join(struct.pack("<I", _BASE + table if name in data else _CODE) for name in exported)
    numbers = len(body)
    body += b"".join(struct.pack("<H", number) for number in range(len(names)))
    counts = (1, len(names), len(names))
    struct.pack_into("<10I", body, 0, 0, 0, 0, 0, *counts, _BASE + functions, _BASE + table, _BASE + numbers)
    dlls = [_add(body, name) for name in needed]
    hints = [_add(body, f"\0\0{name}") for name in sought]
    thunks = len(body)
    body += b"".join(struct.pack("<Q" if wide else "<I", _BASE + place) for place in [*hints, -_BASE])
    imports = len(body)
    tables = [_BASE + thunks] + [0] * len(dlls)
    body += b"".join(struct.pack("<5I", tables[one], 0, 0, _BASE + place, 0) for one, place in enumerate(dlls))
    body += b"\0" * 20
    optional = struct.pack("<H", 0x20B if wide else 0x10B) + b"\0" * (106 if wide else 90)
    optional += struct.pack("<I", 16) + struct.pack("<4I", _BASE, 40, _BASE + imports, 20) + b"\0" * (14 * 8)
    head = struct.pack("<HHIIIHH", MACHINES[machine], 2, 0, 0, 0, len(optional), flags)
    section = (
        b".rdata\0\0"
        + struct.pack("<4I", len(body), _BASE, len(body), _RAW)
        + b"\0" * 12
        + struct.pack("<I", 0x40000040)
    )
    section += b".text\0\0\0" + struct.pack("<4I", 1, _CODE, 0, 0) + b"\0" * 12 + struct.pack("<I", 0x60000020)
    dos = b"MZ" + b"\0" * 58 + struct.pack("<I", 64)
    front = dos + b"PE\0\0" + head + optional + section
    return front + b"\0" * (_RAW - len(front)) + bytes(body)


def _add(body: bytearray, name: str) -> int:
    place = len(body)
    body += name.encode() + b"\0"
    return place
