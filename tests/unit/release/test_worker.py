"""What a worker does with tasks: those of two releases at once, and those of one that has ended."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from xconan.ground.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

pytest.importorskip("distributed")

from xconan.release import worker
from xconan.release.jobserver import JobServer
from xconan.release.worker import _Desk, _desk, _opened, _run, end


@dataclass
class Process:
    """A task's process, for a recording door to other programs; it ends once its file is there."""

    request: dict[str, Any]
    end: Path

    def poll(self) -> int | None:
        if not self.end.exists():
            return None
        write_json(Path(self.request["answer"]), {"result": {"said": self.request["say"]}})
        return 0


class Door:
    """What was started on a worker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Process] = []

    def start(self, argv: Sequence[str], *, log: Path, **_more: object) -> Process:
        log.write_text("log of nobody\n", "utf-8")
        request = cast("dict[str, Any]", read_json(Path(argv[-1])))
        log.write_text(f"log of {request['say']}\n", "utf-8")
        self.started.append(Process(request, self.folder / f"end-{request['say']}"))
        return self.started[-1]


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    made = Door(tmp_path)
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(worker, "start", made.start)
    monkeypatch.setattr(worker, "get_worker", lambda: SimpleNamespace(address="tcp://w:1", log_event=lambda *_: None))
    return made


@pytest.fixture
def desk(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Desk:
    assert door
    (tmp_path / "desk").mkdir()
    made = _Desk(folder=tmp_path / "desk", server=None, env={})
    monkeypatch.setattr(worker, "_desk", lambda: made)
    return made


class Task(Thread):
    """A task of a release, in a thread of the worker's."""

    def __init__(self, release: str) -> None:
        super().__init__(daemon=True)
        self.release = release
        self.answer: Mapping[str, Any] = {}
        self.error = ""
        self.start()

    def run(self) -> None:
        job = {"release": self.release, "place": "nav", "task": "wheel t", "request": {"say": self.release}}
        try:
            self.answer = _run(job)
        except RuntimeError as error:
            self.error = str(error)


def until(count: int, door: Door) -> None:
    deadline = time.monotonic() + 10
    while len(door.started) < count:
        assert time.monotonic() < deadline, "no task was started"
        time.sleep(0.01)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the compilers are counted by a named pipe")
def test_tasks_that_come_at_once_have_one_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(pipe: Path, count: int) -> JobServer:
        time.sleep(0.2)
        return JobServer(pipe, count)

    here = SimpleNamespace(local_directory=str(tmp_path), state=SimpleNamespace(nthreads=2))
    monkeypatch.setattr(worker, "get_worker", lambda: here)
    monkeypatch.setattr(worker, "JobServer", slowly)
    _opened.cache_clear()
    desks: list[_Desk] = []
    threads = [Thread(target=lambda: desks.append(_desk())) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    _opened.cache_clear()
    assert len(desks) == 4
    assert len({id(one) for one in desks}) == 1


def test_two_releases_at_once_keep_their_answers_and_logs(desk: _Desk, door: Door, tmp_path: Path) -> None:
    first = Task("one")
    until(1, door)
    second = Task("two")
    until(2, door)
    for task in (second, first):
        (tmp_path / f"end-{task.release}").touch()
        task.join(10)
    assert [task.answer["result"] for task in (first, second)] == [{"said": "one"}, {"said": "two"}]
    assert [task.answer["log"] for task in (first, second)] == [b"log of one\n", b"log of two\n"]
    assert not list(desk.folder.iterdir()), "what was read is gone"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the compilers are counted by a named pipe")
def test_a_task_that_waits_is_not_begun_once_its_release_has_ended(desk: _Desk, door: Door, tmp_path: Path) -> None:
    desk.server = JobServer(tmp_path / "pipe", 1)
    busy = Task("one")
    until(1, door)
    waiting = Task("two")
    time.sleep(0.2)
    end("two")
    (tmp_path / "end-two").touch()
    waiting.join(10)
    assert not waiting.is_alive()
    assert waiting.error == "the release two has ended"
    (tmp_path / "end-one").touch()
    busy.join(10)
    assert busy.answer["code"] == 0
    assert [one.request["say"] for one in door.started] == ["one"]
    assert desk.server.take(1), "the compiler is free again"


def test_a_task_that_comes_after_the_end_is_not_begun(desk: _Desk, door: Door) -> None:
    end("one")
    late = Task("one")
    late.join(10)
    assert late.error == "the release one has ended"
    assert not door.started
    assert not desk.running
