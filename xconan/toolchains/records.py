"""A toolchain and its compilers, as they describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.host.platforms import Libc


INSTRUCTION_SET = "__ARM_ARCH"  # the version of ARM's instructions that a compiler uses (ACLE)
TIME_BITS = "_TIME_BITS"  # how many time_t has in glibc, where it is not the size of long


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compiler(Record):
    """One compiler of a toolchain.

    Attributes:
        path: of the driver, absolute.
        id, version: as CMake names them ("GNU", "12.2.0").
        flags: what the toolchain file adds to every call (CMAKE_<LANG>_FLAGS).
    """

    path: str
    id: str
    version: str
    flags: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Toolchain(Record):
    """A toolchain as CMake and the compiler themselves describe it.

    Attributes:
        file: the toolchain file, None for the build machine's own compilers.
        compilers: by CMake's name of the language: "C", "CXX", "Fortran".
        triplet: `-dumpmachine`.
        macros: of the compiler's predefined macros those that rows of platforms.toml name, INSTRUCTION_SET and
            TIME_BITS.
        cppstd: the default C++ standard as Conan spells it ("gnu17"), None without a C++ compiler.
        libcxx: Conan's settings.compiler.libcxx, None without a C++ compiler.
        libc, libc_version: of the headers it compiles against; version None where not known (musl).
        variables: of CMake, after the toolchain file was read: sysroot, search modes, Python hints, ….
        unfound: names among the variables that CMake did not find and the compiler named instead, such as
            CMAKE_AR under CMAKE_FIND_ROOT_PATH_MODE_PROGRAM=ONLY; CMake must be told them.
        options: (name, type or "", value) of the given CMake variables that the toolchain file reads.
        content: a digest of the toolchain file, of what it includes and reads, and of the compilers.
        implicit_roots: folders that hold the host's own lib/ and include/, as the compiler searches them.
        reads: variables of the environment that the toolchain file and what it includes ask for.
    """

    file: Path | None
    compilers: Mapping[str, Compiler]
    triplet: str
    macros: Mapping[str, str]
    cppstd: str | None
    libcxx: str | None
    libc: Libc | None
    libc_version: tuple[int, int] | None
    variables: Mapping[str, str]
    unfound: tuple[str, ...] = ()
    options: tuple[tuple[str, str, str], ...] = ()
    content: str = ""
    implicit_roots: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def sysroot(self) -> str:
        """CMAKE_SYSROOT, "" for none."""
        return self.variables.get("CMAKE_SYSROOT", "")

    @property
    def compiler(self) -> Compiler:
        """The compiler that names the toolchain: C, else C++."""
        return self.compilers.get("C") or self.compilers["CXX"]
