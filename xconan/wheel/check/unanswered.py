"""Imports of the wheel's own packages that no file of the wheel answers: `import` would fail on every host.

Only what is sure is told: a statement at a file's top level (not in a function, under a condition or in a try), in a
file that is run where the project's modules, or those of its entry points, are imported, or by `python -m`. A name
taken from a package may be an attribute, so its `__init__.py` is read, too; where it computes names, or the wheel
changes how modules are found, nothing is said.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from xconan.project.globs import left_out_of_wheels
from xconan.project.packages import named_packages
from xconan.wheel.check.entry_points import read_entry_points

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from xconan.ground.files import Entry
    from xconan.project.config.records import Project

_MODULE = re.compile(r"\.(so|pyd|pyc|py)$")
_BINARY = re.compile(r"\.(so|pyd)$")
_OTHER_FINDERS = re.compile(
    rb"meta_path|path_hooks|__path__|sys\.modules\s*\[[^\]\n]*\]\s*=[^=]|sys\.modules\.(update|setdefault)"
)
_COMPUTED = frozenset(("globals", "vars", "locals", "exec", "eval", "setattr", "__dict__", "__getattr__"))
_NAMING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_NOT_KNOWN = ast.Module(body=[], type_ignores=[])  # of a file that this interpreter can't parse


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """One import that fails.

    Attributes:
        file: place in the wheel of the file that has it.
        line: number of the line.
        name: full dotted name of the module that isn't there.
        landed: places in the wheel of extension modules with the same last name; often one in the wrong folder.
    """

    file: str
    line: int
    name: str
    landed: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where the module belongs."""
        return self.name.rpartition(".")[0].replace(".", "/")


@dataclass(frozen=True, kw_only=True)
class _Import:
    """One import statement: the module, and the names that are taken from it; none for `import module`."""

    line: int
    module: str
    names: tuple[str, ...] = ()


def find_unanswered(entries: Mapping[str, Entry], project: Project, entry_points: str = "") -> Iterator[Unanswered]:
    """What importing the project's modules, and all that these import, does not find in the wheel.

    Args:
        entries: the wheel's files by their place.
        project: its module and packages are where the imports begin; what its `wheel.exclude` names is another wheel's.
        entry_points: text of entry_points.txt, whose modules are imported, too.
    """
    sources = {name: entry.read() for name, entry in entries.items() if name.endswith(".py") and ".data/" not in name}
    if any(_OTHER_FINDERS.search(data) for data in sources.values()):
        return
    reader = _Reader(names=frozenset(entries), sources=sources)
    left_out = left_out_of_wheels(project)
    told: set[str] = set()
    for found in reader.run([*_roots(project), *(point.module for point in read_entry_points(entry_points))]):
        path = found.name.replace(".", "/")
        excluded = any(left_out(f"{path}{suffix}") for suffix in (".py", ".so", ".pyd", "/__init__.py"))
        if found.name not in told and not excluded:
            told.add(found.name)
            yield found


def absent_module(entries: Mapping[str, Entry], module: str) -> str:
    """The full name of the first part of a module that a package of the wheel does not have; "" if all may be there.

    What is in another wheel, in a namespace or in a module, or is found by other means than Python's, is not known.

    Args:
        entries: the wheel's files by the places that they have once they are installed.
        module: full dotted name.
    """
    reader = _Reader(names=frozenset(entries), sources={})
    name = reader.first_absent(module)
    if not name:
        return ""
    sources = [entry for place, entry in entries.items() if place.endswith(".py")]
    return "" if any(_OTHER_FINDERS.search(entry.read()) for entry in sources) else name


