"""Standard output, where a verb's answer goes: lines for people, JSON for programs.

Nothing else in the command line writes there. Where whoever started us has closed it, or a reader has gone away
(`xconan targets | head -1`), nobody wants the answer: it is dropped, and the verb goes on.
"""

from __future__ import annotations

import json
import os
import sys

from xconan.ground import reads

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from xconan.ground.errors import XconanError


def write_answer(
    arguments: argparse.Namespace, *, facts: object, lines: Iterable[object], indent: int | None = None
) -> None:
    """Write an answer in the form that is asked for.

    Args:
        arguments: of the command line; `json` decides.
        facts: the answer for programs, of JSON's types.
        lines: the same for people.
        indent: of the JSON; None for a single line.
    """
    if arguments.json:
        write_json(facts, indent=indent)
    else:
        write_lines(lines)


def write_lines(lines: Iterable[object]) -> None:
    """Write each on a line of its own, at once."""
    write("".join(f"{line}\n" for line in lines))


def write_json(facts: object, *, indent: int | None = None) -> None:
    """Write something of JSON's types."""
    write(json.dumps(facts, indent=indent) + "\n")


def write_errors(error: XconanError) -> None:
    """Write an error, or each of a group, for programs."""
    write_json({"errors": error.facts()}, indent=1)


def write(text: str) -> None:
    """Write a text, and see it off.

    Raises:
        OSError: it can't be written: the disk is full.
    """
    reads.printed(text)
    if sys.stdout is None:  # closed by whoever started us
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        raise OSError(error.errno, error.strerror, "standard output") from None


def _discard_output() -> None:
    """Send what is still buffered, and all that comes, nowhere: Python would try to write it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
