"""A Dask cluster: how one gets to it, and which of its workers can do what of a release.

https://distributed.dask.org. Each worker is greeted once: it is handed the project and the plan, and says which targets
it would build just so. That becomes Dask's resources, by which the scheduler places tasks.
"""

from __future__ import annotations

import logging
import os
import re
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from xconan.ground.errors import ConfigError, MachineError, ToolchainError, XconanError, combined, listed
from xconan.ground.progress import counted, seconds
from xconan.ground.report import doing, say, warn
from xconan.ground.run import interrupts_later

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from distributed import Client, Future

_LOCAL = re.compile(r"local(?::([1-9]\d*))?")
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx|inproc)://.+")
_LOOK = 1.0  # seconds between two looks for workers
_CONNECT = 10.0  # seconds that a scheduler has to answer
_PLENTY = 1_000_000.0  # of a resource that says what a worker can do, not how often
_MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a worker is handed.

    Attributes:
        release: a name of this run alone.
        place: of the project in workers' caches, the same in each run.
        digest, data: of the project's parcel.
        document: the plan, contract.plan_document().
        add_pythons: workers get host Pythons that they lack.
        trusted: the workers are on this machine, and need not plan again.
        store: the Conan remote for libraries, "" for one Conan home that all share.
        lock: the text of the lockfile by which all resolve; "" for the project's own.
    """

    release: str
    place: str
    digest: str
    data: bytes
    document: Mapping[str, object]
    add_pythons: bool = False
    trusted: bool = False
    store: str = ""
    lock: str = ""

    @property
    def targets(self) -> dict[str, dict[str, object]]:
        """The plan's targets by name."""
        return {str(one["target"]): one for one in cast("list[dict[str, object]]", self.document["targets"])}


@dataclass(frozen=True, kw_only=True)
class Member:
    """A worker that was greeted.

    Attributes:
        address: of it.
        cores: tasks that it does at once.
        memory: in bytes.
        targets: that it can build as planned.
        runs: those of them whose wheels it can run.
        lacks: by target, why it can't build the others.
    """

    address: str
    cores: int
    memory: int
    targets: frozenset[str]
    runs: frozenset[str]
    lacks: Mapping[str, tuple[XconanError, ...]] = field(default_factory=dict)


@dataclass
class Cluster:
    """A connection to a scheduler.

    Attributes:
        on: its address, or "local".
        client: Dask's.
    """

    on: str
    client: Client

    def connect_again(self) -> None:
        """Have a new client where Dask has given the old one up; the old one stays where nobody answers yet."""
        if self.client.status == "closed" and _ADDRESS.fullmatch(self.on):
            with suppress(MachineError):
                self.client = _connect(self.on)


def check_address(on: str) -> None:
    """Refuse what names no cluster: it is a scheduler's tcp://HOST:8786, or local:N for one of N cores on this machine.

    Raises:
        ConfigError: it is neither, or Dask is not installed.
    """
    if not is_local(on) and not _ADDRESS.fullmatch(on):
        raise ConfigError(f"'{on}' is neither a scheduler nor this machine", where="--on",
                          hint="write tcp://HOST:8786, or local:4 for a cluster of four cores here")  # fmt: skip
    if find_spec("distributed") is None:
        raise ConfigError("Dask is not installed beside xconan", where=f"--on {on}",
                          hint="pip install 'xconan[dask]'")  # fmt: skip


def is_local(on: str) -> bool:
    """Whether the cluster is one of this machine's, whose workers share Conan's home."""
    return _LOCAL.fullmatch(on) is not None


