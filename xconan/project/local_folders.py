"""Folders of this machine, and what debug info and `__FILE__` are to call them.

A compiler writes the paths of its sources into what it makes. They differ from machine to machine, so that the same
sources give other wheels, and they tell whose home the build was in. https://reproducible-builds.org/docs/build-path/
has the ways out; ours is -ffile-prefix-map, with one name for each folder.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder, conan_home
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xconan.project.config.records import Project
    from xconan.project.workspace import Layout

TOP = "/xconan"  # no machine has it; what debuggers are told to substitute
_OF_THE_SYSTEM = ("/usr/include", "/usr/lib", "/usr/share", "/opt")  # the same on many machines


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LocalFolder(Record):
    """A folder of this machine.

    Attributes:
        path: absolute, without a "/" at its end.
        name: in debug info and `__FILE__`: "/xconan/demo".
        what: in messages: "the project's folder".
    """

    path: str
    name: str
    what: str


def local_folders(project: Project, layout: Layout, *, headers: Path | None, sysroot: str) -> tuple[LocalFolder, ...]:
    """The folders whose paths would get into a wheel, the shorter ones first, as a later prefix counts before earlier.

    Args:
        project: whose folder and name it is; none where it lets paths stay.
        layout: where it is built.
        headers: of the host's Python.
        sysroot: of the toolchain, "" for none.
    """
    if project.cmake and not project.cmake.file_prefix_map:
        return ()
    own = f"{TOP}/{re.sub(r'[^0-9A-Za-z_.]+', '_', project.module.name)}"
    named = [
        (Path("~").expanduser(), f"{TOP}/home", "a home folder"),
        (cache_folder(), f"{TOP}/cache", "xconan's cache"),
        (conan_home(project.root), f"{TOP}/conan", "Conan's home"),
        *((path, name, what) for path, name, what in (
            (headers, f"{TOP}/python", "the host Python's headers"),
            (Path(sysroot or "/"), f"{TOP}/sysroot", "the sysroot"),
        ) if path and not str(path).startswith(_OF_THE_SYSTEM)),
        (project.root, own, "the project's folder"),
        (layout.root, f"{own}/.build", "the build folder"),
    ]  # fmt: skip
    return tuple(sorted(set(_both_spellings(named)), key=lambda folder: (len(folder.path), folder.path)))


def package_folders(packages: Iterable[tuple[str, str]]) -> tuple[LocalFolder, ...]:
    """The folders of Conan's packages, of which two caches have two: (reference, folder), "lz4/1.9.4"."""
    named = [(Path(folder), f"{TOP}/{reference}", f"the package {reference}") for reference, folder in packages]
    return tuple(sorted(_both_spellings(named), key=lambda folder: (len(folder.path), folder.path)))


def _both_spellings(named: Iterable[tuple[Path, str, str]]) -> Iterator[LocalFolder]:
    """Each folder as it was given and without links, as a compiler may have it from its working folder."""
    for path, name, what in named:
        for spelled in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):  # noqa: PTH100 - keeps links
            if spelled != os.path.sep:
                yield LocalFolder(path=spelled, name=name, what=what)
