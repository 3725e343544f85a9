"""What a person is told while a build runs, on standard error: steps with names and times, one line each.

    with step("compile") as now:
        stream(["cmake", ...])           # run.py; what it prints goes to the log (logged), and feeds the live line
        now.end(f"{now.progress.made} steps")

On a terminal one live line says what runs now; elsewhere a plain line says so after 15 s without a word, after 60 s,
and each minute then: of the step, else of what is being done (doing), else of the whole (attended). XCONAN_VERBOSE=1
has programs print as they come and keeps no log, XCONAN_QUIET=1 leaves errors and warnings alone, GITHUB_ACTIONS=true
copies the log as it grows into groups that GitHub's pages fold.

Programs write to the log themselves, and a thread of ours reads behind them: an orphan waits for nobody.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xconan.ground import reads, terminal
from xconan.ground.logs import Log, end_of, said_since
from xconan.ground.progress import Progress, remarks, seconds, telling_lines
from xconan.ground.terminal import Level, level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_TICK = 0.1  # seconds between two looks at the log
_SILENCE, _MINUTE = 15.0, 60.0  # seconds without a line after which one says what runs; again, if the same still runs
_SHOWN_AFTER = 1.0  # seconds of a step


def _now() -> float:
    return time.monotonic()


@dataclass
class Step:
    """A part of the work.

    Attributes:
        name: "compile"; "" for what only takes its time (ticking).
        doing: what is being done, where no program's output tells it.
        progress: what programs' output tells.
        summary: the line at its end; "" for none.
        minutes: begun before the last plain line of it; 0: there was none.
        whole: it is all that there is (attended), and has no live line: what is printed may be the answer.
    """

    name: str
    doing: str = ""
    progress: Progress = field(default_factory=Progress)
    summary: str = ""
    whole: bool = False
    begun: float = field(default_factory=_now)
    minutes: int = 0
    active: bool = False

    @property
    def worked(self) -> bool:
        """Whether anything was really done; where programs print for themselves, it is taken for granted."""
        return self.active or self.progress.made > 0 or level() is Level.VERBOSE

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.begun

    def end(self, text: str) -> None:
        """Say this in its line, with no time unless the text has one."""
        self.summary = text

    @property
    def took(self) -> str:
        """The same for people: "31 s"."""
        return seconds(self.elapsed)


@dataclass
class _State:
    """What stands on standard error now. Whoever writes there holds the lock: two threads do.

    Attributes:
        steps: begun and not ended, the innermost last.
        held: lines that are said once something is really done; an unchanged rebuild has one line alone.
        programs: how many write to standard error themselves, which then has no live line.
        doing: what is being done, for when it lasts; "" where nobody said.
        told: what the last line was about, where it was one of what runs.
        said: when the last line was said, or something new began after a long while.
        live: the live line, "" where there is none.
        group: whether a group of GitHub's is open.
        failed: what the program printed that failed last; "" where that is in no log.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    steps: list[Step] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    log: Log | None = None
    programs: int = 0
    doing: str = ""
    told: object = None
    said: float = field(default_factory=_now)
    live: str = ""
    group: bool = False
    failed: str = ""


_STATE = _State()


# --- lines -----------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Tell the user something, on standard error; where nobody reads it, it is dropped."""
    if level() is not Level.QUIET:
        show(text)


def remind(text: str) -> None:
    """Tell the user what stays true while nothing changes: a build that is answered at the door says it too."""
    reads.reminder(text)
    say(text)


def warn(text: str) -> None:
    """Tell the user what may be wrong; -q does not silence it."""
    show(f"xconan: {terminal.yellow('warning:')} {text}")