@contextmanager
def connected(on: str) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine for as long as we are in here.

    Args:
        on: as check_address() knows it.

    Raises:
        MachineError: the scheduler does not answer.
        ConfigError: it speaks TLS, and Dask's settings have no certificates.
    """
    from dask import config  # noqa: PLC0415 - for clusters alone

    local = _LOCAL.fullmatch(on)

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what counts is said in our words
    with config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}):
        if local:
            with _local_cluster(int(local[1] or 0) or os.cpu_count() or 1) as client:
                yield Cluster("local", client)
            return
        with doing(f"connecting to {on}"):
            cluster = Cluster(on, _connect(on))
        try:
            yield cluster
        finally:
            with suppress(Exception):  # the scheduler may be gone
                cluster.client.close(timeout=2)


@contextmanager
def _local_cluster(cores: int) -> Iterator[Client]:
    """A cluster of one worker, which runs in this process: tasks are processes of their own in any case.

    A worker's process would get a terminal's Ctrl-C as well, and tell of it in Python's words. While Dask begins or
    ends, an interrupt waits, as half a cluster can't be closed.
    """
    import distributed  # noqa: PLC0415 - for clusters alone

    opened = ExitStack()
    try:
        with interrupts_later():
            workers = opened.enter_context(distributed.LocalCluster(
                n_workers=1, threads_per_worker=cores, processes=False, memory_limit=0, dashboard_address=":0",
                silence_logs=logging.CRITICAL,
            ))  # fmt: skip
            client = opened.enter_context(distributed.Client(workers, set_as_default=False))
        yield client
    finally:
        with interrupts_later():
            opened.close()


def _connect(on: str) -> Client:
    from distributed import Client  # noqa: PLC0415 - for clusters alone

    try:
        return Client(on, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise MachineError(
            f"there is no Dask scheduler: {(str(error).splitlines() or ['no answer'])[0]}", where=f"--on {on}",
            hint="start one, dask scheduler, and workers, dask worker tcp://HOST:8786; or check the address",
        ) from None  # fmt: skip
    except TypeError:
        if not on.startswith(("tls:", "wss:")):
            raise
        raise ConfigError(
            "a scheduler that speaks TLS is not spoken to without certificates, and Dask's settings name none",
            where=f"--on {on}",
            hint="name them in ~/.config/dask/distributed.yaml, below distributed.comm.tls: ca-file, and below client "
            "cert and key; the same on scheduler and workers, whose tables are scheduler and worker",
        ) from None


class Members:
    """The workers of a cluster, as they come and go.

    Attributes:
        now: those that have answered, by address.
        changed: there are other ones than when somebody set this to False.
        renewed: the scheduler is another one than when somebody set this to False.
        gone: addresses of those that have gone, until somebody empties it.
    """

    def __init__(self, cluster: Cluster, delivery: Delivery, *, patience: float) -> None:
        """The workers for a release.

        Args:
            cluster: that they are of.
            delivery: what each is handed.
            patience: seconds that one waits for the first, or for one that can do a task.
        """
        self.now: dict[str, Member] = {}
        self.changed = self.renewed = False
        self.gone: list[str] = []
        self._cluster = cluster
        self._scheduler = ""
        self._delivery = delivery
        self._patience = patience
        self._greetings: dict[str, tuple[int, Future[dict[str, Any]]]] = {}
        self._looked = 0.0
        self._alone = time.monotonic()  # since when there is nobody

    @property
    def lonely(self) -> bool:
        """Whether one has waited for a worker for too long."""
        return not self.now and not self._greetings and time.monotonic() - self._alone > self._patience

    @property
    def greeting(self) -> bool:
        """Whether one has not answered yet."""
        return bool(self._greetings)

    def wait(self) -> None:
        """Wait until all workers that there are have answered the greeting.

        Raises:
            MachineError: there is no worker.
            ToolchainError: a worker would build a target otherwise than planned; or what they all lack for one.
            XconanError: a worker has another xconan, or can't take the project in.
        """
        with doing("waiting for workers"):
            while not self.now or self._greetings:
                if self.lonely:
                    raise MachineError(
                        f"the cluster has no worker, and none has come in {seconds(self._patience)}",
                        where=self._cluster.on, hint="start some: dask worker ADDRESS --nthreads 4",
                    )  # fmt: skip
                self.look(strict=True)
                time.sleep(0.05)
        missing = [name for name in self._delivery.targets if not any(name in one.targets for one in self.now.values())]
        errors = {(one.message, one.where): one for name in missing for member in self.now.values()
                  for one in member.lacks.get(name, ())}  # fmt: skip
        if errors:
            raise combined(list(errors.values()))
        members = self.now.values()
        say(f"xconan: {counted(len(members), 'worker')}, {counted(sum(one.cores for one in members), 'core')}")

    def look(self, *, strict: bool = False) -> None:
        """See who has come, who has gone, and who has answered.

        Args:
            strict: a worker that does not agree with the plan is an error; else it gets nothing to do, which is said.
        """
        if time.monotonic() - self._looked < _LOOK and not any(one.done() for _cores, one in self._greetings.values()):
            return
        self._looked = time.monotonic()
        info = cast("dict[str, Any]", self._cluster.client.scheduler_info(n_workers=-1))
        if info["id"] != self._scheduler:  # one that was started again knows nothing of what was agreed
            self.renewed = self._scheduler != ""
            self._scheduler = info["id"]
            self._forget()
        workers = cast("dict[str, dict[str, Any]]", info["workers"])
        for address in [*self.now, *self._greetings]:
            if address not in workers:
                self._left(address)
        for address, facts in workers.items():
            if address not in self.now and address not in self._greetings:
                self._greet(address, int(facts["nthreads"]))
        for address, (cores, future) in [*self._greetings.items()]:
            if future.done():
                self._answered(address, cores, future, strict=strict)
        if self.now or self._greetings:
            self._alone = time.monotonic()

    def _forget(self) -> None:
        self.now.clear()
        self._greetings.clear()
        self._alone = time.monotonic()

    def _left(self, address: str) -> None:
        self._greetings.pop(address, None)
        self.changed = True
        self.gone.append(address)
        if self.now.pop(address, None):
            say(f"xconan: the worker {address} has gone")

    def _greet(self, address: str, cores: int) -> None:
        from xconan.release.worker import greet  # noqa: PLC0415 - it needs Dask

        delivery = self._delivery
        self._greetings[address] = cores, self._cluster.client.submit(
            greet, vars(delivery), key=f"xconan-greet-{delivery.release}-{address}", workers=[address],
            allow_other_workers=False, pure=False, priority=_PLENTY,
        )  # fmt: skip

    def _answered(self, address: str, cores: int, future: Future[dict[str, Any]], *, strict: bool) -> None:
        del self._greetings[address]
        if future.status in ("cancelled", "lost"):
            return  # the scheduler is another one by now
        try:
            answer = future.result()
            member = _member(address, cores, answer, self._delivery)
        except XconanError as error:
            refusal = error
        except Exception as error:  # noqa: BLE001 - whatever a worker without this xconan raises
            refusal = MachineError(
                f"the worker {address} can't take part: {type(error).__name__}: {error}", where=address,
                hint="has it the same xconan, and room on its disk? its own log tells more",
            )  # fmt: skip
        else:
            self._take_up(member)
            return
        if strict:
            raise refusal
        warn(f"{refusal.message}; it gets nothing to do")
        self.now[address] = Member(address=address, cores=0, memory=0, targets=frozenset(), runs=frozenset())

    def _take_up(self, member: Member) -> None:
        from xconan.release.worker import CONAN, MEMORY, offer  # noqa: PLC0415 - it needs Dask

        release = self._delivery.release
        resources = {CONAN: 1.0, MEMORY: float(member.memory // _MIB)}
        resources |= {can_build(release, name): _PLENTY for name in member.targets}
        resources |= {can_run(release, name): _PLENTY for name in member.runs}
        self._cluster.client.run(offer, resources, workers=[member.address])
        self.now[member.address] = member
        self.changed = True
        if member.lacks:
            reason = next(iter(member.lacks.values()))[0]
            say(f"xconan: the worker {member.address} can't build {listed([*member.lacks])}: {reason.message}")


def can_build(release: str, target: str) -> str:
    """The resource of workers that can build a target."""
    return f"xconan {release} {target}"


def can_run(release: str, target: str) -> str:
    """The resource of workers that can run a target's wheels."""
    return f"xconan {release} {target} runs"


