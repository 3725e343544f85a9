"""The index of a static library, as ar writes it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from xconan.binary.archive import offered_names

if TYPE_CHECKING:
    from pathlib import Path


def archive(name: str, index: bytes) -> bytes:
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{0:<8}{len(index):<10}`\n".encode()
    return b"!<arch>\n" + head + index


@pytest.mark.parametrize(("name", "form"), [("/", ">I"), ("/SYM64/", ">Q")])
def test_index(tmp_path: Path, name: str, form: str) -> None:
    index = struct.pack(form, 3) + struct.pack(form, 68) * 3 + b"deflate\0_ZN3foo3barEv\0deflate\0"
    (tmp_path / "libz.a").write_bytes(archive(name, index))
    assert offered_names(tmp_path / "libz.a") == ("deflate", "_ZN3foo3barEv")


@pytest.mark.parametrize("content", [b"", b"!<arch>\n", b"INPUT(libz_real.a)\n", archive("core.o/", b"\x7fELF")])
def test_no_index(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "libz.a").write_bytes(content)
    assert offered_names(tmp_path / "libz.a") == ()
