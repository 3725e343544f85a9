"""The targets of a release: what `[tool.xconan.matrix]` means, and what of it was asked for."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xconan.build_machine.announcement import read_announcement
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError, Problems, XconanError, listed
from xconan.ground.files import load_toml
from xconan.ground.report import warn
from xconan.host.patterns import expand_braces, files_of, is_pattern, is_torn, matches
from xconan.host.platforms import parse_platform
from xconan.host.targets import is_target, parse_target, short_name
from xconan.project.config.cross import read_cross, read_named
from xconan.project.config.project import read_project
from xconan.project.config.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xconan.project.config.records import CrossConfig, Project
    from xconan.project.config.settings import Settings

_ANY = "linux_x86_64"  # a platform, where a Python is looked at by itself
THIS_MACHINE = "this machine"  # the name of a target that is none
_TABLE = '[tool.xconan.matrix] with pythons = ["cp3{11,12}"] and platforms = ["manylinux_2_17_aarch64"]'


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A target that was chosen: its name as `--target` takes it, and the PEP 517 settings that build it."""

    name: str
    settings: Mapping[str, object]


def matrix_targets(root: Path, common: Mapping[str, object], patterns: Sequence[str] = ()) -> list[Chosen]:
    """The targets of a project's matrix.

    Args:
        root: the project's folder.
        common: PEP 517 config settings that hold for all: local, override.
        patterns: keep those that one of them means; () for all.

    Raises:
        ConfigError: there is no matrix, or a name in it means nothing; an entry or a pattern means no target.
    """
    project, _ = read_project(root, parse_settings(common, root=root), running=running_target())
    if not (project.matrix.pythons or project.matrix.include):
        raise ConfigError("the project has no matrix", where=str(project.pyproject_file), hint=f"write {_TABLE}")
    found = _matrix(project, common)
    _tell_unused(project, [_selected_as(str(one.settings.get("target", ""))) or one.name for one in found])
    for pattern in patterns:
        if not any(matches(one.name, pattern) for one in found):
            raise ConfigError(
                f"'{pattern}' is none of the matrix's {len(found)} targets", where="--target",
                hint=f"there are {listed([one.name for one in found], 6)}",
            )  # fmt: skip
    return [one for one in found if not patterns or any(matches(one.name, pattern) for pattern in patterns)]


def has_matrix(root: Path) -> bool:
    """Whether a project names targets, as far as it can be read."""
    with suppress(XconanError):
        project, _ = read_project(root, parse_settings({}, root=root), running=running_target())
        return bool(project.matrix.pythons or project.matrix.include)
    return False


def one_target(root: Path, settings: Mapping[str, object]) -> Chosen:
    """The target of a build that names one, or none: all layers together say which.

    Args:
        root: the project's folder.
        settings: PEP 517 config settings; those of the environment are weaker.

    Raises:
        ConfigError: or ErrorGroup: they can't be read.
    """
    given, cross = _configured(root, settings)
    name = given.target or (THIS_MACHINE if cross.native and not given.cross else short_name(cross.target))
    return Chosen(name=name, settings=settings)


def is_of_store(root: Path, one: Chosen) -> bool:
    """Whether a target's Python may come from xconan's store: not this machine's own, nor headers by their folder.

    Errors of its files are told with its plan.
    """
    with suppress(XconanError):
        return is_target(one.name) and _configured(root, one.settings)[1].include_dir is None
    return False


def _configured(root: Path, settings: Mapping[str, object]) -> tuple[Settings, CrossConfig]:
    """What settings and the environment ask for, and the host that all files together describe."""
    given = parse_settings(settings, root=root, environ=os.environ)
    _, cross = read_project(root, given, running=running_target(), announcement=read_announcement())
    return given, cross


def targets_of_files(files: Iterable[str], common: Mapping[str, object]) -> list[Chosen]:
    """Each cross.toml as a target of its own, on top of what holds for all; two of one name are an error."""
    chosen: list[Chosen] = []
    problems = Problems()
    before = [str(file) for file in _list(common.get("cross"))]
    for file in files:
        with problems.collected():
            cross = read_cross([Path(one) for one in (*before, file)], running=running_target())
            chosen.append(Chosen(name=short_name(cross.target), settings={**common, "cross": [*before, file]}))
    with problems.collected():
        chosen = each_once(chosen)
    problems.raise_if_any()
    return chosen


def each_once(chosen: Iterable[Chosen], *, named: str = "", remedy: str = "") -> list[Chosen]:
    """Each target once.

    Args:
        chosen: targets by name and by files.
        named: where the names stand, for messages.
        remedy: what to do where a file describes a target that is named, too.

    Raises:
        ConfigError: or ErrorGroup: two files describe one target, or a name and a file, of which each may mean another
            compiler.
    """
    kept: dict[str, Chosen] = {}
    known: dict[str, Chosen] = {}
    problems = Problems()
    for one in chosen:
        other = known.setdefault(_selected_as(one.name) or one.name, one)
        files = [described_by(each) for each in (other, one)]
        if files[0] != files[1]:
            places = " and ".join(str(each[-1]) if each else named for each in files)
            what, hint = ("two files", "leave one of them out") if all(files) else ("a name and a file", remedy)
            problems.add(f"{what} describe {_selected_as(one.name) or one.name}", file=places, hint=hint)
        kept.setdefault(one.name, one)
    problems.raise_if_any()
    return list(kept.values())


