"""The engine of a cluster, with Dask's own scheduler and workers as threads here; what tasks do is made up."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.facts import project
from tests.unit.release.test_tasks import Watched, task
from xconan.ground.errors import ConfigError, MachineError, XconanError
from xconan.release import worker
from xconan.release.cluster import Cluster, Delivery, Members, _member, check_address, connected
from xconan.release.contract import header
from xconan.release.dask_engine import DaskEngine, Errand
from xconan.release.parcel import pack_files
from xconan.release.schedule import NOT_BEGUN, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from xconan.release.engine import Outcome
    from xconan.release.tasks import Task

distributed = pytest.importorskip("distributed")
distributed_config = pytest.importorskip("dask").config.set

PARCEL = pack_files({"pyproject.toml": (b"", False)})
DELIVERY = Delivery(
    release="r1", place="nav-1", digest=PARCEL.digest, data=PARCEL.data, trusted=True,
    document={**header(), "targets": [{"target": "t", "settings": {}, "identity": {}}], "env": {}},
)  # fmt: skip
TASKS = [task("library a"), task("library b", "library a"), task("wheel t", "library b"), task("test t", "wheel t")]
WHEEL = b"no archive at all"


class World:
    """What the made-up tasks do: answers by task, and who was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.jobs: dict[str, Mapping[str, object]] = {}

    def perform(self, job: Mapping[str, object]) -> dict[str, object]:
        name, address = str(job["task"]), distributed.get_worker().address
        self.asked.append((name, address))
        self.jobs[name] = job
        answer = {
            "code": 0, "result": {}, "errors": [], "away": False, "cpu": 1.0, "memory": 5, "seconds": 0.01,
            "log": f"said by {name}\n".encode(), "worker": address,
        }  # fmt: skip
        if name.startswith("wheel"):
            answer |= {"result": {"wheel": "n-1-py3-none-any.whl"}, "wheel": WHEEL, "sha256": sha256(WHEEL).hexdigest()}
        return answer | self.answers.get(name, {})

    def workers(self, name: str) -> list[str]:
        return [address for asked, address in self.asked if asked == name]


_worlds: list[World] = []  # the last is that of the test


def perform(job: Mapping[str, object]) -> dict[str, object]:
    """Found by its name in workers, which are threads."""
    return _worlds[-1].perform(job)


def fail(_job: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    _worlds.append(made)
    monkeypatch.setattr(worker, "perform", perform)
    monkeypatch.setattr("xconan.release.placed.check_written", lambda *_words: None)
    return made


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0", memory_limit=0,
            protocol="tcp://", host="127.0.0.1",
        ) as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):  # fmt: skip
        yield Cluster("local", client)


@pytest.fixture
def errand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Errand:
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "cache"))
    return Errand(
        folder=tmp_path / "logs", root=tmp_path / "project", out=tmp_path / "dist", wheels={"t": project().wheel},
        memory={}, chains={}, patience=20.0,
    )  # fmt: skip


def run(
    cluster: Cluster, errand: Errand, *, fail_fast: bool = False, tasks: list[Task] = TASKS,
    delivery: Delivery = DELIVERY,
) -> dict[str, Outcome]:  # fmt: skip
    engine = DaskEngine(cluster, replace(delivery, release=f"r{time.monotonic_ns()}"), errand)
    engine.open()
    assert engine.cores == 2
    outcomes = Schedule(tasks=tasks, engine=engine, watcher=Watched(), fail_fast=fail_fast).run()
    engine.close()
    return outcomes


def codes(outcomes: Mapping[str, Outcome]) -> list[int]:
    return [one.code for one in outcomes.values()]


def test_tasks_are_done_and_wheels_come_back(cluster: Cluster, errand: Errand, world: World) -> None:
    outcomes = run(cluster, errand)
    assert codes(outcomes) == [0, 0, 0, 0]
    assert (errand.out / "n-1-py3-none-any.whl").read_bytes() == WHEEL
    assert outcomes["wheel t"].result == {"wheel": "n-1-py3-none-any.whl", "size": len(WHEEL), "unchanged": False}
    assert world.jobs["test t"]["files"] == {"n-1-py3-none-any.whl": WHEEL}
    log = errand.folder / "wheel-t.log"
    assert outcomes["wheel t"].log == str(log)
    assert log.read_text("utf-8") == f"on {outcomes['wheel t'].worker}:\nsaid by wheel t\n"
    again = run(cluster, errand)
    assert again["wheel t"].result["unchanged"] is True


