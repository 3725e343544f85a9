"""What CMakeLists.txt asks of places outside of the project while it configures, as CMake's own trace tells it.

CMake's file API tells which files of CMake's own language were read, not what file(READ), if(EXISTS) or find_path() has
looked at. So the calls of the project's files are traced as CMake makes them, with their variables expanded
(`--trace-expand`, of these files alone: with all of CMake's own, a configuration takes a sixth longer). What they name
outside of the project is remembered as it was then; where it is another, CMake configures again, and where it can't be
known (programs that were run, searches that found nothing; not of programs, whose places are known), it does each time.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine import cmake_calls
from xconan.build_machine.cmake_calls import JUDGED, Call, programs_sought, questions_of, split_words, tree_digest
from xconan.cmake import targets
from xconan.ground import reads
from xconan.ground.files import digest, read_json, write_json
from xconan.ground.installed import environment_roots
from xconan.ground.places import lies_in
from xconan.project.sources import looked_through, variables_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from xconan.model import BuildPlan
    from xconan.project.workspace import Layout

_TRACE = "asked.trace"
_STAMP = "asked.json"
_TRACED_SINCE = (3, 17)  # --trace-format
_LISTS, _JUDGE = "CMakeLists.txt", "FindPackageHandleStandardArgs.cmake"
_NOTFOUND = re.compile(r"^([^#/:\n][^:\n]*):(?:PATH|FILEPATH)=.*-NOTFOUND$", re.MULTILINE)
_FOUND = re.compile(r"^([^#/:\n][^:\n]*):(?:PATH|FILEPATH)=(/.*)$", re.MULTILINE)


# --- before a configuration ------------------------------------------------------------------------------------------


def trace_words(plan: BuildPlan, files: Iterable[str]) -> tuple[str, ...]:
    """What has CMake write down the calls of the project's files while it configures; () where it can't.

    Args:
        plan: whose CMake it is.
        files: paths of the project's files of CMake's, as far as they are known before.
    """
    machine, told = plan.machine, plan.cmake.configure if plan.cmake else ()
    version = re.findall(r"\d+", machine.cmake.version if machine else "")
    trace = plan.layout.root / _TRACE
    trace.unlink(missing_ok=True)
    if tuple(map(int, version[:2])) < _TRACED_SINCE or any(word.startswith("--trace") for word in told):
        return ()
    known = cast("list[str]", read_json(plan.layout.root / _STAMP).get("sources", []))
    return cmake_calls.trace_words(trace, {_LISTS, _JUDGE, *known, *map(os.path.basename, files)})


def asks_again(layout: Layout) -> bool:
    """Whether what CMake asked of places outside of the project may be answered otherwise now."""
    stamp = read_json(layout.root / _STAMP)
    looked = cast("dict[str, list[object]]", stamp.get("looked", {}))
    return (
        stamp.get("generation") != targets.generation(layout.build)
        or bool(stamp.get("doubts"))
        or any(_seen(key) != value for key, value in looked.items())
    )


def has_lost(layout: Layout) -> bool:
    """Whether something is gone that a search of the project's has found: CMake's cache would keep it."""
    looked = cast("dict[str, list[object]]", read_json(layout.root / _STAMP).get("looked", {}))
    return any(key.startswith("found:") and _seen(key) != value for key, value in looked.items())


def forget_asked(layout: Layout) -> None:
    """Nothing counts as asked until a configuration has succeeded; names of files to trace are kept."""
    sources = read_json(layout.root / _STAMP).get("sources", [])
    write_json(layout.root / _STAMP, {"sources": sources})


# --- after it --------------------------------------------------------------------------------------------------------


def note_asked(plan: BuildPlan, traced: Sequence[str], *, since: int) -> bool:
    """Write down what was asked; return whether files of the project's were read that were not traced.

    Args:
        plan: of the build whose configuration has just succeeded.
        traced: the words that it was traced with, of trace_words().
        since: when it began, as time.time_ns(): what changed later may not be what it has read.
    """
    trace = plan.layout.root / _TRACE
    scene = _Scene(plan)
    if trace.is_file():
        calls = list(scene.calls(trace))
        trace.unlink()
        doubts, looked = scene.answers(calls)
    else:
        calls, looked = [], {}
        doubts = ["CMake does not tell what CMakeLists.txt asked: it is older than 3.17, or is traced already"]
    later = (key for key, state in looked.items() if isinstance(state, list) and cast("int", state[2]) > since)
    doubts += [f"{key.partition(':')[2]} changed while CMake configured" for key in later]
    names = {name.partition("=")[2] for name in traced if name.startswith("--trace-source=")}
    read = {os.path.basename(file) for file in scene.files}  # noqa: PTH119
    stamp = {
        "generation": targets.generation(plan.layout.build),
        "doubts": doubts,
        "looked": looked,
        "named": sorted({name for file in scene.outer for name in variables_named(Path(file))}),
        "sources": sorted(read),
        "calls": digest([[call.name, *call.words] for call in calls]) if calls else "",
    }
    write_json(plan.layout.root / _STAMP, stamp)
    return bool(names and read - names)


def calls_made(layout: Layout) -> str:
    """A digest of all calls that the project's files made when they were configured; "" where nobody knows."""
    return str(read_json(layout.root / _STAMP).get("calls", ""))


