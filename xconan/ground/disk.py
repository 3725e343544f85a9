"""Disks that are full, where programs tell no more than that they failed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ROOM = 1 << 20  # bytes; below it a disk is full


def first_full(places: Iterable[Path]) -> Path | None:
    """The first of several folders whose disk has no room, None if all have; what can't be asked has."""
    return next((place for place in places if _free(place) < ROOM), None)


def _free(place: Path) -> int:
    try:
        return shutil.disk_usage(place).free
    except OSError:  # not there
        return ROOM
