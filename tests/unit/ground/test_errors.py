"""What a person reads of an error."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from xconan.ground.boundary import guarded
from xconan.ground.errors import ConfigError, printable

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("cache/zig/x", "or set XCONAN_CACHE to a larger disk"),
        ("tmp/x", "or set TMPDIR to a larger disk"),
        ("nav/.xconan_cache/cp311-cp311-linux_x86_64/configured.json", "set cmake.build_path in [tool.xconan]"),
        ("tmp/nav/.xconan_cache/cp311-cp311-linux_x86_64/configured.json", "set cmake.build_path in [tool.xconan]"),
        ("tmp/out/nav.whl", "free some space, or name a folder on a larger disk by -o"),
        ("nav/dist/nav.whl", "free some space on that disk\n"),
        ("", "or set XCONAN_CACHE and TMPDIR to a larger disk"),
    ],
)
def test_full_disk(
    path: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said moves the very folder that was full."""
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    # on a full disk no folder passes its trial
    monkeypatch.setattr("tempfile.gettempdir", lambda: pytest.fail("it tries to write there"))
    with pytest.raises(SystemExit, match="1"), guarded(out=tmp_path / "tmp/out"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / path) if path else None)
    assert remedy in capsys.readouterr().err


def test_interrupts_that_python_wraps(capsys: pytest.CaptureFixture[str]) -> None:
    """Before 3.12, one in a descriptor's __set_name__ is a RuntimeError; another RuntimeError stays what it is."""
    for cause, kind in ((KeyboardInterrupt(), SystemExit), (ValueError(), RuntimeError)):
        with pytest.raises(kind), guarded():
            raise RuntimeError("Error calling __set_name__") from cause
    assert capsys.readouterr().err == "xconan: interrupted\n"


def ends_badly(kind: type[BaseException], code: int) -> None:
    """What `kind` interrupts fails to close, as zipfile does."""
    try:
        raise kind(code)
    finally:
        raise ValueError("can't be closed")


@pytest.mark.parametrize(("kind", "code"), [(KeyboardInterrupt, 130), (SystemExit, 143)])
def test_interrupts_that_break_what_they_end(
    kind: type[BaseException], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised, guarded():
        ends_badly(kind, code)
    assert raised.value.code == code
    assert capsys.readouterr().err == ("xconan: interrupted\n" if code == 130 else "")
