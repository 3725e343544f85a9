"""What a configure preset gives to CMake, and so to a toolchain file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from xconan.project.config.records import CMakeConfig
from xconan.project.presets import with_preset

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PRESETS = {
    "version": 3,
    "configurePresets": [
        {"name": "base", "cacheVariables": {"BOARD": "none", "BASE": {"type": "PATH", "value": "${sourceDir}/base"}}},
        {
            "name": "sdk",
            "environment": {"SDK": "$penv{ROOT}/sdk"},
            "cacheVariables": {"SDK_LEVEL": "2", "BOARD": "sdk"},
        },
        {
            "name": "board",
            "inherits": ["sdk", "base"],
            "environment": {"MINE": "yes", "PRICE": "3 ${dollar}", "GONE": None},
            "cacheVariables": {"FAST": True, "ROOT": "$env{SDK}/root", "NOTHING": None},
        },
    ],
}


def test_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOT", "/opt")
    (tmp_path / "CMakePresets.json").write_text(json.dumps(PRESETS), "utf-8")
    config = CMakeConfig(
        config=(),
        source_path=tmp_path,
        generator="Ninja",
        install_config=(),
        preset="board",
        args=("-DLAST=1",),
        env={"MINE": "no"},
    )
    found = with_preset(config)
    assert found.env == {"SDK": "/opt/sdk", "MINE": "yes", "PRICE": "3 $$"}  # CMake sets it over what it was given
    assert set(found.args) == {
        "-DBOARD=sdk", f"-DBASE:PATH={tmp_path}/base", "-DSDK_LEVEL=2", "-DFAST=TRUE", "-DROOT=/opt/sdk/root",
        "-DLAST=1",
    }  # fmt: skip
    assert found.args[-1] == "-DLAST=1"


def test_no_preset(tmp_path: Path) -> None:
    config = CMakeConfig(config=(), source_path=tmp_path, generator="Ninja", install_config=())
    assert with_preset(config) is config
