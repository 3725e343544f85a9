"""`xconan new`: what it writes is built, passes its own tests, and is built for another machine."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import Workshop, unpack
from tests.support.needs import need_package
from xconan.starter.choices import kinds
from xconan.starter.project import choose, texts, write_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host

NEEDED = {"cython": "Cython"}
RUN_TESTS = """
import os, sys
sys.path.append({packages!r})
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
import platform, pytest
print("on", platform.machine())
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", {tests!r}]))
"""


def own_tests_on(host: Host, project: Path, wheel: Path) -> str:
    """What the project's own tests say on the emulated host, whose Python borrows this one's pytest."""
    packages = sysconfig.get_path("purelib")
    return host.run(wheel, RUN_TESTS.format(packages=packages, tests=str(project / "tests")))


def make(folder: Path, kind: str, library: str | None = None) -> Path:
    write_project(folder, texts(choose("fast-pack", kind, library)))
    return folder


@pytest.mark.parametrize("kind", kinds())
def test_on_this_machine(kind: str, tmp_path: Path, native: Workshop) -> None:
    for one in kinds()[kind].requires:
        need_package(NEEDED.get(kind, one.partition(">")[0]))
    project = make(tmp_path / "project", kind)
    site = unpack(native.build(project).wheel)
    native.build(project).assert_ended(0, "unchanged: no input has changed")  # nothing that its kind asks is in doubt
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    env = {**native.environment, "PYTHONPATH": str(site), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    assert "2 passed" in subprocess.check_output(argv, cwd=project, env=env, text=True)


@pytest.mark.parametrize(
    ("kind", "library"), [("capi", "lz4"), pytest.param("cython", "bzip2", marks=pytest.mark.whole_matrix)]
)
def test_for_arm_by_gcc(kind: str, library: str, tmp_path: Path, host: Callable[..., Host], workshop: Workshop) -> None:
    if kind == "cython":
        need_package("Cython")
    arm = host("aarch64")
    project = make(tmp_path / "project", kind, library)
    said = own_tests_on(arm, project, workshop.build(project, arm.cross(tmp_path)).wheel)
    assert "on aarch64" in said
    assert "3 passed" in said


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the emulated host's Python is 3.11")
def test_for_arm_by_name(tmp_path: Path, host: Callable[..., Host], native: Workshop) -> None:
    need_package("ziglang")
    project = make(tmp_path / "project", "capi")
    built = native.build(project, None, "--target", "cp311-manylinux_2_17_aarch64")
    assert "2 passed" in own_tests_on(host("aarch64"), project, built.wheel)
