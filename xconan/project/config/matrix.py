"""The matrix table -> MatrixConfig, and what its overrides say of one target.

    [[tool.xconan.matrix.overrides]]
    select = "cp3*-musllinux_*"
    conan.options."lz4/*:shared" = true

An override holds for its targets however they are built, together or alone, so that a name has one wheel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import Problems
from xconan.host.patterns import matches
from xconan.host.targets import short_name
from xconan.project.config.cross import check_tables, cross_from_layers
from xconan.project.config.layers import subtables
from xconan.project.config.matrix_table import MatrixConfig
from xconan.project.config.merge import merge
from xconan.project.config.records import HOST_TABLES, KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.host.targets import Target
    from xconan.project.config.layers import Layer
    from xconan.project.config.schema import DefaultContext

_OVERRIDES, _SELECT = "overrides", "select"
_EXAMPLE = 'write [[tool.xconan.matrix.overrides]] and select = "cp3*-musllinux_*"'


def read_matrix(layers: Sequence[Layer], context: DefaultContext, problems: Problems) -> MatrixConfig:
    """Read the matrix tables, weakest first; what is wrong is noted."""
    plain = [
        replace(layer, table={key: value for key, value in layer.table.items() if key != _OVERRIDES})
        for layer in layers
    ]
    return merge(plain, KEYS["matrix"], problems).record(MatrixConfig, context)


def selected_layers(
    files: Sequence[Layer], host: Sequence[Layer], running: Target, problems: Problems
) -> list[Layer]:  # fmt: skip
    """What the overrides that select this host say, each as `[tool.xconan]`, the later the stronger.

    Args:
        files: `[tool.xconan]` and the local files, weakest first.
        host: the layers of the cross table; without any the build is for this machine, which nothing selects.
        running: the interpreter that runs us.
        problems: takes what is wrong with any override, selected or not.
    """
    entries = [entry for layer in subtables(files, "matrix") for entry in _entries(layer, problems)]
    name = short_name(cross_from_layers(host, running, Problems())[0].target) if entries and host else ""
    selected = []
    for entry in entries:
        patterns = _patterns(entry)
        table = {key: value for key, value in entry.table.items() if key != _SELECT}
        if isinstance(table.get("test"), str):
            table["matrix"] = {"test": table.pop("test")}
        layer = replace(entry, table=table)
        if name and any(matches(name, pattern) for pattern in patterns):
            selected.append(layer)
        else:
            _check(layer, problems)
    return selected


def _entries(layer: Layer, problems: Problems) -> Iterator[Layer]:
    written = layer.table.get(_OVERRIDES, [])
    if not isinstance(written, list) or not all(isinstance(entry, dict) for entry in written):
        layer.report(_OVERRIDES, "this must be a list of tables", _EXAMPLE, problems)
        return
    for number, table in enumerate(cast("list[dict[str, object]]", written)):
        entry = replace(layer, path=layer.key(f"{_OVERRIDES}[{number}]"), table=table)
        if not _patterns(entry):
            entry.report(_SELECT, "this must be a pattern of targets, or a list of these", _EXAMPLE, problems)
            continue
        for key, value in table.items():
            if key in (*HOST_TABLES, "cross"):
                if not isinstance(value, dict) and not (key == "test" and isinstance(value, str)):
                    entry.report(key, "this must be a table", "", problems)
            elif key != _SELECT:
                entry.report_unknown(key, (*HOST_TABLES, "cross", _SELECT), problems)
        yield entry


def _patterns(entry: Layer) -> list[str]:
    """The targets that an override is for; nothing where it does not say so, or not as texts."""
    select = entry.table.get(_SELECT)
    patterns = select if isinstance(select, list) else [select]
    return cast("list[str]", patterns) if all(isinstance(one, str) and one for one in patterns) else []


def _check(layer: Layer, problems: Problems) -> None:
    """Merge the tables of an override that is for others, for their errors alone."""
    check_tables([layer], problems)
    merge(subtables([layer], "matrix"), KEYS["matrix"], problems)
    merge(subtables([layer], "cross"), KEYS["cross"], problems, subtables=HOST_TABLES)
