"""What a PE file (Windows' .pyd, .dll and .exe) says of itself: machine, libraries, exported names.

https://learn.microsoft.com/windows/win32/debug/pe-format; read here for the reason that macho.py gives.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.binary.budget import Budget
from xconan.binary.finding import Finding
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target

MAGIC = b"MZ"
_MACHINES = {0x8664: "AMD64", 0xAA64: "ARM64", 0x14C: "I386"}
_OPTIONAL = {0x10B: 96, 0x20B: 112}  # PE32 and PE32+: where the data directories begin in the optional header
_WIDE = 0x20B
_DLL, _CODE = 0x2000, 0x20000000  # IMAGE_FILE_DLL, IMAGE_SCN_MEM_EXECUTE
_EXPORTS, _IMPORTS, _DELAYED = 0, 1, 13
_MOST_SECTIONS = 96  # PE format, 3.3: "the Windows loader limits the number of sections to 96"
_API_SETS = re.compile(r"(api|ext)-ms-")
_PYTHON = re.compile(r"python3\d*t?(_d)?\.dll|libpypy3[\d.]*-c\.dll")


@dataclass(frozen=True, kw_only=True)
class Pe:
    """A PE file.

    Attributes:
        machine: IMAGE_FILE_MACHINE_ without it: "AMD64", or its number.
        needed: DLLs.
        exported, sought: names that it exports, and that it imports from Python's DLL.
        data: those that it exports and that are no functions.
        library: it is a DLL, not a program.
    """

    machine: str
    needed: tuple[str, ...]
    exported: tuple[str, ...]
    sought: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    library: bool = True


def read_pe(data: bytes) -> Pe:
    """Read a PE file.

    Raises:
        ValueError: the file is damaged, or none.
    """
    try:
        (start,) = struct.unpack_from("<I", data, 0x3C)
        if data[start : start + 4] != b"PE\0\0":
            raise ValueError("it has no PE header")
        machine, sections, *_, size, flags = struct.unpack_from("<HHIIIHH", data, start + 4)
        if sections > _MOST_SECTIONS:
            raise ValueError(f"it has {sections} sections, more than Windows loads")
        image = _Image(data=data, head=start + 24, size=size, sections=sections, budget=Budget(len(data)))
        return Pe(
            machine=_MACHINES.get(machine, f"{machine:#x}"),
            needed=(*image.imports(_IMPORTS, step=20, name=12), *image.imports(_DELAYED, step=32, name=4)),
            exported=tuple(image.exports()),
            data=tuple(image.exported_data()),
            library=bool(flags & _DLL),
            sought=tuple(image.imported_names(_PYTHON)),
        )
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError(f"the file ends too early: {error}") from error


def check_pe(name: str, image: Pe, target: Target, tags: WheelTags, beside: set[str]) -> Iterator[Finding]:
    """What about a file would not work on the host.

    Args:
        name: of the file in the wheel.
        image: what it says.
        target: the host.
        tags: of the wheel.
        beside: file names of what lies where Windows looks: in the same folder (os.add_dll_directory, Python 3.8).
    """
    arch = target.platform.arch
    if image.machine != arch.machine:
        message = f"it is for {image.machine}, but the host {target.platform.tag} is {arch.machine}"
        yield Finding(file=name, message=message,
                      hint="remove the file if it is a leftover; otherwise CMake used another compiler")  # fmt: skip
        return
    beside = {library.lower() for library in beside}
    own = {"python3.dll", "python3t.dll"}  # of the stable ABI
    own |= set() if tags.limited_api else {f"python{target.version}{'t' if target.free_threaded else ''}.dll"}
    for written in image.needed:
        library = written.lower()
        if library in beside or library.removesuffix(".dll") in _system_libraries() or _API_SETS.match(library):
            continue
        if _PYTHON.fullmatch(library) and target.implementation == "cp":
            if library not in own:
                whose = f"not every Python of the tag {tags} has" if tags.limited_api else f"{target.abi} does not have"
                yield Finding(file=name, message=f"it needs {written}, which {whose}",
                              hint="build it for the host's Python, for the stable ABI if the tag says so")  # fmt: skip
        elif not _PYTHON.fullmatch(library):
            message = f"it needs {written}, which is neither part of Windows nor beside it in the wheel"
            yield Finding(file=name, message=message,
                          hint="link it statically, or install() it into the module's folder")  # fmt: skip


@cache
def _system_libraries() -> frozenset[str]:
    return frozenset(cast("list[str]", load_toml(Path(__file__).with_name("windows.toml"))["system"]))


@dataclass(frozen=True, kw_only=True)
class _Image:
    """The file with its optional header at `head`, and how addresses of the loaded image become places in it."""

    data: bytes
    head: int
    size: int
    sections: int
    budget: Budget = field(repr=False)

    @cached_property
    def _sections(self) -> tuple[tuple[int, int, int, int], ...]:
        """Of each section: its first address, its size, its place in the file, its flags."""
        rows = []
        for number in range(self.sections):
            row = self.head + self.size + 40 * number
            size, start, raw_size, raw = struct.unpack_from("<4I", self.data, row + 8)
            rows.append((start, max(size, raw_size), raw, self._number(row + 36)))
        return tuple(rows)

    def imports(self, directory: int, *, step: int, name: int) -> Iterator[str]:
        """Names of DLLs in the table of (delayed) imports."""
        start = self._directory(directory)
        while start and (address := self._number(start + name)):
            yield self._text(address)
            start += step

    def imported_names(self, library: re.Pattern[str]) -> Iterator[str]:
        """The names that are imported from DLLs of this name."""
        start, wide = self._directory(_IMPORTS), struct.unpack_from("<H", self.data, self.head)[0] == _WIDE
        while start and (address := self._number(start + 12)):
            table = self._number(start) or self._number(start + 16)
            if table and library.fullmatch(self._text(address).lower()):
                place = self._place(table)
                while entry := int.from_bytes(self.data[place : place + (8 if wide else 4)], "little"):
                    self.budget.spend(1)
                    if not entry >> (63 if wide else 31):  # by name, not by number
                        yield self._text(entry + 2)
                    place += 8 if wide else 4
            start += 20

    def exports(self) -> Iterator[str]:
        """The names in the table of exports."""
        start = self._directory(_EXPORTS)
        if start:
            names = self._place(self._number(start + 32))
            yield from (self._text(self._number(names + 4 * index)) for index in range(self._number(start + 24)))

    def exported_data(self) -> Iterator[str]:
        """The exported names that lie in no section of code, and are not passed on to another DLL."""
        start = self._directory(_EXPORTS)
        functions = self._number(start + 28) if start else 0
        if not functions:
            return
        names, numbers = self._place(self._number(start + 32)), self._place(self._number(start + 36))
        table = self._place(functions)
        for index in range(self._number(start + 24)):
            (number,) = struct.unpack_from("<H", self.data, numbers + 2 * index)
            address = self._number(table + 4 * number)
            if not self._is_code(address) and not self._is_forwarded(address):
                yield self._text(self._number(names + 4 * index))

    def _is_forwarded(self, address: int) -> bool:
        """Whether the address is that of another DLL's name: within the table of exports (PE format, 6.3)."""
        (magic,) = struct.unpack_from("<H", self.data, self.head)
        first, size = struct.unpack_from("<2I", self.data, self.head + _OPTIONAL[magic] + 8 * _EXPORTS)
        return bool(first <= address < first + size)

    def _is_code(self, address: int) -> bool:
        for start, size, _, flags in self._sections:
            if start <= address < start + size:
                return bool(flags & _CODE)
        return True  # nobody knows

    def _directory(self, number: int) -> int:
        (magic,) = struct.unpack_from("<H", self.data, self.head)
        first = self.head + _OPTIONAL[magic]
        if number >= self._number(first - 4):
            return 0
        address = self._number(first + 8 * number)
        return self._place(address) if address else 0

    def _place(self, address: int) -> int:
        for start, size, raw, _ in self._sections:
            if start <= address < start + size:
                return raw + address - start
        raise IndexError(f"no section holds address {address:#x}")

    def _number(self, place: int) -> int:
        (value,) = struct.unpack_from("<I", self.data, place)
        return int(value)

    def _text(self, address: int) -> str:
        return self.budget.name(self.data, self._place(address))
