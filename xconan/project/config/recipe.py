"""What a project's conanfile.py says of itself, read and not run: which methods it has, and who builds the wheel."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xconan.project.config.records import Project

from dataclasses import dataclass

_BUILDS = {"build", "package"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Recipe(Record):
    """The class of a conanfile.py.

    Attributes:
        methods: names of its methods.
        attributes: names that it sets.
        source: the text of its source(), "" for none.
    """

    methods: frozenset[str]
    attributes: frozenset[str]
    source: str = ""

    @property
    def builds(self) -> bool:
        """Whether it makes a package by itself."""
        return self.methods >= _BUILDS

    def says(self, name: str) -> bool:
        """Whether it says its name or version itself."""
        return name in self.attributes or f"set_{name}" in self.methods


def read_recipe(conanfile: Path | None) -> Recipe | None:
    """The recipe in a conanfile.py; None where there is none, or no Python. Conan says what is wrong with it."""
    if conanfile is None or conanfile.suffix != ".py":
        return None
    try:
        tree = ast.parse(conanfile.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    recipes = [node for node in classes if any("ConanFile" in ast.unparse(base) for base in node.bases)]
    bodies = [one for node in recipes for one in node.body]
    functions = {one.name: one for one in bodies if isinstance(one, ast.FunctionDef)}
    targets = [target for one in bodies if isinstance(one, ast.Assign) for target in one.targets]
    targets += [one.target for one in bodies if isinstance(one, ast.AnnAssign) and one.value]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    source = ast.unparse(functions["source"]) if "source" in functions else ""
    return Recipe(methods=frozenset(functions), attributes=frozenset(names), source=source)


def unread_recipes(project: Project) -> Iterator[str]:
    """What of the project's recipes nobody reads, and what to write where it is to be read."""
    config, folder = project.conan, project.root / "conan"
    below = next((folder / name for name in ("conanfile.py", "conanfile.txt") if (folder / name).is_file()), None)
    if below and not config.wanted:
        yield (f'conan/{below.name} is not read; where the wheel is to be built by it, write [tool.xconan.conan] '
               'conanfile = "conan"')  # fmt: skip
    recipe = read_recipe(config.conanfile)
    if recipe and recipe.builds and "source" in recipe.methods and project.cmake and not project.builds_by_recipe:
        yield ("source() of conanfile.py is not run, as CMakeLists.txt is built; to have the recipe's own source(), "
               "build() and package() make the wheel, write [tool.xconan.conan] recipe_builds = true")  # fmt: skip
