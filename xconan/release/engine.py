"""Where tasks are run: what the schedule asks of an engine, and the engine of this machine, a process for each task."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from xconan.ground.files import read_json, remove_tree, write_json
from xconan.ground.progress import Progress
from xconan.ground.run import end_all, interrupts_later, start
from xconan.release.claims import FOLDER
from xconan.release.tasks import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xconan.ground.run import Running
    from xconan.release.jobserver import JobServer
    from xconan.release.tasks import Task

_INTERVAL = 0.05  # seconds between two looks at processes
_GRACE = 12.0  # seconds that a task has to end what it started, which have 7 of their own
_ABOVE = re.compile(r"\b(stands?|see [\w' ]+) above\b")  # "the reason stands above", "see Conan's output above"
_USUAL_MEMORY = 400 << 20  # bytes that a task is thought to need, of which no earlier run is known


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a task ended.

    Attributes:
        name: of the task.
        code: exit code, 0 for success; negative: killed by a signal.
        result: what it found out, of JSON's types.
        errors: what went wrong, as XconanError.facts() has it.
        begun, ended: seconds since the release began.
        cpu: seconds of all processors together.
        memory: the most that one of its processes took, in bytes.
        log: what it and its programs printed; "" for a task that was not begun.
        worker: of a cluster, its address; "" on this machine.
    """

    name: str
    code: int
    result: Mapping[str, object] = field(default_factory=dict)
    errors: tuple[Mapping[str, object], ...] = ()
    begun: float = 0.0
    ended: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    log: str = ""
    worker: str = ""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.begun

    @property
    def told(self) -> tuple[Mapping[str, object], ...]:
        """The errors for who does not read them in the log: what stood above them stands there."""
        if not self.log:
            return self.errors
        return tuple(
            {key: _ABOVE.sub(r"\1 in the log", text) if isinstance(text, str) else text for key, text in fact.items()}
            for fact in self.errors
        )


class Engine(Protocol):
    """What runs tasks. It knows what there is of cores and memory; the schedule knows what should come first."""

    def try_start(self, task: Task) -> bool:
        """Begin a task, if there is room for it now."""

    def ended(self, timeout: float) -> list[Outcome]:
        """Tasks that have ended since, waiting so many seconds for the first."""

    def doing(self, name: str) -> str:
        """What a running task does now, in a few words."""

    def stop(self) -> None:
        """End all that runs."""


@dataclass
class _Process:
    task: Task
    running: Running
    answer: Path
    log: Path
    begun: float
    memory: int
    progress: Progress = field(default_factory=Progress)
    read: int = 0


class LocalEngine:
    """Runs each task as a process of this machine, which prints into a log of its own.

    Attributes:
        folder: of requests, answers and logs.
    """

    def __init__(
        self, folder: Path, jobs: int, server: JobServer | None, *, memory: Mapping[str, int], env: Mapping[str, str]
    ) -> None:
        """An engine.

        Args:
            folder: made where it is missing.
            jobs: compilers at once.
            server: that counts them; without one a task is one compiler.
            memory: bytes by name of task, of earlier runs.
            env: on top of the environment.
        """
        self.folder = folder
        self._jobs = jobs
        self._server = server
        self._memory = memory
        self._env = {**os.environ, **env, **(server.env if server else {})}
        self._env |= {"XCONAN_VERBOSE": "1", "XCONAN_QUIET": "0", "NO_COLOR": "1"}
        self._env.pop("GITHUB_ACTIONS", None)  # its groups are ours to make
        self._running: dict[str, _Process] = {}
        self._began = time.monotonic()
        self._claims = folder / FOLDER
        remove_tree(self._claims)  # of another release
        self._claims.mkdir(parents=True)

    def try_start(self, task: Task) -> bool:
        """Begin a task, if there are cores, memory and Conan's cache for it."""
        at_work = [one.task for one in self._running.values()]
        if task.conan and any(one.conan for one in at_work):
            return False
        need = self._memory.get(task.name, _USUAL_MEMORY)
        if at_work and (not self._has_cores(task, at_work) or need > _free_memory() - self._promised()):
            return False
        if self._server:
            if not at_work:
                self._server.refill()
            if not self._server.take(task.cores):
                return False
        self._begin(task, need)
        return True

    def _has_cores(self, task: Task, at_work: Iterable[Task]) -> bool:
        return sum(one.cores for one in at_work) + task.cores <= self._jobs

    def _promised(self) -> int:
        """Bytes that those at work have not taken yet, as far as one knows: half of what they are thought to need."""
        return sum(one.memory for one in self._running.values()) // 2

    def _begin(self, task: Task, memory: int) -> None:
        stem = file_stem(task)
        request, answer, log = (self.folder / f"{stem}{end}" for end in (".request.json", ".answer.json", ".log"))
        answer.unlink(missing_ok=True)
        claims = {"claims": str(self._claims), "target": task.subject} if task.kind is Kind.WHEEL else {}
        write_json(request, {**task.request, **claims, "answer": str(answer)})
        argv = [sys.executable, "-m", "xconan", "task", str(request)]
        with interrupts_later():  # whoever is asked to end ends it, too
            running = start(argv, log=log, cwd=Path.cwd(), env=self._env)
            self._running[task.name] = _Process(task, running, answer, log, self._now(), memory)

    def ended(self, timeout: float) -> list[Outcome]:
        """Tasks that have ended since."""
        deadline = time.monotonic() + timeout
        while True:
            done = [
                self._outcome(one, code) for one in self._running.values() if (code := one.running.poll()) is not None
            ]
            for outcome in done:
                process = self._running.pop(outcome.name)
                if self._server:
                    self._server.give(process.task.cores)
            if done or time.monotonic() >= deadline:
                return done
            time.sleep(_INTERVAL)

    def _outcome(self, process: _Process, code: int) -> Outcome:
        answer = read_json(process.answer)
        return Outcome(
            name=process.task.name,
            code=code,
            result=cast("dict[str, object]", answer.get("result", {})),
            errors=tuple(cast("list[dict[str, object]]", answer.get("errors", []))),
            begun=process.begun,
            ended=self._now(),
            cpu=float(str(answer.get("cpu", 0.0))),
            memory=int(str(answer.get("memory", 0))),
            log=str(process.log),
        )

    def doing(self, name: str) -> str:
        """What the output of its programs tells."""
        process = self._running[name]
        with process.log.open("rb") as file:
            file.seek(process.read)
            whole, end, _rest = file.read().rpartition(b"\n")
        process.read += len(whole) + len(end)
        for line in whole.decode("utf-8", "replace").split("\n") if whole else []:
            process.progress.read(line, self._now())
        return process.progress.text

    def stop(self) -> None:
        """End all that runs, together."""
        end_all([one.running for one in self._running.values()], grace=_GRACE)

    def _now(self) -> float:
        return time.monotonic() - self._began


def file_stem(task: Task) -> str:
    """The name of a task as that of files."""
    return re.sub(r"[^\w.-]+", "-", task.name)


def _free_memory() -> int:
    """Bytes that may be taken without swapping: Linux says it; elsewhere there is no bound."""
    try:
        text = Path("/proc/meminfo").read_text("utf-8")
    except OSError:
        return 1 << 62
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) << 10 if found else 1 << 62
