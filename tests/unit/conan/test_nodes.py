"""What is taken from Conan's graph, for the page of `xconan graph` and for builds."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from xconan.conan.nodes import (
    build_order,
    editables,
    graph_nodes,
    installed_packages,
    options_of_nobody,
    python_requires,
    to_share,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Pref:
    """A package's reference, as Conan writes it with its revisions."""

    def repr_notime(self) -> str:
        """Without the time stamp."""
        return "zlib/1.3#r:id#p"


class Node:
    """A node of Conan's graph: what this reads of it."""

    def __init__(self, neighbors: Sequence[Node] = (), **values: Any) -> None:  # noqa: ANN401 - Conan has no types
        conanfile: dict[str, object] = {"package_type": None, "license": None, "options": {}, "package_folder": None}
        conanfile |= values.pop("conanfile", {})
        usual = {
            "ref": None, "context": "host", "test": False, "recipe": None, "remote": None, "binary": None,
            "binary_remote": None, "package_id": None, "pref": Pref(),
        }  # fmt: skip
        vars(self).update({**usual, **values}, conanfile=SimpleNamespace(**conanfile), near=list(neighbors))

    def neighbors(self) -> list[Node]:
        """What it requires."""
        near: list[Node] = vars(self)["near"]
        return near


class Ref(SimpleNamespace):
    """NAME/VERSION."""

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


def ref(name: str | None = "zlib", revision: str | None = "r") -> Ref:
    return Ref(name=name, version="1.3", revision=revision)


EMPTY: dict[str, object] = {
    "ref": "", "revision": "", "context": "host", "test": False, "recipe": "", "recipe_remote": "", "binary": "",
    "remote": "", "package_id": "", "type": "", "license": "", "options": {}, "reason": "", "requires": [],
}  # fmt: skip


def test_graph() -> None:
    zlib = Node(
        ref=ref(), recipe="Downloaded", remote=SimpleNamespace(name="center"), binary="Invalid", package_id="id",
        binary_remote=SimpleNamespace(name="mirror"), test=True, context="build",
        conanfile={"package_type": "static-library", "license": ("Zlib", "MIT"), "options": {"shared": False},
                   "info": SimpleNamespace(invalid="no Windows")},
    )  # fmt: skip
    bare = Node(ref=ref("bare", None), conanfile={"license": "MIT"})
    project = Node([zlib, bare, zlib], ref=ref(None, None))
    graph = SimpleNamespace(nodes=[project, zlib, bare])
    assert graph_nodes(graph) == [
        {**EMPTY, "id": 0, "requires": [1, 2]},
        {
            "id": 1, "ref": "zlib/1.3", "revision": "r", "context": "build", "test": True, "recipe": "Downloaded",
            "recipe_remote": "center", "binary": "Invalid", "remote": "mirror", "package_id": "id",
            "type": "static-library", "license": "Zlib, MIT", "options": {"shared": "False"}, "reason": "no Windows",
            "requires": [],
        },
        {**EMPTY, "id": 2, "ref": "bare/1.3", "license": "MIT"},
    ]  # fmt: skip
    assert graph_nodes(SimpleNamespace(nodes=[Node()])) == [{**EMPTY, "id": 0}]


def installed(*nodes: Node) -> list[dict[str, object]]:
    return installed_packages(SimpleNamespace(ordered_iterate=lambda: iter(nodes)))


