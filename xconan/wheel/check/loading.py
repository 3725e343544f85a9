"""Whether the loader of a Linux host finds what the binaries of a wheel need: libraries in the wheel, symbols.

The rules are those of ld.so(8): a library is looked for by DT_RPATH or DT_RUNPATH, where $ORIGIN is the folder of
the file that needs it; a symbol without a version is looked for in all that is loaded.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from xconan.binary.elf import Dynamic

_PYTHON = re.compile(r"_*Py")  # the interpreter's own names, PyPy's too
# long double on ppc64le: glibc 2.32's, and libc++'s by zig, which has no other one; see toolchains/zig.py
_LONG_DOUBLE = re.compile(r"__\w+ieee128(_l)?|__(mul|div)tc3|_ZN?K?St3__1\w*g")
_ORIGIN = re.compile(r"\$(ORIGIN\b|\{ORIGIN\})")
# glibc and GCC's libraries: all that they define has a version, so what has none is not theirs
_VERSIONED = re.compile(
    r"(ld-linux.*|ld64|libc|libm|libdl|librt|libpthread|libutil|libresolv|libnsl|libcrypt|libstdc\+\+|libgcc_s|libatomic|libgomp)"
    r"\.so\.\d+"
)
_MUSL = re.compile(r"libc(\.musl-\w+)?\.so(\.1)?|ld-musl-.*")
_LIBPYTHON = re.compile(r"lib(python|pypy)3.*")


def check_loading(binaries: Mapping[str, Dynamic], names: Collection[str], *, helped: bool) -> Iterator[Finding]:
    """What the loader would not find.

    Args:
        binaries: the wheel's ELF files by name.
        names: of all that is in the wheel, with folders.
        helped: Python files of the wheel load libraries, so that they may lie anywhere in it.
    """
    defined = {symbol for one in binaries.values() for symbol in one.exported}
    for name, dynamic in binaries.items():
        for library in dynamic.needed:
            places = [one for one in names if one.rsplit("/", 1)[-1] == library]
            if places and not helped and not _leads_to(name, places, binaries):
                here = posixpath.relpath(posixpath.dirname(places[0]) or ".", posixpath.dirname(name) or ".")
                path = "$ORIGIN" if here == "." else f"$ORIGIN/{here}"
                yield Finding(file=name, message=f"it needs {library}, and its RPATH does not lead to {places[0]}",
                              hint=f'set_target_properties(… PROPERTIES INSTALL_RPATH "{path}")')  # fmt: skip
        lost = sorted(symbol for symbol in _sought(dynamic, names) if symbol not in defined)
        if lost:
            more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""  # noqa: PLR2004
            hint = "link the library or the source file that has it"
            if all(_LONG_DOUBLE.fullmatch(symbol) for symbol in lost):
                hint = "zig has no long double in C++ for ppc64le before glibc 2.32: use double, a newer tag or gcc"
            message = f"nothing that is loaded defines {', '.join(lost[:3])}{more}"
            yield Finding(file=name, message=message, hint=hint)


def _leads_to(name: str, places: Collection[str], binaries: Mapping[str, Dynamic]) -> bool:
    """Whether the file, or one that has loaded it by then, says where one of the places is."""
    own = name.rsplit("/", 1)[-1]
    loaders = [name, *(other for other, dynamic in binaries.items() if own in dynamic.needed)]
    folders = {
        posixpath.normpath(posixpath.join(_ORIGIN.sub(posixpath.dirname(loader) or ".", entry)))
        for loader in loaders
        for entry in binaries[loader].search
        if _ORIGIN.match(entry)
    }
    return any((posixpath.dirname(place) or ".") in folders for place in places)


def _sought(dynamic: Dynamic, names: Collection[str]) -> set[str]:
    """The symbols that only the interpreter or the wheel's own files could define; none where nobody can tell."""
    inside = {one.rsplit("/", 1)[-1] for one in names}
    others = [one for one in dynamic.needed if one not in inside and not _LIBPYTHON.fullmatch(one)]
    versioned = {symbol for version in dynamic.versions for symbol in version.symbols}
    left = {symbol for symbol in dynamic.undefined if not _PYTHON.match(symbol)} - versioned
    if others and all(_VERSIONED.fullmatch(one) for one in others):
        return left
    # without any library the C library is meant, and which one it is makes little difference
    return left - _musl_names() if all(_MUSL.fullmatch(one) for one in others) else set()


@cache
def _musl_names() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("musl.txt").read_text("utf-8").split())
