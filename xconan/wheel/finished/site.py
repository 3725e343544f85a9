"""Wheels and source distributions -> a folder that is a package index; any web server can hand it out.

The folder is made whole beside its place and renamed, so that whoever reads it sees the old index or the new one.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.metadata import parse_email
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import Version

from xconan.ground.errors import CheckError, ConfigError, Problems
from xconan.ground.files import INDEX_MARK, remove_tree, write_bytes, write_text
from xconan.ground.report import doing
from xconan.render.index_pages import IndexFile, ProjectPage, RootPage, project_json, root_json
from xconan.wheel.finished.opened import UNREADABLE, opened, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_SUFFIXES = (".whl", ".tar.gz")
_PAGES = "simple"
_MARK_TEXT = "xconan index made this folder, and makes it anew: everything in it may be removed.\n"
_LARGEST = 16 << 20  # bytes of a PKG-INFO


@dataclass(frozen=True, kw_only=True)
class Yank:
    """Files that installers are to pass over: a pattern of their names, and why."""

    pattern: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A file for the index, as read.

    `metadata` is that of a wheel, b"" of a source distribution, whose metadata may differ from its wheels'.
    """

    path: Path
    project: str
    version: str
    requires_python: str
    metadata: bytes = b""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The wheels and source distributions that are named, or lie in the folders that are.

    Raises:
        ConfigError: or ErrorGroup; a path is neither, two files of one name differ, or there is nothing.
    """
    problems = Problems()
    found: dict[str, Path] = {}
    for path in paths:
        inside = sorted(one for one in path.iterdir() if one.name.endswith(_SUFFIXES)) if path.is_dir() else [path]
        if not path.exists():
            problems.add("there is no such file or folder", file=path, hint="name dist/, or wheels in it")
            continue
        if path.is_file() and not path.name.endswith(_SUFFIXES):
            problems.add("it is no wheel or source distribution", file=path, hint="name files *.whl or *.tar.gz")
            continue
        for one in inside:
            if not one.is_file():
                what = "it is a folder" if one.is_dir() else "it is a link that leads nowhere"
                problems.add(f"{what}, and named as a wheel or source distribution is", file=one, hint="remove it")
                continue
            known = found.setdefault(one.name, one)
            if known != one and known.read_bytes() != one.read_bytes():
                problems.add(f"{known} has the same name, and other content", file=one, hint="name one of them")
    if not found and not problems.found:
        problems.add(
            "there is no wheel or source distribution in it", file=", ".join(map(str, paths)), hint="xconan build first"
        )
    problems.raise_if_any()
    return list(found.values())


def read_item(path: Path) -> Item:
    """Read a wheel or source distribution.

    Raises:
        CheckError: it is neither, or it is damaged.
    """
    return _read_wheel(path) if path.suffix == ".whl" else _read_sdist(path)


def _read_wheel(path: Path) -> Item:
    try:
        with opened(path) as wheel:
            texts = [one for one in wheel.entries if _is_metadata_of(one.name, wheel.name.name)]
            data = texts[0].read() if texts else b""
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    if not data:
        raise CheckError("it has no METADATA", where=str(path), hint="xconan check says what else is wrong with it")
    requires = parse_email(data)[0].get("requires_python", "")
    return Item(path=path, project=wheel.name.name, version=wheel.name.version, requires_python=requires, metadata=data)


def _read_sdist(path: Path) -> Item:
    try:
        name, version = parse_sdist_filename(path.name)
        with tarfile.open(path, "r:gz") as archive:
            texts = (one for one in archive if one.name.count("/") == 1 and one.name.endswith("/PKG-INFO"))
            member = next((one for one in texts if one.isreg() and one.size <= _LARGEST), None)
            stream = archive.extractfile(member) if member else None
            data = stream.read() if stream else b""
    except InvalidSdistFilename:
        raise CheckError("it is not named as a source distribution is", where=str(path),
                         hint="name it NAME-VERSION.tar.gz, as its builder did") from None  # fmt: skip
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise CheckError(f"the archive is damaged or cut off: {error}", where=str(path),
                         hint="build it again, or download it again") from None  # fmt: skip
    requires = parse_email(data)[0].get("requires_python", "")
    return Item(path=path, project=name, version=str(version), requires_python=requires)


def _is_metadata_of(name: str, project: str) -> bool:
    """Whether a file of a wheel is the METADATA of this distribution: others' may lie beside it."""
    folder, _, rest = name.partition("/")
    return rest == "METADATA" and folder.endswith(".dist-info") and canonicalize_name(folder.split("-")[0]) == project


