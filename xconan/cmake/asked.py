"""What CMakeLists.txt asks of places outside of the project while it configures, and nobody tells of.

CMake's file API tells which files of CMake's own language were read, not what file(READ), if(EXISTS) or a command has
looked at. The project's files are looked through as a whole (project/sources.py); for what lies elsewhere there is no
way to know, so that such a build is never answered from a record.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CALL = re.compile(
    r"^[ \t]*(?P<name>execute_process|exec_program|file|if|elseif|find_program|find_path|find_file|find_library|"
    r"find_package|include|try_run|site_name|cmake_host_system_information)\s*\((?P<words>[^()]*)",
    re.IGNORECASE | re.MULTILINE,
)
_COMMENT = re.compile(r"#.*")
# of file(): what looks at a place, or makes one of it
_LOOKS = frozenset({
    "COPY", "COPY_FILE", "DOWNLOAD", "GLOB", "GLOB_RECURSE", "INSTALL", "MD5", "READ", "READ_SYMLINK", "REAL_PATH",
    "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SIZE", "STRINGS", "TIMESTAMP",
})  # fmt: skip
_TESTS = frozenset({"EXISTS", "IS_DIRECTORY", "IS_SYMLINK", "IS_READABLE", "IS_EXECUTABLE", "IS_NEWER_THAN"})
# programs whose answers are looked after: git's state is noted, Python's packages are those of the build environment
_ANSWERED = re.compile(r"(\$\{\w*(PYTHON|GIT)\w*EXECUTABLE\}|git|python3?)", re.IGNORECASE)
_ALWAYS = frozenset({"exec_program", "try_run", "site_name", "cmake_host_system_information"})


def asked_elsewhere(files: Iterable[Path], project: Path) -> Iterator[str]:
    """Why what these files of CMake's ask can't be known: one line for each such call.

    Args:
        files: that were read; those outside of the project are of packages and toolchains, and found as they were.
        project: its folder.
    """
    for file in files:
        if not file.is_relative_to(project):
            continue
        try:
            text = _COMMENT.sub("", file.read_text("utf-8", "replace"))
        except OSError:
            continue
        for call in _CALL.finditer(text):
            if _leads_out(call["name"].lower(), call["words"].replace('"', " ").split(), project):
                line = text.count("\n", 0, call.start("name")) + 1
                yield f"{call['name']}() in {file.name}:{line} may look at anything outside of the project"


def _leads_out(name: str, words: list[str], project: Path) -> bool:
    if name in _ALWAYS:
        return True
    if name == "execute_process":
        programs = [after for word, after in pairwise(words) if word == "COMMAND"]
        return not all(_ANSWERED.fullmatch(program) for program in programs)
    if name == "file" and not (words and words[0].upper() in _LOOKS):
        return False
    if name in ("if", "elseif") and not _TESTS & {word.upper() for word in words}:
        return False
    if name == "include" and "OPTIONAL" not in words:  # what was included is told
        return False
    return any(_is_outside(word, project) for word in words)


def _is_outside(word: str, project: Path) -> bool:
    if word.startswith("/"):
        return not Path(word).is_relative_to(project)
    return word.startswith(("..", "~", "$ENV{")) or "/../" in word
