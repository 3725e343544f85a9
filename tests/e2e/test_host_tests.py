"""Wheels whose own tests the host's Python runs under emulation, and which are not there unless these pass."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_projects import INSTALL, LISTS
from tests.support.compare import assert_says
from tests.support.crossbuild import plain_project
from tests.support.wheels import Wheel
from xconan.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

TABLE = """\
[tool.xconan.test]
command = ["pytest -q tests", "python -c 'import platform; print(platform.machine())' > {project}/machine"]
requires = ["pytest"]
sources = ["tests"]
"""
TESTS = """\
import struct, subprocess, sys
import plain

def test_answer():
    assert plain.answer() == (struct.calcsize("P"), sys.version_info[1] + WRONG)

def test_python_of_the_host_again():
    assert subprocess.run([sys.executable, "-c", "import plain"]).returncode == 0
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = plain_project(tmp_path / "project", LISTS["interpreter"] + INSTALL, pyproject=TABLE)
    (folder / "tests").mkdir()
    (folder / "tests/test_plain.py").write_text(TESTS.replace("WRONG", "0"), "utf-8")
    return folder


@pytest.mark.parametrize("arch", ["aarch64", pytest.param("armv7l", marks=pytest.mark.whole_matrix), "s390x"])
def test_passed(arch: str, host: Callable[..., Host], workshop: Workshop, project: Path, tmp_path: Path) -> None:
    target = host(arch)
    built = workshop.build(project, target.cross(tmp_path), "--test")
    assert_says(built.log, "test       passed on python3.11", "1 module imported, 2 commands")
    assert built.wheel.is_file()
    assert (project / "machine").read_text("utf-8").strip() == arch


def test_failed(host: Callable[..., Host], workshop: Workshop, project: Path, tmp_path: Path) -> None:
    """No wheel is put in its place, the one that is there stays; the test's own words are shown."""
    cross = host("aarch64").cross(tmp_path)
    (project / "tests/test_plain.py").write_text(TESTS.replace("WRONG", "1"), "utf-8")
    failed = workshop.build(project, cross, "--test", fails=True)
    assert failed.code == 7
    assert_says(failed.log, "assert plain.answer()", "where: pytest -q tests", "the wheel failed on its host")
    assert not [*(project / "dist").glob("*")]
    untested = workshop.build(project, cross)
    before = untested.wheel.read_bytes()
    again = workshop.build(project, cross, "--test", fails=True)
    assert again.code == 7
    assert untested.wheel.read_bytes() == before


def test_where_it_can_be_run(host: Callable[..., Host], workshop: Workshop, project: Path, tmp_path: Path) -> None:
    """Without a Python of the host: said before anything is compiled; left out where that will do."""
    shop = replace(workshop, extra={"XCONAN_PYTHONS": str(tmp_path / "none")})
    target = host("aarch64")
    include = target.python.include_dir
    for place in (include.name, f"{target.triple}/{include.name}"):  # Debian's pyconfig.h includes the second
        shutil.copytree(include.parent / place, tmp_path / "include" / place)
    cross = target.cross(tmp_path, headers=False, extra=f"include_dir = '{tmp_path}/include/{include.name}'")
    failed = shop.build(project, cross, "--test", fails=True)
    assert failed.code == 3
    assert_says(failed.log, "xconan python add 3.11 --for linux_aarch64 --runnable", lacks=["Building C object"])
    built = shop.build(project, cross, "--test=auto")
    assert_says(built.log, "will not be tried on its host")
    assert built.wheel.is_file()


@pytest.mark.parametrize(
    ("arch", "suite", "python"),
    [("aarch64", "bookworm", "cp311"), ("armv7l", "bookworm", "cp311"), ("aarch64", "bullseye", "cp39")],
)
def test_wheels_by_the_tags_of_the_index(
    arch: str, suite: str, python: str, host: Callable[..., Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python of 32 bits; one that is older than the libraries by which this machine knows tags.

    What a wheel requires is chosen for that Python, where a folder of wheels tells Requires-Python in them alone, too.
    """
    wheel = Wheel(tags=f"{python}-none-manylinux_2_17_{arch}", files={"demo/__init__.py": b""}).write(tmp_path)
    for version, wanted in (("1.0", "<3.10,>=3.7"), ("2.0", ">=3.10")):
        metadata = f"Metadata-Version: 2.1\nName: tool\nVersion: {version}\nRequires-Python: {wanted}\n"
        files = {"tool.py": f"version = '{version}'\n".encode()}
        stem = f"tool-{version}"
        Wheel(stem=stem, folder=f"{stem}.dist-info", tags="py3-none-any", metadata=metadata, files=files).write(
            tmp_path
        )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    expected = "1.0" if python == "cp39" else "2.0"
    command = ["--require", "tool", "--", "python", "-c", f"import tool; assert tool.version == '{expected}'"]
    assert main(["test", str(wheel), "--python", str(host(arch, suite).python.root), *command]) == 0