def test_packages_of_a_build() -> None:
    other = Node(ref=ref("minizip"), recipe="Cache")  # of the host, and the node is of the build machine
    node = Node(
        [Node(ref=ref("bzip2"), context="build"), other], ref=ref(), package_id="id", binary="Build", recipe="Cache",
        context="build", test=True, conanfile={
            "package_folder": "/home/p/b/zlib1234/p", "license": ("Zlib", "MIT"), "package_type": "static-library",
        },
    )  # fmt: skip
    assert installed(node) == [
        {
            "ref": "zlib/1.3", "name": "zlib", "package_id": "id", "context": "build", "binary": "Build",
            "recipe": "Cache", "built": "zlib/1.3#r:id#p", "folder": "/home/p/b/zlib1234/p",
            "revision": "r", "test": True, "type": "static-library", "licenses": ["Zlib", "MIT"], "requires": ["bzip2"],
            "direct": False,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("binary", "folder", "built"),
    [
        ("Build", "/home/p/b/zlib1234/p", True),
        ("Cache", "/home/p/b/zlib1234/p", True),
        ("Cache", "/home/p/zlib1234/p", False),  # was downloaded
        ("Download", "/home/p/b/zlib1234/p", False),
        ("Build", None, False),
    ],
)
def test_packages_that_were_built_here(binary: str, folder: str | None, built: bool) -> None:  # noqa: FBT001 - a table
    (package,) = installed(Node(ref=ref(), binary=binary, conanfile={"package_folder": folder}))
    assert bool(package["built"]) == built
    assert package["folder"] == (folder or "")


def test_package_without_a_revision() -> None:
    (package,) = installed(Node(ref=ref("lz4", None), recipe="Cache"))
    assert package["revision"] == ""


class Order:
    """Conan's InstallGraph: levels of what is to be built, once what needs no building is taken out."""

    def __init__(self) -> None:
        """Of two libraries."""
        self.reduced = False

    def reduce(self) -> None:
        """Leave what has to be built."""
        self.reduced = True

    def install_order(self) -> list[list[SimpleNamespace]]:
        """The levels."""
        assert self.reduced, "the order of all packages, not of those to build"
        zlib = SimpleNamespace(ref=ref(), pref=Pref(), depends=[])
        return [[zlib], [SimpleNamespace(ref=ref("minizip"), pref=Pref(), depends=[Pref()])]]


def test_order_of_what_is_built() -> None:
    assert build_order(Order()) == [
        {"ref": "zlib/1.3", "package": "zlib/1.3#r:id#p", "needs": []},
        {"ref": "minizip/1.3", "package": "zlib/1.3#r:id#p", "needs": ["zlib/1.3#r:id#p"]},
    ]


def test_recipes_that_recipes_are_made_of() -> None:
    nodes = [Node(), Node(), Node()]
    for node, names in zip(nodes[1:], (["tools", "base"], ["base"]), strict=True):
        node.__dict__["conanfile"].python_requires = bases(**dict.fromkeys(names, "Cache"))["python_requires"]
    assert python_requires(SimpleNamespace(nodes=nodes)) == ["base", "tools"]


def test_what_is_editable() -> None:
    nodes = [
        Node(recipe="Consumer", conanfile=bases(common="Cache", base="Editable")),
        Node(ref=ref("zlib"), recipe="Editable"),
        Node(ref=ref("lz4"), recipe="Cache"),
    ]
    assert editables(SimpleNamespace(nodes=nodes)) == ["base/1.3", "zlib/1.3"]


@pytest.mark.parametrize("recipe", ["Consumer", "Virtual", "Cli", "Platform"])
def test_what_is_no_package(recipe: str) -> None:
    """The project itself, the command line, and programs that the machine has."""
    assert installed(Node(), Node(ref=ref(), recipe=recipe), Node(ref=ref("b"), recipe="Cache")) == [
        {
            "ref": "b/1.3", "name": "b", "package_id": "None", "context": "host", "binary": "None",
            "recipe": "Cache", "built": "", "folder": "", "revision": "r", "test": False, "type": "", "licenses": [],
            "requires": [], "direct": False,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("project", [Node, partial(Node, ref=ref("demo"), recipe="Consumer")])
def test_what_the_project_itself_asks_for(project: Callable[[list[Node]], Node]) -> None:
    """Also where another library needs it as well."""
    snappy, crc = (Node(ref=ref(name), recipe="Cache") for name in ("snappy", "crc"))
    store = Node([snappy, crc], ref=ref("store"), recipe="Cache")
    found = installed(snappy, crc, store, project([store, snappy]))
    assert {one["name"]: one["direct"] for one in found} == {"snappy": True, "crc": False, "store": True}


class FullRef(Ref):
    """NAME/VERSION#REVISION."""

    def repr_notime(self) -> str:
        return f"{self}#{self.revision}"


class Bases(dict[str, SimpleNamespace]):
    """What a recipe is made of, as Conan's PyRequires has it: all of it, also what those are made of."""

    def all_refs(self) -> list[Ref]:
        return [one.ref for one in self.values()]


def bases(**recipes: str) -> dict[str, object]:
    found = {
        name: SimpleNamespace(ref=FullRef(name=name, version="1.3", revision="r"), recipe=recipe)
        for name, recipe in recipes.items()
    }
    return {"python_requires": Bases(found)}


def test_what_is_shared() -> None:
    """Recipes and what they are made of, the project's own too; binaries that are here; nothing of the platform."""
    zlib = FullRef(name="zlib", version="1.3", revision="r")
    nodes = [
        Node(recipe="Consumer", prev=None, conanfile=bases(common="Cache")),
        Node(ref=zlib, recipe="Cache", binary="Cache", package_id="id", prev="p", conanfile=bases(base="Editable")),
        Node(ref=zlib, recipe="Cache", binary="Missing", package_id="id", prev=None),
        Node(ref=zlib, recipe="Platform", prev=None, conanfile={"python_requires": "not/1.0"}),
        Node(ref=zlib, recipe="Editable", prev=None),
    ]
    assert list(to_share(SimpleNamespace(nodes=nodes))) == [
        {"package": "common/1.3#r", "editable": False},
        {"package": "base/1.3#r", "editable": True},
        {"package": "zlib/1.3#r:id#p", "editable": False},
        {"package": "zlib/1.3#r", "editable": False},
        {"package": "zlib/1.3#r", "editable": True},
    ]


def test_options_where_there_is_no_package() -> None:
    project = Node(ref=ref(None, None))
    (one,) = options_of_nobody(SimpleNamespace(nodes=[project]), ["lz4/*:shared=True", "&:x=1", "x=1", "*:x=1"])
    assert one == {"pattern": "lz4/*", "option": "shared", "known": [], "packages": ["none"]}
