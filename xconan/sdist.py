"""The action: a source distribution, reproducible, of the files that version control knows.

https://packaging.python.org/specifications/source-distribution-format/
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.run import capture
from xconan.wheel import source_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.model import Metadata, Project

_SKIPPED_FOLDERS = {
    ".git", ".hg", ".svn", "__pycache__", ".venv", "venv", ".tox", ".nox", "dist", "node_modules",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".xconan_cache", ".py-build-cmake_cache",
}  # fmt: skip


def write_sdist(project: Project, metadata: Metadata, folder: Path) -> str:
    """Write NAME-VERSION.tar.gz into a folder, whole or not at all, and return its name.

    The files are git's where the project is in a repository of git, else all but caches; then
    `[tool.xconan.sdist]` adds and removes.
    """
    base = f"{metadata.file_name}-{metadata.version}"
    place = folder / f"{base}.tar.gz"
    folder.mkdir(parents=True, exist_ok=True)
    names = select_files(project, metadata, out=folder)
    beside = place.with_name(f".{place.name}.part")
    date = source_date()
    try:
        with (
            beside.open("wb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=date) as packed,
            tarfile.TarFile("", "w", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
        ):
            for name in names:
                _add_file(archive, project.root / name, f"{base}/{name}", date)
            _add_bytes(archive, metadata.text.encode(), f"{base}/PKG-INFO", date)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return place.name


def select_files(project: Project, metadata: Metadata, *, out: Path) -> list[str]:
    """The files of the source distribution, as sorted names relative to the project."""
    root = project.root
    skipped = out.absolute()
    names = {
        name
        for name in _tracked(root) or _walked(root)
        if (root / name).is_file() and skipped not in (root / name).absolute().parents
    }
    for pattern in project.sdist.include:
        for path in root.glob(pattern):
            found = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
            names |= {one.relative_to(root).as_posix() for one in found}
    names = {name for name in names if not _matches(name, project.sdist.exclude)}
    crucial = {"pyproject.toml", *metadata.license_files, *([metadata.readme] if metadata.readme else [])}
    return sorted((names | crucial) - {"PKG-INFO"})


def _tracked(root: Path) -> list[str]:
    """What git tracks or would track (not ignored), [] outside of a repository."""
    listed = capture(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard",
                      "--recurse-submodules"])  # fmt: skip
    if listed.code != 0:
        listed = capture(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    return [name for name in listed.stdout.split("\0") if name] if listed.code == 0 else []


def _walked(root: Path) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]
        found += [(Path(folder) / name).relative_to(root).as_posix() for name in files if not name.endswith(".pyc")]
    return found


def _matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern names the file or a folder above it; `**` spans folders."""
    parents = [name, *(parent.as_posix() for parent in Path(name).parents)]
    return any(fnmatchcase(one, pattern.replace("**/", "*").rstrip("/")) for one in parents for pattern in patterns)


def _add_file(archive: tarfile.TarFile, path: Path, name: str, date: int) -> None:
    status = path.stat()
    info = tarfile.TarInfo(name)
    info.size, info.mtime = status.st_size, date
    info.mode = 0o755 if status.st_mode & 0o100 else 0o644
    with path.open("rb") as stream:
        archive.addfile(info, stream)


def _add_bytes(archive: tarfile.TarFile, data: bytes, name: str, date: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), date, 0o644
    archive.addfile(info, io.BytesIO(data))