def variables_asked(layout: Layout) -> frozenset[str]:
    """The environment variables that files of CMake's outside of the project name, which belong to it."""
    return frozenset(cast("list[str]", read_json(layout.root / _STAMP).get("named", [])))


def note_for_door(layout: Layout, *, since: int) -> Iterator[str]:
    """Note for the record at the door what was asked, and yield why what can't be known is not.

    Args:
        layout: of the build that was just made.
        since: when it began, as time.time_ns().
    """
    stamp = read_json(layout.root / _STAMP)
    reads.variables(cast("list[str]", stamp.get("named", [])))
    yield from cast("list[str]", stamp.get("doubts", []))
    if stamp.get("generation") != targets.generation(layout.build):
        yield "CMake has configured again while it built"
    for key, value in cast("dict[str, list[object]]", stamp.get("looked", {})).items():
        how, _, path = key.partition(":")
        if _seen(key) != value:  # folders are noted as they are listed
            yield f"{path} changed while the build ran"
        elif how == "content":
            reads.by_others([path], since=since)
        elif how in ("kind", "found"):
            reads.seen(Path(path))


class _Scene:
    """Which files are the project's, and which places are outside of it.

    Attributes:
        files: of CMake's that were read and are the project's, absolute.
        outer: those among them that lie elsewhere: included, or in the source folder where the project is a part of it.
    """

    def __init__(self, plan: BuildPlan) -> None:
        """Of a build that was just configured."""
        self._layout, self._root = plan.layout, str(plan.project.root)
        self._source = str(plan.project.cmake.source_path if plan.project.cmake else plan.project.root)
        self._roots = environment_roots()
        # what its programs answer is compared where the toolchain is (toolchains/asked.py), wherever the file lies
        self._toolchain = os.path.normpath(str(plan.toolchain.file if plan.toolchain else ""))
        build = str(plan.layout.build)
        read = {os.path.normpath(os.path.join(build, name)) for name in targets.files_of_cmake(plan.layout.build)}  # noqa: PTH118
        self._candidates = {file for file in read if not self._is_others(file)}
        self.files = {file for file in self._candidates if lies_in(file, self._root) or _is_lists(file)}

    @property
    def outer(self) -> list[str]:
        return sorted(file for file in self.files if not lies_in(file, self._root))

    def calls(self, trace: Path) -> Iterator[Call]:
        """The calls of the project's files, in the order in which they were made."""
        folders: dict[int, str] = {0: self._source}
        with trace.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                told = cast("Mapping[str, object]", json.loads(line))
                if "cmd" not in told:  # the first line: the format's version
                    continue
                file, depth = str(told["file"]), cast("int", told.get("global_frame", 1))
                if os.path.basename(file) == _JUDGE:  # noqa: PTH119
                    yield from self._judgement(told)
                    continue
                file = os.path.normpath(os.path.join(self._source, file))  # noqa: PTH118
                if told.get("frame") == 1 and _is_lists(file):
                    folders = {at: folder for at, folder in folders.items() if at < depth}
                    folders[depth] = os.path.dirname(file)  # noqa: PTH120
                if self._is_others(file) or not (file in self.files or lies_in(file, self._root) or _is_lists(file)):
                    continue
                call = Call(
                    name=str(told["cmd"]).lower(),
                    words=split_words(cast("list[str]", told["args"])),
                    folder=folders[max(at for at in folders if at <= depth)],
                    where=f"{os.path.basename(file)}:{told['line']}",  # noqa: PTH119
                )
                if file == self._toolchain and call.name == "execute_process":
                    continue
                self._follow(call)
                yield call

    def _judgement(self, told: Mapping[str, object]) -> Iterator[Call]:
        """What CMake's own modules say of a package at last: set(NAME_FOUND TRUE or FALSE PARENT_SCOPE)."""
        words = cast("list[str]", told["args"])
        if told["cmd"] == "set" and words[2:] == ["PARENT_SCOPE"] and words[0].endswith("_FOUND"):
            yield Call(name=JUDGED, words=(words[0].removesuffix("_FOUND"), words[1]), folder="", where="")

    def _follow(self, call: Call) -> None:
        """Files that the project's includes by name or as its own find module are its own, too."""
        if call.name in ("include", "find_package") and call.words:
            name = os.path.basename(call.words[0])  # noqa: PTH119
            wanted = {name, f"{name}.cmake"} if call.name == "include" else {f"Find{name}.cmake"}
            self.files |= {file for file in self._candidates if os.path.basename(file) in wanted}  # noqa: PTH119

    def _is_others(self, file: str) -> bool:
        """Whether this file of CMake's is a package's of the build environment, or our own."""
        fetched = lies_in(file, str(self._layout.build / "_deps"))  # by FetchContent: built with the project
        return (lies_in(file, str(self._layout.root)) and not fetched) or self._is_environment(file)

    def _is_environment(self, path: str) -> bool:
        return any(lies_in(path, root) for root in self._roots if not lies_in(self._root, root))

    def is_outside(self, path: str) -> bool:
        """Whether a place is of nobody: the project is looked through, packages are compared, our folder is our own."""
        own = lies_in(path, str(self._layout.root)) or looked_through(path, self._root)
        return not (own or self._is_environment(path))

    def answers(self, calls: Sequence[Call]) -> tuple[list[str], dict[str, object]]:
        """Why what the calls asked can't be known; and what can, as it is now."""
        doubts, keys = list[str](), {f"content:{file}" for file in self._candidates if self.is_outside(file)}
        cache = self._layout.build / "CMakeCache.txt"
        text = cache.read_text("utf-8", "replace") if cache.is_file() else ""
        missing, found = set(_NOTFOUND.findall(text)), dict(_FOUND.findall(text))
        for call in calls:
            for question in questions_of(call, is_outside=self.is_outside, project=self._root):
                if not question.how:
                    doubts.append(f"{call.name}() in {call.where} {question.what}")
                elif self.is_outside(question.what):
                    keys.add(f"{question.how}:{question.what}")
        in_vain = list(_in_vain(calls, missing))
        doubts += [
            f"{call.name}() in {call.where} has not found {call.words[0]}, which may be there the next time"
            for call in in_vain if not programs_sought(call)
        ]  # fmt: skip
        keys |= {f"kind:{place}" for call in in_vain for place in programs_sought(call) if self.is_outside(place)}
        keys |= {f"found:{place}" for place in _found(calls, found) if self.is_outside(place)}
        looked = {key: _seen(key) for key in sorted(keys)}
        doubts += [f"{key.partition(':')[2]} has too many files" for key, value in looked.items() if value is None]
        return list(dict.fromkeys(doubts)), looked


