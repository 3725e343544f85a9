"""What CMake, Ninja and Make can't see: sources that came, went, or changed while their time stamp went back.

Ninja and Make compare time stamps. A file put back by `git stash`, `cp -p` or an unpacked archive may be older than
the object made from its other version. The content of every source is therefore remembered; where one
changed without becoming newer, the build starts clean. And what CMakeLists.txt has read or listed (file(READ),
file(GLOB), $ENV{NAME}) tells nobody that it has changed: the build configures again where any file did.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground import reads
from xconan.ground.files import digest, file_digest, is_ours, read_json, write_json
from xconan.ground.places import leads_back, lies_in
from xconan.project.links import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = {
    ".git", ".hg", ".svn", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".nox",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".xconan_cache", ".py-build-cmake_cache",
}  # fmt: skip
_RESULTS = "dist"  # at the project's top
_OF_CMAKE = re.compile(r"CMakeLists\.txt|.*\.cmake(\.in)?|.*presets.*\.json", re.IGNORECASE)
_NAMED = re.compile(r"\bp?ENV\{([\w().]+)\}", re.IGNORECASE)  # a preset says $env{NAME} and $penv{NAME}


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The project's files as they are and as they were at the last build.

    A file's state is (size, mtime in ns, ctime in ns, inode, digest). Nobody sets the ctime, so a file whose
    first four are the same has not changed and need not be read. `built` is when that build ended, in ns.
    `named` are the environment variables that each of CMake's files names; a file that is as it was is not read for it.
    """

    stamp: Path
    built: int
    before: dict[str, list[object]]
    now: dict[str, list[object]]
    named: dict[str, list[str]]

    @classmethod
    def take(cls, project: Path, layout: Path) -> Snapshot:
        """Look at every file of the project apart from version control, caches, and what xconan itself makes."""
        stamp = layout / "sources.json"
        stored = read_json(stamp)
        before = cast("dict[str, list[object]]", stored.get("files", {}))
        known_names = cast("dict[str, list[str]]", stored.get("named", {}))
        now: dict[str, list[object]] = {}
        named: dict[str, list[str]] = {}
        for path in _walk(project, layout, Reach(root=project)):
            status = path.stat(follow_symlinks=True) if path.exists() else None
            if status is None:
                continue
            reads.file(path, status)
            seen: list[object] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            old = before.get(str(path))
            known = old is not None and old[:4] == seen
            name = str(path)
            now[name] = [*seen, old[4] if known and old else file_digest(path)]
            if _OF_CMAKE.fullmatch(path.name):
                named[name] = known_names[name] if known and name in known_names else variables_named(path)
        return cls(stamp=stamp, built=cast("int", stored.get("built", 0)), before=before, now=now, named=named)

    @property
    def contents(self) -> str:
        """A digest of all names and contents."""
        return digest({name: state[4] for name, state in self.now.items()})

    @property
    def variables(self) -> frozenset[str]:
        """The environment variables that the project's CMakeLists.txt, *.cmake and presets name."""
        return frozenset(name for names in self.named.values() for name in names)

    @property
    def files_of_cmake(self) -> frozenset[str]:
        """The project's CMakeLists.txt, *.cmake and presets."""
        return frozenset(self.named)

    def is_same(self) -> bool:
        """Whether all is as it was at the last build."""
        return {name: state[4] for name, state in self.before.items()} == {
            name: state[4] for name, state in self.now.items()
        }

    def only_edited(self) -> bool:
        """Whether contents changed since the last build, but no file came or went, and none of CMake's changed."""
        changed = {name for name in self.now.keys() & self.before.keys() if self.now[name][4] != self.before[name][4]}
        return bool(changed) and self.now.keys() == self.before.keys() and not changed & self.named.keys()

    def changed_unseen(self) -> bool:
        """Whether a file has other content than at the last build, but is older than that build."""
        pairs = ((self.before[name], state) for name, state in self.now.items() if name in self.before)
        return any(new[4] != old[4] and cast("int", new[1]) <= self.built for old, new in pairs)

    def save(self) -> None:
        """Remember this as the state of the last build."""
        write_json(self.stamp, {"built": time.time_ns(), "files": self.now, "named": self.named})


def variables_named(path: Path) -> list[str]:
    """The environment variables that one of CMake's files names; none where it can't be read."""
    try:
        return sorted(set(_NAMED.findall(path.read_bytes().decode("utf-8", "replace"))))
    except OSError:
        return []


def looked_through(name: str, root: str) -> bool:
    """Whether a Snapshot of the project in `root` has this file, if it is one; both names are absolute."""
    if not lies_in(name, root):
        return False
    folders = list(Path(os.path.relpath(name, root)).parts[:-1])
    return folders[:1] != [_RESULTS] and _SKIPPED.isdisjoint(folders)


def _walk(folder: Path, layout: Path, reach: Reach, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """The files below a folder; linked folders, which a monorepo's projects share, are entered as those of wheels."""
    above |= {os.path.realpath(folder)}
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if not path.is_dir():
                if entry.is_file() and path.suffix != ".whl":  # `-o` may lead into the project
                    yield path
            elif entry.name in _SKIPPED or path in (layout, reach.root / _RESULTS) or is_ours(path):
                continue
            elif not entry.is_symlink() or not (leads_back(os.path.realpath(path), above) or reach.link_refusal(path)):
                yield from _walk(path, layout, reach, above)
