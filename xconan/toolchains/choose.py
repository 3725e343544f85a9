"""A toolchain behind a name: `toolchain = "zig"`, "gcc", "clang" or "emscripten", and which one if nothing is said."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.run import capture, which
from xconan.host.platforms import Libc, part_of
from xconan.render.compilers import OwnToolchain, Program, SystemToolchain
from xconan.render.templates.template import write_templates
from xconan.toolchains.records import INSTRUCTION_SET
from xconan.toolchains.zig import find_zig, write_zig_toolchain, zig_toolchain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xconan.host.platforms import Arch, Platform
    from xconan.project.config.records import CrossConfig
    from xconan.render.compilers import ZigToolchain

_TIMEOUT = 10.0  # seconds that a compiler has to answer


def with_toolchain(cross: CrossConfig, cache: Path) -> CrossConfig:
    """The configuration with a toolchain file written for the toolchain that it names.

    Where it names none: this machine's cross gcc for `linux_*` tags, which promise no C library; else zig, whose
    C library is as old as the tag says, and for hosts whose processor is older than that gcc's (ARMv6); for Pyodide
    Emscripten. Where the environment names the host, this machine's own compiler is told of it.

    Raises:
        ToolchainError: the toolchain is not installed; the hint says how to install it.
        ConfigError: it is for other hosts.
    """
    platform = cross.target.platform
    if cross.own_compiler and cross.toolchain is None:
        folder = cache / "own" / platform.tag
        write_templates(folder, {"toolchain.cmake": _own_toolchain(platform)})
        return replace(cross, toolchain_file=folder / "toolchain.cmake")
    if platform.arch.parts:
        parts = " and ".join(part_of(platform, part).tag for part in platform.arch.parts)
        raise ConfigError(f"{platform.tag} has no toolchain of its own", where=cross.source,
                          hint=f"it is made of {parts}: name one of these")  # fmt: skip
    if platform.os == "pyodide" and cross.toolchain in (None, "emscripten"):
        from xconan.toolchains.emscripten import with_emscripten  # noqa: PLC0415 - for Pyodide alone

        return with_emscripten(cross, cache)
    if "emscripten" in (cross.toolchain, *platform.arch.toolchains):
        other = "Pyodide's is emscripten" if platform.os == "pyodide" else "Emscripten is for Pyodide"
        raise ConfigError(f"{cross.toolchain} makes nothing for {platform.tag}", where=cross.place("toolchain"),
                          hint=f"leave toolchain out: {other}")  # fmt: skip
    gcc = find_gcc(platform.arch.triplet) if not cross.toolchain and prefers_gcc(platform, find_zig) else None
    name = cross.toolchain or ("gcc" if gcc and suits(gcc[0], platform) else "zig")
    if name == "zig":
        zig = find_zig()
        if zig is None:
            raise ToolchainError(
                f"there is no toolchain for {platform.tag}",
                where=cross.source,
                hint=f"pip install 'xconan[zig]', or {_also(platform)}",
            )
        return replace(cross, toolchain_file=write_zig_toolchain(platform, zig, cache), toolchain=name)
    folder = cache / name / platform.arch.name
    write_templates(folder, {"toolchain.cmake": _system_toolchain(name, cross)})
    return replace(cross, toolchain_file=folder / "toolchain.cmake", toolchain=name)


def named_toolchain(cross: CrossConfig) -> ZigToolchain | SystemToolchain:
    """The toolchain file that with_toolchain has written, as a record.

    Args:
        cross: as with_toolchain has returned it.

    Raises:
        ToolchainError: the toolchain is not installed any more.
    """
    if cross.toolchain == "zig":
        return zig_toolchain(cross.target.platform)
    if cross.toolchain is None:
        raise ValueError("this configuration has no toolchain behind a name")
    return _system_toolchain(cross.toolchain, cross)


def promises_no_libc(platform: Platform) -> bool:
    """Whether the tag is linux_*, which says nothing of the host's C library: any compiler's will do."""
    return platform.os == "linux" and platform.floor is None


def prefers_gcc(platform: Platform, zig: Callable[[], object | None]) -> bool:
    """Whether a build that names no toolchain takes this machine's cross gcc, where it is installed; else zig.

    Args:
        platform: the host.
        zig: finds zig; asked only where the processor is older than that gcc's.
    """
    return promises_no_libc(platform) and not (_is_older_than_gcc(platform.arch) and zig())


def _is_older_than_gcc(arch: Arch) -> bool:
    """Whether hosts lack instructions that a released cross gcc takes by itself."""
    return bool(arch.zig_cpu) and "gcc" not in arch.toolchains


def serves(name: str, platform: Platform) -> bool:
    """Whether this machine's "gcc" or "clang" can build for a host, once both and the cross gcc are installed."""
    # clang takes libraries, headers and binutils of the cross gcc; those of Debian's MinGW it does not find
    return platform.libc is not Libc.MUSL and (name == "gcc" or platform.os == "linux")


