"""What a Mach-O file says of itself: machine, oldest macOS, libraries, names; and several of them in one file.

Read here (Apple's <mach-o/loader.h>, <mach-o/fat.h>, <mach-o/nlist.h>), because a library for it would be one
more thing in every isolated build environment for a hundred lines.
"""

from __future__ import annotations

import posixpath
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from xconan.binary.budget import Budget
from xconan.binary.finding import Finding
from xconan.ground.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.host.platforms import Platform

MAGICS = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_THIN64, _FAT = 0xFEEDFACF, 0xCAFEBABE
_CPUS = {0x01000007: "X86_64", 0x0100000C: "ARM64", 7: "I386"}
_SUBTYPE = 0x00FFFFFF  # without CPU_SUBTYPE_MASK, which tells of features
_ALIGN = {"X86_64": 12, "ARM64": 14}  # of a slice, as a power of two: the size of a page
_SYMTAB, _ID, _VERSION_MIN, _BUILD_VERSION = 0x2, 0xD, 0x24, 0x32  # LC_
RPATH, SEGMENT = 0x8000001C, 0x19  # LC_RPATH, LC_SEGMENT_64
LOADS = (0xC, 0x80000018, 0x8000001F, 0x80000023, 0x20)  # LC_LOAD_DYLIB, weak, reexported, upward, lazy
_EXTERNAL, _PRIVATE, _TYPE, _DEBUG, _WEAK = 0x01, 0x10, 0x0E, 0xE0, 0x40
_OBJECT, _CODE = 1, 0x80000400  # MH_OBJECT, S_ATTR_PURE_ or _SOME_INSTRUCTIONS
_OWN = ("PyInit", "PyModExport")  # what somebody may have meant to export
_ANYWHERE = (0xFE, 0)  # DYNAMIC_LOOKUP_ORDINAL: whichever library has it when the file is loaded; zig writes 0
_TWO_LEVELS = 0x80  # MH_TWOLEVEL: symbols say which library has them
SYSTEM = ("/usr/lib/", "/System/")  # what is macOS' own
HERE = "@loader_path"  # dyld(1): the folder of the file that needs the library


@dataclass(frozen=True, kw_only=True)
class MachO:
    """One architecture of a Mach-O file.

    Attributes:
        machine: CPU_TYPE_ without it: "ARM64", or its number as text.
        minimum: the oldest macOS that loads it, None where it does not say.
        needed: install names of libraries.
        search: what @rpath stands for in them (LC_RPATH).
        exported, sought: names that it defines, and that it hopes to find in any library; without the underscore.
        data: those that it exports and that are no functions.
        hidden: names of modules' init functions that it defines, and that nobody else can find.
        linked: it is more than an object file.
        identity: the install name by which others need it (LC_ID_DYLIB), "" where it has none.
    """

    machine: str
    minimum: tuple[int, int] | None
    needed: tuple[str, ...]
    search: tuple[str, ...]
    exported: tuple[str, ...]
    sought: tuple[str, ...]
    data: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    linked: bool = True
    identity: str = ""


def read_macho(data: bytes) -> tuple[MachO, ...]:
    """The architectures in a Mach-O file.

    Raises:
        ValueError: the file is damaged, or no Mach-O file of 64 bits.
    """
    try:
        return tuple(_read_thin(part) for part in split(data))
    except (struct.error, IndexError) as error:
        raise ValueError(f"the file ends too early: {error}") from error


def expect_64_bits(data: bytes) -> None:
    """Say that a file is none of one architecture of 64 bits, before its fields are taken for what they are not.

    Raises:
        ValueError: it is none: one of 32 bits, a universal one with places of 64 bits (FAT_MAGIC_64), anything else.
        struct.error: the file ends too early.
    """
    if struct.unpack_from("<I", data)[0] != _THIN64:
        raise ValueError("it is no Mach-O file of 64 bits")


def split(data: bytes) -> list[bytes]:
    """The files of one architecture each that a Mach-O file holds; itself, where it is one.

    Raises:
        ValueError: they lie over each other.
        struct.error: the file ends too early.
    """
    if int.from_bytes(data[:4], "big") != _FAT:
        return [data]
    (count,) = struct.unpack_from(">I", data, 4)
    places = [struct.unpack_from(">5I", data, 8 + 20 * number)[2:4] for number in range(count)]
    if sum(size for _, size in places) > len(data):
        raise ValueError("its architectures lie over each other")
    return [data[start : start + size] for start, size in places]


