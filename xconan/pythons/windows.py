"""What a Windows host's headers need before a compiler other than Microsoft's can use them.

CPython's PC/pyconfig.h knows sizes for Microsoft's compiler alone. And where a module for Linux finds the
interpreter's functions when it is loaded, one for Windows is linked against an import library: a list of names,
which the headers hold for whoever preprocesses them.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import HostPythonError
from xconan.ground.files import cache_folder, digest, file_digest, relative_names, write_text
from xconan.ground.run import capture, which
from xconan.ground.scratch import scratch
from xconan.host.tags import FIRST_ABI3T

if TYPE_CHECKING:
    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig
    from xconan.toolchains.records import Toolchain

_FIRST = """\
/* For compilers other than Microsoft's, written by xconan. */
#if defined(_WIN64) && !defined(MS_WIN64)
# define MS_WIN64
#endif
"""
_LAST = """
#ifndef _MSC_VER
# undef SIZEOF_VOID_P
# define SIZEOF_VOID_P __SIZEOF_POINTER__
# undef SIZEOF_SIZE_T
# define SIZEOF_SIZE_T __SIZEOF_SIZE_T__
# undef SIZEOF_PID_T
# define SIZEOF_PID_T __SIZEOF_POINTER__
# undef SIZEOF_TIME_T
# ifdef _USE_32BIT_TIME_T
#  define SIZEOF_TIME_T 4
# else
#  define SIZEOF_TIME_T 8
# endif
#endif
"""
_NO_GIL = """
#ifndef Py_GIL_DISABLED
# define Py_GIL_DISABLED 1
#endif
"""
# all that extension modules include, apart from what Python.h includes
_HEADERS = ("Python.h", "frameobject.h", "marshal.h", "osdefs.h", "structmember.h")
_IMPORTED = re.compile(r"(extern\s+)?(?:__attribute__\(\(dllimport\)\)|__declspec\(dllimport\))\s*([^;{]+)[;{]")
_MACHINES = {"AMD64": "i386:x86-64", "ARM64": "arm64", "I386": "i386"}  # dlltool's -m


def adapt_pyconfig(pyconfig: Path, target: Target) -> Path:
    """A copy of Windows' pyconfig.h whose sizes follow the compiler; free-threaded where the target is."""
    text = _FIRST + pyconfig.read_text("utf-8", "replace") + _LAST + (_NO_GIL if target.free_threaded else "")
    place = cache_folder() / "pythons" / f"{target.abi}-{digest(text)[:16]}" / "pyconfig.h"
    write_text(place, text)
    return place


def import_library(include: Path, pyconfig: Path, cross: CrossConfig, toolchain: Toolchain, *, stable: bool) -> Path:
    """The import library of the host's Python, made of the names that its headers declare.

    Args:
        include: folder of Python.h.
        pyconfig: its pyconfig.h, adapted.
        cross: the host.
        toolchain: whose compiler reads the headers, and whose dlltool writes the library.
        stable: the library of python3.dll, for the limited API of this version (PEP 384).

    Raises:
        HostPythonError: the headers can't be read, or there is no dlltool.
    """
    target = cross.target
    threads = "t" if target.free_threaded else ""
    name = f"python3{threads}" if stable else f"python{target.version}{threads}"
    headers = [(header, file_digest(include / header)) for header in relative_names(include) if header.endswith(".h")]
    key = digest(headers, file_digest(pyconfig), toolchain.triplet, target.platform.arch.machine, name)
    place = cache_folder() / "pythons" / f"{name}-{target.platform.tag}-{key[:16]}" / f"{name}.lib"
    if place.is_file():
        return place
    # what a header declares depends on what the module asks for: take it all
    newest = f"0x{int(target.version[0]):02x}{int(target.version[1:]):02x}0000"
    variants = [f"-DPy_LIMITED_API={version}" for version in ("0x03020000", newest)] if has_limited_api(target) else []
    variants += [] if stable else ["-UPy_LIMITED_API"]
    texts = [
        _preprocess(include, pyconfig, toolchain, [variant, clean], cross)
        for variant in variants
        for clean in ("-DPY_SSIZE_T_CLEAN", "-UPY_SSIZE_T_CLEAN")
    ]
    names = exported_names("\n".join(texts))
    with scratch("dlltool") as folder:
        definition = Path(folder, f"{name}.def")
        lines = [
            f"LIBRARY {name}.dll",
            "EXPORTS",
            *(f"    {symbol}{' DATA' if data else ''}" for symbol, data in names),
        ]
        definition.write_text("\n".join(lines) + "\n", "utf-8")
        made = Path(folder, place.name)
        machine = _MACHINES[target.platform.arch.machine]
        argv = [_dlltool(cross, toolchain), "-m", machine, "-d", str(definition), "-D", f"{name}.dll", "-l", str(made)]
        done = capture(argv, cwd=Path(folder))
        if done.code or not made.is_file():
            message = f"dlltool made no import library: {(done.stderr or done.stdout).strip()[-300:]}"
            raise HostPythonError(message, where=shlex.join(argv), hint="set library in the cross.toml")
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{key[:8]}")
        beside.write_bytes(made.read_bytes())
        beside.replace(place)
    return place


def has_limited_api(target: Target) -> bool:
    """Whether this Python's headers know a limited API: free-threaded ones do from 3.15 on (PEP 803)."""
    return not target.free_threaded or int(target.version) >= FIRST_ABI3T


def exported_names(text: str) -> list[tuple[str, bool]]:
    """The names that preprocessed headers import from Python's DLL, each with whether it is data; sorted."""
    exports: dict[str, bool] = {}
    for extern, declared in _IMPORTED.findall(text):
        words = " ".join(declared.split())
        pointer = re.match(r"[^()]*\(\s*\*\s*(?:const\s+)?(\w+)\s*(?:\[\w*\]\s*)?\)", words)
        function = re.match(r"[^()=]*?(\w+)\s*\(", re.sub(r"__attribute__\s*\(\([^)]*\)\)", "", words))
        plain = re.match(r"[^()=]*?(\w+)\s*(?:\[[^\]]*\]\s*)*$", words)
        match = pointer or function or plain
        if match and re.match(r"_?_?Py", match[1]):
            exports[match[1]] = bool(extern) and match is not function
    return sorted(exports.items())


def _preprocess(include: Path, pyconfig: Path, toolchain: Toolchain, flags: list[str], cross: CrossConfig) -> str:
    compiler = toolchain.compilers.get("C") or toolchain.compiler
    # pyconfig.h first: Python.h would take the one beside it
    argv = [*compiler.call, "-E", "-P", *flags, "-I", str(include)]
    argv += ["-include", str(pyconfig), "-x", "c", "-"]
    lines = [f"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n" for header in _HEADERS]
    done = capture(argv, stdin="".join(lines))
    if done.code:
        reason = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[-200:])
        raise HostPythonError(f"the headers of the host's Python can't be read: {reason}", where=str(include),
                              hint=f"give the whole Include folder of {cross.target.dotted_version}")  # fmt: skip
    return done.stdout


def _dlltool(cross: CrossConfig, toolchain: Toolchain) -> str:
    triplet = cross.target.platform.arch.triplet
    dlltool = toolchain.variables.get("CMAKE_DLLTOOL") or which(f"{triplet}-dlltool") or which("llvm-dlltool")
    if dlltool is None:
        raise HostPythonError(
            "Windows modules need an import library of Python, and there is no dlltool to make one", where=cross.source,
            hint="use toolchain = 'zig', or set library to pythonXY.lib of the host",
        )  # fmt: skip
    return str(dlltool)
