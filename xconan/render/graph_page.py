"""Pure: what Conan would do for each target, as a page for a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.render.graph import counts
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.render.graph import Graph, Package, TargetGraph

# of the drawing, in the units of SVG
_COLUMN, _ROW, _WIDTH, _HEIGHT = 260, 58, 210, 42
_MARGIN, _BEND = 10, 30
_LETTERS = 28  # that fit into a box


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Box(Record):
    """A package in the drawing: its place, what stands in it, and what a pointer is shown.

    Attributes:
        x, y, width, height: of the box.
        text_x, name_y, state_y: where its two lines begin.
        name, state: the lines.
        about: revision, package id and options.
        kind: Package.kind.
        context: Package.context.
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
    """A curve from a package to one that it needs: both ends, and where it bends beside them."""

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
class Row(Record):
    """A package in the table: Package.kind, and the cells."""

    kind: str
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TargetSection(Record):
    """What the page says of a target; no drawing where nothing is known."""

    name: str
    wheel: str
    counts: str
    error: str
    drawing: Drawing | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GraphPage(Template, file="graph.html.j2"):
    """A page that stands alone: a drawing and a table for each target, no script, nothing from elsewhere."""

    title: str
    targets: tuple[TargetSection, ...]


def graph_page(graph: Graph) -> GraphPage:
    """The page of a graph."""
    title = f"{graph.name} {graph.version}"
    return GraphPage(title=title, targets=tuple(_section(title, target) for target in graph.targets))


def _section(title: str, target: TargetGraph) -> TargetSection:
    return TargetSection(
        name=target.name,
        wheel=target.wheel,
        counts=counts(target),
        error=target.error,
        drawing=_drawing(title, target.packages) if target.packages else None,
        rows=tuple(_row(package) for package in target.packages[1:]),
    )


def _drawing(title: str, packages: Sequence[Package]) -> Drawing:
    """Boxes in columns, each package right of all that need it."""
    depths = _depths(packages)
    columns: dict[int, list[int]] = {}
    for number in sorted(range(len(packages)), key=lambda number: (depths[number], number)):
        columns.setdefault(depths[number], []).append(number)
    places = {
        number: (_MARGIN + depth * _COLUMN, _MARGIN + row * _ROW)
        for depth, column in columns.items()
        for row, number in enumerate(column)
    }
    arrows = [
        _arrow(places[number], places[need]) for number, package in enumerate(packages) for need in package.requires
    ]
    boxes = [_box(package, *places[number], title="" if number else title) for number, package in enumerate(packages)]
    return Drawing(
        width=2 * _MARGIN + _WIDTH + max(columns) * _COLUMN,
        height=_MARGIN + max(map(len, columns.values())) * _ROW,
        arrows=tuple(arrows),
        boxes=tuple(boxes),
    )


def _depths(packages: Sequence[Package]) -> list[int]:
    """The length of the longest way from the project to each package; a cycle is followed once around."""
    depths = [0] * len(packages)
    for _ in packages:
        before = list(depths)
        for number, package in enumerate(packages):
            for need in package.requires:
                depths[need] = min(max(depths[need], depths[number] + 1), len(packages)) if need else 0
        if depths == before:
            break
    return depths


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> Arrow:
    x, to_x = start[0] + _WIDTH, end[0]
    middle = _HEIGHT // 2
    return Arrow(x=x, y=start[1] + middle, bend_x=x + _BEND, to_bend_x=to_x - _BEND, to_x=to_x, to_y=end[1] + middle)


def _box(package: Package, x: int, y: int, *, title: str) -> Box:
    """The box of a package, or of the project itself, which has a title."""
    state = "" if title else package.state + (", build machine" if package.context == "build" else "")
    return Box(
        x=x,
        y=y,
        width=_WIDTH,
        height=_HEIGHT,
        text_x=x + 10,
        name_y=y + 18,
        state_y=y + 34,
        name=_shortened(title or package.ref),
        state=_shortened(state),
        about=title or f"{package.ref}#{package.revision}\n{package.package_id}\n{_options(package)}",
        kind="have" if title else package.kind,
        context="build" if package.context == "build" else "host",
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _row(package: Package) -> Row:
    machine = "the build" if package.context == "build" else "tests" if package.test else "the wheel"
    cells = (
        package.ref, machine, ": ".join(filter(None, (package.state, package.reason))),
        package.recipe_remote or package.recipe, package.type, package.license, _options(package),
        package.package_id,
    )  # fmt: skip
    return Row(kind=package.kind, cells=cells)


def _options(package: Package) -> str:
    return ", ".join(f"{name}={value}" for name, value in package.options.items())
