"""Build presets build in the folder that was configured, wherever they lead."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from xconan.project.files import read_project_files
from xconan.project.presets import PresetBuild, build_arguments, preset_choices, preset_inputs, preset_toolchain

BUILD = {"name": "b", "configurePreset": "c"}


def write(root: Path, name: str = "CMakePresets.json", **content: Any) -> None:  # noqa: ANN401 - JSON
    (root / name).write_text(json.dumps({"version": 4, **content}), "utf-8")


def instead(root: Path) -> dict[str, PresetBuild]:
    """What stands for the preset b where out/c is the folder that was configured."""
    variables = {"XCONAN_BINARY_DIR": str(root / "out" / "c")}
    return build_arguments(("b",), source=root, folder=root / "out" / "c", variables=variables)


@pytest.mark.parametrize(
    "folder",
    ["$env{XCONAN_BINARY_DIR}", "$penv{XCONAN_BINARY_DIR}", "${sourceDir}/out/c", "out/x/../${presetName}",
     "${sourceParentDir}/${sourceDirName}/out/c"],
)  # fmt: skip
def test_that_folder(folder: str, root: Path) -> None:
    write(root, configurePresets=[{"name": "c", "binaryDir": folder}], buildPresets=[BUILD])
    assert instead(root) == {}


@pytest.mark.parametrize("folder", ["${sourceDir}/bb", "$env{NONE}", "/opt/${hostSystemName}", "out/c/$env{D}", None])
def test_another_folder(folder: str | None, root: Path) -> None:
    preset = {"name": "c", "environment": {"D": "$env{E}", "E": "d"}} | ({"binaryDir": folder} if folder else {})
    write(root, configurePresets=[preset], buildPresets=[BUILD])
    assert instead(root) == {"b": PresetBuild(environment=("D=d", "E=d"), configuration="", words=(), tool_words=())}


def test_a_preset_word_by_word(root: Path) -> None:
    base = {"name": "base", "environment": {"A": "1", "B": "base", "C": "gone"}, "hidden": True}
    configure = {"name": "c", "inherits": ["base"], "environment": {"B": "2 ${presetName}", "C": None}}
    build = {
        **BUILD, "configuration": "Debug", "jobs": 3, "verbose": True, "targets": ["x", "y"],
        "nativeToolOptions": ["-k", "0"], "environment": {"D": "4"},
    }  # fmt: skip
    write(root, configurePresets=[base, configure], buildPresets=[build])
    assert instead(root)["b"] == PresetBuild(
        environment=("A=1", "B=2 b", "D=4"),
        configuration="Debug",
        words=("-j3", "--verbose", "--target", "x", "y"),
        tool_words=("-k", "0"),
    )


def test_what_a_configure_preset_chooses(root: Path) -> None:
    base = {"name": "base", "generator": "Unix Makefiles", "cacheVariables": {"CMAKE_BUILD_TYPE": "Debug"}}
    typed = {"name": "typed", "cacheVariables": {"CMAKE_BUILD_TYPE": {"type": "STRING", "value": "MinSizeRel"}}}
    write(root, configurePresets=[base, typed, {"name": "c", "inherits": "base"}, {"name": "none"}])
    assert preset_choices("c", source=root) == ("Unix Makefiles", "Debug")
    assert preset_choices("typed", source=root) == ("", "MinSizeRel")
    assert preset_choices("none", source=root) == preset_choices("other", source=root) == ("", "")


def test_toolchain_file_of_a_preset(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = {"name": "base", "toolchainFile": "cmake/${presetName}.cmake"}
    typed = {"name": "typed", "cacheVariables": {"CMAKE_TOOLCHAIN_FILE": {"value": "/x/own.cmake"}}}
    both = {"name": "both", "inherits": ["typed", "base"]}  # CMake takes toolchainFile, wherever it is from
    write(root, configurePresets=[base, typed, both, {"name": "c", "inherits": "base"}, {"name": "none"}])
    assert preset_toolchain("c", source=root, variables={}) == root / "cmake/c.cmake"
    assert preset_toolchain("typed", source=root, variables={}) == Path("/x/own.cmake")
    assert preset_toolchain("both", source=root, variables={}) == root / "cmake/both.cmake"
    assert preset_toolchain("none", source=root, variables={}) is None
    text = '[project]\nname = "demo"\nversion = "1"\ndescription = "x"\n[tool.xconan.cmake]\npreset = "c"\n'
    (root / "pyproject.toml").write_text(text, "utf-8")
    (root / "CMakeLists.txt").write_text("project(demo)\n", "utf-8")
    (root / "demo.py").write_text("", "utf-8")
    assert read_project_files(root).cross.toolchain_file == root / "cmake/c.cmake"
    (root / "host.cmake").touch()
    (root / "h.toml").write_text('toolchain_file = "host.cmake"\narch = "linux_s390x"\n', "utf-8")
    cross = read_project_files(root, {"cross": str(root / "h.toml")}).cross
    assert cross.toolchain_file == root / "host.cmake"
    assert "the preset c names the toolchain file" in capsys.readouterr().err


def test_toolchain_file_by_the_presets_own_environment(root: Path) -> None:
    environment = {"TC": "$env{SDK}/$env{BOARD}.cmake", "SDK": "$penv{SDK}/sdk", "BOARD": "${hostSystemName}"}
    preset = {"name": "c", "toolchainFile": "$env{TC}", "environment": environment}
    write(root, configurePresets=[preset])
    found = preset_toolchain("c", source=root, variables={"SDK": "/opt"})
    assert found == Path(f"/opt/sdk/{platform.system()}.cmake")


@pytest.mark.parametrize(("version", "folder"), [(6, "."), (12, "shared")])
def test_folder_of_the_file(version: int, folder: str, root: Path) -> None:
    """Of the preset in use, and since version 12 of the file that has the macro."""
    (root / "shared").mkdir()
    base = {"name": "base", "generator": "Ninja", "toolchainFile": "${fileDir}/${generator}.cmake"}
    write(root / "shared", "base.json", version=version, configurePresets=[base])
    write(root, include=["shared/base.json"], configurePresets=[{"name": "c", "inherits": "base"}])
    assert preset_toolchain("c", source=root, variables={}) == root / folder / "Ninja.cmake"


def test_what_presets_are_made_from(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are included have any name, and may lie outside of the project."""
    monkeypatch.setenv("SHARED", str(tmp_path))
    write(tmp_path, "boards.json", configurePresets=[{"name": "base", "environment": {"X": "$env{Y}"}}])
    write(root, include=["$penv{SHARED}/boards.json"])
    before = preset_inputs(root)
    assert (set(before.files), set(before.variables)) == (
        {str(tmp_path / "boards.json"), str(root / "CMakePresets.json")}, {"SHARED", "Y"},
    )  # fmt: skip
    write(tmp_path, "boards.json", configurePresets=[{"name": "base", "environment": {"X": "1"}}])
    after = preset_inputs(root)
    assert after.files != before.files
    assert after.variables == {"SHARED"}