FAILURE = {"code": 7, "errors": [{"code": 7, "message": "wrong answer", "where": "", "hint": ""}]}


TWO: list[dict[str, object]] = [{"target": name, "settings": {}, "identity": {}} for name in ("t", "u")]
AFAR = replace(DELIVERY, trusted=False, document={**DELIVERY.document, "targets": TWO})
WHEELS = [task("wheel t"), task("wheel u", targets=("u",)), task("test t", "wheel t")]


def greet(delivery: Mapping[str, Any]) -> dict[str, object]:
    """A worker elsewhere that can do all, found by its name in workers."""
    able = {"errors": [], "agrees": True, "runs": True}
    targets = {one["target"]: able for one in delivery["document"]["targets"]}
    return {"code": 0, "errors": [], "memory": 1 << 30, "log": b"", "result": {"targets": targets, "old_ninja": False}}


@pytest.fixture
def afar(errand: Errand, monkeypatch: pytest.MonkeyPatch) -> Errand:
    """A release of two wheels, whose workers are elsewhere."""
    monkeypatch.setattr(worker, "greet", greet)
    return replace(errand, wheels={name: project().wheel for name in "tu"})


def run_afar(cluster: Cluster, afar: Errand, **change: object) -> list[int]:
    return codes(run(cluster, afar, tasks=WHEELS, delivery=replace(AFAR, **change)))  # type: ignore[arg-type]


def test_what_an_unfinished_release_has_made_stays(
    cluster: Cluster, afar: Errand, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.answers["wheel u"] = FAILURE
    assert run_afar(cluster, afar) == [0, 7, 0]
    del world.answers["wheel u"]
    again = run(cluster, afar, tasks=WHEELS, delivery=AFAR)
    assert codes(again) == [0, 0, 0]
    assert again["wheel t"].result == {"wheel": "n-1-py3-none-any.whl", "size": len(WHEEL), "unchanged": True}
    assert len(world.workers("wheel t")) == 1
    assert world.jobs["test t"]["files"] == {"n-1-py3-none-any.whl": WHEEL}, "its test needs it"
    assert "1 of 2 wheels are there from an earlier run, which was not finished" in capsys.readouterr().err
    run_afar(cluster, afar)
    assert len(world.workers("wheel t")) == 2, "after a whole release the workers are asked"


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "another project"},
        {"lock": "another lock"},
        {"document": {**AFAR.document, "code": "another xconan"}},
        {"document": {**AFAR.document, "targets": [{**TWO[0], "identity": {"wheel": "w"}}, TWO[1]]}},
        {"trusted": True},
        {},
    ],
)
def test_what_is_made_from_something_else_is_made_again(
    change: dict[str, Any], cluster: Cluster, afar: Errand, world: World
) -> None:
    """So is what workers on this machine make: their lock is the project's, or none."""
    world.answers["wheel u"] = FAILURE
    run_afar(cluster, afar, **({} if "trusted" not in change else change))
    if not change:
        (afar.out / "n-1-py3-none-any.whl").write_bytes(b"of somebody else")
    run_afar(cluster, afar, **change)
    assert len(world.workers("wheel t")) == 2


def test_a_wheel_whose_test_failed_is_made_again(cluster: Cluster, afar: Errand, world: World) -> None:
    world.answers["test t"] = FAILURE
    assert run_afar(cluster, afar) == [0, 0, 7]
    run_afar(cluster, afar)
    assert len(world.workers("wheel t")) == 2
    assert len(world.workers("wheel u")) == 1


@pytest.mark.parametrize("tasks", [[task("library a", targets=("u",))], [task("wheel u", targets=("u",))]])
def test_a_release_of_something_else_forgets_no_wheel(
    tasks: list[Task], cluster: Cluster, afar: Errand, world: World
) -> None:
    world.answers["wheel u"] = FAILURE
    run_afar(cluster, afar)
    del world.answers["wheel u"]
    only = replace(AFAR, document={**AFAR.document, "targets": TWO[1:]})
    assert codes(run(cluster, replace(afar, wheels={"u": project().wheel}), tasks=tasks, delivery=only)) == [0]
    run_afar(cluster, afar)
    assert len(world.workers("wheel t")) == 1


