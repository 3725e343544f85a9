"""A project's folders, looked through for what lies where nobody named it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEEPEST, _MOST = 4, 2000  # levels, folders: a project's own sources are not far away
# what belongs to others, is made, or only shows something
_SKIPPED_FOLDERS = re.compile(
    r"\..*|_?(tests?|testing|docs?|examples?|samples?|demos?|benchmarks?|templates?|fixtures|third[_-]?party|3rd[_-]?party|"
    r"externals?|extern|vendor(ed)?|subprojects|deps|build([_-].*)?|cmake-build-.*|dist|venv|env|node_modules|"
    r"site-packages|__pycache__)",
    re.IGNORECASE,
)


_HELPERS = re.compile(r"scripts?|tools?|bin|ci|cmake|utils?|notebooks?", re.IGNORECASE)


def holds_helpers(folder: Path, root: Path) -> bool:
    """Whether a folder is named as one of programs that help to develop a project: a file in it is no module of it."""
    return any(_HELPERS.fullmatch(part) for part in folder.relative_to(root).parts)


def own_folders(root: Path) -> Iterator[Path]:
    """The project's folders that hold sources of its own, nearest first, without the project's folder itself."""
    level, seen = [root], 0
    for _ in range(_DEEPEST):
        level = [folder for above in level for folder in _below(above)]
        seen += len(level)
        if seen > _MOST:
            return
        yield from level


def _below(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not _SKIPPED_FOLDERS.fullmatch(entry.name)
            ]
    except OSError:
        return []
    folders = (folder / name for name in sorted(names))
    return [
        below for below in folders if not (below / "pyvenv.cfg").exists() and not (below / "pyproject.toml").exists()
    ]
