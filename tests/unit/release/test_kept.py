"""What is kept: its size and age, and what of it is taken away."""

from __future__ import annotations

import json
import os
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.workbench import PYPROJECT
from xconan.cli import main
from xconan.ground.errors import ConfigError
from xconan.ground.files import mark_as_ours
from xconan.ground.lock import cache_in_use, cache_to_trim, locked
from xconan.release.kept import kept_in_cache, kept_in_project, remove_builds, trim

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with parts of 10 and 40 days, a host Python of 90, and a file of somebody else's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XCONAN_CACHE", str(folder))
    for name, days in (
        ("gcc/aarch64/cc", 10),
        ("packages/pybind11-1/a.h", 40),
        ("host-pythons/cp39-linux-aarch64/Python.h", 90),
        ("notes.txt", 90),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 8192)
        os.utime(path, (time.time() - days * DAY,) * 2)
    return folder


def test_what_is_in_the_cache(cache: Path) -> None:
    found = {one.path.relative_to(cache).as_posix(): one for one in kept_in_cache()}
    assert sorted(found) == ["gcc/aarch64", "host-pythons/cp39-linux-aarch64", "packages/pybind11-1"]
    assert {name: round(one.age / DAY) for name, one in found.items()} == {
        "gcc/aarch64": 10, "host-pythons/cp39-linux-aarch64": 90, "packages/pybind11-1": 40,
    }  # fmt: skip
    assert all(one.size == 8192 for one in found.values())


def test_a_file_with_two_names_counts_once(cache: Path) -> None:
    os.link(cache / "gcc/aarch64/cc", cache / "gcc/aarch64/c++")
    assert next(one.size for one in kept_in_cache() if one.kind == "gcc") == 8192


@pytest.mark.parametrize(
    ("older", "below", "left"),
    [
        (30, None, ["gcc/aarch64/cc"]),
        (0, None, []),
        (99, None, ["gcc/aarch64/cc", "packages/pybind11-1/a.h"]),
        (99, 20_000, ["gcc/aarch64/cc"]),
        (99, 100, []),
    ],
)
def test_trimmed_is_what_makes_itself_anew(cache: Path, older: float, below: int | None, left: list[str]) -> None:
    would = [one.path for one in trim(older=older, below=below, dry=True)]
    assert all(path.exists() for path in would)
    assert [one.path for one in trim(older=older, below=below)] == would
    files = sorted(path.relative_to(cache).as_posix() for path in cache.rglob("[!.]*") if path.is_file())
    assert files == sorted([*left, "host-pythons/cp39-linux-aarch64/Python.h", "notes.txt"])


