"""What CMake says of a project's targets and of its install() rules, by its file API.

https://cmake.org/cmake/help/latest/manual/cmake-file-api.7.html, object kind "codemodel" version 2. Rules are told
from CMake 3.21 on (codemodel 2.3); of an older one they are read from the scripts that it writes for `cmake --install`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.files import read_json
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    Json = Mapping[str, object]

QUERIES = Path(".cmake", "api", "v1", "query", "client-xconan")
_CLIENT = QUERIES.name
QUESTIONS = _MODEL, _FILES = ("codemodel-v2", "cmakeFiles-v1")
_REPLY = Path(".cmake", "api", "v1", "reply")
_SCRIPTED = re.compile(
    r'file\(INSTALL DESTINATION "(?P<folder>[^"]*)" TYPE \w+[^")]*?FILES\s+(?P<files>(?:"[^"]*"\s*)+)', re.DOTALL
)
_CONDITION = re.compile(r"CMAKE_INSTALL_COMPONENT STREQUAL \"(?P<name>[^\"]*)\"")
_READS_TOOLCHAIN = "CMakeDetermineSystem.cmake"  # a module of CMake's
_PREFIX = "${CMAKE_INSTALL_PREFIX}"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rule(Record):
    """One install() rule, as it stands after generator expressions.

    Attributes:
        target: the CMake target whose files it installs, "" for files that no target makes.
        names: what it installs, without folders.
        destination: relative to the prefix, or absolute.
        component: "Unspecified" where it names none.
        by_default: it is part of an installation that names no component.
        always: it is part of every component.
        where: "CMakeLists.txt:12", relative to the source folder where it lies in it; "" where CMake does not say.
    """

    target: str
    names: tuple[str, ...]
    destination: str
    component: str
    by_default: bool
    always: bool
    where: str

    def place(self, prefix: Path) -> Path:
        """The folder that it installs into, absolute, without `..`."""
        return Path(os.path.normpath(prefix / self.destination.replace(_PREFIX, str(prefix))))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Target(Record):
    """A target of CMake's that makes a file to load.

    Attributes:
        name: as add_library() has it.
        kind: "MODULE_LIBRARY", "SHARED_LIBRARY".
        file: what it makes, absolute; whether it was built is for the file system to say.
        where: as a Rule's.
    """

    name: str
    kind: str
    file: Path
    where: str

    @property
    def file_names(self) -> frozenset[str]:
        """The names under which others may need the file: its own, and those of links to it beside it."""
        real, names = self.file.resolve(), {self.file.name}
        stem = self.file.name.partition(".")[0]
        names |= {
            path.name for path in self.file.parent.glob(f"{stem}.*") if path.is_symlink() and path.resolve() == real
        }
        return frozenset(names)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CMakeProject(Record):
    """All of a build folder: targets that make files to load, and install() rules."""

    targets: tuple[Target, ...]
    rules: tuple[Rule, ...]


def ask(build: Path) -> None:
    """Have the next configuration of this build folder answer."""
    (build / QUERIES).mkdir(parents=True, exist_ok=True)
    for question in QUESTIONS:
        (build / QUERIES / question).touch()


def generation(build: Path) -> str:
    """A name that is another one each time that CMake has generated this build folder; "" for never."""
    return max((index.name for index in (build / _REPLY).glob("index-*.json")), default="")


def read_model(build: Path) -> Json:
    """The codemodel of CMake's answer, whose files' names are relative to reply_of(); {} where there is no answer."""
    return _answer(build, _MODEL)


def reply_of(build: Path) -> Path:
    """The folder of CMake's answers."""
    return build / _REPLY


