"""Mach-O files of a few hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

import struct

CPUS = {"X86_64": 0x01000007, "ARM64": 0x0100000C}
FLAT, SYSTEM = 0xFE, "/usr/lib/libSystem.B.dylib"
OBJECT, DYLIB = 1, 6


def library(  # noqa: PLR0913 - as many as it says
    machine: str,
    *exported: str,
    sought: tuple[str, ...] = (),
    needed: tuple[str, ...] = (SYSTEM,),
    minimum: tuple[int, int] = (11, 0),
    rpath: str = "",
    data: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
    kind: int = DYLIB,
    room: int = 0,
    identity: str = "",
) -> bytes:
    """A dylib that defines EXPORTED, looks for SOUGHT anywhere, and is linked against NEEDED.

    Of what it defines, DATA are no functions, and HIDDEN are there beside them for itself alone. ROOM bytes are free
    for more load commands, and a segment is there for a signature. IDENTITY is the name that others need it by.
    """
    commands = [_segment((0x80000400, 0)), *(_dylib(name) for name in needed)]
    commands += [_dylib(identity, 0xD)] if identity else []
    if rpath:
        text = rpath.encode() + b"\0"
        text += b"\0" * (-len(text) % 8)
        commands.append(struct.pack("<3I", 0x8000001C, 12 + len(text), 12) + text)
    commands.append(struct.pack("<6I", 0x32, 24, 1, minimum[0] << 16 | minimum[1] << 8, 0, 0))
    start = 32 + sum(map(len, commands)) + 24 + (72 + room if room else 0)
    names = [*exported, *sought, *hidden]
    strings, symbols = b"\0", b""
    for name in names:
        type_, described = (0x0F, 0) if name in exported else (0x0E, 0) if name in hidden else (0x01, FLAT << 8)
        symbols += struct.pack("<IBBHQ", len(strings), type_, 2 if name in data else 1, described, 0)
        strings += b"_" + name.encode() + b"\0"
    commands.append(struct.pack("<6I", 0x2, 24, start, len(names), start + len(symbols), len(strings)))
    if room:
        size = len(symbols) + len(strings)
        commands.append(struct.pack("<2I16s4Q4I", 0x19, 72, b"__LINKEDIT", start, size, start, size, 1, 1, 0, 0))
    body = b"".join(commands)
    head = struct.pack("<8I", 0xFEEDFACF, CPUS[machine], 0, kind, len(commands), len(body), 0x80, 0)
    return head + body + b"\0" * room + symbols + strings


def _segment(attributes: tuple[int, ...]) -> bytes:
    """LC_SEGMENT_64 with sections of these attributes."""
    sections = b"".join(b"\0" * 64 + struct.pack("<I", one) + b"\0" * 12 for one in attributes)
    return (
        struct.pack("<2I16s4Q4I", 0x19, 72 + len(sections), b"__TEXT", 0, 0, 0, 0, 5, 5, len(attributes), 0) + sections
    )


def _dylib(name: str, command: int = 0xC) -> bytes:
    text = name.encode() + b"\0"
    text += b"\0" * (-len(text) % 8)
    return struct.pack("<6I", command, 24 + len(text), 24, 0, 0, 0) + text
