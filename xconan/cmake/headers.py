"""The Python headers that were really compiled against, by what compilers say of their objects.

What is found before a build can be wrong: a folder in CPATH or CFLAGS, a compiler's own, or an include directory of a
target comes before the host's, and the module is one for another Python. Of what a command of the project's own
compiles by the toolchain (add_custom_command) nobody tells: there the folders count that the command names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from xconan.build_machine.environment import leading_to
from xconan.conan.machine_flags import split_words
from xconan.ground.errors import CMakeError, combined
from xconan.ground.files import digest, read_json, write_json
from xconan.ground.record import Record
from xconan.ground.run import which

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.cmake.made_from import MadeFrom
    from xconan.model import BuildPlan

_NAMES = ("Python.h", "pyconfig.h", "patchlevel.h")
_TARGET = re.compile(r"(?:^|/)CMakeFiles/([^/]+)\.dir/")
_COMMAND = re.compile(
    r"^build (?P<made>[^\n|:]*)[^\n]*: CUSTOM_COMMAND[^\n]*\n(?:  (?!COMMAND)[^\n]*\n)*  COMMAND = (?P<command>[^\n]*)",
    re.MULTILINE,
)
_OPTIONS = ("I", "isystem", "idirafter")  # as compilers look them through; -iquote serves no <Python.h>
_FOLDER = re.compile(rf"-(?P<option>{'|'.join(_OPTIONS)})(?P<folder>.*)")
_VERSION = re.compile(r"^#\s*define\s+PY_(MAJOR|MINOR)_VERSION\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Used(Record):
    """A header of some Python that an object was compiled with.

    Attributes:
        target: CMake's name of the target, or the object's, where it is in no target's folder.
        header: absolute.
        by_command: a command of the project's own compiles it, not CMake.
    """

    target: str
    header: Path
    by_command: bool = False


def verify_headers(plan: BuildPlan, made_from: MadeFrom, env: Mapping[str, str]) -> None:
    """Refuse objects that were compiled against another Python; what was found in order is not looked at twice.

    Args:
        plan: of the build that was just made.
        made_from: what its objects were made from.
        env: in which CMake ran.

    Raises:
        CMakeError: with target, header, and the variable that leads there; or an ErrorGroup of these.
    """
    if plan.python.include_dir is None or plan.machine is None:
        return
    stamp = plan.layout.root / "headers.json"
    state = digest(made_from.state, sorted(map(str, _allowed(plan))))
    if read_json(stamp).get("state") == state:
        return
    used = (*_used(made_from, plan.layout.build), *_by_commands(plan, env))
    others = {(one.target, one.header.parent): one for one in used if not _belongs(one.header, plan)}
    if not others:
        write_json(stamp, {"state": state})
        return
    raise combined([_error(one, plan, env) for one in others.values()])


def _error(used: Used, plan: BuildPlan, env: Mapping[str, str]) -> CMakeError:
    names = leading_to(env, used.header)
    version = _version(used.header.parent)
    of = f"Python {version[0]}.{version[1]}" if version else "another Python"
    if names and names[0] in (plan.project.cmake.env_passthrough if plan.project.cmake else ()):
        hint = f"take {names[0]}, which leads there, out of cmake.env_passthrough"
    elif names:
        hint = f"unset {names[0]}, which leads there"
    elif used.by_command:
        hint = (
            f"take that folder out of the command that makes {used.target}: ${{Python_INCLUDE_DIRS}} has the right one"
        )
    else:
        hint = f"take that folder out of the include directories of the target {used.target}, and out of the flags"
    target, what = plan.cross.target, used.target if used.by_command else f"the target {used.target}"
    return CMakeError(
        f"{what} was compiled against the headers of {of}, not of the host's {target.dotted_version}",
        where=str(used.header),
        hint=f"{hint}; the host's are in {plan.python.include_dir}",
    )


def _allowed(plan: BuildPlan) -> set[Path]:
    """Folders that hold the host's own headers, and what we make of them."""
    python = plan.python
    folders = [python.include_dir, python.pyconfig.parent if python.pyconfig else None, plan.layout.python]
    return {path for folder in folders if folder for path in (folder, folder.resolve())}


