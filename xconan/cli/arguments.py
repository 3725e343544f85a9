"""What several verbs read from their arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.errors import ConfigError

if TYPE_CHECKING:
    import argparse


def project_root(arguments: argparse.Namespace) -> Path:
    """The project's folder, absolute."""
    root = Path(arguments.project).absolute()
    if not root.is_dir():
        raise ConfigError("there is no such folder", where=str(root), hint="name the folder of pyproject.toml")
    return root


def settings(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """--target, --cross and -C as PEP 517 config settings: one set for each target."""
    common = _common_settings(arguments)
    named = cast("list[str]", common.pop("target", []))
    return [{**common, "target": target} for target in dict.fromkeys([*arguments.target, *named])] or [common]


def _common_settings(arguments: argparse.Namespace) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    for text in arguments.settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"'{text}' is not KEY=VALUE", where="-C", hint="for example -C cross=FILE")
        found.setdefault(key.lstrip("-"), []).append(value)
    if arguments.cross:
        found.setdefault("cross", []).extend(arguments.cross)
    for key in ("cross", "local"):
        # here the working directory is the user's; a build frontend's hooks have to ask $PWD
        found[key] = [str(Path(name).expanduser().absolute()) for name in found.get(key, [])]
    return dict(found)
