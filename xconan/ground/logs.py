"""The file that programs write to, and what has been read of it."""

from __future__ import annotations

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
        with self.path.open("rb") as file:
            file.seek(begin)
            return file.read().decode("utf-8", "replace")

    def close(self) -> None:
        """Write and read no more."""
        self.writer.close()
        self._reader.close()
