"""A folder of unpacked bundles: what is in it, put there and taken away whole.

    DIR/x-tools/TRIPLE/bin/TRIPLE-gcc                        the compiler
    DIR/x-tools/TRIPLE/pythonX.Y/usr/local/include           its Pythons, below pypyX.Y-vZ too
    DIR/x-tools/TRIPLE.toolchain.cmake, .profile.conan       for CMake and Conan
    DIR/x-tools/TRIPLE.python.toolchain.cmake                the same with Python's hints
    DIR/x-tools/TRIPLE.pythonX.Y.py-build-cmake.cross.toml   for `xconan build --cross`
    DIR/x-tools/.xconan                                      what we unpacked, as JSON; downloads; the lock

That is where the archives' own layout puts them, so that files which name each other by relative paths stay right,
and folders that were unpacked by hand are listed and used as well.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.fetch.toolchains.catalog import PYTHONS, TOOLCHAIN, known_names, split_name
from xconan.ground.errors import ConfigError, nearest_names
from xconan.ground.files import cache_folder, file_digest, read_json, remove_tree, write_json
from xconan.ground.lock import locked
from xconan.ground.report import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TREE = "x-tools"  # the one folder at the top of every archive
_OURS = ".xconan"
_CROSS = re.compile(r"(\.py-build-cmake)?\.cross\.toml$")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What we unpacked.

    Attributes:
        name: KIND:TRIPLE.
        version: the release; "" for an archive that the user named.
        source: the archive's address, without a password.
        sha256: of the archive.
        paths: all that is the bundle's, relative to the tree; a folder with "", a file with its SHA-256, and while it
            is replaced with the old one before it.
        finished: False while paths are moved; whoever finds that takes them away.
    """

    name: str
    version: str
    source: str
    sha256: str
    paths: Mapping[str, str]
    finished: bool = False


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A toolchain, or the Pythons of a triple, as they lie in a store.

    Attributes:
        name: KIND:TRIPLE.
        folder: of the toolchain, with its Pythons.
        record: what we know of its archive; None for what was unpacked by hand.
        compiler: the C compiler of a toolchain.
        toolchain_file: for CMake.
        conan_profile: for `conan install -pr:h`.
        crosses: the cross.toml of each Python that is there.
    """

    name: str
    folder: Path
    record: Record | None = None
    compiler: Path | None = None
    toolchain_file: Path | None = None
    conan_profile: Path | None = None
    crosses: tuple[Path, ...] = ()

    @property
    def version(self) -> str:
        """The release; "" where nobody said."""
        return self.record.version if self.record else ""

    def facts(self) -> dict[str, object]:
        """The bundle for programs."""
        record = self.record or Record(name=self.name, version="", source="", sha256="", paths={})
        paths = {
            "compiler": self.compiler, "toolchain_file": self.toolchain_file, "conan_profile": self.conan_profile
        }  # fmt: skip
        return {
            "name": self.name,
            "version": record.version,
            "source": record.source,
            "sha256": record.sha256,
            "folder": str(self.folder),
            **{key: str(path) for key, path in paths.items() if path},
            **({"cross": [str(path) for path in self.crosses]} if self.crosses else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Store:
    """The bundles below one folder.

    Attributes:
        folder: where archives are unpacked; the tree is x-tools in it.
    """

    folder: Path

    @property
    def tree(self) -> Path:
        """The folder that every archive is."""
        return self.folder / TREE

    @property
    def ours(self) -> Path:
        """The folder of what only we need."""
        return self.tree / _OURS

    @property
    def new(self) -> Path:
        """Where an archive is unpacked first; it is there while someone adds one, or was killed."""
        return self.ours / "new"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes out, and take away what a killed one left half done."""
        self.tree.mkdir(parents=True, exist_ok=True)
        _allow_writing(self.tree)
        with locked(self.ours / "lock", what=str(self.folder)):
            for record in self.records().values():
                if not record.finished:
                    self._take_away(record)
            remove_tree(self.new)
            try:
                yield
            finally:
                with suppress(OSError):
                    remove_tree(self.new)

    def records(self) -> dict[str, Record]:
        """What we unpacked, by name."""
        records = {}
        for file in sorted((self.ours / "records").glob("*.json")):
            values = read_json(file)
            if values.keys() == {field.name for field in fields(Record)}:
                record = Record(**values)  # type: ignore[arg-type]  # our own file
                records[record.name] = record
        return records

    def bundles(self) -> list[Bundle]:
        """All that is there and whole, unpacked by us or by hand, by triple."""
        records = self.records()
        folders = sorted(self.tree.iterdir()) if self.tree.is_dir() else []
        bundles = [look(self.tree, folder) for folder in folders for look in (_toolchain, _pythons)]
        known = [replace(bundle, record=records.get(bundle.name)) for bundle in bundles if bundle]
        return [bundle for bundle in known if bundle.record is None or bundle.record.finished]

    def bundle(self, name: str) -> Bundle:
        """One of them.

        Raises:
            ConfigError: it isn't there, or the name is none.
        """
        split_name(name)
        bundles = {bundle.name: bundle for bundle in self.bundles()}
        if name not in bundles:
            verb = "python" if name.startswith(PYTHONS) else "toolchain"
            there = f"there: {', '.join(bundles)}; " if bundles else ""
            known = known_names()
            near = [] if name in known else nearest_names(name, [*bundles, *known])
            hint = f"did you mean {near[0]}?" if near else f"{there}xconan {verb} add {name}"
            raise ConfigError(f"there is no {name}", where=str(self.tree), hint=hint)
        return bundles[name]

    def put(self, tree: Path, record: Record) -> None:
        """Move an unpacked tree to its place; call it while `held`.

        Files beside the triple's folder that the user changed since we unpacked them stay as they are.

        Raises:
            ConfigError: something that isn't ours lies in the way.
        """
        triple = split_name(record.name)[1]
        old = self.records().get(record.name)
        files = {path.name: file_digest(path) for path in tree.iterdir() if path.is_file()}
        kept = [name for name, content in files.items() if self._changed(name, content)]
        for name in kept:
            say(f"xconan: kept {self.tree / name}, which was changed here")
            del files[name]
        folders = [f"{triple}/{path.name}" for path in sorted((tree / triple).iterdir())]
        self._refuse_to_overwrite(folders, old)
        paths = {**dict.fromkeys(folders, ""), **files}
        either = {name: f"{file_digest(self.tree / name)} {content}" for name, content in files.items()}
        self._write({**asdict(record), "paths": {**(old.paths if old else {}), **paths, **either}, "finished": False})
        if old:
            stay = {*files, *kept}
            gone = {path: known for path, known in old.paths.items() if path not in stay}
            self._take_away(replace(old, paths=gone), forget=False)
        place = self.tree / triple
        place.mkdir(exist_ok=True)
        _allow_writing(place)
        for name in paths:
            (tree / name).replace(self.tree / name)
        self._write({**asdict(record), "paths": paths, "finished": True})

    def remove(self, name: str) -> None:
        """Take a bundle away.

        Raises:
            ConfigError: it isn't there, or was unpacked by hand.
        """
        if name not in self.records():
            raise ConfigError(f"{name} was not unpacked by xconan", where=str(self.bundle(name).folder),
                              hint="remove it yourself")  # fmt: skip
        with self.held():
            if record := self.records().get(name):
                self._write({**asdict(record), "finished": False})
                self._take_away(record)

    def _changed(self, name: str, content: str) -> bool:
        """Whether a file that is there is neither the new one nor as an archive brought it."""
        place = self.tree / name
        if not os.path.lexists(place):
            return False
        known = [record.paths.get(name, "") for record in self.records().values()]
        return file_digest(place) not in " ".join([content, *known]).split()

    def _refuse_to_overwrite(self, names: list[str], old: Record | None) -> None:
        for name in names:
            if os.path.lexists(self.tree / name) and not (old and name in old.paths):
                owner = next((other.name for other in self.records().values() if name in other.paths), "")
                hint = f"xconan toolchain remove {owner}" if owner else "remove it, or choose another folder by -o"
                message = f"there is one of {owner}" if owner else "there is one that xconan did not unpack"
                raise ConfigError(message, where=str(self.tree / name), hint=hint)

    def _take_away(self, record: Record, *, forget: bool = True) -> None:
        """Remove what is a bundle's alone and was not changed by the user; FORGET its record too."""
        others = {path for other in self.records().values() if other.name != record.name for path in other.paths}
        for name, known in record.paths.items():
            path = self.tree / name
            if name in others or not os.path.lexists(path):
                continue
            if known and file_digest(path) not in known.split():
                say(f"xconan: kept {path}, which was changed here")
                continue
            _allow_writing(path.parent)
            remove_tree(path)
        if forget:
            folder = self.tree / split_name(record.name)[1]
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
            self._file(record.name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.ours / "records" / f"{name.replace(':', '.')}.json"

    def _write(self, values: dict[str, object]) -> None:
        write_json(self._file(cast("str", values["name"])), values)


def open_store(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> Store:
    """The store in a folder; else in $XCONAN_TOOLCHAINS, else in the cache."""
    if folder is None:
        chosen = environ.get("XCONAN_TOOLCHAINS")
        folder = Path(chosen) if chosen else cache_folder(environ) / "bundles"
    return Store(folder=folder.expanduser().absolute())


def crosses(tree: Path, triple: str) -> tuple[Path, ...]:
    """Every cross.toml of a triple."""
    files = (path for path in tree.glob(f"{triple}.*") if _CROSS.search(path.name) and path.is_file())
    return tuple(sorted(files, key=lambda path: [int(part) if part.isdigit() else part for part in
                                                 re.split(r"(\d+)", path.name)]))  # fmt: skip


def python_of(cross: Path, triple: str) -> str:
    """The folder of a cross.toml's Python, beside the compiler's bin: python3.11, pypy3.10-v7.3."""
    return _CROSS.sub("", cross.name).removeprefix(f"{triple}.")


def _toolchain(tree: Path, folder: Path) -> Bundle | None:
    triple = folder.name
    compiler = folder / "bin" / f"{triple}-gcc"
    if not compiler.exists():
        return None
    files = {"toolchain_file": tree / f"{triple}.toolchain.cmake", "conan_profile": tree / f"{triple}.profile.conan"}
    there = {key: path for key, path in files.items() if path.is_file()}
    return Bundle(name=f"{TOOLCHAIN}:{triple}", folder=folder, compiler=compiler, **there)  # type: ignore[arg-type]


def _pythons(tree: Path, folder: Path) -> Bundle | None:
    ready = tuple(path for path in crosses(tree, folder.name) if (folder / python_of(path, folder.name)).is_dir())
    return Bundle(name=f"{PYTHONS}:{folder.name}", folder=folder, crosses=ready) if ready else None


def _allow_writing(folder: Path) -> None:
    """Makers of toolchains leave their folders read-only, which keeps their owner from adding to them."""
    if not os.access(folder, os.W_OK):
        folder.chmod(folder.stat().st_mode | 0o700)