def lacks_name(entries: Mapping[str, Entry], module: str, name: str) -> str:
    """The file of a module that has no such name: `from module import name` fails; "" where it may have it.

    Args:
        entries: as absent_module() takes them.
        module: full dotted name.
        name: to be taken from it.
    """
    place = module.replace(".", "/")
    files = [file for file in entries if _MODULE.search(file) and _place(file) in (place, f"{place}/{name}")]
    if len(files) != 1 or _place(file := files[0]) != place or not file.endswith(".py") or name.startswith("__"):
        return ""
    for looked_at in ([file], [one for one in entries if one.endswith(".py")]):  # all of them for few
        sources = {one: entries[one].read() for one in looked_at}
        reader = _Reader(names=frozenset(entries), sources=sources)
        if any(map(_OTHER_FINDERS.search, sources.values())) or reader.may_have(module, name, file):
            return ""
    return file


def _roots(project: Project) -> Iterator[str]:
    """What the project says can be imported, and what `python -m` runs of it."""
    named = [name.removesuffix(".py") for name, _path in named_packages(project)]
    for name in dict.fromkeys([project.module.name, *named]):
        yield from (name, f"{name}.__main__")


@dataclass(frozen=True, kw_only=True)
class _Reader:
    names: frozenset[str]
    sources: Mapping[str, bytes]
    trees: dict[str, ast.Module] = field(default_factory=dict)

    def run(self, modules: Iterable[str]) -> Iterator[Unanswered]:
        """Follow the firm imports of modules, as Python would."""
        waiting, seen = [file for module in modules for file in self._files(module)], set[str]()
        while waiting:
            file = waiting.pop()
            if file in seen:
                continue
            seen.add(file)
            for one in _imports(self._tree(file), file):
                waiting += self._files(one.module)
                for name in one.names:
                    waiting += self._files(f"{one.module}.{name}")
                yield from self._judge(one, file)

    def first_absent(self, module: str) -> str:
        """The first part of a module's name that is not in the regular package before it; "" if there is none."""
        parts = module.split(".")
        for count in range(1, len(parts)):
            if self._is_package(".".join(parts[:count])) and not self._is_there(name := ".".join(parts[: count + 1])):
                return name
        return ""

    def _judge(self, one: _Import, file: str) -> Iterator[Unanswered]:
        parts = one.module.split(".")
        if f"{parts[0]}/__init__.py" not in self.names:
            return  # another distribution, or a namespace, which other wheels may fill
        for count in range(2, len(parts) + 1):
            name = ".".join(parts[:count])
            if self._is_package(name):
                continue
            if not self._is_there(name):
                yield self._unanswered(one, file, name)
            elif count == len(parts) and self._is_folder(name):
                yield from self._of_namespace(one, file)
            return  # what is in a module or in a namespace is not known
        for name in one.names:
            full = f"{one.module}.{name}"
            init = f"{one.module.replace('.', '/')}/__init__.py"
            if not (name.startswith("__") or self._is_there(full) or self.may_have(one.module, name, init)):
                yield self._unanswered(one, file, full)

    def _of_namespace(self, one: _Import, file: str) -> Iterator[Unanswered]:
        """A folder without __init__.py has no names of its own; told where the module lies in it by mistake."""
        stem = one.module.rpartition(".")[2]
        inside = [place for place in self._landed(stem) if place.startswith(one.module.replace(".", "/") + "/")]
        if inside and any(not self._is_there(f"{one.module}.{name}") for name in one.names):
            yield self._unanswered(one, file, one.module)

    def _unanswered(self, one: _Import, file: str, name: str) -> Unanswered:
        return Unanswered(file=file, line=one.line, name=name, landed=self._landed(name.rpartition(".")[2]))

    # --- what the wheel has ------------------------------------------------------------------------------------------

    @cached_property
    def _modules(self) -> frozenset[str]:
        """The places of all modules and packages, without suffix."""
        return frozenset(_place(name) for name in self.names if _MODULE.search(name))

    @cached_property
    def _folders(self) -> frozenset[str]:
        parts = [name.split("/")[:-1] for name in self.names]
        return frozenset("/".join(folders[:count]) for folders in parts for count in range(1, len(folders) + 1))

    @cached_property
    def _strings(self) -> frozenset[str]:
        """String constants and attributes that are set anywhere: a module may get a name from outside."""
        found: set[str] = set()
        for file in self.sources:
            for node in ast.walk(self._tree(file)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
                elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
        return frozenset(found)

    def _is_package(self, name: str) -> bool:
        return f"{name.replace('.', '/')}/__init__.py" in self.names

    def _is_folder(self, name: str) -> bool:
        place = name.replace(".", "/")
        return place in self._folders and place not in self._modules

    def _is_there(self, name: str) -> bool:
        place = name.replace(".", "/")
        return place in self._modules or place in self._folders

    def _landed(self, stem: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.names
                            if _BINARY.search(name) and name.rpartition("/")[2].partition(".")[0] == stem))  # fmt: skip

    def _files(self, module: str) -> list[str]:
        """The Python files that importing a module runs."""
        parts = module.split(".")
        places = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        return [file for place in places for file in (f"{place}/__init__.py", f"{place}.py") if file in self.sources]

    def _tree(self, file: str) -> ast.Module:
        if file not in self.trees:
            try:
                self.trees[file] = ast.parse(self.sources[file])
            except (SyntaxError, ValueError, RecursionError, MemoryError):  # sources.py reports it
                self.trees[file] = _NOT_KNOWN
        return self.trees[file]

    def may_have(self, module: str, name: str, file: str) -> bool:
        """Whether the module that a file is may have a name, apart from `from . import name` of a package itself."""
        tree = self._tree(file)
        if tree is _NOT_KNOWN or f"{module}.{name}" in self._strings:
            return True
        own = {id(alias) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
               and _absolute(node, file) == module for alias in node.names}  # fmt: skip
        bound: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.alias):
                bound |= set() if id(node) in own else {node.asname or node.name.partition(".")[0]}
                bound |= {node.asname} if node.asname and node.asname != node.name else set()
            elif isinstance(node, _NAMING):
                bound.add(node.name or "")
            elif isinstance(node, ast.MatchMapping):
                bound.add(node.rest or "")
            elif isinstance(node, ast.Name):
                bound |= {node.id} if not isinstance(node.ctx, ast.Load) or node.id in _COMPUTED else set()
            elif isinstance(node, ast.Attribute):
                bound.add(node.attr if node.attr in _COMPUTED else "")
        if bound & {*_COMPUTED, "*", name}:
            return True
        return name in self._strings and not self._landed(name)


