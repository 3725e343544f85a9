"""What pyproject-metadata takes for granted of [project]: kinds of values, names, and texts that stay in their line.

https://packaging.python.org/specifications/pyproject-toml/ and /entry-points/. METADATA and entry_points.txt are
lines: a line break in a value would be another field, or another section.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xconan.ground.errors import Problems

_TEXT, _LIST, _TABLE = "a string", "a list of strings", "a table of strings"
_PEOPLE, _LISTS, _TABLES = "a list of tables of strings", "a table of lists of strings", "a table of tables of strings"
_FILE = "a string, or a table of strings"

# key -> what its value may be, and what stands in its place where it is not, so that the other keys are looked at
KEYS: dict[str, tuple[str, object]] = {
    "name": (_TEXT, "x"),
    "version": (_TEXT, "0"),
    "description": (_TEXT, None),
    "readme": (_FILE, None),
    "requires-python": (_TEXT, None),
    "license": (_FILE, None),
    "license-files": (_LIST, None),
    "authors": (_PEOPLE, None),
    "maintainers": (_PEOPLE, None),
    "keywords": (_LIST, None),
    "classifiers": (_LIST, None),
    "urls": (_TABLE, None),
    "scripts": (_TABLE, None),
    "gui-scripts": (_TABLE, None),
    "entry-points": (_TABLES, None),
    "dependencies": (_LIST, None),
    "optional-dependencies": (_LISTS, None),
    "import-names": (_LIST, None),
    "import-namespaces": (_LIST, None),
    "dynamic": (_LIST, None),
}
_SEVERAL_LINES = {("readme", "text"), ("license", "text")}  # texts, where line breaks are their own
# what readers of lines take for an end of one, and what terminals obey
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
_GROUP = re.compile(r"\w+(\.\w+)*")
_REFERENCE = re.compile(r"[\w.]+(\s*:\s*[\w.]+)?(\s*\[[^\[\]]*\])?")
_CALLABLE = re.compile(r"[\w.]+\s*:\s*[\w.]+(\s*\[[^\[\]]*\])?")
_ENTRY_NAME = re.compile(r"[^\[#;=\s]([^=]*[^=\s])?")
_SCRIPT_NAME = re.compile(r"\w[\w.+ -]*(?<! )")  # it becomes the name of a file
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_LABEL = re.compile(r"[^,\s]([^,]*[^,\s])?")


def check_project_table(table: Mapping[str, object], problems: Problems, file: object) -> dict[str, object]:
    """Check each value by itself.

    Args:
        table: [project].
        problems: gets what is wrong.
        file: pyproject.toml, for messages.

    Returns:
        The table without what is wrong, for those who look further.
    """
    good: dict[str, object] = {}
    for key, value in table.items():
        kind, instead = KEYS.get(key, ("", value))
        wrong = [*_misshapen(key, value, kind)]
        wrong = wrong or [*_controls((key,), value), *_CHECKS.get(key, _nothing)(value)]
        for place, what, hint in wrong:
            problems.add(what, file=str(file), key=f"project.{place}", hint=hint)
        if not wrong:
            good[key] = value
        elif instead is not None:
            good[key] = instead
    return good


Wrong = tuple[str, str, str]  # the key below [project], what is wrong, what to write


def _misshapen(key: str, value: object, kind: str) -> Iterator[Wrong]:
    if kind and not _is(value, kind):
        yield key, f"this must be {kind}, not {_shown(value)}", f"write it as {kind}"


def _is(value: object, kind: str) -> bool:
    if kind == _FILE:
        return _is(value, _TEXT) or _is(value, _TABLE)
    if kind == _TEXT:
        return isinstance(value, str)
    inner = {_LIST: _TEXT, _TABLE: _TEXT, _PEOPLE: _TABLE, _LISTS: _LIST, _TABLES: _TABLE}[kind]
    if kind.startswith("a list"):
        return isinstance(value, list) and all(_is(item, inner) for item in value)
    return isinstance(value, dict) and all(_is(item, inner) for item in value.values())


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text[:60]}…" if len(text) > 60 else text  # noqa: PLR2004 - what fits into a line


def _controls(place: tuple[str, ...], value: object) -> Iterator[Wrong]:
    """Control characters: in names of keys as well."""
    name = ".".join(place)
    if isinstance(value, dict):
        for key, item in value.items():
            if _CONTROL.search(key):
                yield name, f"there is a control character in the name {key!r}", "remove it"
            yield from _controls((*place, key), item)
    elif isinstance(value, list):
        for item in value:
            yield from _controls(place, item)
    elif isinstance(value, str) and place not in _SEVERAL_LINES and (odd := _CONTROL.search(value)):
        what = "a line break" if odd.group() in "\r\n" else f"a control character, {odd.group()!r}"
        yield name, f"there is {what} in {_shown(value)}", "write it in one line"


def _nothing(_value: object) -> Iterator[Wrong]:
    yield from ()


def _urls(value: object) -> Iterator[Wrong]:
    for label, url in cast("dict[str, str]", value).items():
        if not _LABEL.fullmatch(label):
            yield "urls", f"'{label}' can't be a label: readers end it at a comma", "name it in words"
        if not _URL.fullmatch(plain := url.strip()):  # blanks around one are no part of a header's value
            yield f"urls.{label}", f"'{url}' is no URL", f"write https://{plain}" if plain else "remove it"


def _scripts(key: str) -> Callable[[object], Iterator[Wrong]]:
    def check(value: object) -> Iterator[Wrong]:
        for name, target in cast("dict[str, str]", value).items():
            if not _SCRIPT_NAME.fullmatch(name):
                yield key, f"'{name}' can't be the name of a command", "letters, digits, and _ . - + between them"
            if not _CALLABLE.fullmatch(target):
                yield f"{key}.{name}", f"'{target}' names no function", 'write it as "package.module:function"'

    return check


def _entry_points(value: object) -> Iterator[Wrong]:
    for group, points in cast("dict[str, dict[str, str]]", value).items():
        place = f"entry-points.{group}"
        if group in ("console_scripts", "gui_scripts"):
            yield (
                place,
                "this group has a table of its own",
                f"write it as [project.{group.replace('console_', '').replace('_', '-')}]",
            )
        elif not _GROUP.fullmatch(group):
            yield place, f"'{group}' can't be a group", "letters, digits and _, with dots between"
        for name, target in points.items():
            if not _ENTRY_NAME.fullmatch(name):
                yield place, f"'{name}' can't be the name of an entry point", "without =, and without [ # ; in front"
            if not _REFERENCE.fullmatch(target):
                yield f"{place}.{name}", f"'{target}' refers to nothing", 'write "package.module:object"'


_CHECKS: dict[str, Callable[[object], Iterator[Wrong]]] = {
    "urls": _urls,
    "scripts": _scripts("scripts"),
    "gui-scripts": _scripts("gui-scripts"),
    "entry-points": _entry_points,
}
