"""Where xconan keeps what every project can share. Imported at the door, so it imports next to nothing."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_place(environ: Mapping[str, str]) -> str:
    """$XCONAN_CACHE, else `xconan` in the user's cache folder, absolute.

    https://specifications.freedesktop.org/basedir-spec/latest/ (on any machine: one rule is easier to find).
    """
    if chosen := environ.get("XCONAN_CACHE"):
        return os.path.abspath(os.path.expanduser(chosen))
    base = environ.get("XDG_CACHE_HOME") or ""
    home = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return os.path.join(home, "xconan")
