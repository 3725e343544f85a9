"""`xconan sdist`, of projects that need no compiler."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.test_cli import PURE, failed, run

if TYPE_CHECKING:
    from pathlib import Path

HOST = "implementation = 'cp'\nversion = '311'\narch = 'linux_aarch64'\n"


@pytest.fixture
def package(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package, in whose folder we are."""
    (root / "pyproject.toml").write_text(PURE, "utf-8")
    (root / "demo").mkdir()
    (root / "demo" / "__init__.py").write_text("x = 1\n", "utf-8")
    (root / "demo" / "table.txt").touch()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(root)
    return root


def test_sdist(package: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("sdist") == 0
    place = package / "dist" / "demo-1.2.tar.gz"
    assert capfd.readouterr().out == f"{place}\n"
    with tarfile.open(place) as archive:
        assert "demo-1.2/demo/table.txt" in archive.getnames()
    assert run("sdist", package, "-o", package / "out", "--json") == 0
    assert json.loads(capfd.readouterr().out) == {"sdist": str(package / "out" / place.name)}


def test_verified(package: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("sdist", "-o", package / "out") == 0
    plain = (package / "out" / "demo-1.2.tar.gz").read_bytes()
    capfd.readouterr()
    assert run("sdist", "-o", package / "out", "--verify", "--json") == 0
    said = capfd.readouterr()
    wheel = "demo-1.2-py3-none-any.whl"
    assert json.loads(said.out) == {"sdist": str(package / "out" / "demo-1.2.tar.gz"), "verified": [wheel]}
    assert f"{wheel} is the same of both" in said.err
    assert (package / "out" / "demo-1.2.tar.gz").read_bytes() == plain
    assert not list((tmp_path / "tmp").iterdir())


def test_another_wheel(package: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What the wheel of the folder has and that of the source distribution has not; the earlier archive stays."""
    assert run("sdist") == 0
    before = (package / "dist" / "demo-1.2.tar.gz").read_bytes()
    (package / "demo" / "new.txt").touch()
    assert failed("sdist", "--verify", "-C", 'override=sdist.exclude = ["demo/*.txt"]') == 6
    said = capfd.readouterr().err
    assert "makes another wheel: demo/table.txt: it is missing" in said
    assert "makes another wheel: demo/new.txt: it is missing" in said
    assert "git add -f" in said
    assert (package / "dist" / "demo-1.2.tar.gz").read_bytes() == before
    assert not list((tmp_path / "tmp").iterdir())


def test_both_wheels_are_for_the_host_of_this_machines_files(package: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A cross.toml that stays at home says for which host; both wheels are made for it."""
    (package / "xconan.cross.toml").write_text(HOST, "utf-8")
    (package / "xconan.local.toml").write_text("[wheel]\nbuild_tag = '7'\npure_python = true\n", "utf-8")
    assert run("sdist", "--verify", "--json") == 0
    assert json.loads(capfd.readouterr().out)["verified"] == ["demo-1.2-7-py3-none-any.whl"]
    with tarfile.open(package / "dist" / "demo-1.2.tar.gz") as archive:
        assert not [name for name in archive.getnames() if name.endswith("cross.toml") or "local" in name]
