"""Python files of a newer grammar than a wheel's oldest Python has, which ast does not tell."""

from __future__ import annotations

import ast
import sys

import pytest

from xconan.wheel.check.newer import refuse_newer
from xconan.wheel.check.sources import read_sources

STARRED = [("x = a[*b]\n", 1), ("\nx = a[1, *b]\n", 2), ("def f(*x: *T): ...\n", 1)]
F_STRINGS = [
    ("f'{d['a']}'\n", 1, "the quotes of itself"),
    ("f'{d[\"it's\"]}'\n", 1, "the quotes of itself"),
    ("x = 1\nf'{f'{x}'}'\n", 2, "the quotes of itself"),
    ('f"""{\'"""\'}"""\n', 1, "the quotes of itself"),
    ("f'{\"\\n\".join(a)}'\n", 1, "a backslash"),
    ("f'{f\"\\n\"}'\n", 1, "a backslash"),
    ("rf'''{\na  # b\n}'''\n", 2, "a comment"),
    ("f'{\na}'\n", 1, "a line break"),
]
OLDER = [
    "x = a[(*b, 1)]\n", "x = a[b, c]\n", "def f(*x: T): ...\n", "f(*x)\n", "x = [*a][0]\n",
    "f'{d[\"a\"]}\\n{{}}'\n", "f'''{d['a']}\n{\nb}'''\n", "f'{a:\\n}'\n", "f'{f\"{a}\"}' f'{b!r:>{c}}'\n",
    "'f\"\\n\"'\n", "f'it\\'s {a}'\n", "f'{a}'  # a comment\n", 'f"""{d["a"]}"""\n',
]  # fmt: skip


def refused(source: str, version: tuple[int, int]) -> SyntaxError | None:
    try:
        refuse_newer(source.encode(), ast.parse(source), version)
    except SyntaxError as error:
        return error
    return None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python can't read it")
@pytest.mark.parametrize(("source", "line"), STARRED)
def test_unpacking(source: str, line: int) -> None:
    error = refused(source, (3, 10))
    assert error
    assert (error.lineno, error.msg.endswith("only supported in Python 3.11 and greater")) == (line, True)
    assert refused(source, (3, 11)) is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python can't read it")
def test_in_a_wheel() -> None:
    found = read_sources({"demo/a.py": STARRED[0][0].encode()}, frozenset(), (3, 8)).findings
    (message,) = [one.message for one in found]
    assert message.startswith("Python 3.8 can't compile it: line 1: unpacking in an index or an annotation (x[*y]) is ")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python can't read it")
def test_f_strings() -> None:
    for source, line, what in F_STRINGS:
        error = refused(source, (3, 11))
        assert error, source
        assert (error.lineno, error.msg.startswith(f"{what} inside the braces of an f-string is only")) == (line, True)
        assert refused(source, (3, 12)) is None


@pytest.mark.parametrize("source", OLDER)
def test_what_older_ones_read(source: str) -> None:
    assert refused(source, (3, 8)) is None
