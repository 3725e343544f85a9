"""Tables whose keys are others' to name: providers of metadata; and lists of tables: files made from templates.

[tool.xconan.metadata.version]
provider = "regex"
input = "src/nav/version.h"

[[tool.xconan.generate]]
path = "nav/_version.py"
template = '__version__ = "${version}"'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from xconan.ground.record import Record
from xconan.project.config.layers import subtables
from xconan.project.config.override import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.ground.errors import Problems
    from xconan.project.config.layers import Layer

METADATA, GENERATE, OVERRIDES = FREE_TABLES = "metadata", "generate", "overrides"
LOCATIONS = ("install", "build", "source")
_KEYS = ("path", "template", "template_path", "location")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MetadataProvider(Record):
    """Who says a dynamic key of [project].

    Attributes:
        field: the key: "version".
        name: of the provider.
        path: folder of its module, None for what is installed.
        settings: what the table says beside.
        place: the table, for messages.
    """

    field: str
    name: str
    path: Path | None
    settings: Mapping[str, object]
    place: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GeneratedFile(Record):
    """A file made from a template.

    Attributes:
        path: relative to what `location` means, with forward slashes.
        template: its text; where that is None, it is in the file `template_path`.
        template_path: absolute.
        location: "install": a place in the wheel; "build": CMake's build folder; "source": the project's.
        place: the table, for messages.
    """

    path: str
    template: str | None
    template_path: Path | None
    location: str
    place: str


def without_free_tables(layers: Sequence[Layer]) -> list[Layer]:
    """The layers without these tables, for those who know the keys of all others."""
    return [replace(layer, table={name: value for name, value in layer.table.items() if name not in FREE_TABLES})
            for layer in layers]  # fmt: skip


def refuse_operations(layers: Sequence[Layer], problems: Problems) -> list[Layer]:
    """Note what a command line or a .pbc file says of these tables, which are not merged key by key; the rest."""
    kept = []
    for layer in layers:
        wrong = [name for name in FREE_TABLES if _holds_operation(layer.table.get(name))]
        for name in wrong:
            fields = layer.table[name]
            field = next(iter(fields), "version") if isinstance(fields, dict) else "version"
            form = f"[{{}}{name}.{field}]" if name == METADATA else f"[[{{}}{name}]]"
            layer.report(name, f"{name} is read from TOML alone, where each of its tables is whole",
                         f"write the whole table: {form.format('tool.xconan.')} in pyproject.toml, or "
                         f"{form.format('')} in a file for -C local=FILE.toml", problems)  # fmt: skip
        kept.append(replace(layer, table={name: value for name, value in layer.table.items() if name not in wrong}))
    return kept


def _holds_operation(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_operation, value.values()))
    return isinstance(value, Operation)


def read_providers(layers: Sequence[Layer], problems: Problems) -> tuple[MetadataProvider, ...]:
    """The providers of the strongest layer for each key; what is wrong is noted."""
    found: dict[str, MetadataProvider] = {}
    for layer in layers:
        if METADATA in layer.table and layer.subtable(METADATA) is None:
            layer.report(METADATA, "this must be a table", 'write [tool.xconan.metadata.version] provider = "regex"',
                         problems)  # fmt: skip
    for table in subtables(layers, METADATA):
        for field in table.table:
            inner = table.subtable(field)
            if inner is None or not isinstance(inner.table.get("provider"), str):
                table.report(field, "this must be a table that names a provider", 'write provider = "regex"', problems)
                continue
            settings = {name.replace("_", "-"): value for name, value in inner.table.items()}
            folder = settings.pop("provider-path", None)
            found[field] = MetadataProvider(
                field=field, name=str(settings.pop("provider")), settings=settings, place=table.place(field),
                path=table.absolute(folder) if isinstance(folder, str) else None,
            )  # fmt: skip
    return tuple(found.values())


def read_generated(layers: Sequence[Layer], problems: Problems) -> tuple[GeneratedFile, ...]:
    """The files of all layers; what is wrong is noted."""
    entries = [entry for layer in layers for entry in list_of_tables(layer, GENERATE, problems)]
    return tuple(file for entry in entries for file in _generated(entry, problems))


def list_of_tables(layer: Layer, name: str, problems: Problems) -> Iterator[Layer]:
    """The tables of a list in a layer; what is none is noted."""
    written = layer.table.get(name, [])
    if not isinstance(written, list) or not all(isinstance(entry, dict) for entry in written):
        layer.report(name, "this must be a list of tables", f"write [[{layer.key(name)}]]", problems)
        return
    for number, table in enumerate(cast("list[dict[str, object]]", written)):
        yield replace(layer, path=layer.key(f"{name}[{number}]"), table=table)


def _generated(entry: Layer, problems: Problems) -> Iterator[GeneratedFile]:
    table = {name.replace("-", "_"): value for name, value in entry.table.items()}
    before = len(problems.found)
    for name, value in table.items():
        if name not in _KEYS:
            replace(entry, table=table).report_unknown(name, _KEYS, problems)
        elif not isinstance(value, str):
            entry.report(name, "this must be a string", f'write {name} = "…"', problems)
    path, location = str(table.get("path", "")), str(table.get("location", LOCATIONS[0]))
    if not path or path.startswith("/") or ".." in PurePosixPath(path).parts or "\\" in path:
        entry.report("path", f"'{path}' names no file" if path else "there is no path",
                     'write path = "pkg/_version.py", with forward slashes', problems)  # fmt: skip
    if location not in LOCATIONS:
        entry.report(
            "location", f"'{location}' is not one of {', '.join(LOCATIONS)}", "leave it out for the wheel", problems
        )
    if ("template" in table) == ("template_path" in table):
        entry.report("template", "a file is made from template or from template_path", "write one of the two", problems)
    if len(problems.found) == before:
        file = table.get("template_path")
        yield GeneratedFile(
            path=path, location=location, place=entry.place("path"),
            template=cast("str | None", table.get("template")),
            template_path=entry.absolute(file) if isinstance(file, str) else None,
        )  # fmt: skip