def _found(calls: Iterable[Call], found: Mapping[str, str]) -> Iterator[str]:
    """What searches of the project's have found; of find_path() what it looked for in the folder that it tells."""
    for call in calls:
        place = found.get(call.words[0], "") if call.name.startswith("find_") and call.words else ""
        if place:
            yield os.path.normpath(place)
            inside = [os.path.normpath(os.path.join(place, word)) for word in call.words[1:]]  # noqa: PTH118
            yield from (path for path in inside if call.name == "find_path" and os.path.isfile(path))  # noqa: PTH113


def _in_vain(calls: Iterable[Call], missing: Collection[str]) -> Iterator[Call]:
    """Searches of the project's that found nothing: what they look for may be there the next time.

    A package was found if a module says so at last, whatever was tried before; where a module has found none, it is in
    doubt only if a search of it was in vain: what compilers can't do is in the cache for good.
    """
    judged = {call.words[0].casefold(): call.words[1] == "TRUE" for call in calls if call.name == JUDGED}
    for call in calls:
        if not call.name.startswith("find_") or not call.words or "REQUIRED" in call.words:
            continue
        name = call.words[0]
        lost = name in missing or "NO_CACHE" in call.words
        if call.name == "find_package":
            of_module = any(one.casefold().startswith(name.casefold()) for one in missing)
            lost = of_module and not judged.get(name.casefold(), f"{name}_DIR" not in missing)
        if lost:
            yield call


def _is_lists(file: str) -> bool:
    return os.path.basename(file) == _LISTS  # noqa: PTH119


def _seen(key: str) -> object:
    """What is at a place, as far as the question goes; None for a listing that is too long."""
    how, _, path = key.partition(":")
    if how == "names":
        return digest(reads.names(path))
    if how == "tree":
        return tree_digest(path)
    is_file = how == "content" and not os.path.isdir(path)  # noqa: PTH112
    return reads.state(path) or "" if is_file else reads.kind(path)
