"""A toolchain behind a name: `toolchain = "zig"`, "gcc" or "clang", and which one where nothing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.run import which
from xconan.host.platforms import Libc, part_of
from xconan.render.compilers import SystemToolchain
from xconan.render.templates.template import write_templates
from xconan.toolchains.zig import find_zig, write_zig_toolchain

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.host.platforms import Platform
    from xconan.project.config.records import CrossConfig


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
    # without llvm-ar and others CMake would take this machine's, which can't read the host's objects
    names = ("ar", "ranlib", "strip", "nm", "objcopy", "objdump") if name == "clang" else ()
    tools = {f"CMAKE_{tool.upper()}": which(f"{triplet}-{tool}") for tool in names}
    template = SystemToolchain(
        name=name,
        triplet=triplet,
        system_name=platform.system.cmake,
        processor=platform.arch.processor,
        c=str(compilers[0]),
        cxx=str(compilers[1]),
        tools=tuple((variable, str(path)) for variable, path in tools.items() if path),
        static=platform.os == "windows",
    )
    folder = cache / name / platform.arch.name
    write_templates(folder, {"toolchain.cmake": template})
    return folder / "toolchain.cmake"


def _missing(name: str, platform: Platform, cross: CrossConfig) -> ToolchainError:
    arch = platform.arch
    hint = "use toolchain = 'zig', or give a toolchain_file"
    if name in arch.toolchains and platform.libc is not Libc.MUSL:
        packages = [arch.gcc_package, *(["clang"] if name == "clang" else [])]
        hint = f"apt-get install {' '.join(packages)}, or toolchain = 'zig'"
    return ToolchainError(f"there is no {name} for {platform.tag}", where=cross.source, hint=hint)
