"""What a person reads of an error."""

from __future__ import annotations

import pytest

from xconan.ground.boundary import guarded
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


def test_interrupts_that_python_wraps(capsys: pytest.CaptureFixture[str]) -> None:
    """Before 3.12, one in a descriptor's __set_name__ is a RuntimeError; another RuntimeError stays what it is."""
    for cause, kind in ((KeyboardInterrupt(), SystemExit), (ValueError(), RuntimeError)):
        with pytest.raises(kind), guarded():
            raise RuntimeError("Error calling __set_name__") from cause
    assert capsys.readouterr().err == "xconan: interrupted\n"