def read_cmake_project(build: Path, configurations: Sequence[str] = ()) -> CMakeProject:
    """Read CMake's answer.

    Args:
        build: CMake's build folder; one that has no answer has no targets.
        configurations: that are installed, for generators of several; () for whichever there are.
    """
    reply, model = reply_of(build), read_model(build)
    targets: dict[tuple[str, Path], Target] = {}
    rules: list[Rule] = []
    for configuration in cast("list[dict[str, list[Json]]]", model.get("configurations", [])):
        if configurations and str(configuration.get("name")) not in configurations:
            continue
        names = {str(entry["id"]): str(entry["name"]) for entry in configuration.get("targets", [])}
        for entry in configuration.get("targets", []):
            for target in _target(read_json(reply / str(entry["jsonFile"])), build):
                targets[target.name, target.file] = target
        for directory in configuration.get("directories", []):
            if "jsonFile" in directory:
                rules += _rules(read_json(reply / str(directory["jsonFile"])), names)
    version = cast("Mapping[str, int]", model.get("version", {}))
    if version.get("minor", 0) < 3:  # noqa: PLR2004 - codemodel 2.3
        rules += _scripted(build)
    return CMakeProject(targets=tuple(targets.values()), rules=tuple(rules))


def _answer(build: Path, question: str) -> Json:
    index = read_json(build / _REPLY / generation(build))
    replies = cast("Mapping[str, Mapping[str, Json]]", index.get("reply", {}))
    file = replies.get(_CLIENT, {}).get(question, {}).get("jsonFile")
    return read_json(build / _REPLY / str(file)) if file else {}


def files_of_cmake(build: Path) -> Iterator[str]:
    """The files that CMake has read to configure, absolute, without those that it brings and those that it makes."""
    answer = _answer(build, _FILES)
    source = str(cast("Mapping[str, str]", answer.get("paths", {})).get("source", ""))
    for file in cast("list[Json]", answer.get("inputs", [])):
        if not (file.get("isCMake") or file.get("isGenerated")):
            yield os.path.join(source, str(file["path"]))  # noqa: PTH118 - the second may be absolute


def _installers(build: Path) -> Iterator[tuple[Json, Json]]:
    """What CMake tells of each directory of the project, and each installer in it."""
    for configuration in cast("list[dict[str, list[Json]]]", _answer(build, _MODEL).get("configurations", [])):
        for directory in configuration.get("directories", []):
            told = read_json(build / _REPLY / str(directory.get("jsonFile", "")))
            for installer in cast("list[Json]", told.get("installers", [])):
                yield told, installer


def empty_script(build: Path) -> Path | None:
    """A script of install() with nothing in it: CMake does not notice that it can't write on a full disk."""
    configurations = cast("list[dict[str, list[Json]]]", read_model(build).get("configurations", []))
    folders = {str(directory.get("build", ".")) for one in configurations for directory in one.get("directories", [])}
    scripts = (build / folder / "cmake_install.cmake" for folder in sorted({".", *folders}))
    return next((script for script in scripts if script.is_file() and not script.stat().st_size), None)


def installed_files(build: Path) -> Iterator[str]:
    """The files that install(FILES) and its like take from somewhere, absolute."""
    yield from _taken(build, {"file"})


def installed_folders(build: Path) -> Iterator[str]:
    """The folders that install(DIRECTORY) takes from somewhere, absolute."""
    yield from _taken(build, {"directory"})


def _taken(build: Path, kinds: Collection[str]) -> Iterator[str]:
    source = str(cast("Mapping[str, str]", _answer(build, _MODEL).get("paths", {})).get("source", ""))
    for _told, installer in _installers(build):
        if installer.get("type") in kinds:
            for path in cast("list[str | dict[str, str]]", installer.get("paths", [])):
                yield os.path.join(source, path if isinstance(path, str) else path["from"])  # noqa: PTH118


def libraries_by_name(build: Path) -> Iterator[str]:
    """The files behind `-lNAME` in the folders that `-L` names: Ninja does not know them."""
    for configuration in cast("list[dict[str, list[Json]]]", _answer(build, _MODEL).get("configurations", [])):
        for entry in configuration.get("targets", []):
            target = read_json(build / _REPLY / str(entry["jsonFile"]))
            link = cast("Mapping[str, list[Mapping[str, str]]]", target.get("link", {}))
            words = [word for part in link.get("commandFragments", []) for word in part["fragment"].split()]
            folders = [word[2:].strip('"') for word in words if word.startswith("-L")]
            for name in (word[2:] for word in words if word.startswith("-l")):
                files = (Path(folder, f"lib{name}.{kind}") for folder in folders for kind in ("so", "a", "dylib"))
                yield from (str(file) for file in files if file.is_file())


