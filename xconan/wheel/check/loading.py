"""Whether the loader of a Linux host finds what the binaries of a wheel need: libraries, and the names in them.

The rules are those of ld.so(8): a library is looked for by DT_RPATH or DT_RUNPATH, where $ORIGIN is the folder of
the file that needs it; a symbol without a version is looked for in all that is loaded.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding
from xconan.ground.errors import listed
from xconan.wheel.check.kinds import is_importable, stem_and_suffix
from xconan.wheel.check.libraries import COMPILERS, GLIBC, IN_C, MUSL, PYTHON, VERSIONED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from xconan.binary.dynamic import Dynamic
    from xconan.wheel.check.hosts import HostLibraries
    from xconan.wheel.check.names import PythonNames

# names of long double on ppc64le: glibc's since 2.32, and libc++'s by zig, which knows no older form
_LONG_DOUBLE = re.compile(r"__\w+ieee128(_l)?|__(mul|div)tc3|_ZN?K?St3__1\w*g")
_ORIGIN = re.compile(r"\$(ORIGIN\b|\{ORIGIN\})")
_SYSTEM = re.compile(r"/(usr|lib|lib32|lib64|libx32)(/|$)")  # folders of the host's own libraries
_MANGLED = ("_Z", "_R")  # names of C++ and of Rust
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Loading:
    """What the loader of the host finds, and what it does not.

    Attributes:
        binaries: the wheel's ELF files by name.
        names: of all that is in the wheel, with folders.
        python_loads_libraries: Python files of the wheel load libraries, so that they may lie anywhere in it.
        pythons: the names of the host's Python.
        host: the host's own libraries, None where they are not at hand.
        has_policy: the platform tag guarantees which libraries every host has, and policy.py checks them.
        musl: the host's C library is musl.
        known_missing: libraries that other checks have reported.
        shared_python: the host's Python is known to be a shared library.
    """

    binaries: Mapping[str, Dynamic]
    names: Collection[str]
    python_loads_libraries: bool
    pythons: PythonNames
    host: HostLibraries | None = None
    has_policy: bool = True
    musl: bool = False
    known_missing: Collection[str] = ()
    shared_python: bool = False

    def check(self) -> Iterator[Finding]:
        """What the loader would not find."""
        places: dict[str, list[str]] = {}
        for file in self.names:
            places.setdefault(file.rsplit("/", 1)[-1], []).append(file)
        defined = {symbol for dynamic in self.binaries.values() for symbol in dynamic.exported}
        for name, dynamic in self.binaries.items():
            yield from self._check_search(name, dynamic)
            for library in dynamic.needed:
                yield from self._check_library(name, library, places.get(library, ()), dynamic)
            missing = sorted(symbol for symbol in self._undefined_symbols(name, places) if symbol not in defined)
            if missing:
                yield _missing_symbols(name, missing)

    def _check_library(self, name: str, library: str, places: Collection[str], dynamic: Dynamic) -> Iterator[Finding]:
        if places:
            if not self.python_loads_libraries and not self._leads_to(name, library, places):
                place = next(iter(places))
                here = posixpath.relpath(posixpath.dirname(place) or ".", posixpath.dirname(name) or ".")
                path = "$ORIGIN" if here == "." else f"$ORIGIN/{here}"
                yield Finding(file=name, message=f"it needs {library}, and its RPATH does not lead to {place}",
                              hint=f'write set_target_properties({_target(name)} PROPERTIES INSTALL_RPATH "{path}") '
                              "behind the line of CMakeLists.txt that makes this target")  # fmt: skip
        elif "/" in library:
            yield Finding(
                file=name, message=f"it needs {library} by its full path, which is the build machine's",
                hint="give the library a soname, or link a CMake target in place of its path",
            )  # fmt: skip
        elif not self.has_policy and PYTHON.fullmatch(library) and not self._has_shared_python(library, dynamic.search):
            yield Finding(
                file=name, message=f"it needs {library}, which hosts lack whose interpreter has it in itself",
                hint="link Python::Module in place of Python::Python, or, if hosts have it, set library in the "
                "cross.toml to it", warning=True,
            )  # fmt: skip
        elif not self.has_policy and self.host and self.host.complete and not self._is_hosts(library, dynamic.search):
            roots = ", ".join(map(str, self.host.roots))
            yield Finding(
                file=name, message=f"it needs {library}, which is neither in the wheel nor among the host's ({roots})",
                hint="link it statically, install() it beside the module with an RPATH of $ORIGIN, or, if "
                "hosts have it, put it into the sysroot", breaks_tag=True,
            )  # fmt: skip

    def _has_shared_python(self, library: str, search: Collection[str]) -> bool:
        return self.shared_python or (self.host is not None and self.host.find(library, search) is not None)

    def _is_hosts(self, library: str, search: Collection[str]) -> bool:
        usual = GLIBC.fullmatch(library) or COMPILERS.fullmatch(library) or MUSL.fullmatch(library)
        if usual or PYTHON.fullmatch(library) or library in self.known_missing:
            return True
        return self.host is None or self.host.find(library, search) is not None

    def _check_search(self, name: str, dynamic: Dynamic) -> Iterator[Finding]:
        """Folders in an RPATH that hosts do not have."""
        for entry in _foreign_folders(dynamic):
            what = f"its RPATH names {entry}, a folder of the build machine"
            if not entry.startswith("/"):
                what = f"its RPATH names '{entry}', which is relative to wherever the program was started"
            yield Finding(
                file=name, message=what, breaks_tag=self.has_policy, warning=not self.has_policy,
                hint="take -rpath out of LDFLAGS and CMAKE_INSTALL_RPATH; for libraries of the wheel it is $ORIGIN",
            )  # fmt: skip

    def _leads_to(self, name: str, library: str, places: Collection[str]) -> bool:
        """Whether the search path of the file, or of a file that loads it, leads to one of the places.

        glibc also searches the DT_RPATH of a file's loaders, musl their DT_RUNPATH as well. A library that a loader
        needs itself is loaded already.
        """
        own = self.binaries[name]
        folders = _folders(name, own.search)
        for loader in self._loaders(name):
            dynamic = self.binaries[loader]
            searched = self.musl or library in dynamic.needed
            lent = dynamic.lent if own.lent or not own.search else ()
            folders |= _folders(loader, dynamic.search if searched else lent)
        return any((posixpath.dirname(place) or ".") in folders for place in places)

    def _loaders(self, name: str) -> list[str]:
        """The files of the wheel that load this file, directly or through others."""
        loaders: dict[str, None] = {}
        waiting = [name]
        while waiting:
            base = waiting.pop().rsplit("/", 1)[-1]
            for other, dynamic in self.binaries.items():
                if base in dynamic.needed and other not in loaders and other != name:
                    loaders[other] = None
                    waiting.append(other)
        return list(loaders)

    def _undefined_symbols(self, name: str, places: Mapping[str, Collection[str]]) -> set[str]:
        """The symbols that only the wheel's own files could define; none where nobody can tell."""
        dynamic = self.binaries[name]
        versioned = {symbol for version in dynamic.versions for symbol in version.symbols}
        left = {symbol for symbol in dynamic.undefined if not self._is_pythons(symbol)} - versioned
        if is_importable(name):  # modules.py checks its own init function
            stem, _suffix = stem_and_suffix(name)
            left -= {f"PyInit_{stem}", f"PyModExport_{stem}"}
        if not left:
            return left
        provided = self._provided(dynamic, places)
        return {symbol for symbol in left if not provided(symbol)}

    def _is_pythons(self, symbol: str) -> bool:
        """Whether it is a name of Python: the interpreter has it, or names.py reports it."""
        return self.pythons.is_name(symbol) and self.pythons.may_have(symbol)

    def _provided(self, dynamic: Dynamic, places: Mapping[str, Collection[str]]) -> Callable[[str], bool]:
        """Whether the libraries outside of the wheel have, or may have, a name without a version."""
        exported: set[str] = set()
        in_c = False
        seen: set[str] = set()
        waiting = deque(dynamic.needed)
        libc = ""
        while waiting:
            library = waiting.popleft()
            if library in seen:
                continue
            seen.add(library)
            inside = [self.binaries[place] for place in places.get(library, ()) if place in self.binaries]
            if inside:
                waiting.extend(needed for dynamic in inside for needed in dynamic.needed)
            elif GLIBC.fullmatch(library) or MUSL.fullmatch(library):
                libc = "glibc" if GLIBC.fullmatch(library) else "musl"
                exported |= _names_of(libc)  # all of it: the interpreter loads libm, libdl, libpthread and libutil
            elif not (VERSIONED.fullmatch(library) or PYTHON.fullmatch(library)):
                other = self.host.dynamic(library) if self.host else None
                if other is None and not IN_C.fullmatch(library):
                    return lambda _symbol: True
                in_c = in_c or other is None
                exported |= {*other.exported} if other else set()
                waiting.extend(other.needed if other else ())
        if not libc:  # the file names no C library, and the interpreter has loaded one of them
            exported |= _names_of("glibc") | _names_of("musl")
        return lambda symbol: symbol in exported or (in_c and not symbol.startswith(_MANGLED))


