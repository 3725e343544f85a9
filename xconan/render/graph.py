"""Pure: what Conan would do for each target, as text for a terminal and as a page for a browser."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_BINARIES = {
    # Conan's word -> ours, {} for the remote
    "Cache": "cache",
    "Download": "download from {}",
    "Update": "download from {}",
    "Build": "to build",
    "Missing": "missing",
    "Invalid": "can't be built",
    "Skip": "not needed",
    "Platform": "this machine's",
    "Editable": "editable",
    "EditableBuild": "editable, to build",
    "": "unknown",
}
# of the drawing, in the units of SVG
_COLUMN, _ROW, _WIDTH, _HEIGHT = 260, 58, 210, 42
_LETTERS = 28  # that fit into a box
_STYLE = """\
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
svg { max-width: 100%; height: auto; }
svg rect { fill: Canvas; stroke: GrayText; stroke-width: 1.5; }
svg text { fill: CanvasText; font-size: 13px; }
svg text.state { font-size: 11px; opacity: .75; }
svg path { fill: none; stroke: GrayText; }
svg .build rect { stroke-dasharray: 5 3; }
.have rect { stroke: #2e9e5b; } .fetch rect { stroke: #2f7bd9; } .make rect { stroke: #d98a1f; }
.bad rect { stroke: #d43c3c; stroke-width: 3; } .bad td { color: #d43c3c; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .2rem .6rem .2rem 0; }
td { border-top: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere; }
pre { color: #d43c3c; white-space: pre-wrap; }
"""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Package(Record):
    """A package in the graph of one target; its number is its place there.

    Attributes:
        ref: "lz4/1.9.4", "" for the project itself, whose place is 0.
        revision: of the recipe.
        context: "host" for what goes into the wheel, "build" for what runs in the build.
        test: needed for tests alone.
        recipe, recipe_remote: Conan's word for where the recipe came from, and the remote.
        binary, remote: Conan's word for what has to be done for the binary ("Cache", "Build"), and the remote.
        package_id: of the binary.
        type: Conan's package_type: "static-library".
        license: as the recipe says it.
        options: by name.
        reason: why it can't be built, "" if it can.
        requires: the numbers of the packages that it needs directly.
    """

    ref: str
    revision: str = ""
    context: str = "host"
    test: bool = False
    recipe: str = ""
    recipe_remote: str = ""
    binary: str = ""
    remote: str = ""
    package_id: str = ""
    type: str = ""
    license: str = ""
    options: Mapping[str, str]
    reason: str = ""
    requires: tuple[int, ...] = ()

    @property
    def state(self) -> str:
        """What has to be done for the binary, in our words."""
        return _BINARIES.get(self.binary, self.binary.lower()).format(self.remote or "a remote")

    @property
    def kind(self) -> str:
        """The same in one of four words, for colours: "have", "fetch", "make", "bad"."""
        kinds = {"Download": "fetch", "Update": "fetch", "Build": "make", "EditableBuild": "make"}
        return kinds.get(self.binary, "bad" if self.binary in ("Missing", "Invalid", "") else "have")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TargetGraph(Record):
    """The packages for one wheel.

    Attributes:
        name: "cp311-cp311-linux_aarch64".
        wheel: its file name.
        source: the file that chose the target.
        packages: the project itself first; none where Conan could not read the conanfile.
        error: Conan's words, "" for none.
    """

    name: str
    wheel: str
    source: str
    packages: tuple[Package, ...]
    error: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Graph(Record):
    """A project, its targets, and the packages for each."""

    name: str
    version: str
    targets: tuple[TargetGraph, ...]


def read_packages(nodes: Sequence[Mapping[str, object]]) -> tuple[Package, ...]:
    """The nodes of driver.graph as records, in the order of their numbers."""
    found = []
    for node in sorted(nodes, key=lambda node: cast("int", node["id"])):
        fields = cast("dict[str, Any]", {name: value for name, value in node.items() if name != "id"})
        found.append(Package(**{**fields, "requires": tuple(fields["requires"])}))
    return tuple(found)


def counts(target: TargetGraph) -> str:
    """The packages of a target by their state: "2 cache, 3 to build"."""
    states = [package.state for package in target.packages[1:]]
    return ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states))) or "no packages"


def text_lines(graph: Graph) -> Iterator[str]:
    """The graph as a tree; what a package needs is shown where it appears first."""
    yield f"{graph.name} {graph.version}"
    for number, target in enumerate(graph.targets):
        last = number == len(graph.targets) - 1
        yield f"{'`--' if last else '|--'} {target.name} ({counts(target)})"
        rest = "    " if last else "|   "
        if target.packages:
            yield from _tree(target.packages, 0, rest, {0})
        if target.error:
            yield f"{rest}error: {target.error.strip().splitlines()[0]}"


def _tree(packages: Sequence[Package], number: int, before: str, seen: set[int]) -> Iterator[str]:
    needed = packages[number].requires
    for place, one in enumerate(needed):
        last = place == len(needed) - 1
        package = packages[one]
        again = one in seen and bool(package.requires)
        yield f"{before}{'`--' if last else '|--'} {_title(package)}{' (see above)' if again else ''}"
        if one not in seen:
            seen.add(one)
            yield from _tree(packages, one, before + ("    " if last else "|   "), seen)


def _title(package: Package) -> str:
    kind = " [build machine]" if package.context == "build" else " [test]" if package.test else ""
    reason = f" ({package.reason.strip()})" if package.reason else ""
    return f"{package.ref}{kind}: {package.state}{reason}"


# --- the page --------------------------------------------------------------------------------------------------------


def html_page(graph: Graph) -> str:
    """A page that stands alone: a drawing and a table for each target, no script, nothing from elsewhere."""
    title = html.escape(f"{graph.name} {graph.version}")
    parts = [
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>',
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>",
    ]
    for target in graph.targets:
        parts.append(f"<h2>{html.escape(target.name)}</h2>")
        parts.append(f"<p>{html.escape(target.wheel)}: {html.escape(counts(target))}</p>")
        parts += [f"<pre>{html.escape(target.error)}</pre>"] if target.error else []
        if target.packages:
            parts += [_drawing(f"{graph.name} {graph.version}", target.packages), _table(target.packages)]
    return "\n".join([*parts, "</body>\n</html>"]) + "\n"


def _drawing(title: str, packages: Sequence[Package]) -> str:
    """Boxes in columns, each package right of all that need it."""
    depths = _depths(packages)
    columns: dict[int, list[int]] = {}
    for number in sorted(range(len(packages)), key=lambda number: (depths[number], number)):
        columns.setdefault(depths[number], []).append(number)
    places = {
        number: (10 + depth * _COLUMN, 10 + row * _ROW)
        for depth, column in columns.items()
        for row, number in enumerate(column)
    }
    width = 20 + _WIDTH + max(columns) * _COLUMN
    height = 10 + max(map(len, columns.values())) * _ROW
    lines = [f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">']
    for number, package in enumerate(packages):
        x, y = places[number][0] + _WIDTH, places[number][1] + _HEIGHT // 2
        for one in package.requires:
            to_x, to_y = places[one][0], places[one][1] + _HEIGHT // 2
            lines.append(f'<path d="M{x} {y} C{x + 30} {y} {to_x - 30} {to_y} {to_x} {to_y}"/>')
    for number, package in enumerate(packages):
        lines.append(_box(package, *places[number], title=title if number == 0 else ""))
    return "\n".join([*lines, "</svg>"])


def _depths(packages: Sequence[Package]) -> list[int]:
    """The length of the longest way from the project to each package; a cycle is followed once around."""
    depths = [0] * len(packages)
    for _ in packages:
        before = list(depths)
        for number, package in enumerate(packages):
            for one in package.requires:
                depths[one] = min(max(depths[one], depths[number] + 1), len(packages)) if one else 0
        if depths == before:
            break
    return depths


def _box(package: Package, x: int, y: int, *, title: str) -> str:
    name = title or package.ref
    state = "" if title else package.state + (", build machine" if package.context == "build" else "")
    name, state = (text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…" for text in (name, state))
    kind = "have" if title else package.kind
    about = title or f"{package.ref}#{package.revision}\n{package.package_id}\n{_options(package)}"
    return (
        f'<g class="{kind} {"build" if package.context == "build" else "host"}"><title>{html.escape(about)}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 18}">{html.escape(name)}</text>'
        f'<text class="state" x="{x + 10}" y="{y + 34}">{html.escape(state)}</text></g>'
    )


def _table(packages: Sequence[Package]) -> str:
    head = ("package", "for", "binary", "recipe", "kind", "licence", "options", "package id")
    rows = ["".join(f"<th>{name}</th>" for name in head)]
    for package in packages[1:]:
        machine = "the build" if package.context == "build" else "tests" if package.test else "the wheel"
        cells = (
            package.ref, machine, ": ".join(filter(None, (package.state, package.reason))),
            package.recipe_remote or package.recipe, package.type, package.license, _options(package),
            package.package_id,
        )  # fmt: skip
        rows.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
    kinds = ["", *(f' class="{package.kind}"' for package in packages[1:])]
    return "\n".join(["<table>", *(f"<tr{kind}>{row}</tr>" for kind, row in zip(kinds, rows, strict=True)), "</table>"])


def _options(package: Package) -> str:
    return ", ".join(f"{name}={value}" for name, value in package.options.items())
