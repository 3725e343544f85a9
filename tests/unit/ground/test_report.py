"""What a person is told while programs run: on a terminal, without one, and on GitHub's pages."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from xconan.ground import report
from xconan.ground.progress import seconds, short_command
from xconan.ground.report import (
    build_timer,
    logged,
    place,
    say,
    step,
    tell,
    ticking,
    warn,
    working_on,
)
from xconan.ground.run import stream
from xconan.ground.terminal import Level, level

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[3]
SECONDS = 20.0
# prints as Ninja does where it is no terminal, and ends with the exit code that it is given
NINJA = """
import sys, time
for at, name in enumerate(("core.cpp", "more.cpp", "_core.so"), 1):
    time.sleep(float(sys.argv[2]))
    what = "Linking CXX shared module" if name.endswith(".so") else "Building CXX object CMakeFiles/_core.dir/src/"
    print(f"[{at}/3] {what} {name}" if name.endswith(".so") else f"[{at}/3] {what}{name}.o", flush=True)
if sys.argv[1] != "0":
    print("FAILED: [code=1] CMakeFiles/_core.dir/more.cpp.o")
    print("/usr/bin/c++ " + "-DLONG " * 100)
    print("more.cpp:3:1: error: what is this?")
sys.exit(int(sys.argv[1]))
"""
BUILD = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from xconan.ground.boundary import guarded
from xconan.ground.errors import CMakeError
from xconan.ground.report import logged, place, say, step, tell
from xconan.ground.run import stream
argv = [sys.executable, "-c", {NINJA!r}, *sys.argv[2:]]
with guarded(), logged(Path(sys.argv[1])):
    with step("toolchain", held=True) as now:
        now.end("gcc 12.2")
    with step("compile") as now:
        if stream(argv):
            raise CMakeError("the build failed", where=place("the command"), hint="so")
        now.end(f"{{now.progress.made}} steps")
    tell("wheel", "demo.whl")
"""


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user has it, who asked for nothing."""
    monkeypatch.delenv("XCONAN_VERBOSE")
    monkeypatch.setenv("TERM", "xterm")


def start(log: Path, *words: object, **options: object) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", BUILD, str(log), *map(str, words)]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(argv, env=env, **options)  # type: ignore[call-overload,no-any-return]


def on_a_terminal(
    log: Path, *words: object, columns: int = 80, number: int | None = None, after: bytes = b"[1/3]"
) -> tuple[int, str]:
    """Run a build on a terminal of its own, and send it a signal once it has said AFTER; its code, and all it wrote."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(log, *words, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen, end = b"", time.monotonic() + SECONDS
    while time.monotonic() < end and select.select([ours], [], [], SECONDS)[0]:
        try:
            seen += os.read(ours, 65536)
        except OSError:  # nobody has it open any more
            break
        if number and after in seen:
            process.send_signal(number)
            number = None
    os.close(ours)
    return process.wait(SECONDS), seen.decode()


def screen(seen: str) -> list[str]:
    """The lines that stand on a terminal's screen in the end, colours left out."""
    lines = [""]
    for part in re.split(r"(\r\n|\r|\x1b\[2K)", re.sub(r"\x1b\[[\d;]*m", "", seen)):
        if part == "\r\n":
            lines.append("")
        elif part == "\x1b[2K":
            lines[-1] = ""
        elif part and part != "\r":
            lines[-1] = part
    return lines


# --- a terminal ------------------------------------------------------------------------------------------------------


