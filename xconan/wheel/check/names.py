"""Names that modules need of Python, against those that the host's has: python_names.toml.

The stable ABI has a table of its own (stable.py); this one is of the whole interface, with the private names that
Cython and others use.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.binary.finding import Finding
from xconan.ground.errors import listed
from xconan.ground.files import load_toml
from xconan.host.targets import dotted_version
from xconan.wheel.check.libraries import with_python_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from xconan.binary.dynamic import Dynamic
    from xconan.host.targets import Target

_NAME = re.compile(r"_*Py[A-Z_]\w*")
_SHOWN = 3
_THREADED = 313  # the newest version whose names without a GIL are in the table
_HEADERS = "compile it against the host's own headers (python.include_dir in the cross.toml)"


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """A name that the host's Python does not have: why, and what to do about it."""

    why: str
    hint: str


class PythonNames:
    """The names that a host's Python has for modules.

    Args:
        target: the host.
        library: names that the host's own library exports, where it is at hand.
    """

    def __init__(self, target: Target, library: Collection[str] = ()) -> None:
        self.target, self.library, self.version = target, frozenset(library), int(target.version)
        own, other = ("pypy", "cpython") if target.implementation == "pp" else ("cpython", "pypy")
        self.own, self.other = _spans(own), _spans(other)
        versions = cast("list[int]", _table()[own]["versions"])
        self.known = self.version in versions
        if own == "pypy":  # its releases serve several versions of Python: what an older or newer one has, all have
            self.known = self.version <= versions[-1]
            place = bisect_left(versions, self.version)
            self.near = {*versions[max(place - 1, 0) : place + 1]}
        else:
            self.near = {self.version}

    def is_name(self, symbol: str) -> bool:
        """Whether a symbol is named as those of Python are; PyPy has some of its own for cffi."""
        return _NAME.fullmatch(symbol) is not None or (
            self.target.implementation == "pp" and symbol.startswith("pypy_")
        )

    def has(self, name: str) -> bool:
        """Whether the host's Python is known to have it."""
        spans = self.own.get(name, ())
        return name in self.library or any(first <= near <= last for first, last in spans for near in self.near)

    def may_have(self, name: str) -> bool:
        """Whether it may be Python's: a name that no Python has ever had may be another library's."""
        if not self.known or name in self.library or name in self.own or name in self.other:
            return True
        if self.target.implementation == "pp":
            return name.lstrip("_").lower().startswith("pypy")
        # the table has no private names of newer Pythons without a GIL
        private = self.target.free_threaded and self.version > _THREADED and name.startswith("_")
        return private or any(name in _beside(kind) for kind in ("debug", "threaded", "windows"))

    def lacks(self, name: str) -> Lacking | None:
        """Why the host's Python does not have a name; None where it has it, or nobody can tell."""
        if not self.known or self.has(name):
            return None
        pypys = name.lstrip("_").startswith("PyPy")
        if pypys or self.target.implementation == "pp":
            foreign = name in self.other and pypys == (self.target.implementation == "cp")
            whose = "PyPy's" if pypys else "CPython's"
            return Lacking(why=f"which is {whose} alone", hint=_HEADERS) if foreign else None
        return None if self._beside(name) else self._by_build(name) or self._by_version(name)

    def _by_build(self, name: str) -> Lacking | None:
        hints = {
            "debug": ("only debug builds of Python have", "take the headers of a Python without Py_DEBUG"),
            "threaded": ("only Pythons without a GIL have", f"{_HEADERS}, without Py_GIL_DISABLED"),
            "windows": ("Python has on Windows alone", "leave it out by #ifdef MS_WINDOWS"),
        }
        build = next((hint for kind, hint in hints.items() if name in _beside(kind)), None)
        return Lacking(why=f"which {build[0]}", hint=build[1]) if build else None

    def _by_version(self, name: str) -> Lacking | None:
        dotted, spans = self.target.dotted_version, self.own.get(name, ())
        later = [first for first, _ in spans if first > self.version]
        if later:
            return Lacking(why=f"which came with Python {dotted_version(min(later))}, and the host has {dotted}",
                           hint=f"compile it against the headers of {dotted}; guard it by PY_VERSION_HEX")  # fmt: skip
        if spans:
            last = dotted_version(max(last for _, last in spans))
            return Lacking(why=f"which no Python after {last} has, and the host has {dotted}",
                           hint="port it; of generated code, take a newer generator (Cython, SWIG)")  # fmt: skip
        return None

    def _beside(self, name: str) -> bool:
        """Whether the host has what not every build of CPython has."""
        target = self.target
        kinds = [("windows", target.platform.os == "windows"), ("threaded", target.free_threaded),
                 ("debug", "d" in target.abi_flags)]  # fmt: skip
        if any(fits and name in _beside(kind) for kind, fits in kinds):
            return True
        return target.free_threaded and self.version > _THREADED and name.startswith("_")


def check_python_names(
    binaries: Mapping[str, Dynamic], names: PythonNames, inside: Collection[str] = ()
) -> Iterator[Finding]:
    """What these files need of Python, and the host's lacks.

    Args:
        binaries: what the wheel's files say, by their names in the wheel.
        names: those that the host's Python has.
        inside: file names, without folders, of all that is in the wheel.
    """
    own = {symbol for dynamic in binaries.values() for symbol in dynamic.exported}
    for file, dynamic in binaries.items():
        if with_python_names(dynamic, inside):
            continue  # a library of others may have what Python lacks
        reasons: dict[Lacking, list[str]] = {}
        for symbol in sorted({*dynamic.undefined} - own):
            if names.is_name(symbol) and (lacking := names.lacks(symbol)):
                reasons.setdefault(lacking, []).append(symbol)
        for lacking, symbols in reasons.items():
            message = f"it needs {listed(symbols, _SHOWN)}, {lacking.why}"
            yield Finding(file=file, message=message, hint=lacking.hint)


@cache
def _table() -> dict[str, dict[str, object]]:
    return cast("dict[str, dict[str, object]]", load_toml(Path(__file__).with_name("python_names.toml")))


@cache
def _spans(kind: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """The first and last version of each run of versions that have a name."""
    spans: dict[str, tuple[tuple[int, int], ...]] = {}
    for span, names in _table()[kind].items():
        if isinstance(names, str):
            first, _, last = span.partition("-")
            for name in names.split():
                spans[name] = (*spans.get(name, ()), (int(first), int(last)))
    return spans


@cache
def _beside(kind: str) -> frozenset[str]:
    return frozenset(str(_table()["beside"][kind]).split())
