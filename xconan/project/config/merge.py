"""The layers of one table merged into one set of values, each of which keeps the layer that it came from.

A list may be given as a list, or as a table of operations: "=" (or "value"), "+" ("append"), "-" ("remove")
and "prepend". Options may be bool, string, number, list, or such a table with "type" and "strict". What a command
line says is an Operation on the value.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from xconan.ground.errors import nearest_names
from xconan.ground.text import Text
from xconan.project.config.options import Option, cmake_items
from xconan.project.config.override import Operation
from xconan.project.config.schema import DefaultContext, Key, Kind, keys_of, remedy, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from xconan.ground.errors import Problems
    from xconan.ground.record import Record
    from xconan.project.config.layers import Layer

    AnyRecord = TypeVar("AnyRecord", bound=Record)

_CLEAR = {"clear": True}  # "=!" of the command line, in TOML
_SYNONYMS = {"=": "value", "+": "append", "-": "remove"}
_OPERATIONS = ("value", "append", "remove", "prepend")
_TYPES = ("STRING", "BOOL", "PATH", "FILEPATH")
_TABLES = (Kind.OPTIONS, Kind.TEXTS)
_LISTS = (Kind.LIST, Kind.LIST_PLUS, Kind.PROFILES)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Value:
    """A merged value and where it came from.

    Attributes:
        value: strings, bools and ints as they are, paths absolute, lists as tuples, options as a dict of Option,
            texts as a dict.
        layer: the last that set the key.
        items: of a list or a table, the last layer that named each item.
    """

    value: object
    layer: Layer
    items: Mapping[str, Layer]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MergedTable:
    """What all layers together say of a table.

    Attributes:
        layers: the tables that were merged, weakest first.
        values: by key; without keys that no layer sets, and without wrong values.
        wrong: the keys whose values were noted as wrong.
        problems: takes what else is wrong.
    """

    layers: Sequence[Layer]
    values: Mapping[str, Value]
    wrong: Collection[str]
    problems: Problems

    def get(self, name: str, default: object = None) -> object:
        """The value of a key; `default` where no layer sets it."""
        return self.values[name].value if name in self.values else default

    def layer_of(self, name: str, item: str = "") -> Layer:
        """The layer that a value came from, or this item of it; where no layer sets the key, the weakest layer."""
        if name not in self.values:
            return self.layers[0]
        value = self.values[name]
        return value.items.get(item, value.layer)

    def report(self, name: str, message: str, hint: str = "", *, item: str = "") -> None:
        """Note what is wrong with a value, or with this item of it, in the layer that it came from."""
        self.layer_of(name, item).report(name, message, hint, self.problems)

    def places(self, prefix: str = "") -> list[tuple[str, str]]:
        """For each key that a layer sets, its name and its place for messages; of its items, those in other layers."""
        found = [(prefix + name, value.layer.place(name)) for name, value in self.values.items()]
        for name, value in self.values.items():
            others = [(item, layer) for item, layer in value.items.items() if layer is not value.layer]
            found += [(f"{prefix}{name}.{item}", layer.place(name)) for item, layer in others]
        return found

    def record(self, record: type[AnyRecord], context: DefaultContext, **more: object) -> AnyRecord:
        """A record of this table's keys: what the layers set, else the default.

        Args:
            record: the class, whose keys are among those of the table.
            context: what defaults are computed from.
            more: fields that are no keys, or that take another form than the merged one.
        """
        values = {name: value.value for name, value in self.values.items()}
        keys = keys_of(record)
        for name, key in keys.items():
            if name not in values and key.compute:
                values[name] = key.compute(context, values)
        return record(**{**{name: values[name] for name in keys if name in values}, **more})


def merge(
    layers: Sequence[Layer], keys: Mapping[str, Key], problems: Problems, *, subtables: Collection[str] = ()
) -> MergedTable:
    """Merge a table: the last word of each key, lists and options by their operations.

    Args:
        layers: its tables, weakest first.
        keys: those that it may have.
        problems: takes what is wrong.
        subtables: further tables that it may hold; they are merged by themselves.
    """
    merging = _Merging(keys=keys, subtables=subtables, problems=problems)
    for layer in layers:
        for name, value in layer.table.items():
            merging.add(layer, name, value)
    merging.finish()
    for name, key in keys.items():
        if key.spelling and name in merging.values:
            merging.check_spelling(name, key)
    return MergedTable(layers=layers, values=merging.values, wrong=merging.wrong, problems=problems)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Merging:
    """The table as merged so far."""

    keys: Mapping[str, Key]
    subtables: Collection[str]
    problems: Problems
    values: dict[str, Value] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def add(self, layer: Layer, name: str, value: object) -> None:
        """Merge what one layer sets a key to."""
        if name in self.subtables:
            if not isinstance(value, dict | Operation):
                layer.report(name, "this must be a table", "", self.problems)
        elif "\0" in _all_text(value):
            self.wrong.add(name)
            layer.report(name, "there is a NUL character in it", r"take \u0000 out of it", self.problems)
        elif name not in self.keys:
            layer.report_unknown(name, [*self.keys, *self.subtables], self.problems)
        elif _is_clear(value):
            self.values.pop(name, None)
        else:
            self._merge_value(layer, name, value)

    def _merge_value(self, layer: Layer, name: str, value: object) -> None:
        key, before = self.keys[name], self.values.get(name)
        if key.kind is Kind.PROFILES:
            value = _with_absolute_files(value, layer)
        reader = _Reader(layer=layer, name=name, problems=self.problems)
        before_reading = len(self.problems.found)
        for merged in reader.read(key, value, before.value if before else None):
            named = _strings_in(value) if key.kind in _LISTS else _names_in(value) if key.kind in _TABLES else []
            items = {**(before.items if before else {}), **dict.fromkeys(named, layer)}
            self.values[name] = Value(value=merged, layer=layer, items=items)
        if len(self.problems.found) > before_reading:
            self.wrong.add(name)

    def finish(self) -> None:
        """Put texts together, now that every layer has said its part."""
        for name, value in list(self.values.items()):
            final = _final(value.value)
            self.values[name] = Value(value=final, layer=value.layer, items=value.items)

    def check_spelling(self, name: str, key: Key) -> None:
        """What becomes part of file names, or is compared as a version, must be spelled as such."""
        value, spelling = self.values[name], key.spelling
        texts = [str(text) for text in (value.value if isinstance(value.value, tuple) else (value.value,))]
        for text in texts:
            if spelling and not re.fullmatch(spelling.pattern, text):
                layer = value.items.get(text, value.layer)
                hint = spelling.hint or (spelling.example and remedy(name, key, text))
                layer.report(name, f"'{text}' {spelling.problem}", hint, self.problems)
                self.wrong.add(name)
        if name in self.wrong:
            self.values.pop(name)


def _is_clear(value: object) -> bool:
    return value == _CLEAR or (isinstance(value, Operation) and value.name == "clear")


def _final(value: object) -> object:
    """A value as it is handed on: texts as strings, where nothing of the environment has a part in them."""
    if isinstance(value, dict):
        return {name: one.after() if isinstance(one, Text) and one.value is not None else one
                for name, one in value.items()}  # fmt: skip
    return value.after() if isinstance(value, Text) else value


def _all_text(value: object) -> str:
    if isinstance(value, Operation):
        return _all_text(value.value)
    if isinstance(value, dict):
        return "".join(f"{name}{_all_text(item)}" for name, item in value.items())
    return "".join(map(_all_text, value)) if isinstance(value, list) else str(value)


def _strings_in(value: object) -> list[str]:
    if isinstance(value, Operation):
        return _strings_in(value.value)
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in inner for text in _strings_in(item)]


def _names_in(value: object) -> list[str]:
    table = value.value if isinstance(value, Operation) else value
    return list(table) if isinstance(table, dict) else []


def _with_absolute_files(value: object, layer: Layer) -> object:
    """The same with what names a file made absolute, wherever it stands."""
    if isinstance(value, Operation):
        return Operation(name=value.name, value=_with_absolute_files(value.value, layer))
    if isinstance(value, dict):
        return {name: _with_absolute_files(item, layer) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_absolute_files(item, layer) for item in value]
    if isinstance(value, str) and value and (path := layer.absolute(value)).is_file():
        return str(path)
    return value


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Reader:
    """Reads what one layer sets a key to; each method yields the value, or nothing after noting what is wrong."""

    layer: Layer
    name: str
    problems: Problems

    def read(self, key: Key, value: object, before: object) -> Iterator[object]:
        """The value of the key, merged with what weaker layers say (None for nothing)."""
        if key.kind in _LISTS:
            yield from self._list(value, cast("tuple[str, ...]", before or ()), append=key.kind is not Kind.LIST)
        elif key.kind is Kind.OPTIONS:
            yield from self._options(value, cast("dict[str, Option]", before or {}))
        elif key.kind is Kind.TEXTS:
            yield from self._texts(value, cast("dict[str, Text]", before or {}))
        else:
            yield from self._scalar(key, value, before)

    def _report(self, message: str, hint: str = "") -> None:
        self.layer.report(self.name, message, hint, self.problems)

    def _scalar(self, key: Key, value: object, before: object) -> Iterator[object]:
        whole = key.kind is not Kind.STRING or bool(key.choices)
        if isinstance(value, dict) and list(value) == ["value"]:
            value = value["value"]
        operation = value if isinstance(value, Operation) else Operation(name="value", value=value)
        value = operation.value
        expected = {Kind.BOOL: bool, Kind.INT: int}.get(key.kind, str)
        if whole and operation.name != "value":
            self._report("this is set as a whole", "write = for the operation")
        elif operation.name == "remove" and isinstance(value, list) and all(isinstance(one, str) for one in value):
            yield (cast("Text | None", before) or Text()).changed(operation.name, value)
        elif not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            what = "an integer" if expected is int else f"a {key.kind.value}"
            self._report(f"this must be {what}, not {shown(value)}", remedy(self.name, key, value))
        elif key.choices and value not in key.choices:
            close = nearest_names(cast("str", value), key.choices)
            hint = f"did you mean '{close[0]}'?" if close else f"write one of these, or leave {self.name} out"
            self._report(f"'{value}' is not one of {', '.join(key.choices)}", hint)
        elif key.kind is Kind.PATH and not value:
            self._report("this must not be empty", "leave it out")
        elif key.kind is Kind.PATH:
            yield self.layer.absolute(cast("str", value))
        else:
            yield value if whole else (cast("Text | None", before) or Text()).changed(operation.name, operation.value)

    def _list(self, value: object, before: tuple[str, ...], *, append: bool) -> Iterator[tuple[str, ...]]:
        operation = value if isinstance(value, Operation) else None
        if isinstance(value, Operation):
            value = value.value
        for text in value.values() if isinstance(value, dict) else (value,):
            if isinstance(text, str) and " -" in text and self.name.endswith("args"):
                apart, whole = json.dumps(text.split()), json.dumps([text])
                self._report(f"'{text}' would be one argument",
                             f"write {self.name} = {apart}, or, if one is meant, {whole}")  # fmt: skip
                return
        if isinstance(value, dict) and (operation is None or operation.name == "value"):
            steps = self._operations(cast("dict[str, object]", value), ())
            if steps is not None:
                yield _apply(before, {step: [str(item) for item in items] for step, items in steps.items()})
            return
        if operation and operation.name not in _OPERATIONS:
            self._report("this is no search path", "write += or =+ for the operation")
            return
        items = self._strings(value)
        if items is not None:
            step = operation.name if operation else "append" if append else "value"
            yield _apply(before, {step: items})

    def _strings(self, value: object) -> list[str] | None:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return cast("list[str]", items)
        self._report(f"this must be a list of strings, not {shown(value)}", f'write {self.name} = ["…", "…"]')
        return None

    def _table(self, value: object, what: str) -> dict[str, object] | None:
        """A table that is merged name by name; on a command line += does that, and = would lose the rest."""
        if isinstance(value, Operation) and value.name != "append":
            self._report("a table is merged, not replaced", f"write +=, or {self.name}.NAME = VALUE")
            return None
        table = value.value if isinstance(value, Operation) else value
        if isinstance(table, dict):
            return cast("dict[str, object]", table)
        example = '"lz4/*:shared" = true' if ":" in str(table) else "WITH_X = true"
        hint = f"write {self.name} = {{{example}}}, with your names and values"
        hint = f'write {self.name} = {{NAME = "…"}}' if what == "strings" else hint
        self._report(f"this must be a table of {what}, not {shown(table)}", hint)
        return None

    def _operations(self, table: dict[str, object], extra: tuple[str, ...]) -> dict[str, list[object]] | None:
        steps: dict[str, list[object]] = {}
        for written, value in table.items():
            name = _SYNONYMS.get(written, written)
            if name in extra:
                continue
            if name not in _OPERATIONS:
                hint = 'known are "=", "+", "-" and "prepend"'
                if ".conan.options." in self.layer.place(self.name):
                    hint = f'for an option of a package write "{self.name.partition(".")[2]}/*:{written}"; {hint}'
                self._report(f"unknown operation '{written}'", hint)
                return None
            steps[name] = list(value) if isinstance(value, list) else [value]
        if "value" in steps and len(steps) > 1:
            self._report('"=" (value) replaces the list, so nothing can stand beside it')
            return None
        return steps

    def _options(self, value: object, before: dict[str, Option]) -> Iterator[dict[str, Option]]:
        table = self._table(value, "options")
        if table is None:
            return
        merged = dict(before)
        for name, written in table.items():
            if _is_clear(written):
                old = merged.get(name)
                merged[name] = Option((), old.type if old else "", cleared=True)
                continue
            option = self._option(name, written, merged.get(name))
            if option is not None:
                merged[name] = option
        yield merged

    def _option(self, name: str, written: object, before: Option | None) -> Option | None:
        reader = _Reader(layer=self.layer, name=f"{self.name}.{name}", problems=self.problems)
        operation = written if isinstance(written, Operation) else Operation(name="value", value=written)
        if operation.name not in _OPERATIONS:
            reader._report("this is no search path", "write += or =+ for the operation")
            return None
        as_table = isinstance(operation.value, dict) and operation.name == "value"
        table = cast("dict[str, object]", operation.value if as_table else {operation.name: operation.value})
        steps = reader._operations(table, ("type", "strict"))
        if steps is None:
            return None
        items = [item for step in steps.values() for item in step]
        if wrong := [item for item in items if not isinstance(item, (str, bool, int, float))]:
            said = f"this must be a bool, a string, a number or a list of them, not {shown(wrong[0])}"
            reader._report(said, f'write "{name}" = "…", or true, 1, ["…", "…"]')
            return None
        booleans = bool(items) and all(isinstance(item, bool) for item in items)
        kind = cast("str", table.get("type", "BOOL" if booleans else ""))
        if kind not in ("", *_TYPES):
            reader._report(f"'{kind}' is not one of {', '.join(_TYPES)}")
            return None
        appended = set(steps) == {"append"} and (before is None or before.appended)
        before = before or Option(())
        narrower = (before.type, kind) == ("PATH", "FILEPATH")
        strict = bool(table.get("strict", as_table))
        if before.type and kind and before.type != kind and strict and not narrower:
            reader._report(
                f"{kind} here, but {before.type} in a weaker file", "give it the same type, or strict = false"
            )
            return None
        merged = _apply(before.items, {step: cmake_items(values) for step, values in steps.items()})
        listed = any(isinstance(value, (list, tuple)) for value in table.values())
        listed = listed or (before.listed and "value" not in steps)
        return Option(merged, kind or before.type, listed=listed, appended=appended)

    def _texts(self, value: object, before: dict[str, Text]) -> Iterator[dict[str, Text]]:
        table = self._table(value, "strings")
        if table is None:
            return
        merged = dict(before)
        for name, written in table.items():
            operation = _text_operation(written)
            if operation is None:
                self._report(f"{name} must be a string, not {shown(written)}", f'write "{name}" = "…"')
            elif not name or ("=" in name and not self.name.endswith("include")):
                what = (
                    "a place in the wheel" if self.name.endswith("include") else "the name of an environment variable"
                )
                self._report(f"'{name}' can't be {what}", "write a name, without =")
            else:
                merged[name] = merged.get(name, Text()).changed(operation.name, operation.value)
        yield merged


_TEXT_OPERATIONS = (*_OPERATIONS, "append_path", "prepend_path")


def _text_operation(written: object) -> Operation | None:
    """One variable of an environment: a string, or a table with one operation on what was there before."""
    if _is_clear(written):
        return Operation(name="clear")
    if isinstance(written, Operation):
        operation = written
    elif isinstance(written, dict) and len(written) == 1:
        ((name, value),) = cast("dict[str, object]", written).items()
        operation = Operation(name=_SYNONYMS.get(name, name), value=value)
    else:
        operation = Operation(name="value", value=written)
    given = operation.value
    strings = isinstance(given, str) or (
        operation.name == "remove" and isinstance(given, list) and all(isinstance(one, str) for one in given)
    )
    return operation if strings and operation.name in _TEXT_OPERATIONS else None


def _apply(before: Sequence[str], steps: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    kept = steps["value"] if "value" in steps else [item for item in before if item not in steps.get("remove", ())]
    return (*steps.get("prepend", ()), *kept, *steps.get("append", ()))
