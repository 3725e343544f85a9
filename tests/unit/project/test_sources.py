"""Sources whose content changed while their time stamp went back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xconan.ground.files import mark_as_ours
from xconan.project.sources import Snapshot, looked_through


@pytest.fixture
def source(root: Path) -> Path:
    file = root / "src" / "a.cpp"
    file.parent.mkdir()
    file.write_text("one", encoding="utf-8")
    return file


def built(root: Path) -> Path:
    """Build once; return the layout's folder."""
    layout = root / ".xconan_cache" / "x"
    layout.mkdir(parents=True, exist_ok=True)
    take(root).save()
    return layout


def take(root: Path) -> Snapshot:
    return Snapshot.take(root, root / ".xconan_cache" / "x")


def change(file: Path, text: str, *, seconds: int) -> None:
    """Change a file's content and give it a time that many seconds from now."""
    file.write_text(text, encoding="utf-8")
    now = file.stat().st_mtime_ns
    os.utime(file, ns=(now + seconds * 10**9, now + seconds * 10**9))


def test_first_build(root: Path, source: Path) -> None:
    assert source.is_file()
    assert not take(root).changed_unseen()


@pytest.mark.parametrize(
    ("text", "seconds", "unseen"), [("two", -60, True), ("two", 60, False), ("one", -60, False), ("longer", -60, True)]
)
def test_changed(root: Path, source: Path, text: str, seconds: int, *, unseen: bool) -> None:
    built(root)
    change(source, text, seconds=seconds)
    assert take(root).changed_unseen() is unseen


def test_same_size_and_time(root: Path, source: Path) -> None:
    """What `cp -p` and `touch -r` leave: only the ctime tells."""
    os.utime(source, (1000, 1000))
    built(root)
    source.write_text("two", encoding="utf-8")
    os.utime(source, (1000, 1000))
    assert take(root).changed_unseen()


def test_new_and_removed_files(root: Path, source: Path) -> None:
    built(root)
    (root / "new.cpp").touch()
    os.utime(root / "new.cpp", (1, 1))
    source.unlink()
    assert not take(root).changed_unseen()


def test_what_is_left_out(root: Path, source: Path) -> None:
    layout = built(root)
    change(source, "two", seconds=60)
    for name in (".git/x", "dist/y", "src/__pycache__/z", ".mypy_cache/m"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (layout / "z").touch()
    assert {name.removeprefix(f"{root}/") for name in take(root).now} == {"src/a.cpp"}


@pytest.mark.parametrize(("name", "whether"), [
    ("a.c", True), ("src/dist/a.c", True), ("dist", True), ("dist/a.c", False), ("x/.venv/a.h", False),
    ("../a.c", False), ("../project2/a.c", False), ("node_modules/a/b.h", False),
])  # fmt: skip
def test_what_is_looked_through(name: str, root: Path, source: Path, *, whether: bool) -> None:
    """As `take` does it; a file elsewhere is noted by itself."""
    path = Path(os.path.normpath(root / name))
    assert looked_through(str(path), str(root)) == whether
    if not path.exists() and source.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert (str(path) in take(root).now) == whether


def test_odd_files(root: Path, source: Path) -> None:
    (root / "broken").symlink_to("nowhere")
    (root / "loop").symlink_to(".")
    (root / "link").symlink_to(source)
    assert {name.removeprefix(f"{root}/") for name in take(root).now} == {"src/a.cpp", "link"}


def test_linked_folder(root: Path, tmp_path: Path, source: Path) -> None:
    """Sources that a project shares with its neighbours."""
    shared = tmp_path / "shared" / "b.cpp"
    shared.parent.mkdir()
    shared.write_text("one", encoding="utf-8")
    (root / "src" / "shared").symlink_to("../../shared")
    (root / "src" / "everything").symlink_to("/")
    built(root)
    change(shared, "two", seconds=-60)
    assert take(root).changed_unseen()
    assert source.is_file()


def test_pipe(root: Path, source: Path) -> None:
    os.mkfifo(root / "pipe")
    assert str(source) in take(root).now


def test_damaged_stamp(root: Path, source: Path) -> None:
    layout = built(root)
    (layout / "sources.json").write_text("{", encoding="utf-8")
    change(source, "two", seconds=-60)
    assert not take(root).before


def test_contents(root: Path, source: Path) -> None:
    """Names and contents count, time stamps and wheels do not."""
    first = take(root).contents
    os.utime(source, (1000, 1000))
    (root / "demo.whl").write_bytes(b"made")
    mark_as_ours(root / "build")
    (root / "build" / "log").write_text("made", "utf-8")
    assert take(root).contents == first
    source.rename(source.with_name("b.cpp"))
    second = take(root).contents
    source.with_name("b.cpp").write_text("two", "utf-8")
    assert len({first, second, take(root).contents}) == 3


def test_only_edited(root: Path, source: Path) -> None:
    lists = root / "CMakeLists.txt"
    lists.write_text("project(demo)\n", "utf-8")
    built(root)
    assert not take(root).only_edited()
    source.write_text("two", "utf-8")
    assert take(root).only_edited()
    lists.write_text("project(demo C)\n", "utf-8")
    assert not take(root).only_edited()
    built(root)
    source.write_text("three", "utf-8")
    (root / "new.txt").touch()
    assert not take(root).only_edited()


def test_variables_that_cmakes_files_name(root: Path, source: Path) -> None:
    lists = root / "CMakeLists.txt"
    lists.write_text('if(DEFINED ENV{ONE})\nset(X "$ENV{TWO}")\nendif()\n', "utf-8")
    (root / "x.cmake.in").write_text("$ENV{ProgramFiles(x86)}", "utf-8")
    (root / "CMakeUserPresets.json").write_text('"$env{THREE} $penv{FOUR}"', "utf-8")
    source.write_text("$ENV{NO}", "utf-8")
    expected = {"ONE", "TWO", "THREE", "FOUR", "ProgramFiles(x86)"}
    assert take(root).variables == expected
    layout = built(root)
    stamp = layout / "sources.json"
    stamp.write_text(stamp.read_text("utf-8").replace('"ONE"', '"KEPT"'), "utf-8")
    assert take(root).variables == expected - {"ONE"} | {"KEPT"}  # an unchanged file is not read again
    lists.write_text("$ENV{FIVE}", "utf-8")
    assert take(root).variables == expected - {"ONE", "TWO"} | {"FIVE"}
