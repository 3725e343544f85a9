"""The C++ standard that a compiler takes by itself, as Conan spells it.

A compiler says a value of its own for a standard that is not finished: gcc 12 has 202100L for C++23, gcc 10 201709L for
C++20. It is the next standard's, so the first year that is no less.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# __cplusplus, [cpp.predefined] of each standard; what is above the last is a draft of the next one
_YEARS = ((199711, "98"), (201103, "11"), (201402, "14"), (201703, "17"), (202002, "20"), (202302, "23"))
_DRAFT = "26"
_USUAL = "17"  # of a compiler that does not say
_NAMES = {"GNU": "gcc", "Clang": "clang", "AppleClang": "apple-clang"}
# by CMake's name of the compiler, from which version on Conan 2.34 knows which standard (conan.tools.build.cppstd)
_KNOWN = {
    "GNU": (((3, 4), "98"), ((4, 3), "11"), ((4, 8), "14"), ((5, 0), "17"), ((8, 0), "20"), ((11, 0), "23"),
            ((14, 0), "26")),
    "Clang": (((2, 1), "11"), ((3, 4), "14"), ((3, 5), "17"), ((6, 0), "20"), ((12, 0), "23"), ((17, 0), "26")),
    "AppleClang": (((4, 0), "11"), ((5, 1), "14"), ((6, 1), "17"), ((10, 0), "20"), ((13, 0), "23"), ((16, 0), "26")),
}  # fmt: skip
_ORDER = (*(name for _, name in _YEARS), _DRAFT)


def default_standard(macros: Mapping[str, str], chosen: str) -> str:
    """The standard that a compiler takes, "gnu17"; without extensions "17".

    Args:
        macros: that it predefines for C++.
        chosen: CMAKE_CXX_STANDARD, "" for none.
    """
    value = re.match(r"\d+", macros.get("__cplusplus", ""))
    year = int(value[0]) if value else 0
    found = next((name for last, name in _YEARS if year <= last), _DRAFT) if year else _USUAL
    standard = chosen or found
    return standard if "__STRICT_ANSI__" in macros else f"gnu{standard}"


def known_standard(standard: str, compiler: str, version: str) -> str:
    """The standard itself, or the newest that Conan knows of this compiler, if that is older.

    Args:
        standard: "gnu23".
        compiler: as CMake names it; standards of others are as they are.
        version: of the compiler.
    """
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    newest = [name for first, name in _KNOWN.get(compiler, ()) if numbers >= first]
    year = standard.removeprefix("gnu")
    if not newest or year not in _ORDER or _ORDER.index(year) <= _ORDER.index(newest[-1]):
        return standard
    return standard.replace(year, newest[-1])


def said_of(standard: str, known: str, compiler: str, version: str) -> str:
    """What people are told where Conan does not know a compiler's standard."""
    return (
        f"Conan knows no compiler.cppstd={standard} of {_NAMES[compiler]} {version}: libraries are asked for with "
        f"{known}, modules are compiled as the toolchain file says"
    )