def slices(data: bytes) -> dict[tuple[int, int], bytes]:
    """The files of one architecture each that a Mach-O file holds, by CPU_TYPE_ and CPU_SUBTYPE_.

    Raises:
        ValueError: the file is damaged, or no Mach-O file of 64 bits.
    """
    found: dict[tuple[int, int], bytes] = {}
    read_macho(data)
    for part in split(data):
        cpu, sub = struct.unpack_from("<II", part, 4)
        found[cpu, sub & _SUBTYPE] = part
    return found


def join(parts: Sequence[bytes]) -> bytes:
    """One file of several architectures (a "fat" or universal file), in the order given.

    Raises:
        ValueError: a part is damaged, or holds none or several architectures; two parts are for the same one.
    """
    head, body = struct.pack(">II", _FAT, len(parts)), b""
    start = len(head) + 20 * len(parts)
    known: set[tuple[int, int]] = set()
    for part in parts:
        images = read_macho(part)
        if len(images) != 1:
            has = f"has {len(images)} architectures in it already" if images else "has no architecture in it"
            raise ValueError(f"one of the files to join {has}, and each may have one")
        image = images[0]
        align = _ALIGN.get(image.machine, max(_ALIGN.values()))
        padding = -(start + len(body)) % (1 << align)
        body += b"\0" * padding
        cpu, sub = struct.unpack_from("<II", part, 4)
        if (cpu, sub & _SUBTYPE) in known:
            raise ValueError(f"two of the files to join are for {image.machine}")
        known.add((cpu, sub & _SUBTYPE))
        head += struct.pack(">5I", cpu, sub, start + len(body), len(part), align)
        body += part
    return head + body


def check_macho(
    name: str, slices: Sequence[MachO], platforms: Sequence[Platform], inside: set[str],
    images: Mapping[str, Sequence[MachO]],
) -> Iterator[Finding]:  # fmt: skip
    """What about a file would not work on the hosts.

    Args:
        name: of the file in the wheel.
        slices: what it holds.
        platforms: the hosts, one an architecture.
        inside: names of everything in the wheel, with folders.
        images: what all of the wheel's files hold: dyld looks along the run paths of those that load a file, too.
    """
    paths = [(file, entry) for file in (name, *_loaders(name, images)) for one in images[file] for entry in one.search]
    by_machine = {image.machine: image for image in slices}
    for platform in platforms:
        image = by_machine.get(platform.arch.machine)
        if image is None:
            message = f"it is for {', '.join(by_machine)}, but the host {platform.tag} is {platform.arch.machine}"
            yield Finding(file=name, message=message,
                          hint="remove it if it is a leftover; otherwise CMake used another compiler")  # fmt: skip
            continue
        yield from _check_slice(name, image, platform, inside, paths)


def _loaders(name: str, images: Mapping[str, Sequence[MachO]]) -> list[str]:
    """The files that load this file, directly or through others."""
    needed = {file: {posixpath.basename(one) for image in slices for one in image.needed}
              for file, slices in images.items()}  # fmt: skip
    found = [name]
    for loaded in found:  # which grows
        found += [file for file, names in needed.items() if posixpath.basename(loaded) in names and file not in found]
    return found[1:]


def _check_slice(
    name: str, image: MachO, platform: Platform, inside: set[str], paths: Sequence[tuple[str, str]]
) -> Iterator[Finding]:
    if image.minimum and platform.floor and image.minimum > platform.floor:
        has, asks = (f"{version[0]}.{version[1]}" for version in (image.minimum, platform.floor))
        yield Finding(file=name, message=f"it needs macOS {has}, but the tag {platform.tag} promises {asks}",
                      hint="build it with a deployment target of the tag's version, or raise the tag's")  # fmt: skip
    for library in image.needed:
        if not (library.startswith(SYSTEM) or _is_there(name, library, paths, inside)):
            beside = any(file.rsplit("/", 1)[-1] == library.rsplit("/", 1)[-1] for file in inside)
            why = "its RPATH does not lead to it" if beside else "it is neither part of macOS nor in the wheel"
            yield Finding(file=name, message=f"it needs {library}, and {why}",
                          hint="link it statically, or install() it beside the module, RPATH @loader_path")  # fmt: skip
    lost = [symbol for symbol in image.sought if not symbol.lstrip("_").startswith("Py")]
    if lost:
        message = f"nothing defines {listed(lost)}, which it looks for when it is loaded"
        yield Finding(file=name, message=message, hint="link the library that has it")  # fmt: skip