def show(text: str) -> None:
    """Say something at every level."""
    with _STATE.lock:
        _clear()
        _STATE.said, _STATE.told = _now(), None
        if sys.stderr is None:  # closed by whoever started us
            return
        try:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - the one place where we narrate
        except OSError as error:  # nobody reads it, or the disk that it goes to is full: the work itself may go on
            if not isinstance(error, BlockingIOError):  # a pipe that is full now, and keeps nobody waiting
                # what is kept for it would fail again when Python ends, with exit code 120 (Debian 12's does)
                os.dup2(nobody := os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
                os.close(nobody)


def tell(name: str, text: str) -> None:
    """Say what a step has come to: `wheel      dist/demo-1.0-….whl 112 kB in 31 s`."""
    say(f"{terminal.bold(f'{name:<10}')} {text}")


# --- steps -----------------------------------------------------------------------------------------------------------


@contextmanager
def build_timer() -> Iterator[Step]:
    """The whole build, for its time; lines that are held when it ends are dropped."""
    with _STATE.lock:
        _STATE.held.clear()
    try:
        yield Step(name="")
    finally:
        with _STATE.lock:
            _STATE.held.clear()


@contextmanager
def step(name: str, *, held: bool = False) -> Iterator[Step]:
    """Begin a step, and say at its end what it was told to (Step.end).

    Args:
        name: one word.
        held: its line waits until a later step really does something.
    """
    current = Step(name=name)
    with _watched(current):
        yield current
    if not current.summary:
        return
    if held and level() is Level.STEPS:
        _STATE.held.append(current.summary)
        _STATE.held.append(name)
    else:
        _release()
        tell(name, current.summary)


def working_on(text: str, *, really: bool = True) -> None:
    """What the running step is at now, in the words of the live line.

    Args:
        text: a few words.
        really: something is done; else it will show by and by whether there is anything to do.
    """
    with _STATE.lock:
        if really:
            _release()
        if _STATE.steps:
            current = _STATE.steps[-1]
            current.doing, current.progress.text, current.active = text, "", current.active or really


@contextmanager
def ticking(what: str) -> Iterator[None]:
    """Say from time to time that something silent is still going on, and for how long."""
    with _watched(Step(name="", doing=what)):
        yield


@contextmanager
def attended(what: str) -> Iterator[None]:
    """See to it that nothing stays silent for long until we leave, whatever it is.

    Args:
        what: the whole, in a few words, for a time in which nothing else tells what is done.
    """
    with _watched(Step(name="", doing=what, whole=True)):
        yield


@contextmanager
def doing(text: str) -> Iterator[None]:
    """Have these few words at hand for what may last, where no step has better ones; of two around it, the outer's."""
    before = _STATE.doing
    _STATE.doing = before or text
    try:
        yield
    finally:
        _STATE.doing = before


def noticed() -> None:
    """People see by other means what runs."""
    _STATE.said = _now()


@contextmanager
def _watched(current: Step) -> Iterator[None]:
    """Have a thread look after the live line, the plain lines, and the log, until the step ends."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_TICK):
            with _STATE.lock:
                if not stop.is_set():
                    _catch_up()
                    _tell_what_runs()

    outermost = not _STATE.steps
    with _STATE.lock:
        _STATE.steps.append(current)
        if _now() - _STATE.said >= _SILENCE:  # of what ran before
            _STATE.said = _now()
    watcher = threading.Thread(target=watch, daemon=True) if outermost and level() is not Level.QUIET else None
    try:
        if watcher:
            watcher.start()
        yield
    finally:
        if watcher:
            stop.set()
            watcher.join()
        with _STATE.lock:
            _STATE.steps.remove(current)
            _clear()
            if current.name:
                _end_group()


def _release() -> None:
    with _STATE.lock:
        lines, names = _STATE.held[::2], _STATE.held[1::2]
        _STATE.held.clear()
        for name, text in zip(names, lines, strict=True):
            tell(name, text)


def _tell_what_runs() -> None:
    """The live line, or from time to time a plain one."""
    if not _STATE.steps:
        return
    current = _STATE.steps[-1]
    name = next((step.name for step in reversed(_STATE.steps) if step.name), "")
    text = current.progress.text or current.doing
    if level() is Level.STEPS and terminal.is_live() and not _STATE.programs and not current.whole:
        time_ = f"  {seconds(round(current.elapsed))}" if current.elapsed >= _SHOWN_AFTER else ""
        line = f"{name:<10} {text}{time_}" if name else f"{text}{time_}"
        if line != _STATE.live:
            terminal.write_live(line)
            _STATE.live = line
        return
    subject = (id(current), current.doing, _STATE.doing)
    same = subject == _STATE.told
    if _now() - _STATE.said < _SILENCE or (same and current.elapsed < current.minutes * _MINUTE):
        return
    _release()
    log = f" (all of it: {_STATE.log.path})" if _STATE.log and not current.minutes else ""
    current.minutes = int(current.elapsed // _MINUTE) + 1
    if current.whole or not text:
        text = _STATE.doing or text or "at work"
    what = f"{text}, {seconds(round(current.elapsed))}" if current.elapsed >= _SHOWN_AFTER else text
    if name:
        tell(name, f"{what}{log}")
    else:
        say(f"xconan: {what}{log}")
    _STATE.told = subject


def _clear() -> None:
    if _STATE.live:
        terminal.write_live("")
        _STATE.live = ""


# --- programs' output ------------------------------------------------------------------------------------------------


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """Have programs print into this file until we leave; with XCONAN_VERBOSE=1 there is none.

    Raises:
        OSError: it can't be written.
    """
    if level() is Level.VERBOSE:
        path.unlink(missing_ok=True)  # that of an earlier build would tell what is no longer so
        yield
        return
    before, _STATE.log = _STATE.log, (log := Log(path))
    try:
        yield
    finally:
        with _STATE.lock:
            _STATE.log = before
            log.close()
            for current in _STATE.steps:
                current.progress.text = ""  # of programs that have ended


def command(text: str) -> None:
    """Show a command that says what is going to happen, where what it prints goes."""
    if _STATE.log:
        _STATE.log.writer.write(f"$ {text}\n".encode())
    else:
        say(f"$ {text}")


def place(argv: str) -> str:
    """Where a program failed, for errors: the step and its log, else the command."""
    name = next((step.name for step in reversed(_STATE.steps) if step.name), "")
    if _STATE.log is None:
        return argv
    return ": ".join(part for part in (name, str(_STATE.log.path)) if part)


def last_failure() -> str:
    """What the program printed that failed last, for those who look for its reason; "" where no file has it."""
    return _STATE.failed


@dataclass(frozen=True)
class Sink:
    """Where a program prints to: a descriptor, and where in the log it began."""

    descriptor: int
    begin: int = 0

    def failed(self) -> None:
        """Show why, where what it printed went to the log."""
        log = _STATE.log
        with _STATE.lock:
            if log is None:
                _STATE.failed = said_since(self.descriptor, self.begin)
                return
            _catch_up(last=True)
            _release()
            _end_group()
            current = _STATE.steps[-1] if _STATE.steps else None
            if current and current.name:
                tell(current.name, f"{terminal.red('failed')} after {current.took}")
            _STATE.failed = log.since(self.begin)
            for line in telling_lines(_STATE.failed):
                show(f"  {line}".rstrip())

    def succeeded(self, heard: Callable[[str], None] | None = None) -> None:
        """Show what it has to say all the same, where what it printed went to the log; `heard` is given all of it."""
        if (log := _STATE.log) is None:
            return
        said = log.since(self.begin)
        for line in remarks(said):
            warn(line.removeprefix("xconan: "))
        if heard:
            heard(said)


@contextmanager
def printing(shown: str) -> Iterator[Sink]:
    """Where a program may print until we leave: the log, else standard error without a live line.

    Args:
        shown: the command, said first; "" for none.
    """
    if shown:
        command(shown)
    if log := _STATE.log:
        try:
            yield Sink(log.writer.fileno(), begin=log.path.stat().st_size)
        finally:
            with _STATE.lock:
                _catch_up(last=True)
        return
    with _STATE.lock:
        _clear()
        _STATE.programs += 1
    try:
        yield Sink(out := terminal.descriptor(), begin=end_of(out))
    finally:
        _STATE.programs -= 1


def _catch_up(*, last: bool = False) -> None:
    """Read what programs have written to the log since."""
    if not (_STATE.log and _STATE.steps):
        return
    lines = _STATE.log.new_lines(last=last)
    progress, now = _STATE.steps[-1].progress, time.monotonic()
    for line in lines:
        progress.read(line, now)
    if last:
        progress.end(now)
    if progress.made and _STATE.held:
        _release()
    if lines and level() is Level.STEPS and os.environ.get("GITHUB_ACTIONS") == "true":
        if not _STATE.group:
            _release()  # it would be folded away
            show(f"::group::{_STATE.steps[-1].name}")
            _STATE.group = True
        show("\n".join(lines).rstrip("\n"))


def _end_group() -> None:
    if _STATE.group:
        _STATE.group = False
        show("::endgroup::")
