"""What is run in a worker of a Dask cluster: it is handed a project, says what it can do, and does tasks.

What comes and goes is of JSON's types, and bytes: a worker with another xconan can say so. Each task is a process of
its own, as on one machine (`xconan task`); Conan's home, caches, environment and credentials are the worker's.
"""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

from distributed import get_worker

from xconan.ground.files import cache_folder, read_json, write_bytes, write_json
from xconan.ground.progress import Progress
from xconan.ground.run import Running, end_all, start
from xconan.release.contract import rooted
from xconan.release.jobserver import JobServer, is_read_whole, one_compiler
from xconan.release.parcel import Parcel, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from distributed import Scheduler, Worker

Message = dict[str, object]
CONAN, MEMORY = "xconan conan", "xconan memory"  # Dask's resources: one writer of Conan's home, MiB
_INTERVAL = 0.1  # seconds between two looks at a process
_TOLD = 1.0  # seconds between two reports of what it does
_GRACE = 12.0  # seconds that a task has to end what it started
_OPENING = Lock()
_LONGEST = 8 << 20  # bytes of a log that travel: its end


@dataclass
class _Desk:
    """What a worker process has at hand for all its tasks.

    Attributes:
        folder: of requests, answers and logs.
        server: counts the compilers of all tasks; None where there are no named pipes.
        env: on top of the environment.
        running: by name of the release and the task.
        told: of the environment where a release is built, what holds here, too; by its name.
        ended: names of releases of which nothing is begun any more.
    """

    folder: Path
    server: JobServer | None
    env: dict[str, str]
    running: dict[tuple[str, str], Running] = field(default_factory=dict)
    told: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def check(self, release: str) -> None:
        """Begin nothing for a release that has ended.

        Raises:
            RuntimeError: it has; nobody waits for the answer.
        """
        if release in self.ended:
            raise RuntimeError(f"the release {release} has ended")

    def take(self, release: str) -> None:
        """Wait for a compiler that is free: processes that are done may have left theirs with their children.

        Raises:
            RuntimeError: the release has ended meanwhile.
        """
        while self.server:
            with self.lock:
                self.check(release)
                if not self.running:
                    self.server.refill()
                if self.server.take(1):
                    return
            time.sleep(_INTERVAL)

    def give(self) -> None:
        """Have another task take it."""
        if self.server:
            self.server.give(1)


def _desk() -> _Desk:
    with _OPENING:
        return _opened()


@cache
def _opened() -> _Desk:
    """The one of this process: several threads may ask for it at once, and a second would count compilers anew."""
    worker = get_worker()
    folder = Path(worker.local_directory) / "xconan"
    folder.mkdir(parents=True, exist_ok=True)
    pipe = folder / f"jobs.{os.getpid()}"
    pipe.unlink(missing_ok=True)
    server = JobServer(pipe, worker.state.nthreads) if hasattr(os, "mkfifo") and is_read_whole(pipe) else None
    env = {"XCONAN_VERBOSE": "1", "XCONAN_QUIET": "0", "NO_COLOR": "1"}
    env |= server.env if server else one_compiler(served=False)
    return _Desk(folder=folder, server=server, env=env)


def greet(delivery: Mapping[str, object]) -> Message:
    """Take a release's project in, and say what can be done of it here.

    Args:
        delivery: release, place (the project's name among others), digest and data of its parcel, document (the plan),
            add_pythons, store, and trusted: this is the machine where it was planned, and need not plan again.

    Returns:
        targets, old_ninja: as work.py finds them, or errors; memory: of this worker, in bytes.
    """
    place = _place(delivery)
    place.mkdir(parents=True, exist_ok=True)
    parcel = Parcel(digest=str(delivery["digest"]), data=cast("bytes", delivery["data"]))
    unpack(parcel, place / "project")
    document = cast("Message", delivery["document"])
    _desk().told[str(delivery["release"])] = cast("dict[str, str]", rooted(document["env"], place / "project"))
    memory = get_worker().memory_manager.memory_limit or _all_memory()
    if delivery.get("trusted"):
        return {"memory": memory}
    request = {"kind": "greet", "document": document, **{name: delivery[name] for name in ("add_pythons", "store")}}
    answer = _run({**delivery, "task": "greet", "request": request})
    if cast("Message", answer["result"]).get("old_ninja"):
        _desk().env.update(one_compiler(served=True))
    return {**answer, "memory": memory}