def test_no_place_of_ours_travels(cluster: Cluster, errand: Errand, world: World) -> None:
    one = replace(TASKS[0], request={"kind": "library", "root": str(errand.root), "settings": f"{errand.root}/x"})
    run(cluster, errand, tasks=[one])
    assert str(errand.root) not in repr(world.jobs["library a"])


def test_the_same_failure_on_two_workers_is_the_end(cluster: Cluster, errand: Errand, world: World) -> None:
    fact = {"code": 4, "message": "broken", "where": "", "hint": ""}
    world.answers["library b"] = {"code": 4, "errors": [fact]}
    outcomes = run(cluster, errand)
    assert codes(outcomes) == [0, 4, NOT_BEGUN, NOT_BEGUN]
    assert len(set(world.workers("library b"))) == len(world.workers("library b")) == 2
    assert (errand.folder / "library-b.log").read_text("utf-8").count("said by library b") == 2


@pytest.mark.parametrize("change", [{"away": True}, {}])
def test_what_is_not_tried_again(change: dict[str, object], cluster: Cluster, errand: Errand, world: World) -> None:
    """A store that is away, and any failure where the first ends all."""
    world.answers["library a"] = {"code": 4, **change}
    errand = errand if change else replace(errand, again=False)
    assert run(cluster, errand, fail_fast=not change)["library a"].code == 4
    assert len(world.workers("library a")) == 1


@pytest.mark.parametrize(
    "change", [{"sha256": "0"}, {"result": {"wheel": "../n-1-py3-none-any.whl"}}, {"result": {"wheel": "n.txt"}}]
)
def test_a_wheel_that_is_not_what_was_made(
    change: dict[str, object], cluster: Cluster, errand: Errand, world: World
) -> None:
    world.answers["wheel t"] = change
    outcomes = run(cluster, errand)
    assert codes(outcomes) == [0, 0, 1, NOT_BEGUN]
    assert "has changed on its way" in str(outcomes["wheel t"].errors)
    assert not list(errand.out.parent.rglob("*.whl"))


