"""The action: a source distribution, reproducible, of the files that the wheel is made from.

https://packaging.python.org/specifications/source-distribution-format/
"""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, Problems, listed, printable
from xconan.ground.files import BYTE_ORDER_MARK, has_mark
from xconan.ground.report import say, warn
from xconan.project.belongs import build_folders, is_binary, is_scrap, is_secret
from xconan.project.config.layers import LOCAL_FILES
from xconan.project.files import read_project_files
from xconan.project.globs import matcher, matching
from xconan.project.links import Reach, packable
from xconan.project.listing import list_project
from xconan.project.presets import shared_preset_files
from xconan.wheel.crucial import crucial_files, name_in
from xconan.wheel.write import source_date

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from xconan.project.config.records import Project
    from xconan.project.metadata import Metadata
    from xconan.project.module import Module

_LEFT_OUT = "in a folder of builds, caches or environments"  # project/belongs.py says which
_SHOWN = 5  # names in a line
_BESIDE = ("conan.lock", "CMakePresets.json")  # files beside pyproject.toml that builds read by default


def build_sdist(
    root: Path, out: Path, settings: Mapping[str, object] | None = None, *, ours: Path | None = None
) -> str:
    """Build the source distribution of a project and return its name.

    Args:
        root: the project's folder.
        out: where it goes.
        settings: PEP 517 config settings.
        ours: a folder whose files are no part of the project, if it is not `out`.

    Raises:
        ConfigError: or ErrorGroup; nothing half-written stays.
    """
    files = read_project_files(root, settings)
    return write_sdist(files.project, files.metadata, files.module, out, ours=ours)


