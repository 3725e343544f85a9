"""What a WebAssembly module (Emscripten's .so) says of itself: memory, libraries, names, how it unwinds.

https://webassembly.github.io/spec/core/binary/modules.html, and for side modules
https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md. It is read here in one go: a module is a
row of sections, each of which says how long it is, and only four kinds of them are looked into.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xconan.binary.budget import Budget
from xconan.binary.finding import Finding
from xconan.host.pyodide import pyodide_abi

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from xconan.host.platforms import Platform

MAGIC = b"\0asm"
HEAD = MAGIC + b"\1\0\0\0"
DYNAMIC = "dylink.0"
"""The section for the dynamic linker: a module's first."""
CUSTOM, _IMPORT, _MEMORY, _EXPORT = 0, 2, 5, 7  # sections
_FUNCTION, _TABLE, _OF_MEMORY, _GLOBAL, _TAG = range(5)  # kinds of what is imported or exported
_MAXIMUM, _SHARED, _WIDE, _PAGES = 1, 2, 4, 8  # flags of limits
NEEDED, _IMPORTS, PATHS = 2, 4, 5  # subsections of dylink.0
_BINDING, _WEAK = 3, 1  # flags of symbols
_REFERENCES = (0x63, 0x64)  # types that another one follows
_ADDRESSES = ("GOT.mem", "GOT.func")  # modules by which position independent code imports addresses
_LONGEST = 10  # bytes of a number of 64 bits
_ITEM = 64  # what a name, an import or an export costs of the budget beside its letters
_JAVASCRIPT = re.compile(r"invoke_[vijfdp]+|__cxa_find_matching_catch_\d+|_emscripten_throw_longjmp")
_USED = ord("+")  # a feature that it uses
_OWN_TAGS = ("__cpp_exception", "__c_longjmp")
_FLAGS = {"javascript": "-fexceptions", "wasm": "-fwasm-exceptions -sSUPPORT_LONGJMP=wasm"}
_WORDS = {"javascript": "JavaScript", "wasm": "WebAssembly's own exceptions"}


@dataclass(frozen=True, kw_only=True)
class Wasm:
    """A WebAssembly module.

    Attributes:
        machine: "wasm32" or "wasm64", by its memory.
        side_module: a linker has made it to be loaded into a program that runs: it begins with a section dylink.0.
        linked: it is no object that a linker has still to see.
        exported: names of functions and data that others can find in it.
        data: those of them that are no functions.
        undefined: names of functions and data that it can't do without.
        needed: libraries.
        path: folders in which they are looked for; "$ORIGIN" is the module's own.
        threads: it is compiled for threads: its memory is shared, or has to be (target_features).
        unwinding: how exceptions and longjmp find their way, where it has any: "javascript", "wasm".
    """

    machine: str
    side_module: bool
    linked: bool
    exported: tuple[str, ...]
    data: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    threads: bool = False
    unwinding: tuple[str, ...] = ()


def read_wasm(data: bytes) -> Wasm:
    """Read a WebAssembly module.

    Raises:
        ValueError: it is damaged, or none.
    """
    if not data.startswith(HEAD):
        raise ValueError("it has no head of WebAssembly's first version")
    image = _Image(budget=Budget(len(data)))
    try:
        image.read(Bytes(data, len(HEAD), len(data), image.budget))
    except IndexError:
        raise ValueError("a section in it goes on behind its end") from None
    return image.summary()


