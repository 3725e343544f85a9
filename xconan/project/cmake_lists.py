"""What a project's CMakeLists.txt says of itself before CMake has run: found by patterns, and taken as a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REQUIRED = re.compile(r'^\s*cmake_minimum_required\s*\(\s*VERSION\s+"?(\d+(?:\.\d+)*)', re.IGNORECASE | re.MULTILINE)
_COMMENT = re.compile(r"#\[(=*)\[.*?\]\1\]|#.*?$", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"^\s*(project|enable_language)\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_PART = re.compile(r"^\s*(add_subdirectory|subdirs|include)\s*\(([^)]*)\)", re.IGNORECASE | re.MULTILINE)
_FETCHES = re.compile(r"^\s*(FetchContent_|ExternalProject_|CPM)\w+\s*\(", re.IGNORECASE | re.MULTILINE)
# what may write into the project's folder: a path of it, a program, a command that takes relative paths there
_WRITES = re.compile(
    r"(SOURCE|LIST)_DIR|(?<!\.)\.\.(?!\.)"
    r"|^\s*(file|write_file|execute_process|exec_program|add_custom_\w+|try_\w+|make_directory)\s*\(",
    re.IGNORECASE | re.MULTILINE,
)
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


# where projects have modules of their own; whole folders are not looked through, as a build would note all of them
_MODULES = ("cmake", "CMake", "cmake/modules", "cmake/Modules", "CMake/Modules", "CMakeModules", "cmake_modules")


def is_plain_c(source: Path) -> bool:
    """Whether C is the only language, beside its assembler's, of project() and of the parts that it adds or includes.

    `project(demo C)` says so, too. A part that can't be read before CMake has run, such as one that is downloaded or
    named by a variable, may have others.

    Args:
        source: the folder of the CMakeLists.txt.
    """
    try:
        texts = list(_texts(source / "CMakeLists.txt", source, source, set()))
    except (OSError, RuntimeError, ValueError):  # a name or link that nobody can open, where CMake may never come
        return False
    named = [_languages(*call) for text in texts for call in _CALL.findall(text or "")]
    together = {language for one in named for language in one}
    return None not in texts and all(named) and "C" in together and together <= _PLAIN


def leaves_sources(source: Path) -> bool:
    """Whether a build can't make a file beside the sources, as far as CMakeLists.txt and what it adds or includes tell.

    Args:
        source: the folder of the CMakeLists.txt.
    """
    try:
        texts = list(_texts(source / "CMakeLists.txt", source, source, set()))
    except (OSError, RuntimeError, ValueError):
        return False
    return not any(text is None or _WRITES.search(text) for text in texts)


def _texts(file: Path, folder: Path, top: Path, seen: set[Path]) -> Iterator[str | None]:
    """The file and what it adds and includes of the project's own, without comments; None for what can't be read.

    Args:
        file: to read.
        folder: CMAKE_CURRENT_SOURCE_DIR, of which relative paths are.
        top: CMAKE_SOURCE_DIR.
        seen: files that need no second reading.
    """
    if file.resolve() in seen:
        return
    seen.add(file.resolve())
    if not file.is_file():
        yield None
        return
    text = _COMMENT.sub("", file.read_text("utf-8-sig", "replace"))
    yield None if _FETCHES.search(text) else text
    folders = {"CMAKE_SOURCE_DIR": top, "CMAKE_CURRENT_SOURCE_DIR": folder, "CMAKE_CURRENT_LIST_DIR": file.parent}
    for command, arguments in _PART.findall(text):
        words = [word.strip('"') for word in _WORD.findall(arguments)] or [""]
        for word in words if command.lower() == "subdirs" else words[:1]:
            path = folder / re.sub(r"\$\{(\w+)\}", lambda name: str(folders.get(name[1], name[0])), word)
            if command.lower() != "include":
                yield from _texts(path / "CMakeLists.txt", path, top, seen)
            elif "/" in word or "." in word:
                yield from _texts(path, folder, top, seen)
            elif re.fullmatch(r"[\w+-]+", word):  # a module: CMake's, unless the project has one of that name
                for module in (top / place / f"{word}.cmake" for place in _MODULES):
                    if module.is_file():
                        yield from _texts(module, folder, top, seen)
            else:
                yield None


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