def described_by(one: Chosen) -> list[str]:
    """The cross.tomls that describe a target, the last its own; none for one by name."""
    return [] if "target" in one.settings else [str(file) for file in _list(one.settings.get("cross"))]


def _matrix(project: Project, common: Mapping[str, object]) -> list[Chosen]:
    config, problems = project.matrix, Problems()
    _check_words(project, problems)
    pythons = () if problems.found else config.pythons
    names = dict.fromkeys(name for entry in pythons for name in _product(project, entry, problems))
    files: list[str] = []
    for entry in (one for written in config.include for one in expand_braces(written)):
        if entry.endswith(".toml"):
            found = files_of(project.root, entry)
            files += found
            if not found:
                problems.add(f"there is no {entry}", file=project.place("matrix.include"), hint="check the path")
        else:
            names[entry] = None
            with problems.collected():
                _check_name(entry, project)
    problems.raise_if_any()
    chosen = [Chosen(name=name, settings={**common, "target": name}) for name in names]
    chosen = each_once(
        [*chosen, *targets_of_files(files, common)], named=f"{project.pyproject_file}: tool.xconan.matrix",
        remedy="leave the file out of include, or have pythons, platforms and include not name it; exclude means both",
    )  # fmt: skip
    for pattern in config.exclude:
        if not any(matches(one.name, pattern) for one in chosen):
            problems.add(
                f"'{pattern}' excludes nothing", file=project.place("matrix.exclude"),
                hint=f"there are {listed([one.name for one in chosen], 6)}",
            )  # fmt: skip
    problems.raise_if_any()
    kept = [one for one in chosen if not any(matches(one.name, pattern) for pattern in config.exclude)]
    if not kept:
        raise ConfigError("the matrix excludes all its targets", where=project.place("matrix.exclude"),
                          hint="leave one of them in")  # fmt: skip
    return kept


def _selected_as(name: str) -> str:
    """The name by which overrides select a target, however it is written; "" for what is none."""
    return short_name(read_named(name, running=running_target()).target) if is_target(name) else ""


def _tell_unused(project: Project, known: Sequence[str]) -> None:
    """Warn of overrides in pyproject.toml that select no target: a misspelt pattern would change nothing.

    The full name of a target outside of the matrix is no pattern: it holds where that target is built by its name.
    """
    tables: Any = load_toml(project.pyproject_file).get("tool", {})
    matrix = tables.get("xconan", tables.get("py-build-cmake", {})).get("matrix", {})
    for number, entry in enumerate(matrix.get("overrides", [])):
        select = entry["select"] if isinstance(entry["select"], list) else [entry["select"]]
        unused = [one for one in select if not any(matches(name, one) for name in known) and _selected_as(one) != one]
        if unused:
            place = project.place(f"matrix.overrides[{number}].select")
            warn(f"{place}: {listed(unused)} selects none of the matrix's targets; there are {listed(known, 6)}")


def _product(project: Project, entry: str, problems: Problems) -> Iterator[str]:
    """The targets of an entry of `pythons`: "cp311" for all platforms, "cp311-many*" for those that it means."""
    platforms = [one for written in project.matrix.platforms for one in expand_braces(written)]
    where = project.place("matrix.pythons")
    if not platforms:
        problems.add(
            "there are Pythons and no platforms", file=project.place("matrix.platforms"), hint=f"as in {_TABLE}"
        )
    for one in expand_braces(entry):
        python, _, pattern = one.partition("-")
        if is_pattern(python):
            hint = 'name each, "cp3{11,12}-*" say: what there is to match is not known beforehand'
            problems.add(f"'{one}' means no Python by itself", file=where, hint=hint)
            continue
        kept = [platform for platform in platforms if matches(platform, pattern or "*")]
        if platforms and not kept:
            hint = f"there are {listed(platforms, 6)}"
            problems.add(f"'{one}' means none of the platforms", file=where, hint=hint)
        yield from (f"{python}-{platform}" for platform in kept)


def _check_words(project: Project, problems: Problems) -> None:
    """Note each word of `pythons` and `platforms` that means nothing, where it stands and by itself."""
    for key, words in (("pythons", project.matrix.pythons), ("platforms", project.matrix.platforms)):
        where = project.place(f"matrix.{key}")
        for word in words:
            if is_torn(word):
                problems.add(f"'{word}' has a brace without its other one", file=where, hint='as in "cp3{11,12}"')
                continue
            for one in dict.fromkeys(expand_braces(word)):
                with problems.collected():
                    _check_word(one, key, where)


def _check_word(word: str, key: str, where: str) -> None:
    python = word.partition("-")[0]
    try:
        if key == "platforms":
            parse_platform(word)
        elif not is_pattern(python):
            parse_target(f"{python}-{_ANY}")
    except ConfigError as error:
        message = error.message if key == "platforms" else f"'{python}' is no Python"
        raise ConfigError(message, where=where, hint=error.hint.replace(f"-{_ANY}", "")) from None


def _check_name(name: str, project: Project) -> None:
    try:
        parse_target(name)
    except ConfigError as error:
        hint = 'close its brace, as in "cp3{11,12}-linux_aarch64"' if is_torn(name) else error.hint
        raise ConfigError(error.message, where=project.place("matrix.include"), hint=hint) from None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]
