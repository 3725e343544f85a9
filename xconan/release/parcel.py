"""A project as one parcel that travels: the files of its source distribution, and the settings of this machine.

Its name is the digest of all names and contents. Where it is unpacked again and again, what has not changed keeps its
time stamps, so that builds find their objects unchanged.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import TYPE_CHECKING, cast

from xconan.ground.files import digest, read_json, write_bytes, write_json
from xconan.ground.lock import locked
from xconan.project.config.layers import CROSS_FILES, LOCAL_FILES
from xconan.project.config.settings import invoked_from
from xconan.project.files import read_project_files
from xconan.wheel.sdist import select_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STAMP = "parcel.json"
_LEVEL = 1  # of gzip: sources, over a fast line


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A project's files.

    Attributes:
        digest: of names and contents.
        data: a tar, packed by gzip.
    """

    digest: str
    data: bytes


def pack_project(
    root: Path, settings: Sequence[Mapping[str, object]], *, out: Path, more: Mapping[str, bytes] | None = None
) -> Parcel:
    """Pack a project.

    Args:
        root: its folder.
        settings: PEP 517 config settings of all targets; files that they name below `root` are packed, too.
        out: of the wheels, which are no part of it.
        more: further files by name, which come over the project's own.

    Raises:
        ConfigError: or ErrorGroup: a file can't be packed.
    """
    contents = project_contents(root, settings, out=out)
    contents |= {name: (data, False) for name, data in (more or {}).items()}
    return pack_files(contents)


def project_contents(
    root: Path, settings: Sequence[Mapping[str, object]], *, out: Path
) -> dict[str, tuple[bytes, bool]]:
    """The files of a project by name, as pack_files() takes them; see pack_project()."""
    files = read_project_files(root, settings[0])
    found = select_files(files.project, files.metadata, files.module, out=out, for_others=False)
    for path in (*(root / name for name in (*LOCAL_FILES, *CROSS_FILES)), *named_files(root, settings)):
        if path.is_file() and path.is_relative_to(root):
            found[path.relative_to(root).as_posix()] = path
    contents = {name: (path.read_bytes(), os.access(path, os.X_OK)) for name, path in sorted(found.items())}
    contents["PKG-INFO"] = (files.metadata.text.encode(), False)
    return contents


def pack_files(contents: Mapping[str, tuple[bytes, bool]]) -> Parcel:
    """Pack files by name: their content, and whether they can be run."""
    raw = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0, compresslevel=_LEVEL) as packed,
        tarfile.TarFile("", "w", fileobj=packed, format=tarfile.PAX_FORMAT, encoding="utf-8") as archive,
    ):
        for name, (data, executable) in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755 if executable else 0o644
            archive.addfile(entry, io.BytesIO(data))
    named = {name: [hashlib.sha256(data).hexdigest(), executable] for name, (data, executable) in contents.items()}
    return Parcel(digest=digest(named), data=raw.getvalue())


def named_files(root: Path, settings: Sequence[Mapping[str, object]]) -> list[Path]:
    """The cross.toml and local files that settings, or the environment, name: absolute, wherever they are."""
    found = []
    for one in settings:
        for key in ("cross", "local"):
            value = one.get(key) or []
            found += [root / str(name) for name in (value if isinstance(value, list) else [value])]
    for variable in ("XCONAN_CROSS", "XCONAN_LOCAL"):
        for name in filter(None, os.environ.get(variable, "").split(os.pathsep)):
            tried = [folder / Path(name).expanduser() for folder in (invoked_from(), root)]
            found.append(next((path for path in tried if path.is_file()), tried[-1]))
    return [Path(os.path.normpath(path)) for path in found]


def unpack(parcel: Parcel, folder: Path) -> None:
    """Have exactly the parcel's files in a folder, beside what builds have left there.

    Files that are there with the same content stay untouched; those of the parcel before that are no longer in this one
    are removed.
    """
    stamp = folder.parent / _STAMP
    with locked(folder.parent / "parcel.lock", what=str(folder)):
        known = read_json(stamp)
        if known.get("digest") == parcel.digest and folder.is_dir():
            return
        contents = _contents(parcel)
        before = set(cast("list[str]", known.get("names", [])))
        # whoever comes after an end in the middle knows what may be there
        write_json(stamp, {"digest": "", "names": sorted(before | set(contents))})
        for old in before - set(contents):
            if (folder / old).is_file():
                (folder / old).unlink()
        for name, (data, executable) in contents.items():
            if (folder / name).is_dir():  # it was one in the parcel before
                rmtree(folder / name)
            write_bytes(folder / name, data, executable=executable)
        write_json(stamp, {"digest": parcel.digest, "names": sorted(contents)})


def _contents(parcel: Parcel) -> dict[str, tuple[bytes, bool]]:
    """The files of a parcel, as pack_files() takes them.

    Raises:
        ValueError: it has something else, or a name that leads out of a project's folder.
    """
    contents = {}
    with tarfile.open(fileobj=io.BytesIO(parcel.data), mode="r:gz") as archive:
        for entry in archive:
            name, content = PurePosixPath(entry.name), archive.extractfile(entry)
            if name.is_absolute() or ".." in name.parts or content is None:
                raise ValueError(f"a parcel has files alone, and this is none: {entry.name}")
            contents[entry.name] = content.read(), bool(entry.mode & 0o100)
    return contents
