"""Pure: the toolchain files and compiler scripts behind the names zig, gcc and clang."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.render.templates.template import Template


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigCompiler(Template, file="zig_compiler.sh.j2"):
    """A script that is a compiler by zig, without the flags that it refuses.

    Attributes:
        name: zig's own name of the compiler, "cc" or "c++".
        target: zig's, "aarch64-linux-gnu.2.17".
        cpu: zig's name of the processor, "" for the usual one.
        system: the key of the host's system in the table of platforms: "linux", "mac", "windows".
        triplet: what -dumpmachine answers.
        long_double: long double is a pair of doubles, and long_double.h lies beside the script.
        zig: the program.
        cache: where it keeps what it made, unless the environment says.
    """

    name: str
    target: str
    cpu: str
    system: str
    triplet: str
    long_double: bool
    zig: str
    cache: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigTool(Template, file="zig_tool.sh.j2"):
    """A script that is a binary tool by zig: "ar", "ranlib", "dlltool"; zig and cache as for a compiler."""

    name: str
    zig: str
    cache: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigWindres(Template, file="zig_windres.sh.j2"):
    """A script that compiles Windows' resources, for a machine by zig's name; zig and cache as for a compiler."""

    machine: str
    zig: str
    cache: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigStrip(Template, file="zig_strip.sh.j2"):
    """A script that does nothing, in place of the strip that zig lacks."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigInstallNameTool(Template, file="zig_install_name_tool.sh.j2"):
    """A script that fails and says why, in place of the install_name_tool that zig lacks."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ZigToolchain(Template, file="zig.cmake.j2"):
    """The toolchain file for zig; the scripts lie beside it.

    Attributes:
        target: zig's.
        system: as for a compiler.
        system_name, processor, library_architecture: CMAKE_SYSTEM_NAME and so on.
        tools: the scripts for CMAKE_AR and so on, by the lower-case names of these.
    """

    target: str
    system: str
    system_name: str
    processor: str
    library_architecture: str
    tools: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SystemToolchain(Template, file="system.cmake.j2"):
    """The toolchain file for cross compilers that are installed on this machine.

    Attributes:
        name: "gcc" or "clang".
        triplet: of the host.
        system_name, processor: CMAKE_SYSTEM_NAME, CMAKE_SYSTEM_PROCESSOR.
        c, cxx: the compilers.
        tools: CMAKE_AR and so on, with the programs.
        static: modules are linked with all that is not the system's.
    """

    name: str
    triplet: str
    system_name: str
    processor: str
    c: str
    cxx: str
    tools: tuple[tuple[str, str], ...]
    static: bool
