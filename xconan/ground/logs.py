"""The file that programs write to, and what has been read of it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path


class Log:
    """A log that is made afresh: programs write to it themselves, and we read behind them.

    Attributes:
        path: of the file.
        writer: whose descriptor programs get.
    """

    def __init__(self, path: Path) -> None:
        """A new file in the place of an earlier build's.

        Raises:
            OSError: it can't be written.
        """
        path.unlink(missing_ok=True)  # an orphan of an earlier build may still write to that one
        self.path = path
        self.writer: BinaryIO = path.open("ab", buffering=0)
        self._reader: BinaryIO = path.open("rb")
        self._rest = b""

    def new_lines(self, *, last: bool) -> list[str]:
        """What was written since; a line that has no end yet only if it is the program's last."""
        text = self._rest + self._reader.read()
        whole, _, self._rest = text.rpartition(b"\n")
        if last and self._rest:
            whole, self._rest = text, b""
        return whole.decode("utf-8", "replace").split("\n") if whole else []

    def since(self, begin: int) -> str:
        """What stands in it from this byte on."""
        return _since(self.path, begin)

    def close(self) -> None:
        """Write and read no more."""
        self.writer.close()
        self._reader.close()


def end_of(descriptor: int) -> int:
    """How long the file is that a descriptor writes to; -1 where it is none, as a terminal or a pipe."""
    with suppress(OSError):
        status = os.fstat(descriptor)
        return status.st_size if stat.S_ISREG(status.st_mode) else -1
    return -1


def said_since(descriptor: int, begin: int) -> str:
    """What stands in that file from this byte on; "" where it is none, or can't be read again."""
    if begin >= 0:
        with suppress(OSError):
            return _since(f"/dev/fd/{descriptor}", begin)
    return ""


def _since(file: Path | str, begin: int) -> str:
    with open(file, "rb") as stream:  # noqa: PTH123 - a descriptor's name is no Path of ours
        stream.seek(begin)
        return stream.read().decode("utf-8", "replace")