def _belongs(header: Path, plan: BuildPlan) -> bool:
    real = header.resolve()
    if any(path.is_relative_to(folder) for path in (header, real) for folder in _allowed(plan)):
        return True
    if not _is_pythons(header):
        return True
    if plan.cross.native:  # whose headers lie at several places, of one version
        version = _version(header.parent)
        return version is None or version == plan.python.version[:2]
    return False


def _is_pythons(header: Path) -> bool:
    """Whether this is a header of some Python's, not a file of somebody's with that name."""
    folder = header.parent  # Debian's pyconfig.h lies in a folder of the machine's
    return _version(folder) is not None or (header.name == "pyconfig.h" and folder.name.startswith("python"))


def _version(folder: Path) -> tuple[int, int] | None:
    try:
        text = (folder / "patchlevel.h").read_text("utf-8", "replace")
    except OSError:
        return None
    numbers = {match[1]: int(match[2]) for match in _VERSION.finditer(text)}
    return (numbers["MAJOR"], numbers["MINOR"]) if len(numbers) == 2 else None  # noqa: PLR2004 - both


def _used(made_from: MadeFrom, build: Path) -> Iterator[Used]:
    for name, files in made_from.objects.items():
        for file in files:
            if file.endswith(_NAMES) and file.replace("\\", "/").rpartition("/")[2] in _NAMES:
                yield Used(target=_target(name), header=build / file)


def _by_commands(plan: BuildPlan, env: Mapping[str, str]) -> Iterator[Used]:
    """Headers in the folders that the host's compilers are given in commands of the project's own, by build.ninja."""
    build = plan.layout.build
    compilers = plan.toolchain.compilers.values() if plan.toolchain else ()
    programs = {path for one in compilers for path in (one.path, one.program)}
    for file in (*build.glob("*.ninja"), *build.glob("CMakeFiles/impl-*.ninja")):
        for match in _COMMAND.finditer(file.read_text("utf-8", "replace").replace("$\n", "")):
            folder = build
            for words in _commands(split_words(re.sub(r"\$([$ :])", r"\1", match["command"]))):
                if words[0] == "cd":
                    folder = folder.joinpath(*words[1:2])
                elif (
                    "-c" in words
                    and any(_is_one_of(programs, word, env) for word in words)
                    and (header := _first(words, folder))
                ):
                    yield Used(target=match["made"].strip(), header=header, by_command=True)


def _commands(words: Sequence[str]) -> Iterator[list[str]]:
    """The commands of a line, which && joins."""
    for joined, command in groupby(words, key=lambda word: word == "&&"):
        if not joined:
            yield [*command]


def _is_one_of(programs: Collection[str], word: str, env: Mapping[str, str]) -> bool:
    """Whether a word means one of these: by its path, since `cc` on PATH is this machine's own where zig's is, too."""
    if word in programs or "/" in word or word not in {path.rpartition("/")[2] for path in programs}:
        return word in programs
    return str(which(word, path=env.get("PATH"))) in programs


def _first(words: Sequence[str], folder: Path) -> Path | None:
    """The <Python.h> that a compiler takes: of the first folder that has one, in the order in which it looks."""
    found: dict[str, list[Path]] = {option: [] for option in _OPTIONS}
    waiting = iter(words)
    for word in waiting:
        if match := _FOLDER.fullmatch(word):
            found[match["option"]].append(folder / (match["folder"] or next(waiting, "")) / "Python.h")
    return next((header for option in _OPTIONS for header in found[option] if header.is_file()), None)


def _target(name: str) -> str:
    match = _TARGET.search(name)
    return match[1] if match else name
