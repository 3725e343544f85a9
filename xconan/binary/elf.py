"""The head of an ELF file: machine, class, byte order, float ABI; and of the first object in a static library.

It is read here (System V gABI, chapter 4: 20 bytes and the flags), because it is asked of every library in every
build; what follows in the file is read by dynamic.py, whose pyelftools takes longer to import than a rebuild may.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from xconan.host.platforms import Libc

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.host.platforms import Arch

_MACHINES = {
    "SPARC": 2, "386": 3, "MIPS": 8, "PPC": 20, "PPC64": 21, "S390": 22, "ARM": 40, "SPARCV9": 43, "IA_64": 50,
    "X86_64": 62, "AARCH64": 183, "RISCV": 243, "CSKY": 252, "LOONGARCH": 258,
}  # fmt: skip
_NAMES = {number: name for name, number in _MACHINES.items()}
_ARM_SOFT = 0x200  # EF_ARM_ABI_FLOAT_SOFT, ELF for the Arm Architecture, 5.2
OBJECT, SHARED = 1, 3  # ET_REL, ET_DYN: kinds of a header
_ARCHIVE, _THIN_ARCHIVE = b"!<arch>\n", b"!<thin>\n"
_MUSL = "ld-musl-"  # what the names of musl's loader begin with
_INTERP = 3  # PT_INTERP
_LONGEST = 4096  # PATH_MAX


@dataclass(frozen=True, kw_only=True)
class Header:
    """The head of an ELF file. `machine` is e_machine without EM_ ("AARCH64"), or its number as text; `kind` e_type."""

    machine: str
    bits: int
    endian: str
    flags: int
    kind: int

    def describe(self) -> str:
        """For people: "AARCH64, 64 bits, little-endian"."""
        return f"{self.machine}, {self.bits} bits, {self.endian}-endian"


def read_header(stream: BinaryIO) -> Header | None:
    """The ELF header at the stream's position; None if there is none."""
    start = stream.read(52)
    if len(start) < 52 or not start.startswith(b"\x7fELF"):  # noqa: PLR2004 - the size of a 32-bit header
        return None
    bits = 64 if start[4] == 2 else 32  # noqa: PLR2004 - ELFCLASS64
    order = "big" if start[5] == 2 else "little"  # noqa: PLR2004 - ELFDATA2MSB
    mark = ">" if order == "big" else "<"
    kind, machine = struct.unpack_from(f"{mark}HH", start, 16)
    (flags,) = struct.unpack_from(f"{mark}I", start, 48 if bits == 64 else 36)  # noqa: PLR2004
    return Header(machine=_NAMES.get(machine, str(machine)), bits=bits, endian=order, flags=flags, kind=kind)


def read_library(path: Path) -> Header | None:
    """The header of a shared library or of the first object in a static one; None if it is neither."""
    with path.open("rb") as stream:
        magic = stream.read(8)
        if magic == _THIN_ARCHIVE:
            return None
        if magic != _ARCHIVE:
            stream.seek(0)
            return read_header(stream)
        while len(entry := stream.read(60)) == 60:  # noqa: PLR2004 - ar_hdr, ar(5)
            here, size = stream.tell(), entry[48:58].strip()
            if not size.isdigit():
                return None
            if header := read_header(stream):
                return header
            stream.seek(here + int(size) + int(size) % 2)
    return None


def loader(program: Path) -> str:
    """What loads a program (PT_INTERP): "/lib/ld-musl-x86_64.so.1"; "" for a static one, and for what is none."""
    with program.open("rb") as stream:
        header = read_header(stream)
        if header is None:
            return ""
        wide, mark = header.bits == 64, ">" if header.endian == "big" else "<"  # noqa: PLR2004
        stream.seek(0)
        head = stream.read(64)
        table, sizes = struct.Struct(f"{mark}{'Q' if wide else 'I'}"), struct.Struct(f"{mark}HH")
        (offset,) = table.unpack_from(head, 32 if wide else 28)
        size, count = sizes.unpack_from(head, 54 if wide else 42)
        entry = struct.Struct(f"{mark}I4xQ16xQ" if wide else f"{mark}II8xI")
        for number in range(count if size >= entry.size else 0):
            stream.seek(offset + number * size)
            data = stream.read(entry.size)
            if len(data) < entry.size:
                return ""
            kind, place, length = entry.unpack(data)
            if kind == _INTERP and length <= _LONGEST:
                stream.seek(place)
                return stream.read(length).rstrip(b"\0").decode(errors="replace")
    return ""


def is_for(program: Path, libc: Libc | None) -> bool:
    """Whether what loads a program is of this C library; where nothing says which, or it is static, it may be.

    Args:
        program: a program of Linux.
        libc: of its platform tag, None where the tag names none.
    """
    name = loader(program) if libc else ""
    return not name or is_of_musl(name) == (libc is Libc.MUSL)


def is_of_musl(name: str) -> bool:
    """Whether a dynamic linker, by its path, is musl's; Nix has it elsewhere than in /lib."""
    return name.rpartition("/")[2].startswith(_MUSL)


def mismatch(header: Header, arch: Arch) -> str | None:
    """Why a file with this header can't run on this architecture; None if it can."""
    expected = Header(machine=arch.machine, bits=arch.bits, endian=arch.endian, flags=header.flags, kind=header.kind)
    if header != expected:
        return f"it is for {header.describe()}, but the host {arch.name} is {expected.describe()}"
    if arch.hard_float and header.kind == SHARED and header.flags & _ARM_SOFT:
        return f"it passes floats in integer registers (soft float), but the host {arch.name} is hard float"
    return None
