"""Programs of the build machine that are Python packages."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tests.support.installations import write_tree
from xconan.build_machine.tools import find_delvewheel
from xconan.ground.run import capture

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_delvewheel_runs_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project's modules that are named as Python's own are none of its."""
    site = write_tree(tmp_path / "site", {
        "delvewheel/__init__.py": b"",
        "delvewheel/__main__.py": b"import sys, json\nprint(*map(json.dumps, sys.argv[1:]))\n",
        "delvewheel-99.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: delvewheel\nVersion: 99.0\n",
    })  # fmt: skip
    folder = write_tree(tmp_path / "project", {"json.py": b"", "runpy.py": b"", "delvewheel/__init__.py": b""})
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.chdir(folder)
    assert find_delvewheel("100.0") is None
    words = find_delvewheel("1.13")
    assert words
    assert words[0] == sys.executable
    done = capture([*words, "replace-needed", "a b"], env={**os.environ})
    assert (done.code, done.stdout) == (0, '"replace-needed" "a b"\n'), done.stderr
