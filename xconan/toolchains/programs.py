"""Compilers that are scripts of a board's or a company's: what they read of the environment.

A module is compiled in the environment of `[cmake.env]`, a library in this process's: a script that asks for a variable
would be another compiler there. What libraries are made with is part of what they are, too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

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


def compiler_env(
    compilers: Mapping[str, Compiler], seen: Mapping[str, str], *, ours: Path
) -> tuple[tuple[str, str], ...]:
    """The variables that compilers read which are scripts: (name, value), of those that are set.

    Args:
        compilers: by CMake's names of languages.
        seen: the environment that modules are built in.
        ours: a folder whose scripts are xconan's own.
    """
    names: set[str] = set()
    for compiler in compilers.values():
        path = Path(compiler.path)
        if not path.is_relative_to(ours):
            names |= script_reads(path)
    return tuple((name, seen[name]) for name in sorted(names - _EVERYBODYS) if name in seen)


def script_reads(path: Path) -> set[str]:
    """The names of variables that a script asks for; none of a binary."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST) if file.read(2) == b"#!" else b""
    except OSError:
        return set()
    return {name for match in _READS.findall(data.decode("utf-8", "replace")) for name in match if name}
