"""Pure: which task of a release ran when, as a page for a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.progress import seconds
from xconan.ground.record import Record
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

# of the drawing, in the units of SVG
_WIDTH, _LANE, _HEIGHT, _TOP = 1100, 26, 20, 24
_LETTER = 7  # the width of one, at the drawing's size of letters
_STEPS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)  # seconds between two lines
_LINES = 14  # at most


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Span(Record):
    """A task that ran: its name and kind, when in seconds, and whether it failed."""

    name: str
    kind: str
    begun: float
    ended: float
    failed: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Bar(Record):
    """A task in the drawing: its place, what fits into it, and what a pointer is shown."""

    x: int
    y: int
    width: int
    height: int
    text_y: int
    text: str
    about: str
    kind: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Mark(Record):
    """A line for a moment: its place, and the time since the begin."""

    x: int
    text: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Page(Template, file="timeline.html.j2"):
    width: int
    height: int
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    kinds: tuple[str, ...]
    lines: str


def timeline_page(lines: Sequence[str], spans: Sequence[Span]) -> str:
    """The page.

    Args:
        lines: the table of what was made, as people are shown it.
        spans: in any order; those that ran beside each other stand in lanes below each other.
    """
    end = max((span.ended for span in spans), default=0.0) or 1.0
    ends: list[float] = []  # of the lanes, so far
    bars = []
    for span in sorted(spans, key=lambda one: (one.begun, one.name)):
        lane = next((number for number, until in enumerate(ends) if until <= span.begun), len(ends))
        ends[lane : lane + 1] = [span.ended]
        bars.append(_bar(span, lane, end))
    step = next((step for step in _STEPS if end / step <= _LINES), _STEPS[-1])
    marks = [Mark(x=_x(at, end), text=seconds(at)) for at in range(0, int(end) + 1, step)]
    return _Page(
        width=_WIDTH,
        height=_TOP + max(len(ends), 1) * _LANE,
        bars=tuple(bars),
        marks=tuple(marks),
        kinds=tuple(dict.fromkeys(span.kind for span in spans)),
        lines="\n".join(lines),
    ).text


def _bar(span: Span, lane: int, end: float) -> Bar:
    x = _x(span.begun, end)
    width = max(_x(span.ended, end) - x - 1, 2)
    y = _TOP + lane * _LANE
    subject = span.name.partition(" ")[2]
    return Bar(
        x=x,
        y=y,
        width=width,
        height=_HEIGHT,
        text_y=y + 14,
        text=subject if len(subject) * _LETTER < width else "",
        about=f"{span.name}: {seconds(span.ended - span.begun)}{', failed' if span.failed else ''}",
        kind="failed" if span.failed else span.kind,
    )


def _x(at: float, end: float) -> int:
    return round(at / end * _WIDTH)
