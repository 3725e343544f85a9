"""Compilers that are scripts of a board's or a company's: what they read of the environment.

A module is compiled in the environment of `[cmake.env]`, a library in this process's: a script that asks for a variable
would be another compiler there. What libraries are made with is part of what they are, too.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.run import which

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.toolchains.records import Compiler

_LONGEST = 1 << 16  # bytes; what is longer is no script that somebody wrote
# of Perl; of shells; of Python
_READS = re.compile(
    r"""\$ENV\{["']?(\w+)|\$\{?([A-Za-z_]\w*)|(?:environ|getenv)(?:\.get)?[\[(]\s*["'](\w+)""", re.ASCII
)
# a session's own, which say nothing of a machine
_EVERYBODYS = {"ENV", "HOME", "IFS", "LANG", "LC_ALL", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM",
               "TMP", "TMPDIR", "USER", "_"}  # fmt: skip


def compiler_reads(compilers: Mapping[str, Compiler], *, ours: Path) -> tuple[str, ...]:
    """The names of variables that compilers ask for which are scripts, whether they are set or not.

    Behind ccache and its like, the first word of the flags is the compiler.

    Args:
        compilers: by CMake's names of languages.
        ours: a folder whose scripts are xconan's own.
    """
    names: set[str] = set()
    for compiler in compilers.values():
        for word in programs_of(compiler.path, compiler.flags):
            path = Path(which(word) or word)
            if not path.is_relative_to(ours):
                names |= script_reads(path)
    return tuple(sorted(names - _EVERYBODYS))


def programs_of(path: str, flags: str) -> list[str]:
    """The programs that a compiler is: its driver, and the compiler itself where that is ccache or its like."""
    return [path, *(word for word in shlex.split(flags)[:1] if not word.startswith("-"))]


def script_reads(path: Path) -> set[str]:
    """The names of variables that a script asks for; none of a binary."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST) if file.read(2) == b"#!" else b""
    except OSError:
        return set()
    return {name for match in _READS.findall(data.decode("utf-8", "replace")) for name in match if name}