def installing_code(build: Path) -> str:
    """Where the project has code run while CMake installs, "" for nowhere; of a CMake before 3.21 nobody knows."""
    model = _answer(build, _MODEL)
    version = cast("Mapping[str, int]", model.get("version", {}))
    if version.get("minor", 0) < 3:  # noqa: PLR2004 - codemodel 2.3
        return "a CMake before 3.21"
    for told, installer in _installers(build):
        if installer.get("type") in ("code", "script"):
            return place_of(told, cast("int | None", installer.get("backtrace"))) or "CMakeLists.txt"
    return ""


def read_cmake_projects(builds: Sequence[Path], configurations: Sequence[str] = ()) -> CMakeProject:
    """What CMake says of several build folders, of a universal wheel's parts, together."""
    parts = [read_cmake_project(build, configurations) for build in builds]
    return CMakeProject(
        targets=tuple(target for part in parts for target in part.targets),
        rules=tuple(rule for part in parts for rule in part.rules),
    )


def _target(codemodel: Json, build: Path) -> Iterator[Target]:
    if codemodel.get("type") not in {"MODULE_LIBRARY", "SHARED_LIBRARY"}:
        return
    artifacts = [str(artifact["path"]) for artifact in cast("list[Json]", codemodel.get("artifacts", []))]
    own = [
        artifact for artifact in artifacts if Path(artifact).name == codemodel.get("nameOnDisk")
    ]  # the others are import libraries
    for path in own[:1]:
        yield Target(
            name=str(codemodel["name"]), kind=str(codemodel["type"]), file=build / path, where=place_of(codemodel)
        )


def _rules(codemodel: Json, names: Mapping[str, str]) -> Iterator[Rule]:
    for installer in cast("list[Json]", codemodel.get("installers", [])):
        if "destination" not in installer:  # code, a script
            continue
        paths = cast("list[str | dict[str, str]]", installer.get("paths", []))
        yield Rule(
            target=names.get(str(installer.get("targetId", "")), ""),
            names=tuple(Path(path if isinstance(path, str) else path["to"]).name for path in paths),
            destination=str(installer["destination"]),
            component=str(installer.get("component", "Unspecified")),
            by_default=not installer.get("isExcludeFromAll", False),
            always=bool(installer.get("isForAllComponents", False)),
            where=place_of(codemodel, cast("int | None", installer.get("backtrace"))),
        )


def place_of(codemodel: Json, node: int | None = None) -> str:
    """The innermost line of the project's own: a function of CMake's modules is called from there.

    "" for none, and for what a toolchain file says, which CMake reads for the first project().
    """
    graph = cast("dict[str, list[dict[str, int]]]", codemodel.get("backtraceGraph", {}))
    files = cast("list[str]", graph.get("files", []))
    number = node if node is not None else cast("int | None", codemodel.get("backtrace"))
    lines = list[str]()
    while number is not None and graph:
        frame = graph["nodes"][number]
        file = Path(files[frame["file"]])
        if file.name == _READS_TOOLCHAIN and file.is_absolute():
            return ""
        if "line" in frame and not file.is_absolute():
            lines.append(f"{file}:{frame['line']}")
        number = frame.get("parent")
    return next(iter(lines), "")


def _scripted(build: Path) -> Iterator[Rule]:
    for script in sorted(build.rglob("cmake_install.cmake")):
        text = script.read_text("utf-8", "replace")
        for match in _SCRIPTED.finditer(text):
            conditions = _CONDITION.findall(text[: match.start()].rpartition("\nif(")[2])
            files = re.findall(r'"([^"]*)"', match["files"])
            folder = match["folder"].removeprefix(f"{_PREFIX}/")
            yield Rule(
                target="", names=tuple(Path(file).name for file in files), destination=folder,
                component=conditions[0] if conditions else "Unspecified", by_default=True, always=False,
                where=str(script),
            )  # fmt: skip
