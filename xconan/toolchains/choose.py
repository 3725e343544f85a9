"""A toolchain behind a name: `toolchain = "zig"`, "gcc" or "clang", and which one where nothing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.files import write_text
from xconan.ground.run import which
from xconan.host.platforms import Libc, part_of
from xconan.toolchains.zig import find_zig, write_zig_toolchain

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.host.platforms import Platform
    from xconan.project.config.records import CrossConfig

_SYSTEM = """\
# {triplet} by this machine's {name}, written by xconan.

# System information
set(CMAKE_SYSTEM_NAME {system})
set(CMAKE_SYSTEM_PROCESSOR {processor})

# Compilers
set(CMAKE_C_COMPILER "{c}")
set(CMAKE_CXX_COMPILER "{cxx}")
{more}
# Search path configuration
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
"""


def with_toolchain(cross: CrossConfig, cache: Path) -> CrossConfig:
    """The configuration with a toolchain file written for the toolchain that it names.

    Where it names none: this machine's cross gcc for `linux_*` tags, which promise no C library; else zig, whose
    C library is as old as the tag says, and for hosts whose processor is older than that gcc's (ARMv6).

    Raises:
        ToolchainError: the toolchain is not installed; the hint says how to install it.
    """
    platform = cross.target.platform
    if platform.arch.parts:
        parts = " and ".join(part_of(platform, part).tag for part in platform.arch.parts)
        raise ConfigError(f"{platform.tag} has no toolchain of its own", where=cross.source,
                          hint=f"it is made of {parts}: name one of these")  # fmt: skip
    promises = platform.floor is not None or platform.os != "linux" or (platform.arch.zig_cpu and find_zig())
    name = cross.toolchain or ("zig" if promises or not _find_gcc(platform) else "gcc")
    if name == "zig":
        zig = find_zig()
        if zig is None:
            raise ToolchainError(
                f"there is no toolchain for {platform.tag}",
                where=cross.source,
                hint="pip install 'xconan[zig]', or set toolchain_file or toolchain",
            )
        return replace(cross, toolchain_file=write_zig_toolchain(platform, zig, cache), toolchain=name)
    writer = _write_clang if name == "clang" else _write_gcc
    return replace(cross, toolchain_file=writer(platform, cross, cache), toolchain=name)


def _find_gcc(platform: Platform) -> tuple[Path, Path] | None:
    c, cxx = (which(f"{platform.arch.triplet}-{program}") for program in ("gcc", "g++"))
    return (c, cxx) if c and cxx else None


def _write_gcc(platform: Platform, cross: CrossConfig, cache: Path) -> Path:
    found = None if platform.libc is Libc.MUSL else _find_gcc(platform)
    if found is None:
        raise _missing("gcc", platform, cross)
    return _write("gcc", platform, found, cache)


def _write_clang(platform: Platform, cross: CrossConfig, cache: Path) -> Path:
    c, cxx = which("clang"), which("clang++")
    # clang takes libraries, headers and binutils of the cross gcc; those of Debian's MinGW it does not find
    if not (c and cxx and platform.os == "linux" and platform.libc is not Libc.MUSL and _find_gcc(platform)):
        raise _missing("clang", platform, cross)
    return _write("clang", platform, (c, cxx), cache)


def _write(name: str, platform: Platform, compilers: tuple[Path, Path], cache: Path) -> Path:
    triplet = platform.arch.triplet
    more = ""
    if name == "clang":
        more += "".join(f"set(CMAKE_{language}_COMPILER_TARGET {triplet})\n" for language in ("C", "CXX"))
        # without llvm-ar and others CMake would take this machine's, which can't read the host's objects
        tools = {tool: which(f"{triplet}-{tool}") for tool in ("ar", "ranlib", "strip", "nm", "objcopy", "objdump")}
        more += "".join(f'set(CMAKE_{tool.upper()} "{path}")\n' for tool, path in tools.items() if path)
    if platform.os == "windows":  # a host has no libgcc and no libstdc++
        more += 'set(CMAKE_MODULE_LINKER_FLAGS_INIT "-static -s")\nset(CMAKE_SHARED_LINKER_FLAGS_INIT "-static -s")\n'
    text = _SYSTEM.format(
        triplet=triplet, name=name, system=platform.system.cmake, processor=platform.arch.processor,
        c=compilers[0], cxx=compilers[1], more=more,
    )  # fmt: skip
    file = cache / name / platform.arch.name / "toolchain.cmake"
    write_text(file, text)
    return file


def _missing(name: str, platform: Platform, cross: CrossConfig) -> ToolchainError:
    arch = platform.arch
    hint = "use toolchain = 'zig', or give a toolchain_file"
    if name in arch.toolchains and platform.libc is not Libc.MUSL:
        packages = [arch.gcc_package, *(["clang"] if name == "clang" else [])]
        hint = f"apt-get install {' '.join(packages)}, or toolchain = 'zig'"
    return ToolchainError(f"there is no {name} for {platform.tag}", where=cross.source, hint=hint)
