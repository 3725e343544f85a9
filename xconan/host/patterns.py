"""Patterns of names as cibuildwheel and shells have them: `*`, `?`, `[…]`, and braces that stand for each word."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=256)
def expand_braces(text: str) -> tuple[str, ...]:
    """Each text that the braces stand for, in order: "cp3{11,12}" is "cp311" and "cp312"; braces may be nested.

    A brace that is not closed, or has no comma, stands for itself, as in a shell.
    """
    depth, begin, cuts = 0, -1, []
    for at, letter in enumerate(text):
        if letter == "{":
            if depth == 0:
                begin, cuts = at, [at]
            depth += 1
        elif letter == "," and depth == 1:
            cuts.append(at)
        elif letter == "}" and depth:
            depth -= 1
            if depth == 0 and len(cuts) > 1:
                words = [text[cut + 1 : end] for cut, end in zip(cuts, [*cuts[1:], at], strict=True)]
                rest = expand_braces(text[at + 1 :])
                inner = [text[:begin] + one for word in words for one in expand_braces(word)]
                return tuple(f"{before}{after}" for before in inner for after in rest)
    return (text,)


def is_torn(text: str) -> bool:
    """Whether a brace lacks its other one."""
    depth = 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if depth < 0:
            return True
    return depth > 0


def is_pattern(text: str) -> bool:
    """Whether a text may mean several names, or names that it does not spell out."""
    return any(letter in text for letter in "*?[{")


def matches(name: str, pattern: str) -> bool:
    """Whether a name is one of those that a pattern means; capitals count."""
    return any(fnmatchcase(name, one) for one in expand_braces(pattern))


def is_pattern_of_files(text: str) -> bool:
    """Whether a text means files that it does not spell out: a file of that very name is meant by itself."""
    return is_pattern(text) and not Path(text).is_file()


def files_of(folder: Path, pattern: str) -> list[str]:
    """The files that a pattern means in a folder, whose own name is none; by name, as absolute paths."""
    from glob import glob  # noqa: PLC0415 - the door of an unchanged build does without

    if (folder / pattern).is_file():
        return [str(folder / pattern)]
    names = (name for one in expand_braces(pattern) for name in glob(one, root_dir=folder, recursive=True))  # noqa: PTH207 - absolute patterns, too
    return sorted(str(folder / name) for name in names)
