"""-C verbose and its like: one reading for the command line and for hooks."""

from __future__ import annotations

import pytest

from xconan.ground import terminal
from xconan.ground.errors import ConfigError, ErrorGroup
from xconan.ground.terminal import Level
from xconan.ground.verbosity import asked_for, of_words

ON, OFF = "1", "0"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VERBOSE", "VERBOSE_ENV", "LOGLEVEL", "QUIET"):
        monkeypatch.delenv(f"PY_BUILD_CMAKE_{name}", raising=False)
        monkeypatch.delenv(f"XCONAN_{name}", raising=False)


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        (None, {}),
        ({"cross": "x"}, {}),
        ({"verbose": ""}, {"XCONAN_VERBOSE": ON}),
        ({"verbose": None}, {"XCONAN_VERBOSE": ON}),
        ({"verbose": []}, {"XCONAN_VERBOSE": ON}),
        ({"verbose": True}, {"XCONAN_VERBOSE": ON}),
        ({"--verbose": "On"}, {"XCONAN_VERBOSE": ON}),
        ({"-V": "y"}, {"XCONAN_VERBOSE": ON}),
        ({"V": "0"}, {"XCONAN_VERBOSE": OFF}),
        ({"verbose": ["0", "true"]}, {"XCONAN_VERBOSE": ON}),
        ({"verbose": ["1", "n"]}, {"XCONAN_VERBOSE": OFF}),
        ({"verbose": "false", "quiet": ""}, {"XCONAN_VERBOSE": OFF, "XCONAN_QUIET": ON}),
        ({"quiet": "no"}, {"XCONAN_QUIET": OFF}),
        ({"verbose-env": "yes"}, {"XCONAN_VERBOSE_ENV": ON}),
        ({"loglevel": "debug"}, {"XCONAN_VERBOSE": ON, "XCONAN_QUIET": OFF}),
        ({"loglevel": "INFO"}, {"XCONAN_VERBOSE": OFF, "XCONAN_QUIET": OFF}),
        ({"--loglevel": "WARNING"}, {"XCONAN_VERBOSE": OFF, "XCONAN_QUIET": ON}),
        ({"verbose": "1", "loglevel": "WARNING"}, {"XCONAN_VERBOSE": ON, "XCONAN_QUIET": ON}),
    ],
)
def test_settings(settings: dict[str, object] | None, meant: dict[str, str]) -> None:
    assert asked_for(settings) == meant


def test_variables_of_py_build_cmake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE", "yes")
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE_ENV", "")
    monkeypatch.setenv("PY_BUILD_CMAKE_QUIET", "1")  # it has none
    assert asked_for({}) == {"XCONAN_VERBOSE": ON, "XCONAN_VERBOSE_ENV": ON}
    assert asked_for({"verbose": "off", "verbose-env": "off"}) == {"XCONAN_VERBOSE": OFF, "XCONAN_VERBOSE_ENV": OFF}
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE", "perhaps")  # means no in there
    assert asked_for({})["XCONAN_VERBOSE"] == OFF
    monkeypatch.setenv("PY_BUILD_CMAKE_LOGLEVEL", "error")
    assert asked_for({"loglevel": "info"})["XCONAN_QUIET"] == OFF
    assert asked_for({})["XCONAN_QUIET"] == ON


def test_variables_take_the_words_of_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for word, meant, level in (("yes", ON, Level.VERBOSE), ("True", ON, Level.VERBOSE), ("off", OFF, Level.STEPS)):
        monkeypatch.setenv("XCONAN_VERBOSE", word)
        assert (asked_for({}), terminal.level()) == ({"XCONAN_VERBOSE": meant}, level)
    assert asked_for({"verbose": "1"}) == {"XCONAN_VERBOSE": ON}
    monkeypatch.setenv("XCONAN_VERBOSE", "2")
    assert asked_for({"verbose": "1"}) == {"XCONAN_VERBOSE": ON}
    with pytest.raises(ConfigError, match="'2' is neither yes nor no") as caught:
        asked_for({})
    assert caught.value.where == "XCONAN_VERBOSE"
    monkeypatch.setenv("XCONAN_VERBOSE", "")
    assert asked_for({}) == {}


@pytest.mark.parametrize("name", ["verbose", "quiet", "verbose-env"])
def test_neither_yes_nor_no(name: str) -> None:
    with pytest.raises(ConfigError, match="'perhaps' is neither yes nor no") as caught:
        asked_for({f"--{name}": ["1", "perhaps"]})
    assert caught.value.where == f"-C {name}"
    assert caught.value.hint == "write one of 1, true, yes, y, on, or one of 0, false, no, n, off"


def test_no_level(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ErrorGroup, match="'loud' is no log level") as caught:
        asked_for({"loglevel": "loud", "quiet": "very"})
    assert [error.where for error in caught.value.errors] == ["-C loglevel", "-C quiet"]
    monkeypatch.setenv("PY_BUILD_CMAKE_LOGLEVEL", "loud")
    with pytest.raises(ConfigError, match="'loud' is no log level") as one:
        asked_for({})
    assert one.value.where == "PY_BUILD_CMAKE_LOGLEVEL"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("build", {}),
        ("build -q", {"XCONAN_VERBOSE": OFF, "XCONAN_QUIET": ON}),
        ("build --verbose -C quiet=1", {"XCONAN_VERBOSE": ON, "XCONAN_QUIET": OFF}),
        ("build -C quiet=1", {"XCONAN_QUIET": ON}),
        ("build -Cquiet", {"XCONAN_QUIET": ON}),
        ("build --config-setting --quiet=no", {"XCONAN_QUIET": OFF}),
        ("build --config-setting=loglevel=DEBUG", {"XCONAN_VERBOSE": ON, "XCONAN_QUIET": OFF}),
        ("build -C quiet=perhaps", {}),
    ],
)
def test_of_words(line: str, meant: dict[str, str]) -> None:
    assert of_words(line.split()) == meant
