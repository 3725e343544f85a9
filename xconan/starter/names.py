"""The name of a first project, and what its package is imported by."""

from __future__ import annotations

import keyword
import re
import sys
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

# https://packaging.python.org/specifications/name-normalization/#name-format, without dots: those would make a package
# in a package of them
_NAME = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9_-]*[A-Za-z0-9]")
_LONGEST = 100  # files are named by it


def import_name(name: str, taken: Collection[str]) -> str:
    """What a project's package is imported by: small letters, digits and underscores.

    Args:
        name: of the project, as `[project] name` has it.
        taken: names that the project itself imports or requires.

    Raises:
        ConfigError: it can't be a project's name, or what would be imported can't be, or would be another package.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ConfigError(
            f"'{name}' can't be the name of a project", where="NAME",
            hint=f"write letters, digits, - and _, with a letter or digit at either end: {_suggestion(name)}; "
            "-o DIR says where it goes",
        )  # fmt: skip
    module = re.sub("[-_]+", "_", name).lower()
    if why := _refusal(module, taken):
        raise ConfigError(f"'{module}' can't be the name of a package: {why}", where=f"NAME: {name}",
                          hint=f"write another name, say {_suggestion(f'my-{name}')}")  # fmt: skip
    return module


def _refusal(module: str, taken: Collection[str]) -> str:
    if keyword.iskeyword(module):
        return "it is a word of Python's own"
    if not module.isidentifier():
        return "Python's names don't begin with a digit"
    if module in sys.stdlib_module_names:
        return "Python's standard library has a module of that name"
    if module in taken:
        return "a package of that name is needed to build or test it"
    return ""


def _suggestion(name: str) -> str:
    """A name that can be used, as near as possible."""
    parts = re.findall("[a-z0-9]+", name.rsplit("/", 1)[-1].lower())
    return "-".join(parts)[:_LONGEST].rstrip("-") or "my-project"
