"""The files of a project: what git tracks or would add, elsewhere all but caches, environments and secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.places import leads_back
from xconan.ground.report import warn
from xconan.project.belongs import Folders, is_personal_file, is_scrap, is_secret
from xconan.project.git import GitFiles, files_of_git
from xconan.project.links import Reach, portable_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_PKG_INFO = "PKG-INFO"  # at the top of what was unpacked from a source distribution


@dataclass(kw_only=True)
class Listing:
    """A project's files.

    Attributes:
        files: (name relative to the project with forward slashes, file), links followed.
        tracked: the names that version control has, or an unpacked source distribution.
        refused: why a name can't be packed, and what to do about it.
        secrets: files that seem to hold keys or passwords, left out.
        personal: one user's own settings, left out.
        of_git: git has said which files the project has.
    """

    files: dict[str, Path] = field(default_factory=dict)
    tracked: set[str] = field(default_factory=set)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    personal: set[str] = field(default_factory=set)
    of_git: bool = True


def list_project(root: Path, *, build: str = "") -> Listing:
    """List a project's files.

    Args:
        root: its folder.
        build: the folders that builds work in, as build_folders() has them.

    Raises:
        ConfigError: git does not say which files are the project's.
    """
    lister = _Lister(root=root, reach=Reach(root=root), folders=Folders(root=root, build=build))
    lister.take("", root, frozenset({os.path.realpath(root)}))
    return lister.listing


def project_files_of_git(root: Path) -> GitFiles | None:
    """The files of a project by git; None where git does not track the project.

    A source distribution that was unpacked within another repository is not part of that repository.

    Raises:
        ConfigError: as files_of_git.
    """
    files = files_of_git(root)
    if files and "pyproject.toml" not in files.tracked and is_unpacked(root):
        return None
    return files


def is_unpacked(root: Path) -> bool:
    """Whether a project's folder is an unpacked source distribution: all that is in it was meant to be."""
    return (root / _PKG_INFO).is_file()


@dataclass(frozen=True, kw_only=True)
class _Lister:
    root: Path
    reach: Reach
    folders: Folders
    listing: Listing = field(default_factory=Listing)

    def take(self, prefix: str, folder: Path, above: frozenset[str]) -> None:
        """Take the files of a folder: the project's, or one that a link in it leads to.

        Args:
            prefix: the folder's name in the project, with a slash behind it.
            folder: where it is.
            above: the real folders that we are in, whose links back are not followed.
        """
        files = files_of_git(folder) if prefix else project_files_of_git(folder)
        if files is None:
            self.listing.of_git &= bool(prefix)
            kind = "tracked" if is_unpacked(self.root) else "untracked"
            files = GitFiles(**{kind: set(self._walk(folder, prefix, ""))})
        for name in files.tracked | files.untracked:
            if name in files.tracked or not self._is_scrap(prefix + name):
                self._add(prefix + name, folder / name, above, tracked=name in files.tracked)
        submodule = "it is a submodule that is not checked out", "git submodule update --init --recursive"
        sparse = "a sparse checkout has left it out", "git sparse-checkout disable"
        self.listing.refused |= {prefix + name: submodule for name in files.absent}
        self.listing.refused |= {prefix + name: sparse for name in files.sparse}

    def _walk(self, folder: Path, prefix: str, below: str) -> Iterator[str]:
        with os.scandir(folder / below) as entries:
            for entry in entries:
                name = f"{below}{entry.name}"
                if not entry.is_dir(follow_symlinks=False):
                    yield from [] if is_scrap(name) else [name]
                elif not self.folders.leave_out(prefix + name):
                    yield from self._walk(folder, prefix, f"{name}/")

    def _is_scrap(self, name: str) -> bool:
        parts = name.split("/")
        return is_scrap(name) or any(self.folders.leave_out("/".join(parts[:end])) for end in range(1, len(parts)))

    def _add(self, name: str, path: Path, above: frozenset[str], *, tracked: bool) -> None:
        if not os.path.lexists(path):  # git tracks it, and it has been removed
            return
        listing = self.listing
        if is_personal_file(name) and not (tracked and name.endswith(".cross.toml")):
            listing.personal.add(name)
            return
        if not tracked and is_secret(name, path):
            listing.secrets.add(name)
            return
        if path.is_symlink() and path.is_dir():
            self._follow(name, path, above)
            return
        written = portable_name(name) or name
        if refusal := self.reach.refusal(path):
            listing.refused[written] = refusal
            return
        listing.files[written] = path
        if tracked:
            listing.tracked.add(written)

    def _follow(self, name: str, path: Path, above: frozenset[str]) -> None:
        real = os.path.realpath(path)
        if refusal := self.reach.link_refusal(path):
            self.listing.refused[name] = refusal
        elif not leads_back(real, above):
            self.take(f"{name}/", Path(real), above | {real})
        else:
            warn(f"{path} is left out: it is a link to {real}, a folder that it lies in itself")
