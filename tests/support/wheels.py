"""Wheels by hand: good ones, and what a hand can do to them."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.elf import Elf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

X86 = Elf(machine="X86_64")
CORE = "demo/_core.cpython-311-x86_64-linux-gnu.so"
GLIBC = ("libc.so.6", "GLIBC_2.17", "memcpy")


def module(*versions: tuple[str, str, str]) -> bytes:
    """A module of x86_64 that takes these symbols of glibc."""
    return X86.library("PyInit__core", needed=("libc.so.6",), versions=versions)


@dataclass(kw_only=True)
class Wheel:
    """A wheel to be written; what a test changes is no longer good.

    `record` are rows of RECORD to write in place of the true ones, by name; None for a row that is left out.
    """

    tags: str = "cp311-cp311-manylinux_2_17_x86_64"
    stem: str = "demo-1.0"
    folder: str = "demo-1.0.dist-info"
    metadata: str = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n"
    wheel: str = ""
    record: Mapping[str, str | None] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=lambda: {"demo/__init__.py": b"x = 1\n", CORE: module(GLIBC)})
    more: tuple[tuple[zipfile.ZipInfo, bytes], ...] = ()
    left_out: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write it and return its path."""
        place = folder / f"{self.stem}-{self.tags}.whl"
        python, abi, platforms = (part.split(".") for part in self.tags.split("-"))
        tags = "".join(f"Tag: {a}-{b}-{c}\n" for a in python for b in abi for c in platforms)
        pure = "true" if platforms == ["any"] else "false"
        wheel = self.wheel or f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: {pure}\n{tags}"
        files = {
            **self.files,
            f"{self.folder}/METADATA": self.metadata.encode(),
            f"{self.folder}/WHEEL": wheel.encode(),
        }
        files = {name: data for name, data in files.items() if name.split("/")[-1] not in self.left_out}
        rows: dict[str, str | None] = {name: row(name, data) for name, data in files.items()}
        rows |= {info.filename: row(info.filename, data) for info, data in self.more}
        rows[f"{self.folder}/RECORD"] = f"{self.folder}/RECORD,,"
        rows = {**rows, **self.record}
        files[f"{self.folder}/RECORD"] = "".join(f"{line}\n" for line in rows.values() if line is not None).encode()
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                if name.split("/")[-1] not in self.left_out:
                    archive.writestr(name, data)
            for info, data in self.more:
                archive.writestr(info, data)
        return place


def row(name: str, data: bytes, algorithm: str = "sha256") -> str:
    """A file's row in RECORD."""
    text = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode()
    return f"{name},{algorithm}={text},{len(data)}"
