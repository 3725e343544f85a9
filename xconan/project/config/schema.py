"""What a configuration key is.

A key stands in one place: a field of a record in records.py. The field has its name, its type and its default; the
metadata that `key` makes has the rest. The loader (merge.py) and the tables of docs/configuration.md read both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.record import Record
from xconan.project.config.dialect import OURS, Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.host.targets import Target

_KINDS = {bool: "a bool", int: "an integer", float: "a float", str: "a string", list: "a list", dict: "a table",
          date: "a date", datetime: "a date", time: "a time"}  # fmt: skip


class Kind(str, Enum):
    """What a value may be in TOML, and what becomes of it."""

    STRING = "string"
    BOOL = "bool"
    INT = "int"
    PATH = "path"  # relative to the file that names it
    LIST = "list"  # a stronger file replaces it
    LIST_PLUS = "list+"  # a stronger file appends to it
    PROFILES = "profiles"  # the same, of Conan profiles: relative to the file that names them, else by name
    OPTIONS = "options"  # variables: bool, string, list or table
    TEXTS = "texts"  # a table of strings


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Spelling(Record):
    """The form that a value, or each item of a list, must have.

    Attributes:
        pattern: a regular expression for the whole text.
        problem: what to say of a text that has another form: "is not a tag".
        hint: what to write.
        example: a text that has the form.
    """

    pattern: str
    problem: str
    hint: str = ""
    example: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DefaultContext(Record):
    """What defaults are computed from.

    Attributes:
        running: the interpreter that runs us.
        root: the project's folder, absolute; where there is no project, nothing asks for it.
        project_name: as [project] has it, "" where it has none.
        dialect: whose meaning the table has.
    """

    running: Target
    root: Path = Path()
    project_name: str = ""
    dialect: Dialect = OURS


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Key(Record):
    """What the field of a key does not say by itself.

    Attributes:
        kind: what the value may be.
        doc: what it means, for a table cell in docs/configuration.md.
        choices: all values that a string may have; () for any.
        spelling: the form of the value.
        default: what holds where the key is left out, in words, as far as the field's default does not show it.
        compute: the default where it is not the same for all projects, from the context and the values of the
            keys that stand before it in the record.
    """

    kind: Kind
    doc: str
    choices: tuple[str, ...] = ()
    spelling: Spelling | None = None
    default: str = ""
    compute: Callable[[DefaultContext, Mapping[str, object]], object] | None = None


def key(
    kind: Kind,
    doc: str,
    *,
    choices: tuple[str, ...] = (),
    spelling: Spelling | None = None,
    default: str = "",
    compute: Callable[[DefaultContext, Mapping[str, object]], object] | None = None,
) -> dict[str, Key]:
    """The metadata that makes a key of a dataclass field; the arguments are those of Key."""
    return {
        "key": Key(kind=kind, doc=doc, choices=choices, spelling=spelling, default=default, compute=compute),
    }


def keys_of(record: type[Record]) -> dict[str, Key]:
    """The keys of a record by name, in order; fields that are no keys are left out."""
    every = fields(cast("type", record))
    return {field.name: cast("Key", field.metadata["key"]) for field in every if "key" in field.metadata}


def shown(value: object) -> str:
    """A value as messages name it, by its kind: "an integer (3)"."""
    value = getattr(value, "value", value)  # an operation's
    text = str(value) if isinstance(value, date | time) else repr(value)
    return f"{_KINDS.get(type(value), type(value).__name__)} ({text})"


def remedy(name: str, key: Key, value: object) -> str:
    """How a value of this key is written, where it was written as something else; it has the form that the key has."""
    value = getattr(value, "value", value)  # an operation's
    if key.kind is Kind.BOOL:
        return f"write {name} = true, or false"
    if key.choices:
        *others, last = [f'"{choice}"' for choice in key.choices]
        return f"write {name} = {', '.join(others)} or {last}; or leave {name} out"
    example = key.spelling.example if key.spelling else ""
    said = _meant(value, key.spelling)
    if key.kind is Kind.INT:
        return f"write {name} = {said or example or 1}" + ("" if said else ", or another number")
    if isinstance(value, bool):
        return f'write {name} = "{example or "…"}", or leave {name} out'
    return f'write {name} = "{said or example or "…"}"'


def _meant(value: object, spelling: Spelling | None) -> str:
    """A number, or a version with a dot, as the key spells it: "312" of 3.12; "" where it can't be."""
    if isinstance(value, bool) or not (isinstance(value, int | float) or (spelling and isinstance(value, str))):
        return ""
    text = str(value)
    whole = "3.10" if text == "3.1" else text  # TOML's number has no zero at its end
    forms = [text, whole.replace(".", "")] if spelling else [text]
    return next((form for form in forms if spelling is None or re.fullmatch(spelling.pattern, form)), "")
