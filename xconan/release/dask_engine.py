"""The engine of a Dask cluster: the scheduler places tasks, and what they made comes back as bytes.

A task whose worker died is placed anew by Dask, and given up once a second worker has died with it. One that failed is
tried once more, on another worker, as a full disk or a missing library is that worker's fault; what fails there in the
same way fails everywhere. Results that are lost with a scheduler are made again: what is in the store is found there.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any

from xconan.ground.errors import MachineError, XconanError
from xconan.ground.progress import WAITING, seconds
from xconan.ground.report import say
from xconan.release.cluster import Members, can_build, can_run
from xconan.release.contract import portable
from xconan.release.engine import Outcome, file_stem
from xconan.release.placed import Placed
from xconan.release.tasks import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from distributed import Future

    from xconan.project.config.records import WheelConfig
    from xconan.release.cluster import Cluster, Delivery
    from xconan.release.tasks import Task

_USUAL_MEMORY = 400  # MiB that a task is thought to need, of which no earlier run is known
_MIB = 1 << 20
_INTERVAL = 0.1  # seconds that one waits for Dask before one looks for workers
_BROKEN = (OSError, TimeoutError, RuntimeError, AttributeError)
_PLACING = 3.0  # seconds in which a scheduler has found a worker for a task, if there is one
_MOST_DEATHS = 2  # of workers with one task
_MOST_TRIES = 3  # of a task that fails in another way each time


@dataclass(kw_only=True)
class _Flight:
    """A task on its way.

    Attributes:
        task, job: what is done.
        future: of its answer; None until it is handed over.
        tried: the answers of workers with which it failed.
        begun: seconds since the release began.
        handed: when it was handed over, in seconds since the release began.
        only: workers that may have it; () for all that can do it.
        at: the worker that does it, as it has said.
        died: workers that have gone with it.
        doing: what it does now.
        kept: the result, of a wheel that is there from an earlier run; {} for all others.
    """

    task: Task
    job: dict[str, object]
    future: Future[dict[str, Any]] | None = None
    tried: list[dict[str, Any]] = field(default_factory=list)
    begun: float = 0.0
    handed: float = 0.0
    only: tuple[str, ...] = ()
    doing: str = ""
    at: str = ""
    died: list[str] = field(default_factory=list)
    kept: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A release, as the engine of a cluster knows it.

    Attributes:
        folder: of logs; made where it is missing.
        root: the project's folder here.
        out: where the wheels go.
        wheels: by target that makes one, how its wheel is to be.
        memory: bytes by name of task, of earlier runs.
        chains: by name of task, the seconds to the end of what needs it: the longest first.
        patience: seconds that one waits for a scheduler, a store, or a worker that can do a task.
        again: what fails is tried on another worker.
    """

    folder: Path
    root: Path
    out: Path
    wheels: Mapping[str, WheelConfig]
    memory: Mapping[str, int]
    chains: Mapping[str, float]
    patience: float
    again: bool = True


