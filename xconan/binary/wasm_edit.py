"""A WebAssembly side module with other names of the libraries that it needs, and a path to look for them.

Both stand in its first section, dylink.0, which nothing else in the file points into: it is written anew, all that
comes after it stays as it is (https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.binary.budget import Budget
from xconan.binary.wasm import CUSTOM, DYNAMIC, HEAD, NEEDED, PATHS, Bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SEVEN_BITS = 0x7F


def relink(data: bytes, names: Mapping[str, str], path: Callable[[tuple[str, ...]], Iterable[str]]) -> bytes:
    """The module as it is to be.

    Args:
        data: the module.
        names: new names of needed libraries, by those that it has needed them by.
        path: the folders to look in, of those that it has had; "$ORIGIN" is the module's own.

    Raises:
        ValueError: it is damaged, or no side module of a linker that knows of this section.
    """
    if not data.startswith(HEAD):
        raise ValueError("it has no head of WebAssembly's first version")
    file = Bytes(data, len(HEAD), len(data), Budget(len(data)))
    try:
        section = file.part() if file.byte() == CUSTOM else None
        if section is None or section.name() != DYNAMIC:
            raise ValueError(f"it does not begin with a section {DYNAMIC}")
        parts = _parts(section)
    except IndexError:
        raise ValueError("a section in it goes on behind its end") from None
    needed = [names.get(name, name) for name in parts.pop(NEEDED, Bytes(b"\0", 0, 1, file.budget)).names()]
    before = parts.pop(PATHS, Bytes(b"\0", 0, 1, file.budget)).names()
    bodies = {kind: data[part.place : part.end] for kind, part in parts.items()}
    bodies |= {kind: _row(row) for kind, row in {NEEDED: needed, PATHS: [*path(tuple(before))]}.items() if row}
    body = _name(DYNAMIC) + b"".join(_section(kind, bodies[kind]) for kind in sorted(bodies))
    return HEAD + _section(CUSTOM, body) + data[file.place :]


def _parts(section: Bytes) -> dict[int, Bytes]:
    """The subsections by their kind, each of which there is once."""
    parts: dict[int, Bytes] = {}
    while section:
        kind = section.byte()
        if kind in parts:
            raise ValueError(f"its section {DYNAMIC} has two parts of the kind {kind}")
        parts[kind] = section.part()
    return parts


def _number(value: int) -> bytes:
    """A number, seven bits a byte (LEB128)."""
    data = bytearray()
    while value > _SEVEN_BITS:
        data.append(value & _SEVEN_BITS | 0x80)
        value >>= 7
    return bytes([*data, value])


def _section(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _number(len(body)) + body


def _name(text: str) -> bytes:
    return _number(len(encoded := text.encode("utf-8"))) + encoded


def _row(names: Iterable[str]) -> bytes:
    items = [_name(name) for name in names]
    return _number(len(items)) + b"".join(items)
