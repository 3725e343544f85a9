"""ELF files and static libraries of a few hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from elftools.elf.enums import ENUM_E_MACHINE

MACHINES = {"386": 3, "PPC64": 21, "S390": 22, "ARM": 40, "X86_64": 62, "AARCH64": 183, "RISCV": 243, "LOONGARCH": 258}
REL, EXEC, DYN = 1, 2, 3
ARM_SOFT, ARM_HARD = 0x05000200, 0x05000400
GLOBAL, LOCAL, FUNCTION, OBJECT, HIDDEN = 1, 0, 2, 1, 2  # STB_, STT_, STV_
STACK, EXECUTABLE_STACK = 6, 7  # p_flags of PT_GNU_STACK
_DYNSYM, _STRTAB, _DYNAMIC, _SYMTAB, _HASH, _RELA = 11, 3, 6, 2, 5, 4
_VERSYM, _VERNEED = 0x6FFFFFFF, 0x6FFFFFFE


@dataclass(frozen=True, kw_only=True)
class Elf:
    """What an ELF header says, and how its libraries are made.

    Attributes:
        number: e_machine, where it is none of MACHINES.
        stripped: without section headers, as `llvm-strip --strip-sections` leaves them.
        gnu_hash: the count of symbols is in DT_GNU_HASH, as by default today, not in DT_HASH.
        odd_hash: there is a DT_HASH, too, which is not as the processor's ABI has it.
        stack: p_flags of PT_GNU_STACK, None for no such segment.
        static_tls: bytes of thread-local storage, in the initial-exec model; AARCH64 alone.
        x86_level: of GNU_PROPERTY_X86_ISA_1_NEEDED.
        search: what tag RUNPATH has: DT_RUNPATH, or 15 for DT_RPATH.
        arm, riscv: Tag_CPU_arch, Tag_RISCV_arch.
        symbols: (name, STB_, STT_, STV_, section, 0 for none) that are in the table beside those of `library`.
        local: names in .symtab alone.
    """

    machine: str = "AARCH64"
    number: int = 0
    bits: int = 64
    endian: str = "little"
    flags: int = 0
    kind: int = DYN
    stripped: bool = False
    search: int = 29
    gnu_hash: bool = False
    odd_hash: bool = False
    stack: int | None = STACK
    static_tls: int = 0
    x86_level: int = 0
    arm: int = 0
    riscv: str = ""
    symbols: tuple[tuple[str, int, int, int, int], ...] = ()
    local: tuple[str, ...] = ()

    def header(self, sections: tuple[int, int] = (0, 0), segments: tuple[int, int] = (0, 0)) -> bytes:
        """The header alone; (offset, count) of the tables that it names."""
        big, wide = self.endian == "big", self.bits == 64
        ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
        word = "Q" if wide else "I"
        (section_offset, count), (segment_offset, segment_count) = sections, segments
        rest = struct.pack(
            f"{self._order}HHI{word}{word}{word}I6H",
            self.kind, int(ENUM_E_MACHINE[f"EM_{self.machine}"]), 1, 0, segment_offset, section_offset, self.flags,
            64 if wide else 52, 56 if wide else 32, segment_count, 64 if wide else 40, count, count - 1 if count else 0,
        )  # fmt: skip
        return ident + rest

    def library(
        self,
        *names: str,
        needed: tuple[str, ...] = (),
        undefined: tuple[str, ...] = (),
        versions: tuple[tuple[str, str, str], ...] = (),
        runpath: str = "",
        soname: str = "",
    ) -> bytes:
        """A shared library that exports NAMES, is linked against NEEDED and takes UNDEFINED from others.

        VERSIONS are (library, version, symbol): what it takes by a version. RUNPATH is where it looks for NEEDED,
        SONAME the name that others need it by.
        """
        extra = [name for name, *_ in self.symbols]
        texts = (
            *names,
            *needed,
            *undefined,
            *extra,
            *self.local,
            runpath,
            soname,
            *(word for one in versions for word in one),
        )
        strings, places = b"\0", {}
        for text in dict.fromkeys(texts):
            places[text] = len(strings)
            strings += text.encode() + b"\0"
        rows = [
            *(((name, GLOBAL, FUNCTION, 0, 1), 1) for name in names),
            *(((name, GLOBAL, FUNCTION, 0, 0), 1) for name in undefined),
            *((one, 1) for one in self.symbols),
            *(((one[2], GLOBAL, FUNCTION, 0, 0), number) for number, one in enumerate(versions, start=2)),
        ]
        symbols = self._symbol(0) + b"".join(self._symbol(places[name], *rest) for (name, *rest), _ in rows)
        numbers = struct.pack(f"{self._order}{len(rows) + 1}H", 0, *(version for _, version in rows))
        parts = [
            (".dynsym", _DYNSYM, symbols), (".dynstr", _STRTAB, strings),
            *([(".gnu.version", _VERSYM, numbers), (".gnu.version_r", _VERNEED, self._needs(versions, places))]
              if versions else []),
            (".hash", _HASH, self._hash(len(rows) + 1)),
        ]  # fmt: skip
        if self.local:
            own = b"".join(self._symbol(places[name], LOCAL, FUNCTION, 0, 1) for name in self.local)
            parts.append((".symtab", _SYMTAB, self._symbol(0) + own))
        if self.static_tls:  # R_AARCH64_TLS_TPREL64 of a symbol of its own
            parts.append((".rela.dyn", _RELA, struct.pack(f"{self._order}QQQ", 0, 1030, 0)))
        parts += self._attributes()
        tags = [(1, places[name]) for name in needed]
        tags += [(self.search, places[runpath])] if runpath else []
        tags += [(14, places[soname])] if soname else []
        return self._put_together(parts, tags, len(versions))

    def program(self, loader: str) -> bytes:
        """A program that names what loads it (PT_INTERP)."""
        name = loader.encode() + b"\0"
        start = len(self.header())
        place = start + (56 if self.bits == 64 else 32)
        segment = self._segment(3, place, len(name))
        return replace(self, kind=EXEC).header(segments=(start, 1)) + segment + name

    def _put_together(self, parts: list[tuple[str, int, bytes]], tags: list[tuple[int, int]], versions: int) -> bytes:
        """Header, segments, parts, the dynamic section and section headers; loaded at address 0, as it is."""
        order, word = self._order, "Q" if self.bits == 64 else "I"
        head = len(self.header()) + (56 if self.bits == 64 else 32) * self._segment_count(parts)
        places, end = {}, head
        for name, _kind, data in parts:
            places[name], end = end, end + len(data)
        tags += [(5, places[".dynstr"]), (6, places[".dynsym"])]
        tags += [(0x6FFFFEF5 if self.gnu_hash else 4, places[".hash"])]
        tags += [(4, places[".dynstr"])] if self.odd_hash else []
        if self.static_tls:
            tags += [(7, places[".rela.dyn"]), (8, 24), (9, 24)]
        if versions:
            tags += [(0x6FFFFFF0, places[".gnu.version"]), (0x6FFFFFFE, places[".gnu.version_r"])]
            tags += [(0x6FFFFFFF, versions)]
        dynamic = b"".join(struct.pack(f"{order}{word}{word}", *pair) for pair in [*tags, (0, 0)])
        places[".dynamic"] = end
        size = end + len(dynamic)
        segments = self._segment(1, 0, size) + self._segment(2, end, len(dynamic))
        segments += self._segment(0x6474E551, 0, 0, flags=self.stack) if self.stack is not None else b""
        segments += self._segment(7, size, 0, memory=self.static_tls) if self.static_tls else b""
        notes = {name: data for name, kind, data in parts if kind == 7}
        segments += b"".join(self._segment(4, places[name], len(data)) for name, data in notes.items())
        body = segments + b"".join(data for *_, data in parts) + dynamic
        count = self._segment_count(parts)
        if self.stripped:
            return self.header(segments=(len(self.header()), count)) + body
        everything = [*parts, (".dynamic", _DYNAMIC, dynamic)]
        table, labels = self._sections(everything, places, versions, size)
        start = size + len(labels)
        return self.header((start, len(everything) + 2), (len(self.header()), count)) + body + labels + table

    def _sections(
        self, parts: list[tuple[str, int, bytes]], places: dict[str, int], versions: int, size: int
    ) -> tuple[bytes, bytes]:
        labels = b"\0" + b"".join(name.encode() + b"\0" for name, *_ in parts) + b".shstrtab\0"
        table = self._section()
        wide = self.bits == 64
        entries = {_DYNSYM: 24 if wide else 16, _SYMTAB: 24 if wide else 16, _DYNAMIC: 16 if wide else 8, _VERSYM: 2}
        strings = next(number for number, one in enumerate(parts, start=1) if one[0] == ".dynstr")
        for name, kind, data in parts:
            link = (
                1
                if kind in (_VERSYM, _HASH, _RELA)
                else strings
                if kind in (_DYNSYM, _DYNAMIC, _VERNEED, _SYMTAB)
                else 0
            )
            label, info = labels.index(b"\0" + name.encode() + b"\0") + 1, versions if kind == _VERNEED else 1
            entry = entries.get(kind, 0)
            table += self._section(label, kind, places[name], len(data), link=link, entry=entry, info=info)
        table += self._section(labels.index(b"\0.shstrtab\0") + 1, _STRTAB, size, len(labels))
        return table, labels

    def _segment_count(self, parts: list[tuple[str, int, bytes]]) -> int:
        return 2 + (self.stack is not None) + bool(self.static_tls) + sum(kind == 7 for _, kind, _ in parts)

    def _hash(self, count: int) -> bytes:
        """How many symbols there are: a table of one bucket with all of them in its chain."""
        if self.gnu_hash:  # buckets, the first symbol in them, words of the Bloom filter, shift
            bloom = struct.pack(f"{self._order}{'Q' if self.bits == 64 else 'I'}", 0)
            chain = [0] * (count - 2) + [1] if count > 1 else []
            return struct.pack(f"{self._order}4I", 1, 1, 1, 0) + bloom + struct.pack(
                f"{self._order}{1 + len(chain)}I", 1 if chain else 0, *chain)  # fmt: skip
        word = "Q" if self.machine == "S390" and self.bits == 64 else "I"
        return struct.pack(f"{self._order}{3 + count}{word}", 1, count, 0, *([0] * count))

    def _attributes(self) -> list[tuple[str, int, bytes]]:
        order, parts = self._order, []
        if self.x86_level:
            data = struct.pack(f"{order}III", 0xC0008002, 4, (1 << self.x86_level) - 1)
            data += b"\0" * (-len(data) % (8 if self.bits == 64 else 4))
            parts.append((".note.gnu.property", 7, struct.pack(f"{order}3I4s", 4, len(data), 5, b"GNU\0") + data))
        if self.arm:
            parts.append((".ARM.attributes", 0x70000003, self._tags(b"aeabi\0", bytes([6, self.arm]))))
        if self.riscv:
            parts.append(
                (".riscv.attributes", 0x70000003, self._tags(b"riscv\0", b"\x05" + self.riscv.encode() + b"\0"))
            )
        return parts

    def _tags(self, vendor: bytes, pairs: bytes) -> bytes:
        """Attributes of the whole file (Addenda to the ABI for the Arm Architecture, 3)."""
        scope = struct.pack(f"{self._order}BI", 1, 5 + len(pairs)) + pairs
        return b"A" + struct.pack(f"{self._order}I", 4 + len(vendor) + len(scope)) + vendor + scope

    def _needs(self, versions: tuple[tuple[str, str, str], ...], places: dict[str, int]) -> bytes:
        """One Verneed with one Vernaux a version (LSB 5.0, 10.7.4)."""
        data = b""
        for number, (library, version, _symbol) in enumerate(versions, start=2):
            last = number == len(versions) + 1
            data += struct.pack(f"{self._order}HHIII", 1, 1, places[library], 16, 0 if last else 32)
            data += struct.pack(f"{self._order}IHHII", 0, 0, number, places[version], 0)
        return data

    @property
    def _order(self) -> str:
        return ">" if self.endian == "big" else "<"

    def _symbol(self, name: int, bind: int = 0, kind: int = 0, visibility: int = 0, section: int = 0) -> bytes:
        info = bind << 4 | kind
        if self.bits == 64:
            return struct.pack(f"{self._order}IBBHQQ", name, info, visibility, section, 0, 0)
        return struct.pack(f"{self._order}IIIBBH", name, 0, 0, info, visibility, section)

    def _segment(self, kind: int, offset: int, size: int, *, memory: int | None = None, flags: int | None = 4) -> bytes:
        memory = size if memory is None else memory
        if self.bits == 64:
            return struct.pack(f"{self._order}IIQQQQQQ", kind, flags, offset, offset, offset, size, memory, 8)
        return struct.pack(f"{self._order}8I", kind, offset, offset, offset, size, memory, flags, 4)

    def _section(  # noqa: PLR0913 - as many as a section header has
        self, name: int = 0, kind: int = 0, offset: int = 0, size: int = 0, *, link: int = 0, entry: int = 0,
        info: int = 1,
    ) -> bytes:  # fmt: skip
        word = "Q" if self.bits == 64 else "I"
        form = f"{self._order}II{word}{word}{word}{word}II{word}{word}"
        return struct.pack(form, name, kind, 0, 0, offset, size, link, info, 1, entry)


def archive(*members: tuple[str, bytes], thin: bool = False) -> bytes:
    """A static library, ar(5)."""
    out = b"!<thin>\n" if thin else b"!<arch>\n"
    for name, data in members:
        out += f"{name + '/':16}{0:<12}{0:<6}{0:<6}{'644':8}{len(data):<10}`\n".encode()
        if not thin:
            out += data + b"\n" * (len(data) % 2)
    return out
