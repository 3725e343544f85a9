"""Pure: what Conan would do for each target, as records, and as text for a terminal."""

from __future__ import annotations

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
    packages = []
    for node in sorted(nodes, key=lambda node: cast("int", node["id"])):
        fields = cast("dict[str, Any]", {name: value for name, value in node.items() if name != "id"})
        packages.append(Package(**{**fields, "requires": tuple(fields["requires"])}))
    return tuple(packages)


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
    for place, need in enumerate(needed):
        last = place == len(needed) - 1
        package = packages[need]
        again = need in seen and bool(package.requires)
        yield f"{before}{'`--' if last else '|--'} {_title(package)}{' (see above)' if again else ''}"
        if need not in seen:
            seen.add(need)
            yield from _tree(packages, need, before + ("    " if last else "|   "), seen)


def _title(package: Package) -> str:
    kind = " [build machine]" if package.context == "build" else " [test]" if package.test else ""
    reason = f" ({package.reason.strip()})" if package.reason else ""
    return f"{package.ref}{kind}: {package.state}{reason}"