def _place(name: str) -> str:
    """A module's place without its suffix: mm/_mm.cpython-311-x86_64-linux-gnu.so is mm/_mm, mm/__init__.py mm."""
    folder, _, base = name.rpartition("/")
    stem = base.partition(".")[0]
    return folder if stem == "__init__" else f"{folder}/{stem}" if folder else stem


def _absolute(node: ast.ImportFrom, file: str) -> str:
    """The module that a from-import names; "" where it leads out of the wheel."""
    parts = file.split("/")[:-1]
    if node.level > len(parts):
        return ""
    base = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*base, *([node.module] if node.module else [])])


def _imports(tree: ast.Module, file: str) -> Iterator[_Import]:
    """The imports that run as soon as the file does."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (_Import(line=node.lineno, module=alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if module := _absolute(node, file):
                names = tuple(alias.name for alias in node.names if alias.name != "*")
                yield _Import(line=node.lineno, module=module, names=names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and node.value:
            yield from _import_module(node.value, file)


def _import_module(value: ast.expr, file: str) -> Iterator[_Import]:
    """`importlib.import_module("._mm", __name__)`, or with an attribute taken from it, as a statement of its own."""
    while isinstance(value, ast.Attribute):
        value = value.value
    if not isinstance(value, ast.Call) or value.keywords or not value.args:
        return
    called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    first = value.args[0]
    if called != "import_module" or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return
    level = len(first.value) - len(first.value.lstrip("."))
    anchor = getattr(value.args[1], "id", "") if len(value.args) > 1 else ""
    if level and not (anchor == "__package__" or (anchor == "__name__" and file.endswith("/__init__.py"))):
        return
    node = ast.ImportFrom(module=first.value[level:] or None, names=[], level=level)
    if module := _absolute(node, file):
        yield _Import(line=value.lineno, module=module)
