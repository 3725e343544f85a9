"""What a build gives to CMake beside the toolchain file, which may read all of it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_DEFINITION = re.compile(r"(?P<name>[^:=]+)(?::(?P<kind>\w+))?=(?P<value>.*)", re.DOTALL)
_CACHED = re.compile(r"\bset\s*\(\s*(\w+)\s+(?:\"([^\"]*)\"|([^\s()\"]*))\s+CACHE\s+(\w+)", re.IGNORECASE)
LAUNCHERS = tuple(
    f"CMAKE_{language}_{kind}_LAUNCHER" for language in ("C", "CXX", "Fortran") for kind in ("COMPILER", "LINKER")
)
"""What CMake puts before its calls, by variables of its own or of the environment."""
LAUNCHER = r"CMAKE_[A-Za-z]+_(COMPILER|LINKER)_LAUNCHER"
"""The pattern of such a variable's name, of any language."""
# CMake's own variables are mostly wishes for one project: flags, standards, build types; these make the machine
_OF_MACHINES = re.compile(
    r"CMAKE_(SYSROOT\w*|SYSTEM_\w+|STAGING_PREFIX|FIND_ROOT_PATH\w*|OSX_\w+|TRY_COMPILE_\w+|LIBRARY_ARCHITECTURE|"
    r"[A-Z]+_COMPILER|[A-Z]+_COMPILER_(TARGET|ARG1|EXTERNAL_TOOLCHAIN)|(AR|RANLIB|STRIP|NM|LINKER|OBJCOPY|OBJDUMP))|"
    + LAUNCHER
)
_FLAGS = r"CMAKE_((C|CXX|ASM|Fortran|OBJC|OBJCXX)_FLAGS|(EXE|SHARED|MODULE)_LINKER_FLAGS)"
_OF_BUILD_TYPES = re.compile(r"-O\w*|-g\w*|-DNDEBUG")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Inputs(Record):
    """What a build gives to CMake.

    Attributes:
        arguments: -D, -U and -C, as CMake is given them, each one word.
        env: the environment; None for this process's.
        build_type: CMAKE_BUILD_TYPE.
        compile_only: CMake links nothing while it is asked; libraries are not told so.
    """

    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] | None = None
    build_type: str = "Release"
    compile_only: bool = False


def definitions(options: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """Options, (name, type or "", value), as arguments."""
    return tuple(f"-D{name}:{kind}={value}" if kind else f"-D{name}={value}" for name, kind, value in options)


def of_toolchains(arguments: Sequence[str]) -> tuple[str, ...]:
    """Of a project's arguments those that a toolchain file may read: not its flags, standards and build types."""
    kept = []
    for word in _words(arguments):
        name = re.split("[:=]", word[2:])[0]
        if word[:2] == "-C" or not name.startswith("CMAKE_") or _OF_MACHINES.fullmatch(name):
            kept.append(word)
    return tuple(kept)


def cache_variables(arguments: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """The cache variables that are left once CMake has read these arguments: (name, type or "", value).

    Of -C scripts those that stand there as texts.
    """
    found: dict[str, tuple[str, str]] = {}
    for word in _words(arguments):
        if word.startswith("-U"):
            found = {name: value for name, value in found.items() if not fnmatchcase(name, word[2:])}
        elif word.startswith("-C"):
            script = Path(word[2:])
            text = script.read_text("utf-8", "replace") if script.is_file() else ""
            for name, quoted, plain, kind in _CACHED.findall(text):
                found.setdefault(name, (kind.upper(), quoted or plain))
        elif match := _DEFINITION.fullmatch(word[2:]):
            found[match["name"]] = (match["kind"] or "", match["value"])
    return tuple((name, kind, value) for name, (kind, value) in found.items())


def makes_machine(name: str) -> bool:
    """Whether a variable makes the machine, or has flags: libraries are built with it, whoever reads it."""
    return bool(_OF_MACHINES.fullmatch(name) or re.fullmatch(f"{_FLAGS}(_\\w+)?", name))


def handed_on(
    inputs: Inputs, env: Mapping[str, str], *, text: str, read: Collection[str]
) -> tuple[tuple[str, str, str], ...]:
    """The variables of a build that libraries must see too: (name, type or "", value).

    Those that CMake itself makes the machine of, and launchers of the environment, which CMake takes where no variable
    says one.

    Args:
        inputs: of the build.
        env: that CMake was asked in.
        text: of the toolchain file and its parts, which speak of some.
        read: names that these have made and read.
    """
    by_name = (
        one
        for one in cache_variables(inputs.arguments)
        if one[0] in read or makes_machine(one[0]) or re.search(rf"\b{re.escape(one[0])}\b", text)
    )
    return *by_name, *((name, "STRING", env[name]) for name in LAUNCHERS if env.get(name))


def has_flags(name: str) -> bool:
    """Whether a variable has flags that come after a toolchain file's own: CMAKE_C_FLAGS, CMAKE_C_FLAGS_RELEASE."""
    return bool(re.fullmatch(rf"{_FLAGS}(_\w+)?(?<!_INIT)", name))


def flag_words(text: str) -> list[str]:
    """The words of a variable with flags; where its quotes are broken, as blanks part them."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def is_of_build_types(word: str) -> bool:
    """Whether a word of CMAKE_<LANG>_FLAGS_<CONFIG> is one that Conan's build_type stands for: -O3, -g, -DNDEBUG."""
    return bool(_OF_BUILD_TYPES.fullmatch(word))


def flags_among(arguments: Sequence[str], configurations: Iterable[str] | None = None) -> dict[str, str]:
    """The flags that these arguments give, by CMake's variables: CMAKE_C_FLAGS, CMAKE_SHARED_LINKER_FLAGS_RELEASE.

    Args:
        arguments: -D, -U and -C.
        configurations: those that are built; the others' flags are left out. None for any.
    """
    ends = r"\w+(?<!_INIT)" if configurations is None else "|".join(re.escape(name.upper()) for name in configurations)
    wanted = re.compile(f"{_FLAGS}(_({ends}))?")
    return {
        name: value
        for name, _, value in cache_variables(arguments)
        if wanted.fullmatch(name) and not name.endswith("_FLAGS_INIT")
    }


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """-D, -U and -C, each one word with what it is about; other arguments are left out."""
    waiting = iter(arguments)
    for word in waiting:
        if word in ("-D", "-U", "-C"):
            yield word + next(waiting, "")
        elif word[:2] in ("-D", "-U") or (word[:2] == "-C" and len(word) > len("-C")):
            yield word
