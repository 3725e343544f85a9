"""What people are told of a release where there is no terminal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from xconan.ground import report
from xconan.release import board
from xconan.release.board import Board
from xconan.release.engine import Outcome
from xconan.release.tasks import Kind, Task

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from xconan.release.engine import Engine


class Now:
    """A clock that the test alone moves, for the board and for what watches over silence."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in (board, report):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(report, "_TICK", 1000.0)
        monkeypatch.setattr(report._STATE, "said", self.now)  # noqa: SLF001 - of the real clock


def test_one_speaker(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A long task: a word within 15 s and each minute, from the board and from nobody beside it."""
    clock = Now(monkeypatch)
    task = Task(name="toolchain linux_s390x", kind=Kind.TOOLCHAIN, subject="linux_s390x", after=(), request={})
    told = Board((task,), {}, jobs=2)
    with report.attended("building"):
        told.begun(task)
        for _ in range(200):
            clock.now += 1.0
            told.tick(cast("Engine", None))
            report._tell_what_runs()  # noqa: SLF001 - as the watching thread does it
    assert capsys.readouterr().err.splitlines() == [
        f"xconan: 0 of 1 done, 1 at work: toolchain linux_s390x {time_}"
        for time_ in ("10 s", "70 s", "2 min 10 s", "3 min 10 s")
    ]


def test_a_failure_and_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that no worker has taken has none."""
    log = tmp_path / "wheel.log"
    log.write_bytes(b"error: it broke\n")
    errors = ({"message": "nobody is there", "where": "tcp://s", "hint": "start one"},)
    task = Task(name="wheel a", kind=Kind.WHEEL, subject="a", after=(), request={})
    for path in (str(log), ""):
        Board((task,), {}, jobs=2).ended(task, Outcome(name=task.name, code=1, errors=errors, ended=3.0, log=path))
    with_log, without_log = capsys.readouterr().err.split("[1/1] ")[1:]
    assert with_log.splitlines()[0] == f"wheel a failed after 3.0 s (log: {log})"
    assert without_log.splitlines()[:2] == ["wheel a failed after 3.0 s", "  error: nobody is there"]
