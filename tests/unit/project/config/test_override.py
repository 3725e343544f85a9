"""What `-C override=…` says, as the tables of a configuration file say it."""

from __future__ import annotations

import pytest

from tests.support.compare import raises_error
from xconan.ground.errors import ConfigError
from xconan.project.config.override import parse_override


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('cmake.build_type = "Debug"', {"cmake": {"build_type": {"value": "Debug"}}}),
        ("cmake.build_type=Debug", {"cmake": {"build_type": {"value": "Debug"}}}),  # no TOML: taken as it is
        ("wheel.pure_python = true", {"wheel": {"pure_python": {"value": True}}}),
        ("cmake.args += ['-x']", {"cmake": {"args": {"append": ["-x"]}}}),
        ("cmake.args += -x=1", {"cmake": {"args": {"append": "-x=1"}}}),
        ("cmake.args =+ -x", {"cmake": {"args": {"prepend": "-x"}}}),
        ("cmake.args -= -x", {"cmake": {"args": {"remove": "-x"}}}),
        ("cmake.args =- -x", {"cmake": {"args": {"remove": "-x"}}}),
        ("cmake.args =!", {"cmake": {"args": {"clear": True}}}),
        ('conan.options."lz4/*:shared" = true', {"conan": {"options": {"lz4/*:shared": {"value": True}}}}),
        ('"a.b".c-d = 1', {"a.b": {"c-d": {"value": 1}}}),
        ("cmake.options.TEXT = 'a\nb'", {"cmake": {"options": {"TEXT": {"value": "'a\nb'"}}}}),
    ],
)
def test_override(text: str, table: dict[str, object]) -> None:
    assert parse_override(text) == table


@pytest.mark.parametrize("text", ["cmake", "=x", "a..b = 1", '"a = 1', "a b = 1"])
def test_what_is_none(text: str) -> None:
    with raises_error(ConfigError, f"'{text}' is not KEY.PATH OP VALUE", where="-C override"):
        parse_override(text)
