"""How much is told, where config settings ask for it: `-C verbose`, `-C quiet`, `-C verbose-env`, `-C loglevel=DEBUG`.

The names and values are py-build-cmake's, and so are the variables PY_BUILD_CMAKE_VERBOSE, _VERBOSE_ENV and _LOGLEVEL;
`quiet` is ours.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from xconan.ground.errors import Problems, XconanError
from xconan.ground.switches import NO, YES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMES = ("verbose", "quiet", "verbose-env", "loglevel")
_SETTING = ("-C", "--config-setting")
SHORT = "V"  # of verbose, as `-C-V=1`
_LEVELS = {"DEBUG": "XCONAN_VERBOSE", "INFO": "", "WARNING": "XCONAN_QUIET", "WARN": "XCONAN_QUIET",
           "ERROR": "XCONAN_QUIET", "CRITICAL": "XCONAN_QUIET"}  # fmt: skip


def asked_for(settings: Mapping[str, object] | None) -> dict[str, str]:
    """What settings, else variables, ask for: values of XCONAN_VERBOSE, _QUIET and _VERBOSE_ENV.

    A variable that nobody asks for has no entry. Names may have dashes in front; a name without a value means yes; of
    several values the last one counts; a level is weaker than what asks for one thing alone. Other values than the
    known ones mean no in py-build-cmake's variables, as there, and are errors in ours.

    Raises:
        ConfigError: or ErrorGroup; what is neither yes nor no, or a log level that is none.
    """
    given = {_name(written): _last(value) for written, value in (settings or {}).items()}
    problems = Problems()
    wanted: dict[str, str] = {}
    if (level := given.get("loglevel", os.environ.get("PY_BUILD_CMAKE_LOGLEVEL"))) is not None:
        if (variable := _LEVELS.get(level.upper())) is None:
            key = "-C loglevel" if "loglevel" in given else "PY_BUILD_CMAKE_LOGLEVEL"
            problems.add(f"'{level}' is no log level", key=key, hint=f"write one of {', '.join(_LEVELS)}")
        wanted |= {name: "1" if name == variable else "0" for name in ("XCONAN_VERBOSE", "XCONAN_QUIET")}
    for name in ("verbose", "quiet", "verbose-env"):
        variable = f"XCONAN_{name.upper().replace('-', '_')}"
        theirs = os.environ.get(variable.replace("XCONAN", "PY_BUILD_CMAKE"))
        if name in given:
            wanted[variable] = _decided(f"-C {name}", given[name], problems)
        elif theirs is not None and name != "quiet":
            wanted[variable] = "1" if theirs.lower() in ("", *YES) else "0"
        elif variable not in wanted and (ours := os.environ.get(variable)):
            wanted[variable] = _decided(variable, ours, problems)
    problems.raise_if_any()
    return wanted


def of_words(words: Sequence[str]) -> dict[str, str]:
    """What -v, -q and -C ask for among the words of a command line; {} where they can't be read."""
    if {"-v", "--verbose"} & {*words}:
        return {"XCONAN_VERBOSE": "1", "XCONAN_QUIET": "0"}
    if {"-q", "--quiet"} & {*words}:
        return {"XCONAN_VERBOSE": "0", "XCONAN_QUIET": "1"}
    given = [after for word, after in pairwise(words) if word in _SETTING]
    given += [word.removeprefix("--config-setting=") for word in words if word.startswith("--config-setting=")]
    given += [word[2:] for word in words if word.startswith("-C") and word not in _SETTING]
    try:
        return asked_for(dict(text.partition("=")[::2] for text in given))
    except XconanError:
        return {}


def _name(written: str) -> str:
    name = written.lstrip("-")
    return "verbose" if name == SHORT else name


def _last(value: object) -> str:
    if isinstance(value, list):
        value = value[-1] if value else ""
    return "" if value is None else str(value)


def _decided(key: str, text: str, problems: Problems) -> str:
    if text.lower() not in ("", *YES, *NO):
        problems.add(
            f"'{text}' is neither yes nor no", key=key,
            hint=f"write one of {', '.join(YES)}, or one of {', '.join(NO)}",
        )  # fmt: skip
    return "1" if text.lower() in ("", *YES) else "0"
