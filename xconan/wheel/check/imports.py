"""What the Python files of a wheel import, read without importing anything; looked at only where something is odd."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.ground.files import Entry

_SOURCES = (".py", ".pyi")


@dataclass(kw_only=True)
class Imports:
    """The names that a wheel's Python files import.

    Attributes:
        firm: full dotted names that are imported as soon as a file is: "nav._core"; each with a file that does it.
        optional: those imported in a function, under a condition, or where an error is caught.
        texts: string constants: dotted names for importlib, folders, paths; each with a file that has it.
        stubs: full dotted names of modules that have a .pyi and no .py.
    """

    firm: dict[str, str] = field(default_factory=dict)
    optional: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    stubs: dict[str, str] = field(default_factory=dict)

    def who(self, stem: str, *, optional: bool = True) -> str:
        """The file that imports a module with this last name, or has a stub of it; "" for none."""
        imported = {**(self.optional if optional else {}), **self.firm, **self.stubs}
        by_name = next((file for name, file in sorted(imported.items()) if name.rpartition(".")[2] == stem), "")
        told = optional and any("." in text and text.rpartition(".")[2] == stem for text in self.texts)
        return by_name or ("its Python files" if told else "")

    def mentions(self, folder: str) -> bool:
        """Whether some file speaks of a folder of the wheel: imports from it, or has its name in a string."""
        names = {**self.firm, **self.optional}
        return any(name.split(".")[0] == folder for name in names) or any(folder in text for text in self.texts)


def read_imports(entries: Sequence[Entry]) -> Imports:
    """Read all Python files of a wheel; a file that this interpreter can't parse is passed over."""
    imports = Imports()
    names = {entry.name for entry in entries}
    for entry in entries:
        if not entry.name.endswith(_SOURCES):
            continue
        module = entry.name.rpartition(".")[0].replace("/", ".")
        if entry.name.endswith(".pyi") and f"{entry.name[:-1]}" not in names:
            imports.stubs[module] = entry.name
        try:
            tree = ast.parse(entry.read())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        package = module.removesuffix(".__init__") if module.endswith("__init__") else module.rpartition(".")[0]
        _read(tree, package, entry.name, imports)
    return imports


def _read(tree: ast.Module, package: str, file: str, imports: Imports) -> None:
    firm = {id(node) for node in tree.body}
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # and unused strings
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            place = imports.firm if id(node) in firm else imports.optional
            for name in _names(node, package):
                place.setdefault(name, file)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            imports.texts.setdefault(node.value, file)


def _names(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    parts = package.split(".") if package else []
    base = parts[: len(parts) - node.level + 1] if node.level else []
    whole = ".".join([*base, *([node.module] if node.module else [])])
    yield whole
    yield from (f"{whole}.{alias.name}" if whole else alias.name for alias in node.names)
