"""Emscripten, whose compilers make WebAssembly for Pyodide: emcc on PATH, or what pyodide build puts before it.

pyodide build has programs in a folder of its own, new for each build, that call emcc with what the host needs: its
flags, no threads, the names that a module exports (pyodide_build/pywasmcross.py). They are called by scripts that stay
where they are, so that CMake and Ninja see the same compilers in each build. Its own CMake file, which reads further
flags of the environment, is the toolchain file.

For emcc alone Emscripten's CMake file is included, and what Pyodide's ABI asks for is said here (host/pyodide.toml).
"""

from __future__ import annotations

import json
import os
import shlex
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.pyodide import has_wrappers
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.report import warn
from xconan.ground.run import capture, which
from xconan.host.pyodide import pyodide_abi, pyodide_python, tag_of_emscripten, tags_of_python
from xconan.render.compilers import EmscriptenToolchain, PyodideCompiler
from xconan.render.templates.template import write_templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xconan.host.platforms import Platform
    from xconan.project.config.records import CrossConfig
    from xconan.toolchains.records import Toolchain

_FILE = "Platform/Emscripten.cmake"  # as CMake looks for it below folders of modules
_PROGRAMS = {"emcc": "cc", "em++": "c++"}  # scripts -> programs of pyodide build
_COMPILED = ("CMAKE_C_FLAGS_INIT", "CMAKE_CXX_FLAGS_INIT")
# a module exports what Python asks for, a shared library all that it has, with all of the archives in it
_LINKED = {"CMAKE_MODULE_LINKER_FLAGS_INIT": "-sSIDE_MODULE=2", "CMAKE_SHARED_LINKER_FLAGS_INIT": "-sSIDE_MODULE=1"}
_TWO_WORDS = {"-s", "-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-D", "-U", "-Xclang", "-mllvm"}
_UNWINDING = {"javascript": ("-fexceptions",), "wasm": ("-fwasm-exceptions", "-sSUPPORT_LONGJMP=wasm")}


def with_emscripten(cross: CrossConfig, cache: Path, environ: Mapping[str, str] = os.environ) -> CrossConfig:
    """The configuration with a toolchain file written for Emscripten.

    Args:
        cross: for Pyodide.
        cache: below which it is written, in a folder named by what it says.
        environ: that of pyodide build, or any other.

    Raises:
        ConfigError: the tag's Pyodide has another Python than the target.
        ToolchainError: there is no Emscripten.
    """
    platform, folder = cross.target.platform, cache / "emscripten"
    if has_wrappers(environ):
        scripts = folder / "pyodide-build"
        texts = {name: PyodideCompiler(name=program) for name, program in _PROGRAMS.items()}
        write_templates(scripts, texts, programs=[*texts])
        toolchain = _of_pyodide_build(platform, scripts, environ)
    else:
        _verify_python(cross)
        toolchain = _of_emcc(cross)
    place = folder / toolchain.identity[:16]
    write_templates(place, {_FILE: toolchain})
    return replace(cross, toolchain_file=place / _FILE, toolchain="emscripten")


def find_emcc() -> tuple[Path, Path] | None:
    """This machine's emcc and em++; None unless both are there."""
    c, cxx = which("emcc"), which("em++")
    return (c, cxx) if c and cxx else None


def verify_emscripten(toolchain: Toolchain, cross: CrossConfig, environ: Mapping[str, str] = os.environ) -> None:
    """Compare the version of Emscripten with the tag's; pyodide build has done so by itself, if it was told to.

    Raises:
        ToolchainError: modules of this one may crash the interpreter.
    """
    if has_wrappers(environ):
        return
    tag = cross.target.platform.tag
    wanted, actual = pyodide_abi(cross.target.platform).emscripten, toolchain.emscripten
    if wanted and actual and wanted != actual:
        whose = "the Pyodide" if pyodide_python(actual) else "a Python of your own (no Pyodide is known)"
        raise ToolchainError(
            f"{tag} is of Emscripten {wanted}, but {toolchain.compiler.path} is of {actual}", where=cross.source,
            hint=f"emsdk install {wanted}, emsdk activate {wanted}; or `pyodide build`; or the tag "
            f"{tag_of_emscripten(actual)}, for {whose} that is made with it",
        )  # fmt: skip
    _warn_of_nobody(cross)


def _verify_python(cross: CrossConfig) -> None:
    """Compare the target's Python with that of the tag's Pyodide, which installs no other one's wheels.

    Raises:
        ConfigError: it is another.
    """
    target, abi = cross.target, pyodide_abi(cross.target.platform)
    wanted = pyodide_python(abi.emscripten)
    if not abi.promised or target.python_version == wanted:
        return
    tag, others = target.platform.tag, tags_of_python(target.python_version)
    own = f"; the Pyodide with Python {target.python_version} has the tag {others[0]}" if others else ""
    raise ConfigError(
        f"the Pyodide of {tag} has Python {wanted}, and takes no wheel for {target.interpreter}", where=cross.source,
        hint=f"the target cp{wanted.replace('.', '')}-{tag}{own}",
    )  # fmt: skip