def suits(compiler: Path, platform: Platform, *words: str) -> bool:
    """Whether the host has all instructions that a compiler takes by itself; asked only where the usual one takes more.

    Args:
        compiler: gcc or clang, for the architecture.
        platform: the host.
        words: that it is called with.
    """
    if not _is_older_than_gcc(platform.arch) or platform.arch.max_arm is None:
        return True
    newest = predefined(compiler, "", *words).get(INSTRUCTION_SET, "")
    return newest.isdigit() and int(newest) <= platform.arch.max_arm


def predefined(compiler: Path, text: str, *words: str) -> dict[str, str]:
    """A compiler's predefined macros, and those of the headers that the text includes; {} where that fails."""
    done = capture([str(compiler), *words, "-E", "-dM", "-x", "c", "-"], stdin=text, timeout=_TIMEOUT)
    return dict(re.findall(r"^#define (\w+) (.*)$", done.stdout, re.MULTILINE)) if done.code == 0 else {}


def find_gcc(triplet: str) -> tuple[Path, Path] | None:
    """This machine's cross gcc and g++ for a GNU triplet; None unless both are there."""
    return _both(f"{triplet}-gcc", f"{triplet}-g++")


def find_clang() -> tuple[Path, Path] | None:
    """This machine's clang and clang++; None unless both are there."""
    return _both("clang", "clang++")


def _both(c_name: str, cxx_name: str) -> tuple[Path, Path] | None:
    c, cxx = which(c_name), which(cxx_name)
    return (c, cxx) if c and cxx else None


def _system_toolchain(name: str, cross: CrossConfig) -> SystemToolchain:
    """The toolchain file for this machine's gcc or clang.

    Raises:
        ToolchainError: it is not installed.
    """
    platform = cross.target.platform
    triplet = platform.arch.triplet
    gcc = find_gcc(triplet)
    compilers = {"gcc": gcc, "clang": find_clang() if gcc else None}[name]
    if compilers is None or not serves(name, platform):
        raise _missing(name, platform, cross)
    # without llvm-ar and others CMake would take this machine's, which can't read the host's objects
    names = ("ar", "ranlib", "strip", "nm", "objcopy", "objdump") if name == "clang" else ()
    tools = {f"CMAKE_{tool.upper()}": which(f"{triplet}-{tool}") for tool in names}
    c, cxx = (Program(path=str(path)) for path in compilers)
    return SystemToolchain(
        about=f"{triplet} by this machine's {name}",
        system_name=platform.system.cmake,
        processor=platform.arch.processor,
        library_architecture="",  # CMake asks the compiler
        c=c,
        cxx=cxx,
        compiler_target=triplet if name == "clang" else "",
        tools=tuple((variable, Program(path=str(path))) for variable, path in tools.items() if path),
        static=platform.os == "windows",
    )


def _own_toolchain(platform: Platform) -> OwnToolchain:
    """The toolchain file for a compiler that builds for all machines of its system."""
    mac = platform.os == "mac"
    return OwnToolchain(
        about=f"{platform.tag} by this machine's own compiler",
        system_name=platform.system.cmake,
        processor=platform.arch.processor,
        architectures=platform.arch.name if mac else "",
        deployment_target=".".join(map(str, platform.floor)) if mac and platform.floor else "",
    )


def _also(platform: Platform) -> str:
    """What serves in place of zig: Debian's cross gcc where the tag promises no C library, else a toolchain file."""
    if promises_no_libc(platform) and platform.arch.gcc_package and which("apt-get"):
        return f"`apt-get install {platform.arch.gcc_package}` as root, or set toolchain_file in a cross.toml"
    return "set toolchain_file in a cross.toml"


def _missing(name: str, platform: Platform, cross: CrossConfig) -> ToolchainError:
    arch = platform.arch
    hint = "use toolchain = 'zig', or give a toolchain_file"
    if name in arch.toolchains and platform.libc is not Libc.MUSL:
        packages = [arch.gcc_package, *(["clang"] if name == "clang" else [])]
        hint = f"apt-get install {' '.join(packages)}, or toolchain = 'zig'"
    return ToolchainError(f"there is no {name} for {platform.tag}", where=cross.source, hint=hint)
