"""The names of a wheel's files: no two of them may be installed to the same place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def check_names(names: Sequence[str], *, one_case: bool) -> Iterator[Finding]:
    """Files that overwrite each other when the wheel is installed.

    Args:
        names: of all files, in the wheel's order.
        one_case: the host's file systems may take "a" and "A" for the same: Windows', macOS', any.
    """
    for name, count in Counter(names).items():
        if count == 1:
            continue
        yield Finding(file=name, message=f"{count} files of the wheel have this name, so that only one is installed",
                      hint="install() one of them elsewhere, or leave it out")  # fmt: skip
    folders = {parent for name in names for parent in _parents(name)}
    for name in dict.fromkeys(names):
        if name in folders:
            yield Finding(file=name, message="it is a file and, for others, their folder",
                          hint="install() it under another name")  # fmt: skip
    seen: dict[str, str] = {}
    for name in dict.fromkeys(names) if one_case else ():
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            yield Finding(file=name, message=f"it is the same file as {other} where upper and lower case are the same",
                          hint="rename one of them", warning=True)  # fmt: skip


def _parents(name: str) -> Iterator[str]:
    parts = name.split("/")
    yield from ("/".join(parts[:end]) for end in range(1, len(parts)))
