"""Source distributions."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.ground.errors import ConfigError
from xconan.project.config.records import SdistConfig
from xconan.wheel.sdist import write_sdist

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.config.records import Project

METADATA = facts.metadata(readme="README.md", license_files=("LICENSE",))
DOCS = {"docs/a.txt", "docs/ba.txt.md", "docs/a/b.txt", "docs/za.txt_"}
FILES = ("pyproject.toml", "README.md", "LICENSE", "CMakeLists.txt", "demo/__init__.py", "demo/ü ü.txt", "docs/a.txt")


@pytest.fixture
def project(root: Path) -> Project:
    for name in (*FILES, "demo/__pycache__/x.pyc", ".xconan_cache/x", "dist/old.tar.gz", ".venv/lib/y", "notes.log"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    return facts.project(root)


def git(root: Path, *arguments: str) -> None:
    from tests.support.needs import missing  # noqa: PLC0415

    if shutil.which("git") is None:
        missing("git")
    subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".gitignore").write_text("*.log\ndist/\n.*_cache/\n.venv/\n__pycache__/\n", encoding="utf-8")
    git(root, "add", ".")


def names(project: Project, out: Path) -> set[str]:
    name = write_sdist(project, METADATA, out)
    assert name == "demo-1.2.tar.gz"
    with tarfile.open(out / name) as archive:
        found = archive.getnames()
    assert all(one.startswith("demo-1.2/") for one in found)
    assert len(set(found)) == len(found)
    return {one.removeprefix("demo-1.2/") for one in found}


def test_files_without_git(project: Project, tmp_path: Path) -> None:
    assert names(project, tmp_path / "out") == {*FILES, "notes.log", "PKG-INFO"}


def test_files_of_git(project: Project, tmp_path: Path) -> None:
    commit(project.root)
    (project.root / "new.py").touch()
    (project.root / "demo/ü ü.txt").unlink()
    assert names(project, tmp_path / "out") == {*FILES, "new.py", ".gitignore", "PKG-INFO"} - {"demo/ü ü.txt"}


def test_ignored_folder_of_a_repository(project: Project, tmp_path: Path) -> None:
    """A project below a repository that ignores it."""
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*\n", encoding="utf-8")
    assert set(FILES) <= names(project, tmp_path / "out")


@pytest.mark.parametrize("place", ["dist", "out/deep", "."])
def test_out_within_the_project(project: Project, place: str) -> None:
    out = project.root / place
    first = names(project, out)
    assert set(FILES) <= first
    assert not any(name.endswith(".gz") for name in first - {"demo-1.2.tar.gz"})


def test_include_and_exclude(project: Project, tmp_path: Path) -> None:
    commit(project.root)
    config = SdistConfig(include=("*.log", "dist"), exclude=("docs", "**/*.txt"))
    chosen = facts.project(project.root, sdist=config)
    found = names(chosen, tmp_path / "out")
    assert {"notes.log", "dist/old.tar.gz", "CMakeLists.txt"} - found == {"CMakeLists.txt"}
    assert not {"docs/a.txt", "demo/ü ü.txt"} & found


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("docs", DOCS),
        ("docs/", DOCS),
        ("docs/*.txt", {"docs/a.txt"}),
        ("*.txt", {"a.txt"}),
        ("**/a.txt", {"a.txt", "docs/a.txt"}),
        ("docs/**", DOCS),
        ("docs/**/*.txt", {"docs/a.txt", "docs/a/b.txt"}),
    ],
)
def test_globs(root: Path, tmp_path: Path, pattern: str, gone: set[str]) -> None:
    all_names = {"a.txt", "aa.txt.in", *DOCS}
    for name in ("pyproject.toml", "README.md", "LICENSE", *all_names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = names(facts.project(root, sdist=SdistConfig(exclude=(pattern,))), tmp_path / "out")
    assert all_names - found == gone


def test_pattern_with_stars_matches_whole_names(root: Path, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "test.py", "mytest.py", "d/test.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    found = names(facts.project(root, sdist=SdistConfig(exclude=("**/test.py",))), tmp_path / "out")
    assert "mytest.py" in found
    assert not {"test.py", "d/test.py"} & found


def test_crucial_files_stay(project: Project, tmp_path: Path) -> None:
    found = names(facts.project(project.root, sdist=SdistConfig(exclude=("**",))), tmp_path / "out")
    assert found == {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"}


def test_reproducible(project: Project, tmp_path: Path) -> None:
    names(project, tmp_path / "a")
    (project.root / "LICENSE").touch()
    (project.root / "README.md").chmod(0o600)
    names(project, tmp_path / "b")
    assert (tmp_path / "a/demo-1.2.tar.gz").read_bytes() == (tmp_path / "b/demo-1.2.tar.gz").read_bytes()


@pytest.mark.parametrize(("epoch", "time"), [("1700000000", 1700000000), ("0", 0), ("9999999999", 2**32 - 1)])
def test_source_date_epoch(
    project: Project, tmp_path: Path, epoch: str, time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    write_sdist(project, METADATA, tmp_path)
    with tarfile.open(tmp_path / "demo-1.2.tar.gz") as archive:
        assert {info.mtime for info in archive.getmembers()} == {time}


def test_owners_and_modes(project: Project, tmp_path: Path) -> None:
    (project.root / "CMakeLists.txt").chmod(0o700)
    write_sdist(project, METADATA, tmp_path)
    with tarfile.open(tmp_path / "demo-1.2.tar.gz") as archive:
        infos = archive.getmembers()
    assert {(info.uid, info.gid, info.uname, info.gname) for info in infos} == {(0, 0, "", "")}
    assert {info.mode for info in infos if info.name.endswith("CMakeLists.txt")} == {0o755}
    assert {info.mode for info in infos if not info.name.endswith("CMakeLists.txt")} == {0o644}


def test_nothing_is_left_of_a_failure(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.root / "LICENSE").unlink()
    with pytest.raises(FileNotFoundError):
        write_sdist(project, METADATA, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(ConfigError):
        write_sdist(project, METADATA, tmp_path / "out")


def test_pkg_info_of_an_unpacked_sdist_is_replaced(project: Project, tmp_path: Path) -> None:
    (project.root / "PKG-INFO").write_text("old", encoding="utf-8")
    write_sdist(project, METADATA, tmp_path)
    with tarfile.open(tmp_path / "demo-1.2.tar.gz") as archive:
        stream = archive.extractfile("demo-1.2/PKG-INFO")
        assert stream
        assert stream.read().decode() == METADATA.text
