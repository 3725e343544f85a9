"""The names that a static library offers, by its own index."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC = b"!<arch>\n"
_INDEX = {b"/": ">I", b"/SYM64/": ">Q"}  # GNU's and LLVM's ar; its numbers are big-endian everywhere


def static_libraries(package: Path) -> list[Path]:
    """The static libraries of a package in Conan's usual layout."""
    return sorted(path for below in ("lib", "lib64") for path in (package / below).rglob("*.a"))


def offered_names(path: Path) -> tuple[str, ...]:
    """The names that the linker finds in a static library; none where it is no archive, or has no index.

    The index is its first member: how many names, for each the place of its member, then the names.
    """
    with path.open("rb") as file:
        if file.read(8) != _MAGIC:
            return ()
        head = file.read(60)
        form = _INDEX.get(head[:16].strip())
        if form is None:
            return ()
        length = head[48:58].strip()
        index = file.read(int(length)) if length.isdigit() else b""
    size = struct.calcsize(form)
    if len(index) < size:
        return ()
    count: int = struct.unpack_from(form, index)[0]
    names = index[size * (count + 1) :].split(b"\0")[:count]
    return tuple(dict.fromkeys(name.decode("utf-8", "replace") for name in names))
