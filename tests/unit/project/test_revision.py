"""When `git describe` may say something else; with git's files as git writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xconan.project.revision import revision

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "1" * 40, "2" * 40


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def git(tmp_path: Path) -> Path:
    folder = tmp_path / ".git"
    write(folder / "HEAD", "ref: refs/heads/main\n")
    write(folder / "refs/heads/main", f"{ONE}\n")
    write(folder / "refs/heads/other", f"{ONE}\n")
    write(folder / "refs/tags/v1", f"{ONE}\n")
    return folder


CHANGES = {
    "a commit": ("refs/heads/main", f"{TWO}\n", True),
    "a commit elsewhere": ("refs/heads/other", f"{TWO}\n", False),
    "another branch": ("HEAD", "ref: refs/heads/other\n", True),
    "no branch": ("HEAD", f"{TWO}\n", True),
    "a tag": ("refs/tags/deep/v2", f"{TWO}\n", True),
    "a packed tag": ("packed-refs", f"# pack-refs with: peeled\n{TWO} refs/tags/v2\n^{ONE}\n", True),
    "a packed branch": ("packed-refs", f"{TWO} refs/remotes/origin/x\n", False),
    "more history": ("shallow", f"{ONE}\n", True),
    "refs in a table": ("reftable/tables.list", "0x1-0x2.ref\n", True),
}


@pytest.mark.parametrize("what", CHANGES)
def test_changes(what: str, git: Path) -> None:
    name, text, differs = CHANGES[what]
    before = revision(git.parent)
    write(git / name, text)
    assert (revision(git.parent) != before) is differs


def test_packing_changes_nothing(git: Path) -> None:
    before = revision(git.parent)
    write(git / "packed-refs", f"# pack-refs with: peeled\n{ONE} refs/heads/main\n{ONE} refs/tags/v1\n")
    (git / "refs/heads/main").unlink()
    (git / "refs/tags/v1").unlink()
    assert revision(git.parent) == before


def test_project_below_the_repository(git: Path) -> None:
    below = git.parent / "projects" / "demo"
    below.mkdir(parents=True)
    assert revision(below) == revision(git.parent) != ""


def test_worktree(git: Path, tmp_path: Path) -> None:
    """Its HEAD is its own; refs are shared."""
    own = write(git / "worktrees/w/commondir", "../..\n").parent
    write(own / "HEAD", "ref: refs/heads/other\n")
    tree = write(tmp_path / "elsewhere/.git", f"gitdir: {own}\n").parent
    first = revision(tree)
    write(git / "refs/heads/main", f"{TWO}\n")
    assert revision(tree) == first
    write(git / "refs/heads/other", f"{TWO}\n")
    second = revision(tree)
    write(git / "refs/tags/v2", f"{TWO}\n")
    assert len({first, second, revision(tree)}) == 3


def test_submodule(git: Path) -> None:
    own = write(git / "modules/sub/HEAD", f"{ONE}\n").parent
    project = write(git.parent / "sub/.git", "gitdir: ../.git/modules/sub\n").parent
    before = revision(project)
    write(git / "refs/heads/main", f"{TWO}\n")
    assert revision(project) == before
    write(own / "HEAD", f"{TWO}\n")
    assert revision(project) != before


def test_damaged(tmp_path: Path) -> None:
    """What git can't read either is a state like any other."""
    write(tmp_path / ".git", "nonsense")
    assert revision(tmp_path)
