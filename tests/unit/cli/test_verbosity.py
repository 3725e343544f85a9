"""How much of what Conan prints is told by verbs that build nothing, and by hooks of build frontends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.workbench import LZ4, PYPROJECT, WHEEL, Workbench
from xconan import build
from xconan.cli import main
from xconan.release.upload import upload

if TYPE_CHECKING:
    from collections.abc import Iterator

CONANS = "conan's own words"  # what the made-up Conan prints


@pytest.fixture(autouse=True)
def own_level() -> Iterator[None]:
    before = {name: os.environ.pop(name, None) for name in ("XCONAN_VERBOSE", "XCONAN_QUIET")}
    yield
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture
def needing(bench: Workbench) -> Workbench:
    """The project with a library of Conan's."""
    bench.write("pyproject.toml", PYPROJECT + LZ4)
    return bench


@pytest.mark.parametrize("verb", ["lock", "graph"])
def test_log(verb: str, needing: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    log = needing.layout / f"{verb}.log"
    assert main([verb, "--cross", str(needing.cross())]) == 0
    assert CONANS not in capfd.readouterr().err
    assert CONANS in log.read_text("utf-8")
    assert (needing.root / ".xconan_cache/.gitignore").is_file()
    assert main([verb, "-v", "--cross", str(needing.cross())]) == 0
    assert CONANS in capfd.readouterr().err
    assert not log.exists()
    assert main([verb, "-q", "--cross", str(needing.cross())]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("verb", ["lock", "graph"])
def test_why_it_failed_is_shown(verb: str, needing: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    needing.conan.error[verb] = {"error": "Package 'lz4/1.9.4' not resolved"}
    with pytest.raises(SystemExit) as ended:
        main([verb, "--cross", str(needing.cross())])
    assert ended.value.code == 4
    said = capfd.readouterr().err
    assert f"  {CONANS}" in said
    assert "xconan: error: Conan could not provide the dependencies" in said


def test_log_of_an_upload(needing: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    needing.build()
    capfd.readouterr()
    assert upload(needing.root, "shared", {"cross": [str(needing.cross())]}) == ["lz4/1.9.4"]
    said = capfd.readouterr().err
    assert said.startswith("upload     lz4/1.9.4 to shared in ")
    assert CONANS not in said
    assert CONANS in (needing.layout / "upload.log").read_text("utf-8")


@pytest.mark.parametrize(("settings", "shown"), [({}, False), ({"verbose": ""}, True), ({"verbose": "0"}, False)])
def test_hook(settings: dict[str, object], shown: bool, needing: Workbench,  # noqa: FBT001 - a table
              capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert build.build_wheel(str(needing.out), {"cross": [str(needing.cross())], **settings}) == WHEEL
    assert (CONANS in capfd.readouterr().err) == shown


def test_setting_on_the_command_line(needing: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "-C", "verbose=1", "--cross", str(needing.cross())]) == 0
    assert CONANS in capfd.readouterr().err
    assert "XCONAN_VERBOSE" not in os.environ


def test_level_on_the_command_line(needing: Workbench, monkeypatch: pytest.MonkeyPatch,
                                   capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE", "1")
    words = ["build", "--cross", str(needing.cross())]
    assert main([*words, "-C", "verbose-env=0", "-C", "verbose=0", "-C", "loglevel=ERROR"]) == 0
    assert capfd.readouterr().err == ""
    assert main([*words, "-C", 'override=cmake.build_type="Debug"']) == 0
    assert CONANS in capfd.readouterr().err


def test_word_that_is_not_known(needing: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    cross = str(needing.cross())
    with pytest.raises(SystemExit) as by_verb:
        main(["build", "-C", "verbose=perhaps", "--cross", cross])
    on_the_line = capfd.readouterr().err
    with pytest.raises(SystemExit) as by_hook:
        build.build_wheel(str(needing.out), {"cross": [cross], "verbose": "perhaps"})
    assert (by_verb.value.code, by_hook.value.code) == (2, 2)
    assert capfd.readouterr().err == on_the_line
    assert "'perhaps' is neither yes nor no" in on_the_line
    assert "write one of 1, true, yes, y, on, or one of 0, false, no, n, off" in on_the_line
