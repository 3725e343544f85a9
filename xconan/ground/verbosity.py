"""How much is told, where config settings ask for it: `-C verbose`, `-C verbose-env`, `-C loglevel=DEBUG`.

The names and the values are py-build-cmake's, with its variables PY_BUILD_CMAKE_VERBOSE, _VERBOSE_ENV and _LOGLEVEL.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE = ("", "1", "true", "yes", "y", "on")
_LEVELS = {"DEBUG": "XCONAN_VERBOSE", "INFO": "", "WARNING": "XCONAN_QUIET", "WARN": "XCONAN_QUIET",
           "ERROR": "XCONAN_QUIET", "CRITICAL": "XCONAN_QUIET"}  # fmt: skip


def tell_as_asked(settings: Mapping[str, object] | None) -> None:
    """Put into the environment what settings, else variables, ask for: report.level() reads it.

    Raises:
        ConfigError: a log level that is none.
    """
    level = _said(settings, ("loglevel", "--loglevel"), "PY_BUILD_CMAKE_LOGLEVEL")
    if level is not None:
        variable = _LEVELS.get(level.upper())
        if variable is None:
            raise ConfigError(f"'{level}' is no log level", where="-C loglevel",
                              hint=f"write one of {', '.join(_LEVELS)}")  # fmt: skip
        _set({"XCONAN_VERBOSE": variable == "XCONAN_VERBOSE", "XCONAN_QUIET": variable == "XCONAN_QUIET"})
    verbose = _said(settings, ("verbose", "--verbose", "V", "-V"), "PY_BUILD_CMAKE_VERBOSE")
    if verbose is not None:
        _set({"XCONAN_VERBOSE": verbose.lower() in _TRUE})
    with_env = _said(settings, ("verbose-env", "--verbose-env"), "PY_BUILD_CMAKE_VERBOSE_ENV")
    if with_env is not None:
        _set({"XCONAN_VERBOSE_ENV": with_env.lower() in _TRUE})


def _said(settings: Mapping[str, object] | None, names: tuple[str, ...], variable: str) -> str | None:
    given = [value for name, value in (settings or {}).items() if name in names]
    last = given[-1] if given else None
    if isinstance(last, list):
        last = last[-1] if last else ""
    return os.environ.get(variable) if last is None else str(last)


def _set(wanted: Mapping[str, bool]) -> None:
    for name, on in wanted.items():
        if on:
            os.environ[name] = "1"
        else:
            os.environ.pop(name, None)
