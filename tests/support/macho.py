"""Mach-O files of a few hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

import struct

CPUS = {"X86_64": 0x01000007, "ARM64": 0x0100000C}
FLAT, SYSTEM = 0xFE, "/usr/lib/libSystem.B.dylib"


def library(
    machine: str,
    *exported: str,
    sought: tuple[str, ...] = (),
    needed: tuple[str, ...] = (SYSTEM,),
    minimum: tuple[int, int] = (11, 0),
    rpath: str = "",
) -> bytes:
    """A dylib that defines EXPORTED, looks for SOUGHT anywhere, and is linked against NEEDED."""
    commands = [_dylib(name) for name in needed]
    if rpath:
        text = rpath.encode() + b"\0"
        text += b"\0" * (-len(text) % 8)
        commands.append(struct.pack("<3I", 0x8000001C, 12 + len(text), 12) + text)
    commands.append(struct.pack("<6I", 0x32, 24, 1, minimum[0] << 16 | minimum[1] << 8, 0, 0))
    start = 32 + sum(map(len, commands)) + 24
    names = [*exported, *sought]
    strings, symbols = b"\0", b""
    for name in names:
        kind, described = (0x0F, 0) if name in exported else (0x01, FLAT << 8)
        symbols += struct.pack("<IBBHQ", len(strings), kind, 1, described, 0)
        strings += b"_" + name.encode() + b"\0"
    commands.append(struct.pack("<6I", 0x2, 24, start, len(names), start + len(symbols), len(strings)))
    body = b"".join(commands)
    head = struct.pack("<8I", 0xFEEDFACF, CPUS[machine], 0, 6, len(commands), len(body), 0x80, 0)
    return head + body + symbols + strings


def _dylib(name: str) -> bytes:
    text = name.encode() + b"\0"
    text += b"\0" * (-len(text) % 8)
    return struct.pack("<6I", 0xC, 24 + len(text), 24, 0, 0, 0) + text
