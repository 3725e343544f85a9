"""Unit tests see nothing of the user's environment and write nothing outside of their own folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.door import Door, FakeCMake, FakeConan

if TYPE_CHECKING:
    from pathlib import Path

NOT_OURS = ("SOURCE_DATE_EPOCH", "CMAKE_GENERATOR", "CC", "CXX", "FC", "XCONAN_TRACEBACK", "XDG_CACHE_HOME", "PWD")


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NOT_OURS:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XCONAN_CACHE", str(home / "cache"))
    # git must not find a repository above the temporary folder
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder for a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A build machine with no programs but those that the test gives it."""
    return Door.put_up(tmp_path / "programs", monkeypatch)


@pytest.fixture
def cmake(door: Door) -> FakeCMake:
    """Its cmake, and a ninja beside it."""
    return FakeCMake(door)


@pytest.fixture
def conan(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeConan:
    """Conan in a home of its own."""
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "conan home"))
    return FakeConan(door, tmp_path / "conan home")
