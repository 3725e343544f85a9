"""The face of PEP 517 for a component: `build-backend = "xconan.build_component"`.

A component is a second wheel of a project, of what its CMake installs beside the first: debug symbols, say
(project/config/component.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build import guarded_hook

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: Mapping[str, object] | None = None) -> list[str]:
    """What the main project's wheel requires of this machine, and what its own pyproject.toml requires."""

    def hook(root: Path) -> list[str]:
        from xconan.ground.files import load_toml
        from xconan.project.config.component import read_component
        from xconan.project.requirements import requirements

        main = read_component(root).main
        table = load_toml(main / "pyproject.toml").get("build-system")
        own = table.get("requires", []) if isinstance(table, dict) else []
        return [*map(str, own), *requirements(main, config_settings)]

    return guarded_hook(hook, config_settings, "get_requires_for_build_wheel")


def build_wheel(
    wheel_directory: str,
    config_settings: Mapping[str, object] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the component's wheel, and before it what has changed of the main project; return its name."""
    del metadata_directory

    def hook(root: Path) -> str:
        from xconan.lines.component import build_component

        return build_component(root, Path(wheel_directory), config_settings)

    return guarded_hook(hook, config_settings, "build_wheel")


def get_requires_for_build_sdist(config_settings: Mapping[str, object] | None = None) -> list[str]:
    """Nothing."""
    del config_settings
    return []


def build_sdist(sdist_directory: str, config_settings: Mapping[str, object] | None = None) -> str:
    """There is none: a component has no sources of its own; the error says so."""
    del sdist_directory

    def hook(root: Path) -> str:
        from xconan.ground.errors import ConfigError
        from xconan.project.config.component import read_component

        raise ConfigError(
            "a component has no source distribution: its sources are the main project's", where=str(root),
            hint=f"build that of {read_component(root).main}; wheels of a component: python -m build -w",
        )  # fmt: skip

    return guarded_hook(hook, config_settings, "build_sdist")
