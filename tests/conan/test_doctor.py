"""`xconan doctor` and Conan: what it says of a home that is damaged, and of remotes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from xconan import doctor

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Conan home."""
    folder = tmp_path / "conan"
    folder.mkdir()
    monkeypatch.setenv("CONAN_HOME", str(folder))
    return folder


def lines(about: str, *, online: bool = False) -> list[doctor.Line]:
    return [line for line in doctor.examine(online=online) if line.about == about]


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("remotes.json", "{", "remotes.json"),
        ("remotes.json", '{"remotes": [{"nme": "x"}]}', "'name'"),
        ("global.conf", "core:bogus=1\n", "core:bogus"),
    ],
)
def test_a_damaged_conan_home(file: str, text: str, words: str, home: Path) -> None:
    (home / file).write_text(text, "utf-8")
    version, problem = lines("Conan")
    assert version.state == "ok"
    assert problem.state == "problem"
    assert words in problem.says
    assert str(home) in problem.remedy


def test_a_damaged_profile(home: Path) -> None:
    (home / "profiles").mkdir()
    (home / "profiles" / "default").write_text("{% if", "utf-8")
    assert [line.state for line in lines("Conan's profile")] == ["problem"]


def test_conans_remotes(home: Path, tmp_path: Path) -> None:
    """One that is switched off counts for nothing; whether the others answer is only asked online."""
    remote = {"name": "near", "url": str(tmp_path / "none"), "verify_ssl": True, "remote_type": "local-recipes-index"}
    file = home / "remotes.json"
    file.write_text(json.dumps({"remotes": [remote]}), "utf-8")
    about = "Conan's remotes"
    assert [line.says for line in lines(about)] == ["near"]
    (line,) = lines(about, online=True)
    assert line.state == "warning"
    assert "near does not answer: there is no such folder" in line.says
    file.write_text(json.dumps({"remotes": [{**remote, "disabled": True}]}), "utf-8")
    assert "none is enabled" in lines(about)[0].says


def test_a_remote_that_is_not_there(home: Path) -> None:
    remote = {"name": "far", "url": "http://127.0.0.1:9", "verify_ssl": True}
    (home / "remotes.json").write_text(json.dumps({"remotes": [remote]}), "utf-8")
    (line,) = lines("Conan's remotes", online=True)
    assert line.state == "warning"
    assert "far does not answer" in line.says
