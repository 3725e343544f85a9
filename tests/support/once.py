"""Folders that are made once: finished or absent, never half made, also when two processes ask at once."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STAMP = ".made"
"""The file inside a finished folder that says from what it was made."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file PATH (made where absent, and left there) against other processes and threads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_once(destination: Path, origin: str, make: Callable[[Path], None]) -> None:
    """Have MAKE fill DESTINATION, unless a finished one from the same ORIGIN stands there already.

    ORIGIN says what the folder is made from and how; a folder with another origin is made anew.
    MAKE gets an empty folder beside the destination, on the same file system, which is renamed at the end.
    """
    destination = destination.absolute()
    with locked(destination.with_name(destination.name + ".lock")):
        if is_made(destination, origin):
            return
        unfinished = destination.with_name(destination.name + ".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished)
        (unfinished / STAMP).write_text(origin, encoding="utf-8")
        if destination.exists():
            shutil.rmtree(destination)
        unfinished.rename(destination)


def is_made(destination: Path, origin: str) -> bool:
    """Tell whether DESTINATION is a finished folder made from ORIGIN."""
    try:
        return (destination / STAMP).read_text(encoding="utf-8") == origin
    except FileNotFoundError:
        return False
