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

from xconan.build_machine.tools import Tool, version_key
from xconan.ground.errors import ToolchainError
from xconan.ground.files import cache_folder, file_digest, write_text
from xconan.ground.run import capture, say, stream, ticking, which
from xconan.host.platforms import Libc

if TYPE_CHECKING:
    from xconan.host.platforms import Platform

# what build files say and zig refuses or warns of, and nothing is lost without; and -flto, which pybind11 tries in
# every project: for it zig would make its C++ library a second time, for minutes
_REFUSED = (
    "-Wl,--exclude-libs*", "-Wl,-Bsymbolic-functions", "-Wl,--icf=*", "-Wl,-Map*", "-march=armv8-a",
    "-stdlib=libc++", "-flto*",
)  # fmt: skip
# Apple's ways to say what -target says, and -bundle, which zig ignores: Python loads a dylib as well
_CASES = {
    "linux": "",
    "mac": """
    -arch|-isysroot) skip=1 ;;
    -mmacosx-version-min=*) ;;
    -bundle) set -- "$@" -dynamiclib ;;""",
    "windows": "",
}

_WRAPPER = """\
#!/bin/sh
# {what} for {target}, written by xconan
export ZIG_GLOBAL_CACHE_DIR="${{ZIG_GLOBAL_CACHE_DIR:-{cache}}}"
[ "$*" = -dumpmachine ] && echo {triplet} && exit # zig says what config.sub does not know
skip=
for word do
  shift
  if [ "$skip" ]; then skip=; continue; fi
  case "$word" in
    {refused}) ;;{cases}
    # CMake asks who we are by a program that it links and never runs: an object file tells as much, and needs no libc++
    CMakeCCompilerId.c|CMakeCXXCompilerId.cpp) set -- "$@" -c "$word" ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec "{zig}" {command} "$@"
"""
_TOOL = """\
#!/bin/sh
export ZIG_GLOBAL_CACHE_DIR="${{ZIG_GLOBAL_CACHE_DIR:-{cache}}}"
exec "{zig}" {command} "$@"
"""
_TIMEOUT = 20.0  # seconds that zig has to say its version
_WARM = "#include <iostream>\n#include <string>\nvoid hello(std::string name) { std::cout << name; }\n"
_STRIP = """\
#!/bin/sh
# zig has no strip yet; what it links for wheels is stripped by the linker (-s)
exit 0
"""
_INSTALL_NAME_TOOL = """\
#!/bin/sh
# CMake wants this program for macOS, and with CMAKE_BUILD_WITH_INSTALL_RPATH never needs it
echo "xconan: zig has no install_name_tool, so it can't change $*; build with the paths that are installed" >&2
exit 1
"""
_WINDRES = """\
#!/bin/sh
# GNU windres by zig rc: -O coff -DX=1 -I DIR [-i] IN [-o] OUT
out= in=
set -- "$@" --
while [ "$1" != -- ]; do
  case "$1" in
    -O|-J|-F) shift 2; continue ;;
    -o) out=$2; shift 2; continue ;;
    -i) in=$2; shift 2; continue ;;
    -D|-I|-U) flag=$1$2; shift ;;
    -D*|-I*|-U*) flag=$1 ;;
    -*) shift; continue ;;
    *) if [ "$in" ]; then out=$1; else in=$1; fi; shift; continue ;;
  esac
  shift
  case "$flag" in
    -D*) set -- "$@" /d "${{flag#-D}}" ;;
    -I*) set -- "$@" /i "${{flag#-I}}" ;;
    -U*) set -- "$@" /u "${{flag#-U}}" ;;
  esac
done
shift
export ZIG_GLOBAL_CACHE_DIR="${{ZIG_GLOBAL_CACHE_DIR:-{cache}}}"
exec "{zig}" rc /:auto-includes gnu /:output-format coff /:target {machine} "$@" -- "$in" "$out"
"""
_TOOLCHAIN = """\
# {target} by zig, written by xconan.

# System information
set(CMAKE_SYSTEM_NAME {system})
set(CMAKE_SYSTEM_PROCESSOR {processor})
{more}
# Compilers
set(CMAKE_C_COMPILER "${{CMAKE_CURRENT_LIST_DIR}}/cc")
set(CMAKE_CXX_COMPILER "${{CMAKE_CURRENT_LIST_DIR}}/c++")
foreach(tool {tools})
  string(TOUPPER ${{tool}} name)
  set(CMAKE_${{name}} "${{CMAKE_CURRENT_LIST_DIR}}/${{tool}}" CACHE FILEPATH "" FORCE)
endforeach()

# try_compile() with the flags of a release: zig makes its libc++ anew for each -g, -s and -fPIC
set(CMAKE_TRY_COMPILE_CONFIGURATION Release)

# libc++ is linked statically; without symbols a module is a tenth as large
set(CMAKE_MODULE_LINKER_FLAGS_INIT "{module_flags}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-s")

# Search path configuration
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
"""
# long double is a pair of doubles on ppc64le's older glibc, and IEEE's 128 bits in zig's libc++ whatever the glibc:
# https://sourceware.org/glibc/wiki/Release/2.32. Code is compiled for the pair; a header has what libc++ then lacks.
_LONG_DOUBLE_GLIBC = (2, 32)
_LONG_DOUBLE_HEADER = "long_double.h"
_LONG_DOUBLE = f' -mabi=ibmlongdouble -include "${{0%/*}}/{_LONG_DOUBLE_HEADER}"'
# what a system's toolchain file says beside the rest
_MORE = {
    "linux": "set(CMAKE_LIBRARY_ARCHITECTURE {multiarch})\n",
    "mac": """\
# without an install_name_tool a linked file stays as it is
set(CMAKE_MACOSX_RPATH ON)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)
set(CMAKE_BUILD_WITH_INSTALL_NAME_DIR ON)
set(CMAKE_INSTALL_NAME_DIR "@rpath")
""",
    "windows": 'set(CMAKE_RC_COMPILER "${{CMAKE_CURRENT_LIST_DIR}}/windres")\n',
}


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
        ToolchainError: zig's oldest C library, or macOS, for the architecture is newer than the tag's.
    """
    arch = platform.arch
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


def write_zig_toolchain(platform: Platform, zig: Tool, cache: Path) -> Path:
    """Write the wrappers and the CMake toolchain file for a platform, and return that file.

    Args:
        platform: of the host; one architecture, not a universal one.
        zig: the program; reached by a link, so that wrappers stay the same while build environments change.
        cache: folder for wrappers, and below it zig's own cache of what it made.

    Raises:
        ToolchainError: zig has no such target.
    """
    target = zig_target(platform)
    arch, system = platform.arch, platform.os
    base = cache / "zig" / zig.version
    folder = base / (target if arch.zig_cpu is None else f"{target}-{arch.zig_cpu}")
    flags = _flags(platform, target)
    facts = {
        "target": target, "cache": cache / "zig" / "cache", "zig": _link(base, zig), "refused": "|".join(_REFUSED),
        "triplet": arch.triplet.replace("-gnu", "-musl") if platform.libc is Libc.MUSL else arch.triplet,
        "cases": _CASES[system], "machine": arch.zig.split("-", maxsplit=1)[0],
    }  # fmt: skip
    scripts = {name: _WRAPPER.format(what=name, command=f"{name} {flags}", **facts) for name in ("cc", "c++")}
    scripts |= {name: _TOOL.format(command=name, **facts) for name in ("ar", "ranlib")}
    scripts["strip"] = _STRIP
    scripts |= {"install_name_tool": _INSTALL_NAME_TOOL} if system == "mac" else {}
    if system == "windows":
        scripts |= {"dlltool": _TOOL.format(command="dlltool", **facts), "windres": _WINDRES.format(**facts)}
    for name, text in scripts.items():
        write_text(folder / name, text, executable=True)
    if _LONG_DOUBLE in flags:
        write_text(folder / _LONG_DOUBLE_HEADER, Path(__file__).with_name(_LONG_DOUBLE_HEADER).read_text("utf-8"))
    toolchain = folder / "toolchain.cmake"
    text = _TOOLCHAIN.format(
        target=target,
        system=platform.system.cmake,
        processor=arch.processor,
        more=_MORE[system].format(multiarch=arch.multiarch),
        tools=" ".join(name for name in scripts if name not in ("cc", "c++", "windres")),
        module_flags="-s -undefined dynamic_lookup" if system == "mac" else "-s",
    )
    write_text(toolchain, text)
    return toolchain


def warm_zig(compiler: str, *, what: str) -> None:
    """Have zig make its C++ library for a target before anything else needs it, and say so: it takes minutes.

    Args:
        compiler: the script that is the C++ compiler.
        what: the target, as people know it.

    Raises:
        ToolchainError: zig can't compile C++ for the target.
    """
    marker = cache_folder() / "zig" / "warm" / file_digest(compiler)[:16]
    if marker.exists():
        return
    say(f"xconan: zig makes its C++ library for {what} when it is first used; that takes some minutes, once")
    with ticking("zig is at work"), TemporaryDirectory(prefix="xconan-zig-") as folder:
        source = Path(folder, "warm.cpp")
        source.write_text(_WARM, "utf-8")
        argv = [compiler, "-O3", "-fPIC", "-shared", "-s", "-o", f"{folder}/warm.so", str(source)]
        code = stream(argv, echo=False)
    if code != 0:
        raise ToolchainError("zig can't compile C++ for this target; its own words stand above", where=shlex.join(argv))
    write_text(marker, "")


def _flags(platform: Platform, target: str) -> str:
    """What a compiler's wrapper says in front of everything, with a place for the wrapper's own folder."""
    cpu, libc = platform.arch.zig_cpu, target.rpartition("-")[2]
    flags = f"-target {target}" + (f" -mcpu={cpu}" if cpu else "")
    if platform.os == "linux":
        flags += " -fPIC"  # elsewhere there is nothing else
    glibc = version_key(libc.removeprefix("gnu.")) if libc.startswith("gnu.") else None
    if platform.arch.name == "ppc64le" and glibc and glibc < _LONG_DOUBLE_GLIBC:
        flags += _LONG_DOUBLE
    return flags


def _version(path: Path) -> str | None:
    done = capture([str(path), "version"], timeout=_TIMEOUT)
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
