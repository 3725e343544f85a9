"""The action: a source distribution, reproducible, of the files that version control knows.

https://packaging.python.org/specifications/source-distribution-format/
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.run import capture
from xconan.project.files import read_project_files
from xconan.wheel.write import source_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.project.config.records import Project
    from xconan.project.metadata import Metadata

_SKIPPED_FOLDERS = {
    ".git", ".hg", ".svn", "__pycache__", ".venv", "venv", ".tox", ".nox", "dist", "node_modules",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".xconan_cache", ".py-build-cmake_cache",
}  # fmt: skip


def build_sdist(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Build the source distribution of the project in `root` and return its name."""
    files = read_project_files(root, settings)
    return write_sdist(files.project, files.metadata, out)


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
    date = min(source_date(), 2**32 - 1)  # what gzip can say
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
    names = {name for name in _tracked(root) or _walked(root) if (root / name).is_file()}
    if root in out.absolute().parents:
        names = {name for name in names if out.absolute() not in (root / name).parents}
    names = (names | _globbed(project, "include")) - _globbed(project, "exclude")
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


def _globbed(project: Project, key: str) -> set[str]:
    """The files that the globs of a key name, and all files below the folders that they name."""
    root, found = project.root, set()
    patterns: tuple[str, ...] = getattr(project.sdist, key)
    for pattern in patterns:
        try:
            paths = list(root.glob(pattern.rstrip("/")))
        except (ValueError, NotImplementedError) as error:
            where = f"{project.pyproject_file}: tool.xconan.sdist.{key}"
            raise ConfigError(
                f"'{pattern}' is no glob: {error}", where=where, hint="relative, such as docs/**"
            ) from None
        for path in paths:
            found |= {path} if path.is_file() else {one for one in path.rglob("*") if one.is_file()}
    return {path.relative_to(root).as_posix() for path in found}


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
