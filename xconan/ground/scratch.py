"""Temporary folders; leftovers of killed processes are removed."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.files import remove_tree
from xconan.ground.lock import locked, when_free

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "xconan-"
_HELD = ".held-by-xconan"  # in each such folder, locked for as long as its maker lives: nobody else's has it
_YOUNG = 60.0  # seconds that a folder may take until it is held
_OF_PROCESS = re.compile(r"\..+\.(\d+)")


@contextmanager
def scratch(what: str, parent: Path | None = None) -> Iterator[Path]:
    """An empty folder in $TMPDIR, or another parent, removed when it is left. `what` is a part of its name."""
    parent = parent or Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{what}-", dir=parent))
    try:
        with locked(folder / _HELD, what=str(folder)):
            work = folder / "work"
            work.mkdir()
            yield work
    finally:
        with contextlib.suppress(OSError):
            _remove(folder)
        reads.removed(folder)


def _remove(folder: Path) -> None:
    """Remove what was worked on first: whoever is killed meanwhile leaves a folder that is still known as ours."""
    remove_tree(folder / "work")
    remove_tree(folder)


def _sweep(parent: Path) -> None:
    """Remove what killed processes of this user's have left: nobody holds its lock."""
    with contextlib.suppress(OSError):
        for folder in parent.glob(f"{_PREFIX}*"):
            held = folder / _HELD
            if not held.exists() and _is_mine(folder) and time.time() - folder.stat().st_mtime > _YOUNG:
                with contextlib.suppress(OSError):  # whoever was killed before it was held has left it empty
                    folder.rmdir()
            if held.is_file() and not folder.is_symlink() and _is_mine(folder):
                with contextlib.suppress(OSError), when_free(held) as free:
                    if free:
                        _remove(folder)
    reads.decides_nothing(parent)


def _is_mine(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def temporary_sibling(path: Path) -> Path:
    """A name beside a path for what is made there before it is renamed to it; this process's own."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def remove_half_made(folder: Path) -> None:
    """Remove what temporary_sibling() has named in a folder of ours, and killed processes have left."""
    _remove_left(folder, _OF_PROCESS)


def part_of(path: Path) -> Path:
    """A name for a file on its way to a folder of the user's: this process's own, and known as half of something."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def remove_parts(path: Path) -> None:
    """Remove what part_of() has named on the way to this path, and killed processes have left."""
    _remove_left(path.parent, re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.part"))


def _remove_left(folder: Path, pattern: re.Pattern[str]) -> None:
    """Remove what is named by a process that has ended; what else is there decides nothing."""
    with contextlib.suppress(OSError):
        for name in reads.unnoted_names(str(folder)):
            match = pattern.fullmatch(name)
            if match and not _is_alive(int(match[1])):
                with contextlib.suppress(OSError):
                    remove_tree(folder / name)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where this would end it; what is left there stays
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True
