"""By which words CMake has each target compiled, by its file API, and which line of CMakeLists.txt says so.

https://cmake.org/cmake/help/latest/manual/cmake-file-api.7.html: "compileGroups" of object kind "codemodel". The
sources of a target that are compiled by the same words are one group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.cmake.targets import place_of, read_model, reply_of
from xconan.conan.machine_flags import split_words
from xconan.ground.files import read_json
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    Json = Mapping[str, object]

_OF_SOURCES = ("set_source_files_properties", "set_property")
_PROGRAMS = ("EXECUTABLE", "UTILITY")  # what others of the build run, and do not link


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Word(Record):
    """One word of a compiler's line.

    Attributes:
        text: the word.
        where: "CMakeLists.txt:12", relative to the source folder; "" for what variables such as CMAKE_CXX_FLAGS say.
        of_sources: it was set for single sources.
    """

    text: str
    where: str = ""
    of_sources: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Group(Record):
    """Sources of one target and language that are compiled with the same words."""

    language: str
    sources: tuple[str, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compiled(Record):
    """One target and how it is compiled.

    Attributes:
        name: as add_library() has it.
        kind: "MODULE_LIBRARY", "OBJECT_LIBRARY", "EXECUTABLE", ….
        file: the name of what it makes, without folders; "" for objects.
        folder: of its CMakeLists.txt, relative to the source folder.
        groups: its compiled sources.
        linked: names of the targets that become a part of it, its own first, and of what these take in turn.
    """

    name: str
    kind: str
    file: str
    folder: str
    groups: tuple[Group, ...]
    linked: tuple[str, ...] = ()


def read_compiled(
    build: Path, configurations: Sequence[str] = (), launchers: Mapping[str, Sequence[str]] | None = None
) -> list[Compiled]:
    """All targets of a build folder.

    Args:
        build: CMake's build folder; one that has no answer has no targets.
        configurations: that are installed, for generators of several; () for whichever there are.
        launchers: words that these add to all calls, by language; CMake's answer has none of them.
    """
    found: dict[str, Compiled] = {}
    for configuration in cast("list[dict[str, list[Json]]]", read_model(build).get("configurations", [])):
        if configurations and str(configuration.get("name")) not in configurations:
            continue
        read = {
            str(entry["id"]): read_json(reply_of(build) / str(entry["jsonFile"]))
            for entry in configuration.get("targets", [])
        }
        for identifier, codemodel in read.items():
            target = _target(codemodel, _linked(identifier, read), launchers or {})
            found[target.name] = target
    return list(found.values())


def _linked(identifier: str, targets: Mapping[str, Json]) -> tuple[str, ...]:
    """A target and those whose objects become a part of it."""
    seen, waiting = [identifier], [identifier]
    while waiting:
        for needed in cast("list[Json]", targets[waiting.pop()].get("dependencies", [])):
            one = str(needed["id"])
            if one not in seen and one in targets and targets[one].get("type") not in _PROGRAMS:
                seen.append(one)
                waiting.append(one)
    return tuple(str(targets[one]["name"]) for one in seen)


def _target(codemodel: Json, linked: tuple[str, ...], launchers: Mapping[str, Sequence[str]]) -> Compiled:
    sources = [str(source.get("path", "")) for source in cast("list[Json]", codemodel.get("sources", []))]
    paths = cast("Mapping[str, str]", codemodel.get("paths", {}))
    return Compiled(
        name=str(codemodel["name"]), kind=str(codemodel["type"]), file=str(codemodel.get("nameOnDisk", "")),
        folder=paths.get("source", "."), linked=linked,
        groups=tuple(
            Group(
                language=(language := str(group.get("language", ""))),
                sources=tuple(sources[index] for index in cast("list[int]", group.get("sourceIndexes", []))),
                words=(*_words(codemodel, group), *(Word(text=word) for word in launchers.get(language, ()))),
            )
            for group in cast("list[Json]", codemodel.get("compileGroups", []))
        ),
    )  # fmt: skip


def _words(codemodel: Json, group: Json) -> Iterator[Word]:
    graph = cast("Mapping[str, list[Mapping[str, int]]]", codemodel.get("backtraceGraph", {}))
    for fragment in cast("list[Json]", group.get("compileCommandFragments", [])):
        number = cast("int | None", fragment.get("backtrace"))
        command = graph["nodes"][number].get("command") if number is not None else None
        names = cast("list[str]", graph.get("commands", []))
        of_sources = command is not None and names[command] in _OF_SOURCES
        where = place_of(codemodel, number) if number is not None else ""
        for text in split_words(str(fragment.get("fragment", ""))):
            yield Word(text=text, where=where, of_sources=of_sources)
