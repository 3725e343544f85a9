"""zig as a cross compiler for every Linux platform, at the C library that the tag asks for.

https://ziglang.org; from PyPI as `ziglang` (xconan[zig]). Its clang and its libraries come in one package; the
target's headers, C library stubs and libc++ are made when first used and kept in one cache for good.
"""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from xconan.errors import ToolchainError
from xconan.files import write_text
from xconan.model import Libc, Tool
from xconan.run import capture, say, stream, ticking, which

if TYPE_CHECKING:
    from xconan.model import Platform

# what GNU-minded build files say and zig refuses, and nothing is lost without
_REFUSED = ("-Wl,--exclude-libs*", "-Wl,-Bsymbolic-functions", "-Wl,--icf=*", "-Wl,-Map*", "-march=armv8-a")

_WRAPPER = """\
#!/bin/sh
# {what} for {target}, written by xconan
export ZIG_GLOBAL_CACHE_DIR="${{ZIG_GLOBAL_CACHE_DIR:-{cache}}}"
for word do
  shift
  case "$word" in {refused}) ;; *) set -- "$@" "$word" ;; esac
done
exec "{zig}" {command} "$@"
"""
_TOOL = """\
#!/bin/sh
export ZIG_GLOBAL_CACHE_DIR="${{ZIG_GLOBAL_CACHE_DIR:-{cache}}}"
exec "{zig}" {command} "$@"
"""
_STRIP = """\
#!/bin/sh
# zig has no strip yet; what it links for wheels is stripped by the linker (-s)
exit 0
"""
_TOOLCHAIN = """\
# {target} by zig, written by xconan.

# System information
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {processor})
set(CMAKE_LIBRARY_ARCHITECTURE {multiarch})

# Compilers
set(CMAKE_C_COMPILER "${{CMAKE_CURRENT_LIST_DIR}}/cc")
set(CMAKE_CXX_COMPILER "${{CMAKE_CURRENT_LIST_DIR}}/c++")
foreach(tool ar ranlib strip)
  string(TOUPPER ${{tool}} name)
  set(CMAKE_${{name}} "${{CMAKE_CURRENT_LIST_DIR}}/${{tool}}" CACHE FILEPATH "" FORCE)
endforeach()

# libc++ is linked statically; without symbols a module is a tenth as large
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-s")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")

# Search path configuration
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
"""


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
    """The `-target` for a platform: "aarch64-linux-gnu.2.17".

    A `linux_*` tag promises no C library; it gets the oldest that zig has.

    Raises:
        ToolchainError: zig's oldest C library for the architecture is newer than the tag's.
    """
    oldest = (int(part) for part in platform.arch.zig_oldest.split("."))
    major, minor = oldest
    if platform.libc is Libc.MUSL:
        return platform.arch.zig.format(libc="musl")
    floor = platform.floor or (major, minor)
    if floor < (major, minor):
        raise ToolchainError(
            f"zig's oldest glibc for {platform.arch.name} is {major}.{minor}, but the tag {platform.tag} asks for "
            f"{floor[0]}.{floor[1]}",
            where=platform.tag,
            hint=f"use manylinux_{major}_{minor}_{platform.arch.name}",
        )
    return f"{platform.arch.zig.format(libc='gnu')}.{floor[0]}.{floor[1]}"


def write_zig_toolchain(platform: Platform, zig: Tool, cache: Path) -> Path:
    """Write the wrappers and the CMake toolchain file for a platform, and return that file.

    Args:
        platform: of the host.
        zig: the program; reached by a link, so that wrappers stay the same while build environments change.
        cache: folder for wrappers, and below it zig's own cache of what it made.

    Raises:
        ToolchainError: zig has no such target.
    """
    target = zig_target(platform)
    base = cache / "zig" / zig.version
    folder = base / (target if platform.arch.zig_cpu is None else f"{target}-{platform.arch.zig_cpu}")
    link = _link(base, zig)
    flags = f"-target {target}" + (f" -mcpu={platform.arch.zig_cpu}" if platform.arch.zig_cpu else "")
    facts = {"target": target, "cache": cache / "zig" / "cache", "zig": link, "refused": "|".join(_REFUSED)}
    for name in ("cc", "c++"):
        text = _WRAPPER.format(what=name, command=f"{name} {flags}", **facts)
        write_text(folder / name, text, executable=True)
    for name in ("ar", "ranlib"):
        write_text(folder / name, _TOOL.format(command=name, **facts), executable=True)
    write_text(folder / "strip", _STRIP, executable=True)
    toolchain = folder / "toolchain.cmake"
    arch = platform.arch
    write_text(toolchain, _TOOLCHAIN.format(target=target, processor=arch.processor, multiarch=arch.multiarch))
    return toolchain


def warm_zig(toolchain_file: Path) -> None:
    """Have zig make its C++ library for a target before anything else needs it, and say so: it takes minutes.

    Args:
        toolchain_file: as write_zig_toolchain wrote it.

    Raises:
        ToolchainError: zig can't compile C++ for the target.
    """
    folder = toolchain_file.parent
    marker = folder / "warm"
    if marker.exists():
        return
    say(f"xconan: zig makes its C++ library for {folder.name} when it is first used; that takes some minutes, once")
    source = folder / "warm.cpp"
    write_text(source, "#include <iostream>\n#include <string>\nvoid hello(std::string name) { std::cout << name; }\n")
    with ticking("zig is at work"), TemporaryDirectory(prefix="xconan-zig-") as out:
        argv = [str(folder / "c++"), "-O3", "-fPIC", "-shared", "-s", "-o", f"{out}/warm.so", str(source)]
        code = stream(argv, echo=False)
    if code != 0:
        raise ToolchainError("zig can't compile C++ for this target; its own words stand above", where=shlex.join(argv))
    marker.touch()


def _version(path: Path) -> str | None:
    done = capture([str(path), "version"])
    return done.stdout.strip() or None if done.code == 0 else None


def _link(base: Path, zig: Tool) -> Path:
    link = base / "zig"
    if not (link.is_symlink() and link.readlink() == zig.path):
        base.mkdir(parents=True, exist_ok=True)
        beside = base / f".zig.{os.getpid()}"
        beside.unlink(missing_ok=True)
        beside.symlink_to(zig.path)
        beside.replace(link)
    return link
