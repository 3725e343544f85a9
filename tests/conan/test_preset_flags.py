"""Flags of a preset come after the toolchain file's; those for another machine are refused before Conan is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE
from tests.support.needs import need_program
from xconan.ground.errors import ConfigError
from xconan.pipeline import build_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

TOOLCHAIN = (
    "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR armv6l)\nset(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)\n"
    "set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)\nset(CMAKE_CXX_FLAGS_INIT -march=armv6+fp)\n"
    'set(CMAKE_C_FLAGS_INIT "-march=armv6+fp -marm -mfloat-abi=hard -DOF_THE_BOARD")\n'
)
SOURCE = "#if __ARM_ARCH != 6 || !defined OF_THE_BOARD || !defined OF_THE_PRESET\n#error\n#endif\nint demo;\n"


@pytest.fixture
def preset(demo: Demo) -> Demo:
    """A project for an ARMv6 whose preset gives the modules' flags."""
    need_program("arm-linux-gnueabihf-g++")
    demo.write("board.cmake", TOOLCHAIN)
    demo.write("xconan.cross.toml", "arch = 'linux_armv6l'\ntoolchain_file = 'board.cmake'\n")
    demo.write("demo.c", SOURCE)
    lines = '[tool.xconan.cmake]\npreset = "board"\n[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n'
    demo.write("pyproject.toml", BASE + lines)
    return demo


def with_flags(demo: Demo, flags: str) -> None:
    own = {"name": "board", "generator": "Ninja", "cacheVariables": {"CMAKE_C_FLAGS": flags}}
    demo.write("CMakePresets.json", json.dumps({"version": 3, "configurePresets": [own]}))


def test_flags_of_a_preset_are_added(preset: Demo) -> None:
    with_flags(preset, "-O1 -DOF_THE_PRESET")
    preset.build()
    preset.build()  # configured again, they are no more


def test_flags_for_another_machine_before_libraries(preset: Demo, tmp_path: Path) -> None:
    with_flags(preset, "-DOF_THE_PRESET -march=armv7-a")
    with pytest.raises(ConfigError, match="CMAKE_C_FLAGS makes code for another machine: -march=armv7-a") as caught:
        build_wheel(preset.root, tmp_path / "dist")
    assert caught.value.where == "preset 'board'"
    assert not preset.ran_conan()


def test_toolchain_file_by_an_included_preset(preset: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is made of its own variables; a change of it, outside of the project, makes all anew."""
    shared = tmp_path / "shared"
    shared.mkdir()
    preset.write("xconan.cross.toml", "arch = 'linux_armv6l'\n")
    (preset.root / "board.cmake").rename(shared / "pi.cmake")
    with (shared / "pi.cmake").open("a", encoding="utf-8") as stream:
        stream.write('if(NOT DEFINED ENV{TINY_ENV})\nmessage(FATAL_ERROR "no TINY_ENV")\nendif()\n')

    def write(revision: str) -> None:
        environment = {"TINY_ENV": f"$env{{BOARD}}-{revision}", "BOARD": "pi", "FILES": "$penv{SHARED}"}
        base = {
            "name": "base", "generator": "Ninja", "environment": environment,
            "cacheVariables": {"CMAKE_C_FLAGS": "-DOF_THE_PRESET"},
            "toolchainFile": "$env{FILES}/$env{BOARD}.cmake", "binaryDir": "${sourceDir}/${hostSystemName}",
        }  # fmt: skip
        (shared / "boards.json").write_text(json.dumps({"version": 6, "configurePresets": [base]}), "utf-8")

    monkeypatch.setenv("SHARED", str(shared))
    content = {"version": 7, "include": ["$penv{SHARED}/boards.json"]}
    own = {"name": "board", "inherits": "base"}
    preset.write("CMakePresets.json", json.dumps({**content, "configurePresets": [own]}))
    write("4")
    assert preset.build()[2] == "pi-4"
    write("5")
    assert preset.build()[2] == "pi-5"
