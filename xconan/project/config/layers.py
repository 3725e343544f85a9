"""Several files that speak of the same table, weakest first, merged into one set of values.

A list may be given as a list, or as a table of operations: "=" (or "value"), "+" ("append"), "-" ("remove")
and "prepend". CMake options may be bool, string, number, list, or such a table with "type" and "strict".
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import nearest_names
from xconan.project.config.schema import Key, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.ground.errors import Problems

_CLEAR = {"clear": True}  # what "=!" on the command line asks for
_SYNONYMS = {"=": "value", "+": "append", "-": "remove"}
_OPERATIONS = ("value", "append", "remove", "prepend")
_TYPES = ("STRING", "BOOL", "PATH", "FILEPATH")


@dataclass(frozen=True)
class Layer:
    """One table of one file. `path` is the table's dotted name in messages ("tool.xconan.cmake").

    `folder` is what relative paths are relative to: the file's, unless it is given.
    """

    file: Path
    path: str
    table: Mapping[str, object]
    folder: Path | None = None

    def sub(self, name: str) -> Layer | None:
        """The table of this name in this one, None where there is none."""
        table = self.table.get(name)
        if not isinstance(table, dict):
            return None
        return replace(self, path=self.key(name), table=cast("dict[str, object]", table))

    def absolute(self, text: str) -> Path:
        """A path as it stands in this table, absolute."""
        return absolute(self.folder or self.file.parent, text)

    def key(self, name: str) -> str:
        """The dotted name of a key, for messages."""
        return f"{self.path}.{name}" if self.path else name


@dataclass(frozen=True)
class Option:
    """A CMake variable being merged: `items` are joined with semicolons in the end."""

    items: tuple[str, ...]
    type: str = ""


def merge(layers: Sequence[Layer], keys: Mapping[str, Key], problems: Problems) -> dict[str, object]:
    """The values of a table: the last word of each key, lists and options by their operations.

    Strings, bools and ints come as they are, paths absolute, lists as tuples, options as a dict of Option,
    texts as a dict. What is wrong is noted in `problems` and left out.
    """
    values: dict[str, object] = {}
    for layer in layers:
        for name, value in layer.table.items():
            key = keys.get(name)
            if "\0" in _all_text(value):
                problems.add("there is a NUL character in it", file=layer.file, key=layer.key(name))
                continue
            if value == _CLEAR:
                values.pop(name, None)
            elif key is None:
                report_unknown(layer, name, keys, problems)
            else:
                reader = _Reader(layer=layer, name=name, problems=problems)
                for read in reader.read(key, value, values.get(name)):
                    values[name] = read
    return values


def _all_text(value: object) -> str:
    if isinstance(value, dict):
        return "".join(f"{key}{_all_text(one)}" for key, one in value.items())
    return "".join(map(_all_text, value)) if isinstance(value, list) else str(value)


def report_unknown(layer: Layer, name: str, known: Mapping[str, object], problems: Problems) -> None:
    """Note an unknown key, with the nearest known one."""
    close = nearest_names(name, known)
    hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(sorted(known))}"
    problems.add(f"unknown key '{name}'", file=layer.file, key=layer.key(name), hint=hint)


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Reads one value; each method yields the value, or nothing after noting what is wrong."""

    layer: Layer
    name: str
    problems: Problems

    def read(self, key: Key, value: object, before: object) -> Iterator[object]:
        if key.kind in (Kind.LIST, Kind.LIST_PLUS, Kind.PROFILES):
            base = cast("tuple[str, ...]", before or ())
            given = self._files(value) if key.kind is Kind.PROFILES else value
            yield from self._list(given, base, append=key.kind is not Kind.LIST)
        elif key.kind is Kind.OPTIONS:
            yield from self._options(value, cast("dict[str, Option]", before or {}))
        elif key.kind is Kind.TEXTS:
            yield from self._texts(value, cast("dict[str, str]", before or {}))
        else:
            yield from self._scalar(key, value)

    def _files(self, value: object) -> object:
        """The same with what names a file made absolute, wherever it stands."""
        if isinstance(value, dict):
            return {name: self._files(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._files(one) for one in value]
        if isinstance(value, str) and value and (path := self.layer.absolute(value)).is_file():
            return str(path)
        return value

    def _bad(self, message: str, hint: str = "") -> None:
        self.problems.add(message, file=self.layer.file, key=self.layer.key(self.name), hint=hint)

    def _scalar(self, key: Key, value: object) -> Iterator[object]:
        if isinstance(value, dict) and list(value) == ["value"]:
            value = value["value"]
        expected = {Kind.BOOL: bool, Kind.INT: int}.get(key.kind, str)
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            quoted = f'write {self.name} = "{value}"' if expected is str and isinstance(value, int) else ""
            self._bad(f"this must be a {key.kind.value}, not {_shown(value)}", quoted)
        elif key.choices and value not in key.choices:
            self._bad(f"'{value}' is not one of {', '.join(key.choices)}")
        elif key.kind is Kind.PATH and not value:
            self._bad("this must not be empty", "leave it out")
        elif key.kind is Kind.PATH:
            yield self.layer.absolute(cast("str", value))
        else:
            yield value

    def _list(self, value: object, before: tuple[str, ...], *, append: bool) -> Iterator[tuple[str, ...]]:
        if isinstance(value, dict):
            steps = self._operations(cast("dict[str, object]", value), ())
            if steps is not None:
                yield _apply(before, {step: _texts(items) for step, items in steps.items()})
            return
        items = self._strings(value)
        if items is not None:
            yield (*before, *items) if append else tuple(items)

    def _strings(self, value: object) -> list[str] | None:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return cast("list[str]", items)
        self._bad(f"this must be a list of strings, not {_shown(value)}")
        return None

    def _operations(self, table: dict[str, object], extra: tuple[str, ...]) -> dict[str, list[object]] | None:
        steps: dict[str, list[object]] = {}
        for written, value in table.items():
            name = _SYNONYMS.get(written, written)
            if name in extra:
                continue
            if name not in _OPERATIONS:
                self._bad(f"unknown operation '{written}'", 'known are "=", "+", "-" and "prepend"')
                return None
            steps[name] = list(value) if isinstance(value, list) else [value]
        if "value" in steps and len(steps) > 1:
            self._bad('"=" (value) replaces the list, so nothing can stand beside it')
            return None
        return steps

    def _options(self, value: object, before: dict[str, Option]) -> Iterator[dict[str, Option]]:
        if not isinstance(value, dict):
            self._bad(f"this must be a table of options, not {_shown(value)}")
            return
        merged = dict(before)
        for name, given in cast("dict[str, object]", value).items():
            if given == _CLEAR:
                merged.pop(name, None)
                continue
            option = self._option(name, given, merged.get(name))
            if option is not None:
                merged[name] = option
        yield merged

    def _option(self, name: str, given: object, before: Option | None) -> Option | None:
        reader = _Reader(layer=self.layer, name=f"{self.name}.{name}", problems=self.problems)
        table = cast("dict[str, object]", given) if isinstance(given, dict) else {"value": given}
        steps = reader._operations(table, ("type", "strict"))
        if steps is None:
            return None
        items = [item for step in steps.values() for item in step]
        if not all(isinstance(item, (str, bool, int, float)) for item in items):
            reader._bad("this must be a bool, a string, a number or a list of them")
            return None
        booleans = bool(items) and all(isinstance(item, bool) for item in items)
        kind = cast("str", table.get("type", "BOOL" if booleans else ""))
        if kind not in ("", *_TYPES):
            reader._bad(f"'{kind}' is not one of {', '.join(_TYPES)}")
            return None
        before = before or Option(())
        if before.type and kind and before.type != kind and table.get("strict", True):
            reader._bad(f"{kind} here, but {before.type} in a weaker file", "give it the same type, or strict = false")
            return None
        merged = _apply(before.items, {step: _cmake_items(values) for step, values in steps.items()})
        return Option(merged, kind or before.type)

    def _texts(self, value: object, before: dict[str, str]) -> Iterator[dict[str, str]]:
        if not isinstance(value, dict):
            self._bad(f"this must be a table of strings, not {_shown(value)}")
            return
        merged = dict(before)
        for name, given in cast("dict[str, object]", value).items():
            text = _text(given, merged.get(name, f"${{{name}}}"))
            if given == _CLEAR:
                merged.pop(name, None)
            elif text is None:
                self._bad(f"{name} must be a string, not {_shown(given)}")
            elif not name or "=" in name:
                self._bad(f"'{name}' can't be the name of an environment variable")
            else:
                merged[name] = text
        yield merged


def _text(given: object, before: str) -> str | None:
    """One variable of an environment: a string, or a table with one operation on what was there before."""
    if isinstance(given, str):
        return given
    if not isinstance(given, dict) or len(given) != 1:
        return None
    ((operation, value),) = cast("dict[str, object]", given).items()
    if not isinstance(value, str):
        return None
    results = {
        "value": value,
        "append": before + value,
        "prepend": value + before,
        "remove": before.replace(value, ""),
        "append_path": before + os.pathsep + value,
        "prepend_path": value + os.pathsep + before,
    }
    return results.get(_SYNONYMS.get(operation, operation))


def flat(options: object) -> tuple[tuple[str, str, str], ...]:
    """Merged options as (name, type or "", value) with lists joined as CMake has them."""
    given = cast("dict[str, Option]", options or {})
    return tuple((name, option.type, ";".join(option.items)) for name, option in given.items())


def absolute(folder: Path, text: str) -> Path:
    """A path as a file in `folder` names it, absolute; `~` is the user's home. Links stay as written."""
    path = Path(text)
    with suppress(RuntimeError):  # no such user: then it is a folder of that name
        path = path.expanduser()
    return Path(_normal(folder.absolute() / path))


def _normal(path: Path) -> str:
    # not resolve(): a sysroot reached by a link should be spoken of by that link
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != path.anchor:
            parts.pop()
        else:
            parts.append(part)
    return str(Path(*parts))


def _apply(before: Sequence[str], steps: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    kept = steps["value"] if "value" in steps else [item for item in before if item not in steps.get("remove", ())]
    return (*steps.get("prepend", ()), *kept, *steps.get("append", ()))


def _texts(items: Sequence[object]) -> list[str]:
    return [str(item) for item in items]


def _cmake_items(items: Sequence[object]) -> list[str]:
    return [("On" if item else "Off") if isinstance(item, bool) else str(item).replace(";", "\\;") for item in items]


def _shown(value: object) -> str:
    kinds = {bool: "a bool", int: "an integer", float: "a float", str: "a string", list: "a list", dict: "a table"}
    return f"{kinds.get(type(value), type(value).__name__)} ({value!r})"
