"""Which table of pyproject.toml speaks to us, and with whose meaning: our own, or that of the backend it is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.ground.errors import Problems

MEANT_VERSION = "0.5.1"  # of py-build-cmake, whose meaning is kept


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dialect(Record):
    """How a table is read.

    Attributes:
        table: its name in `[tool]`.
        ours: with our own meaning. py-build-cmake's differs: a CMakeLists.txt that no cmake table speaks of is not
            built; `-C override` is weaker than the tables of the system and the host; paths in it, and those of the
            project's own folders, are relative to the project; the import name is in lower case by default.
    """

    table: str
    ours: bool

    @property
    def said(self) -> str:
        """What to tell of it, "" for nothing."""
        if self.ours:
            return ""
        return f"[tool.{self.table}] is read as py-build-cmake {MEANT_VERSION} means it"


OURS = Dialect(table="xconan", ours=True)
PY_BUILD_CMAKE = Dialect(table="py-build-cmake", ours=False)


def choose_dialect(root: Path, pyproject: Mapping[str, object], problems: Problems) -> Dialect:
    """The table that a pyproject.toml has; where it has both, that is noted as wrong, as only one could hold."""
    tool = pyproject.get("tool")
    names = tool if isinstance(tool, dict) else {}
    if PY_BUILD_CMAKE.table not in names:
        return OURS
    if OURS.table in names:
        problems.add(
            "there is [tool.xconan] as well, and only one of the two can say how the wheel is built",
            file=root / "pyproject.toml", key="tool.py-build-cmake",
            hint="keep one of the tables, with the keys of both: they have the same names",
        )  # fmt: skip
        return OURS
    return PY_BUILD_CMAKE
