"""What several verbs read from their arguments."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence


@contextmanager
def offline(arguments: argparse.Namespace) -> Iterator[None]:
    """Have --offline mean what XCONAN_OFFLINE=1 does, for what the verb starts as well."""
    before = os.environ.get("XCONAN_OFFLINE")
    if getattr(arguments, "offline", False):
        os.environ["XCONAN_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("XCONAN_OFFLINE", None)
        else:
            os.environ["XCONAN_OFFLINE"] = before


def project_root(arguments: argparse.Namespace) -> Path:
    """The project's folder, absolute."""
    root = Path(arguments.project).absolute()
    if not root.is_dir():
        raise ConfigError("there is no such folder", where=str(root), hint="name the folder of pyproject.toml")
    return root


def settings(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """--target, --cross and -C as PEP 517 config settings: one set for each target."""
    common = _common_settings(arguments, arguments.cross)
    named = cast("list[str]", common.pop("target", []))
    return [{**common, "target": target} for target in dict.fromkeys([*arguments.target, *named])] or [common]


def every_host(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """The same for verbs that look at many hosts: each --target and each --cross is one of its own."""
    common = _common_settings(arguments, ())
    found = [{**common, "target": target} for target in arguments.target]
    found += [_common_settings(arguments, [file]) for file in arguments.cross]
    return found or [common]


def _common_settings(arguments: argparse.Namespace, cross: Sequence[str]) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    for text in arguments.settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"'{text}' is not KEY=VALUE", where="-C", hint="for example -C cross=FILE")
        found.setdefault(key.lstrip("-"), []).append(value)
    if cross:
        found.setdefault("cross", []).extend(cross)
    found["override"] = [*found.get("override", []), *_conan_overrides(arguments)]
    for key in ("cross", "local"):
        # here the working directory is the user's; a build frontend's hooks have to ask $PWD
        found[key] = [str(Path(name).expanduser().absolute()) for name in found.get(key, [])]
    return dict(found)


def _conan_overrides(arguments: argparse.Namespace) -> list[str]:
    """--profile:host, --profile:build and --build as overrides; JSON's strings and lists are TOML's."""
    found = []
    for key, given in (("host_profiles", arguments.host_profiles), ("build_profiles", arguments.build_profiles)):
        paths = [Path(name).expanduser().absolute() for name in given]
        names = [str(path) if path.is_file() else name for name, path in zip(given, paths, strict=True)]
        found += [f"conan.{key} += {json.dumps(names, ensure_ascii=False)}"] if names else []
    modes = json.dumps(arguments.modes, ensure_ascii=False)
    return found + ([f"conan.build = {modes}"] if arguments.modes else [])