def perform(job: Mapping[str, object]) -> Message:
    """Do a task.

    Args:
        job: release, place, task (its name), request; and files, wheels by name.

    Returns:
        code, result, errors, away, cpu, memory, seconds, log, worker; and wheel, the content of one that was made,
        with its sha256.
    """
    wheels = _place(job) / "wheels"
    for name, data in cast("dict[str, bytes]", job.get("files", {})).items():
        write_bytes(wheels / name, data)
    answer = _run(job)
    made = cast("Message", answer["result"]).get("wheel")
    if made and not answer["code"]:
        data = (wheels / str(made)).read_bytes()
        answer |= {"wheel": data, "sha256": sha256(data).hexdigest()}
    return answer


def end(release: str) -> None:
    """End all tasks of a release; one that waits for a compiler is not begun."""
    desk = _desk()
    with desk.lock:
        desk.ended.add(release)
        running = [one for (name, _task), one in desk.running.items() if name == release]
    end_all(running, grace=_GRACE)


def limit_deaths(dask_scheduler: Scheduler) -> None:
    """Have the scheduler give a task up once a second worker has died with it."""
    dask_scheduler.allowed_failures = 1


async def offer(resources: Mapping[str, float], dask_worker: Worker) -> None:
    """Have the scheduler give tasks that need these to this worker."""
    await dask_worker.set_resources(**resources)


def _place(job: Mapping[str, object]) -> Path:
    """The folder of a project in this worker's cache: the same in each release, so that builds go on from the last."""
    place = str(job["place"])
    if not re.fullmatch(r"[\w.-]+", place):
        raise ValueError(f"this is no name of a project: {place}")
    return cache_folder() / "cluster" / place


def _run(job: Mapping[str, object]) -> Message:
    """Run a task as a process, and return what came of it."""
    desk, worker, place = _desk(), get_worker(), _place(job)
    task, release = str(job["task"]), str(job["release"])
    root = place / "project"
    stem = f"{release}-{re.sub(r'[^a-zA-Z0-9_.-]+', '-', task)}-{os.getpid()}"
    request, answer, log = (desk.folder / f"{stem}{end}" for end in (".request.json", ".answer.json", ".log"))
    answer.unlink(missing_ok=True)
    asked = cast("Message", rooted(job["request"], root))
    asked |= {"root": str(root), "out": str(place / "wheels"), "answer": str(answer)}
    write_json(request, {**asked, "worker": worker.address, "parent": os.getpid()})
    env = {**os.environ, **desk.told.get(release, {}), **desk.env}
    env.pop("GITHUB_ACTIONS", None)
    desk.take(release)
    begun = time.monotonic()
    try:
        with desk.lock:
            desk.check(release)
            argv = [sys.executable, "-m", "xconan", "task", str(request)]
            running = desk.running[release, task] = start(argv, log=log, cwd=desk.folder, env=env)
        said = {"task": task, "worker": worker.address}
        worker.log_event(f"xconan {release}", {**said, "doing": ""})
        code = _wait(running, log, lambda text: worker.log_event(f"xconan {release}", {**said, "doing": text}))
    finally:
        desk.give()
        desk.running.pop((release, task), None)
    found, printed = read_json(answer), log.read_bytes()[-_LONGEST:]
    with suppress(OSError):  # what a task has left behind may hold its log
        for path in (request, answer, log):
            path.unlink(missing_ok=True)
    return {
        "code": code, "result": found.get("result", {}), "errors": found.get("errors", []),
        "away": found.get("away", False), "cpu": found.get("cpu", 0.0), "memory": found.get("memory", 0),
        "seconds": time.monotonic() - begun, "log": printed, "worker": worker.address,
    }  # fmt: skip


def _wait(running: Running, log: Path, tell: Callable[[str], None]) -> int:
    """Wait for a process, and tell what it does: its exit code."""
    progress, read, told, said = Progress(), 0, time.monotonic(), ""
    while (code := running.poll()) is None:
        time.sleep(_INTERVAL)
        if time.monotonic() - told < _TOLD:
            continue
        told = time.monotonic()
        with log.open("rb") as file:
            file.seek(read)
            whole, newline, _rest = file.read().rpartition(b"\n")
        read += len(whole) + len(newline)
        for line in whole.decode("utf-8", "replace").split("\n") if whole else []:
            progress.read(line, told)
        if progress.text != said:
            said = progress.text
            tell(said)
    return code


def _all_memory() -> int:
    """Bytes that this machine has, as far as it says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 1 << 40
