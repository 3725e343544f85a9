"""Headers of the C library that a pyconfig.h promises and Python.h includes, asked of the compiler.

CPython up to 3.9 includes <crypt.h> where the machine that Python was built on had it; another C library, zig's or that
of a sysroot without libcrypt, has none. Newer Pythons include nothing but what every C library has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder, digest, write_text

if TYPE_CHECKING:
    from pathlib import Path

_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([\w/.+-]+)>", re.MULTILINE)
_INCLUDING = ("Python.h", "pyport.h", "pytime.h", "pythread.h")
# what every C library for Linux has: ISO C, and POSIX as far as Python's headers include it
_EVERYWHERE = frozenset(
    f"{name}.h"
    for name in (
        "assert", "ctype", "errno", "float", "inttypes", "limits", "locale", "math", "pthread", "stdarg", "stdatomic",
        "stddef", "stdint", "stdio", "stdlib", "string", "strings", "sys/select", "sys/stat", "sys/time", "sys/types",
        "time", "unistd", "wchar",
    )
)  # fmt: skip


def asked_pyconfig(include: Path, pyconfig: Path, abi: str) -> Path:
    """The pyconfig.h for a compiler that may lack a header which Python.h would include by it.

    Args:
        include: the folder of Python.h.
        pyconfig: the host's.
        abi: for the name of the folder that the other is written to.

    Returns:
        `pyconfig` where nothing is to be asked; else one below xconan's cache, where `__has_include` decides.

    Raises:
        OSError: it can't be written.
    """
    text = pyconfig.read_text("utf-8", "replace")
    asked = ask(text, promised(include, text))
    if asked == text:
        return pyconfig
    file = cache_folder() / "pythons" / f"{abi}-{digest(asked)[:16]}" / "pyconfig.h"
    write_text(file, asked)
    return file


def promised(include: Path, pyconfig: str) -> list[str]:
    """The headers that Python's own include and not every C library has, as far as a pyconfig.h promises them."""
    texts = [(include / name).read_text("utf-8", "replace") for name in _INCLUDING if (include / name).is_file()]
    names = {name for text in texts for name in _INCLUDE.findall(text)} - _EVERYWHERE
    return sorted(name for name in names if re.search(_define(name), pyconfig, re.MULTILINE))


def ask(pyconfig: str, headers: list[str]) -> str:
    """A pyconfig.h that promises these headers only if the compiler finds them."""
    for header in headers:
        pyconfig = re.sub(
            _define(header), rf"#ifndef __has_include\n\g<0>\n#elif __has_include(<{header}>)\n\g<0>\n#endif", pyconfig,
            flags=re.MULTILINE,
        )  # fmt: skip
    return pyconfig


def _define(header: str) -> str:
    """The promise, as autoconf writes it: HAVE_SYS_STAT_H for <sys/stat.h>."""
    name = "HAVE_" + re.sub(r"\W", "_", header).upper()
    return rf"^[ \t]*#[ \t]*define[ \t]+{name}[ \t]+1[ \t]*$"
