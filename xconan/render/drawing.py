"""Pure: things that need each other -> boxes and curves for an SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

# of the drawing, in the units of SVG
_COLUMN, _ROW, _WIDTH, _HEIGHT = 290, 58, 240, 42
_MARGIN, _BEND = 10, 30
_LETTERS = 28  # that fit into a box


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Box(Record):
    """A node in the drawing: its place, what stands in it, and what a pointer is shown.

    Attributes:
        x, y, width, height: of the box.
        text_x, name_y, state_y: where its two lines begin.
        name, state: the lines.
        about, kind, context: as Node has them.
    """

    x: int
    y: int
    width: int
    height: int
    text_x: int
    name_y: int
    state_y: int
    name: str
    state: str
    about: str
    kind: str
    context: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Arrow(Record):
    """A curve from a node to one that it needs: both ends, and where it bends beside them."""

    x: int
    y: int
    bend_x: int
    to_bend_x: int
    to_x: int
    to_y: int


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Drawing(Record):
    """A graph as boxes and arrows, in a frame of width and height."""

    width: int
    height: int
    arrows: tuple[Arrow, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Node(Record):
    """Something to draw; its number is its place in a list, and the first is what needs all the others.

    Attributes:
        name, state: its two lines.
        about: what a pointer is shown.
        kind: the class of its colour.
        context: another class: "host", "build".
        requires: the numbers of what it needs directly.
    """

    name: str
    state: str
    about: str
    kind: str
    context: str = "host"
    requires: tuple[int, ...] = ()


def draw(nodes: Sequence[Node]) -> Drawing:
    """Boxes in columns, each node right of all that need it."""
    depths = _depths(nodes)
    columns: dict[int, list[int]] = {}
    for number in sorted(range(len(nodes)), key=lambda number: (depths[number], number)):
        columns.setdefault(depths[number], []).append(number)
    places = {
        number: (_MARGIN + depth * _COLUMN, _MARGIN + row * _ROW)
        for depth, column in columns.items()
        for row, number in enumerate(column)
    }
    arrows = [_arrow(places[number], places[need]) for number, node in enumerate(nodes) for need in node.requires]
    return Drawing(
        width=2 * _MARGIN + _WIDTH + max(columns) * _COLUMN,
        height=_MARGIN + max(map(len, columns.values())) * _ROW,
        arrows=tuple(arrows),
        boxes=tuple(_box(node, *places[number]) for number, node in enumerate(nodes)),
    )


def _depths(nodes: Sequence[Node]) -> list[int]:
    """The length of the longest way from the first to each node; a cycle is followed once around."""
    depths = [0] * len(nodes)
    for _ in nodes:
        before = list(depths)
        for number, node in enumerate(nodes):
            for need in node.requires:
                depths[need] = min(max(depths[need], depths[number] + 1), len(nodes)) if need else 0
        if depths == before:
            break
    return depths


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> Arrow:
    x, to_x = start[0] + _WIDTH, end[0]
    middle = _HEIGHT // 2
    return Arrow(x=x, y=start[1] + middle, bend_x=x + _BEND, to_bend_x=to_x - _BEND, to_x=to_x, to_y=end[1] + middle)


def _box(node: Node, x: int, y: int) -> Box:
    name, state = _shortened(node.name), _shortened(node.state)
    return Box(
        x=x, y=y, width=_WIDTH, height=_HEIGHT, text_x=x + 10, name_y=y + 18, state_y=y + 34, name=name, state=state,
        about=node.about, kind=node.kind, context=node.context,
    )  # fmt: skip


def _shortened(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
