"""Machines for tests: made once by debootstrap, copied for each test."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fresh.machine import fresh_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.fresh.machine import Machine


@pytest.fixture(scope="session")
def kept() -> Path:
    """The folder of what is made once for all runs."""
    chosen = os.environ.get("XCONAN_TEST_CACHE")
    return Path(chosen).absolute() if chosen else Path("~/.cache/xconan-tests").expanduser()


@pytest.fixture
def fresh(kept: Path, tmp_path: Path) -> Callable[[str], AbstractContextManager[Machine]]:
    """Fresh machines by the suite of Debian: with fresh("bookworm") as machine."""

    @contextmanager
    def make(suite: str) -> Iterator[Machine]:
        with fresh_machine(suite, kept, tmp_path / suite) as machine:
            yield machine

    return make
