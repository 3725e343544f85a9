"""Libraries that hosts have by their own right, by name: which C library's, the compiler's, the interpreter's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from xconan.binary.dynamic import Dynamic

GLIBC = re.compile(
    r"(ld-linux.*|ld64|lib(c|m|mvec|dl|rt|pthread|util|resolv|nsl|crypt|anl|BrokenLocale|thread_db|nss_\w+))\.so\.\d+"
)
MUSL = re.compile(r"libc(\.musl-\w+)?\.so(\.1)?|ld-musl-.*|lib(pthread|rt|m|dl|util|xnet)\.so")
COMPILERS = re.compile(
    r"lib(stdc\+\+|gcc_s|atomic|gomp|gfortran|quadmath|itm|objc|asan|ubsan|tsan|lsan|c\+\+|c\+\+abi|unwind|omp)\.so(\.\d+)*"
)
VERSIONED = re.compile(r"lib(stdc\+\+|gcc_s|atomic|gomp)\.so\.\d+")
"""Those of the compiler's of which all that they define has a version, as it has in glibc."""
IN_C = re.compile(
    r"lib(z|X\w+|ICE|SM|GL|EGL|expat|glib-2\.0|gobject-2\.0|gthread-2\.0|ssl|crypto|lzma|bz2|ffi|sqlite3|curl|zstd)\.so\.[\d.]+"
)
"""Those of whose names nothing is known but that they are C's, not mangled as those of C++ and Rust are."""
PYTHON = re.compile(r"lib(python|pypy)3.*")
_OF_PYTHONS = re.compile(r"py|abi3", re.IGNORECASE)


def with_python_names(dynamic: Dynamic, inside: Collection[str]) -> list[str]:
    """The libraries of other packages that a file needs and that may have names of Python's: libshiboken6.abi3.so.

    Args:
        dynamic: of the file.
        inside: file names, without folders, of all that is in the wheel.
    """
    names = [one.rsplit("/", 1)[-1] for one in dynamic.needed]
    return [one for one in names if _OF_PYTHONS.search(one) and one not in inside and not PYTHON.fullmatch(one)]
