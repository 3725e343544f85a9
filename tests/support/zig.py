"""zig in tests: one copy for all runs, because what it made is keyed by the path of its files, and takes minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.toolchains.zig import find_zig
from xconan.toolchains.zig_copy import kept_zig

if TYPE_CHECKING:
    from pathlib import Path


def share_zig(cache: Path, kept: Path) -> None:
    """Have a cache of xconan's that is new find the copy of zig that is kept from one run of the tests to the next."""
    zig = find_zig()
    if zig is None:
        return
    copy = kept_zig(zig, kept / "zigs").parent
    if copy != zig.path.parent:
        (cache / "zig").mkdir(parents=True, exist_ok=True)
        (cache / "zig" / copy.name).symlink_to(copy)
