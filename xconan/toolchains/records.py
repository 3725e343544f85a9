"""A toolchain and its compilers, as they describe themselves."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.host.platforms import Libc


INSTRUCTION_SET = "__ARM_ARCH"  # the version of ARM's instructions that a compiler uses (ACLE)
EMSCRIPTEN = ("__EMSCRIPTEN_major__", "__EMSCRIPTEN_minor__", "__EMSCRIPTEN_tiny__")  # its version
CXX_LIBRARY = ("_GLIBCXX_RELEASE", "_GLIBCXX_USE_CXX11_ABI", "_LIBCPP_VERSION", "_LIBCPP_ABI_VERSION")  # which one
TIME_BITS = "_TIME_BITS"  # how many time_t has in glibc, where it is not the size of long


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compiler(Record):
    """One compiler of a toolchain.

    Attributes:
        path: of the driver, absolute.
        id, version: as CMake names them ("GNU", "12.2.0").
        behind: CMAKE_<LANG>_COMPILER_ARG1: the compiler itself where `path` is ccache or its like; flags begin with it.
        launcher, link_launcher: what CMake puts before each call that compiles, or links: ccache, a board's script.
        flags: what the toolchain file adds to every call, by whichever variable or property; sysroot and target too.
        exe_flags, shared_flags: what it adds where a program or a library is linked.
        libraries: what such a line ends with.
        script: a script that is the compiler with all of that, for who reads no toolchain file; "" where there is none.
        identity: a digest of what else decides its code: the macros that it predefines with these flags, scripts that
            it is, files that flags name. No path is in it, and no patch release's number; "" where nothing is known.
    """

    path: str
    id: str
    version: str
    behind: str = ""
    launcher: str = ""
    link_launcher: str = ""
    flags: str = ""
    exe_flags: str = ""
    shared_flags: str = ""
    libraries: str = ""
    script: str = ""
    identity: str = ""

    @property
    def program(self) -> str:
        """The program that is the compiler for Autotools, Make and Meson."""
        return self.script or self.path

    @property
    def call(self) -> tuple[str, ...]:
        """The words by which CMake calls it for every source."""
        return (*shlex.split(self.launcher), self.path, *shlex.split(self.flags))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Toolchain(Record):
    """A toolchain as CMake and the compiler themselves describe it.

    Attributes:
        file: the toolchain file, None for the build machine's own compilers.
        compilers: by CMake's name of the language: "C", "CXX", "Fortran".
        triplet: `-dumpmachine`.
        macros: of the compiler's predefined macros and of its libraries' those that rows of platforms.toml name,
            INSTRUCTION_SET, TIME_BITS, EMSCRIPTEN and CXX_LIBRARY.
        cppstd: the default C++ standard as Conan spells it ("gnu17"), None without a C++ compiler.
        own_cppstd: the same where Conan knows it of this compiler, else a newer one.
        libcxx: Conan's settings.compiler.libcxx, None without a C++ compiler.
        libc, libc_version: of the headers it compiles against; version None where not known (musl).
        variables: of CMake, after the toolchain file was read: sysroot, search modes, Python hints, ….
        unfound: names among the variables that CMake did not find and the compiler named instead, such as
            CMAKE_AR under CMAKE_FIND_ROOT_PATH_MODE_PROGRAM=ONLY; CMake must be told them.
        options: (name, type or "", value) of the given CMake variables that the toolchain file reads.
        env: (name, value) of variables of the build's environment that it reads and another build would lack.
        asks_where: it speaks of CMAKE_TOOLCHAIN_FILE, to find what lies beside it.
        included: the file that others include in its place, with these options and env; None for `file` itself.
        content: a digest of the toolchain file, of what it includes and reads, and of the compilers.
        implicit_roots: folders that hold the host's own lib/ and include/, as the compiler searches them.
        reads: variables of the environment that the toolchain file and what it includes ask for.
        compiler_env: (name, value) of variables that compilers read which are scripts; libraries get them too.
        build_type: that CMake was asked for; words of its configuration are among the compilers' flags.
        own_flags: (variable, words) for CMAKE_<LANG>_FLAGS and its like, and for those of each configuration and their
            _INIT, as the file or the build sets them; CMake adds its own later.
        lacking: binary tools and compilers that there are none of for the host: "objcopy", "cc".
        refused: (variable, script) for each program that is lacking, which says so where it is called.
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
    env: tuple[tuple[str, str], ...] = ()
    asks_where: bool = False
    included: Path | None = None
    reads: tuple[str, ...] = ()
    compiler_env: tuple[tuple[str, str], ...] = ()
    lacking: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    own_cppstd: str | None = None
    build_type: str = ""
    own_flags: tuple[tuple[str, str], ...] = ()

    @property
    def sysroot(self) -> str:
        """CMAKE_SYSROOT, "" for none."""
        return self.variables.get("CMAKE_SYSROOT", "")

    @property
    def include(self) -> Path | None:
        """The toolchain file for whoever includes it; None for the build machine's own compilers."""
        return self.included or self.file

    @property
    def emscripten(self) -> str:
        """The version of Emscripten, "3.1.58"; "" for another compiler."""
        parts = [self.macros.get(name, "") for name in EMSCRIPTEN]
        return ".".join(parts) if all(parts) else ""

    @property
    def compiler(self) -> Compiler:
        """The compiler that names the toolchain: C, else C++."""
        return self.compilers.get("C") or self.compilers["CXX"]
