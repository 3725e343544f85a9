"""Emscripten, pyodide-build and Pyodide: what is downloaded is kept for all runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.pyodide import make_pyodide

if TYPE_CHECKING:
    from tests.support.pyodide import Pyodide


@pytest.fixture(scope="session")
def pyodide(tmp_path_factory: pytest.TempPathFactory) -> Pyodide:
    """All of it; tests without it are skipped."""
    chosen = os.environ.get("XCONAN_TEST_CACHE")
    kept = Path(chosen).absolute() if chosen else Path("~/.cache/xconan-tests").expanduser()
    return make_pyodide(kept, tmp_path_factory.mktemp("pyodide") / "pyodide-root")
