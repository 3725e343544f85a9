"""What a project's CMakeLists.txt says of itself before CMake has run: found by patterns, and taken as a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_REQUIRED = re.compile(r'^\s*cmake_minimum_required\s*\(\s*VERSION\s+"?(\d+(?:\.\d+)*)', re.IGNORECASE | re.MULTILINE)
_COMMENT = re.compile(r"#\[(=*)\[.*?\]\1\]|#.*?$", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"^\s*(project|enable_language)\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r'"[^"]*"|[^\s"]+')
_KEYWORDS = ("VERSION", "COMPAT_VERSION", "DESCRIPTION", "HOMEPAGE_URL", "SPDX_LICENSE")  # of project()
_PLAIN = {"C", "ASM", "NONE"}


def required_cmake(source: Path) -> str | None:
    """The version that cmake_minimum_required() names, "3.20"; None where no such line is found.

    Args:
        source: the folder of the CMakeLists.txt.
    """
    found = _REQUIRED.search(_text(source))
    return found[1] if found else None


def is_plain_c(source: Path) -> bool:
    """Whether project() names C as its only language, beside its assembler's: `project(demo C)` does, too.

    Args:
        source: the folder of the CMakeLists.txt.
    """
    named = [_languages(*call) for call in _CALL.findall(_COMMENT.sub("", _text(source)))]
    together = {language for one in named for language in one}
    return all(named) and "C" in together and together <= _PLAIN


def _languages(command: str, arguments: str) -> list[str]:
    """The languages that a call names; none where project() takes the usual ones, C and C++."""
    words = _WORD.findall(arguments)
    if command.lower() == "enable_language":
        return [word for word in words if word != "OPTIONAL"]
    if "LANGUAGES" in words:
        words = words[words.index("LANGUAGES") :]
        end = next((at for at, word in enumerate(words) if word in _KEYWORDS), len(words))
        return words[1:end]
    return [] if {*words} & {*_KEYWORDS} else words[1:]


def _text(source: Path) -> str:
    file = source / "CMakeLists.txt"
    return file.read_text("utf-8-sig", "replace") if file.is_file() else ""  # none where a recipe builds
