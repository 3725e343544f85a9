"""The face of PEP 517 and 660: `build-backend = "xconan.build"`.

Hooks run in processes of their own and are imported for each; everything slow is imported inside.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    Result = TypeVar("Result")

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: Mapping[str, object] | None = None) -> list[str]:
    """Cmake and ninja, where this machine has none new enough."""

    def hook(root: Path) -> list[str]:
        from xconan.project.requirements import requirements

        return requirements(root, config_settings)

    return guarded_hook(hook, config_settings, "get_requires_for_build_wheel")


def get_requires_for_build_sdist(config_settings: Mapping[str, object] | None = None) -> list[str]:
    """What says dynamic metadata, mostly nothing."""

    def hook(root: Path) -> list[str]:
        from xconan.project.requirements import sdist_requirements

        return sdist_requirements(root, config_settings)

    return guarded_hook(hook, config_settings, "get_requires_for_build_sdist")


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Mapping[str, object] | None = None
) -> str:
    """Write .dist-info, without running CMake, and return its name."""

    def hook(root: Path) -> str:
        from pathlib import Path

        from xconan.lines.metadata import write_metadata

        return write_metadata(root, Path(metadata_directory), config_settings)

    return guarded_hook(hook, config_settings, "prepare_metadata_for_build_wheel")


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, object] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel for the host that `-C cross=FILE` names, else for this machine, and return its name."""
    del metadata_directory
    import os

    from xconan.ground.door import knock

    asked = {}
    told = ("verbose", "quiet", "loglevel", "V")
    if any(name.lstrip("-") in told for name in config_settings or ()) or "PY_BUILD_CMAKE_LOGLEVEL" in os.environ:
        from contextlib import suppress

        from xconan.ground.errors import XconanError
        from xconan.ground.verbosity import asked_for

        with suppress(XconanError):  # which the hook tells
            asked = asked_for(config_settings)
    visit = knock("build_wheel", config_settings, out=os.path.abspath(wheel_directory), asked=asked)
    if visit.wheels:
        visit.tell()
        return os.path.basename(visit.wheels[0])

    def hook(root: Path) -> str:
        from pathlib import Path

        from xconan.pipeline import build_wheel as build

        return build(root, Path(wheel_directory), config_settings)

    name = guarded_hook(hook, config_settings, "build_wheel")
    visit.remember()
    return name


def build_sdist(sdist_directory: str, config_settings: Mapping[str, object] | None = None) -> str:
    """Build the source distribution and return its name."""

    def hook(root: Path) -> str:
        from pathlib import Path

        from xconan.wheel.sdist import build_sdist as build

        return build(root, Path(sdist_directory), config_settings)

    return guarded_hook(hook, config_settings, "build_sdist")


def build_editable(
    wheel_directory: str, config_settings: Mapping[str, object] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel by which the project is imported from its own folder (PEP 660), and return its name."""
    del metadata_directory

    def hook(root: Path) -> str:
        from pathlib import Path

        from xconan.lines.editable import build_editable as build

        return build(root, Path(wheel_directory), config_settings)

    return guarded_hook(hook, config_settings, "build_editable")


def build_editable_for(question: Mapping[str, object]) -> None:
    """What build_editable has the kept build environment do; no hook."""

    def hook(root: Path) -> None:
        del root
        from xconan.lines.editable import build_for

        build_for(question)

    guarded_hook(hook, None, "build_editable")


def rebuild_editable(question: Mapping[str, object]) -> None:
    """What an editable install starts when it is imported and something has changed; no hook."""

    def hook(root: Path) -> None:
        del root
        from xconan.lines.editable import rebuild

        rebuild(question)

    guarded_hook(hook, None, "the rebuild of an editable install")


get_requires_for_build_editable = get_requires_for_build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def guarded_hook(hook: Callable[[Path], Result], config_settings: Mapping[str, object] | None, name: str) -> Result:
    """Run a hook in the current folder, with errors in the user's words; for the other faces, too."""
    import os
    from pathlib import Path

    from xconan.ground.boundary import guarded
    from xconan.ground.verbosity import asked_for

    with guarded(what=f"{name} is at work"):
        os.environ.update(asked_for(config_settings))
        return hook(Path.cwd())
