"""What a person reads of an error."""

from __future__ import annotations

import pytest

from xconan.ground.errors import ConfigError, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é and 中", "plain, é and 中"),
        ("\x1b[2J\r", "\\x1b[2J\\r"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\udcff", "\\udcff"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_an_error_keeps_its_lines() -> None:
    error = ConfigError("'a\n  help:  rm'", where="\x1b]0;x\x07", hint="b\rc")
    assert error.render() == "error: 'a\\n  help:  rm'\n  where: \\x1b]0;x\\x07\n  help:  b\\rc"
    assert error.facts()[0]["message"] == "'a\n  help:  rm'"