def _warn_of_nobody(cross: CrossConfig) -> None:
    """Say it where no Pyodide takes the wheel: the tag or its Python is none of a known one's."""
    target, version = cross.target, pyodide_abi(cross.target.platform).emscripten
    tag, python = target.platform.tag, pyodide_python(version)
    if not version:
        warn(f"the ABI of {tag} is newer than this xconan: versions of Emscripten and Python are not compared with it")
    elif not python:
        warn(f"no Pyodide is known to be made with Emscripten {version}: {tag} is for a Python that you make with it")
    elif python != target.python_version:
        warn(f"the Pyodide of Emscripten {version} has Python {python}: it takes no wheel for {target.interpreter}")


def _of_pyodide_build(platform: Platform, scripts: Path, environ: Mapping[str, str]) -> EmscriptenToolchain:
    """The toolchain of pyodide build: its CMake file, and of its flags those that this file does not read itself."""
    file = environ.get("CMAKE_TOOLCHAIN_FILE", "")
    flags = {names: _words(environ, key, read) for names, key, read in (
        (_COMPILED, "cflags", "SIDE_MODULE_CFLAGS"), (_COMPILED[1:], "cxxflags", "SIDE_MODULE_CXXFLAGS"),
    )}  # fmt: skip
    return EmscriptenToolchain(
        about=f"{platform.tag} by pyodide build",
        c=str(scripts / "emcc"),
        cxx=str(scripts / "em++"),
        toolchain_file=file or str(_own_file(platform.tag)),
        modules=not file,
        exports=False,
        flags=tuple((name, shlex.join(words)) for names, words in flags.items() for name in names if words),
    )


def _words(environ: Mapping[str, str], key: str, variable: str) -> tuple[str, ...]:
    """The flags that its compilers add, without those that its CMake file takes from a variable."""
    told: object = {}
    with suppress(ValueError):
        told = json.loads(environ.get("PYWASMCROSS_ARGS", "{}"))
    flags = [*_flags(str(told.get(key, "")))] if isinstance(told, dict) else []
    known = [*_flags(environ.get(variable, ""))]
    more = [word for flag in flags if flag not in known for word in flag]
    return tuple(more if key != "cflags" or ("-fPIC",) in (*flags, *known) else [*more, "-fPIC"])


def _flags(text: str) -> Iterator[tuple[str, ...]]:
    """Flags with the word that belongs to them: `-s A=1` is one."""
    waiting = iter(shlex.split(text))
    for word in waiting:
        yield (word, *islice(waiting, 1)) if word in _TWO_WORDS else (word,)


def _of_emcc(cross: CrossConfig) -> EmscriptenToolchain:
    """The toolchain of Emscripten alone, with what makes modules that Pyodide loads.

    Raises:
        ToolchainError: there is none.
    """
    platform, compilers = cross.target.platform, find_emcc()
    if compilers is None:
        wanted = pyodide_abi(platform).emscripten or "latest"
        raise ToolchainError(
            f"there is no Emscripten for {platform.tag}", where=f"PATH, and {cross.source}",
            hint=f"emsdk install {wanted}, emsdk activate {wanted}, and emcc on PATH; or build it by `pyodide build`",
        )  # fmt: skip
    c, cxx = compilers
    unwinding = _UNWINDING[pyodide_abi(platform).unwinding]
    words = dict.fromkeys(_COMPILED, ("-fPIC", *unwinding))
    words |= {name: (kind, "-sWASM_BIGINT", *unwinding) for name, kind in _LINKED.items()}
    return EmscriptenToolchain(
        about=f"{platform.tag} by this machine's Emscripten",
        c=str(c),
        cxx=str(cxx),
        toolchain_file=str(_own_file(cross.source)),
        modules=True,
        exports=True,
        flags=tuple((name, shlex.join(flags)) for name, flags in words.items()),
    )


def _own_file(where: str) -> Path:
    """Emscripten's own CMake file.

    Raises:
        ToolchainError: there is none.
    """
    program = which("em-config")
    done = capture([str(program), "EMSCRIPTEN_ROOT"]) if program else None
    file = Path(done.stdout.strip(), "cmake", "Modules", _FILE) if done and done.code == 0 else None
    if file is None or not file.is_file():
        raise ToolchainError(
            "Emscripten's CMake file is not where `em-config EMSCRIPTEN_ROOT` says", where=f"{file or 'PATH'}, {where}",
            hint="install Emscripten anew: emsdk install, emsdk activate",
        )  # fmt: skip
    return file
