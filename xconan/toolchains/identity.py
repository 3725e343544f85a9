"""What a compiler is beside its name, version and flags: its own defaults, its scripts, and files that flags name.

Two SDKs may have the same gcc, called with another -mcpu by a wrapper or configured `--with-cpu`: the macros that it
predefines tell that. What no macro tells (-fshort-enums on most machines) stands in the wrapper's text, or in a file
that a flag names: `@board.rsp`, `--config board.cfg`, `-specs=board.specs`, `-include board.h`.

References: https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html (@file, -specs),
https://clang.llvm.org/docs/UsersManual.html#configuration-files.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.files import digest
from xconan.ground.run import capture
from xconan.toolchains.inputs import flag_words, is_of_build_types
from xconan.toolchains.programs import compiler_behind, scripts_of, variables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from xconan.toolchains.records import Compiler, Toolchain

_DIALECTS = {"C": "c", "CXX": "c++"}  # of those languages whose macros tell of the machine
# What says nothing of a machine, or what a patch release, an optimization or the hardening of a distribution changes:
# versions, feature tests of the language, and what stdc-predef.h says of the C library.
_SAYS_NOTHING = re.compile(
    r"""__VERSION__|__GNUC_(?:MINOR|PATCHLEVEL)__|__clang_(?:minor__|patchlevel__|version__)|__apple_build_version__
    |__EMSCRIPTEN_\w+__|__cpp_\w+|__cplusplus|__STDC_VERSION__|_STDC_PREDEF_H|__STDC_I(?:EC|SO)_\w+
    |__OPTIMIZE(?:_SIZE)?__|__NO_INLINE__|_FORTIFY_SOURCE|__SSP(?:_\w+)?__""",
    re.VERBOSE,
)
_DEFINED = re.compile(r"^#define (\w+)(?:\([^)]*\))?(?: (.*))?$", re.MULTILINE)
_HEADERS = ("-include", "-imacros")
_FOLDERS_OF_CONFIGURATION = ("--config-user-dir=", "--config-system-dir=")
# what gcc and clang say with -v: the file of flags that they have read by themselves, and the program that runs
_HAS_READ = re.compile(r"^(?:Reading specs from|Configuration file:) (/.+)$", re.MULTILINE)
_RUNS = re.compile(r"^COLLECT_GCC=(.+)$", re.MULTILINE)
_TEXT = 1 << 20  # bytes; no file of flags is longer


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the compilers of a toolchain are made of.

    Attributes:
        toolchain: whose compilers have their identity.
        files: texts whose content decides what is compiled, and other files that flags name.
        programs: that scripts end in, by path or by name.
        asked: variables of the environment that scripts ask for, set or not.
    """

    toolchain: Toolchain
    files: tuple[str, ...]
    programs: tuple[str, ...]
    asked: tuple[str, ...]


def with_identities(toolchain: Toolchain, env: Mapping[str, str], *, ours: Path) -> Parts:
    """The toolchain whose compilers say what else they are, and all that this depends on.

    Args:
        toolchain: as probed.
        env: the environment that its compilers run in.
        ours: a folder whose scripts are xconan's own.
    """
    compilers: dict[str, Compiler] = {}
    files: dict[str, None] = {}
    programs: dict[str, None] = {}
    texts: list[str] = []
    folders = folders_of(toolchain)
    for language, compiler in of_all_configurations(toolchain).items():
        scripts = scripts_of(compiler, ours=ours)
        talks = not toolchain.emscripten and not Path(compiler.path).is_relative_to(ours)
        said_by_itself = _ask(compiler, language, env, talks=talks)
        named = tuple(dict.fromkeys(_named(compiler, language, env, said_by_itself.read)))
        written = {} if toolchain.emscripten else scripts.texts  # Emscripten's own are told by its version
        contents = {**written, **{path: text for path in named if (text := _read(path))}}
        said = (
            _machine(compiler, said_by_itself.macros, folders),
            [without_folders(text, {str(path.parent): "HERE", **folders}) for path, text in contents.items()],
        )
        compilers[language] = replace(toolchain.compilers[language], identity=digest(*said)[:16] if any(said) else "")
        files |= dict.fromkeys(map(str, (*scripts.texts, *named)))
        programs |= dict.fromkeys((*scripts.programs, *said_by_itself.runs))
        texts += scripts.texts.values()
    return Parts(
        toolchain=replace(toolchain, compilers=compilers),
        files=tuple(files),
        programs=tuple(programs),
        asked=variables_of(texts),
    )


def of_all_configurations(toolchain: Toolchain) -> dict[str, Compiler]:
    """The compilers without the words of the one configuration that was asked about: an id is for all of them."""
    said, build_type = dict(toolchain.own_flags), toolchain.build_type.upper()

    def without(line: str, kind: str) -> str:
        name = f"CMAKE_{kind}_FLAGS_{build_type}"
        own = flag_words(said.get(name, said.get(f"{name}_INIT", "")))
        own = own if "LINKER" in kind else [word for word in own if not is_of_build_types(word)]
        words = shlex.split(line)
        at = next((at for at in range(len(words)) if own and words[at : at + len(own)] == own), len(words))
        return shlex.join([*words[:at], *words[at + len(own) :]]) if at < len(words) else line

    return {
        language: replace(
            one,
            flags=without(one.flags, language),
            exe_flags=without(one.exe_flags, "EXE_LINKER"),
            shared_flags=without(one.shared_flags, "SHARED_LINKER"),
        )
        for language, one in toolchain.compilers.items()
    }


def folders_of(toolchain: Toolchain) -> dict[str, str]:
    """The folders of a toolchain, and what they are called where a path must not count."""
    here = str(toolchain.file.parent) if toolchain.file else ""
    return {
        folder: name for folder, name in ((toolchain.sysroot, "SYSROOT"), (here, "HERE")) if folder not in ("", "/")
    }


