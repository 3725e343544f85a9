"""Pure: what a configuration that succeeded has to say all the same, read from what CMake printed.

CMake's warnings (`message(WARNING)`, and its own) are meant for whoever builds. Those for a project's developers and of
deprecation, `message()` and STATUS are not, and stand in the log. What toolchain files say decides how everything is
compiled, and those of Conan's packages nobody has in view: all of their words are shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WARNING = re.compile(r"CMake Warning(?: at (?P<where>.+?:\d+)(?: \(.+?\))?| in (?P<file>.+?))?:(?P<text>.*)")
_INCLUDED = re.compile(r"-- Conan toolchain: Including user_toolchain: (?:.*[/\\])?(.+)")
_AFTER = re.compile(r"-- (?:Conan toolchain: |Using Conan toolchain|The \S+ compiler identification)|CMake \w+ ")
_LONGEST = 300  # characters of a warning; the log has the rest
_MOST = 20  # lines of a kind


def warnings(text: str) -> list[str]:
    """CMake's warnings, each in one line that begins with where it is: "CMakeLists.txt:3: no libfoo, built without".

    Args:
        text: standard output and error, in the order in which they came.
    """
    found = []
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if match := _WARNING.fullmatch(line):
            words = " ".join(" ".join([match["text"], *_indented(lines[at + 1 :])]).split())
            where = match["where"] or match["file"]
            found.append(f"{where}: {words}" if where else words)
    return _cut(found)


def of_toolchain_files(text: str) -> list[str]:
    """What toolchain files that Conan includes have said by message(): "board.cmake: BOARD is rpi4".

    Args:
        text: as for warnings().
    """
    found = []
    file = ""
    for line in text.splitlines():
        if match := _INCLUDED.fullmatch(line):
            file = match[1]
        elif file and _AFTER.match(line):
            file = ""
        elif file and line.strip():
            found.append(f"{file}: {line.removeprefix('-- ').strip()}")
    return _cut(found)


def _indented(lines: Sequence[str]) -> Iterator[str]:
    """The lines of a warning's text: CMake indents them, and an unindented line ends them."""
    for line in lines:
        if line and not line.startswith(" "):
            return
        yield line


def _cut(found: Sequence[str]) -> list[str]:
    lines = [one if len(one) <= _LONGEST else f"{one[:_LONGEST]}…" for one in dict.fromkeys(found)]
    more = len(lines) - _MOST
    return [*lines[:_MOST], f"{more} more in the log"] if more > 0 else lines
