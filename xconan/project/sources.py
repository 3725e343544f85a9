"""What Ninja and Make can't see: a source whose content changed while its time stamp went back.

They compare time stamps. A file put back by `git stash`, `cp -p` or an unpacked archive may be older than
the object made from its other version. The content of every source is therefore remembered; where one
changed without becoming newer, the build starts clean.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.files import file_digest, read_json, write_json
from xconan.project.links import Reach, leads_back

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED = {".git", ".hg", ".svn", "__pycache__", "node_modules", ".venv", "venv", ".tox", ".nox", "dist"}
_CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".xconan_cache", ".py-build-cmake_cache")


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The project's files as they are and as they were at the last build.

    A file's state is (size, mtime in ns, ctime in ns, inode, digest). Nobody sets the ctime, so a file whose
    first four are the same has not changed and need not be read. `built` is when that build ended, in ns.
    """

    stamp: Path
    built: int
    before: dict[str, list[object]]
    now: dict[str, list[object]]

    @classmethod
    def take(cls, project: Path, layout: Path) -> Snapshot:
        """Look at every file of the project apart from version control, caches and the layout's own."""
        stamp = layout / "sources.json"
        stored = read_json(stamp)
        before = cast("dict[str, list[object]]", stored.get("files", {}))
        now: dict[str, list[object]] = {}
        for path in _walk(project, layout, Reach(root=project)):
            status = path.stat(follow_symlinks=True) if path.exists() else None
            if status is None:
                continue
            seen: list[object] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            old = before.get(str(path))
            known = old is not None and old[:4] == seen
            now[str(path)] = [*seen, old[4] if known and old else file_digest(path)]
        return cls(stamp=stamp, built=cast("int", stored.get("built", 0)), before=before, now=now)

    def changed_unseen(self) -> bool:
        """Whether a file has other content than at the last build, but is older than that build."""
        pairs = ((self.before[name], state) for name, state in self.now.items() if name in self.before)
        return any(new[4] != old[4] and cast("int", new[1]) <= self.built for old, new in pairs)

    def save(self) -> None:
        """Remember this as the state of the last build."""
        write_json(self.stamp, {"built": time.time_ns(), "files": self.now})


def _walk(folder: Path, layout: Path, reach: Reach, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """The files below a folder; linked folders, which a monorepo's projects share, are entered as those of wheels."""
    above |= {os.path.realpath(folder)}
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if not path.is_dir():
                if entry.is_file():
                    yield path
            elif entry.name in _SKIPPED or entry.name in _CACHES or path == layout:
                continue
            elif not entry.is_symlink() or not (leads_back(os.path.realpath(path), above) or reach.link_refusal(path)):
                yield from _walk(path, layout, reach, above)
