"""-C verbose and its like."""

from __future__ import annotations

import os

import pytest

from xconan.ground.errors import ConfigError
from xconan.ground.report import Level, level
from xconan.ground.verbosity import tell_as_asked


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XCONAN_VERBOSE", "XCONAN_QUIET", "XCONAN_VERBOSE_ENV"):
        monkeypatch.setenv(name, "0")
    for name in ("VERBOSE", "VERBOSE_ENV", "LOGLEVEL"):
        monkeypatch.delenv(f"PY_BUILD_CMAKE_{name}", raising=False)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (None, Level.STEPS),
        ({"verbose": ""}, Level.VERBOSE),
        ({"--verbose": "On"}, Level.VERBOSE),
        ({"V": "0"}, Level.STEPS),
        ({"verbose": ["0", "1"]}, Level.VERBOSE),
        ({"loglevel": "debug"}, Level.VERBOSE),
        ({"loglevel": "INFO"}, Level.STEPS),
        ({"--loglevel": "WARNING"}, Level.QUIET),
        ({"loglevel": "WARNING", "verbose": "1"}, Level.VERBOSE),
    ],
)
def test_settings(settings: dict[str, object] | None, expected: Level) -> None:
    tell_as_asked(settings)
    assert level() is expected


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE", "yes")
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE_ENV", "1")
    tell_as_asked({})
    assert level() is Level.VERBOSE
    assert os.environ["XCONAN_VERBOSE_ENV"] == "1"
    tell_as_asked({"verbose": "off", "verbose-env": "off"})
    assert level() is Level.STEPS
    assert "XCONAN_VERBOSE_ENV" not in os.environ


def test_no_level() -> None:
    with pytest.raises(ConfigError, match="'loud' is no log level"):
        tell_as_asked({"loglevel": "loud"})
