"""What may be packed: regular files with portable names, and links that stay with the project."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.places import leads_back, lies_in
from xconan.ground.report import warn
from xconan.project.belongs import is_scrap, is_secret
from xconan.project.git import work_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")
_DEEPEST = 40  # links behind links; Linux follows as many
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def portable_name(name: str) -> str | None:
    """A file's name as archives have it, in Unicode; None where its bytes are no UTF-8."""
    try:
        return os.fsencode(name).decode("utf-8")
    except UnicodeError:
        return None


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far a project's links may lead: its folder, and the repository that it is in.

    Without a repository, relative links may lead to the folder that the project lies in, as those of a
    monorepo's packages do: an absolute one leads elsewhere on every other machine.

    Attributes:
        root: the project's folder.
        more: folders of our own making that links may lead to.
    """

    root: Path
    more: Sequence[Path] = ()
    _plain: dict[str, bool] = field(default_factory=dict, repr=False)

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        return tuple(os.path.realpath(folder) for folder in (self.root, *self.more))

    @cached_property
    def _around(self) -> tuple[Path | None, bool]:
        """The folder around the project that links may lead to, and whether by absolute ones as well."""
        try:
            top = work_tree(self.root)
        except ConfigError:  # who lists the project's files says so
            top = None
        if top:
            return top, True
        above = Path(os.path.realpath(self.root)).parent
        return (None if above in (Path.home(), Path(above.anchor)) else above), False

    def refusal(self, path: Path) -> tuple[str, str] | None:
        """Why a file can't be packed and what to do about it; None for one that can. The file is not opened."""
        if portable_name(str(path)) is None:
            return f"the bytes of its name are no UTF-8: {os.fsencode(path.name)!r}", "rename it"
        if _CONTROL.search(str(path)) and (wrong := _CONTROL.search(self._name(path))):
            return f"its name has a control character ({wrong[0]!r}), which installers refuse", "rename it"
        try:
            mode = path.lstat().st_mode
            linked = stat.S_ISLNK(mode) or self._below_link(path.parent)
            mode = path.stat().st_mode if stat.S_ISLNK(mode) else mode
        except OSError:
            return _dangling(path)
        if linked and (leads := self._outside(path)):
            return leads
        if stat.S_ISREG(mode):
            return None
        kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
        return f"it is {kind}, and archives hold files", "remove it, or put it elsewhere"

    def link_refusal(self, path: Path) -> tuple[str, str] | None:
        """The same of a link to a folder."""
        return self._outside(path) if path.exists() else _dangling(path)

    def _name(self, path: Path) -> str:
        """The file's name below the folder that it is taken from; what stands above it, no archive holds."""
        above = next((folder for folder in (self.root, *self.more) if path.is_relative_to(folder)), path.parent)
        return str(path.relative_to(above))

    def _below_link(self, folder: Path) -> bool:
        """Whether a folder below the project's is reached through a link."""
        key = str(folder)
        if key not in self._plain:
            top = folder == self.root or folder in self.more or folder == folder.parent
            self._plain[key] = not top and (folder.is_symlink() or self._below_link(folder.parent))
        return self._plain[key]

    def _outside(self, path: Path) -> tuple[str, str] | None:
        real = os.path.realpath(path)
        if any(lies_in(real, folder) for folder in self._folders):
            return None
        around, absolute = self._around
        if around and lies_in(real, str(around)) and (absolute or not self._leads_absolute(path)):
            if not is_secret(real, Path(real)):
                return None
            return f"it is a link to {real}, which holds a secret", "remove the link"
        return f"it is a link out of the project, to {real}", "put a copy into the project in place of the link"

    def _leads_absolute(self, path: Path) -> bool:
        """Whether any of the links on the way to a file is absolute, from the project's folder on."""
        text = str(Path(self._folders[0]) / os.path.relpath(path, self.root))
        for _ in range(_DEEPEST):
            link = next((path for path in reversed((Path(text), *Path(text).parents)) if path.is_symlink()), None)
            if link is None:
                return False
            target = link.readlink()
            if target.is_absolute():
                return True
            text = os.path.normpath(link.parent / target / Path(text).relative_to(link))
        return True


def packable(folder: Path, reach: Reach) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """All files below a folder, as relative names with forward slashes, and those that can't be packed with the reason.

    Linked folders are entered where they may lead there, scraps are left out. No file is opened.
    """
    names, refused = [], {}
    for name, refusal in _look(folder, "", reach, frozenset({os.path.realpath(folder)})):
        if refusal:
            refused[portable_name(name) or name] = refusal
        else:
            names.append(name)
    return sorted(names), refused


def _look(
    folder: Path, below: str, reach: Reach, above: frozenset[str]
) -> Iterator[tuple[str, tuple[str, str] | None]]:
    with os.scandir(folder / below) as entries:
        for entry in entries:
            name, path = f"{below}{entry.name}", Path(entry.path)
            if is_scrap(f"{name}/x" if entry.is_dir(follow_symlinks=False) else name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _look(folder, f"{name}/", reach, above)
            elif not entry.is_symlink() or not path.is_dir():
                yield name, reach.refusal(path)
            elif refusal := reach.link_refusal(path):
                yield name, refusal
            elif not leads_back(real := os.path.realpath(path), above):
                yield from _look(folder, f"{name}/", reach, above | {real})
            else:
                warn(f"{path} is left out: it is a link to {real}, a folder that it lies in itself")


def _dangling(path: Path) -> tuple[str, str]:
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return f"it is a link to {path.readlink()}, which leads back to itself", "mend or remove the link"
    try:
        return f"it is a link to {path.readlink()}, which is not there", "mend or remove the link"
    except OSError:
        return "there is no such file, or it can't be reached", "check it and its permissions"
