"""The only door to other programs of the build machine.

A program's output goes to the build's log, else to our standard error (report.py), and standard output carries
results alone. Each program runs in a session of its own: when we are interrupted we end it with all its children,
and when we are killed outright it keeps the locks that it was given (`inherit`), so that the next build waits until
the orphan has finished.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.errors import MachineError
from xconan.ground.progress import short_command
from xconan.ground.report import doing, printing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

_POSIX = os.name == "posix"
_GRACE = 5.0  # seconds that an interrupted program has to clean up
_GRACE_BEHIND = 2.0  # and what it leaves behind, where it ends without it


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a program printed, decoded as UTF-8, and its exit code; `raw` is its standard output as it came."""

    code: int
    stdout: str
    stderr: str
    raw: bytes = b""


def stream(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    inherit: Sequence[int] = (),
    echo: bool = True,
    heard: Callable[[str], None] | None = None,
) -> int:
    """Run a program and return its exit code (negative: killed by a signal).

    Its output goes to the log, and where it fails its telling lines are shown; without a log all is shown as it comes.

    Args:
        argv: the program and its arguments; never a shell's text.
        cwd: where it runs.
        env: its whole environment; None for ours.
        inherit: file descriptors of locks that must outlive us if we are killed.
        echo: show the command first.
        heard: is given all that it printed into the log, where it succeeds.

    Raises:
        MachineError: the program can't be started.
    """
    process = None
    with doing(short_command(argv)), printing(shlex.join(argv) if echo else "") as sink:
        try:
            with interrupts_later():
                process = _start(argv, cwd=cwd, env=env, inherit=inherit, output=sink.descriptor)
            code = process.wait()
        except BaseException as reason:
            if process:
                _end(process, signal.SIGINT if isinstance(reason, KeyboardInterrupt) else signal.SIGTERM)
            raise
        if code:
            sink.failed()
        else:
            sink.succeeded(heard)
        return code


def capture(
    argv: Sequence[str],
    *,
    stdin: str | bytes = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    inherit: Sequence[int] = (),
) -> Output:
    """Run a short program and return what it printed; a program that can't be started has exit code 127.

    Args:
        argv: the program and its arguments; never a shell's text.
        stdin: what it reads.
        cwd: where it runs.
        env: its whole environment; None for ours.
        timeout: seconds after which it is ended, with the exit code 124, as `timeout` of coreutils has it.
        inherit: file descriptors of locks that must outlive us if we are killed.
    """
    process = None
    try:
        with interrupts_later():
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=tuple(inherit) if _POSIX else (),
                start_new_session=_POSIX,
            )
        with doing(short_command(argv)):
            stdout, stderr = process.communicate(stdin if isinstance(stdin, bytes) else stdin.encode(), timeout)
    except subprocess.TimeoutExpired:
        if process:
            _end(process, signal.SIGTERM)
        return Output(code=124, stdout="", stderr=f"{argv[0]}: no answer within {timeout:.0f} s")
    except OSError as error:
        return Output(code=127, stdout="", stderr=f"{argv[0]}: {error.strerror}")
    except BaseException:
        if process:
            _end(process, signal.SIGTERM)
        raise
    return Output(
        code=process.returncode,
        stdout=stdout.decode("utf-8", "replace"),
        stderr=stderr.decode("utf-8", "replace"),
        raw=stdout,
    )


class Running:
    """A program that runs beside us."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def poll(self) -> int | None:
        """Its exit code (negative: killed by a signal), None while it runs."""
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send a signal to it and its group."""
        _signal(self._process, number)

    def kill(self) -> None:
        """End it and all that it started by force, and wait for it."""
        _kill(self._process)
        self._process.wait()


def start(argv: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str]) -> Running:
    """Start a program that runs beside us and prints into a file of its own, made afresh.

    Call it under interrupts_later(), until it is known to whoever ends it.

    Raises:
        MachineError: the program can't be started.
    """
    with log.open("wb") as file:
        return Running(_start(argv, cwd=cwd, env=env, inherit=(), output=file.fileno()))


