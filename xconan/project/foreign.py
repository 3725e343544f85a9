"""Tables of other backends that stay in a pyproject.toml: they are not read, and each key is named with ours."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import Problems, nearest_names
from xconan.ground.files import load_toml
from xconan.project.config.recipe import unread_recipes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xconan.project.config.records import Project
    from xconan.project.module import Module

    Table = Mapping[str, object]

FOREIGN = (  # the tables of foreign.toml
    "scikit-build", "conan-py-build", "meson-python", "setuptools", "hatch", "maturin", "poetry", "pdm", "flit",
)  # fmt: skip
_OWN = "xconan"
_OURS = re.compile(r"(\w+)\.(\w+)")


def check_foreign(project: Project, module: Module) -> None:
    """Refuse keys of another backend's table that would change the wheel: they are not read.

    Raises:
        ConfigError: for each key that would change the wheel, an ErrorGroup for several.
    """
    tool = _tool(project)
    problems = Problems()
    file = project.pyproject_file
    for name, meant in _misspelt(tool):
        problems.add("nobody reads this table", file=file, key=f"tool.{name}", hint=f"did you mean [tool.{meant}]?")
    for name, known in _present(tool):
        changes = cast("dict[str, str]", known.get("changes", {}))
        for key, value in _keys(cast("Table", tool[name]), known):
            ours = match_key(key, changes, cast("dict[str, str]", known.get("idle", {})))
            if ours is None or _means_nothing(project, module, known, key, value, ours):
                continue
            problems.add("nobody reads this key here, and it would change the wheel", file=file,
                         key=f"tool.{name}.{key}", hint=_remedy(ours))  # fmt: skip
    problems.raise_if_any()


def _remedy(ours: str) -> str:
    """What to do about a key that nobody reads, whether there is something in its place or not."""
    if ours.startswith(("nothing ", "the build ")):
        return f"remove it: {'there is ' if ours.startswith('nothing ') else ''}{ours}"
    return f"remove it, and write {spelled(ours).rstrip(',')}"


def unread_keys(project: Project) -> Iterator[str]:
    """What nobody reads: keys of such tables that change nothing in the wheel, a line for each table; and recipes."""
    tool = _tool(project)
    for name, known in _present(tool):
        idle = cast("dict[str, str]", known.get("idle", {}))
        changes = cast("dict[str, str]", known.get("changes", {}))
        keys = [key for key, _ in _keys(cast("Table", tool[name]), known) if match_key(key, changes, idle) is None]
        unread = [f"{key} ({reason})" for key in keys if (reason := match_key(key, idle, changes))]
        if unread:
            yield f"[tool.{name}] is not read: {', '.join(unread)}"
    if said := project.dialect.said:
        yield said
    yield from unread_recipes(project)


def _misspelt(tool: Table) -> Iterator[tuple[str, str]]:
    """Tables that were meant to be ours, and what they should be called."""
    conan = tool.get("conan")
    if isinstance(conan, dict) and "requires" in conan:
        yield "conan", "xconan.conan"
    for name in tool:
        alike = abs(len(name) - len(_OWN)) <= 1 and len(set(name) & set(_OWN)) >= len(set(_OWN)) - 1
        if alike and name not in (_OWN, "conan") and nearest_names(name, [_OWN]):
            yield name, _OWN


def _tool(project: Project) -> Table:
    tool = project.pyproject.get("tool")
    return tool if isinstance(tool, dict) else {}


def _present(tool: Table) -> Iterator[tuple[str, Table]]:
    names = [name for name in FOREIGN if isinstance(tool.get(name), dict)]
    known = foreign_tables() if names else {}
    yield from ((name, known[name]) for name in names)


@cache
def foreign_tables() -> Mapping[str, Table]:
    """What foreign.toml says, by the tables' names."""
    return cast("Mapping[str, Table]", load_toml(Path(__file__).with_name("foreign.toml")))


def _keys(table: Table, known: Table, above: str = "") -> Iterator[tuple[str, object]]:
    """The dotted keys of a table, down to those that are listed; lists of tables are values."""
    listed = {*cast("Table", known.get("changes", {})), *cast("Table", known.get("idle", {}))}
    for name, value in table.items():
        key = f"{above}{name}"
        deeper = any(name.startswith(f"{key}.") for name in listed)
        if isinstance(value, dict) and deeper:
            yield from _keys(value, known, f"{key}.")
        else:
            yield key, value


def match_key(key: str, table: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """What a table says of a key, or of the longest listed one above it; "*" if the other has neither."""
    parts = key.split(".")
    above = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    for name in above:
        if name in table:
            return table[name]
        if name in other:
            return None
    return table.get("*")


def _means_nothing(project: Project, module: Module, known: Table, key: str, value: object, ours: str) -> bool:
    """Whether the key says what is done anyway, or ours is set."""
    usual = cast("Table", known.get("usual", {}))
    if value in ([], {}) or (key in usual and usual[key] == value):
        return True
    if key in cast("list[str]", known.get("places", [])) and _leads_to(project, module, value):
        return True
    return any(_is_set(project, match[1], match[2]) for match in _OURS.finditer(ours.replace("-", "_")))


def _leads_to(project: Project, module: Module, value: object) -> bool:
    """Whether these folders are, or hold, the package that is found without them; or packages in it are named."""
    if not module.files:
        return False
    top, file = module.files[0]
    package = file
    for _ in range(top.count("/") - project.module.name.count(".")):
        package = package.parent
    texts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    folders = {package, *package.parents}
    dotted = project.module.name
    return all(
        isinstance(text, str)
        and (text.split(".")[0] == dotted.split(".")[0] or Path(project.root, text.lstrip("/")) in folders)
        for text in texts
    )


def _is_set(project: Project, table: str, name: str) -> bool:
    if table == "project":
        standard = cast("Table", project.pyproject.get("project", {}))
        return name in {key.replace("-", "_") for key in standard}
    own = _tool(project).get(project.dialect.table)
    within = own.get(table) if isinstance(own, dict) else None
    return isinstance(within, dict) and name in within


def spelled(ours: str) -> str:
    """Our key as a person writes it: "build_type in [tool.xconan.cmake]"."""
    match = re.match(r"(\w+)\.([\w-]+)(: (.*))?", ours)
    if match is None:
        return ours
    table = "project" if match[1] == "project" else f"tool.xconan.{match[1]}"
    value = f" = {match[4]}" if match[4] else ""
    return f"{match[2]}{value} in [{table}]{ours[match.end() :] if not match[4] else ''}"