class DaskEngine:
    """Runs tasks on the workers of a cluster.

    Attributes:
        members: the workers.
    """

    def __init__(self, cluster: Cluster, delivery: Delivery, errand: Errand) -> None:
        """An engine.

        Args:
            cluster: whose workers it has.
            delivery: what they are handed.
            errand: what else there is to know.
        """
        self.members = Members(cluster, delivery, patience=errand.patience)
        self._cluster, self._delivery, self._errand = cluster, delivery, errand
        self._flights: dict[str, _Flight] = {}
        self._placed = Placed(delivery, out=errand.out, wheels=errand.wheels, record=errand.folder / "placed.json")
        self._news = Event()
        self._began = time.monotonic()
        self._lost: float | None = None  # since when the scheduler is away
        self._lacking: dict[str, float] = {}  # targets that no worker can build, and since when
        errand.folder.mkdir(parents=True, exist_ok=True)

    def open(self) -> None:
        """Have the workers there, and the scheduler ready.

        Raises:
            XconanError: there are none, or they do not agree with the plan.
        """
        self._subscribe()
        self.members.wait()
        self.members.changed = False
        self._began = time.monotonic()

    @property
    def cores(self) -> int:
        """Of all workers together."""
        return sum(one.cores for one in self.members.now.values())

    # --- as the schedule asks ----------------------------------------------------------------------------------------

    def try_start(self, task: Task) -> bool:
        """Hand a task over, if a worker has room for it; a wheel of an earlier run that was not finished stays."""
        if kept := self._placed.kept(task):
            self._flights[task.name] = _Flight(task=task, job={}, begun=self._now(), kept=kept)
            return True
        able = self._able(task)
        at_work = [one.task for one in self._flights.values()]
        mine = [one for one in at_work if self._able(one) & able]
        if (not able and self._waits_in_vain(task)) or self._gave_up():
            self._flights[task.name] = _Flight(task=task, job={}, begun=self._now())
            return True
        if self._lost is not None or self._cluster.client.status == "closed":
            return False
        room = sum(self.members.now[address].cores for address in able)
        if len(mine) >= room or (task.conan and sum(one.conan for one in mine) >= len(able)):
            return False
        flight = self._flights[task.name] = _Flight(task=task, job=self._job(task), begun=self._now())
        self._hand_over(flight)
        return True

    def ended(self, timeout: float) -> list[Outcome]:
        """Tasks that have ended since; meanwhile workers come and go. Where none has, one does not return at once."""
        deadline = time.monotonic() + max(timeout, _INTERVAL)
        while True:
            if self._is_connected():
                with suppress(*_BROKEN):  # the connection ends in the middle of a call: seen in the next round
                    self.members.look()
                    if self.members.renewed:
                        self._lacking.clear()
                        self._subscribe()
                    self._note_lacking()
                    self._bury()
                    self._place_again()
            done = [outcome for one in [*self._flights.values()] if (outcome := _kept(one) or self._landed(one))]
            for outcome in done:
                self._placed.ended(self._flights.pop(outcome.name).task, outcome.code)
            if done or time.monotonic() >= deadline:
                return done
            self._wait(min(_INTERVAL, max(deadline - time.monotonic(), 0.01)))

    def doing(self, name: str) -> str:
        """What the output of its programs tells, as its worker has said last."""
        return self._flights[name].doing

    def close(self) -> None:
        """The release has ended: where all of it was made, the next one asks the workers for its wheels anew."""
        self._placed.close()

    def stop(self) -> None:
        """End all that runs, and what is to run."""
        from xconan.release.worker import end  # noqa: PLC0415 - it needs Dask

        with suppress(Exception):  # the cluster may be gone, or in part; its tasks end with their workers
            self._cluster.client.cancel([one.future for one in self._flights.values() if one.future], force=True)
            self._cluster.client.run(end, self._delivery.release, on_error="ignore")
        self._flights.clear()

    # --- handing over ------------------------------------------------------------------------------------------------

    def _able(self, task: Task) -> set[str]:
        """The workers that can do a task: that build its first target; for a test those, if any, that can run it."""
        target, members = task.targets[0], self.members.now
        build = {address for address, one in members.items() if target in one.targets}
        run = {address for address in build if task.kind is Kind.TEST and target in members[address].runs}
        return run or build

    def _job(self, task: Task) -> dict[str, object]:
        request = {name: value for name, value in task.request.items() if name not in ("root", "out")}
        target = self._delivery.targets.get(task.targets[0])
        if target:
            request["expected"] = target["identity"]
        request |= {"store": self._delivery.store, "patience": self._errand.patience}
        names = [one for name in task.after if (one := self._placed.names.get(name))] if task.kind is Kind.TEST else []
        return {
            "release": self._delivery.release, "place": self._delivery.place, "task": task.name,
            "request": portable(request, self._errand.root),
            "files": {name: (self._errand.out / name).read_bytes() for name in names},
        }  # fmt: skip

    def _hand_over(self, flight: _Flight) -> None:
        from xconan.release.worker import CONAN, MEMORY, perform  # noqa: PLC0415 - it needs Dask

        task, release = flight.task, self._delivery.release
        able = {one: self.members.now[one] for one in flight.only or self._able(task)}
        most = min((one.memory // _MIB for one in able.values()), default=0)
        resources = {can_build(release, task.targets[0]): 1.0}
        resources[MEMORY] = float(min(self._errand.memory.get(task.name, 0) // _MIB or _USUAL_MEMORY, most))
        if task.conan:
            resources[CONAN] = 1.0
        if task.kind is Kind.TEST and any(task.targets[0] in one.runs for one in able.values()):
            resources[can_run(release, task.targets[0])] = 1.0
        flight.handed, flight.at = self._now(), ""
        flight.future = self._cluster.client.submit(
            perform, flight.job, key=f"{task.name} #{release} {self._now():.3f}", pure=False, resources=resources,
            workers=list(flight.only) or None, allow_other_workers=False,
            priority=self._errand.chains.get(task.name, 0.0),
        )  # fmt: skip
        flight.future.add_done_callback(lambda _future: self._news.set())

    def _bury(self) -> None:
        """Note who has died with a task: Dask does not, where the task had to be handed over anew."""
        for flight in self._flights.values():
            if flight.at in self.members.gone and flight.future and flight.future.status == "pending":
                flight.died.append(flight.at)
                flight.at = ""
                if len(flight.died) == _MOST_DEATHS:
                    flight.future.cancel()
                    flight.future = None
        self.members.gone.clear()

    def _place_again(self) -> None:
        """Hand over once more what waits for workers that have all gone, or for a resource that came too late."""
        waiting = [one for one in self._flights.values() if one.future and one.future.status == "pending"]
        gone = [one for one in waiting if one.only and not set(one.only) & set(self.members.now)]
        if self.members.changed:
            unplaced = [one for one in waiting if not one.at and one not in gone]
            young = [one for one in unplaced if self._now() - one.handed < _PLACING]
            placed = {key for keys in self._cluster.client.processing().values() for key in keys}
            gone += [one for one in unplaced if one not in young and one.future and one.future.key not in placed]
            self.members.changed = bool(young)
        for flight in gone:
            if flight.future:
                flight.future.release()
            flight.only = ()
            if self._able(flight.task):
                self._hand_over(flight)
            else:
                flight.future = None

    # --- coming back -------------------------------------------------------------------------------------------------

    def _landed(self, flight: _Flight) -> Outcome | None:
        """How a task ended; None where it has not, or is tried again."""
        if flight.future is None:
            return self._stranded(flight)
        if flight.future.status == "pending":
            return None
        if flight.future.status in ("cancelled", "lost"):
            flight.future, flight.only = None, ()
            return self._stranded(flight)
        try:
            answer = flight.future.result()
        except Exception as error:  # noqa: BLE001 - KilledWorker, and whatever else a worker meets
            return self._failed(flight, _of_exception(flight.task, error))
        if answer["code"] and self._tried_again(flight, answer):
            return None
        return self._outcome(flight, answer)

    def _tried_again(self, flight: _Flight, answer: dict[str, Any]) -> bool:
        """Whether a task that failed goes to another worker: not twice with the same failure."""
        known = [_kind_of(one) for one in flight.tried]
        flight.tried.append(answer)
        others = tuple(self._able(flight.task) - {str(one["worker"]) for one in flight.tried})
        if (
            not self._errand.again
            or answer["away"]
            or _kind_of(answer) in known
            or len(known) + 1 >= _MOST_TRIES
            or not others
        ):
            return False
        say(f"xconan: {flight.task.name} failed on {answer['worker']}, and is tried on another worker")
        flight.only = others
        self._hand_over(flight)
        return True

    def _outcome(self, flight: _Flight, answer: dict[str, Any]) -> Outcome:
        """What a worker has answered, with the wheel in its place."""
        task, code, result, errors = flight.task, int(answer["code"]), dict(answer["result"]), list(answer["errors"])
        log = self._write_log(flight, answer)
        if not code and task.kind is Kind.WHEEL:
            try:
                result |= self._placed.place(task, answer)
            except XconanError as error:
                code, errors = error.exit_code, error.facts()
        now = self._now()
        return Outcome(
            name=task.name, code=code, result=result, errors=tuple(errors), ended=now,
            begun=max(now - float(answer["seconds"]), flight.begun), cpu=float(answer["cpu"]),
            memory=int(answer["memory"]), log=log, worker=str(answer["worker"]),
        )  # fmt: skip

    def _write_log(self, flight: _Flight, answer: dict[str, Any]) -> str:
        """The log of a task, behind those of workers with which it has failed."""
        path = self._errand.folder / f"{file_stem(flight.task)}.log"
        tries = [*flight.tried, *([] if answer in flight.tried else [answer])]
        path.write_bytes(b"\n".join(f"on {one['worker']}:\n".encode() + one["log"] for one in tries))
        return str(path)

    def _failed(self, flight: _Flight, error: XconanError) -> Outcome:
        """The end of a task of which no worker has answered last."""
        log = self._write_log(flight, flight.tried[-1]) if flight.tried else ""
        return Outcome(name=flight.task.name, code=error.exit_code, errors=tuple(error.facts()), begun=flight.begun,
                       ended=self._now(), log=log)  # fmt: skip

    def _stranded(self, flight: _Flight) -> Outcome | None:
        """A task that nobody has: handed over once there is somebody, given up after a while."""
        if len(flight.died) == _MOST_DEATHS:
            return self._failed(flight, _deadly(flight.task, flight.died[-1]))
        if self._lost is not None:
            return self._failed(flight, self._without_scheduler()) if self._gave_up() else None
        if self._able(flight.task):
            flight.job = flight.job or self._job(flight.task)
            self._hand_over(flight)
        elif self._waits_in_vain(flight.task):
            return self._failed(flight, MachineError(
                f"no worker can build {flight.task.targets[0]}, and none has come in {seconds(self._errand.patience)}",
                where=self._cluster.on, hint="start one: dask worker ADDRESS",
            ))  # fmt: skip
        return None

    # --- the cluster -------------------------------------------------------------------------------------------------

    def _note_lacking(self) -> None:
        """Note since when there is no worker for a target."""
        there = {name for one in self.members.now.values() for name in one.targets}
        lacking = [name for name in self._delivery.targets if name not in there]
        self._lacking = {name: self._lacking.get(name, time.monotonic()) for name in lacking}

    def _waits_in_vain(self, task: Task) -> bool:
        """Whether no worker that can do a task has come for too long; one that has not answered yet may be it."""
        since = self._lacking.get(task.targets[0], time.monotonic())
        return not self.members.greeting and time.monotonic() - since > self._errand.patience

    def _is_connected(self) -> bool:
        """Whether the scheduler is there; one that comes back is another one, to whom all is said again."""
        if self._cluster.client.status == "running":
            if self._lost is not None:
                say(f"xconan: the scheduler is there again after {seconds(time.monotonic() - self._lost)}")
                self._lost = None
            return True
        if self._lost is None:
            say("xconan: the scheduler is away, and is waited for")
            self._lost = time.monotonic()
        self._cluster.connect_again()
        return False

    def _subscribe(self) -> None:
        """Have the scheduler tell what tasks do, and give up what workers die with."""
        from xconan.release.worker import limit_deaths  # noqa: PLC0415 - it needs Dask

        with suppress(*_BROKEN):
            self.members.renewed = False
            self._cluster.client.run_on_scheduler(limit_deaths)
            self._cluster.client.subscribe_topic(f"xconan {self._delivery.release}", self._heard)

    def _heard(self, event: tuple[float, object]) -> None:
        """Note what a worker says that a task does."""
        said = event[1]
        if isinstance(said, dict) and (flight := self._flights.get(str(said.get("task")))):
            doing, flight.at = str(said.get("doing")), str(said.get("worker"))
            if doing == WAITING != flight.doing:
                say(f"xconan: {flight.task.name} waits for a Conan remote, which does not answer")
            flight.doing = doing

    def _gave_up(self) -> bool:
        return self._lost is not None and time.monotonic() - self._lost > self._errand.patience

    def _wait(self, timeout: float) -> None:
        """Wait until Dask says that a task has ended, not longer than so many seconds."""
        self._news.wait(timeout)
        self._news.clear()

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _without_scheduler(self) -> MachineError:
        return MachineError(
            f"the scheduler is away, and was waited for, {seconds(self._errand.patience)}", where=self._cluster.on,
            hint="start it again, with its workers, and give the same command: what is in the store is not built again",
        )  # fmt: skip


def _kept(flight: _Flight) -> Outcome | None:
    """How the task of a wheel ended that is there from an earlier run."""
    if not flight.kept:
        return None
    return Outcome(name=flight.task.name, code=0, result=flight.kept, begun=flight.begun, ended=flight.begun)


def _kind_of(answer: dict[str, Any]) -> tuple[object, ...]:
    """What two failures have in common that are the same."""
    return answer["code"], *(error["message"] for error in answer["errors"])


def _deadly(task: Task, last: str) -> XconanError:
    return MachineError(
        f"two workers have died with {task.name}, the last was {last}", where=last,
        hint="has it enough memory? the worker's own log, or its host's, tells",
    )  # fmt: skip


def _of_exception(task: Task, error: Exception) -> XconanError:
    """What Dask has raised in place of an answer."""
    from distributed import KilledWorker  # noqa: PLC0415 - for clusters alone

    if isinstance(error, KilledWorker):
        return _deadly(task, error.last_worker.address)
    return MachineError(f"{type(error).__name__}: {error}", where=task.name, hint="the worker's own log tells more")