def check_wasm(
    name: str, module: Wasm, platform: Platform, names: Collection[str], *, by_python: bool = False
) -> Iterator[Finding]:
    """What about a module would not work on the host.

    Args:
        name: of the file in the wheel.
        module: what it says.
        platform: the host.
        names: of the wheel's files.
        by_python: Python files of the wheel load libraries, which a module finds then wherever they are.
    """
    if module.machine != platform.arch.machine:
        message = f"it is for {module.machine}, but the host {platform.tag} is {platform.arch.machine}"
        yield Finding(file=name, message=message,
                      hint="remove the file if it is a leftover; otherwise CMake used another compiler")  # fmt: skip
        return
    if module.linked and not module.side_module:
        yield Finding(
            file=name, message="it is a WebAssembly program, which no Python can load: it has no section dylink.0",
            hint="link it with -sSIDE_MODULE=2, as a target that is MODULE or SHARED",
        )  # fmt: skip
        return
    if module.threads:
        yield Finding(file=name, message="it is compiled for threads, which Pyodide has not, in whole or in part",
                      hint="take -pthread away from it and from the libraries in it")  # fmt: skip
    yield from _check_unwinding(name, module, platform)
    by_path = pyodide_abi(platform).libraries == "path" and not by_python
    places = {posixpath.basename(one): one for one in names}
    for library in module.needed:
        place = places.get(posixpath.basename(library))
        if place is None:
            yield Finding(file=name, message=f"it needs {library}, which is not in the wheel",
                          hint="link it statically, or install() it beside the module")  # fmt: skip
        elif by_path and not any(_leads_to(name, entry, library) in names for entry in module.path):
            folder = posixpath.relpath(posixpath.dirname(place) or ".", posixpath.dirname(name) or ".")
            origin = "$ORIGIN" if folder == "." else f"$ORIGIN/{folder}"
            yield Finding(
                file=name, message=f"it needs {library}, and its RPATH does not lead to {place}",
                hint=f"link it statically, or the module with LINKER:-rpath,{origin} in target_link_options()",
            )  # fmt: skip


def _leads_to(name: str, entry: str, library: str) -> str:
    """The file of the wheel that an entry of a search path leads to."""
    here = entry.replace("$ORIGIN", posixpath.dirname(name) or ".")
    return posixpath.normpath(posixpath.join(here, posixpath.basename(library)))


def _check_unwinding(name: str, module: Wasm, platform: Platform) -> Iterator[Finding]:
    """Exceptions by the other way than the tag's: the interpreter lacks what it imports for them."""
    abi = pyodide_abi(platform)
    right = abi.unwinding
    for way in module.unwinding if abi.promised else ():
        if way != right:
            yield Finding(
                file=name, message=f"its exceptions or longjmp go by {_WORDS[way]}, but those of {platform.tag} "
                f"by {_WORDS[right]}",
                hint=f"compile all of it with {_FLAGS[right]}, the libraries in it, too",
            )  # fmt: skip


@dataclass
class Bytes:
    """A part of the file, read from its beginning to its end."""

    data: bytes
    place: int
    end: int
    budget: Budget

    def __bool__(self) -> bool:
        return self.place < self.end

    def byte(self) -> int:
        """The next byte."""
        if self.place >= self.end:
            raise IndexError
        self.place += 1
        return self.data[self.place - 1]

    def number(self) -> int:
        """The next number (LEB128)."""
        value = 0
        for count in range(_LONGEST):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * count
            if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
                return value
        raise ValueError("a number in it has no end")

    def part(self) -> Bytes:
        """The next part, which begins with its length."""
        length = self.number()
        start = self.place
        if start + length > self.end:
            raise IndexError
        self.place += length
        return Bytes(self.data, start, self.place, self.budget)

    def name(self) -> str:
        """The next name."""
        part = self.part()
        self.budget.spend(part.end - part.place + 1)
        return self.data[part.place : part.end].decode("utf-8", "replace")

    def names(self) -> list[str]:
        """The next row of names."""
        return [self.name() for _ in self.items()]

    def items(self) -> Iterator[int]:
        """The places of the next row, one after the other; each costs, because what is made of it takes more room."""
        for place in range(self.number()):
            self.budget.spend(_ITEM)
            yield place


