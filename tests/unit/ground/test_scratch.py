"""Temporary folders: what killed processes leave is removed by the next one, whenever they were killed."""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from xconan.ground import scratch as rooms
from xconan.ground.scratch import scratch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """$TMPDIR."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_killed_while_it_removes(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is still known as ours."""
    removed: list[str] = []

    def killed(path: Path) -> None:
        removed.append(path.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(rooms, "remove_tree", killed)
    with pytest.raises(KeyboardInterrupt), scratch("probe") as folder:
        (folder / "a").touch()
    assert removed == ["work"]
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with scratch("probe") as other:
        assert [path.name for path in temporary.iterdir()] == [other.parent.name]
    assert list(temporary.iterdir()) == []


def test_killed_before_it_was_held(temporary: Path) -> None:
    """An empty folder goes once it is old enough to be nobody's; one that holds anything stays."""
    young, old, used = (temporary / f"xconan-probe-{name}" for name in ("young", "old", "used"))
    for folder in (young, old, used):
        folder.mkdir()
    (used / "notes").touch()
    for folder in (old, used):
        os.utime(folder, (time.time() - 999,) * 2)
    with scratch("probe"):
        pass
    assert sorted(path.name for path in temporary.iterdir()) == [used.name, young.name]
