"""What a test needs from the machine: on a user's machine a test without it is skipped, in CI it fails."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """End the test because WHAT is not here: as skipped, or as failed where CI=true."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"missing in CI: {what}", pytrace=False)
    pytest.skip(f"missing here: {what}")


def need_program(name: str, package: str) -> Path:
    """Find a program, or end the test naming the Debian PACKAGE that has it."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} (Debian's package {package})")
    return Path(found)


def need_package(name: str) -> None:
    """Have a Python package beside us, or end the test."""
    if find_spec(name) is None:
        missing(f"the Python package {name}")
