"""The names of a wheel's files: each has a place of its own on the host, and may be there."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file: names of devices, characters, ends
_NOT_ON_WINDOWS = re.compile(r"(?i:con|prn|aux|nul|(?:com|lpt)[1-9¹²³])(?:\..*)?|.*(?:[<>:\"|?*]|[. ]$).*", re.DOTALL)


def check_names(names: Sequence[str], system: str = "") -> Iterator[Finding]:
    """Files that overwrite each other when the wheel is installed, or that can't be there.

    Args:
        names: of all files, in the wheel's order.
        system: the host's, as platforms.toml names it; "" where it may be any.
    """
    for name, count in Counter(names).items():
        if count == 1:
            continue
        yield Finding(file=name, message=f"{count} files of the wheel have this name, so that only one is installed",
                      hint="install() one of them elsewhere, or leave it out")  # fmt: skip
    files = dict.fromkeys(names)
    folders = {name[: slash.start()] for name in files for slash in re.finditer("/", name)
               if name[: slash.start()] in files}  # fmt: skip
    for name in files:
        if name in folders:
            yield Finding(file=name, message="it is a file and, for others, their folder",
                          hint="install() it under another name")  # fmt: skip
    if system != "linux":
        yield from _check_one_case(files)
    if system in ("", "windows"):
        yield from _check_windows(files, sure=system == "windows")


def _check_one_case(names: Iterable[str]) -> Iterator[Finding]:
    """Files that are one where a file system takes "a" and "A" for the same, or both ways to write "é"."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFC", name.casefold()), name)
        if other == name:
            continue
        same = "upper and lower case are" if other.casefold() == name.casefold() else "the ways to write an accent are"
        yield Finding(file=name, message=f"it is the same file as {other} where {same} the same",
                      hint="rename one of them", warning=True)  # fmt: skip


def _check_windows(names: Iterable[str], *, sure: bool) -> Iterator[Finding]:
    """Names that Windows gives to nothing."""
    for name in names:
        part = next((part for part in name.split("/") if _NOT_ON_WINDOWS.fullmatch(part)), "")
        if part not in ("", ".", ".."):
            yield Finding(file=name, message=f"nothing can be named '{part}' on Windows",
                          hint="rename it", warning=not sure)  # fmt: skip
