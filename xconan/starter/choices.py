"""What a first project can be made of: kinds of modules, and libraries of Conan. The tables beside this say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, nearest_names
from xconan.ground.files import load_toml
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent
_VERSION = re.compile(r"[a-z0-9_][a-z0-9_+.-]*")  # Conan's own rule for versions of recipes, without ranges


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Kind(Record):
    """What a module is written with.

    Attributes:
        name: "pybind11", as `--kind` and the template of its source are named.
        about: the same in words.
        language: CMake's name of the compiler's.
        source: file below src/.
        requires: PEP 508 requirements of the build.
    """

    name: str
    about: str
    language: str
    source: str
    requires: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Library(Record):
    """A library of Conan.

    Attributes:
        name: of its recipe.
        version: of its recipe, which the library reports itself as well.
        package: what find_package() is given.
        target: what target_link_libraries() is given.
        header: which declares `function`.
        function: of C, without arguments; returns the version.
    """

    name: str
    version: str
    package: str
    target: str
    header: str
    function: str

    @property
    def reference(self) -> str:
        """As Conan's requirements have it."""
        return f"{self.name}/{self.version}"


def kinds() -> dict[str, Kind]:
    """All kinds by their names; the first is the usual one."""
    return {
        name: Kind(
            name=name,
            about=str(row["about"]),
            language=str(row["language"]),
            source=str(row["source"]),
            requires=tuple(cast("list[str]", row["requires"])),
        )
        for name, row in _table("kinds").items()
    }


def libraries() -> dict[str, Library]:
    """All libraries by the names of their recipes, in the version that is taken where none is asked for."""
    rows = cast("Mapping[str, Mapping[str, str]]", _table("libraries"))
    return {name: Library(name=name, **row) for name, row in rows.items()}


def choose_library(reference: str) -> Library:
    """The library that is meant by "lz4" or "lz4/1.9.4".

    Raises:
        ConfigError: it is none of ours, or what follows the slash is no version.
    """
    name, slash, version = reference.partition("/")
    known = libraries()
    if name not in known:
        close = nearest_names(name, known)
        meant = f"did you mean '{close[0]}'? " if close else ""
        raise ConfigError(
            f"no first project is made with the library '{name}'", where="--library",
            hint=f"{meant}there are {', '.join(known)}; for another one leave --library out, then write it into "
            "[tool.xconan.conan] requires of pyproject.toml and into CMakeLists.txt",
        )  # fmt: skip
    library = known[name]
    if not slash:
        return library
    if not _VERSION.fullmatch(version):
        raise ConfigError(
            f"'{version}' is no version of a Conan recipe", where=f"--library {reference}",
            hint=f"write {library.reference}, or {name} alone",
        )  # fmt: skip
    return Library(**{**vars(library), "version": version})


def _table(name: str) -> dict[str, Mapping[str, object]]:
    return cast("dict[str, Mapping[str, object]]", load_toml(_FOLDER / f"{name}.toml"))
