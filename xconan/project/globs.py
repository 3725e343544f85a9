"""Globs in `[tool.xconan]`: `**/` spans folders, `*` and `?` stay in one, `[…]` is one of several characters.

They are py-build-cmake's: what names a folder means all that is below it.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from xconan.project.config.records import Project

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]*\]|[^*?\[]+|\[")
_KNOWN = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matcher(patterns: Sequence[str], *, where: str) -> Callable[[str], bool]:
    """Whether a name, relative to the project and with forward slashes, is meant by any of the globs.

    Args:
        patterns: as they are written.
        where: file and key, for messages.

    Raises:
        ConfigError: one of them is empty, absolute, means everything, or leads out of the project.
    """
    expressions = [re.compile(_expression(normal(pattern, where=where))) for pattern in patterns]
    return lambda name: any(expression.fullmatch(name) for expression in expressions)


def left_out_of_wheels(project: Project) -> Callable[[str], bool]:
    """Whether a file, by its place in a wheel, is one that the project's `wheel.exclude` leaves out.

    Raises:
        ConfigError: as matcher.
    """
    return matcher(project.wheel.exclude, where=project.place("wheel.exclude"))


def matching(root: Path, pattern: str, *, where: str) -> list[Path]:
    """The files and folders in `root` that a glob names; "." is `root` itself.

    Raises:
        ConfigError: it is no glob, or leads out of the project.
    """
    if pattern in (".", "./"):
        return [root]
    text = normal(pattern, where=where)
    try:
        return sorted(root.glob(text))
    except (ValueError, NotImplementedError, IndexError, RecursionError) as error:  # Pythons differ in which
        raise ConfigError(f"'{pattern}' is no glob: {error}", where=where, hint="relative, such as docs/**") from None


def normal(pattern: str, *, where: str) -> str:
    """A glob without what makes no difference: `./` in front, `/` behind."""
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if pattern.startswith("/") or ".." in parts:
        raise ConfigError(f"'{pattern}' leads out of the project", where=where,
                          hint="name files of the project, relative to its folder: docs/**")  # fmt: skip
    if not parts:
        raise ConfigError(f"'{pattern}' names no files", where=where, hint="name files or folders: docs/**")
    return "/".join(parts)


def _expression(pattern: str) -> str:
    return "".join(_translated(token) for token in _TOKENS.findall(pattern)) + "(?:/.*)?"


def _translated(token: str) -> str:
    if token in _KNOWN:
        return _KNOWN[token]
    if token.startswith("[") and token.endswith("]"):
        return f"(?!/){fnmatch.translate(token)[:-2]}"  # without its anchor of two letters
    return re.escape(token)
