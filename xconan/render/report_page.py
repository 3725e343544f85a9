"""The page that `xconan check --html` writes: what is wrong with each wheel, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from xconan.render.drawing import Drawing
    from xconan.render.table_row import TableRow


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReportFact(Record):
    """A line of what a wheel claims and deserves."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReportTable(Record):
    """A table that opens and closes; `kind` names what is in it."""

    kind: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]
    opened: bool = False


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelSection(Record):
    """What the page says of a wheel: `kind` is "good" or "bad"; no drawing where there are no binaries."""

    name: str
    kind: str
    verdict: str
    facts: tuple[ReportFact, ...]
    tables: tuple[ReportTable, ...]
    drawing: Drawing | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReportPage(Template, file="wheel_report.html.j2"):
    """A page that stands alone: no script, nothing from elsewhere; light or dark as the reader's machine is."""

    title: str
    wheels: tuple[WheelSection, ...]
