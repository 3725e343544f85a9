# A comment comes first.
"""Two modules in two folders that share lz4."""

from __future__ import annotations

from two import quick
from two.deeper import snap

assert __doc__.startswith("Two")


def versions() -> tuple[int, int, int]:
    return quick.version(), snap.version(), snap.longest(1000)