def test_a_live_line_that_leaves_nothing(tmp_path: Path) -> None:
    code, seen = on_a_terminal(tmp_path / "log", 0, 0.3)
    assert code == 0
    assert screen(seen) == ["toolchain  gcc 12.2", "compile    3 steps", "wheel      demo.whl", ""]
    for text in ("compile    [1/3] core.cpp", "compile    [2/3] more.cpp"):
        assert f"\r\x1b[2K{text}" in seen
    assert not set(re.findall(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", seen)) - {"\x1b[2K", "\x1b[1m", "\x1b[0m"}


def test_a_live_line_never_wraps(tmp_path: Path) -> None:
    _, seen = on_a_terminal(tmp_path / "log", 0, 0.3, columns=16)
    live = re.findall(r"\x1b\[2K([^\r\x1b]+)\r(?!\n)", seen)
    assert live
    assert max(map(len, live)) == 15


def test_failure_on_a_terminal(tmp_path: Path) -> None:
    code, seen = on_a_terminal(tmp_path / "log", 3, 0.01)
    assert code == 5
    assert re.sub(r"after \S+", "after T", "\n".join(screen(seen))) == (
        "toolchain  gcc 12.2\n"
        "compile    failed after T s\n"
        "  FAILED: [code=1] CMakeFiles/_core.dir/more.cpp.o\n"
        "  more.cpp:3:1: error: what is this?\n"
        "xconan: error: the build failed\n"
        f"  where: compile: {tmp_path / 'log'}\n"
        "  help:  so\n"
    )
    assert "\x1b[1;31merror:\x1b[0m the build failed" in seen
    assert f"\x1b[2m  where: compile: {tmp_path / 'log'}\x1b[0m" in seen


def test_a_command_in_one_line() -> None:
    assert short_command(["/usr/bin/cmake", "--build", "a b"]) == "cmake --build a b"
    assert short_command(["python3", "-c", "import json\nprint(1)", "site"]) == "python3 -c … site"
    assert len(short_command(["cc", "x" * 99])) == 61


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_on_a_terminal(tmp_path: Path, number: int, code: int) -> None:
    ended, seen = on_a_terminal(tmp_path / "log", 0, 0.5, number=number)
    assert ended == code
    last = ["xconan: interrupted"] if number == signal.SIGINT else []
    assert screen(seen) == ["toolchain  gcc 12.2", *last, ""]


def test_killed_on_a_terminal(tmp_path: Path) -> None:
    """The cursor stands at the begin of the line, no colour is on, and what we had started goes on with its log."""
    log = tmp_path / "log"
    code, seen = on_a_terminal(log, 0, 0.5, number=signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert seen.endswith("\r")
    assert seen.count("\x1b[1m") == seen.count("\x1b[0m")
    end = time.monotonic() + SECONDS
    while "[3/3]" not in log.read_text("utf-8"):
        assert time.monotonic() < end, "the orphan did not end"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("env", "colours"), [({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)]
)
def test_no_colours(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, colours: bool) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    _, seen = on_a_terminal(tmp_path / "log", 3, 0.2)
    assert bool(re.search(r"\x1b\[[\d;]*m", seen)) == colours
    assert ("\x1b" in seen) == ("TERM" not in env)


# --- no terminal -----------------------------------------------------------------------------------------------------


def without(log: Path, *words: object) -> tuple[int, str]:
    process = start(log, *words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, err = process.communicate(timeout=SECONDS)
    return process.returncode, err.decode()


def test_plain_lines(tmp_path: Path) -> None:
    assert without(tmp_path / "log", 0, 0) == (0, "toolchain  gcc 12.2\ncompile    3 steps\nwheel      demo.whl\n")
    log = (tmp_path / "log").read_text("utf-8")
    assert log.startswith(f"$ {sys.executable} -c ")
    assert log.endswith("[3/3] Linking CXX shared module _core.so\n")


def test_colours_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, said = without(tmp_path / "log", 0, 0)
    assert said == "".join(
        f"\x1b[1m{name:<10}\x1b[0m {text}\n"
        for name, text in [("toolchain", "gcc 12.2"), ("compile", "3 steps"), ("wheel", "demo.whl")]
    )


def test_verbose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_text("of an earlier build", "utf-8")
    monkeypatch.setenv("XCONAN_VERBOSE", "1")
    code, said = without(tmp_path / "log", 3, 0)
    assert code == 5
    assert f"$ {sys.executable} -c " in said
    assert "-DLONG -DLONG" in said
    assert said.endswith("xconan: error: the build failed\n  where: the command\n  help:  so\n")
    assert not (tmp_path / "log").exists()


def test_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCONAN_QUIET", "1")
    assert without(tmp_path / "log", 0, 0) == (0, "")
    code, said = without(tmp_path / "log", 3, 0)
    assert code == 5
    assert "more.cpp:3:1: error: what is this?" in said


def test_groups_of_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, said = without(tmp_path / "log", 3, 0.01)
    assert code == 5
    lines = said.splitlines()
    begin, end = lines.index("::group::compile"), lines.index("::endgroup::")
    assert lines[:begin] == ["toolchain  gcc 12.2"]
    folded = lines[begin:end]
    assert "[1/3] Building CXX object CMakeFiles/_core.dir/src/core.cpp.o" in folded
    assert any("-DLONG -DLONG" in line for line in folded)
    shown = lines[end + 1 :]
    assert shown[0].startswith("compile    failed after ")
    assert shown[-3:] == ["xconan: error: the build failed", f"  where: compile: {tmp_path / 'log'}", "  help:  so"]


@pytest.mark.parametrize(
    ("env", "found"),
    [
        ({}, Level.STEPS),
        ({"XCONAN_QUIET": "1"}, Level.QUIET),
        ({"XCONAN_VERBOSE": "1", "XCONAN_QUIET": "1"}, Level.VERBOSE),
        ({"XCONAN_VERBOSE": "0", "XCONAN_QUIET": ""}, Level.STEPS),
    ],
)
def test_levels(env: dict[str, str], found: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert level() is found


def test_what_is_said_at_which_level(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XCONAN_QUIET", "1")
    say("news")
    tell("wheel", "demo.whl")
    warn("careful")
    assert capsys.readouterr().err == "xconan: warning: careful\n"


# --- time ------------------------------------------------------------------------------------------------------------


class Clock:
    """Time as the report sees it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(report, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(report._STATE, "said", self.now)  # noqa: SLF001 - of the real clock

    def run(self, seconds_: int) -> None:
        """Have so many seconds go by, each with a look at what runs."""
        for _ in range(seconds_):
            self.now += 1.0
            report._tell_what_runs()  # noqa: SLF001 - as the watching thread does it


def test_no_silence_and_no_flood(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(report, "_TICK", 1000.0)  # the test alone looks
    clock = Clock(monkeypatch)
    with step("compile"):
        working_on("configuring")
        clock.run(14)
        assert capsys.readouterr().err == ""
        clock.run(200)
    assert capsys.readouterr().err == "".join(
        f"compile    configuring, {time_}\n" for time_ in ("15 s", "60 s", "2 min 0 s", "3 min 0 s")
    )
    with ticking("asking CMake"):
        clock.run(61)
    assert capsys.readouterr().err == "xconan: asking CMake, 15 s\nxconan: asking CMake, 60 s\n"


def test_the_log_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "_TICK", 1000.0)
    clock = Clock(monkeypatch)
    with logged(tmp_path / "log"), step("libraries"), ticking("zig is at work"):
        clock.run(70)
    assert capsys.readouterr().err == (
        f"libraries  zig is at work, 15 s (all of it: {tmp_path / 'log'})\nlibraries  zig is at work, 60 s\n"
    )


def test_programs_that_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What Conan was at while all was planned is not what runs afterwards."""
    monkeypatch.setattr(report, "_TICK", 1000.0)
    clock = Clock(monkeypatch)
    with report.attended("building"):
        with logged(tmp_path / "log"):
            stream([sys.executable, "-c", "print('======== Computing dependency graph ========')"])
            clock.run(16)
        clock.run(60)
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in told] == ["xconan: resolving", "xconan: building"], told


@pytest.mark.parametrize(("number", "text"), [(0.44, "0.4 s"), (31.2, "31 s"), (119, "119 s"), (192, "3 min 12 s")])
def test_seconds(number: float, text: str) -> None:
    assert seconds(number) == text


# --- steps and logs --------------------------------------------------------------------------------------------------


def test_held_lines_wait_for_work(capsys: pytest.CaptureFixture[str]) -> None:
    with build_timer():
        with step("toolchain", held=True) as now:
            now.end("gcc")
        with step("compile") as now:
            assert not now.worked
        tell("wheel", "unchanged")
    with step("compile") as now:
        working_on("configuring")
        assert now.worked
        now.end("3 steps")
    assert capsys.readouterr().err == "wheel      unchanged\ncompile    3 steps\n"


def test_a_step_that_fails_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), step("check") as now:  # noqa: PT012
        now.end("1 module")
        raise ZeroDivisionError
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("commands", [["echo one"], ["printf one; exit 3"], ["echo one", "printf two"]])
def test_logs_hold_all(commands: Sequence[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    with logged(log), step("compile"):
        assert place("x") == f"compile: {log}"
        for command in commands:
            stream(["sh", "-c", command], echo=False)
    assert log.read_text("utf-8").split() == ["one", "two"][: len(commands)]
    assert ("one" in capfd.readouterr().err) == ("exit 3" in commands[0])
    assert place("x") == "x"


def test_logs_in_logs(tmp_path: Path) -> None:
    """Of the parts of a universal wheel."""
    with logged(tmp_path / "all"):
        with logged(tmp_path / "part"):
            stream(["echo", "part"], echo=False)
        stream(["echo", "all"], echo=False)
    assert [(tmp_path / name).read_text("utf-8") for name in ("all", "part")] == ["all\n", "part\n"]


def test_an_orphan_writes_to_its_own_log(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as old, logged(tmp_path / "log"):
        stream(["echo", "new"], echo=False)
        old.write("old")
        old.flush()
        assert (tmp_path / "log").read_text("utf-8") == "new\n"


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("ImportError: _core is a module of the host machine", "ImportError: _core is a module of the host machine"),
        ("  xconan: zig has no install_name_tool", "zig has no install_name_tool"),
        ("-- Configuring done", ""),
    ],
)
def test_what_a_program_goes_on_after_is_said(
    printed: str, shown: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """CMake goes on after an install step's error; the words would stand in the log alone."""
    with logged(tmp_path / "log"), step("compile"):
        stream(["echo", printed], echo=False)
    assert capfd.readouterr().err == (f"xconan: warning: {shown}\n" if shown else "")


def test_words_that_find_no_room_end_nothing() -> None:
    """A log on a disk that is full: what is told gets lost, and what is done does not."""
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    program = "from xconan.ground.report import say; say('one'); say('two'); print('done')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_reason_of_a_failure_that_is_told_in_full(tmp_path: Path) -> None:
    """Where all is told into a file, as that of a release's task, the reason is found there; a pipe keeps nothing."""
    code = (
        "from xconan.ground import report, run; print('before', file=__import__('sys').stderr, flush=True); "
        "run.stream(['sh', '-c', 'echo why >&2; exit 3']); print(repr(report.last_failure()))"
    )
    argv, env = [sys.executable, "-c", code], {**os.environ, "XCONAN_VERBOSE": "1"}
    with (tmp_path / "log").open("wb") as log:
        assert subprocess.check_output(argv, env=env, stderr=log, text=True) == "'why\\n'\n"
    assert "before" in (tmp_path / "log").read_text("utf-8")
    piped = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert piped.stdout == "''\n"
