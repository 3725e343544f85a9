"""What reading a file may cost: a damaged or hostile one is refused, and keeps nobody busy and fills no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

_TIMES = 8  # names are read once or twice, with the tables that name them; suffixes may be shared
_LEAST = 1 << 20


class Budget:
    """Bytes and steps that may be taken while a file is read; more than any linker's output needs."""

    def __init__(self, size: int) -> None:
        """Allow what a file of `size` bytes needs."""
        self._left = _LEAST + _TIMES * size

    def spend(self, amount: int) -> None:
        """Take this much.

        Raises:
            ValueError: it is more than is left.
        """
        self._left -= amount
        if self._left < 0:
            raise ValueError("its tables name the same places over and over")

    def name(self, data: bytes | mmap, start: int) -> str:
        """The name at a place of the file, up to its zero byte; it costs its length.

        Raises:
            ValueError: it has no end, or is more than is left.
        """
        end = data.find(b"\0", start)
        if end < 0:
            raise ValueError("a name in it goes on behind the end of the file")
        self.spend(end - start + 1)
        return data[start:end].decode("utf-8", "replace")
