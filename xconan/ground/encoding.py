"""File names that are not ASCII, where the locale knows ASCII alone."""

from __future__ import annotations

import os
import sys


def use_utf8() -> None:
    """Start this very command again in Python's UTF-8 mode (PEP 540), unless file names are UTF-8 already.

    Python itself chooses UTF-8 for the locale C, but not where PYTHONUTF8=0 or PYTHONCOERCECLOCALE=0 forbid it, or for
    other locales that are no UTF-8. A name that is not ASCII then can't be written into the files that CMake and Conan
    read. Our child processes are told the same.
    """
    if sys.getfilesystemencoding() == "utf-8":
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - the same command
