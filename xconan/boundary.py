"""The one place where errors end: shown to the user, and turned into an exit code."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING

from xconan.errors import MachineError, XconanError
from xconan.run import say, terminable

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINTS = {
    errno.ENOSPC: "free some space, or set XCONAN_CACHE and TMPDIR to a larger disk",
    errno.EDQUOT: "free some space, or set XCONAN_CACHE and TMPDIR to a larger disk",
    errno.ENOENT: "it is not there, or can't be made there; choose another path",
    errno.ENOTDIR: "a part of that path is a file; choose another one",
    errno.EISDIR: "that is a folder; name a file",
    errno.EACCES: "check who owns it and its permissions",
    errno.EPERM: "check who owns it and its permissions",
    errno.EROFS: "that file system is read-only; choose another folder",
}


@contextmanager
def guarded(*, as_json: bool = False) -> Iterator[None]:
    """Show an error of ours, or of the machine, without a traceback and leave with its exit code.

    XCONAN_TRACEBACK=1 shows the traceback as well. Anything else is a bug of ours and keeps its traceback.

    Raises:
        SystemExit: with the error's exit code; 130 after Ctrl-C.
    """
    for ours in (sys.stdout, sys.stderr):
        if isinstance(ours, TextIOWrapper):  # a path may hold letters that the terminal's encoding has not
            ours.reconfigure(errors="backslashreplace")
    try:
        with terminable():
            yield
    except XconanError as error:
        _show(error, as_json=as_json)
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        known = MachineError(
            error.strerror or str(error),
            where=str(error.filename or ""),
            hint=_HINTS.get(error.errno or 0, ""),
        )
        _show(known, as_json=as_json)
        raise SystemExit(known.exit_code) from None
    except KeyboardInterrupt:
        say("xconan: interrupted")
        raise SystemExit(130) from None


def _show(error: XconanError, *, as_json: bool) -> None:
    if os.environ.get("XCONAN_TRACEBACK") == "1":
        traceback.print_exc()
    if as_json and sys.stdout is not None:
        sys.stdout.write(json.dumps({"errors": error.facts()}, indent=1) + "\n")
    lines = error.render().split("\n")
    say("\n".join(f"xconan: {line}" if line.startswith("error:") else line for line in lines))