def without_folders(text: str, folders: Mapping[str, str]) -> str:
    """A compiler's line or script as it would be on another machine that has the same toolchain elsewhere."""
    for folder, name in folders.items():
        text = re.sub(rf"{re.escape(folder)}(?=[/\s\"';:,)]|$)", name, text)
    return re.sub(r"(?:/[\w.+~@%-]+)+(?=/)", "", text)


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What a compiler says of itself.

    Attributes:
        macros: as `#define` lines, with its flags.
        read: files of flags that it has read by itself: gcc's own specs, aarch64-linux-gnu-clang.cfg beside clang.
        runs: the program that a wrapper has run, which is a binary itself: Buildroot's gcc.br_real.
    """

    macros: str = ""
    read: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


def _ask(compiler: Compiler, language: str, env: Mapping[str, str], *, talks: bool) -> _Said:
    """Have a compiler predefine its macros; nothing is said where it can't.

    Args:
        compiler: to be asked with its flags.
        language: of CMake's.
        env: the environment.
        talks: it may be called with -v, which says what it reads.
    """
    if language not in _DIALECTS:
        return _Said()
    argv = [*compiler.call, *(["-v"] if talks else [])]
    done = capture([*argv, "-E", "-dM", "-x", _DIALECTS[language], "-"], stdin="", env={**env, "LC_ALL": "C"})
    if done.code != 0:
        return _Said()
    read = _HAS_READ.findall(done.stderr)
    return _Said(macros=done.stdout, read=tuple(read), runs=tuple(_RUNS.findall(done.stderr)))


def _machine(compiler: Compiler, macros: str, folders: Mapping[str, str]) -> list[str]:
    """Of the macros that a compiler predefines those that say what machine it compiles for."""
    words = shlex.split(compiler.flags)
    given = {word[2:].partition("=")[0] for word in words if word.startswith("-D")}
    found = [
        f"{name}={without_folders((value or '').strip(), folders)}"
        for name, value in _DEFINED.findall(macros)
        if name not in given and not _SAYS_NOTHING.fullmatch(name)
    ]
    return sorted(found)


def _named(compiler: Compiler, language: str, env: Mapping[str, str], read: Iterable[str]) -> Iterator[Path]:
    """The files that a compiler's flags name, those that it has read by itself, and those that all these name."""
    lines = (compiler.flags, compiler.exe_flags, compiler.shared_flags, compiler.libraries)
    words = [word for line in lines for word in shlex.split(line)][len(compiler_behind(compiler)) :]
    waiting = [
        *(Path(os.path.normpath(path)) for path in read),
        *_files(words, _folders_of_configuration(compiler, words)),
    ]
    begun: set[Path] = set()
    while waiting:
        path = waiting.pop(0)
        if path in begun:
            continue
        begun.add(path)
        yield path
        if text := _flags_in(path):
            waiting += _files(text, [path.parent])
    if language in _DIALECTS and any(word.startswith(_HEADERS) for word in words):
        yield from _headers(compiler, language, words, env)


def _files(words: Iterable[str], folders: Iterable[Path]) -> Iterator[Path]:
    """The files among words of flags: by an absolute path, or from one of these folders in @F and --config F."""
    before = ""
    for word in words:
        beside = word.startswith("@") or "--config" in (before, word.partition("=")[0])
        parts = [] if word.startswith(("-D", "-U")) else [word, *re.split(r"[,=]", word)]
        for part in parts:
            path = part[max(part.find("/"), 0) :] if part.startswith(("-", "@/")) else part.lstrip("@")
            found = [Path(path)] if path.startswith("/") else [folder / path for folder in folders if beside and path]
            yield from (Path(os.path.normpath(one)) for one in found if one.is_file())
        before = word


def _folders_of_configuration(compiler: Compiler, words: Iterable[str]) -> list[Path]:
    """Where clang looks for a file of flags that is a name alone."""
    given = [
        Path(word.removeprefix(start))
        for word in words
        for start in _FOLDERS_OF_CONFIGURATION
        if word.startswith(start)
    ]
    return [*given, Path(compiler.path).parent, Path(os.path.realpath(compiler.path)).parent]


def _flags_in(path: Path) -> list[str]:
    """The words of a file of flags; none where it is something else."""
    text = _read(path)
    try:
        return shlex.split(text, comments=True)
    except ValueError:  # a header, specs, a linker's script
        return []


def _headers(compiler: Compiler, language: str, words: Iterable[str], env: Mapping[str, str]) -> Iterator[Path]:
    """What every source includes because the flags say so; of that what is not the C library's or the compiler's."""
    argv = [*compiler.call, "-E", "-M", "-x", _DIALECTS[language], "-"]
    done = capture(argv, stdin="", env=env)
    listed = [Path(os.path.normpath(word)) for word in shlex.split(done.stdout.partition(":")[2].replace("\\\n", " "))]
    own = [Path(word.removeprefix("-I")) for word in words if word.startswith("-I/")]
    folders = {*own, *(path.parent for path in _files(words, []))}
    yield from (path for path in listed if any(path.is_relative_to(folder) for folder in folders))


def _read(path: Path) -> str:
    """A file's text; "" for a binary, for what is longer than files of flags are, and where nothing is."""
    text = flags_text(path) or ""
    return "" if "\0" in text else text


def flags_text(path: Path) -> str | None:
    """What is in a file of flags; None where there is no file, or one that is longer than these are."""
    try:
        short = path.is_file() and path.stat().st_size <= _TEXT  # a device would never end
        return path.read_bytes().decode("utf-8", "replace") if short else None
    except (OSError, ValueError):  # a name may be no path at all
        return None
