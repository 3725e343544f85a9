"""How a task on another machine waits for a store that is away, and ends with the worker that it belongs to."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from xconan.ground.errors import ConanError
from xconan.ground.progress import AWAY, seconds
from xconan.ground.report import say

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST, _MOST = 1.0, 30.0  # seconds between two tries: doubled from the first
_LOOK = 1.0  # seconds between two looks for the worker
# what Conan says of a remote that does not answer, or not yet
_AWAY = ("Unable to connect", "Max retries exceeded", "Connection refused", "Connection aborted", "Read timed out",
         "502:", "503:", "504:", "502 Server", "503 Server", "504 Server", "Remote end closed connection",
         "Connection reset")  # fmt: skip
_HINT = "have all workers reach that remote, and give the same command: what is in the store is not built again"

Made = TypeVar("Made")


class StoreAwayError(ConanError):
    """A Conan remote did not answer for as long as one waits for it; another worker would wait in vain, too."""


def patiently(make: Callable[[], Made], patience: float) -> Made:
    """Do something that needs a Conan remote; where that does not answer, again and again for so many seconds.

    Raises:
        StoreAwayError: it did not answer; without patience the ConanError itself.
    """
    deadline, pause = time.monotonic() + patience, _FIRST
    while True:
        try:
            return make()
        except ConanError as error:
            left = deadline - time.monotonic()
            if not (patience and any(words in error.message for words in _AWAY)):
                raise
            if left <= 0:
                raise StoreAwayError(
                    f"{error.message}; it was waited for, {seconds(patience)}", where=error.where, hint=_HINT
                ) from None
        pause = min(pause, max(left, _FIRST))
        say(f"{AWAY}, the next try is in {seconds(pause)}")
        time.sleep(pause)
        pause = min(pause * 2, _MOST)


def end_without(parent: int) -> None:
    """End this process, as SIGTERM does, once its parent is gone; where processes get another parent then."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os.kill(os.getpid(), signal.SIGTERM)

    if os.name == "posix":
        threading.Thread(target=watch, name="parent", daemon=True).start()
