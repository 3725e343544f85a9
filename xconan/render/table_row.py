"""What pages for a browser have in common beside their templates: a row of a table."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.ground.record import Record


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TableRow(Record):
    """A row of a table: the class of its colour, and the cells."""

    kind: str
    cells: tuple[str, ...]
