"""The JSON schema, and what xconan config shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from tests.unit.project.config.test_config import ALL_KEYS, BASE, good
from xconan.cli import main
from xconan.ground.files import parse_toml
from xconan.project.config.json_schema import json_schema
from xconan.project.config.records import KEYS

if TYPE_CHECKING:
    from pathlib import Path


def validate(tool: str) -> list[str]:
    """What the schema says is wrong with the text of a table."""
    jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
    table = cast("dict[str, dict[str, object]]", parse_toml(tool).get("tool", {})).get("xconan", {})
    return [error.message for error in jsonschema.Draft7Validator(json_schema()).iter_errors(table)]


def test_every_key_is_in_it() -> None:
    properties = cast("dict[str, dict[str, dict[str, object]]]", json_schema()["properties"])
    for table, keys in KEYS.items():
        assert set(keys) <= set(properties[table]["properties"])


@pytest.mark.parametrize(("table", "name", "key"), ALL_KEYS, ids=[f"{table}.{name}" for table, name, _ in ALL_KEYS])
def test_what_the_loader_takes_is_valid(table: str, name: str, key: object) -> None:
    assert validate(f"[tool.xconan.{table}]\n{name} = {good(name, key)}\n") == []  # type: ignore[arg-type]
    assert validate(f"[tool.xconan.{table}]\n{name} = 1979-05-27\n")


@pytest.mark.parametrize(
    "tool",
    [
        "[tool.xconan.cmake]\nargs = {'+' = ['-x']}\n[tool.xconan.cmake.1]\nargs = ['-x']\n",
        "[tool.xconan.linux.cmake]\noptions.X = {value = 'a', type = 'PATH'}\n",
        "[tool.xconan.cmake.env]\nP = {append_path = '/x'}\n",
        "[tool.xconan.cross]\nos = 'linux'\n[tool.xconan.cross.wheel]\nbuild_tag = '1'\n",
    ],
)
def test_good(tool: str) -> None:
    assert validate(tool) == []


@pytest.mark.parametrize(
    "tool", ["[tool.xconan.cmak]\n", "[tool.xconan.cmake]\narg = 1\n", "[tool.xconan.cross]\nos = 'x'\n"]
)
def test_bad(tool: str) -> None:
    assert validate(tool)


def test_config_says_where_values_come_from(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pyproject.toml").write_text(BASE + '[tool.py-build-cmake.cmake]\nargs = ["a"]\n1.args = ["b"]\n', "utf-8")
    (root / "CMakeLists.txt").touch()
    assert main(["config", str(root), "--target", "cp311-linux_aarch64", "-C", "override=wheel.build_tag='3'"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# cp311-cp311-linux_aarch64, [tool.py-build-cmake]"
    assert f'cmake.args = ["a", "b"]  # {root}/pyproject.toml: tool.py-build-cmake.cmake.1.args' in lines
    assert "wheel.build_tag = \"3\"  # -C override=wheel.build_tag='3': wheel.build_tag" in lines
    assert 'cross.version = "311"  # target cp311-linux_aarch64: version' in lines
    assert "sdist.include = []  # default" in lines
    assert main(["config", str(root), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["table"] == "tool.py-build-cmake"


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