@dataclass
class _Image:
    """What has been read of the file."""

    budget: Budget
    dynamic: bool = False
    linked: bool = True
    wide: bool = False
    shared: bool = False
    needed: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    weak: set[tuple[str, str]] = field(default_factory=set)
    functions: dict[str, None] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    tags: dict[str, None] = field(default_factory=dict)
    exported: dict[str, int] = field(default_factory=dict)

    def read(self, file: Bytes) -> None:
        """All sections; that of the dynamic linker counts as the first alone, as its loader has it."""
        first = True
        while file:
            kind, section = file.byte(), file.part()
            if kind == CUSTOM:
                name = section.name()
                if first and name in (DYNAMIC, "dylink"):
                    self.dynamic = True
                    self._read_dynamic(section) if name == DYNAMIC else self._read_older_dynamic(section)
                self.linked = self.linked and name != "linking"
                if name == "target_features":
                    self._read_features(section)
            elif kind == _IMPORT:
                self._read_imports(section)
            elif kind == _MEMORY:
                for _ in section.items():
                    self._read_memory(section)
            elif kind == _EXPORT:
                self._read_exports(section)
            first = False

    def summary(self) -> Wasm:
        """The same as a record."""
        exported = tuple(name for name, kind in self.exported.items() if kind in (_FUNCTION, _GLOBAL))
        undefined = dict.fromkeys((*self.functions, *self.addresses))
        unwinding = {
            "javascript": any(_JAVASCRIPT.fullmatch(name) for name in self.functions),
            "wasm": any(name in self.tags for name in _OWN_TAGS),
        }
        return Wasm(
            machine="wasm64" if self.wide else "wasm32",
            side_module=self.dynamic,
            linked=self.linked,
            exported=exported,
            data=tuple(name for name in exported if self.exported[name] == _GLOBAL),
            undefined=tuple(name for name in undefined if name not in self.exported),
            needed=tuple(self.needed),
            path=tuple(self.path),
            threads=self.shared,
            unwinding=tuple(way for way, there in unwinding.items() if there),
        )

    def _read_dynamic(self, section: Bytes) -> None:
        while section:
            kind, part = section.byte(), section.part()
            if kind == NEEDED:
                self.needed += part.names()
            elif kind == PATHS:
                self.path += part.names()
            elif kind == _IMPORTS:
                for _ in part.items():
                    module, name = part.name(), part.name()
                    if part.number() & _BINDING == _WEAK:
                        self.weak.add((module, name))

    def _read_older_dynamic(self, section: Bytes) -> None:
        """As Emscripten wrote it before 2.0.31: sizes and alignments of memory and table, then libraries."""
        for _ in range(4):
            section.number()
        self.needed += section.names()

    def _read_features(self, section: Bytes) -> None:
        """What a linker has seen in objects: https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md."""
        for _ in section.items():
            used, name = section.byte() == _USED, section.name()
            self.shared = self.shared or (used and name == "atomics")

    def _read_imports(self, section: Bytes) -> None:
        for _ in section.items():
            module, name, kind = section.name(), section.name(), section.byte()
            self._pass_over(kind, section)
            if kind == _TAG:
                self.tags[name] = None
            elif (module, name) in self.weak:
                continue
            elif kind == _FUNCTION and module == "env":
                self.functions[name] = None
            elif kind == _GLOBAL and module in _ADDRESSES:
                self.addresses[name] = None

    def _pass_over(self, kind: int, section: Bytes) -> None:
        """What stands behind the name of an import: its type."""
        if kind == _FUNCTION:
            section.number()
        elif kind == _TABLE:
            self._read_type(section)
            self._read_limits(section)
        elif kind == _OF_MEMORY:
            self._read_memory(section)
        elif kind == _GLOBAL:
            self._read_type(section)
            section.byte()
        elif kind == _TAG:
            section.byte()
            section.number()
        else:
            raise ValueError(f"it imports something of the kind {kind}, which there is not")

    def _read_exports(self, section: Bytes) -> None:
        for _ in section.items():
            name, kind = section.name(), section.byte()
            section.number()
            self.exported[name] = kind

    def _read_memory(self, section: Bytes) -> None:
        flags = self._read_limits(section)
        self.wide, self.shared = bool(flags & _WIDE), self.shared or bool(flags & _SHARED)

    @staticmethod
    def _read_limits(section: Bytes) -> int:
        flags = section.number()
        section.number()
        for flag in (_MAXIMUM, _PAGES):
            if flags & flag:
                section.number()
        return flags

    @staticmethod
    def _read_type(section: Bytes) -> None:
        if section.byte() in _REFERENCES:
            section.number()
