"""The comparisons of tests/support say what was found, not only that it was wrong."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import (
    assert_error,
    assert_findings,
    assert_ran,
    assert_same_text,
    assert_says,
    assert_wheel_has,
    raises_error,
)
from tests.support.golden import Golden
from xconan.ground.errors import ConanError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def message_of(check: Callable[[], object]) -> str:
    with pytest.raises(pytest.fail.Exception) as caught:
        check()
    return str(caught.value)


def test_text_that_differs_shows_the_lines() -> None:
    assert_same_text("a\nb\n", "a\nb\n", name="x")
    shown = message_of(lambda: assert_same_text("a\nB\nc\n", "a\nb\nc\n", name="x.txt", advice="read it"))
    assert shown.startswith("x.txt differs\n--- x.txt (kept)\n+++ x.txt (found)\n")
    assert shown.endswith("\n a\n-b\n+B\n c\nread it")
    assert "-a\n\\ no newline at the end\n+a\n" in message_of(lambda: assert_same_text("a\n", "a", name="x"))


def test_golden_file_is_compared_and_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.support.golden.REPOSITORY", tmp_path)
    assert "+new" in message_of(lambda: Golden(update=False)("sub/a.txt", "new\n"))
    assert not (tmp_path / "sub").exists()
    Golden(update=True)("sub/a.txt", "new\n")
    Golden(update=False)("sub/a.txt", "new\n")


def test_what_a_program_said() -> None:
    assert_says("one two", "one", "two", lacks=["three"])
    shown = message_of(lambda: assert_says("first\nlast", "three", lacks=["last"], last=1))
    assert shown == "it does not say 'three'; it says 'last'\n--- what it said, the last 1 lines:\nlast"


def test_program_that_ended_otherwise() -> None:
    done = subprocess.CompletedProcess(["p", "x"], 3, "out\n", "broken\n")
    assert assert_ran(done, 3) == "out\n"
    assert message_of(lambda: assert_ran(done)) == "exit code 3, not 0\n$ p x\nout\n--- standard error:\nbroken"
    done = subprocess.CompletedProcess(["p"], 0, "", "Traceback (most recent call last):\n")
    assert "Traceback" in message_of(lambda: assert_ran(done))


def test_error_by_its_parts() -> None:
    error = ConfigError("a is wrong", where="x.toml: a", hint="set b")
    assert_error(error, ConfigError, ("a", "wrong"), where="x.toml", hint="set b")
    shown = message_of(lambda: assert_error(error, ConanError, "c", where="y.toml", hint=("set", "d")))
    assert shown.splitlines() == [
        "it is of ConfigError, not ConanError",
        "its message does not say 'c'",
        "its where does not say 'y.toml'",
        "its help does not say 'd'",
        "--- the error:",
        *error.render().splitlines(),
    ]
    assert "has several lines" in message_of(lambda: assert_error(ConfigError("a\nb"), ConfigError))
    assert message_of(lambda: assert_error(KeyError("k"), ConfigError)) == "KeyError, not ConfigError: 'k'"


def test_error_that_is_raised() -> None:
    with raises_error(ConfigError, "wrong", hint="b") as caught:
        raise ConfigError("wrong", hint="b")
    assert caught.value.hint == "b"

    def nothing() -> None:
        with raises_error(ConfigError, "wrong"):
            pass

    def other() -> None:
        with raises_error(ConfigError, "wrong"):
            raise ConfigError("right")

    assert "no ConfigError was raised" in message_of(nothing)
    assert "error: right" in message_of(other)


def test_findings_in_their_order() -> None:
    assert_findings([])
    assert_findings(["a.so: x86", "b.so: glibc 2.34"], "a.so", ("b.so", "2.34"))
    shown = message_of(lambda: assert_findings(["a.so: x86"], "b.so", "c.so"))
    assert "there are 1 findings, not 2" in shown
    assert "number 1 does not say 'b.so'" in shown
    assert shown.endswith("--- the findings:\na.so: x86")
    assert message_of(lambda: assert_findings([], "a")).endswith("(none)")


def test_files_of_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo/a.py", "")
    assert_wheel_has(wheel, "demo/a.py", "demo/", lacks=["a.py", "demo.data/"])
    shown = message_of(lambda: assert_wheel_has(wheel, "demo/b.py", lacks=["demo/"]))
    assert shown == "it lacks demo/b.py\nit has demo/\n--- w.whl:\ndemo/a.py"
