"""Other programs, locks between processes, and where errors end."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from xconan.ground import errors
from xconan.ground.boundary import guarded
from xconan.ground.errors import CheckError, ConfigError, ErrorGroup, MachineError, Problems, XconanError
from xconan.ground.lock import locked
from xconan.ground.run import capture, stream, terminable, which
from xconan.ground.scratch import remove_half_made, scratch, temporary_sibling

if TYPE_CHECKING:
    from collections.abc import Callable

PURE_PROJECT = """\
[build-system]
requires = []
build-backend = "xconan.build"
[project]
name = "demo"
version = "1"
"""
REPOSITORY = Path(__file__).parents[3]
SECONDS = 10.0


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def python(code: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    argv = [sys.executable, "-c", code, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, env=env, text=True, stdout=pipe, stderr=pipe, **options)  # type: ignore[call-overload,no-any-return]


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    return process.communicate(timeout=SECONDS)


def state(pid: int) -> str:
    """As ps(1) shows it: R running, S sleeping, Z not waited for, "" gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def alive(pid: int) -> bool:
    return state(pid) not in ("", "Z")


# --- programs --------------------------------------------------------------------------------------------------------


def test_stream_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert stream(["sh", "-c", "echo out; echo err >&2; exit 3"]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines()[1:] == ["out", "err"]
    assert err.startswith("$ sh -c ")


def test_stream_with_folder_and_environment(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"PATH": os.environ["PATH"], "X": "a b"}
    assert stream(["sh", "-c", 'echo "$PWD $X"; cat'], cwd=tmp_path, env=env, echo=False) == 0
    assert capfd.readouterr().err == f"{tmp_path} a b\n"


def test_program_that_a_signal_killed() -> None:
    assert stream(["sh", "-c", "kill -TERM $$"]) == -signal.SIGTERM


def test_missing_program() -> None:
    with pytest.raises(MachineError) as caught:
        stream(["/no/such/program", "x"])
    assert caught.value.where == "/no/such/program x"
    assert capture(["/no/such/program"]).code == 127


def test_capture() -> None:
    done = capture(["sh", "-c", r"cat; printf '\377' >&2; exit 4"], stdin="ü")
    assert (done.code, done.stdout, done.stderr) == (4, "ü", "�")


def test_which(tmp_path: Path) -> None:
    program = tmp_path / "prog"
    program.touch(mode=0o755)
    assert which("prog", path=str(tmp_path)) == program
    assert which("none", path=str(tmp_path)) is None


# a shell's background job ignores SIGINT, as a badly behaved compiler wrapper may
WORK = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests themselves run in the background
from pathlib import Path
from xconan.ground.boundary import guarded
from xconan.ground.run import stream
with guarded():
    try:
        stream(["sh", "-c", 'sleep 60 & echo $$ $! >"$0"; wait', sys.argv[1]])
    finally:
        Path(sys.argv[2]).write_text("cleaned")
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_children_end_with_us(tmp_path: Path, number: int, code: int) -> None:
    pid_file, cleaned = tmp_path / "pid", tmp_path / "cleaned"
    process = python(WORK, pid_file, cleaned)
    wait_for(lambda: pid_file.is_file() and pid_file.read_text("utf-8").strip())
    children = [int(pid) for pid in pid_file.read_text("utf-8").split()]
    assert all(map(alive, children))
    wait_for(lambda: state(process.pid) == "S")  # it knows of its child, and waits for it
    process.send_signal(number)
    _, err = ended(process)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert cleaned.is_file()
    wait_for(lambda: not any(map(alive, children)))


# as `cmake --build` does it: cmake ends at once, Ninja ends its compilers, each with a group of its own
NINJA = """
import os, signal, subprocess, sys, time
from pathlib import Path
def end(number, _frame):
    time.sleep(0.3)
    os.killpg(compiler.pid, number)
    os._exit(2)
signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
compiler = subprocess.Popen(["sleep", "60"], preexec_fn=os.setpgrp)
Path(sys.argv[1]).write_text(f"{os.getpid()} {compiler.pid}")
compiler.wait()
"""
CMAKE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from xconan.ground.boundary import guarded
from xconan.ground.run import stream
with guarded():
    stream(["sh", "-c", '"$0" -c "$1" "$2" & trap "exit 1" INT TERM; wait', sys.executable, sys.argv[1], sys.argv[2]])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_ends_others_has_the_time(tmp_path: Path, number: int) -> None:
    pid_file = tmp_path / "pid"
    process = python(CMAKE, NINJA, pid_file)
    wait_for(lambda: pid_file.is_file() and pid_file.read_text("utf-8").strip())
    children = [int(pid) for pid in pid_file.read_text("utf-8").split()]
    wait_for(lambda: state(process.pid) == "S")
    process.send_signal(number)
    ended(process)
    wait_for(lambda: not any(map(alive, children)))


def test_terminable_puts_the_handler_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, terminable():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


# --- locks -----------------------------------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from xconan.ground.lock import locked
with locked(Path(sys.argv[1]), what="the test", remove=len(sys.argv) > 2):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes(tmp_path: Path) -> None:
    lock = tmp_path / "a" / "lock"
    first = python(HOLD, lock, stdin=subprocess.PIPE)
    assert first.stdout
    assert first.stdout.readline() == "held\n"
    second = python(HOLD, lock, stdin=subprocess.DEVNULL)
    assert second.stderr
    assert second.stdout
    assert second.stderr.readline() == "xconan: waiting for another xconan, which is at the test\n"
    assert not select.select([second.stdout], [], [], 0.5)[0]  # it says nothing, and does not end
    ended(first)
    assert ended(second)[0] == "held\n"
    assert lock.is_file()


def test_a_removed_lock_lets_in_one(tmp_path: Path) -> None:
    """Who waits for the old file begins again with the new one, which another may have by then."""
    lock = tmp_path / "lock"
    waiting = [python(HOLD, lock, "remove", stdin=subprocess.PIPE) for _ in range(3)]
    for left in (2, 1, 0):
        (first,) = speaking(waiting, SECONDS)
        waiting.remove(first)
        time.sleep(0.3)  # the others try three times
        assert lock.is_file()
        assert not speaking(waiting, 0)
        assert ended(first)[0] == "held\n"
        assert len(waiting) == left
    assert not lock.exists()


def speaking(processes: list[subprocess.Popen[str]], seconds: float) -> list[subprocess.Popen[str]]:
    """Those that have said something, or will within some seconds."""
    pipes = {one.stdout.fileno(): one for one in processes if one.stdout}
    return [pipes[number] for number in select.select(list(pipes), [], [], seconds)[0]]


ORPHAN = """
import sys
from pathlib import Path
from xconan.ground.lock import locked
from xconan.ground.run import stream
with locked(Path(sys.argv[1]), what="x") as lock:
    stream(["sh", "-c", 'echo $$ >"$0"; while test -e "$0"; do sleep 0.05; done', sys.argv[2]], inherit=(lock,))
"""


def test_orphan_keeps_the_lock(tmp_path: Path) -> None:
    """The lock outlives a parent that is killed outright, until its program ends."""
    lock, marker = tmp_path / "lock", tmp_path / "marker"
    parent = python(ORPHAN, lock, marker, start_new_session=True)
    wait_for(lambda: marker.is_file() and marker.read_text("utf-8").strip())
    parent.kill()
    parent.wait(SECONDS)
    for stream_ in (parent.stdout, parent.stderr):
        assert stream_
        stream_.close()
    with lock.open("w") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        marker.unlink()
        fcntl.flock(file, fcntl.LOCK_EX)


def test_other_programs_do_not_inherit_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", what="x") as descriptor:
        assert not os.get_inheritable(descriptor)
        assert stream(["sh", "-c", f"true <&{descriptor}"]) != 0
    with locked(tmp_path / "lock", what="x"):
        pass


def test_lock_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), locked(tmp_path / "file" / "lock", what="x"):
        pass


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("MachineError", 1), ("ConfigError", 2), ("ToolchainError", 3), ("HostPythonError", 3),
        ("ConanError", 4), ("CMakeError", 5), ("CheckError", 6),
    ],
)  # fmt: skip
def test_exit_codes(name: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, guarded():
        raise getattr(errors, name)("what", where="there", hint="so")
    assert caught.value.code == code
    assert capsys.readouterr().err == "xconan: error: what\n  where: there\n  help:  so\n"


def test_short_error() -> None:
    assert XconanError("what").render() == "error: what"


def test_errors_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    group = ErrorGroup([CheckError("one", where="a"), ConfigError("two", hint="b")])
    reported: list[XconanError] = []
    with pytest.raises(SystemExit) as caught, guarded(report=reported.append):
        raise group
    assert caught.value.code == 6
    assert reported == [group]
    assert group.facts() == [
        {"code": 6, "message": "one", "where": "a", "hint": ""},
        {"code": 2, "message": "two", "where": "", "hint": "b"},
    ]
    out, err = capsys.readouterr()
    assert not out
    assert err.count("xconan: error: ") == 2


@pytest.mark.parametrize(("number", "word"), [(errno.ENOSPC, "space"), (errno.EACCES, "permission"), (errno.EIO, "")])
def test_errors_of_the_machine(number: int, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, guarded():
        raise OSError(number, os.strerror(number), "/the/file")
    assert caught.value.code == 1
    err = capsys.readouterr().err
    assert "where: /the/file" in err
    assert word in err
    assert "Traceback" not in err


def test_traceback_when_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("XCONAN_TRACEBACK", "1")
    with pytest.raises(SystemExit), guarded():
        raise ConfigError("what")
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("xconan: error: what\n")


def test_bugs_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError), guarded():
        raise ZeroDivisionError


def test_problems() -> None:
    problems = Problems()
    problems.raise_if_any()
    problems.add("one", file=Path("/f"), key="k", hint="h")
    with pytest.raises(ConfigError) as single:
        problems.raise_if_any()
    assert (single.value.where, single.value.hint) == ("/f: k", "h")
    problems.add("two")
    with pytest.raises(ErrorGroup) as group:
        problems.raise_if_any()
    assert [error.message for error in group.value.errors] == ["one", "two"]
    assert group.value.exit_code == 2


STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], preexec_fn=os.setpgrp)
open(sys.argv[1], "w").write(f"{os.getpid()} {own.pid}")
time.sleep(60)
"""


def test_a_second_interrupt_leaves_no_child(tmp_path: Path) -> None:
    """A program that ignores the first, and a child of it in a group of its own, as Ninja's compilers are."""
    note = tmp_path / "note"
    code = "import sys; from xconan.ground.run import stream; stream([sys.executable, '-c', sys.argv[1], sys.argv[2]])"
    process = python(code, STUBBORN, note)
    wait_for(lambda: note.exists() and len(note.read_text("utf-8").split()) == 2)
    children = [int(number) for number in note.read_text("utf-8").split()]
    process.send_signal(signal.SIGINT)
    time.sleep(1.0)  # subprocess itself waits a quarter of a second for the program
    assert process.poll() is None  # it waits for the program
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    ended(process)
    assert time.monotonic() - start < 4
    assert process.returncode != 0
    wait_for(lambda: not any(alive(child) for child in children))


