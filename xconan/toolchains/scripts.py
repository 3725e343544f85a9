"""What stands for a toolchain file where it is not read as the project's own build reads it.

Autotools, Make and Meson read none: they are given scripts that are the compilers with all that the file says. A script
can't be taken apart as flags in CFLAGS can, which one `=` of a user's profile replaces; and what asks `$CC -E` or
`$CC -dumpmachine` asks the right compiler. It costs 0.7 ms a call, and 0.8 ms for a link line of 60 objects (dash,
medians of 300 calls). Recipes by CMake read the file itself; what it reads in turn, they would not have: a file that
sets it stands before it.

All lie below $XCONAN_CACHE, in folders named by their content.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.render.compilers import CompilerScript, RefusedProgram, UserToolchain
from xconan.render.templates.template import write_templates
from xconan.toolchains.binutils import COMPILERS, FORTRAN, variable_of
from xconan.toolchains.choose import promises_no_libc, serves
from xconan.toolchains.inputs import has_flags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.host.platforms import Platform
    from xconan.render.templates.template import Template
    from xconan.toolchains.records import Compiler, Toolchain

FORTRAN_VARIABLES = ("FC", "F77", "F90")
"""What Make and configure scripts call a Fortran compiler."""
_COMPILERS = {
    COMPILERS["C"]: ("C compiler", ("CC", "CPP"), "CMAKE_C_COMPILER"),
    COMPILERS["CXX"]: ("C++ compiler", ("CXX", "CXXCPP"), "CMAKE_CXX_COMPILER"),
    FORTRAN: ("Fortran compiler", FORTRAN_VARIABLES, "CMAKE_Fortran_COMPILER"),
}
_NO_MATTER = ("-s",)  # what a profile of the user's may replace, and nothing is lost
# folders are looked through in their order: what is built names its own before them, as CMake has it
_INCLUDES = ("-I", "-isystem", "-idirafter", "-iquote", "-iframework", "-F")
_FOLDERS = ("-L", "-F")
_KINDS = ("BOOL", "FILEPATH", "PATH", "STRING", "INTERNAL")


def with_scripts(toolchain: Toolchain, platform: Platform, cache: Path) -> Toolchain:
    """The toolchain with the files written that stand for its toolchain file, as far as it needs any.

    Args:
        toolchain: as probed.
        platform: the host.
        cache: the folder for them.
    """
    if toolchain.file is None:
        return toolchain
    compilers = {}
    for language, compiler in toolchain.compilers.items():
        script = compiler_script(compiler, toolchain.file)
        path = _write(script, cache / "compilers", _name(compiler), program=True) if script else None
        compilers[language] = replace(compiler, script=str(path)) if path else compiler
    stand_in = _user_toolchain(toolchain, toolchain.file)
    included = _write(stand_in, cache / "toolchain-files", toolchain.file.name) if stand_in else None
    refused = tuple(_refused(toolchain, platform, cache / "refused"))
    return replace(toolchain, compilers=compilers, included=included, refused=refused)


def compiler_script(compiler: Compiler, file: Path | str) -> CompilerScript | None:
    """The script that stands for a compiler; None where the compiler alone says as much.

    Args:
        compiler: as probed.
        file: the toolchain file, for the script's first line.
    """
    lines = {
        name: tuple(shlex.split(getattr(compiler, name)))
        for name in ("flags", "exe_flags", "shared_flags", "libraries")
    }
    launcher, link_launcher = (tuple(shlex.split(words)) for words in (compiler.launcher, compiler.link_launcher))
    if not (launcher or link_launcher) and all(word in _NO_MATTER for words in lines.values() for word in words):
        return None
    flags, includes = _apart(lines.pop("flags"), _INCLUDES)
    (exe_flags, exe_folders), (shared_flags, shared_folders) = (
        _apart(lines[name], _FOLDERS) for name in ("exe_flags", "shared_flags")
    )
    return CompilerScript(
        about=f"{compiler.path} for {file}",
        launcher=() if link_launcher == launcher else link_launcher,
        compile=(*launcher, compiler.path, *flags), includes=includes, exe_flags=exe_flags,
        shared_flags=shared_flags, exe_libraries=(*exe_folders, *lines["libraries"]),
        shared_libraries=(*shared_folders, *lines["libraries"]),
    )  # fmt: skip


def _apart(words: Sequence[str], options: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words without those of some options, and these with their values, which may be words by themselves."""
    others, found, left = [], [], iter(words)
    for word in left:
        if word in options:
            found += [word, next(left, "")]
        elif word.startswith(tuple(options)):
            found.append(word)
        else:
            others.append(word)
    return tuple(others), tuple(found)


def _refused(toolchain: Toolchain, platform: Platform, folder: Path) -> Iterator[tuple[str, str]]:
    """(variable, script) for what the toolchain lacks and this machine has for itself."""
    triplet = toolchain.triplet
    for tool in toolchain.lacking:
        if compiler := _COMPILERS.get(tool):
            what, variables, variable = compiler
            remedy = _fortran_remedy(toolchain, platform) if tool == FORTRAN else ""
        else:
            what, variables, variable = tool, (tool.upper(),), variable_of(tool)
            remedy = f"install {'lld' if tool == 'ld' else 'llvm'} or the binutils of {triplet}, or "
            remedy = f"link by $CC, {remedy}" if tool == "ld" else remedy
        message = f"there is no {what} for {triplet}, and this machine's own makes nothing for it"
        told = f"xconan: error: {message}: {remedy}set {variable} in a toolchain file"
        script = str(_write(RefusedProgram(message=told), folder, tool, program=True))
        yield from ((variable, script) for variable in variables)


def _fortran_remedy(toolchain: Toolchain, platform: Platform) -> str:
    """What to install, where a released Debian has it and its gcc makes what the tag promises."""
    package = platform.arch.fortran_package
    if not package or not serves("gcc", platform):
        return ""
    if Path(toolchain.compiler.path).name.startswith(f"{platform.arch.triplet}-g"):
        return f"install {package}, or "
    promised = platform.os == "linux" and not promises_no_libc(platform)  # a C library that may be older than gcc's
    return "" if promised else f"use toolchain = 'gcc' and install {package}, or "


def _name(compiler: Compiler) -> str:
    """The script's name: the compiler's own, by which build systems guess what it is."""
    behind = shlex.split(compiler.behind)
    return Path(behind[0] if behind and not behind[0].startswith("-") else compiler.path).name


def _user_toolchain(toolchain: Toolchain, file: Path) -> UserToolchain | None:
    """What includes the toolchain file with what it reads; None where the file alone serves another build as well.

    Conan adds flags to CMAKE_<LANG>_FLAGS_INIT, which CMake ignores where the file sets CMAKE_<LANG>_FLAGS.
    """
    final = [name for name, _ in toolchain.own_flags if name.endswith("_FLAGS") and has_flags(name)]
    if not (toolchain.options or toolchain.env or toolchain.asks_where or final):
        return None
    options = [(name, kind if kind in _KINDS else "STRING", value) for name, kind, value in toolchain.options]
    return UserToolchain(
        toolchain_file=file.as_posix(),
        options=tuple(one for one in options if not has_flags(one[0])),
        flags=tuple(
            (dict.fromkeys(final, "") | {name: value for name, _, value in options if has_flags(name)}).items()
        ),
        env=tuple((f"ENV{{{name}}}", value) for name, value in toolchain.env if re.fullmatch(r"\w+", name)),
    )


def _write(template: Template, folder: Path, name: str, *, program: bool = False) -> Path:
    place = folder / template.identity[:16]
    write_templates(place, {name: template}, programs=[name] if program else [])
    return place / name
