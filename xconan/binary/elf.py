"""What an ELF file says of itself: machine, class, byte order, float ABI, exported names.

The header is read here (System V gABI, chapter 4: 20 bytes and the flags), because it is asked of every
library in every build; symbols are read by pyelftools, which takes longer to import than a rebuild may.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from elftools.elf.elffile import ELFFile

    from xconan.host.platforms import Arch

T = TypeVar("T")

_MACHINES = {
    "386": 3, "PPC64": 21, "S390": 22, "ARM": 40, "X86_64": 62, "AARCH64": 183, "RISCV": 243, "LOONGARCH": 258,
}  # fmt: skip
_NAMES = {number: name for name, number in _MACHINES.items()}
_SMALLEST = 16  # bytes: a symbol of 32 bits, a needed version
_ARM_SOFT = 0x200  # EF_ARM_ABI_FLOAT_SOFT, ELF for the Arm Architecture, 5.2
_SHARED = 3  # ET_DYN
_ARCHIVE, _THIN_ARCHIVE = b"!<arch>\n", b"!<thin>\n"


@dataclass(frozen=True, kw_only=True)
class Header:
    """The head of an ELF file. `machine` is e_machine without EM_ ("AARCH64"), or its number as text."""

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


def mismatch(header: Header, arch: Arch) -> str | None:
    """Why a file with this header can't run on this architecture; None if it can."""
    expected = Header(machine=arch.machine, bits=arch.bits, endian=arch.endian, flags=header.flags, kind=header.kind)
    if header != expected:
        return f"it is for {header.describe()}, but the host {arch.name} is {expected.describe()}"
    if arch.hard_float and header.kind == _SHARED and header.flags & _ARM_SOFT:
        return f"it passes floats in integer registers (soft float), but the host {arch.name} is hard float"
    return None


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version that a library must have (LSB 5.0, 10.7: symbol versioning).

    `library` is its file name ("libc.so.6"), `name` the version ("GLIBC_2.34"), `symbols` what is taken by it.
    """

    library: str
    name: str
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dynamic:
    """What the dynamic section says.

    `exported` are symbols that the file defines, `undefined` those that it can't do without (no weak ones),
    `needed` libraries (DT_NEEDED), `versions` what these must have, `search` where they are looked for (DT_RPATH and
    DT_RUNPATH).
    """

    exported: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    search: tuple[str, ...] = ()


def read_dynamic(stream: BinaryIO) -> Dynamic:
    """Read the dynamic symbols, their versions, and the needed libraries of a shared library or program.

    Raises:
        ValueError: the file is damaged.
    """
    from elftools.common.exceptions import ELFError  # noqa: PLC0415
    from elftools.construct import ConstructError  # noqa: PLC0415
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 35 ms, and an unchanged wheel needs none of it

    try:
        return _read_sections(ELFFile(stream))
    except (
        ELFError, ConstructError, struct.error, ValueError, ArithmeticError, LookupError, AttributeError, TypeError,
        AssertionError, MemoryError,
    ) as error:  # fmt: skip
        raise ValueError(str(error) or "the file ends too early") from error


def _read_sections(file: ELFFile) -> Dynamic:
    from elftools.elf.dynamic import DynamicSection  # noqa: PLC0415
    from elftools.elf.gnuversions import GNUVerNeedSection, GNUVerSymSection  # noqa: PLC0415
    from elftools.elf.sections import SymbolTableSection  # noqa: PLC0415

    names = (".dynsym", ".dynamic", ".gnu.version", ".gnu.version_r")
    table, tags, numbers, needs = (file.get_section_by_name(name) for name in names)
    most = file.stream_len // _SMALLEST  # a damaged count would keep us busy for hours
    symbols = _at_most(most, table.iter_symbols()) if isinstance(table, SymbolTableSection) else []
    undefined = [number for number, symbol in enumerate(symbols) if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name]
    taken: dict[int, list[str]] = {}
    if isinstance(numbers, GNUVerSymSection):
        data = numbers.data()
        order = "<" if file.little_endian else ">"
        for number in undefined:
            (version,) = struct.unpack_from(f"{order}H", data, 2 * number)
            taken.setdefault(version & 0x7FFF, []).append(symbols[number].name)  # the highest bit: hidden
    versions = (
        Version(library=str(library.name), name=str(one.name), symbols=tuple(sorted(taken.get(one["vna_other"], ()))))
        for library, ones in _at_most(most, needs.iter_versions() if isinstance(needs, GNUVerNeedSection) else ())
        for one in ones
    )
    needed = tags.iter_tags("DT_NEEDED") if isinstance(tags, DynamicSection) else ()
    search = [
        str(vars(tag)[kind])
        for kind in ("rpath", "runpath")
        for tag in (tags.iter_tags(f"DT_{kind.upper()}") if isinstance(tags, DynamicSection) else ())
    ]
    return Dynamic(
        exported=tuple(symbol.name for symbol in symbols if symbol["st_shndx"] != "SHN_UNDEF"),
        undefined=tuple(
            symbols[number].name for number in undefined if symbols[number]["st_info"]["bind"] != "STB_WEAK"
        ),
        needed=tuple(str(vars(tag)["needed"]) for tag in needed),
        versions=tuple(_at_most(most, versions)),
        search=tuple(entry for text in search for entry in text.split(":")),
    )


def _at_most(most: int, items: Iterable[T]) -> list[T]:
    found = list(islice(items, most + 1))
    if len(found) > most:
        message = "it counts more entries than it can hold"
        raise ValueError(message)
    return found