def test_inherited(root: Path) -> None:
    """The first of several that sets it; files may include each other, and presets of users follow the project's."""
    write(root, configurePresets=[{"name": "base", "binaryDir": "bb"}, {"name": "empty"}], include=["more.json"])
    write(root, "more.json", configurePresets=[{"name": "good", "binaryDir": "out/c"}], include=["CMakePresets.json"])
    for parents, fits in (("good", True), (["empty", "good", "base"], True), (["base", "good"], False)):
        presets = [{"name": "c", "inherits": parents}]
        builds = [{"name": "b", "inherits": "above"}, {"name": "above", "configurePreset": "c", "hidden": True}]
        write(root, "CMakeUserPresets.json", configurePresets=presets, buildPresets=builds)
        assert not instead(root) if fits else instead(root)


def test_what_cmake_itself_refuses(root: Path) -> None:
    """It is left for CMake to say: no file, no JSON, no such preset, presets that inherit each other."""
    assert instead(root) == {}
    (root / "CMakePresets.json").write_text("{", "utf-8")
    assert instead(root) == {}
    write(root, configurePresets=[], buildPresets=[BUILD])
    assert instead(root) == {}
    write(root, buildPresets=[{"name": "b", "inherits": "d"}, {"name": "d", "inherits": "b"}])
    assert instead(root) == {}
