"""zig as a cross compiler for Linux, macOS and Windows, at the C library or macOS that the tag asks for.

https://ziglang.org; from PyPI as `ziglang` (xconan[zig]). Its clang and its libraries come in one package; the
target's headers, C library stubs and libc++ are made when first used and kept in one cache for good.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.tools import Tool, version_key
from xconan.ground.errors import ToolchainError
from xconan.ground.files import load_toml, write_text
from xconan.ground.run import capture, which
from xconan.host.platforms import Libc
from xconan.render.compilers import (
    ZigCompiler,
    ZigInstallNameTool,
    ZigStrip,
    ZigTool,
    ZigToolchain,
    ZigWindres,
)
from xconan.render.templates.template import write_templates
from xconan.toolchains.zig_copy import kept_zig
from xconan.toolchains.zig_linker import linker_options

if TYPE_CHECKING:
    from xconan.host.platforms import Platform
    from xconan.render.templates.template import Template

_TIMEOUT = 20.0  # seconds that zig has to say its version
# long double is a pair of doubles on ppc64le's older glibc, and IEEE's 128 bits in zig's libc++ whatever the glibc:
# https://sourceware.org/glibc/wiki/Release/2.32. Code is compiled for the pair; a header has what libc++ then lacks.
_LONG_DOUBLE_GLIBC = (2, 32)
_LONG_DOUBLE_HEADER = "long_double.h"
# whose -march and -mcpu differ from zig's by spelling; elsewhere they name instruction sets that zig has no word for
_PROCESSORS = ("x86", "x86_64", "aarch64", "powerpc64le")


def find_zig() -> Tool | None:
    """The zig of the package ziglang, else the one on PATH; None if there is none that runs."""
    with suppress(ImportError, ValueError):
        spec = find_spec("ziglang")
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if version := _version(Path(folder, "zig")):
                return Tool(path=Path(folder, "zig"), version=version)
    path = which("zig")
    version = _version(path) if path else None
    return Tool(path=path, version=version) if path and version else None


def zig_target(platform: Platform) -> str:
    """The `-target` for a platform: "aarch64-linux-gnu.2.17", "x86_64-macos.11.0", "x86_64-windows-gnu".

    A `linux_*` tag promises no C library; it gets the oldest that zig has.

    Raises:
        ToolchainError: zig's oldest C library, or macOS, for the architecture is newer than the tag's, or it has none.
    """
    arch = platform.arch
    if not (arch.zig or arch.parts):
        raise ToolchainError(f"zig does not compile for {platform.tag}", where=platform.tag,
                             hint="set toolchain_file in a cross.toml")  # fmt: skip
    if platform.libc is Libc.MUSL:
        return arch.zig.format(libc="musl")
    if not arch.zig_oldest:
        return arch.zig
    oldest = version_key(arch.zig_oldest)
    floor = platform.floor or oldest
    if floor < oldest:
        kind, tag = ("macOS", "macosx") if platform.os == "mac" else ("glibc", "manylinux")
        raise ToolchainError(
            f"zig's oldest {kind} for {arch.name} is {arch.zig_oldest}, but the tag {platform.tag} asks for "
            f"{floor[0]}.{floor[1]}",
            where=platform.tag,
            hint=f"use {tag}_{arch.zig_oldest.replace('.', '_')}_{arch.name}",
        )
    return f"{arch.zig.format(libc='gnu')}.{floor[0]}.{floor[1]}"


def libcxx_place(version: str, target: str) -> str:
    """Where in zig's cache the C++ library of a version for a target is kept for the compiler scripts."""
    return f"xconan/{version}/{target}"


def write_zig_toolchain(platform: Platform, zig: Tool, cache: Path) -> Path:
    """Write the wrappers and the CMake toolchain file for a platform, and return that file.

    Args:
        platform: of the host; one architecture, not a universal one.
        zig: the program; a copy of it is run (zig_copy.py), by a link that stays the same.
        cache: folder for wrappers, and below it zig's own cache of what it made.

    Raises:
        ToolchainError: zig has no such target.
        OSError: the files can't be written.
    """
    target = zig_target(platform)
    base = cache / "zig" / zig.version
    folder = base / (target if platform.arch.zig_cpu is None else f"{target}-{platform.arch.zig_cpu}")
    program = str(_link(base, kept_zig(zig, cache)))
    made = libcxx_place(zig.version, folder.name)
    scripts = zig_scripts(platform, zig=program, cache=str(cache / "zig" / "cache"), libcxx=made)
    write_templates(folder, {**scripts, "toolchain.cmake": zig_toolchain(platform)}, programs=scripts)
    if _needs_long_double(platform, target):
        write_text(folder / _LONG_DOUBLE_HEADER, Path(__file__).with_name(_LONG_DOUBLE_HEADER).read_text("utf-8"))
    return folder / "toolchain.cmake"