def end_all(programs: Sequence[Running], *, grace: float) -> None:
    """End programs together: politely, and those that are still there after so many seconds by force."""
    with _deferred_signals() as again:
        for program in programs:
            program.signal(signal.SIGTERM)
        _await(lambda: all(program.poll() is not None for program in programs), grace, again)
        for program in programs:
            program.kill()


def program_path(environ: Mapping[str, str] = os.environ) -> str:
    """PATH without the compilers of pyodide build, which have names of this machine's in a folder of their own."""
    folder = environ.get("COMPILER_WRAPPER_DIR", "").rstrip(os.sep)
    path = environ.get("PATH", os.defpath)
    return os.pathsep.join(one for one in path.split(os.pathsep) if not folder or one.rstrip(os.sep) != folder)


def which(name: str, *, path: str | None = None) -> Path | None:
    """The program that this name means on PATH, absolute; None if there is none."""
    path = path or program_path()
    for folder in path.split(os.pathsep):
        reads.folder(folder)
    found = shutil.which(name, path=path)
    return Path(found).absolute() if found else None


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until we leave: between fork and its return nobody would end the child."""
    pending: list[int] = []
    try:
        before = {
            number: signal.signal(number, lambda number, _frame: pending.append(number))
            for number in (signal.SIGINT, signal.SIGTERM)
        }
    except ValueError:  # not the main thread, which alone gets them
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for received in pending:
            signal.raise_signal(received)


@contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that what we started is ended and nothing half-written stays."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    try:
        before = signal.signal(signal.SIGTERM, leave)
    except ValueError:  # not the main thread: the caller owns the signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _start(
    argv: Sequence[str], *, cwd: Path | None, env: Mapping[str, str] | None, inherit: Sequence[int], output: int
) -> subprocess.Popen[bytes]:
    output = subprocess.DEVNULL if output < 0 else output
    for ours in (sys.stdout, sys.stderr):
        if ours is not None:  # closed by whoever started us
            ours.flush()
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=tuple(inherit) if _POSIX else (),
            start_new_session=_POSIX,
        )
    except OSError as error:
        raise MachineError(
            f"cannot start {argv[0]}: {error.strerror}", where=shlex.join(argv), hint="is it installed?"
        ) from None


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    """End a program and all that it started: politely, and after a while by force."""
    with _deferred_signals() as again:
        _signal(process, number)
        _await(lambda: process.poll() is not None, _GRACE, again)
        # `cmake --build` ends at once; Ninja has groups of compilers to end, and alone knows them
        _await(lambda: not (_POSIX and _group_alive(process)), _GRACE_BEHIND, again)
        # whoever of its children ignored that, a shell's background jobs say
        _kill(process)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with contextlib.suppress(OSError):  # what it no longer read
                pipe.close()


@contextmanager
def _deferred_signals() -> Iterator[list[int]]:
    """Note further SIGINT and SIGTERM until we leave, in a list: they ask for haste, and must not end the ending."""
    noted: list[int] = []
    before: dict[signal.Signals, signal._HANDLER] = {}
    with contextlib.suppress(ValueError):  # not the main thread, which alone gets them
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda received, _frame: noted.append(received))
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _await(condition: Callable[[], bool], seconds: float, again: Sequence[int]) -> None:
    """Wait for a condition, not longer than so many seconds, and no longer once somebody asks again."""
    deadline = time.monotonic() + seconds
    while not condition() and not again and time.monotonic() < deadline:
        time.sleep(0.01)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End by force whatever a program has started, in groups of its own too: Ninja gives each compiler one."""
    _signal(process, signal.SIGKILL if _POSIX else signal.SIGTERM)
    with contextlib.suppress(OSError):  # /proc: Linux; elsewhere the program's group is all that is known
        for name in os.listdir("/proc"):  # noqa: PTH208 - names are all it takes
            with contextlib.suppress(OSError, ValueError):
                if os.getsid(other := int(name)) == process.pid:
                    os.kill(other, signal.SIGKILL)


def _group_alive(process: subprocess.Popen[bytes]) -> bool:
    """Whether anybody is left in the process group that a program was the first of."""
    try:
        os.killpg(process.pid, 0)
    except OSError:
        return False
    return True


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        if _POSIX:
            os.killpg(process.pid, number)
        else:
            process.terminate()
