"""Locks between processes, on a file.

`flock` on POSIX, because its lock belongs to the open file and not to the process: a program that we started
and that inherited the descriptor goes on holding the lock if we are killed (run.py, `inherit`). The lock
libraries at hand use POSIX record locks or hide the descriptor, which is why this is our own.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder, mark_as_ours
from xconan.ground.report import say, ticking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_INTERVAL = 0.1  # seconds between two tries
_IN_USE = ".in-use"  # in xconan's cache: held by all who use what is in it, or by the one who takes of it away


@contextmanager
def locked(path: Path, *, what: str, remove: bool = False) -> Iterator[int]:
    """Hold an exclusive lock on a file, waiting for it as long as it takes; yield its descriptor.

    Whoever gets the lock of a file that was removed meanwhile begins again with the new one.

    Args:
        path: the lock's file, made where missing.
        remove: remove it afterwards.
        what: said while waiting: "waiting for another xconan, which is at WHAT".

    Raises:
        OSError: the file can't be made, on a read-only folder say.
    """
    descriptor = _hold(path, what)
    try:
        yield descriptor
    finally:
        if remove:
            with suppress(OSError):  # Windows removes no file that is open
                path.unlink()
        os.close(descriptor)


@contextmanager
def when_free(path: Path) -> Iterator[bool]:
    """Hold the lock of a file that is there, if nobody else does; yield whether we do."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        yield _try_lock(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def cache_in_use() -> Iterator[None]:
    """Have what is in xconan's cache stay there until we leave; where it can't be written, nobody takes of it away."""
    cache, descriptor = cache_folder(), -1
    with suppress(OSError):
        if not cache.exists():  # one that is there may be a folder that the user has for more
            mark_as_ours(cache)
        descriptor = os.open(cache / _IN_USE, os.O_RDWR | os.O_CREAT, 0o666)
    if descriptor < 0:  # another user's cache: to hold it, reading is enough
        with suppress(OSError):
            descriptor = os.open(cache / _IN_USE, os.O_RDONLY)
    try:
        with suppress(OSError):  # of a file system without locks
            if descriptor >= 0 and not _try_shared(descriptor):
                _wait(descriptor, f"waiting for another xconan, which trims {cache}", _try_shared)
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def cache_to_trim() -> Iterator[None]:
    """Have nobody use what is in xconan's cache until we leave, waiting for those who do.

    Raises:
        OSError: the cache can't be written.
    """
    with locked(cache_folder() / _IN_USE, what=f"work with what is in {cache_folder()}"):
        yield


def _hold(path: Path, what: str) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _try_lock(descriptor):
                _wait(descriptor, f"waiting for another xconan, which is at {what}")
            held = _is_there(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        if held:
            return descriptor
        os.close(descriptor)


def _wait(descriptor: int, what: str, attempt: Callable[[int], bool] | None = None) -> None:
    say(f"xconan: {what}")
    with ticking(what):
        while not (attempt or _try_lock)(descriptor):
            time.sleep(_INTERVAL)


def _is_there(path: Path, descriptor: int) -> bool:
    """Whether the file is still the one that was opened."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _try_shared(descriptor: int) -> bool:
        return descriptor >= 0  # there are no shared ones

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        return _try(descriptor, fcntl.LOCK_EX)

    def _try_shared(descriptor: int) -> bool:
        return _try(descriptor, fcntl.LOCK_SH)

    def _try(descriptor: int, kind: int) -> bool:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
