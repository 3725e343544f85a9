"""Where xconan keeps what projects share, and what lies in what. Imported at the door, so it imports next to none."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def cache_place(environ: Mapping[str, str]) -> str:
    """$XCONAN_CACHE, else `xconan` in the user's cache folder, absolute.

    https://specifications.freedesktop.org/basedir-spec/latest/ (on any machine: one rule is easier to find).
    """
    if chosen := environ.get("XCONAN_CACHE"):
        return os.path.abspath(os.path.expanduser(chosen))
    base = environ.get("XDG_CACHE_HOME") or ""
    home = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return os.path.join(home, "xconan")


def lies_in(path: str, folder: str) -> bool:
    """Whether a path is that folder or lies below it, by the names alone.

    Both are normalized, and both absolute or relative to the same place; no link is followed.
    """
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def leads_back(real: str, above: Iterable[str]) -> bool:
    """Whether a linked folder, by its real path, is one of those that we are in, or holds one of them."""
    return any(lies_in(folder, real) for folder in above)
