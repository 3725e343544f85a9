"""Names of libraries that hosts have themselves: the C library's, the compilers', the interpreter's."""

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
"""Compilers' libraries whose symbols all have versions, as glibc's have; policy.py compares those."""
IN_C = re.compile(
    r"lib(z|X\w+|ICE|SM|GL|EGL|expat|glib-2\.0|gobject-2\.0|gthread-2\.0|ssl|crypto|lzma|bz2|ffi|sqlite3|curl|zstd)\.so\.[\d.]+"
)
"""C libraries that hosts may have: they define no name that is mangled as those of C++ and Rust are."""
PYTHON = re.compile(r"lib(python|pypy)3.*")
_OF_PYTHONS = re.compile(r"py|abi3", re.IGNORECASE)


def with_python_names(dynamic: Dynamic, inside: Collection[str]) -> list[str]:
    """The libraries of other packages that a file needs and that may have names of Python's: libshiboken6.abi3.so.

    Args:
        dynamic: of the file.
        inside: file names, without folders, of all that is in the wheel.
    """
    names = [library.rsplit("/", 1)[-1] for library in dynamic.needed]
    return [name for name in names if _OF_PYTHONS.search(name) and name not in inside and not PYTHON.fullmatch(name)]
