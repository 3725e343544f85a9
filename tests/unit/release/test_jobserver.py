"""The job server: its slots, and what its clients are told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import need_program
from xconan.release.build import local_engine
from xconan.release.jobserver import job_server, one_compiler, told


def test_slots_are_counted() -> None:
    with job_server(3) as server:
        assert server
        assert server.take(2)
        assert not server.take(2)  # and the one that is there stays
        assert server.take(1)
        server.give(3)
        assert server.take(3)
        server.refill()
        assert server.take(3)
        assert not server.take(1)


@pytest.fixture
def rules(tmp_path: Path) -> list[str]:
    """Rules of ninja that note how many of them run at once."""
    need_program("ninja")
    script = tmp_path / "step.sh"
    script.write_text(
        "touch running.$1; ls running.* | wc -l >> seen; sleep 0.3; rm running.$1; touch out.$1\n", "utf-8"
    )
    steps = "".join(f"build out.{number}: step\n  n = {number}\n" for number in range(6))
    (tmp_path / "build.ninja").write_text(f"rule step\n  command = sh {script} $n\n{steps}", "utf-8")
    beside = Path(sys.executable).with_name("ninja")  # of the environment, which is newer than many a system's
    return [str(beside) if beside.is_file() else "ninja", "-C", str(tmp_path)]


def test_ninja_takes_no_more_than_there_are(rules: list[str], tmp_path: Path) -> None:
    with job_server(4) as server:
        assert server
        server.take(3)  # one is ninja's own by the protocol, two are at work elsewhere: one is left
        done = subprocess.run(
            rules, env={**os.environ, **server.env, "NINJA_STATUS": ""}, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        if "jobserver" not in done.stdout + done.stderr:
            pytest.skip("this ninja is older than 1.13")
        assert max(map(int, (tmp_path / "seen").read_text("utf-8").split())) == 2
        server.give(3)
        assert server.take(4), "ninja has put back what it took"


@pytest.fixture
def blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what is temporary with a blank in its path, and one without, which is nobody's yet."""
    (tmp_path / "with blank").mkdir()
    (tmp_path / "without").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "with blank"))
    monkeypatch.setattr("xconan.release.jobserver._USUAL_PLACE", "/of/nobody")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.delenv("CMAKE_BUILD_PARALLEL_LEVEL", raising=False)
    return tmp_path / "without"


@pytest.mark.parametrize("where", ["XDG_RUNTIME_DIR", ""], ids=["of the session", "usual"])
def test_a_pipe_lies_where_no_path_has_a_blank(where: str, blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if where:
        monkeypatch.setenv(where, str(blank))
    else:
        monkeypatch.setattr("xconan.release.jobserver._USUAL_PLACE", str(blank))
    with job_server(2) as server:
        assert server
        assert server.env["MAKEFLAGS"].split(":")[1].startswith(f"{blank}/xconan-jobs-")
    assert list(blank.iterdir()) == []


def test_each_task_has_one_compiler_where_there_is_no_place(blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(blank / "not there"))
    with job_server(2) as server:
        assert server is None
    with local_engine(blank, 2, (), {}) as engine:
        assert engine._env.items() >= told(1).items()  # noqa: SLF001
    monkeypatch.setenv("CMAKE_BUILD_PARALLEL_LEVEL", "7")
    assert one_compiler(served=False) == {"CMAKE_BUILD_PARALLEL_LEVEL": "7", "_XCONAN_JOBS": "1"}
    assert one_compiler(served=True) == {"CMAKE_BUILD_PARALLEL_LEVEL": "7"}


def test_any_make_works(tmp_path: Path) -> None:
    """One that is older than 4.4 would end at a job server that it does not know."""
    need_program("make")
    (tmp_path / "Makefile").write_text("all: a b\na b:\n\ttouch $@\n", "utf-8")
    with job_server(2) as server:
        assert server
        done = subprocess.run(
            ["make", "-C", str(tmp_path)], env={**os.environ, **server.env}, check=False, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "b").exists()
