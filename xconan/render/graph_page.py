"""Pure: what Conan would do for each target, as a page for a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.render.drawing import Node, draw
from xconan.render.graph import counts
from xconan.render.table_row import TableRow
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from xconan.render.drawing import Drawing
    from xconan.render.graph import Graph, Package, TargetGraph


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TargetSection(Record):
    """What the page says of a target; no drawing where nothing is known."""

    name: str
    wheel: str
    counts: str
    error: str
    drawing: Drawing | None
    rows: tuple[TableRow, ...]


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
    nodes = [_node(package, "" if number else title) for number, package in enumerate(target.packages)]
    return TargetSection(
        name=target.name,
        wheel=target.wheel,
        counts=counts(target),
        error=target.error,
        drawing=draw(nodes) if nodes else None,
        rows=tuple(_row(package) for package in target.packages[1:]),
    )


def _node(package: Package, title: str) -> Node:
    """A package, or the project itself, which has a title."""
    state = "" if title else package.state + (", build machine" if package.context == "build" else "")
    return Node(
        name=title or package.ref, state=state,
        about=title or f"{package.ref}#{package.revision}\n{package.package_id}\n{_options(package)}",
        kind="have" if title else package.kind, context="build" if package.context == "build" else "host",
        requires=package.requires,
    )  # fmt: skip


def _row(package: Package) -> TableRow:
    machine = "the build" if package.context == "build" else "tests" if package.test else "the wheel"
    cells = (
        package.ref, machine, ": ".join(filter(None, (package.state, package.reason))),
        package.recipe_remote or package.recipe, package.type, package.license, _options(package),
        package.package_id,
    )  # fmt: skip
    return TableRow(kind=package.kind, cells=cells)


def _options(package: Package) -> str:
    return ", ".join(f"{name}={value}" for name, value in package.options.items())