def zig_scripts(platform: Platform, *, zig: str = "", cache: str = "", libcxx: str = "") -> dict[str, Template]:
    """The compilers and binary tools for a platform, by their names.

    Args:
        platform: of the host.
        zig: the program; "" for the one beside the scripts.
        cache: the folder that it fills, "" where it knows by itself.
        libcxx: where in that folder the C++ library is found once it was made, "" for wherever zig has it.

    Raises:
        ToolchainError: zig has no such target.
    """
    target, arch = zig_target(platform), platform.arch
    scripts: dict[str, Template] = {
        name: ZigCompiler(
            name=name,
            target=target,
            cpu=arch.zig_cpu or "",
            processor=(arch.zig_cpu or "baseline").partition("-")[0],
            system=platform.os,
            triplet=arch.triplet.replace("-gnu", "-musl") if platform.libc is Libc.MUSL else arch.triplet,
            long_double=_needs_long_double(platform, target),
            zig=zig,
            cache=cache,
            libcxx=libcxx,
            archives=("c++.lib", "c++abi.lib") if platform.os == "windows" else ("libc++.a", "libc++abi.a"),
            linker=linker_options(platform.os),
            headers=_headers(platform.os),
            processors=arch.zig.split("-", maxsplit=1)[0] in _PROCESSORS,
            arm=arch.zig.split("-", maxsplit=1)[0] == "arm",
        )
        for name in ("cc", "c++")
    }
    scripts |= {name: ZigTool(name=name, zig=zig, cache=cache) for name in ("ar", "ranlib")}
    scripts["strip"] = ZigStrip()
    if platform.os == "linux":
        scripts["ld.lld"] = ZigTool(name="ld.lld", zig=zig, cache=cache)
    if platform.os == "mac":
        scripts["install_name_tool"] = ZigInstallNameTool()
    if platform.os == "windows":
        scripts["dlltool"] = ZigTool(name="dlltool", zig=zig, cache=cache)
        scripts["windres"] = ZigWindres(machine=arch.zig.split("-", maxsplit=1)[0], zig=zig, cache=cache)
    return scripts


def zig_toolchain(platform: Platform) -> ZigToolchain:
    """The toolchain file for a platform, with zig_scripts beside it.

    Raises:
        ToolchainError: zig has no such target.
    """
    more = {"mac": ("install_name_tool",), "windows": ("dlltool",)}.get(platform.os, ())
    return ZigToolchain(
        about=f"{zig_target(platform)} by zig",
        system=platform.os,
        system_name=platform.system.cmake,
        processor=platform.arch.processor,
        library_architecture=platform.arch.multiarch if platform.os == "linux" else "",
        tools=("ar", "ranlib", "strip", *more),
    )


@cache
def _headers(system: str) -> tuple[str, ...]:
    table = load_toml(Path(__file__).with_name("zig_headers.toml"))
    return tuple(cast("dict[str, list[str]]", table[system])["names"])


def _needs_long_double(platform: Platform, target: str) -> bool:
    """Whether the host's long double is a pair of doubles, of which zig's libc++ knows nothing."""
    libc = target.rpartition("-")[2]
    glibc = version_key(libc.removeprefix("gnu.")) if libc.startswith("gnu.") else None
    return platform.arch.name == "ppc64le" and glibc is not None and glibc < _LONG_DOUBLE_GLIBC


def _version(path: Path) -> str | None:
    done = capture([str(path), "version"], timeout=_TIMEOUT)
    return done.stdout.strip() or None if done.code == 0 else None


def _link(base: Path, program: Path) -> Path:
    link = base / "zig"
    if not (link.is_symlink() and link.readlink() == program):
        base.mkdir(parents=True, exist_ok=True)
        beside = base / f".zig.{os.getpid()}"
        beside.unlink(missing_ok=True)
        beside.symlink_to(program)
        beside.replace(link)
    return link