def _is_there(name: str, library: str, paths: Sequence[tuple[str, str]], inside: set[str]) -> bool:
    """Whether a library's install name leads to a file of the wheel; `paths` are files, and their run paths."""
    top, _, rest = library.partition("/")
    places = [(file, f"{entry}/{rest}") for file, entry in paths] if top == "@rpath" else [(name, library)]
    return any(
        posixpath.normpath(posixpath.join(posixpath.dirname(file), place.removeprefix(HERE).lstrip("/"))) in inside
        for file, place in places
        if place.startswith(f"{HERE}/")
    )


def _read_thin(data: bytes) -> MachO:
    expect_64_bits(data)
    _magic, cpu, _sub, kind, count, _size, flags = struct.unpack_from("<7I", data)
    minimum: tuple[int, int] | None = None
    identity = ""
    needed: list[str] = []
    search: list[str] = []
    code: list[bool] = []  # by section
    symbols: list[_Symbol] = []
    place = 32
    budget = Budget(len(data))
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, place)
        if command in LOADS:
            (start,) = struct.unpack_from("<I", data, place + 8)
            needed.append(budget.name(data, place + start))
        elif command == _ID:
            (start,) = struct.unpack_from("<I", data, place + 8)
            identity = budget.name(data, place + start)
        elif command == RPATH:
            (start,) = struct.unpack_from("<I", data, place + 8)
            search.append(budget.name(data, place + start))
        elif command in (_VERSION_MIN, _BUILD_VERSION):
            (version,) = struct.unpack_from("<I", data, place + (8 if command == _VERSION_MIN else 12))
            minimum = (version >> 16, version >> 8 & 0xFF)
        elif command == _SYMTAB:
            start, entries, strings = struct.unpack_from("<3I", data, place + 8)
            symbols = _read_symbols(data, start, entries, strings, budget)
        elif command == SEGMENT:
            (sections,) = struct.unpack_from("<I", data, place + 64)
            for number in range(min(sections, size // 80)):
                (attributes,) = struct.unpack_from("<I", data, place + 72 + 80 * number + 64)
                code.append(bool(attributes & _CODE))
        if size < 8:  # noqa: PLR2004 - the head of a command
            raise ValueError("a load command has no size")
        place += size
    return MachO(
        machine=_CPUS.get(cpu, str(cpu)),
        minimum=minimum,
        needed=tuple(needed),
        search=tuple(search),
        exported=tuple(symbol.name for symbol in symbols if symbol.exported),
        sought=tuple(symbol.name for symbol in symbols if symbol.sought) if flags & _TWO_LEVELS else (),
        data=tuple(
            symbol.name
            for symbol in symbols
            if symbol.exported and 0 < symbol.section <= len(code) and not code[symbol.section - 1]
        ),
        hidden=tuple(symbol.name for symbol in symbols if symbol.hidden and symbol.name.startswith(_OWN)),
        linked=kind != _OBJECT,
        identity=identity,
    )


class _Symbol(NamedTuple):
    """One entry of the table of symbols."""

    name: str
    kind: int
    section: int
    description: int

    @property
    def exported(self) -> bool:
        """Whether others find it here."""
        return bool(self.kind & _TYPE and self.kind & _EXTERNAL and not self.kind & _PRIVATE)

    @property
    def hidden(self) -> bool:
        """Whether it is here, and others don't find it."""
        return bool(self.kind & _TYPE and not self.exported)

    @property
    def sought(self) -> bool:
        """Whether whichever library has it will do."""
        elsewhere = not self.kind & _TYPE and self.kind & _EXTERNAL and self.description >> 8 in _ANYWHERE
        return bool(elsewhere and not self.description & _WEAK)


def _read_symbols(data: bytes, start: int, count: int, strings: int, budget: Budget) -> list[_Symbol]:
    table = data[start : start + 16 * count]
    if len(table) < 16 * count:
        raise IndexError("the table of symbols is cut off")
    budget.spend(16 * count)
    return [
        _Symbol(budget.name(data, strings + name).removeprefix("_"), kind, section, description)
        for name, kind, section, description, _value in struct.iter_unpack("<IBBHQ", table)
        if not kind & _DEBUG
    ]
