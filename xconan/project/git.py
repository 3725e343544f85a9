"""What git knows of a folder: the files that it tracks or would add, submodules included, and where its tree ends."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.run import capture

if TYPE_CHECKING:
    from collections.abc import Iterable

# a hook of git's sets these, for its own repository; https://git-scm.com/docs/githooks
_NOT_OURS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_SUBMODULE, _SPARSE = "160000", "S"
_NO_PROGRAM = 127


@dataclass(kw_only=True)
class GitFiles:
    """The files below a folder: names relative to it, with forward slashes; links are not followed.

    Attributes:
        tracked: by the repository, or by one of its submodules; some may be gone from the disk.
        untracked: neither tracked nor ignored.
        absent: submodules that are not checked out.
        sparse: tracked files that a sparse checkout has left out.
    """

    tracked: set[str] = field(default_factory=set)
    untracked: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    sparse: set[str] = field(default_factory=set)

    def _kinds(self) -> tuple[set[str], ...]:
        return (self.tracked, self.untracked, self.absent, self.sparse)

    def remove(self, names: set[str]) -> None:
        """Forget names, and what is below those that are folders."""
        for kind in self._kinds():
            kind -= {name for name in kind if names & {name, *_folders(name)}}

    def add(self, folder: str, inner: GitFiles) -> None:
        """Take the files of a repository that lies in a folder of this one."""
        for mine, theirs in zip(self._kinds(), inner._kinds(), strict=True):
            mine |= {f"{folder}/{name}" for name in theirs}


def files_of_git(folder: Path) -> GitFiles | None:
    """The files of a folder by git; None where it is in no repository, or in one that has none of its files.

    What `.gitattributes` marks `export-ignore` is left out, as `git archive` does.

    Raises:
        ConfigError: there is a repository, but git is missing, distrusts it, or can't read it.
    """
    if work_tree(folder) is None:
        return None
    files = _listed(folder)
    return files if files.tracked or files.untracked or files.absent else None


def work_tree(folder: Path) -> Path | None:
    """The top folder of the repository that a folder is in, of the outermost one for a submodule; real, not a link.

    Raises:
        ConfigError: as files_of_git.
    """
    output = _git(folder, "rev-parse", "--show-toplevel", "--show-superproject-working-tree")
    return Path(os.path.realpath(output.splitlines()[-1])) if output else None


def _listed(folder: Path) -> GitFiles:
    """One repository's files, and those of the repositories within it; git lists no untracked ones of theirs."""
    files, inner = GitFiles(), []
    for line in _split(_git(folder, "ls-files", "-z", "-t", "--stage", "--cached")):
        state, _, name = line.partition("\t")
        tag, mode, *_ = state.split(" ")
        if mode == _SUBMODULE and (folder / name / ".git").exists():
            inner.append(name)
        elif mode == _SUBMODULE:
            files.absent.add(name)
        elif tag == _SPARSE and not os.path.lexists(folder / name):
            files.sparse.add(name)
        else:
            files.tracked.add(name)
    for name in _split(_git(folder, "ls-files", "-z", "--others", "--exclude-standard")):
        if name.endswith("/"):  # a repository that is not a submodule yet
            inner.append(name.rstrip("/"))
        else:
            files.untracked.add(name)
    for name in inner:
        files.add(name, _listed(folder / name))
    files.remove(_not_exported(folder, [name for kind in files._kinds() for name in kind]))  # noqa: SLF001 - ours
    return files


def _not_exported(folder: Path, names: Iterable[str]) -> set[str]:
    """Those of the names, and of the folders that they are in, that are marked `export-ignore`."""
    asked = {*names}
    asked |= {f"{above}/" for name in asked for above in _folders(name)}  # the slash says that it is a folder
    answers = _split(_git(folder, "check-attr", "-z", "--stdin", "export-ignore", stdin="\0".join(sorted(asked))))
    return {name.rstrip("/") for name, value in zip(answers[::3], answers[2::3], strict=True) if value == "set"}


def _folders(name: str) -> list[str]:
    return [str(above) for above in PurePosixPath(name).parents][:-1]


def _split(text: str | None) -> list[str]:
    return [name for name in (text or "").split("\0") if name]


def _git(folder: Path, *arguments: str, stdin: str = "") -> str | None:
    """What git prints in a folder, None where that is in no repository."""
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    environ |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    result = capture(["git", "-C", str(folder), *arguments], stdin=os.fsencode(stdin), env=environ)
    if result.code == 0:
        return os.fsdecode(result.raw)
    if result.code == _NO_PROGRAM:
        if not any((above / ".git").exists() for above in (folder, *folder.parents)):
            return None
        raise ConfigError(
            "this is a repository of git, but there is no git to say which of its files are the project's",
            where=str(folder), hint="install git; or build from a source distribution",
        )  # fmt: skip
    if "not a git repository (or any" in result.stderr:
        return None
    raise _refusal(folder, result.stderr)


def _refusal(folder: Path, stderr: str) -> ConfigError:
    """Git's own words and remedy, where it has one: a repository of another user is distrusted."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    remedy = next((line for line in lines if re.match(r"git config .*safe\.directory", line)), None)
    message = lines[0].removeprefix("fatal: ") if lines else "it failed without a word"
    return ConfigError(
        f"git does not say which files are the project's: {message}", where=str(folder),
        hint=remedy or f"see what `git -C {folder} status` says, and mend that",
    )  # fmt: skip
