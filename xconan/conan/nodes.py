"""What Conan's graph says of its packages, as JSON's types; Conan's objects are taken as they come."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xconan.ground.errors import nearest_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PROJECTS = ("Consumer", "Virtual", "Cli")  # what asks for packages, and is none
PLATFORM = "platform"  # the revision that Conan gives to [platform_requires] and [platform_tool_requires]
_OF_PLATFORM = re.compile(rf"#{PLATFORM}(?=%|$)")


def graph_nodes(graph: Any) -> list[dict[str, object]]:  # noqa: ANN401 - Conan has no types
    """The packages of a graph as graph.py reads them; the project itself comes first."""
    numbers = {id(node): number for number, node in enumerate(graph.nodes)}
    return [
        {
            "id": numbers[id(node)],
            "ref": str(node.ref) if node.ref and node.ref.name else "",
            "revision": (node.ref.revision or "") if node.ref else "",
            "context": str(node.context),
            "test": bool(node.test),
            "recipe": str(node.recipe or ""),
            "recipe_remote": node.remote.name if node.remote else "",
            "binary": str(node.binary or ""),
            "remote": node.binary_remote.name if node.binary_remote else "",
            "package_id": str(node.package_id or ""),
            "type": str(node.conanfile.package_type or ""),
            "license": ", ".join(_licenses(node.conanfile.license)),
            "options": {name: str(value) for name, value in node.conanfile.options.items()},
            "reason": str(getattr(getattr(node.conanfile, "info", None), "invalid", None) or ""),
            "requires": list(dict.fromkeys(numbers[id(other)] for other in node.neighbors())),
        }
        for node in graph.nodes
    ]


def _licenses(declared: object) -> list[str]:
    """What a recipe declares: one licence, or several."""
    if isinstance(declared, (list, tuple)):
        return [str(one) for one in declared]
    return [str(declared)] if declared else []


def _built_here(node: Any) -> str:  # noqa: ANN401
    """The whole reference of a package that was built on this machine, now or earlier; "" for any other.

    Conan keeps what it builds below b/ in its cache, and beside that what it downloads.
    """
    folder = node.conanfile.package_folder
    if not folder or node.binary not in ("Build", "Cache") or Path(folder).parents[1].name != "b":
        return ""
    return str(node.pref.repr_notime())


def build_order(order: Any) -> list[dict[str, object]]:  # noqa: ANN401
    """What Conan would build, in the order of its InstallGraph, each with those of it that must be there before."""
    order.reduce()
    return [
        {
            "ref": f"{item.ref.name}/{item.ref.version}",
            "package": item.pref.repr_notime(),
            "needs": [pref.repr_notime() for pref in item.depends],
        }
        for level in order.install_order()
        for item in level
    ]


def python_requires(graph: Any) -> list[str]:  # noqa: ANN401
    """The names of the recipes that recipes of a graph are made of."""
    return sorted({one.ref.name for node in graph.nodes for one in _made_of(node)})


def editables(graph: Any) -> list[str]:  # noqa: ANN401
    """What of a graph is editable, packages and recipes that recipes are made of: "lz4/1.9.4"."""
    recipes = [one for node in graph.nodes for one in (node, *_made_of(node))]
    return sorted({f"{one.ref.name}/{one.ref.version}" for one in recipes if str(one.recipe) == "Editable"})


def _made_of(node: Any) -> Iterator[Any]:  # noqa: ANN401
    """The recipes that a package's recipe is made of, with all that these are made of."""
    required: Any = getattr(node.conanfile, "python_requires", None)
    yield from (one for _name, one in required.items()) if hasattr(required, "all_refs") else ()


def _needed(node: Any) -> list[str]:  # noqa: ANN401
    """The names of the packages that a package needs beside it."""
    return sorted({str(one.ref.name) for one in node.neighbors() if one.ref and str(one.context) == str(node.context)})


