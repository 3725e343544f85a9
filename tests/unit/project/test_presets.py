"""A build preset has to lead to the folder that was configured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.compare import raises_error
from xconan.ground.errors import ConfigError
from xconan.project.presets import check_build_presets

if TYPE_CHECKING:
    from pathlib import Path

BUILD = {"name": "b", "configurePreset": "c"}


def write(root: Path, name: str = "CMakePresets.json", **content: Any) -> None:  # noqa: ANN401 - JSON
    (root / name).write_text(json.dumps({"version": 4, **content}), "utf-8")


def check(root: Path) -> None:
    variables = {"XCONAN_BINARY_DIR": str(root / "out" / "c")}
    check_build_presets(
        ("b",), source=root, folder=root / "out" / "c", variables=variables, where="pyproject.toml: here"
    )


@pytest.mark.parametrize(
    "folder",
    ["$env{XCONAN_BINARY_DIR}", "$penv{XCONAN_BINARY_DIR}", "${sourceDir}/out/c", "out/x/../${presetName}",
     "${sourceParentDir}/${sourceDirName}/out/c"],
)  # fmt: skip
def test_that_folder(folder: str, root: Path) -> None:
    write(root, configurePresets=[{"name": "c", "binaryDir": folder}], buildPresets=[BUILD])
    check(root)


@pytest.mark.parametrize("folder", ["${sourceDir}/bb", "$env{NONE}", "/opt/${hostSystemName}", None])
def test_another_folder(folder: str | None, root: Path) -> None:
    preset = {"name": "c", "binaryDir": folder} if folder else {"name": "c"}
    write(root, configurePresets=[preset], buildPresets=[BUILD])
    named = f"the preset b builds in {f'the binaryDir {folder}' if folder else 'no binaryDir'}, not in"
    hint = 'write "binaryDir": "$env{XCONAN_BINARY_DIR}" into the configure preset c'
    with raises_error(ConfigError, named, where="pyproject.toml: here", hint=hint):
        check(root)


def test_inherited(root: Path) -> None:
    """The first of several that sets it; files may include each other, and presets of users follow the project's."""
    write(root, configurePresets=[{"name": "base", "binaryDir": "bb"}, {"name": "empty"}], include=["more.json"])
    write(root, "more.json", configurePresets=[{"name": "good", "binaryDir": "out/c"}], include=["CMakePresets.json"])
    for parents, fits in (("good", True), (["empty", "good", "base"], True), (["base", "good"], False)):
        presets = [{"name": "c", "inherits": parents}]
        builds = [{"name": "b", "inherits": "above"}, {"name": "above", "configurePreset": "c", "hidden": True}]
        write(root, "CMakeUserPresets.json", configurePresets=presets, buildPresets=builds)
        if fits:
            check(root)
        else:
            with raises_error(ConfigError, "the binaryDir bb"):
                check(root)


def test_what_cmake_itself_refuses(root: Path) -> None:
    """It is left for CMake to say: no file, no JSON, no such preset, presets that inherit each other."""
    check(root)
    (root / "CMakePresets.json").write_text("{", "utf-8")
    check(root)
    write(root, configurePresets=[], buildPresets=[BUILD])
    check(root)
    write(root, buildPresets=[{"name": "b", "inherits": "d"}, {"name": "d", "inherits": "b"}])
    check(root)
