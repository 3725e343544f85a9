"""The state of git that `git describe` and its like answer from, read without starting git.

A CMakeLists.txt may ask git for a version. Git's own files say whether the answer can be another one: HEAD, the commit
that it leads to, the tags, and how far the history reaches back. https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.files import digest, relative_names

if TYPE_CHECKING:
    from pathlib import Path

_TAGS = "refs/tags/"


def revision(project: Path) -> str:
    """A digest of HEAD, its commit, the tags and the history's depth; "" where no repository holds the project.

    Packing the refs changes nothing. A worktree and a submodule, whose `.git` is a file, are followed.
    """
    places = (folder / ".git" for folder in (project, *project.parents))
    git = next((place for place in places if reads.seen(place).exists()), None)
    if git is None:
        return ""
    own = _pointed(git, "gitdir:") if git.is_file() else git
    common = _pointed(own / "commondir")
    head = _read(own / "HEAD")
    refs = _packed(common / "packed-refs")
    tags = {name: commit for name, commit in refs.items() if name.startswith(_TAGS)}
    tags |= {f"{_TAGS}{name}": _read(common / _TAGS / name) for name in _loose(common / _TAGS)}
    branch = head.removeprefix("ref:").strip()
    commit = _read(own / branch) or _read(common / branch) or refs.get(branch, "") if head.startswith("ref:") else head
    tables = [_read(folder / "reftable" / "tables.list") for folder in {own, common}]  # instead of refs, in newer ones
    return digest(head, commit, tags, _read(common / "shallow"), sorted(tables))


def _pointed(file: Path, key: str = "") -> Path:
    """The folder that a file of git's names, relative to its own; that one where it names none."""
    return (file.parent / _read(file).removeprefix(key).strip()).resolve()


def _packed(file: Path) -> dict[str, str]:
    """The refs in a packed-refs file; lines of "#" and "^" say more of the one above."""
    lines = (line.partition(" ") for line in _read(file).splitlines() if line[:1] not in ("#", "^"))
    return {name: commit for commit, _, name in lines}


def _loose(folder: Path) -> list[str]:
    return relative_names(folder, skip=()) if folder.is_dir() else []


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace").strip()
    except OSError:
        return ""
