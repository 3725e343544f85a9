"""How long one waits for a store that is away, and for whom a task ends."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from xconan.ground.errors import ConanError
from xconan.release.patience import StoreAwayError, patiently

AWAY = ConanError("Unable to connect to remote far=http://127.0.0.1:9", hint="check the network")


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock stands still but for those who sleep: for how long they did."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
    return slept


def failing(times: int, error: ConanError = AWAY) -> list[ConanError | None]:
    return [*[error] * times, None]


def tried(answers: list[ConanError | None], seconds: float) -> str:
    def make() -> str:
        if answer := answers.pop(0):
            raise answer
        return "made"

    return patiently(make, seconds)


def test_a_store_that_comes_back_is_waited_for(naps: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(failing(4), 60) == "made"
    assert naps == [1.0, 2.0, 4.0, 8.0]
    assert "xconan: a Conan remote does not answer, the next try is in 8.0 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "HTTPConnectionPool(host='127.0.0.1', port=9): Read timed out. (read timeout=60)",
        "('Connection aborted.', BrokenPipeError(32, 'Broken pipe'))",
        "503 Server Error: Service Unavailable for url: http://127.0.0.1:9/v2/conans/lz4/1.9.4",
    ],
)
def test_what_requests_say_of_a_server_in_the_middle_of_an_upload(words: str, naps: list[float]) -> None:
    assert tried(failing(1, ConanError(words)), 60) == "made"
    assert naps == [1.0]


def test_what_a_server_refuses_is_not_waited_for(naps: list[float]) -> None:
    with pytest.raises(ConanError, match="413"):
        tried(failing(1, ConanError("413 Client Error: Request Entity Too Large for url: http://127.0.0.1:9")), 60)
    assert naps == []


def test_pauses_have_an_end(naps: list[float]) -> None:
    assert tried(failing(8), 600) == "made"
    assert max(naps) == 30.0


def test_a_store_that_stays_away_is_reported(naps: list[float]) -> None:
    with pytest.raises(StoreAwayError, match=r"far=http.*waited for, 10 s") as raised:
        tried(failing(100), 10)
    assert "give the same command" in raised.value.hint
    assert sum(naps) <= 11


def test_without_patience_it_fails_at_once(naps: list[float]) -> None:
    with pytest.raises(ConanError) as raised:
        tried(failing(1), 0)
    assert raised.value is AWAY
    assert naps == []


def test_what_is_wrong_is_not_waited_for(naps: list[float]) -> None:
    with pytest.raises(ConanError, match="Missing"):
        tried(failing(1, ConanError("Missing prebuilt package")), 60)
    assert naps == []


CHILD = """\
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
import os, sys, time
from xconan.release.patience import end_without
end_without(os.getppid())
print("there", flush=True)
time.sleep(60)
'''])
time.sleep(float(sys.argv[1]))
"""


def test_a_task_ends_with_its_worker() -> None:
    """The pipe is closed once the child has gone, too."""
    process = subprocess.Popen([sys.executable, "-c", CHILD, "60"], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"there\n"
    process.kill()
    begun = time.monotonic()
    assert process.stdout.read() == b""
    process.wait()
    process.stdout.close()
    assert time.monotonic() - begun < 30