def installed_packages(graph: Any) -> list[dict[str, object]]:  # noqa: ANN401
    """The packages that a build uses: what each is, where it lies, and whether it was built on this machine."""
    packages = []
    nodes = list(graph.ordered_iterate())
    projects = [node for node in nodes if node.ref is None or node.recipe in _PROJECTS]
    direct = {id(needed) for node in projects for needed in node.neighbors()}
    for node in nodes:
        if node in projects or node.recipe == "Platform":
            continue
        packages.append(
            {
                "ref": f"{node.ref.name}/{node.ref.version}",
                "name": str(node.ref.name),
                "package_id": str(node.package_id),
                "context": str(node.context),
                "binary": str(node.binary),
                "recipe": str(node.recipe),
                "built": _built_here(node),
                "folder": Path(node.conanfile.package_folder).as_posix() if node.conanfile.package_folder else "",
                "revision": str(node.ref.revision or ""),
                "test": bool(node.test),
                "type": str(node.conanfile.package_type or ""),
                "licenses": _licenses(node.conanfile.license),
                "requires": _needed(node),
                "direct": id(node) in direct,
            }
        )
    return packages


def options_of_nobody(graph: Any, options: Sequence[str]) -> list[dict[str, object]]:  # noqa: ANN401
    """Which options ("lz4/*:shared=True") Conan drops without a word: those of no package, and those that it has not.

    Conan takes any pattern, and any option of a pattern with a star. Each comes with its `pattern`, its `option`, and
    what there is: `packages` where the pattern is nobody's, else the `known` options of those that it means. A word for
    all packages may be for none of them, unless it is like an option that there is.
    """
    found: list[dict[str, object]] = []
    packages = [node for node in graph.nodes if str(node.context) == "host" and node.ref and node.ref.name]
    names = sorted({str(node.ref.name) for node in packages if str(node.recipe) not in _PROJECTS}) or ["none"]
    for text in options:
        pattern, colon, option = text.partition("=")[0].rpartition(":")
        if not colon or pattern == "&":
            continue
        meant = [node for node in packages if node.ref.matches(pattern, is_consumer=False)]
        known = sorted({name for node in meant for name in _declared(node.conanfile)})
        if option not in known and (pattern.strip("*/") or nearest_names(option, known)):
            found.append({"pattern": pattern, "option": option, "known": known, "packages": [] if meant else names})
    return found


def _declared(conanfile: Any) -> set[str]:  # noqa: ANN401
    """The options of a recipe, those too that it removes for some settings."""
    return {*(getattr(type(conanfile), "options", None) or ()), *(name for name, _ in conanfile.options.items())}


def lock_text(entries: Mapping[str, object]) -> str:
    """A lockfile's text, without the programs of this machine, which another one has in another version."""
    kept = {
        kind: [one for one in value if not _OF_PLATFORM.search(one)]
        if kind.endswith("requires") and isinstance(value, list) else value
        for kind, value in entries.items()
    }  # fmt: skip
    return json.dumps({kind: value for kind, value in kept.items() if value}, indent=4) + "\n"


def to_share(graph: Any) -> Iterator[dict[str, object]]:  # noqa: ANN401
    """What other machines need of this one's cache: each recipe, with those that it is made of, and its binary if here.

    `package` is NAME/VERSION#REVISION, or NAME/VERSION#REVISION:ID#REVISION; `editable` says that it is in a folder of
    this machine's, and can't be shared.
    """
    for node in graph.nodes:
        for one in _made_of(node):
            yield {"package": one.ref.repr_notime(), "editable": str(one.recipe) == "Editable"}
        if not node.ref or not node.ref.name or str(node.recipe) in ("Consumer", "Platform", "Cli"):
            continue
        cached = node.binary == "Cache" and node.prev
        package = f"{node.ref.repr_notime()}:{node.package_id}#{node.prev}" if cached else node.ref.repr_notime()
        yield {"package": package, "editable": str(node.recipe) == "Editable"}


def is_package(node: Any, package: str) -> bool:  # noqa: ANN401
    """Whether a node of a graph is NAME/VERSION#REVISION:ID, whatever the binary's own revision."""
    named = node.ref and node.ref.name and node.package_id
    return bool(named) and f"{node.pref.repr_notime()}#".startswith(f"{package}#")


def needed_by(nodes: Sequence[Any]) -> set[int]:
    """The id() of some nodes of a graph and of all that they require."""
    seen: set[int] = set()
    todo: list[Any] = [*nodes]
    while todo:
        node = todo.pop()
        if id(node) not in seen:
            seen.add(id(node))
            todo += node.neighbors()
    return seen
