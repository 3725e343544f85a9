"""A call of CMake's language, with its variables expanded, and what it asks of the file system.

https://cmake.org/cmake/help/latest/manual/cmake-commands.7.html
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.files import digest
from xconan.ground.places import lies_in
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

JUDGED = "<judged>"  # no command: what CMake's modules say of a package at last, NAME and TRUE or FALSE
_CONTENT = frozenset({
    "MD5", "READ", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3_224", "SHA3_256", "SHA3_384", "SHA3_512",
    "SIZE", "STRINGS", "TIMESTAMP", "COPY_FILE",
})  # fmt: skip
_TESTS = frozenset({"EXISTS", "IS_DIRECTORY", "IS_SYMLINK", "IS_READABLE", "IS_WRITABLE", "IS_EXECUTABLE"})
_OF_GLOB = frozenset({"CONFIGURE_DEPENDS", "FOLLOW_SYMLINKS"})
_OF_EXECUTE = frozenset({
    "COMMAND", "WORKING_DIRECTORY", "TIMEOUT", "RESULT_VARIABLE", "RESULTS_VARIABLE", "OUTPUT_VARIABLE",
    "ERROR_VARIABLE", "INPUT_FILE", "OUTPUT_FILE", "ERROR_FILE", "OUTPUT_QUIET", "ERROR_QUIET", "COMMAND_ECHO",
    "OUTPUT_STRIP_TRAILING_WHITESPACE", "ERROR_STRIP_TRAILING_WHITESPACE", "ENCODING", "ECHO_OUTPUT_VARIABLE",
    "ECHO_ERROR_VARIABLE", "COMMAND_ERROR_IS_FATAL",
})  # fmt: skip
_ALWAYS = frozenset({"exec_program", "try_run", "site_name", "cmake_host_system_information"})
_LISTS_OF_SEARCH = frozenset({"NAMES", "HINTS", "PATHS", "DOC", "NAMES_PER_DIR"})
_MORE_PLACES = frozenset(
    {"PATH_SUFFIXES", "VALIDATOR", "ENV", "REGISTRY_VIEW", "ONLY_CMAKE_FIND_ROOT_PATH", "NO_CACHE"}
)
_SYSTEMS = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")
_WILD = re.compile(r"[*?\[]")
_PYTHON = re.compile(r"(build-)?python[\d.]*(\.exe)?")
_MANY = 200  # names of files to trace; more are not named one by one
_LARGE = 5000  # names in folders that are listed
_IN_CODE = re.compile(r"(?P<name>\w+)\s*\((?P<words>[^()]*)")
_ANYTHING = "may look at anything outside of the project"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Call(Record):
    """A call of CMake's language.

    Attributes:
        name: of the command, in small letters.
        words: its arguments, expanded.
        folder: CMAKE_CURRENT_SOURCE_DIR, which relative paths start from.
        where: "CMakeLists.txt:12".
    """

    name: str
    words: tuple[str, ...]
    folder: str
    where: str

    def path(self, word: str) -> str:
        """A word as a path, absolute, without `..`."""
        home = os.path.expanduser(word) if word.startswith("~") else word  # noqa: PTH111
        return os.path.normpath(os.path.join(self.folder, home))  # noqa: PTH118


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Question(Record):
    """What a call wants to know of a place.

    Attributes:
        how: "content" of a file, "kind" (there, and a folder or not), "names" in a folder, "tree": names in all folders
            below it; "" where it can't be known.
        what: the place, absolute; else why it can't be known, to be read after the call's name and place.
    """

    how: str
    what: str


def trace_words(trace: Path, names: Collection[str]) -> tuple[str, ...]:
    """What has CMake write down the calls of files of these names; of all files where they are many."""
    sources = [f"--trace-source={name}" for name in sorted(names)] if len(names) <= _MANY else []
    return ("--trace-expand", "--trace-format=json-v1", f"--trace-redirect={trace}", *sources)


def split_words(words: Iterable[str]) -> tuple[str, ...]:
    """The words of a traced call: the trace has a list in one word, as if it were quoted."""
    return tuple(one for word in words for one in word.split(";") if one)


def tree_digest(folder: str) -> str | None:
    """A digest of all names below a folder; None for a listing that is too long."""
    names = list[str]()
    for place, folders, files in os.walk(folder):
        names += [os.path.join(place, name) for name in (*folders, *files)]  # noqa: PTH118
        if len(names) > _LARGE:
            return None
    return digest(sorted(names))


def questions_of(call: Call, *, is_outside: Callable[[str], bool], project: str) -> Iterator[Question]:
    """What a call asks; places in the project, too.

    Args:
        call: of a file of the project's.
        is_outside: whether a place is of nobody that is looked after.
        project: its folder: git tells of the same repository in the folders above.
    """
    if call.name in _ALWAYS:
        yield Question(how="", what=_ANYTHING)
    elif call.name == "file" and len(call.words) > 1:
        yield from _of_file(call, is_outside)
    elif call.name in ("if", "elseif", "while"):
        yield from _of_condition(call)
    elif call.name == "execute_process":
        yield from _of_process(call, is_outside, project)
    elif call.name == "cmake_language" and call.words[:1] == ("EVAL",):
        for inner in _IN_CODE.finditer(" ".join(call.words[2:])):  # CMake does not trace what it makes of a text
            words = tuple(inner["words"].replace('"', " ").split())
            made = Call(name=inner["name"].lower(), words=words, folder=call.folder, where=call.where)
            for question in questions_of(made, is_outside=is_outside, project=project):
                yield Question(how="", what=_ANYTHING) if "${" in question.what else question
    else:
        yield from _of_place(call, is_outside)


def programs_sought(call: Call) -> tuple[str, ...]:
    """Where find_program() looks for what it has not found, as for ccache; () where other places count as well.

    https://cmake.org/cmake/help/latest/command/find_program.html
    """
    if call.name != "find_program" or len(call.words) == 1 or _MORE_PLACES & set(call.words):
        return ()
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    names = [] if call.words[1] == "NAMES" else [call.words[1]]
    current = folders  # of the short form: find_program(VARIABLE NAME FOLDER…)
    for word in call.words[1 + len(names) :]:
        if word in _LISTS_OF_SEARCH:
            current = {"NAMES": names, "HINTS": folders, "PATHS": folders}.get(word, [])
        elif not word.startswith("NO_"):
            current.append(call.path(word) if current is folders else word)
    return tuple(os.path.join(folder, name) for folder in (*folders, *_SYSTEMS) for name in names)  # noqa: PTH118


def _of_file(call: Call, is_outside: Callable[[str], bool]) -> Iterator[Question]:
    what, words = call.words[0].upper(), call.words[1:]
    if what in _CONTENT:
        yield Question(how="content", what=call.path(words[0]))
    elif what in ("REAL_PATH", "READ_SYMLINK"):
        yield _of_link(call.path(words[0]), is_outside)
    elif what in ("COPY", "INSTALL", "ARCHIVE_EXTRACT"):
        before = words[: words.index("DESTINATION")] if "DESTINATION" in words else words
        for word in before:
            path = call.path(word)
            whole = os.path.isdir(path) and is_outside(path)  # noqa: PTH112
            yield Question(how="", what=f"takes the folder {path}") if whole else Question(how="content", what=path)
    elif what in ("GLOB", "GLOB_RECURSE"):
        yield from _of_glob(call, recursive=what == "GLOB_RECURSE")
    elif what == "DOWNLOAD" and words[0].startswith("file://"):
        yield Question(how="content", what=call.path(words[0].removeprefix("file://")))


def _of_place(call: Call, is_outside: Callable[[str], bool]) -> Iterator[Question]:
    if call.name == "include" and "OPTIONAL" in call.words:
        yield Question(how="kind", what=call.path(call.words[0]))
    elif call.name == "aux_source_directory" and call.words:
        yield Question(how="names", what=call.path(call.words[0]))
    elif call.name == "get_filename_component" and call.words[2:3] == ("REALPATH",):
        yield _of_link(call.path(call.words[1]), is_outside)


def _of_link(path: str, is_outside: Callable[[str], bool]) -> Question:
    if is_outside(path) and os.path.realpath(path) != path:
        return Question(how="", what="follows a link outside of the project")
    return Question(how="kind", what=path)


def _of_glob(call: Call, *, recursive: bool) -> Iterator[Question]:
    words = iter(call.words[2:])
    for word in words:
        if word in ("RELATIVE", "LIST_DIRECTORIES"):
            next(words, None)
        elif word not in _OF_GLOB:
            pattern = call.path(word)
            folder, name = os.path.split(pattern)
            if (wild := _WILD.search(folder)) is not None:
                yield Question(how="tree", what=os.path.dirname(folder[: wild.start()]))  # noqa: PTH120
            elif recursive:
                yield Question(how="tree", what=folder)
            else:
                yield Question(
                    how="names" if _WILD.search(name) else "kind", what=folder if _WILD.search(name) else pattern
                )


def _of_condition(call: Call) -> Iterator[Question]:
    for at, word in enumerate(call.words):
        after = call.words[at + 1] if at + 1 < len(call.words) else ""
        if word in _TESTS and after:
            yield Question(how="kind", what=call.path(after))
        elif word == "IS_NEWER_THAN" and at and after:
            yield Question(how="content", what=call.path(call.words[at - 1]))
            yield Question(how="content", what=call.path(after))


def processes(call: Call) -> tuple[list[list[str]], list[str], Call]:
    """Of execute_process(): the words of each program, the files that are read as input, and the call in its folder."""
    commands, options, current = list[list[str]](), dict[str, list[str]](), list[str]()
    for word in call.words:
        if word == "COMMAND":
            commands.append(current := [])
        elif word in _OF_EXECUTE:
            options[word] = current = []
        else:
            current.append(word)
    folder = call.path(next(iter(options.get("WORKING_DIRECTORY", [])), ""))
    there = Call(name=call.name, words=call.words, folder=folder, where=call.where)
    return commands, options.get("INPUT_FILE", []), there


def _of_process(call: Call, is_outside: Callable[[str], bool], project: str) -> Iterator[Question]:
    commands, files, there = processes(call)
    yield from (Question(how="content", what=there.path(file)) for file in files)
    for argv in commands:
        # git may be asked of the repository that the project is in
        away = is_outside(there.folder) and not (_is_git(argv) and lies_in(project, there.folder))
        if away or not _is_answered(argv, there, is_outside, project):
            yield Question(how="", what=_ANYTHING)


def _is_git(argv: Sequence[str]) -> bool:
    return bool(argv) and os.path.basename(argv[0]) in ("git", "git.exe")  # noqa: PTH119


def _is_answered(argv: Sequence[str], call: Call, is_outside: Callable[[str], bool], project: str) -> bool:
    """Whether a program's answer is looked after: git's state is noted, packages are those of the build environment."""
    if not argv:
        return True
    program, words = os.path.basename(argv[0]), list(argv[1:])  # noqa: PTH119
    if program in ("cmake", "cmake.exe") and words[:1] == ["-E"]:
        if words[1:2] != ["env"]:
            return not _leads_out(words[2:], call, is_outside)
        at = next((n for n, word in enumerate(words[2:], 2) if not (word.startswith("-") or "=" in word)), len(words))
        return _is_answered(words[at:], call, is_outside, project)
    if _is_git(argv):
        return not _leads_out(words, call, lambda path: is_outside(path) and not lies_in(project, path))
    if _PYTHON.fullmatch(program):
        values = {at + 1 for at, word in enumerate(words) if word in ("-X", "-W")}
        own = [word for at, word in enumerate(words) if at not in values]
        first = next((word for word in own if word.startswith(("-c", "-m")) or not word.startswith("-")), "-V")
        return first.startswith("-") and not _leads_out(words, call, is_outside)  # a script may open anything
    return (
        argv[0].startswith("/")
        and not is_outside(argv[0])
        and not _leads_out(words, call, is_outside)
        and (not lies_in(argv[0], project))
    )


def _leads_out(words: Sequence[str], call: Call, is_outside: Callable[[str], bool]) -> bool:
    paths = [word.rpartition("=")[2] for word in words]
    return any(is_outside(call.path(path)) for path in paths if path.startswith(("/", "..", "~")) or "/../" in path)
