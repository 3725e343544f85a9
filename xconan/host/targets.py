"""Targets by name: "cp311-manylinux_2_17_aarch64", spelled as wheel tags spell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, nearest_names
from xconan.host.platforms import parse_platform

if TYPE_CHECKING:
    from xconan.model import Target

_PYTHON = re.compile(r"(?P<implementation>cp|pp)(?P<version>[23]\d{1,2})(?P<threads>t?)")
_EXAMPLE = "cp311-manylinux_2_17_aarch64"


def short_name(target: Target) -> str:
    """The name of a target as parse_target reads it, without an ABI tag that the rest implies.

    "cp311-manylinux_2_17_aarch64", "cp313t-linux_armv7l"; "cp37-cp37m-…" is "cp37-…".
    """
    python = target.interpreter
    name = f"{python}-{target.platform.tag}"
    implied = str(parse_target(name).get("abi", target.abi)) if _PYTHON.fullmatch(python) else ""
    return (
        name
        if target.abi == implied or not target.abi_known
        else f"{target.python_tag}-{target.abi}-{target.platform.tag}"
    )


def parse_target(name: str) -> dict[str, object]:
    """The keys of a cross.toml that mean this target.

    Args:
        name: PYTHON-PLATFORM: "cp313t-musllinux_1_2_x86_64" is CPython 3.13 without a GIL; "pp311-…" is PyPy.
            An ABI tag may stand between, as in a wheel's name: "cp311-cp311-linux_aarch64".

    Raises:
        ConfigError: the name means no target; the hint names the nearest one that does.
    """
    if name != name.lower() and _is_target(name.lower()):
        raise ConfigError(f"'{name}' is no target", where=f"target {name}", hint=f"did you mean '{name.lower()}'?")
    parts = name.split("-")
    python, platform = (parts[0], parts[-1]) if len(parts) in (2, 3) else ("", "")
    match = _PYTHON.fullmatch(python)
    if match is None:
        close = nearest_names(python, [f"{one}{minor}" for one in ("cp3", "pp3") for minor in range(7, 20)])
        better = (
            f"did you mean '{close[0]}-{platform}'?"
            if close and re.search(r"\d", python)
            else f"for example {_EXAMPLE}"
        )
        raise ConfigError(f"'{name}' is no target", where=f"target {name}", hint=better)
    try:
        parse_platform(platform)
    except ConfigError as error:
        hint = error.hint.replace("did you mean '", f"did you mean '{python}-")
        raise ConfigError(error.message, where=f"target {name}", hint=hint) from None
    keys: dict[str, object] = {
        "implementation": match["implementation"],
        "version": match["version"],
        "arch": platform,
    }
    if match["implementation"] == "cp":
        legacy = "m" if int(match["version"]) < 38 else ""  # noqa: PLR2004 - 3.8 dropped the m
        keys["abi"] = f"cp{match['version']}{match['threads'] or legacy}"
    if len(parts) == 3:  # noqa: PLR2004 - python, abi, platform
        keys["abi"] = parts[1]
    return keys


def _is_target(name: str) -> bool:
    try:
        parse_target(name)
    except ConfigError:
        return False
    return True