def test_scratch_of_a_killed_process_goes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    mine = root / "xconan-cases"
    mine.mkdir()
    code = "import sys, time; from xconan.ground.scratch import scratch\nwith scratch('probe') as folder:\n"
    code += " (folder / 'f').touch(); print(folder, flush=True); time.sleep(60)"
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(root)}
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, env=env, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout
        theirs = Path(process.stdout.readline().strip())
        with scratch("probe") as ours:
            assert theirs.is_dir()
            assert ours.is_dir()
            assert not list(ours.iterdir())
        process.kill()
    with scratch("other"):
        assert not theirs.exists()
    assert list(root.iterdir()) == [mine]


def test_half_made_copies_of_dead_processes_go(root: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    dead, living = root / f".package-1.0.{process.pid}", temporary_sibling(root / "package-1.0")
    for folder in (dead, living, root / "package-1.0", root / ".package.x"):
        folder.mkdir()
        (folder / "f").touch()
    remove_half_made(root)
    assert {path.name for path in root.iterdir()} == {living.name, "package-1.0", ".package.x"}
    remove_half_made(root / "none")


@pytest.mark.parametrize(("below", "named"), [("", True), ("xconan/packages", True), ("elsewhere", False)])
def test_the_variable_of_the_cache_is_named(
    below: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    named: bool,
) -> None:
    """Nobody has named the user's cache folder, so the message says how another one is."""
    monkeypatch.delenv("XCONAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "elsewhere" if below == "elsewhere" else tmp_path / "cache" / below
    with pytest.raises(SystemExit), guarded():
        raise OSError(errno.EROFS, "Read-only file system", str(path))
    assert ("set XCONAN_CACHE to a folder that can be written" in capsys.readouterr().err) == named


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are UTF-8")
def test_names_that_are_not_ascii_under_a_plain_locale(tmp_path: Path) -> None:
    folder = tmp_path / "q ä"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PURE_PROJECT, "utf-8")
    (folder / "demo.py").write_text("", "utf-8")
    environ = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    argv = [sys.executable, "-m", "xconan", "build", "-o", "dist", str(folder)]
    done = subprocess.run(argv, env=environ, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert [path.name for path in (folder / "dist").iterdir()] == ["demo-1-py3-none-any.whl"]
    assert "ä/dist" in done.stdout.decode("utf-8")
