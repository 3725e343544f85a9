"""What a terminal can do for standard error: colours, and one live line that is written over.

A live line is one write, from the line's begin and back to it: whoever kills us leaves no cursor hidden, no colour on
and nothing for the shell to mend. It is cut to the width, because only a line that has not wrapped can be cleared.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING

from xconan.ground.errors import printable
from xconan.ground.switches import means_yes

if TYPE_CHECKING:
    from collections.abc import Sequence

_BOLD, _DIM, _RED, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
_CLEAR = "\r\x1b[2K"
_USUAL_WIDTH = 80
_USUAL_HEIGHT = 24


class Level(Enum):
    """How much is told."""

    QUIET = "errors and warnings"
    STEPS = "a line for each step"
    VERBOSE = "all that programs print"


def level() -> Level:
    """What the environment asks for; the command line's -v and -q put it there."""
    if means_yes(os.environ.get("XCONAN_VERBOSE")):
        return Level.VERBOSE
    return Level.QUIET if means_yes(os.environ.get("XCONAN_QUIET")) else Level.STEPS


def is_live() -> bool:
    """Whether standard error is a terminal that can write over a line."""
    try:
        return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    except ValueError:  # closed
        return False


def descriptor() -> int:
    """The descriptor of standard error; negative where there is none."""
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError, AttributeError):  # closed, or replaced by something without a descriptor
        return -1 if sys.stderr is None else 2


def has_colours() -> bool:
    """Whether standard error gets colours: as Python decides it for its own, NO_COLOR before FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_live()


def bold(text: str) -> str:
    """A text that stands out."""
    return f"{_BOLD}{text}{_PLAIN}" if has_colours() else text


def dim(text: str) -> str:
    """A text for who wants to know more."""
    return f"{_DIM}{text}{_PLAIN}" if has_colours() else text


def red(text: str) -> str:
    """What failed, bold."""
    return f"{_RED}{text}{_PLAIN}" if has_colours() else text


def yellow(text: str) -> str:
    """A warning, bold."""
    return f"{_YELLOW}{text}{_PLAIN}" if has_colours() else text


def write_live(text: str) -> None:
    """Write over the live line; "" clears it."""
    if text:
        text = f"{_cut(printable(text), _columns() - 1)}\r"
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{_CLEAR}{text}")
        sys.stderr.flush()


def write_table(lines: Sequence[str]) -> None:
    """Write over the lines from here on, and go back to where they begin; () clears them.

    What does not fit into the terminal's height is left out: only lines that it shows can be written over.
    """
    shown = [_cut(printable(line), _columns() - 1) for line in lines[: max(_rows() - 1, 1)]]
    with suppress(OSError, ValueError):
        up = f"\x1b[{len(shown)}A" if shown else ""
        sys.stderr.write(f"\r\x1b[J{''.join(f'{line}{chr(10)}' for line in shown)}{up}")
        sys.stderr.flush()


def _rows() -> int:
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).lines or _USUAL_HEIGHT
    return _USUAL_HEIGHT


def _columns() -> int:
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_WIDTH
    return _USUAL_WIDTH


def _cut(text: str, width: int) -> str:
    """As much of a text as fits; letters of East Asia take two columns."""
    from unicodedata import east_asian_width  # noqa: PLC0415 - on terminals alone

    taken = 0
    for at, letter in enumerate(text):
        taken += 2 if east_asian_width(letter) in "WF" else 1
        if taken > width:
            return text[:at]
    return text