def paths_told(dynamic: Dynamic) -> list[str]:
    """The paths of the build machine that `Loading.check` speaks of: an RPATH's, and of libraries needed by a path."""
    return [*_foreign_folders(dynamic), *(library for library in dynamic.needed if "/" in library)]


def _foreign_folders(dynamic: Dynamic) -> list[str]:
    return [entry for entry in dict.fromkeys(dynamic.search) if not (_ORIGIN.match(entry) or _SYSTEM.match(entry))]


def _folders(name: str, search: Collection[str]) -> set[str]:
    """The folders of the wheel that entries of a search path lead to."""
    here = posixpath.dirname(name) or "."
    return {posixpath.normpath(_ORIGIN.sub(here, entry)) for entry in search if _ORIGIN.match(entry)}


def _missing_symbols(name: str, missing: list[str]) -> Finding:
    hint = "link the library or the source file that has it"
    if all(_LONG_DOUBLE.fullmatch(symbol) for symbol in missing):
        hint = "zig has no long double in C++ for ppc64le before glibc 2.32: use double, a newer tag or gcc"
    return Finding(file=name, message=f"nothing that is loaded defines {listed(missing, _SHOWN)}", hint=hint)


@cache
def _names_of(libc: str) -> frozenset[str]:
    names = Path(__file__).with_name(f"{libc}.txt").read_text("utf-8").split()
    return frozenset(name for name in names if not _LONG_DOUBLE.fullmatch(name))


def _target(name: str) -> str:
    """What the target that makes a file is mostly called."""
    stem = posixpath.basename(name).partition(".")[0]
    return stem.removeprefix("lib") or stem
