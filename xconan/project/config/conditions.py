"""Overrides by condition: what holds for some Pythons, platforms or environments alone.

    [[tool.xconan.overrides]]
    if.platform_system = "linux"
    if.python_version = ">=3.12"
    cmake.options.WITH_X = true

The conditions are those of scikit-build-core, and are asked of the host that the wheel is for. An override is as
strong as the file that it stands in, over what that says without a condition; of several that hold, the later is the
stronger.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.project.config.cross import check_tables
from xconan.project.config.free_tables import OVERRIDES, list_of_tables
from xconan.project.config.records import KEYS, SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.ground.errors import Problems
    from xconan.host.targets import Target
    from xconan.project.config.layers import Layer

_SYSTEMS = {"linux": "linux", "mac": "darwin", "windows": "win32", "pyodide": "emscripten"}  # as sys.platform has them
_OTHER_NAMES = {"windows": "win32", "mac": "darwin", "macos": "darwin", "osx": "darwin", "pyodide": "emscripten"}
_TRUE = ("1", "true", "yes", "on", "y", "t")
_EXAMPLE = 'write if.platform_system = "linux", if.python_version = ">=3.12" or if.env.NAME = true'


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What conditions are asked of: the host, the project's folder, the environment."""

    target: Target
    root: Path
    environ: Mapping[str, str]


def with_overrides(
    layers: Sequence[Layer], target: Target, root: Path, problems: Problems, environ: Mapping[str, str] = os.environ
) -> list[Layer]:
    """The same layers, each with its overrides that hold behind it, as `[tool.xconan]`.

    Args:
        layers: `[tool.xconan]` and the local files, weakest first.
        target: the host.
        root: the project's folder.
        problems: takes what is wrong with any override, whether it holds or not.
        environ: the environment.
    """
    situation = Situation(target=target, root=root, environ=environ)
    return [one for layer in layers for one in (layer, *_holding(layer, situation, problems))]


def _holding(layer: Layer, situation: Situation, problems: Problems) -> Iterator[Layer]:
    """The overrides of a layer that hold; of the others, what is wrong is noted as well."""
    for entry in list_of_tables(layer, OVERRIDES, problems):
        tables = {name: value for name, value in entry.table.items() if name != "if"}
        override = replace(entry, table=tables)
        override.check_subtables([*KEYS, *SYSTEMS], problems)
        if "cross" in tables:
            entry.report("cross", "the host is chosen before it is asked for", "write it into a cross.toml", problems)
        conditions = entry.subtable("if")
        if conditions is None or not conditions.table:
            entry.report("if", "there is no condition", _EXAMPLE, problems)
        elif _hold(conditions, situation, problems):
            yield override
        else:
            check_tables([override], problems)


def _hold(conditions: Layer, situation: Situation, problems: Problems) -> bool:
    """Whether all of these hold; all are looked at, for their errors."""
    results = []
    for written, value in conditions.table.items():
        name = written.replace("-", "_")
        inner = conditions.subtable(written)
        if name == "env" and inner:
            results += [_environment(inner, one, situation, problems) for one in inner.table]
        elif name == "any" and inner:
            each = [replace(inner, table={one: inner.table[one]}) for one in inner.table]
            held = [_hold(one, situation, problems) for one in each]  # all are looked at
            results.append(any(held))
        elif name not in _CONDITIONS:
            conditions.report_unknown(written, [*_CONDITIONS, "env", "any"], problems)
        else:
            if name == "platform_system":
                _check_system(conditions, written, value, problems)
            results.append(_one(conditions, written, value, _CONDITIONS[name](situation), problems))
    return all(results)


def _check_system(table: Layer, name: str, wanted: object, problems: Problems) -> None:
    """Note a system by a name that is another's: "Linux" and "windows" would never hold."""
    small = str(wanted).lower()
    meant = small if small in _SYSTEMS.values() else _OTHER_NAMES.get(small)
    if meant and meant != wanted:
        table.report(name, f"no host has '{wanted}' for its system", f'write {name} = "{meant}"', problems)


def _environment(table: Layer, name: str, situation: Situation, problems: Problems) -> bool:
    reads.variables([name])
    value = situation.environ.get(name, "")
    if isinstance(table.table[name], bool):
        return (value.lower() in _TRUE) is table.table[name]
    return _one(table, name, table.table[name], value, problems)


def _one(table: Layer, name: str, wanted: object, found: object, problems: Problems) -> bool:
    """A bool is compared, a text with an operator is about versions, another is a regular expression."""
    if isinstance(found, bool):
        if not isinstance(wanted, bool):
            table.report(name, "this must be true or false", f"write {name} = true", problems)
        return wanted is found
    if not isinstance(wanted, str) or not wanted or not isinstance(found, str):
        table.report(name, "this must be a string", _EXAMPLE, problems)
        return False
    if name.replace("-", "_").endswith("_version"):
        return _version(table, name, wanted, found, problems)
    try:
        return re.search(rf"^(?:{wanted})$" if re.fullmatch(r"[\w.-]+", wanted) else wanted, found) is not None
    except re.error as error:
        table.report(name, f"'{wanted}' is no regular expression: {error}", "write the name alone", problems)
        return False


def _version(table: Layer, name: str, wanted: str, found: str, problems: Problems) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - rarely needed, slow to import

    try:
        return SpecifierSet(wanted).contains(found, prereleases=True)
    except InvalidSpecifier:
        table.report(name, f"'{wanted}' is no range of versions", f'write {name} = ">=3.12"', problems)
        return False


_CONDITIONS: Mapping[str, Callable[[Situation], str | bool]] = {
    "python_version": lambda now: now.target.dotted_version,
    "implementation_name": lambda now: now.target.implementation_name,
    "abi_flags": lambda now: now.target.abi_flags,
    "platform_system": lambda now: _SYSTEMS.get(now.target.platform.os, now.target.platform.os),
    "platform_machine": lambda now: now.target.platform.arch.processor,
    "platform_tag": lambda now: now.target.platform.tag,
    "from_sdist": lambda now: (now.root / "PKG-INFO").is_file(),
}
CONDITIONS = (*_CONDITIONS, "env", "any")
"""The names of conditions, for the schema; a dash may stand for each _."""
