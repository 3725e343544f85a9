"""What a toolchain file looks at without including it: file(READ), file(GLOB), if(EXISTS), searches, programs.

CMake's file API names the files that were included alone. So CMake traces the calls of the toolchain file and of what
it includes, with their variables expanded, and what they name is compared before an answer is taken from the cache.
What can't be compared (a shell's answer, variables of the environment by names that are made) has CMake asked each
time. The trace of these files alone costs nothing that could be measured; of all of CMake's own, nearly as much again.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, cast

from xconan.build_machine.cmake_calls import Call, processes, questions_of, split_words, tree_digest
from xconan.ground import reads
from xconan.ground.files import digest, file_digest
from xconan.ground.places import lies_in
from xconan.ground.run import which

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

_CMAKE_FILE = re.compile(r"[\w.+-]+\.cmake\b")
_COMPUTED = re.compile(r"\bENV\{[^}\n]*\$")
_SEARCHES = frozenset({"find_program", "find_file", "find_path"})
# these are the same as long as the machine is
_OF_THE_MACHINE = frozenset({"site_name", "cmake_host_system_information"})
# lines of programs whose answer is that of a text which they are given, of the environment, of another program, or of
# files that nobody names
_OF_MORE = re.compile(
    r"((ba|da|z|k|c|tc|fi|a)?sh|env|printenv|busybox|(build-)?python[\d.]*|perl[\d.]*|ruby[\d.]*|node|lua[\d.]*|g?make|"
    r"ninja|cmd|powershell|pwsh|cmake|ctest|date|git|find|tar|rg|xargs|timeout|nice|nohup|setsid|stdbuf|time)( .*)?|"
    r"cat( -)*|[gmn]?awk .*(-f|getline|ENVIRON|system).*|(ls|[efz]?grep) (.* )?(-\w*[rR]|--(dereference-)?recursive).*",
    re.DOTALL,
)


def names_to_trace(files: Iterable[Path]) -> frozenset[str]:
    """The names of toolchain files, and of those that they name: more are known once CMake was asked."""
    found = set[str]()
    for file in files:
        text = file.read_text("utf-8", "replace") if file.is_file() else ""
        found |= {file.name, *_CMAKE_FILE.findall(text)}
    return frozenset(found)


def questions(trace: Path, files: Sequence[str], scratch: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What files of CMake's asked, as keys for state_of(); and why, as far as their answers can't be compared.

    Args:
        trace: as CMake has written it.
        files: the toolchain file and what it includes, absolute.
        scratch: the folder of the project that CMake was asked with; what lies there is of no matter.
    """
    keys, doubts = set[str](), list[str]()
    own = {os.path.dirname(os.path.normpath(file)) for file in files}  # noqa: PTH120
    for call in _calls(trace, {os.path.normpath(file) for file in files}, scratch):
        asked = list(_asked(call, own))
        keys |= {key for key in asked if key and not lies_in(key.partition(":")[2], str(scratch))}
        if "" in asked:
            doubts.append(f"{call.name}() in {call.where} may look at anything")
    for file in files:
        with open(file, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
            if _COMPUTED.search(stream.read()):
                doubts.append(f"{os.path.basename(file)} makes names of variables of the environment")  # noqa: PTH119
    doubts += [f"{key.partition(':')[2]} has too many files" for key in sorted(keys) if state_of(key) is None]
    return tuple(sorted(keys)), tuple(dict.fromkeys(doubts))


def _calls(trace: Path, files: Collection[str], scratch: Path) -> Iterator[Call]:
    """The calls that these files have made, each once."""
    if not trace.is_file():
        return
    seen = set[tuple[str, ...]]()
    with trace.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            told = cast("dict[str, object]", json.loads(line))
            file = os.path.normpath(str(told.get("file", "")))
            if file not in files:
                continue
            words = split_words(cast("list[str]", told["args"]))
            name, where = str(told["cmd"]).lower(), f"{os.path.basename(file)}:{told['line']}"  # noqa: PTH119
            if (name, *words) not in seen:
                seen.add((name, *words))
                yield Call(name=name, words=words, folder=str(scratch), where=where)


def state_of(key: str) -> str | None:
    """What is at a place now, as far as the question goes; None for a listing that is too long.

    It is noted for the next build's door, too: who opens files and lists folders is watched.
    """
    how, _, what = key.partition(":")
    if how == "which":
        return str(which(what))
    if how == "kind" or not os.path.exists(what):  # noqa: PTH110
        from pathlib import Path  # noqa: PLC0415 - for the record alone

        return reads.kind(str(reads.seen(Path(what))))
    if how == "content":
        return file_digest(what) if os.path.isfile(what) else digest(reads.names(what))  # noqa: PTH113
    if how == "names":
        return digest(reads.names(what))
    return tree_digest(what)


def _asked(call: Call, own: Collection[str]) -> Iterator[str]:
    if call.name in _OF_THE_MACHINE:
        return
    if call.name == "execute_process":
        yield from _of_process(call, own)
    elif call.name in _SEARCHES:
        yield from _of_search(call)
    else:
        for question in questions_of(call, is_outside=lambda _path: False, project=""):
            whole_folder = question.how == "content" and os.path.isdir(question.what)  # noqa: PTH112
            yield f"{question.how}:{question.what}" if question.how and not whole_folder else ""


def _of_search(call: Call) -> Iterator[str]:
    """Where a search has looked: names in folders that it is told, and programs on PATH."""
    words = call.words[1:]
    folders = [word for word in words if word.startswith("/")]
    names = [word for word in words if not word.startswith("/") and not word.isupper()]
    yield from (f"kind:{call.path(f'{folder}/{name}')}" for folder in folders for name in names)
    if call.name == "find_program":
        yield from (f"which:{name}" for name in names if "/" not in name)
        yield from (f"kind:{call.path(word)}" for word in folders)


def _of_process(call: Call, own: Collection[str]) -> Iterator[str]:
    """A program that answers by itself alone, as compilers do, is known by its file, and by the files it is told."""
    commands, files, there = processes(call)
    yield from (f"content:{there.path(file)}" for file in files)
    for program, *words in filter(None, commands):
        yield from _of_command(program, words, there, own)
    if there.folder != call.path(""):
        yield f"names:{there.folder}"


def _of_command(program: str, words: Sequence[str], call: Call, own: Collection[str]) -> Iterator[str]:
    name = os.path.basename(program).removesuffix(".exe")  # noqa: PTH119
    found = call.path(program) if "/" in program else str(which(program) or "")
    ours = any(lies_in(found, folder) for folder in own) and _is_script(found)
    if ours or _OF_MORE.fullmatch(" ".join((name, *words))):
        yield ""
        return
    yield from ([] if "/" in program else [f"which:{program}"])
    yield from ([f"content:{found}"] if found else [])
    for word in words:
        place = call.path(word.rpartition("=")[2].removeprefix("@"))
        if os.path.isfile(place):  # noqa: PTH113
            yield f"content:{place}"
        elif os.path.isdir(place) and "=" not in word:  # noqa: PTH112
            yield f"names:{place}"
        elif "/" in word:
            yield f"kind:{place}"


def _is_script(path: str) -> bool:
    """Whether this is a text that some program reads: beside a toolchain file, it may ask for anything."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return stream.read(2) == b"#!"
    except OSError:
        return False
