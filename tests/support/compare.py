"""Comparisons that print what was found: a failing test is understood from its message alone.

pytest rewrites the asserts in here (tests/conftest.py), and each of them has a message of its own besides.
"""

from __future__ import annotations

import difflib
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from xconan.ground.errors import ErrorGroup, XconanError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

LAST_LINES = 80
Words = str | tuple[str, ...]
"""Words that a text must hold; "" for any text at all."""


def assert_same_text(found: str, kept: str, *, name: str, advice: str = "") -> None:
    """FOUND is KEPT to the last byte; else the lines that differ, as `diff -u` has them.

    Args:
        found: what was made.
        kept: what it is compared with.
        name: of what is kept.
        advice: said after the difference.
    """
    __tracebackhide__ = True
    if found == kept:
        return
    lines = difflib.unified_diff(
        kept.splitlines(keepends=True), found.splitlines(keepends=True), f"{name} (kept)", f"{name} (found)"
    )
    ended = "".join(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n" for line in lines)
    pytest.fail(f"{name} differs\n{ended}{advice}", pytrace=False)


def assert_says(text: str, *words: str, lacks: Iterable[str] = (), last: int = LAST_LINES) -> None:
    """TEXT, what a program said, holds all WORDS and none of LACKS; else its last lines are shown.

    Args:
        text: standard error, a log.
        words: in any order.
        lacks: what it must not hold.
        last: how many of its lines are shown.
    """
    __tracebackhide__ = True
    missing = [word for word in words if word not in text]
    unwanted = [word for word in lacks if word in text]
    if missing or unwanted:
        problems = [f"it does not say {word!r}" for word in missing] + [f"it says {word!r}" for word in unwanted]
        shown = "\n".join(text.splitlines()[-last:])
        pytest.fail(f"{'; '.join(problems)}\n--- what it said, the last {last} lines:\n{shown}")


def assert_ran(done: subprocess.CompletedProcess[str], code: int = 0) -> str:
    """A program ended with CODE and without a traceback of Python's; else what it said. Returns its output."""
    __tracebackhide__ = True
    if done.returncode != code or "Traceback (most recent call last)" in done.stderr:
        command = done.args if isinstance(done.args, str) else " ".join(map(str, done.args))
        shown = "\n".join([*done.stdout.splitlines()[-LAST_LINES:], "--- standard error:",
                           *done.stderr.splitlines()[-LAST_LINES:]])  # fmt: skip
        pytest.fail(f"exit code {done.returncode}, not {code}\n$ {command}\n{shown}")
    return done.stdout


def assert_error(
    error: BaseException, kind: type[XconanError], message: Words = "", *, where: Words = "", hint: Words = ""
) -> None:
    """An error is of KIND, and its parts hold these words; else the error as a user reads it.

    Every error of ours says what is wrong in one line.

    Args:
        error: what was raised.
        kind: exactly this class, so that the exit code is the one that docs/errors.md promises.
        message: words of what is wrong.
        where: words of the place.
        hint: words of the remedy.
    """
    __tracebackhide__ = True
    if not isinstance(error, XconanError):
        pytest.fail(f"{type(error).__name__}, not {kind.__name__}: {error}")
    problems = [] if type(error) is kind else [f"it is of {type(error).__name__}, not {kind.__name__}"]
    parts = {"message": (error.message, message), "where": (error.where, where), "help": (error.hint, hint)}
    for name, (text, words) in parts.items():
        wanted = (words,) if isinstance(words, str) else words
        problems += [f"its {name} does not say {word!r}" for word in wanted if word not in text]
        problems += [f"its {name} has several lines"] if "\n" in text else []
    if problems:
        pytest.fail("\n".join([*problems, "--- the error:", error.render()]))


@dataclass
class Caught:
    """The error that was raised within raises_error(), once it has been left."""

    error: XconanError | None = None

    @property
    def value(self) -> XconanError:
        assert self.error, "nothing has been raised yet"
        return self.error


@contextmanager
def raises_error(
    kind: type[XconanError], message: Words = "", *, where: Words = "", hint: Words = ""
) -> Iterator[Caught]:
    """What is done within raises an error like that of assert_error()."""
    __tracebackhide__ = True
    caught = Caught()
    try:
        yield caught
    except XconanError as error:
        caught.error = error
        assert_error(error, kind, message, where=where, hint=hint)
        return
    pytest.fail(f"no {kind.__name__} was raised, but one was to say {message!r}")


def errors_of(error: BaseException) -> list[XconanError]:
    """The errors of a group, or the one error."""
    if isinstance(error, ErrorGroup):
        return error.errors
    assert isinstance(error, XconanError), f"not one of ours: {type(error).__name__}: {error}"
    return [error]


def assert_findings(found: Sequence[str], *expected: Words) -> None:
    """As many findings as EXPECTED, and each holds its words, in this order; else all of them are shown.

    Args:
        found: as lines of text.
        expected: words of each; none at all for no finding.
    """
    __tracebackhide__ = True
    problems = [f"there are {len(found)} findings, not {len(expected)}"] if len(found) != len(expected) else []
    for number, (line, words) in enumerate(zip(found, expected, strict=False), 1):
        wanted = (words,) if isinstance(words, str) else words
        problems += [f"number {number} does not say {word!r}" for word in wanted if word not in line]
    if problems:
        pytest.fail("\n".join([*problems, "--- the findings:", *(found or ["(none)"])]))


def assert_wheel_has(wheel: Path, *names: str, lacks: Iterable[str] = ()) -> None:
    """A wheel holds files of these names and none of LACKS; else all its names are shown.

    Args:
        wheel: the file.
        names: whole paths in the wheel; one with a trailing / is a folder of which some file must be there.
        lacks: the same, for what must not be in it.
    """
    __tracebackhide__ = True
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()

    def has(name: str) -> bool:
        return any(one == name or (name.endswith("/") and one.startswith(name)) for one in held)

    problems = [f"it lacks {name}" for name in names if not has(name)]
    problems += [f"it has {name}" for name in lacks if has(name)]
    if problems:
        pytest.fail("\n".join([*problems, f"--- {wheel.name}:", *held]))
