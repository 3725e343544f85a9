"""Whether this environment has what `[build-system]` of a project requires: outside of a build frontend,
nobody else looks.
"""  # noqa: D205

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from xconan.ground.errors import ConfigError
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from pathlib import Path


def check_build_requirements(root: Path) -> None:
    """Raise ConfigError where a requirement is missing or has another version, naming all of them at once."""
    file = root / "pyproject.toml"
    table = load_toml(file).get("build-system")
    required = table.get("requires", []) if isinstance(table, dict) else []
    where = f"{file}: build-system.requires"
    missing = []
    for text in required if isinstance(required, list) else []:
        try:
            requirement = Requirement(str(text))
        except InvalidRequirement as error:
            raise ConfigError(f"'{text}' is no requirement: {error}", where=where) from None
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            missing.append(str(requirement))
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            missing.append(f"{requirement} (here: {found})")
    if missing:
        quoted = " ".join(f"'{name.split(' (')[0]}'" for name in missing)
        raise ConfigError(
            f"this environment lacks {', '.join(missing)}", where=where,
            hint=f"pip install {quoted}, or use `python -m build -w`",
        )  # fmt: skip
