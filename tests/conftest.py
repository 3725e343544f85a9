"""Options and fixtures of all tiers. A test's folder is its marker."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")  # before the first of these is imported

from tests.support.golden import Golden  # noqa: E402
from tests.support.needs import in_ci, too_many_skips  # noqa: E402

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background of a script: what tests interrupt would ignore it, too
    signal.signal(signal.SIGINT, signal.default_int_handler)


# many tests look at what programs print; those of the lines for people take it back
os.environ["XCONAN_VERBOSE"] = "1"
# PYTHONDONTWRITEBYTECODE: each program that a test starts would compile xconan again, a second each time
sys.dont_write_bytecode = False
for name in ("XCONAN_QUIET", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)

TIERS = ("unit", "conan", "e2e", "fresh", "pyodide")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing them")
    parser.addoption("--whole-matrix", action="store_true", help="test all combinations, not the usual ones alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        tier = item.path.relative_to(Path(__file__).parent).parts[0]
        if tier in TIERS:
            item.add_marker(tier)
    if not config.getoption("--whole-matrix"):
        rest = [item for item in items if item.get_closest_marker("whole_matrix")]
        config.hook.pytest_deselected(items=rest)
        items[:] = [item for item in items if item not in rest]


@pytest.fixture(scope="session")
def compare_golden(request: pytest.FixtureRequest) -> Golden:
    """Call it with a file's name and the text that it should hold."""
    return Golden(update=bool(request.config.getoption("--update-golden")))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where too many were skipped, CI fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if in_ci() and reporter and _skips(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := _skips(terminalreporter):
        terminalreporter.section("FEW TESTS RAN", red=True, bold=True)
        terminalreporter.write_line("\n".join(lines), red=True)


def _skips(reporter: pytest.TerminalReporter) -> list[str]:
    skipped, passed, failed = (reporter.stats.get(name, []) for name in ("skipped", "passed", "failed"))
    reasons = [str(one.longrepr[2] if isinstance(one.longrepr, tuple) else one.longrepr) for one in skipped]
    return too_many_skips(reasons, len(passed) + len(failed))
