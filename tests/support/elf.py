"""ELF files and static libraries of a few hundred bytes, made up: nothing in them would run."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MACHINES = {"386": 3, "PPC64": 21, "S390": 22, "ARM": 40, "X86_64": 62, "AARCH64": 183, "RISCV": 243}
REL, EXEC, DYN = 1, 2, 3
ARM_SOFT, ARM_HARD = 0x05000200, 0x05000400
DYNSYM, STRTAB, DYNAMIC, DT_NEEDED, DT_RUNPATH = 11, 3, 6, 1, 29
VERSYM, VERNEED = 0x6FFFFFFF, 0x6FFFFFFE


@dataclass(frozen=True, kw_only=True)
class Elf:
    """What an ELF header says; `number` is e_machine where it is none of MACHINES."""

    machine: str = "AARCH64"
    number: int = 0
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
            self.kind, self.number or MACHINES[self.machine], 1, 0, 0, section_offset, self.flags,
            64 if wide else 52, 0, 0, 64 if wide else 40, sections, sections - 1 if sections else 0,
        )  # fmt: skip
        return ident + rest

    def library(
        self,
        *names: str,
        needed: tuple[str, ...] = (),
        undefined: tuple[str, ...] = (),
        versions: tuple[tuple[str, str, str], ...] = (),
        runpath: str = "",
    ) -> bytes:
        """A shared library that exports NAMES, is linked against NEEDED and takes UNDEFINED from others.

        VERSIONS are (library, version, symbol): what it takes by a version. RUNPATH is where it looks for NEEDED.
        """
        words = dict.fromkeys((*names, *needed, *undefined, runpath, *(word for one in versions for word in one)))
        strings, places = b"\0", {}
        for word in words:
            places[word] = len(strings)
            strings += word.encode() + b"\0"
        taken = [
            *((name, 1) for name in undefined),
            *((one[2], number) for number, one in enumerate(versions, start=2)),
        ]
        symbols = self._symbol(0, 0) + b"".join(self._symbol(places[name], 1) for name in names)
        symbols += b"".join(self._symbol(places[name], 0) for name, _version in taken)
        numbers = [0, *(1 for _ in names), *(version for _name, version in taken)]
        found = [(DT_RUNPATH, places[runpath])] if runpath else []
        pairs = [*((DT_NEEDED, places[name]) for name in needed), *found, (0, 0)]
        word = "Q" if self.bits == 64 else "I"
        wide = self.bits == 64
        content: list[tuple[str, int, bytes, int, int]] = [  # name, type, bytes, linked section, size of an entry
            (".dynsym", DYNSYM, symbols, 2, 24 if wide else 16),
            (".dynstr", STRTAB, strings, 0, 0),
            (".dynamic", DYNAMIC, b"".join(struct.pack(f"{self._order}{word}{word}", *pair) for pair in pairs), 2,
             16 if wide else 8),
        ]  # fmt: skip
        if versions:
            content += [
                (".gnu.version", VERSYM, struct.pack(f"{self._order}{len(numbers)}H", *numbers), 1, 2),
                (".gnu.version_r", VERNEED, self._needs(versions, places), 2, 0),
            ]
        return self._with_sections(content, count=len(versions))

    def _needs(self, versions: tuple[tuple[str, str, str], ...], places: dict[str, int]) -> bytes:
        """One Verneed with one Vernaux a version (LSB 5.0, 10.7.4)."""
        data = b""
        for number, (library, version, _symbol) in enumerate(versions, start=2):
            last = number == len(versions) + 1
            data += struct.pack(f"{self._order}HHIII", 1, 1, places[library], 16, 0 if last else 32)
            data += struct.pack(f"{self._order}IHHII", 0, 0, number, places[version], 0)
        return data

    def _with_sections(self, content: list[tuple[str, int, bytes, int, int]], count: int) -> bytes:
        labels = b"\0" + b"".join(name.encode() + b"\0" for name, *_ in content) + b".shstrtab\0"
        content = [*content, (".shstrtab", STRTAB, labels, 0, 0)]
        body, table = b"", self._section()
        for name, kind, data, link, entry in content:
            place = labels.index(b"\0" + name.encode() + b"\0") + 1
            info = count if kind == VERNEED else 1
            offset = len(self.header()) + len(body)
            table += self._section(place, kind, offset, len(data), link=link, entry=entry, info=info)
            body += data
        return self.header(len(self.header()) + len(body), len(content) + 1) + body + table

    @property
    def _order(self) -> str:
        return ">" if self.endian == "big" else "<"

    def _symbol(self, name: int, section: int) -> bytes:
        info = 0x12 if name else 0  # a global function
        if self.bits == 64:
            return struct.pack(f"{self._order}IBBHQQ", name, info, 0, section, 0, 0)
        return struct.pack(f"{self._order}IIIBBH", name, 0, 0, info, 0, section)

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
