"""What `[tool.cibuildwheel]` says of tests, as `[tool.xconan.test]` would have it.

https://cibuildwheel.pypa.io/en/stable/options/#testing: `test-command`, `test-requires` and their like, for all
systems, for one, and in overrides by `select`. All else of that table is about what cibuildwheel does.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, cast

from xconan.host.patterns import matches
from xconan.host.targets import short_name
from xconan.project.config.layers import Layer, subtables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.ground.errors import Problems
    from xconan.host.targets import Target

_KEYS = {
    "test-command": "command",
    "test-requires": "requires",
    "test-extras": "extras",
    "test-groups": "groups",
    "test-sources": "sources",
    "test-environment": "env",
    "test-skip": "skip",
}
_SYSTEMS = {"linux": "linux", "mac": "macos", "windows": "windows", "pyodide": "pyodide"}  # ours -> theirs


def cibuildwheel_layers(
    root: Path, pyproject: Mapping[str, object], target: Target, problems: Problems
) -> list[Layer]:  # fmt: skip
    """Its tables for one target, weakest first, each with the keys that `[tool.xconan.test]` has."""
    whole = Layer(source=str(root / "pyproject.toml"), table=pyproject, folder=root)
    own = subtables(subtables([whole], "tool"), "cibuildwheel")
    tables = [*own, *subtables(own, _SYSTEMS.get(target.platform.os))]
    for table in own:
        tables += _overrides(table, target)
    return [_translated(table, problems) for table in tables]


def _overrides(table: Layer, target: Target) -> Iterator[Layer]:
    """The overrides that select this target."""
    written = table.table.get("overrides", [])
    for number, one in enumerate(written if isinstance(written, list) else []):
        if isinstance(one, dict) and selects(_words(one.get("select", "")), target):
            yield Layer(
                source=table.source, path=table.key(f"overrides[{number}]"), table=one, folder=table.folder
            )  # fmt: skip


def selects(patterns: Sequence[str], target: Target) -> bool:
    """Whether one of the patterns means a target, by its name or by cibuildwheel's of it: "cp311-manylinux_aarch64"."""
    names = (short_name(target), f"{target.interpreter}-{_without_versions(target.platform.tag)}")
    return any(matches(name, pattern) for name in names for pattern in patterns)


def _without_versions(tag: str) -> str:
    """A platform tag as its identifiers have it: "manylinux_2_17_aarch64" is "manylinux_aarch64"."""
    return re.sub(r"^(manylinux|musllinux|macosx)(_\d+_\d+|\d+)_", r"\1_", tag)


def _translated(layer: Layer, problems: Problems) -> Layer:
    """The keys that are about tests, by our names; lists and tables may be one text there."""
    table: dict[str, object] = {}
    for theirs, ours in _KEYS.items():
        value = layer.table.get(theirs)
        if ours == "env":
            if isinstance(value, str):
                value = dict(word.partition("=")[::2] for word in _words(value))
            value = {name: _as_text(text) for name, text in value.items()} if isinstance(value, dict) else value
        elif isinstance(value, str):
            value = [value] if ours == "command" else _words(value.replace(",", " ") if ours == "extras" else value)
        if value in (None, [], [""]):
            continue
        if (ours == "env" and not isinstance(value, dict)) or (ours != "env" and not _is_texts(value)):
            layer.report(theirs, "cibuildwheel takes a text or a list of texts here", "", problems)
            continue
        table[ours] = value
    return Layer(source=layer.source, path=layer.path, table=table, folder=layer.folder)


def _as_text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    try:
        return shlex.split(cast("str", value))
    except ValueError:  # quotes that are not closed
        return str(value).split()