def test_what_a_worker_meets_is_told(
    cluster: Cluster, errand: Errand, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(worker, "perform", fail)
    outcomes = run(cluster, errand)
    assert "No space left on device" in str(outcomes["library a"].errors)
    assert world.asked == []


def lacking(cluster: Cluster, errand: Errand, patience: float) -> DaskEngine:
    """An engine whose workers can build t, and not u."""
    document = {**DELIVERY.document, "targets": TWO}
    delivery = replace(DELIVERY, release=f"r{time.monotonic_ns()}", document=document)
    engine = DaskEngine(cluster, delivery, replace(errand, patience=patience))
    engine.open()
    engine.members.now = {
        address: replace(one, targets=frozenset("t"), runs=frozenset("t"))
        for address, one in engine.members.now.items()
    }
    return engine


def test_what_no_worker_can_do_is_given_up(cluster: Cluster, errand: Errand, world: World) -> None:
    engine = lacking(cluster, errand, patience=1.0)
    one = replace(task("wheel u"), targets=("u",))
    begun = time.monotonic()
    rounds = 0
    while not engine.try_start(one):
        assert time.monotonic() - begun < 20, "it is waited for without end"
        engine.ended(0.0)
        rounds += 1
    (outcome,) = engine.ended(1.0)
    assert "no worker can build u, and none has come in 1.0 s" in str(outcome.errors)
    assert world.asked == []
    assert rounds <= 15, "who waits takes no processor"


@pytest.mark.usefixtures("world")
def test_a_worker_that_comes_in_time_is_waited_for(cluster: Cluster, errand: Errand) -> None:
    engine = lacking(cluster, errand, patience=60.0)
    one = replace(task("wheel u"), targets=("u",))
    assert not engine.try_start(one)
    assert engine.ended(0.0) == []
    assert not engine.try_start(one)
    engine.members.now = {
        address: replace(member, targets=frozenset("tu")) for address, member in engine.members.now.items()
    }
    assert engine.try_start(one)
    engine.stop()


@pytest.mark.usefixtures("world")
def test_a_scheduler_that_stays_away_is_reported(errand: Errand) -> None:
    """Tasks that were not handed over while it was there fail, too, and in the same words."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", memory_limit=0,
        protocol="tcp://", host="127.0.0.1",
    ) as workers:  # fmt: skip
        client = distributed.Client(workers, set_as_default=False)
        engine = DaskEngine(Cluster("local", client), replace(DELIVERY, release="away"), replace(errand, patience=1.0))
        engine.open()
        client.close()
    assert not engine.try_start(TASKS[0])
    deadline = time.monotonic() + 20
    while not engine.try_start(TASKS[0]):
        assert time.monotonic() < deadline
        engine.ended(0.0)
    (outcome,) = engine.ended(1.0)
    assert "the scheduler is away, and was waited for, 1.0 s" in str(outcome.errors)


@pytest.mark.usefixtures("errand", "world")
def test_more_than_five_workers() -> None:
    with (
        distributed.LocalCluster(
            n_workers=7, threads_per_worker=1, processes=False, dashboard_address=":0", memory_limit=0,
            protocol="tcp://", host="127.0.0.1",
        ) as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):  # fmt: skip
        asked: list[int] = []
        ask = client.scheduler_info

        def info(n_workers: int = 5) -> dict[str, Any]:
            """As distributed 2025 answers, which shows five where nobody says how many."""
            asked.append(n_workers)
            said = dict(ask(n_workers=-1))
            shown = list(said["workers"].items())
            return {**said, "workers": dict(shown if n_workers < 0 else shown[:n_workers])}

        client.scheduler_info = info
        members = Members(Cluster("local", client), DELIVERY, patience=20.0)
        members.wait()
        assert asked
        assert len(members.now) == 7


def test_tls_without_certificates_says_what_to_write() -> None:
    with (
        distributed_config({"distributed.comm.tls.ca-file": None, "distributed.comm.tls.client.cert": None}),
        pytest.raises(ConfigError, match="without certificates") as raised,
        connected("tls://127.0.0.1:9"),
    ):
        pass
    assert "distributed.comm.tls" in raised.value.hint


@pytest.mark.usefixtures("errand")
def test_without_workers() -> None:
    with (
        distributed.LocalCluster(
            n_workers=0, processes=False, dashboard_address=":0", protocol="tcp://", host="127.0.0.1"
        ) as workers,
        distributed.Client(workers, set_as_default=False) as client,
        pytest.raises(MachineError, match=r"no worker, and none has come in 1\.0 s"),
    ):
        Members(Cluster("tcp://x", client), DELIVERY, patience=1.0).wait()


def answer(**target: object) -> dict[str, Any]:
    return {"code": 0, "errors": [], "memory": 1, "log": b"", "result": {"targets": {"t": target}, "old_ninja": False}}


FACT = {"code": 3, "message": "no gcc", "where": "cross.toml", "hint": "apt install"}


def test_a_worker_that_lacks_something_says_what() -> None:
    delivery = replace(DELIVERY, trusted=False)
    member = _member("tcp://w:1", 4, answer(errors=[FACT], agrees=True, runs=False), delivery)
    assert (member.targets, member.cores) == (frozenset(), 4)
    assert [(one.message, one.where) for one in member.lacks["t"]] == [("no gcc", "tcp://w:1: cross.toml")]
    able = _member("tcp://w:1", 4, answer(errors=[], agrees=True, runs=True), delivery)
    assert (able.targets, able.runs, able.lacks) == (frozenset("t"), frozenset("t"), {})


@pytest.mark.parametrize(
    "said", [answer(errors=[FACT], agrees=False, runs=False), {"code": 3, "errors": [FACT], "log": b""}]
)
def test_a_worker_that_differs_is_an_error(said: dict[str, Any]) -> None:
    with pytest.raises(XconanError, match="no gcc") as raised:
        _member("tcp://w:1", 4, said, replace(DELIVERY, trusted=False))
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("on", ["local", "local:4", "tcp://host:8786", "tls://host:8786"])
def test_what_names_a_cluster(on: str) -> None:
    check_address(on)


@pytest.mark.parametrize("on", ["local:0", "host:8786", "local:", "http://host"])
def test_what_names_none(on: str) -> None:
    with pytest.raises(ConfigError, match="neither a scheduler nor this machine"):
        check_address(on)


def test_dask_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xconan.release.cluster.find_spec", lambda _name: None)
    with pytest.raises(ConfigError) as raised:
        check_address("local:2")
    assert raised.value.hint == "pip install 'xconan[dask]'"