def write_site(out: Path, files: Sequence[Path], yanks: Sequence[Yank] = ()) -> dict[str, list[str]]:
    """Write an index of these files, and nothing else; the folder is replaced as a whole.

    Args:
        out: the folder: a new or empty one, or one that this has made.
        files: wheels and source distributions.
        yanks: which of them are yanked (PEP 592).

    Returns:
        The names of the files by project.

    Raises:
        ConfigError: the folder has something else in it, or a pattern of `yanks` means no file.
        CheckError: or ErrorGroup; files that are damaged.
    """
    _refuse_foreign(out)
    out = out.resolve()  # a link stays, and leads to the new one
    problems = Problems()
    items: list[Item] = []
    for path in files:
        with problems.collected(), doing(f"reading {path.name}"):
            items.append(read_item(path))
    for yank in yanks:
        if not any(fnmatchcase(path.name, yank.pattern) for path in files):
            problems.add(f"no file is named {yank.pattern}", key="--yank", hint="a pattern of names: 'demo-1.0-*'")
    problems.raise_if_any()
    beside = out.with_name(f".{out.name}.part")
    remove_tree(beside)
    try:
        listed = _write(beside, items, yanks)
        old = out.with_name(f".{out.name}.old")
        remove_tree(old)
        if out.exists():
            out.rename(old)
        beside.rename(out)
        remove_tree(old)
    finally:
        remove_tree(beside)
    return listed


def _refuse_foreign(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()) and not (out / INDEX_MARK).is_file():
        raise ConfigError("the folder has something else in it, which an index would replace", where=str(out),
                          hint="name a new folder by -o, or empty this one")  # fmt: skip
    if out.exists() and not out.is_dir():
        raise ConfigError("the index's folder is a file", where=str(out), hint="name another folder by -o")


def _write(site: Path, items: Sequence[Item], yanks: Sequence[Yank]) -> dict[str, list[str]]:
    write_text(site / INDEX_MARK, _MARK_TEXT)
    projects = sorted({item.project for item in items})
    for project in projects:
        folder = site / _PAGES / project
        folder.mkdir(parents=True)
        own = sorted(
            (item for item in items if item.project == project),
            key=lambda item: (Version(item.version), item.path.name),
        )
        with doing(f"copying the files of {project}"):
            pages = tuple(_place(folder, item, yanks) for item in own)
        write_text(folder / "index.html", ProjectPage(title=f"Links for {project}", files=pages).text)
        write_text(folder / "index.json", project_json(project, pages))
    write_text(site / _PAGES / "index.html", RootPage(projects=tuple(projects)).text)
    write_text(site / _PAGES / "index.json", root_json(projects))
    return {project: [item.path.name for item in items if item.project == project] for project in projects}


def _place(folder: Path, item: Item, yanks: Sequence[Yank]) -> IndexFile:
    """Copy a file, with its metadata beside it, and describe it."""
    name = item.path.name
    shutil.copyfile(item.path, folder / name)
    if item.metadata:
        write_bytes(folder / f"{name}.metadata", item.metadata)
    yank = next((one for one in yanks if fnmatchcase(name, one.pattern)), None)
    return IndexFile(
        name=name, url=quote(name), version=item.version, size=item.path.stat().st_size,
        sha256=_sha256(folder / name), requires_python=item.requires_python,
        metadata_sha256=hashlib.sha256(item.metadata).hexdigest() if item.metadata else "",
        yanked=yank is not None, reason=yank.reason if yank else "",
    )  # fmt: skip


def _sha256(path: Path) -> str:
    state = hashlib.sha256()
    for piece in _pieces(path):
        state.update(piece)
    return state.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            yield piece
