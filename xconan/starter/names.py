"""The name of a first project, and what its package is imported by."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

# https://packaging.python.org/specifications/name-normalization/#name-format
_NAME = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_LONGEST = 100  # files are named by it


def import_name(name: str, taken: Collection[str]) -> str:
    """What a project's package is imported by: small letters, digits and underscores.

    Args:
        name: of the project, as `[project] name` has it.
        taken: names that the project itself imports or requires.

    Raises:
        ConfigError: it can't be a project's name, or it has a dot, or what would be imported can't be, or would be
            another package.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ConfigError(
            f"'{name}' can't be the name of a project", where="NAME",
            hint=f"write letters, digits, - and _, with a letter or digit at either end: {_suggestion(name, taken)}; "
            "-o DIR says where it goes",
        )  # fmt: skip
    if "." in name:
        raise ConfigError(
            f"'{name}' is a project's name with a dot, as of a package in a package, which this does not make",
            where="NAME", hint=f"write another name, say {_suggestion(name, taken)}",
        )  # fmt: skip
    module = re.sub("[-_]+", "_", name).lower()
    if why := _refusal(module, taken):
        raise ConfigError(f"'{module}' can't be the name of a package: {why}", where=f"NAME: {name}",
                          hint=f"write another name, say {_suggestion(f'my-{name}', taken)}")  # fmt: skip
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


def _suggestion(name: str, taken: Collection[str]) -> str:
    """A name that can be used, as near as possible."""
    parted = unicodedata.normalize("NFKD", name.rsplit("/", 1)[-1].lower())
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    if any(letter.isalnum() and not letter.isascii() for letter in plain):  # of another script
        return "my-project"
    parts = re.findall("[a-z0-9]+", plain)
    near = "-".join(parts)[:_LONGEST].rstrip("-") or "my-project"
    return f"my-{near}"[:_LONGEST] if _refusal(near.replace("-", "_"), taken) else near
