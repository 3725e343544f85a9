"""`[tool.py-build-cmake.conan]` of py-build-cmake 0.6 (alpha) in our own keys.

Its keys are output_folder, profile_host, profile_build, args (of `conan install`), a cmake table in it, and numbered
tables of these. What they say goes into our conan and cmake tables of the same number.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from xconan.project.config.override import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.ground.errors import Problems
    from xconan.project.config.layers import Layer

_PROFILES = {"profile_host": "host_profiles", "profile_build": "build_profiles"}
# arguments of `conan install` by our key; each may be followed by its value, or have it behind "="
ARGUMENTS = {
    "--build": "build", "-b": "build",
    **dict.fromkeys(("-o", "--options", "-o:h", "--options:host"), "options"),
    **dict.fromkeys(("-s", "--settings", "-s:h", "--settings:host"), "settings"),
    **dict.fromkeys(("-c", "--conf", "-c:h", "--conf:host"), "conf"),
    **dict.fromkeys(("-pr", "--profile", "-pr:h", "--profile:host"), "host_profiles"),
    **dict.fromkeys(("-pr:b", "--profile:build"), "build_profiles"),
}  # fmt: skip
_GLUED = re.compile(r"-[a-z](:[hb])?")  # behind these the value may follow without a blank
_HOLDERS = ("linux", "windows", "mac", "pyodide", "cross")


def in_our_keys(layer: Layer, problems: Problems) -> Layer:
    """The same layer with its conan tables in our keys; what has no place in them is noted."""
    table = dict(layer.table)
    for name in _HOLDERS:
        if inner := layer.subtable(name):
            table[name] = in_our_keys(inner, problems).table
    conan = layer.subtable("conan")
    if conan is None:
        return replace(layer, table=table)
    if "cmake" in table:
        layer.report("conan", "there is a cmake table as well", "put its keys into the cmake table of conan", problems)
    table["conan"], table["cmake"] = _split(conan, problems)
    return replace(layer, table=table)


def _split(layer: Layer, problems: Problems) -> tuple[dict[str, object], dict[str, object]]:
    """What a conan table says of Conan, and what of CMake."""
    conan: dict[str, object] = {}
    inner = layer.subtable("cmake")
    cmake = dict(inner.table) if inner else {}
    for name, value in layer.table.items():
        if name.isdecimal() and (numbered := layer.subtable(name)):
            conan[name], cmake[name] = _split(numbered, problems)
        elif name in _PROFILES:
            conan[_PROFILES[name]] = _named(value)
        elif name == "output_folder":
            cmake["build_path"] = _folder(value)
        elif name == "args":
            _arguments(layer, value, conan, problems)
        elif name != "cmake":
            conan[name] = value
    return conan, cmake


def _named(value: object) -> object:
    """Profiles without "default", which is always there, and in place of what weaker layers say."""
    if isinstance(value, Operation):
        return replace(value, value=_without_default(value.value))
    return {"value": _without_default(value)} if isinstance(value, str | list) else value


def _without_default(value: object) -> object:
    names = [value] if isinstance(value, str) else value
    return [name for name in names if name != "default"] if isinstance(names, list) else value


def _folder(value: object) -> object:
    text = value.value if isinstance(value, Operation) else value
    if not isinstance(text, str) or "{build_config}" in text:
        return value
    return f"{text}/{{build_config}}"


def _arguments(layer: Layer, value: object, conan: dict[str, object], problems: Problems) -> None:
    """Note what arguments of `conan install` say in a conan table."""
    words = value.value if isinstance(value, Operation) else value
    words = [words] if isinstance(words, str) else words
    removed = isinstance(value, Operation) and value.name in ("remove", "clear")
    if removed or not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        layer.report("args", "this must be a list of arguments for conan install", 'write args = ["…"]', problems)
        return
    for name, given in argument_pairs(cast("list[str]", words)):
        key = ARGUMENTS.get(name)
        if key is None or given is None:
            layer.report("args", f"{name} has no place here" if key is None else f"{name} lacks its value",
                         "write it into a profile that profile_host names, or take it out", problems)  # fmt: skip
        elif key in ("build", "host_profiles", "build_profiles"):
            conan[key] = [*cast("list[str]", conan.get(key, [])), given]
        else:
            said, _, text = given.partition("=")
            conan[key] = {**cast("dict[str, object]", conan.get(key, {})), said: text}


def argument_pairs(words: list[str]) -> Iterator[tuple[str, str | None]]:
    """Each argument with its value, None where it has none: behind it, behind "=", or at once as in "-oNAME=VALUE"."""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        short = max((one for one in ARGUMENTS if _GLUED.fullmatch(one) and word.startswith(one)), key=len, default="")
        if name in ARGUMENTS and not equals:
            yield name, next(rest, None)
        elif name in ARGUMENTS or not short:
            yield (name, value) if equals else (word, None)
        else:
            yield short, word.removeprefix(short)
