"""The folders that a configuration works in, and who may work in them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.errors import ConfigError, MachineError
from xconan.ground.files import BUILD_FOLDERS, cache_folder, digest, is_ours, mark_as_ours, plain_path, write_text
from xconan.ground.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.project.config.records import CrossConfig, Project

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Layout(Record):
    """The folders of one configuration, all below `root`."""

    root: Path

    @property
    def build(self) -> Path:
        """CMake's build folder."""
        return self.root / "cmake"

    @property
    def conan(self) -> Path:
        """What Conan generates, made anew with every install."""
        return self.root / "conan"

    @property
    def conan_result(self) -> Path:
        """What the last run of Conan was asked and had to say: JSON with "result", where it was run."""
        return self.root / "conan.json"

    @property
    def python(self) -> Path:
        """The cross interpreter and the headers that CMake is shown."""
        return self.root / "python"

    @property
    def log(self) -> Path:
        """What Conan, CMake and compilers printed in the last build."""
        return self.log_of("build")

    def log_of(self, work: str) -> Path:
        """What programs printed when this was last done: "build", "lock", "graph", "upload"."""
        return self.root / f"{work}.log"

    @property
    def staging(self) -> Path:
        """What CMake installs: the platlib part of the wheel."""
        return self.root / "staging"


def find_layout(project: Project, cross: CrossConfig) -> Layout:
    """The folders of this configuration: in the project, or in the user's cache where that can't be written."""
    pattern = project.cmake.build_path if project.cmake else f"{BUILD_FOLDERS}/{{build_config}}"
    number = project.cmake.number if project.cmake else 0
    name = f"{cross.target.name}-{number}" if number else cross.target.name
    path = plain_path(project.root / pattern.replace("{build_config}", name))
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        path = cache_folder() / "builds" / digest(str(project.root))[:16] / name
    if not _may_be_removed(path, project.root):
        raise ConfigError(
            "the build folder holds files that are not ours, which a build would remove",
            where=f"{project.place('cmake.build_path')}: {path}",
            hint="name a folder that is empty or not there yet",
        )
    return Layout(root=path)


def _may_be_removed(path: Path, root: Path) -> bool:
    """Whether nothing in a build folder is anybody else's: our own default is, by its name."""
    own = path.is_relative_to(root / BUILD_FOLDERS) or path.is_relative_to(cache_folder())
    moved = (path / "py-build-cmake-preload.cmake").is_file()  # a build of the backend that the project had before
    return own or moved or is_ours(path) or not path.exists() or (path.is_dir() and not any(path.iterdir()))


@contextmanager
def working(layout: Layout) -> Iterator[int]:
    """Own the layout: one build at a time, kept out of version control; yield the lock's descriptor."""
    prepare(layout)
    with locked(layout.root / "lock", what=str(layout.root)) as descriptor:
        yield descriptor


def prepare(layout: Layout) -> None:
    """Have the layout's folder there, as ours, kept out of version control.

    Raises:
        MachineError: it can't be made.
    """
    try:
        mark_as_ours(layout.root)
        reads.own(layout.root)
        if layout.root.parent.name == BUILD_FOLDERS:
            write_text(layout.root.parent / ".gitignore", "*\n")
    except OSError as error:
        raise MachineError(
            f"cannot make the build folder: {error.strerror}",
            where=str(layout.root),
            hint="set tool.xconan.cmake.build_path to a folder that can be written",
        ) from None


def lockfile_of(project: Project) -> Path:
    """Where the project's conan.lock is, or would be: beside the conanfile, else beside pyproject.toml."""
    conanfile = project.conan.conanfile
    return (conanfile.parent if conanfile else project.root) / "conan.lock"
