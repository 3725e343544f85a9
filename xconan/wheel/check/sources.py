"""A wheel's Python files: whether the host's Python compiles them, and whether they load libraries by themselves.

Both are judged by the syntax tree: a comment that speaks of CDLL loads nothing.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding
from xconan.wheel.check.newer import refuse_newer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOADERS = frozenset((
    "CDLL", "PyDLL", "WinDLL", "OleDLL", "LoadLibrary", "LoadLibraryA", "LoadLibraryW", "LoadLibraryExA",
    "LoadLibraryExW", "dlopen", "load_library",
))  # fmt: skip
_FOLDERS = frozenset(("add_dll_directory", "AddDllDirectory", "SetDllDirectoryW", "SetDllDirectoryA"))
_WORDS = tuple(
    word.encode() for word in ("DLL", "LoadLibrary", "dlopen", "load_library", "DllDirectory", "dll_directory")
)
_PACKAGE = re.compile(r"[^/.-]+/__init__\.py")  # of a package itself, without which no import of it works
_SHOWN = 3  # files that can't be compiled


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a wheel's Python files do.

    Attributes:
        python_loads_libraries: they load libraries of the wheel, or add folders to search, so that the libraries may
            lie anywhere in it.
        findings: the files that a Python that takes the wheel can't compile.
    """

    python_loads_libraries: bool
    findings: tuple[Finding, ...]


def read_sources(files: Mapping[str, bytes], inside: frozenset[str], version: tuple[int, int]) -> Sources:
    """Read the Python files of a wheel.

    Args:
        files: their contents by name.
        inside: file names, without folders, of all that is in the wheel.
        version: the oldest Python that the wheel is for.
    """
    findings: list[Finding] = []
    # this Python knows the grammar of its own version and of older ones
    loads, judged = False, version <= sys.version_info[:2]
    for name, data in files.items():
        suspect = not loads and any(word in data for word in _WORDS)
        tree = _parse(data, name, version, wanted=suspect) if judged or suspect else None
        if isinstance(tree, Finding):
            findings.append(tree)
        elif suspect:  # a file that only a newer Python than this can parse is believed to load libraries
            loads = tree is None or _LoadingCalls(tree, inside).any()
    findings.sort(key=lambda finding: finding.warning)
    if len(findings) > _SHOWN:
        count = len(findings) - _SHOWN
        more = f" (and {count} more {'file' if count == 1 else 'files'})"
        last = findings[_SHOWN - 1]
        findings[_SHOWN - 1 :] = [
            Finding(file=last.file, message=last.message + more, hint=last.hint, warning=last.warning)
        ]
    return Sources(python_loads_libraries=loads, findings=tuple(findings))


def _parse(data: bytes, name: str, version: tuple[int, int], *, wanted: bool) -> ast.Module | Finding | None:
    """The syntax tree, if it is wanted; a finding if the host's Python would refuse it, None if ours alone does."""
    ours = sys.version_info[:2]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if version == ours:  # which finds more than the grammar does
                compile(data, name, "exec", dont_inherit=True)
            if version != ours or wanted:
                tree = ast.parse(data, name, feature_version=min(version, ours))
                refuse_newer(data, tree, version)
                return tree
    except (SyntaxError, ValueError) as error:
        if version > ours:
            return None
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        return Finding(
            file=name, message=f"Python {version[0]}.{version[1]} can't compile it: {line}{what}",
            hint="write it for that version, or leave the file out of the wheel; of the Pythons that its tags admit, "
            "requires-python leaves out those that it is not for",
            warning=not _PACKAGE.fullmatch(name),
        )  # fmt: skip
    except (RecursionError, MemoryError):
        pass
    return None


class _LoadingCalls(ast.NodeVisitor):
    """Calls that load a library of the wheel, or may."""

    def __init__(self, tree: ast.Module, inside: frozenset[str]) -> None:
        self.tree, self.inside = tree, inside
        self.values: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.values.setdefault(target.id, []).append(node.value)

    def any(self) -> bool:
        """Whether there is such a call."""
        return any(self._nodes())

    def _nodes(self) -> Iterator[bool]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                called = _name(node.func)
                if called in _FOLDERS:
                    yield True
                elif called in _LOADERS:
                    first = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
                    yield first is not None and self._is_ours(first)
            elif isinstance(node, ast.Assign):
                yield _name(node.value) in _LOADERS  # under another name, so that its calls are not known

    def _is_ours(self, argument: ast.expr, depth: int = 3) -> bool:
        """Whether it may name a file of the wheel: not the system's, by its own name or by find_library."""
        if isinstance(argument, ast.Constant):
            named = re.split(r"[/\\]", argument.value)[-1] if isinstance(argument.value, str) else ""
            return named in self.inside
        if isinstance(argument, ast.Call):
            return _name(argument.func) != "find_library"
        if isinstance(argument, ast.Name) and depth and argument.id in self.values:
            return any(self._is_ours(value, depth - 1) for value in self.values[argument.id])
        return True


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
