"""Where settings come from: the tables that files, a target by name and the command line give, weakest first."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import nearest_names
from xconan.ground.files import load_toml, read_text
from xconan.host.targets import parse_target
from xconan.project.config.override import Operation, parse_override, parse_overrides, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xconan.ground.errors import Problems
    from xconan.project.config.settings import Settings

# beside pyproject.toml: of each ending the first that is there
CROSS_FILES = ("xconan.cross.toml", "py-build-cmake.cross.toml", "xconan.cross.pbc", "py-build-cmake.cross.pbc")
LOCAL_FILES = ("xconan.local.toml", "py-build-cmake.local.toml", "xconan.local.pbc", "py-build-cmake.local.pbc")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Layer:
    """One table of one source.

    Attributes:
        source: for messages: the file, or what the command line says.
        path: the table's dotted name in it, for messages: "tool.xconan.cmake"; "" for the whole file.
        table: what it says.
        folder: what relative paths are relative to, absolute.
    """

    source: str
    path: str = ""
    table: Mapping[str, object]
    folder: Path

    def subtable(self, name: str) -> Layer | None:
        """The table of this name in this one, None where there is none."""
        table = self.table.get(name)
        if isinstance(table, Operation) and table.name == "value":
            table = table.value
        if not isinstance(table, dict):
            return None
        return replace(self, path=self.key(name), table=cast("dict[str, object]", table))

    def clears(self, name: str) -> bool:
        """Whether this layer takes back what weaker ones say of a table."""
        table = self.table.get(name)
        return isinstance(table, Operation) and table.name == "clear"

    def absolute(self, text: str) -> Path:
        """A path as it stands in this table, absolute; `~` is the user's home. Links stay as written."""
        path = Path(text)
        with suppress(RuntimeError):  # no such user: then it is a folder of that name
            path = path.expanduser()
        return Path(_without_dots(self.folder / path))

    def key(self, name: str) -> str:
        """The dotted name of a key, for messages."""
        return f"{self.path}.{name}" if self.path else name

    def place(self, name: str) -> str:
        """Where a key stands, for messages: "/p/pyproject.toml: tool.xconan.cmake.args"."""
        return f"{self.source}: {self.key(name)}"

    def report(self, name: str, message: str, hint: str, problems: Problems) -> None:
        """Note what is wrong with a key of this table."""
        problems.add(message, file=self.source, key=self.key(name), hint=hint)

    def report_unknown(self, name: str, known: Iterable[str], problems: Problems) -> None:
        """Note an unknown key, with the nearest known one."""
        known = sorted(known)
        close = nearest_names(name, known)
        hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(known)}"
        if isinstance(self.table.get(name), dict) and not self.path and name in ("tool", "cross"):
            above = "tool.xconan" if name == "tool" else "cross"
            hint = f"this file has its keys without that: leave out [{above}], or the {above}. before other names"
        self.report(name, f"unknown key '{name}'", hint, problems)

    def check_subtables(self, known: Iterable[str], problems: Problems) -> None:
        """Note what is no table or has another name, in a table that holds only these tables."""
        for name in self.table:
            if name not in known:
                self.report_unknown(name, known, problems)
            elif self.subtable(name) is None and not self.clears(name):
                key, typed = self.key(name), isinstance(self.table[name], Operation)
                hint = f"write {key}.NAME = VALUE" if typed else f"write its keys below a line [{key}]"
                self.report(name, "this must be a table", hint, problems)


def subtables(layers: Iterable[Layer], name: str | None) -> list[Layer]:
    """The tables of this name in those layers that have one; no table has no name."""
    if name is None:
        return []
    found: list[Layer] = []
    for layer in layers:
        if layer.clears(name):
            found = []
        elif table := layer.subtable(name):
            found.append(table)
    return found


def numbered(layers: Sequence[Layer]) -> dict[int, list[Layer]]:
    """The layers of each of several tables of one name: `[cmake.0]`, `[cmake.1]`, on top of what all of them share.

    Returns:
        The layers by number, in order; where no layer has a number, all of them are of number 0.
    """
    shared = [replace(layer, table={name: value for name, value in layer.table.items() if not _is_number(name)})
              for layer in layers]  # fmt: skip
    numbers: dict[str, None] = {}
    for layer in layers:
        for name in filter(_is_number, layer.table):
            numbers.pop(name, None) if layer.clears(name) else numbers.setdefault(name)
    if not numbers:
        return {0: shared}
    return {int(name): [*shared, *subtables(layers, name)] for name in sorted(numbers, key=int)}


def _is_number(name: str) -> bool:
    return re.fullmatch(r"\d+", name) is not None


def project_layers(
    root: Path, pyproject: Mapping[str, object], settings: Settings, problems: Problems, *, table: str = "xconan"
) -> list[Layer]:
    """`[tool.xconan]` of pyproject.toml (or another table), the local files beside it, then those of `-C local`."""
    top = Layer(source=str(root / "pyproject.toml"), table=pyproject, folder=root)
    tool = top.subtable("tool")
    if tool and table in tool.table and not isinstance(tool.table[table], dict):
        tool.report(table, "this must be a table", f"write its keys below [tool.{table}.cmake] and others", problems)
    own = subtables([tool], table) if tool else []
    return own + file_layers([*_first_of(root, LOCAL_FILES), *settings.local], problems)


def cross_layers(root: Path, settings: Settings, problems: Problems) -> list[Layer]:
    """The cross.toml beside pyproject.toml, then those of `-C cross`."""
    return file_layers([*_first_of(root, CROSS_FILES), *settings.cross], problems)


def target_layers(name: str | None, problems: Problems) -> list[Layer]:
    """A target by name as a cross table: the weakest of all, so that files can say more about the same host."""
    layers = []
    if name is not None:
        with problems.collected():
            layers.append(named_layer(name, parse_target(name)))
    return layers


def named_layer(name: str, table: Mapping[str, object]) -> Layer:
    """What a target's name says, as a cross table."""
    return Layer(source=f"target {name}", table=table, folder=Path.cwd())


def override_layers(settings: Settings, problems: Problems, *, folder: Path | None = None) -> list[Layer]:
    """What each `-C override` says, as `[tool.xconan]`; paths are relative to the folder, else to the command's."""
    layers = []
    folder = folder or settings.folder.absolute()
    for text in settings.override:
        with problems.collected():
            layers.append(Layer(source=place_of(text), table=parse_override(text), folder=folder))
    return layers


def file_layers(files: Sequence[Path], problems: Problems) -> list[Layer]:
    """TOML and .pbc files, weakest first; a file that can't be read is noted, an empty one says nothing."""
    layers = []
    for file in map(Path.absolute, files):
        with problems.collected():
            if file.suffix == ".pbc":
                lines = parse_overrides(read_text(file), file=str(file))
                layers += [Layer(source=f"{file}:{line}", table=table, folder=file.parent) for line, table in lines]
            else:
                layers.append(Layer(source=str(file), table=load_toml(file), folder=file.parent))
    return [layer for layer in layers if layer.table]


def _first_of(folder: Path, names: Sequence[str]) -> list[Path]:
    there = [folder / name for name in names if (folder / name).is_file()]
    return [*{path.suffix: path for path in reversed(there)}.values()][::-1]


def _without_dots(path: Path) -> str:
    # not resolve(): a sysroot reached by a link should be spoken of by that link
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != path.anchor:
            parts.pop()
        else:
            parts.append(part)
    return str(Path(*parts))