def write_sdist(project: Project, metadata: Metadata, module: Module, folder: Path, *, ours: Path | None = None) -> str:
    """Write NAME-VERSION.tar.gz into a folder, whole or not at all, and return its name; `ours` as in build_sdist."""
    if has_mark(project.root / "pyproject.toml"):
        raise ConfigError(f"pyproject.toml {BYTE_ORDER_MARK}", where=str(project.root / "pyproject.toml"),
                          hint="save it as UTF-8 without")  # fmt: skip
    base = f"{metadata.file_name}-{metadata.version}"
    place = folder / f"{base}.tar.gz"
    files = select_files(project, metadata, module, out=ours or folder)
    folder.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.part")
    date = min(source_date(), 2**32 - 1)  # what gzip can say
    try:
        with (
            beside.open("wb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=date) as packed,
            tarfile.TarFile("", "w", fileobj=packed, format=tarfile.PAX_FORMAT, encoding="utf-8") as archive,
        ):
            for name, path in sorted(files.items()):
                _add_file(archive, path, f"{base}/{name}", date)
            _add_bytes(archive, metadata.text.encode(), f"{base}/PKG-INFO", date)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return place.name


def select_files(
    project: Project, metadata: Metadata, module: Module, *, out: Path, for_others: bool = True
) -> dict[str, Path]:
    """The files of the source distribution: (name relative to the project with forward slashes, file).

    `for_others` says that settings of this machine, which are never among them, were left out.

    Without `sdist.include` they are the project's, as list_project() has them, and the wheel's Python files, whatever
    git says of these. With it, they are the wheel's and those that it names, as py-build-cmake has it. Then
    `sdist.exclude` takes away.

    Raises:
        ConfigError: or ErrorGroup: a file that the build reads is outside of the project or left out, or one can't
            be packed.
    """
    crucial = crucial_files(project, metadata)
    selection = _Selection(project=project, files={}, refused={})
    of_git = True
    if project.sdist.include:
        selection.take_named()
    else:
        of_git = selection.take_listed(out, metadata.file_name, for_others=for_others)
    selection.take_module(module, of_git=of_git)
    problems = Problems()
    for name in crucial:
        if refusal := selection.reach.refusal(project.root / name):
            selection.refused[name] = refusal
        else:
            selection.files.setdefault(name, project.root / name)
    selection.exclude(module, crucial)
    _check_reads(selection, problems)
    for name, (why, remedy) in sorted(selection.refused.items()):
        written = "".join(one if one.isprintable() else "?" for one in name)  # as a glob that TOML can hold
        problems.add(f"{printable(name)} can't be a part of the source distribution: {why}",
                     file=str(project.root / name),
                     hint=f'{remedy}, or exclude = ["{written}"] in [tool.xconan.sdist]')  # fmt: skip
    problems.raise_if_any()
    selection.files.pop("PKG-INFO", None)
    return selection.files


@dataclass(frozen=True, kw_only=True)
class _Selection:
    """Files by name, and why others can't be packed."""

    project: Project
    files: dict[str, Path]
    refused: dict[str, tuple[str, str]]

    @property
    def reach(self) -> Reach:
        return Reach(root=self.project.root)

    def take_listed(self, out: Path, own: str, *, for_others: bool) -> bool:
        """Take what version control tracks, else all files of the folder; never what xconan writes there.

        Nor wheels at the project's top that have its own name as file names have it. Returns whether git was asked.
        """
        listing = list_project(self.project.root, build=build_folders(self.project.cmake))
        root, place = self.project.root, out.absolute()
        written = place.relative_to(root).as_posix() if place.is_relative_to(root) and place != root else None
        for name, path in listing.files.items():
            ours = written and name.startswith(f"{written}/") and name not in listing.tracked
            ours = ours or (name not in listing.tracked and _is_ours(name, own, here=place == root))
            if not ours:
                self.files[name] = path
        self.refused.update(listing.refused)
        _say(listing.secrets, "left out, as they look like secrets; to pack it, have git track it (git add -f)")
        if for_others:
            _say(listing.personal, "left out: settings of this machine, no part of the source distribution")
        return listing.of_git

    def take_named(self) -> None:
        """Take what `sdist.include` names, and what is read beside it."""
        root, where = self.project.root, self.project.place("sdist.include")
        for pattern in self.project.sdist.include:
            for path in matching(root, pattern, where=where):
                names, refused = packable(path, self.reach) if path.is_dir() else ([""], {})
                for name in names:
                    self._take(path / name if name else path, named=not name)
                self.refused.update({name_in(path / name, root): why for name, why in refused.items()})
        conans = (self.project.conan, *self.project.more_conans)
        conanfiles = [conan.conanfile for conan in conans if conan and conan.conanfile]
        for path in (*conanfiles, *(root / name for name in _BESIDE)):
            if path.is_file() and path.is_relative_to(root):
                self._take(path, named=True)

    def _take(self, path: Path, *, named: bool) -> None:
        name = name_in(path, self.project.root)
        if name in LOCAL_FILES or (not named and (is_scrap(name) or is_secret(name, path))):
            return
        if refusal := self.reach.refusal(path):
            self.refused[name] = refusal
        else:
            self.files[name] = path

    def take_module(self, module: Module, *, of_git: bool) -> None:
        """Take the Python files of the wheel that are not among the project's, and say so.

        `of_git` says that git has named those; else only folders that no project has are left out.
        """
        root = self.project.root
        outside = [path for _, path in module.files if not path.is_relative_to(root)]
        if outside:
            raise ConfigError(
                f"the wheel's Python files lie outside of the project, so a source distribution can't hold them: "
                f"{outside[0]}", where=self.project.place("module.directory"),
                hint="move them below pyproject.toml, or link their folder there; `python -m build -w` needs none",
            )  # fmt: skip
        missing = {name_in(path, root): path for _, path in module.files} if module.files else {}
        missing = {name: path for name, path in missing.items() if name not in self.files and name not in self.refused}
        binaries = {name for name in missing if is_binary(name)}
        self.files.update({name: path for name, path in missing.items() if name not in binaries})
        if self.project.sdist.include:
            return
        why, track = ("ignored by git", ", or have git track it (git add -f)") if of_git else (_LEFT_OUT, "")
        _say(missing.keys() - binaries, f"{why}, but in the wheel: packed, too")
        _say(binaries, f"{why} and made by a compiler: in the wheel of this folder, but not packed; remove it, or name "
             f"it in wheel.exclude{track}", warning=True)  # fmt: skip

    def exclude(self, module: Module, crucial: Collection[str]) -> None:
        """Take away what `sdist.exclude` names; what is crucial stays."""
        where = self.project.place("sdist.exclude")
        excluded = matcher(self.project.sdist.exclude, where=where)
        for names in (self.files, self.refused):
            for name in [name for name in names if name not in crucial and excluded(name)]:
                del names[name]
        packed = {name_in(path, self.project.root) for _, path in module.files}
        _say({name for name in packed if excluded(name)}, "left out by sdist.exclude, but in the wheel of this "
             "folder", warning=True)  # fmt: skip


def _check_reads(selection: _Selection, problems: Problems) -> None:
    """Files that the build of the wheel always reads must be there."""
    project = selection.project
    reads: list[tuple[Path, str]] = []
    for cmake in (project.cmake, *project.more_cmakes):
        if cmake:
            own = f"cmake.{cmake.number}.source_path"
            key = own if _written_in_pyproject(project, own) else "cmake.source_path"
            reads.append((cmake.source_path / "CMakeLists.txt", key))
            files = shared_preset_files(cmake.source_path) if cmake.preset else []
            reads += [(path, "cmake.preset") for path in files if path.is_relative_to(project.root)]
    for conan in (project.conan, *filter(None, project.more_conans)):
        reads += [(conan.conanfile, "conan.conanfile")] if conan.conanfile else []
        reads += [(path, "conan.host_profiles") for path in conan.host_profiles]
        reads += [(path, "conan.build_profiles") for path in conan.build_profiles]
    for path, key in dict.fromkeys(reads):
        if not path.is_relative_to(project.root):
            if _written_in_pyproject(project, key):
                problems.add(
                    f"the build reads {path}, outside of the project: a source distribution can't hold it",
                    file=project.pyproject_file, key=f"tool.xconan.{key}",
                    hint="move pyproject.toml up beside it (module.directory says where the Python files are), or that "
                    "file below pyproject.toml; `python -m build -w` needs no source distribution",
                )  # fmt: skip
            continue
        name = name_in(path, project.root)
        if name not in selection.files and name not in selection.refused and path.is_file():
            problems.add(
                f"the build reads {name}, but it is not in the source distribution", file=project.pyproject_file,
                key="tool.xconan.sdist",
                hint=f'add "{name}" to sdist.include, or leave it out of sdist.exclude'
                if project.sdist.include or project.sdist.exclude else f"git add -f {name}",
            )  # fmt: skip


def _written_in_pyproject(project: Project, key: str) -> bool:
    """Whether a key stands in the project's own table, and not in a file or command of one user."""
    table: object = project.pyproject.get("tool")
    for part in ("xconan", *key.split(".")):
        table = table.get(part) if isinstance(table, dict) else None
    return table is not None


def _is_ours(name: str, own: str, *, here: bool) -> bool:
    """Whether a file at the project's top is a wheel of the project, or any archive where they are written `here`."""
    if "/" in name:
        return False
    return (here and name.endswith((".tar.gz", ".whl", ".part"))) or (
        name.startswith(f"{own}-") and name.endswith(".whl")
    )


def _say(names: Collection[str], what: str, *, warning: bool = False) -> None:
    if names:
        text = f"{printable(listed(sorted(names), _SHOWN))}: {what}"
        if warning:
            warn(text)
        else:
            say(f"xconan: {text}")


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
