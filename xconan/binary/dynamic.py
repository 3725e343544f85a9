"""What an ELF file tells the loader: names, libraries, versions, the stack and the processor that it wants.

Read as the loader reads it, by the program headers alone (gABI, chapter 5; LSB 5.0, 10.7): section headers may be
stripped, or say something else. They are asked, by pyelftools, for two things that only they have: names that a file
keeps to itself, and the attributes of ARM and RISC-V. The rest is unpacked here, in one go, because a large library
has a hundred thousand symbols, and an object of Python's for each takes seconds.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from xconan.binary.budget import Budget
from xconan.binary.elf import read_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elftools.elf.sections import Section

    from xconan.binary.elf import Header

_SMALLEST = 16  # bytes: a symbol of 32 bits, a needed version
_UNDEFINED, _LOCAL, _WEAK, _UNIQUE = 0, 0, 2, 10  # SHN_UNDEF, STB_LOCAL, STB_WEAK, STB_GNU_UNIQUE
_DATA = {1, 5, 6}  # STT_OBJECT, STT_COMMON, STT_TLS
_INTERNAL, _HIDDEN = 1, 2  # STV_
_NEEDED, _HASH, _STRTAB, _SYMTAB, _SONAME, _RPATH, _RUNPATH = 1, 4, 5, 6, 14, 15, 29  # DT_
_RELA, _REL, _JMPREL, _PLTREL = 7, 17, 23, 20  # the size of a table is the next number, that of DT_JMPREL 2
_GNU_HASH, _VERSYM, _VERNEED, _VERNEEDNUM = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF
# R_*_TPOFF* and R_*_TPREL*, by the psABI of each machine
_FIXED_TLS = {
    "X86_64": (18, 23), "386": (14, 37), "AARCH64": (1030,), "ARM": (19,), "PPC64": (73,), "S390": (56,),
    "RISCV": (10, 11), "LOONGARCH": (10, 11),
}  # fmt: skip
_PT_LOAD, _PT_DYNAMIC, _PT_NOTE, _PT_TLS, _PT_GNU_STACK = 1, 2, 4, 7, 0x6474E551
_PROPERTIES, _X86_NEEDED = 5, 0xC0008002  # NT_GNU_PROPERTY_TYPE_0, GNU_PROPERTY_X86_ISA_1_NEEDED
# Tag_CPU_arch -> the version of the architecture (Addenda to the ABI for the Arm Architecture, 3.3.5.2)
_ARM = {**dict.fromkeys(range(1, 3), 4), 3: 5, 4: 5, 5: 5, **dict.fromkeys((6, 7, 8, 9, 11, 12), 6), 10: 7, 13: 7}
_ARM |= dict.fromkeys(range(14, 22), 8) | {22: 9}
_RISCV_EXTENSION = re.compile(r"([a-z][a-z0-9]*?)(?:\d+p\d+)?")
_OWN = ("PyInit", "PyModExport")  # what somebody may have meant to export
_NOTE = 256  # what a note costs of the budget: files have a few
_PARTS, _ATTRIBUTES = 8, 256  # of a section of attributes, more than any compiler writes


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
    """What a file tells the loader.

    Attributes:
        exported: symbols that others can find in it.
        data: those of them that are no functions.
        weak: those of them of which any copy will do (STB_WEAK, STB_GNU_UNIQUE): C++'s inline functions and templates.
        hidden: names of modules' init functions that it defines, and that nobody else can find.
        undefined: symbols that it can't do without (no weak ones).
        soname: the name by which others need it (DT_SONAME), "" where it has none.
        needed: libraries (DT_NEEDED).
        versions: what these must have.
        search: where they are looked for (DT_RPATH and DT_RUNPATH).
        lent: where those that it loads look as well, if they have no DT_RUNPATH: its DT_RPATH, if it has none itself.
        linked: there is a dynamic section: a linker has made it.
        stack: whether it asks for an executable stack (PT_GNU_STACK); None where it does not say.
        static_tls: bytes of its thread-local storage, if it reaches them at a fixed place (initial-exec); 0 if not.
        x86_level: the N of x86-64-vN that it says it needs, 0 where it does not say.
        arm: the version of the ARM architecture that it was compiled for, 0 where it does not say.
        riscv: the extensions of RISC-V that it was compiled for: "i", "m", "zba".
    """

    exported: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    soname: str = ""
    needed: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    search: tuple[str, ...] = ()
    lent: tuple[str, ...] = ()
    linked: bool = False
    stack: bool | None = None
    static_tls: int = 0
    x86_level: int = 0
    arm: int = 0
    riscv: tuple[str, ...] = ()


def read_dynamic(stream: BinaryIO) -> Dynamic:
    """Read what a shared library or program tells the loader.

    Raises:
        ValueError: the file is damaged.
    """
    header = read_header(stream)
    if header is None:
        raise ValueError("the file ends too early")
    stream.seek(0)
    try:
        return _Image(header, stream.read()).dynamic()
    except (struct.error, ArithmeticError, LookupError, MemoryError) as error:
        raise ValueError("the file ends too early, or its tables are not where it says") from error


class _Segment(NamedTuple):
    offset: int
    address: int
    size: int
    memory: int
    flags: int


class _Symbol(NamedTuple):
    name: str
    section: int
    bind: int
    kind: int
    visibility: int

    @property
    def exported(self) -> bool:
        return self.section != _UNDEFINED and self.bind != _LOCAL and self.visibility not in (_INTERNAL, _HIDDEN)


class _Image:
    """The file as the loader maps it."""

    def __init__(self, header: Header, data: bytes) -> None:
        self.header, self.data = header, data
        self.wide, self.order = header.bits == 64, "<" if header.endian == "little" else ">"  # noqa: PLR2004
        self.most = len(data) // _SMALLEST  # a damaged count would keep us busy for hours
        self.budget = Budget(len(data))
        self.segments: dict[int, list[_Segment]] = {}
        (start,), (size, count) = (
            self.unpack("Q" if self.wide else "I", 32 if self.wide else 28),
            self.unpack("HH", 54 if self.wide else 42),
        )
        for place in range(start, start + size * min(count, self.most), size or 1):
            if self.wide:
                kind, flags, offset, address, _physical, length, memory = self.unpack("IIQQQQQ", place)
            else:
                kind, offset, address, _physical, length, memory, flags = self.unpack("7I", place)
            self.segments.setdefault(kind, []).append(_Segment(offset, address, length, memory, flags))

    def dynamic(self) -> Dynamic:
        """All of it."""
        if any(segment.offset + segment.size > len(self.data) for segment in self.segments.get(_PT_LOAD, ())):
            raise ValueError("the file ends too early")
        symbols = self.symbols() if self.tags else []
        undefined = [number for number, symbol in enumerate(symbols) if symbol.section == _UNDEFINED and symbol.name]
        stack, tls = self.segments.get(_PT_GNU_STACK), self.segments.get(_PT_TLS)
        return Dynamic(
            exported=tuple(symbol.name for symbol in symbols if symbol.exported),
            data=tuple(symbol.name for symbol in symbols if symbol.exported and symbol.kind in _DATA),
            weak=tuple(symbol.name for symbol in symbols if symbol.exported and symbol.bind in (_WEAK, _UNIQUE)),
            hidden=tuple(dict.fromkeys(self.hidden(symbols))),
            undefined=tuple(symbols[number].name for number in undefined if symbols[number].bind != _WEAK),
            soname="".join(self.text(place) for place in self.tags.get(_SONAME, ())[:1]),
            needed=tuple(self.text(place) for place in self.tags.get(_NEEDED, ())),
            versions=tuple(self.versions(symbols, undefined)),
            search=(*self.folders(_RPATH), *self.folders(_RUNPATH)),
            lent=() if _RUNPATH in self.tags else self.folders(_RPATH),
            linked=bool(self.tags),
            stack=bool(stack[0].flags & 1) if stack else None,
            static_tls=tls[0].memory if tls and self.has_fixed_tls(symbols) else 0,
            x86_level=self.x86_level(),
            arm=self.arm(),
            riscv=tuple(self.riscv()),
        )

    def folders(self, tag: int) -> tuple[str, ...]:
        """The entries of a search path."""
        return tuple(entry for place in self.tags.get(tag, ()) for entry in self.text(place).split(":"))

    @cached_property
    def tags(self) -> dict[int, list[int]]:
        """The dynamic section: values by DT_."""
        entries: dict[int, list[int]] = {}
        for segment in self.segments.get(_PT_DYNAMIC, ())[:1]:
            data = self.data[segment.offset : segment.offset + segment.size]
            form = f"{self.order}{'qQ' if self.wide else 'iI'}"
            for tag, value in struct.iter_unpack(form, data[: len(data) - len(data) % struct.calcsize(form)]):
                if tag == 0:
                    break
                entries.setdefault(tag, []).append(value)
        return entries

    def tag(self, number: int) -> int:
        """The value of a tag, 0 where there is none."""
        return self.tags.get(number, [0])[0]

    def place(self, address: int) -> int:
        """Where in the file an address of memory lies."""
        for segment in self.segments.get(_PT_LOAD, ()):
            if segment.address <= address < segment.address + segment.size:
                return segment.offset + address - segment.address
        raise IndexError(f"no segment holds address {address:#x}")

    @cached_property
    def strings(self) -> int:
        """Where the names are."""
        return self.place(self.tag(_STRTAB))

    def text(self, offset: int) -> str:
        """A name."""
        return self.word(self.strings + offset)

    def word(self, place: int) -> str:
        """What is written at a place of the file."""
        return self.budget.name(self.data, place)

    def unpack(self, form: str, place: int) -> tuple[int, ...]:
        """Numbers at a place of the file."""
        return struct.unpack_from(f"{self.order}{form}", self.data, place)

    def symbols(self) -> list[_Symbol]:
        """The dynamic symbols."""
        return self.table(self.place(self.tag(_SYMTAB)), self.count(), self.strings) if self.tag(_SYMTAB) else []

    def table(self, start: int, count: int, strings: int) -> list[_Symbol]:
        """A table of symbols with their names at `strings`."""
        form = f"{self.order}{'IBBHQQ' if self.wide else 'IIIBBH'}"
        size = struct.calcsize(form)
        data = self.data[start : start + count * size]
        symbols = []
        for row in struct.iter_unpack(form, data[: len(data) - len(data) % size]):
            name, info, other, section = row[:4] if self.wide else (row[0], *row[3:6])
            symbols.append(_Symbol(self.word(strings + name), section, info >> 4, info & 15, other & 3))
        return symbols

    def count(self) -> int:
        """How many symbols there are: only the hash tables say so (gABI 5: DT_HASH; DT_GNU_HASH)."""
        hashed, gnu = self.tag(_HASH), self.tag(_GNU_HASH)
        # DT_HASH of s390x has entries of 64 bits (psABI), but those of lld have 32
        unsure = self.header.machine == "S390" and self.wide
        if gnu and (unsure or not hashed):
            count = self._count_of_gnu(self.place(gnu))
        elif hashed:
            count = self.unpack("QQ" if unsure else "II", self.place(hashed))[1]
        else:
            return 0
        if count > self.most:
            raise ValueError("it counts more symbols than it can hold")
        return count

    def _count_of_gnu(self, place: int) -> int:
        """One more than the last symbol of the last chain; those before the first chain are in none."""
        buckets, first, bloom, _shift = self.unpack("4I", place)
        start = place + 16 + bloom * (8 if self.wide else 4)
        if buckets > self.most:
            raise ValueError("it counts more symbols than it can hold")
        last = max(self.unpack(f"{buckets}I", start), default=0)
        if last < first:
            return first
        while not self.unpack("I", start + 4 * (buckets + last - first))[0] & 1:
            last += 1
        return last + 1

    def has_fixed_tls(self, symbols: list[_Symbol]) -> bool:
        """Whether a relocation asks for the offset of a thread's own data from the thread's pointer.

        DF_STATIC_TLS is no witness: it is set for other libraries' data as well, and by no linker for AArch64.
        """
        for table, size, with_addend in ((_RELA, _RELA + 1, True), (_REL, _REL + 1, False), (_JMPREL, 2, None)):
            wide = "Q" if self.wide else "I"
            addend = self.tag(_PLTREL) == _RELA if with_addend is None else with_addend
            form = f"{self.order}{wide * (3 if addend else 2)}"
            start = self.place(self.tag(table)) if self.tag(table) else 0
            data = self.data[start : start + self.tag(size)] if start else b""
            for row in struct.iter_unpack(form, data[: len(data) - len(data) % struct.calcsize(form)]):
                symbol, kind = (row[1] >> 32, row[1] & 0xFFFFFFFF) if self.wide else (row[1] >> 8, row[1] & 0xFF)
                own = symbol == 0 or (symbol < len(symbols) and symbols[symbol].section != _UNDEFINED)
                if own and kind in _FIXED_TLS.get(self.header.machine, ()):
                    return True
        return False

    def versions(self, symbols: list[_Symbol], undefined: list[int]) -> Iterator[Version]:
        """What libraries must have."""
        taken: dict[int, list[str]] = {}
        if self.tag(_VERSYM):
            place = self.place(self.tag(_VERSYM))
            for number in undefined:
                (version,) = self.unpack("H", place + 2 * number)
                taken.setdefault(version & 0x7FFF, []).append(symbols[number].name)  # the highest bit: hidden
        place, left = (self.place(self.tag(_VERNEED)), self.most) if self.tag(_VERNEED) else (0, 0)
        for _ in range(min(self.tag(_VERNEEDNUM), self.most)):
            _version, count, library, first, following = self.unpack("HHIII", place)
            here = place + first
            for _ in range(count):
                left -= 1
                if left < 0:
                    raise ValueError("it counts more versions than it can hold")
                _hash, _flags, number, name, step = self.unpack("IHHII", here)
                self.budget.spend(len(taken.get(number, ())))
                yield Version(
                    library=self.text(library), name=self.text(name), symbols=tuple(sorted(taken.get(number, ())))
                )
                here += step
            place += following

    def hidden(self, symbols: list[_Symbol]) -> Iterator[str]:
        """Init functions that nobody finds: in the loader's table, or, unless it is stripped, in the linker's."""
        ours = [symbol for symbol in symbols if symbol.name.startswith(_OWN)]
        if any(symbol.exported for symbol in ours) or _OWN[0].encode() not in self.data:
            return
        candidates = [*ours, *self.linkers_symbols()]
        yield from (
            symbol.name for symbol in candidates if symbol.section != _UNDEFINED and symbol.name.startswith(_OWN)
        )

    def linkers_symbols(self) -> list[_Symbol]:
        """What .symtab has; nothing where it is stripped."""
        section = self.section(".symtab")
        strings = getattr(section, "stringtable", None)
        if section is None or strings is None:
            return []
        return self.table(section["sh_offset"], section["sh_size"] // (24 if self.wide else 16), strings["sh_offset"])

    def has_sections(self) -> bool:
        """Whether the section headers lie in the file: pyelftools would go through as many as a damaged one says."""
        (start,) = self.unpack("Q" if self.wide else "I", 40 if self.wide else 32)
        size, count = self.unpack("HH", 58 if self.wide else 46)
        if start and not count:  # more than the head can say: the first section has it
            (count,) = self.unpack("Q", start + 32) if self.wide else self.unpack("I", start + 20)
        return bool(start and size >= (64 if self.wide else 40) and start + size * count <= len(self.data))

    def section(self, name: str) -> Section | None:
        """A section by its name; None where there is none, or sections are not what they say."""
        from elftools.common.exceptions import ELFError  # noqa: PLC0415
        from elftools.construct import ConstructError  # noqa: PLC0415
        from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 35 ms, and most files need none of it

        try:
            return ELFFile(BytesIO(self.data)).get_section_by_name(name) if self.has_sections() else None
        except (
            ELFError, ConstructError, struct.error, ValueError, ArithmeticError, LookupError, AttributeError, TypeError,
            AssertionError, MemoryError,
        ):  # fmt: skip
            return None

    def x86_level(self) -> int:
        """The level of GNU_PROPERTY_X86_ISA_1_NEEDED: a bit each of baseline, v2, v3, v4 (x86-64 psABI, 2.2)."""
        if self.header.machine not in ("X86_64", "386"):
            return 0
        for segment in self.segments.get(_PT_NOTE, ()):
            place, end = segment.offset, segment.offset + segment.size
            align = 8 if self.wide else 4
            while place + 12 <= end:
                name, size, kind = self.unpack("3I", place)
                self.budget.spend(_NOTE + name)
                start = place + 12 + (name + 3) // 4 * 4
                if kind == _PROPERTIES and self.data[place + 12 : place + 12 + name] == b"GNU\0":
                    return self._x86_needed(start, start + size, align)
                place = (
                    start + (size + align - 1) // align * align if kind == _PROPERTIES else start + (size + 3) // 4 * 4
                )
        return 0

    def _x86_needed(self, place: int, end: int, align: int) -> int:
        while place + 8 <= end:
            kind, size = self.unpack("II", place)
            if kind == _X86_NEEDED:
                return self.unpack("I", place + 8)[0].bit_length()
            place += 8 + (size + align - 1) // align * align
        return 0

    def arm(self) -> int:
        """The version behind Tag_CPU_arch."""
        if self.header.machine != "ARM":
            return 0
        return next(
            (_ARM.get(value, 0) for tag, value in self._attributes(".ARM.attributes") if tag == "TAG_CPU_ARCH"), 0
        )

    def riscv(self) -> Iterator[str]:
        """The extensions in Tag_RISCV_arch: "rv64i2p1_m2p0_zba1p0"."""
        for tag, value in self._attributes(".riscv.attributes") if self.header.machine == "RISCV" else ():
            if tag == "TAG_ARCH":
                parts = re.sub(r"^rv\d+", "", str(value)).split("_")
                yield from (match[1] for part in parts if (match := _RISCV_EXTENSION.fullmatch(part)))

    def _attributes(self, name: str) -> Iterator[tuple[str, Any]]:
        section = self.section(name)
        with suppress(
            struct.error, ValueError, ArithmeticError, LookupError, AttributeError, TypeError, AssertionError
        ):
            # pyelftools goes in circles where lengths are wrong
            for part in islice(cast("Any", section).iter_subsections(), _PARTS) if section else ():
                for scope in islice(part.iter_subsubsections(), _PARTS):
                    attributes = islice(scope.iter_attributes(), _ATTRIBUTES)
                    yield from ((str(attribute.tag), attribute.value) for attribute in attributes)
