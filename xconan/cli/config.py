"""`xconan config`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, cast

from xconan.cli.arguments import add_json, add_project, project_root, settings
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from xconan.project.config.records import CrossConfig, Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Show the value of every key of [tool.xconan] that holds for a build, after all files and overrides, and where "
        "it was said. Only files are read."
    )
    add_project(parser)
    add_json(parser, "the same facts for programs")


def run(arguments: argparse.Namespace) -> int:
    """Print the effective configuration of each target."""
    from xconan.build_machine.announcement import read_announcement
    from xconan.build_machine.buildenv import running_target
    from xconan.project.config.project import read_project
    from xconan.project.config.settings import parse_settings

    root = project_root(arguments).absolute()
    facts, lines = [], []
    for chosen in settings(arguments):
        given = parse_settings(chosen, root=root, environ=os.environ)
        project, cross = read_project(root, given, running=running_target(), announcement=read_announcement())
        values = list(_values(project, cross))
        facts.append({"target": cross.target.name, "table": f"tool.{project.dialect.table}", "values": values})
        lines += [f"# {cross.target.name}, [tool.{project.dialect.table}]", *map(_line, values)]
    write_answer(arguments, facts=facts[0] if len(facts) == 1 else facts, lines=lines, indent=1)
    return 0


def _values(project: Project, cross: CrossConfig) -> Iterator[dict[str, object]]:
    """Each key with its value, and where it was said; None for a default."""
    from xconan.plan import as_json
    from xconan.project.config.records import KEYS

    places = {**dict(project.places), **{f"cross.{name}": place for name, place in cross.places}}
    for table, keys in KEYS.items():
        for number, record in enumerate(_records(project, cross, table)):
            for key in keys:
                value = getattr(record, key, getattr(cross.target, key, None) if table == "cross" else None)
                name = f"{table}.{getattr(record, 'number', number)}.{key}" if number else f"{table}.{key}"
                yield {"key": name, "value": as_json(value), "from": places.get(f"{table}.{key}")}


def _records(project: Project, cross: CrossConfig, table: str) -> list[object]:
    several: Mapping[str, list[object]] = {
        "cross": [] if cross.native else [cross],
        "cmake": [*([project.cmake] if project.cmake else []), *project.more_cmakes],
        "stubgen": [project.stubgen] if project.stubgen else [],
        "editable": [],  # checked, not used
    }
    return several[table] if table in several else [getattr(project, table)]


def _line(value: Mapping[str, object]) -> str:
    place = cast("str | None", value["from"])
    return f"{value['key']} = {json.dumps(value['value'], ensure_ascii=False)}  # {place or 'default'}"
