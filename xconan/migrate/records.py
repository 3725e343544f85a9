"""What a migration hands around: keys of a file with their comments, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Values = dict[str, object]
"""Our keys, dotted and with their table, and their values."""


def joined(before: object, value: object) -> object:
    """Two values of one name: tables and lists together, of all others the later one."""
    if isinstance(before, dict) and isinstance(value, dict):
        return {**before, **{name: joined(before.get(name), one) for name, one in value.items()}}
    return [*before, *value] if isinstance(before, list) and isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True)
class Old:
    """A key of another backend's table.

    Attributes:
        name: dotted, below the table: "wheel.packages".
        value: plain.
        comments: the lines of comment above it, and the one behind it.
    """

    name: str
    value: object
    comments: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Outcome:
    """What becomes of a project.

    Attributes:
        root: its folder.
        backend: that it had, as its table is called: "scikit-build".
        project: what is to be in [project] beside what is there.
        values: our keys: "wheel.exclude" -> ["*.c"].
        comments: of our keys.
        tables: lists of tables of ours: "overrides", "generate".
        moved: (old key, new key), as it is told.
        dropped: (old key, why it is needed no longer).
        missing: (old key or place, what there is instead).
        kept: keys that stay in the old table, where the next build names them.
        requires: requirements of the build that come to those of before.
    """

    root: Path
    backend: str
    project: dict[str, object] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    comments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    kept: list[Old] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)

    def move(self, old: Old, values: Values) -> None:
        """A key has these values of ours in its place."""
        for name, value in values.items():
            self.values[name] = joined(self.values.get(name), value)
            self.comments[name] = (*self.comments.get(name, ()), *old.comments)
            self.moved.append((old.name, name))

    def lack(self, old: Old, instead: str) -> None:
        """Nothing of ours does the same: the key stays where it is."""
        self.kept.append(old)
        self.missing.append((old.name, instead))

    def drop(self, old: Old, why: str) -> None:
        """A key is not needed here."""
        self.dropped.append((old.name, why))
