"""The action: what several builds installed -> one folder, in which each binary holds all their architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.binary.macho import MAGICS, join
from xconan.ground.errors import CheckError
from xconan.ground.files import relative_names, remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def join_staging(parts: Sequence[Path], out: Path, left_out: Callable[[str], bool] = lambda _name: False) -> None:
    """Join the folders that the architectures of a universal wheel were installed into.

    Args:
        parts: the folders.
        out: made anew: Mach-O files that differ are joined, all others must be the same everywhere.
        left_out: which files, by their places in the wheel, it will not have.

    Raises:
        CheckError: they differ in more than their binaries.
    """
    remove_tree(out)
    names = dict.fromkeys(name for part in parts for name in relative_names(part))
    for name in sorted(name for name in names if not left_out(name)):
        files = [part / name for part in parts]
        missing = next((file for file in files if not file.is_file()), None)
        if missing:
            raise _differs(name, f"it is not in {missing.parent}")
        place = out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_joined(name, [file.read_bytes() for file in files]))
        place.chmod(files[0].stat().st_mode)


def _joined(name: str, contents: Sequence[bytes]) -> bytes:
    if all(content == contents[0] for content in contents):
        return contents[0]
    if not all(content.startswith(MAGICS) for content in contents):
        raise _differs(name, "it has other content in each")
    try:
        return join(contents)
    except ValueError as error:
        raise _differs(name, str(error)) from error


def _differs(name: str, reason: str) -> CheckError:
    return CheckError(
        f"the architectures of a universal wheel can't be joined: {reason}",
        where=name,
        hint="leave the file out by tool.xconan.wheel.exclude, or build a wheel for each architecture",
    )
