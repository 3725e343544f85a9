"""How much of what Conan prints is told by verbs that build nothing, and by hooks of build frontends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.workbench import LZ4, PYPROJECT, WHEEL, Workbench
from xconan import build
from xconan.cli import main
from xconan.project.config.settings import verbosity
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


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        ({"verbose": ""}, {"XCONAN_VERBOSE": "1"}),
        ({"--verbose": "1"}, {"XCONAN_VERBOSE": "1"}),
        ({"verbose": ["0", "true"]}, {"XCONAN_VERBOSE": "1"}),
        ({"verbose": "false", "quiet": ""}, {"XCONAN_VERBOSE": "0", "XCONAN_QUIET": "1"}),
        ({"cross": "x"}, {}),
        (None, {}),
    ],
)
def test_settings_of_frontends(settings: dict[str, object] | None, meant: dict[str, str]) -> None:
    assert verbosity(settings) == meant


@pytest.mark.parametrize(("settings", "shown"), [({}, False), ({"verbose": ""}, True), ({"verbose": "0"}, False)])
def test_hook(settings: dict[str, object], shown: bool, needing: Workbench,  # noqa: FBT001 - a table
              capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert build.build_wheel(str(needing.out), {"cross": [str(needing.cross())], **settings}) == WHEEL
    assert (CONANS in capfd.readouterr().err) == shown


def test_setting_on_the_command_line(needing: Workbench, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "-C", "verbose=1", "--cross", str(needing.cross())]) == 0
    assert CONANS in capfd.readouterr().err
    assert "XCONAN_VERBOSE" not in os.environ
