"""ELF files and static libraries of a few hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MACHINES = {"386": 3, "PPC64": 21, "S390": 22, "ARM": 40, "X86_64": 62, "AARCH64": 183, "RISCV": 243}
REL, EXEC, DYN = 1, 2, 3
ARM_SOFT, ARM_HARD = 0x05000200, 0x05000400
DYNSYM, STRTAB, DYNAMIC, DT_NEEDED = 11, 3, 6, 1


@dataclass(frozen=True, kw_only=True)
class Elf:
    """What an ELF header says."""

    machine: str = "AARCH64"
    bits: int = 64
    endian: str = "little"
    flags: int = 0
    kind: int = DYN

    def header(self, section_offset: int = 0, sections: int = 0) -> bytes:
        """The header alone."""
        big, wide = self.endian == "big", self.bits == 64
        ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
        word = "Q" if wide else "I"
        rest = struct.pack(
            f"{self._order}HHI{word}{word}{word}I6H",
            self.kind, MACHINES[self.machine], 1, 0, 0, section_offset, self.flags,
            64 if wide else 52, 0, 0, 64 if wide else 40, sections, sections - 1 if sections else 0,
        )  # fmt: skip
        return ident + rest

    def library(self, *names: str, needed: tuple[str, ...] = ()) -> bytes:
        """A shared library that exports NAMES and is linked against NEEDED."""
        words = [name.encode() + b"\0" for name in (*names, *needed)]
        strings = b"\0" + b"".join(words)
        places = [1 + sum(map(len, words[:number])) for number in range(len(words))]
        symbols = self._symbol(0, 0) + b"".join(self._symbol(place, 1) for place in places[: len(names)])
        pairs = [*((DT_NEEDED, place) for place in places[len(names) :]), (0, 0)]
        word = "Q" if self.bits == 64 else "I"
        dynamic = b"".join(struct.pack(f"{self._order}{word}{word}", *pair) for pair in pairs)
        labels = b"\0.dynsym\0.dynstr\0.dynamic\0.shstrtab\0"
        start = len(self.header())
        parts = (symbols, strings, dynamic, labels)
        offsets = [start + sum(map(len, parts[:number])) for number in range(4)]
        wide = self.bits == 64
        table = self._section() + self._section(1, DYNSYM, offsets[0], len(symbols), link=2, entry=24 if wide else 16)
        table += self._section(9, STRTAB, offsets[1], len(strings))
        table += self._section(17, DYNAMIC, offsets[2], len(dynamic), link=2, entry=16 if wide else 8)
        table += self._section(26, STRTAB, offsets[3], len(labels))
        content = b"".join(parts)
        return self.header(start + len(content), 5) + content + table

    @property
    def _order(self) -> str:
        return ">" if self.endian == "big" else "<"

    def _symbol(self, name: int, section: int) -> bytes:
        info = 0x12 if name else 0  # a global function
        if self.bits == 64:
            return struct.pack(f"{self._order}IBBHQQ", name, info, 0, section, 0, 0)
        return struct.pack(f"{self._order}IIIBBH", name, 0, 0, info, 0, section)

    def _section(
        self, name: int = 0, kind: int = 0, offset: int = 0, size: int = 0, *, link: int = 0, entry: int = 0
    ) -> bytes:
        word = "Q" if self.bits == 64 else "I"
        form = f"{self._order}II{word}{word}{word}{word}II{word}{word}"
        return struct.pack(form, name, kind, 0, 0, offset, size, link, 1, 1, entry)


def archive(*members: tuple[str, bytes], thin: bool = False) -> bytes:
    """A static library, ar(5)."""
    out = b"!<thin>\n" if thin else b"!<arch>\n"
    for name, data in members:
        out += f"{name + '/':16}{0:<12}{0:<6}{0:<6}{'644':8}{len(data):<10}`\n".encode()
        if not thin:
            out += data + b"\n" * (len(data) % 2)
    return out
