"""The README's commands, as they stand there, on a Debian that has nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.fresh.machine import USER, hand_over, readme_commands, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.fresh.machine import Machine

SUITES = ("bookworm", "trixie")
HANDFUL = "test_gcc_by_name or test_unmodified_project or test_stable_abi_of_the_c_api"
WHEEL = re.compile(rf"^{re.escape('/srv/xconan/dist/')}lz4_pybind11-[\w.-]+-manylinux_2_17_aarch64\.whl$", re.MULTILINE)


@pytest.mark.parametrize("suite", SUITES)
def test_demo_as_root(suite: str, fresh: Callable[[str], AbstractContextManager[Machine]]) -> None:
    command, _all = readme_commands()
    with fresh(suite) as machine:
        done = machine.run(command)
        assert done.code == 0, done.tail
        assert WHEEL.search(done.log), done.tail


@pytest.mark.parametrize("suite", SUITES)
def test_demo_as_a_user(suite: str, fresh: Callable[[str], AbstractContextManager[Machine]]) -> None:
    """Without rights, and with python3-venv, as the README says; the second time nothing is fetched again."""
    command, _all = readme_commands()
    with fresh(suite) as machine:
        done = machine.run("apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv")
        assert done.code == 0, done.tail
        hand_over(machine)
        done = machine.run(command, user=USER)
        assert done.code == 0, done.tail
        assert WHEEL.search(done.log), done.tail
        assert re.search(r"^xconan: added cp3\d+-linux-\w+: 3\..*, from apt$", done.log, re.MULTILINE), done.tail
        again = machine.run("XCONAN_OFFLINE=1 .venv/bin/nox -R -s demo", user=USER)
        assert again.code == 0, again.tail
        assert "Python.h" not in again.log


@pytest.mark.parametrize("suite", SUITES)
def test_native_builds_after(suite: str, fresh: Callable[[str], AbstractContextManager[Machine]]) -> None:
    """A compiler and no python3-dev: a build for this machine fetches the headers, or names what does."""
    build = ".venv/bin/python -m tests.support.demo --native"
    with fresh(suite) as machine:
        packages = "python3-venv gcc g++"
        done = machine.run(f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {packages}")
        assert done.code == 0, done.tail
        hand_over(machine)
        install = "python3 -m venv .venv && .venv/bin/pip install -q . 'pybind11>=2.13' cmake ninja"
        assert machine.run(install, user=USER).code == 0
        refused = machine.run(f"XCONAN_OFFLINE=1 {build}", user=USER)
        assert refused.code == 3, refused.tail
        command = re.search(r"`apt-get (install python3-dev)` as root, or `(xconan python add [^`]+)`", refused.log)
        assert command, refused.tail
        done = machine.run(build, user=USER)
        assert done.code == 0, done.tail
        assert "by LZ4 and back" in done.log, done.tail
        # both remedies, followed literally
        forget = "rm -rf ~/.cache/xconan/host-pythons"
        _builds_after(machine, build, f"{forget} && .venv/bin/{command[2]}", USER)
        assert machine.run(forget, user=USER).code == 0
        _builds_after(machine, build, f"apt-get -y -qq {command[1]}", "root")


def _builds_after(machine: Machine, build: str, remedy: str, user: str) -> None:
    mended = machine.run(remedy, user=user)
    assert mended.code == 0, mended.tail
    done = machine.run(f"XCONAN_OFFLINE=1 {build}", user=USER)
    assert done.code == 0, done.tail


@pytest.mark.parametrize("suite", SUITES)
def test_tiers_as_root(suite: str, fresh: Callable[[str], AbstractContextManager[Machine]]) -> None:
    """The second command, with the fast tiers whole and a handful of the slow one."""
    _demo, command = readme_commands()
    nox = ".venv/bin/nox"
    assert command.endswith(f" {nox}")
    with fresh(suite) as machine:
        some = f"export CI=true; {command} -s machine lint unit peers conan && {nox} -s e2e -- -k '{HANDFUL}'"
        done = machine.run(some, minutes=90)
        assert done.code == 0, done.tail
        counts = re.findall(r"^=+ (?:.*, )?(\d+) passed(?:, (\d+) skipped)?.* in ", done.log, re.MULTILINE)
        say(f"{suite}: passed and skipped, by tier: {counts}")
        assert len(counts) == 4
