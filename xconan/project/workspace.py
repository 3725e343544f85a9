"""The folders that a configuration works in, and who may work in them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, MachineError
from xconan.ground.files import cache_folder, digest, write_text
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
    def python(self) -> Path:
        """The cross interpreter and the headers that CMake is shown."""
        return self.root / "python"

    @property
    def staging(self) -> Path:
        """What CMake installs: the platlib part of the wheel."""
        return self.root / "staging"


def find_layout(project: Project, cross: CrossConfig) -> Layout:
    """The folders of this configuration: in the project, or in the user's cache where that can't be written."""
    pattern = project.cmake.build_path if project.cmake else ".xconan_cache/{build_config}"
    path = project.root / pattern.replace("{build_config}", cross.target.name)
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        path = cache_folder() / "builds" / digest(str(project.root))[:16] / cross.target.name
    if path.exists() and not (path / "lock").exists() and any(path.iterdir()):
        raise ConfigError(
            "the build folder holds files that are not ours, which a build would remove",
            where=f"{project.place('cmake.build_path')}: {path}",
            hint="name a folder that is empty or not there yet",
        )
    return Layout(root=path)


@contextmanager
def working(layout: Layout) -> Iterator[int]:
    """Own the layout: one build at a time, kept out of version control; yield the lock's descriptor."""
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        if layout.root.parent.name == ".xconan_cache":
            write_text(layout.root.parent / ".gitignore", "*\n")
    except OSError as error:
        raise MachineError(
            f"cannot make the build folder: {error.strerror}",
            where=str(layout.root),
            hint="set tool.xconan.cmake.build_path to a folder that can be written",
        ) from None
    with locked(layout.root / "lock", what=str(layout.root)) as descriptor:
        yield descriptor
