"""What a project's CMakeLists.txt says of itself before CMake has run: found by patterns, and taken as a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_REQUIRED = re.compile(r'^\s*cmake_minimum_required\s*\(\s*VERSION\s+"?(\d+(?:\.\d+)*)', re.IGNORECASE | re.MULTILINE)
_PLAIN_C = re.compile(r"project\s*\([^)]*\bLANGUAGES\s+C\s*\)", re.IGNORECASE)


def required_cmake(source: Path) -> str | None:
    """The version that cmake_minimum_required() names, "3.20"; None where no such line is found.

    Args:
        source: the folder of the CMakeLists.txt.
    """
    found = _REQUIRED.search(_text(source))
    return found[1] if found else None


def is_plain_c(source: Path) -> bool:
    """Whether project() names C as its only language.

    Args:
        source: the folder of the CMakeLists.txt.
    """
    return _PLAIN_C.search(_text(source)) is not None


def _text(source: Path) -> str:
    file = source / "CMakeLists.txt"
    return file.read_text("utf-8-sig", "replace") if file.is_file() else ""  # none where a recipe builds