def _member(address: str, cores: int, answer: Mapping[str, Any], delivery: Delivery) -> Member:
    """What a worker's answer to the greeting says.

    Raises:
        XconanError: it has another xconan, or would build a target otherwise than planned.
    """
    if delivery.trusted:
        every = frozenset(delivery.targets)
        return Member(address=address, cores=cores, memory=answer["memory"], targets=every, runs=every)
    if answer["code"]:
        raise combined(errors_of_facts(answer["errors"]) or [MachineError(
            f"the worker {address} can't take part: its process ended with {answer['code']}",
            where=address, hint=answer["log"][-2000:].decode("utf-8", "replace"),
        )])  # fmt: skip
    targets = answer["result"]["targets"]
    lacks = {name: tuple(errors_of_facts(one["errors"], where=address)) for name, one in targets.items()}
    for name, one in targets.items():
        if not one["agrees"]:
            raise combined(list(lacks[name]))
    able = frozenset(name for name, errors in lacks.items() if not errors)
    return Member(
        address=address, cores=cores, memory=answer["memory"], targets=able,
        runs=frozenset(name for name in able if targets[name]["runs"]),
        lacks={name: errors for name, errors in lacks.items() if errors},
    )  # fmt: skip


def errors_of_facts(facts: Sequence[Mapping[str, Any]], where: str = "") -> list[XconanError]:
    """Errors as XconanError.facts() has them, as errors; with the machine that they are of."""
    found: list[XconanError] = []
    for fact in facts:
        place = f"{where}: {fact['where']}" if where and where not in str(fact["where"]) else str(fact["where"])
        error = ToolchainError(str(fact["message"]), where=place, hint=str(fact["hint"]))
        error.exit_code = int(fact["code"])
        found.append(error)
    return found
