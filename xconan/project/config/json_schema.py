"""The keys of `[tool.xconan]` as a JSON schema, from the records that the loader reads.

Editors complete by it; validate-pyproject finds it by its entry point. https://json-schema.org/draft-07
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.project.config.conditions import CONDITIONS
from xconan.project.config.free_tables import GENERATE, LOCATIONS, METADATA, OVERRIDES
from xconan.project.config.records import HOST_TABLES, KEYS, SYSTEMS
from xconan.project.config.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.project.config.schema import Key

    Schema = dict[str, object]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_OPERATIONS = ("=", "+", "-", "value", "append", "remove", "prepend")
_NUMBERED = ("cmake", "conan")  # of which there may be several


def json_schema(tool: str = "xconan") -> Schema:
    """The schema of `[tool.xconan]`; `tool` is the table's name, as validate-pyproject gives it."""
    tables = {name: _table(name) for name in KEYS}
    hosts: Schema = {name: tables[name] for name in HOST_TABLES}
    system = {"type": "object", "additionalProperties": False, "properties": hosts}
    cross = {**tables["cross"], "properties": {**_properties("cross"), **hosts}}
    matrix = {**tables["matrix"], "additionalProperties": True}  # its overrides hold tables as these
    return {
        "$schema": _DRAFT,
        "$id": f"urn:{tool}:configuration",
        "title": f"[tool.{tool}]",
        "description": "How a wheel is built, and for which host",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **tables, **{name: {**system, "description": f"On {name} alone"} for name in SYSTEMS}, "cross": cross,
            "matrix": matrix, "component": {"type": "object"}, "main_project": {"type": "string"},
            **_free(tables, system),
        },
    }  # fmt: skip


def _free(tables: Mapping[str, Schema], system: Schema) -> Schema:
    """Tables whose keys are others' to name, and lists of tables."""
    string: Schema = {"type": "string"}
    provider = {"type": "object", "properties": {"provider": string, "provider_path": string}, "required": ["provider"]}
    names = dict.fromkeys(("path", "template", "template_path", "template-path"), string)
    file = {"type": "object", "required": ["path"], "additionalProperties": False,
            "properties": {**names, "location": {"enum": list(LOCATIONS)}}}  # fmt: skip
    conditions: Schema = {spelled: {} for name in CONDITIONS for spelled in (name, name.replace("_", "-"))}
    condition = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": conditions}
    inner: Schema = {**{name: table for name, table in tables.items() if name != "cross"},
                     **dict.fromkeys(SYSTEMS, system)}  # fmt: skip
    override = {"type": "object", "required": ["if"], "additionalProperties": False,
                "properties": {**inner, "if": condition}}  # fmt: skip
    return {
        METADATA: {"type": "object", "additionalProperties": provider},
        GENERATE: {"type": "array", "items": file},
        OVERRIDES: {"type": "array", "items": override},
    }


def _table(name: str) -> Schema:
    table: Schema = {"type": "object", "additionalProperties": False, "properties": _properties(name)}
    if name in _NUMBERED:
        inner = {"type": "object", "additionalProperties": False, "properties": _properties(name)}
        table["patternProperties"] = {r"^\d+$": inner}
    return table


def _properties(name: str) -> Schema:
    return {one: {**_value(key), "description": _description(key)} for one, key in KEYS[name].items()}


def _description(key: Key) -> str:
    default = f" Default: {key.default}." if key.default else ""
    return f"{key.doc}{default}"


def _value(key: Key) -> Schema:
    """What a value may be in TOML."""
    string: Schema = {"type": "string"}
    if key.choices:
        return {"enum": list(key.choices)}
    if key.kind in (Kind.BOOL, Kind.INT):
        return {"type": {Kind.BOOL: "boolean", Kind.INT: "integer"}[key.kind]}
    if key.kind is Kind.TEXTS:
        one = {"type": ["string", "array"]}
        changed = {"type": "object", "additionalProperties": one, "maxProperties": 1}
        return {"type": "object", "additionalProperties": {"anyOf": [string, changed]}}
    if key.kind is Kind.OPTIONS:
        scalar: Schema = {"type": ["string", "boolean", "number"]}
        value: Schema = {"anyOf": [scalar, {"type": "array", "items": scalar}]}
        more = {"type": {"enum": ["STRING", "BOOL", "PATH", "FILEPATH"]}, "strict": {"type": "boolean"},
                "clear": {"const": True}}  # fmt: skip
        steps = {"type": "object", "additionalProperties": False, "properties": {**_steps(value), **more}}
        return {"type": "object", "additionalProperties": {"anyOf": [value, steps]}}
    if key.kind in (Kind.LIST, Kind.LIST_PLUS, Kind.PROFILES):
        several: Schema = {"anyOf": [string, {"type": "array", "items": string}]}
        steps = {"type": "object", "additionalProperties": False, "properties": _steps(several)}
        return {"anyOf": [string, {"type": "array", "items": string}, steps]}
    return string


def _steps(value: Schema) -> Schema:
    return dict.fromkeys(_OPERATIONS, value)