def test_what_an_ended_trim_has_left_goes_with_the_next(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (ended := os.fork()) == 0:
        monkeypatch.setattr("xconan.release.kept.remove_tree", lambda _path: os._exit(0))
        trim(older=30)
    os.waitpid(ended, 0)
    left = [cache / "packages" / f".pybind11-1.{ended}", cache / f".jobserver.{ended}"]  # of the whole kinds, too
    assert (left[0] / "a.h").exists()
    left[1].mkdir()
    mine = cache / f"host-pythons/.mine.{ended}"
    mine.mkdir()
    assert trim(older=99, dry=True) == []
    assert all(path.exists() for path in left)
    assert trim(older=99) == []
    assert not any(path.exists() for path in left)
    assert mine.exists()


def test_cache_verb(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(cache)
    assert any("90 days ago" in line and "host Pythons" in line for line in lines)
    assert lines[-1] == "25 kB in all"
    assert main(["cache", "list", "--each"]) == 0
    assert "packages/pybind11-1" in capsys.readouterr().out
    assert main(["cache", "trim", "--below", "1kB", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["removed"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--below", "2XB"], "argument --below: '2XB' is no size; write a number with kB, MB, GB, as 500MB"),
        (["--older=-1"], "argument --older: '-1' is no number of days from 0 on"),
        (["--older", "nan"], "argument --older: 'nan' is no number of days from 0 on"),
        (["--older", "inf"], "'inf' is no number of days"),
        (["--older", "month"], "'month' is no number of days"),
    ],
)
def test_bounds_that_are_none(words: list[str], said: str, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(cache.rglob("*"))
    with pytest.raises(SystemExit) as caught:
        main(["cache", "trim", *words])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
    assert sorted(cache.rglob("*")) == before


def test_places_are_counted(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache.is_dir()
    assert main(["cache", "trim", "--older", "0", "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith(" in 2 places would be removed\n")
    assert main(["cache", "trim", "--older", "30"]) == 0
    assert capsys.readouterr().out.endswith(" in 1 place removed\n")
    assert main(["cache", "trim", "--older", "30"]) == 0
    assert capsys.readouterr().out == "0 bytes in 0 places removed\n"


# --- a project -------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(root: Path) -> Path:
    (root / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    for name in ("cp311-cp311-linux_aarch64", "cp312-abi3-linux_s390x", "release"):
        mark_as_ours(root / ".xconan_cache" / name)
    (root / ".xconan_cache/.gitignore").write_text("*\n", "utf-8")
    return root


PLACE = ".xconan_cache/{build_config}"


def test_build_folders_are_known_by_their_targets(project: Path) -> None:
    assert sorted(one.kind for one in kept_in_project(project, PLACE)) == [
        "cp311-linux_aarch64", "cp312-abi3-linux_s390x", "release",
    ]  # fmt: skip
    assert [one.kind for one in kept_in_project(project, PLACE, ["cp31{1,9}-*"])] == ["cp311-linux_aarch64"]
    with raises_error(ConfigError, "there is no build folder of 'pp*'"):
        kept_in_project(project, PLACE, ["pp*"])


def test_folders_of_others_stay(project: Path) -> None:
    for name in ("out-mine", "out-cp311-cp311-linux_aarch64"):
        (project / name).mkdir()
    mark_as_ours(project / "out-cp311-cp311-linux_aarch64")
    found = kept_in_project(project, "out-{build_config}")
    assert [one.path.name for one in found] == ["out-cp311-cp311-linux_aarch64", "release"]


@pytest.mark.parametrize(
    "below", ["{build_config}", "demo-{build_config}", "b[1]/{build_config}/x", "{build_config}/demo/{build_config}"]
)
def test_build_folders_anywhere(below: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else is there stays, our own cache, too; a second configuration is of the same target."""
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "elsewhere/cache"))
    place = f"{tmp_path}/elsewhere/{below}"
    builds = ["cp311-cp311-linux_aarch64", "cp311-cp311-linux_aarch64-1", "cp312-abi3-linux_s390x"]
    for name in builds:
        mark_as_ours(tmp_path / "elsewhere" / below.replace("{build_config}", name))
    mark_as_ours(tmp_path / "elsewhere/cache")
    for name in ("mine", "cp313-cp313-linux_aarch64"):
        (tmp_path / "elsewhere" / below.replace("{build_config}", name)).mkdir(parents=True)
    found = kept_in_project(project, place)
    assert [str(one.path) for one in found[:-1]] == [place.replace("{build_config}", name) for name in builds]
    kinds = ["cp311-linux_aarch64", "cp311-linux_aarch64", "cp312-abi3-linux_s390x", "release"]
    assert [one.kind for one in found] == kinds
    assert len(kept_in_project(project, place, ["cp311-linux_aarch64"])) == 2


def test_a_folder_that_is_built_in_stays(project: Path) -> None:
    folder = project / ".xconan_cache/cp311-cp311-linux_aarch64"
    with locked(folder / "lock", what="the test"):
        gone, busy = remove_builds(kept_in_project(project, PLACE))
    assert [one.path for one in busy] == [folder]
    assert len(gone) == 2
    assert [path.name for path in (project / ".xconan_cache").iterdir() if path.is_dir()] == [folder.name]


def test_clean_verb(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", str(project), "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("in 3 places would be removed")
    assert main(["clean", str(project), "--target", "release", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"][0]["kind"] == "release"
    assert main(["clean", str(project)]) == 0
    assert not [path for path in (project / ".xconan_cache").iterdir() if path.is_dir()]


# --- while builds are at work ----------------------------------------------------------------------------------------


def test_nothing_goes_while_a_build_uses_it(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with cache_in_use(), cache_in_use():  # a release, and one of its tasks
        trimming = Thread(target=trim, kwargs={"older": 0}, daemon=True)
        trimming.start()
        deadline = time.monotonic() + 30
        while "waiting for another xconan" not in capsys.readouterr().err:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert (cache / "gcc/aarch64/cc").exists()
        assert trim(older=0, dry=True), "what only looks does not wait"
    trimming.join(30)
    assert not (cache / "gcc/aarch64").exists()


def test_a_build_waits_until_it_is_trimmed(cache: Path) -> None:
    begun = Event()

    def build() -> None:
        with cache_in_use():
            begun.set()

    with cache_to_trim():
        waiting = Thread(target=build, daemon=True)
        waiting.start()
        assert not begun.wait(0.5)
    assert begun.wait(30)
    assert cache.is_dir()


def test_a_cache_that_can_t_be_written_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "file/cache"))
    with cache_in_use():
        assert trim(older=0) == []
