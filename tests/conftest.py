"""Options and fixtures of all tiers. A test's folder is its marker."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")  # before the first of these is imported

from tests.support.golden import Golden  # noqa: E402

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background of a script: what tests interrupt would ignore it, too
    signal.signal(signal.SIGINT, signal.default_int_handler)


TIERS = ("unit", "conan", "e2e")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        tier = item.path.relative_to(Path(__file__).parent).parts[0]
        if tier in TIERS:
            item.add_marker(tier)


@pytest.fixture(scope="session")
def compare_golden(request: pytest.FixtureRequest) -> Golden:
    """Call it with a file's name and the text that it should hold."""
    return Golden(update=bool(request.config.getoption("--update-golden")))
