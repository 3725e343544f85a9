"""Pure: the compiler flags that give sources a name in place of their paths on this machine.

-ffile-prefix-map (GCC 8, Clang 10, zig) reaches debug info, `__FILE__` and assert(); older compilers have
-fdebug-prefix-map, for debug info alone. Of several prefixes that fit, GCC takes the last one given, older Clangs the
longest: so the folders come with the shorter ones first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.build_machine.tools import version_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xconan.project.local_folders import LocalFolder
    from xconan.toolchains.records import Toolchain

_FIRST = {"GNU": "8", "Clang": "10", "AppleClang": "12"}
# Clang's messages of -fsanitize=undefined, which zig sets in debug builds, know no map: they get the file's name alone
_SANITIZER = "-fsanitize-undefined-strip-path-components=-1"
_LANGUAGES = {"C": "C,OBJC", "CXX": "CXX,OBJCXX", "Fortran": "Fortran"}  # that the compiler serves
# what GCC would split the flag at, and what means something in a generator expression or a list of CMake's
_UNSPEAKABLE = re.compile(r"[=;<>,\\\"$\x00-\x1f\x7f]")


def prefix_map(folders: Iterable[LocalFolder], toolchain: Toolchain) -> tuple[tuple[str, str], ...]:
    """The options, each with CMake's languages that it is for, as $<COMPILE_LANGUAGE:…> lists them.

    Args:
        folders: the shorter ones first; one whose path no option can hold is left out.
        toolchain: whose compilers get them.
    """
    named = [f"{folder.path}={folder.name}" for folder in folders if not _UNSPEAKABLE.search(folder.path)]
    found: list[tuple[str, str]] = []
    for language, compiler in toolchain.compilers.items():
        first = _FIRST.get(compiler.id)
        if not (named and first and language in _LANGUAGES):
            continue
        new = version_key(compiler.version) >= version_key(first)
        flag = "-ffile-prefix-map" if new else "-fdebug-prefix-map"
        options = [f"{flag}={one}" for one in named]
        options += [_SANITIZER] if compiler.id.endswith("Clang") else []
        found += [(_LANGUAGES[language], option) for option in options]
    return tuple(found)
