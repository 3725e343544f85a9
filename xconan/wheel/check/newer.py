"""What newer Pythons read and older ones refuse, and no feature_version of ast tells: f-strings, unpacking."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_F_STRING = re.compile(rb"[fF][rR]?['\"]")
_STARRED, _F_STRINGS = (3, 11), (3, 12)  # PEP 646, PEP 701


def refuse_newer(data: bytes, tree: ast.Module, version: tuple[int, int]) -> None:
    """Refuse a file of a grammar that is newer than a version.

    Args:
        data: the file.
        tree: what the running Python reads in it.
        version: the older one.

    Raises:
        SyntaxError: as that version has it, with the line.
    """
    if version < _STARRED <= sys.version_info[:2]:
        for line in _starred(tree):
            raise _error("unpacking in an index or an annotation (x[*y])", line, _STARRED)
    if version < _F_STRINGS <= sys.version_info[:2] and _F_STRING.search(data):
        with suppress(tokenize.TokenError):  # what is parsed and can't be cut into tokens: nobody knows
            for what, line in _in_f_strings(data):
                raise _error(f"{what} inside the braces of an f-string", line, _F_STRINGS)


def _error(what: str, line: int, version: tuple[int, int]) -> SyntaxError:
    error = SyntaxError(f"{what} is only supported in Python {version[0]}.{version[1]} and greater")
    error.lineno = line
    return error


def _starred(tree: ast.Module) -> Iterator[int]:
    """Lines with `x[*y]` or `*args: *y`. A tuple in brackets of its own may be unpacked everywhere: `x[(*y, z)]`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and node.slice.elts:
            first = node.slice.elts[0]
            bare = (first.lineno, first.col_offset) == (node.slice.lineno, node.slice.col_offset)
            if bare and any(isinstance(one, ast.Starred) for one in node.slice.elts):
                yield node.lineno
        elif isinstance(node, ast.arg) and isinstance(node.annotation, ast.Starred):
            yield node.lineno


def _in_f_strings(data: bytes) -> Iterator[tuple[str, int]]:
    """What f-strings have in their braces that ended them, or was refused, while they were strings like others."""
    around: list[str] = []  # the quotes of the f-strings that a token is in
    for token in tokenize.tokenize(io.BytesIO(data).readline):
        kind, line = tokenize.tok_name[token.type], token.start[0]
        outer = around[:-1] if kind == "FSTRING_MIDDLE" else around
        if kind == "FSTRING_END":
            around.pop()
        elif outer and kind == "COMMENT":
            yield "a comment", line
        elif outer and kind == "NL" and any(len(quotes) == 1 for quotes in outer):
            yield "a line break", line
        elif outer and "\\" in token.string:
            yield "a backslash", line
        elif any(quotes in token.string for quotes in outer):
            yield "the quotes of itself", line
        if kind == "FSTRING_START":
            around.append(token.string.lstrip("fFrR"))
