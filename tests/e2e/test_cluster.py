"""A release on a Dask cluster: workers with homes and caches of their own, a Conan server where libraries meet."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.support.cluster import Cluster, until
from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.conan_server import PASSWORD, USER, ConanServer, install_conan_server, running_server
from tests.support.crossbuild import write
from tests.support.nav import (
    HOSTS,
    PATIENCE_S,
    PYTHON,
    WHEELS,
    write_common,
    write_recipe,
    write_settings,
    write_sources,
)
from tests.support.needs import need_program
from tests.support.slow_line import SlowLine, slow_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("distributed")

WORKERS = ("one", "other")


@dataclass(frozen=True)
class Bench:
    """The project nav, which needs tiny/1.0, for two hosts; a cluster, and the server where its libraries meet."""

    root: Path
    env: dict[str, str]
    cluster: Cluster
    server: ConanServer

    @property
    def hold(self) -> Path:
        """A folder: a file library-ARCH in it keeps tiny's build of that architecture from going on."""
        return self.root.parent / "hold"

    @property
    def built(self) -> list[str]:
        """The architectures that tiny was built for, in the whole cluster, and the worker that did it."""
        log = self.root.parent / "built"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return sorted(f"{line.split()[0]} {Path(line.split()[2]).parent.name}" for line in lines)

    @property
    def architectures(self) -> list[str]:
        return [line.split()[0] for line in self.built]

    def write(self, *, define: str = "FINE", hold: str = "") -> None:
        write_settings(self.root, define=define, hold=hold)

    @property
    def folder(self) -> Path:
        """Of all that there is; each worker's is in it by its name."""
        return self.root.parent

    def export(self, *, ballast: int = 0) -> None:
        """Have tiny's recipe in the client's cache."""
        write_recipe(self.folder / "recipe", log=self.folder / "built", hold=self.hold, shares=True, ballast=ballast)
        run_conan(Path(self.env["CONAN_HOME"]), "export", str(self.folder / "recipe"))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "xconan", "build", "--all", *words, str(self.root)],
            env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def start_there(self, *words: str) -> subprocess.Popen[str]:
        return self.start("--on", self.cluster.address, "--store", "meeting", "--json", *words)

    def wheels(self, out: str = "dist") -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.root / out).glob("*.whl"))}


def finish(process: subprocess.Popen[str], *, code: int = 0) -> tuple[dict[str, Any], str]:
    """What --json says, and standard error."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert_says(err, lacks=["Traceback", PASSWORD])
    return cast("dict[str, Any]", json.loads(out)), err


@pytest.fixture(scope="module")
def installed(kept: Path) -> Path:
    return install_conan_server(kept)


@pytest.fixture
def bench(tmp_path: Path, fresh_home: Callable[[Path], Path], installed: Path) -> Iterator[Bench]:
    for arch in HOSTS:
        need_program(f"{arch}-linux-gnu-gcc")
    (tmp_path / "hold").mkdir()
    home = fresh_home(tmp_path / "client" / "conan")
    cluster = Cluster(tmp_path)
    with running_server(installed, tmp_path / "server") as server:
        server.add_to(home, "meeting", USER)
        for name in WORKERS:
            shutil.copytree(home, tmp_path / name / "conan")
        write_common(tmp_path / "common")
        run_conan(home, "export", str(tmp_path / "common"))  # in the client's cache alone, as tiny's
        root = tmp_path / "project"
        write_sources(root)
        env = {**os.environ, "CONAN_HOME": str(home), "XCONAN_CACHE": str(tmp_path / "client/cache")}
        found = Bench(root, env, cluster, server)
        found.write()
        found.export()
        cluster.start_scheduler()
        try:
            yield found
        finally:
            cluster.end()


def start_workers(bench: Bench, names: tuple[str, ...] = WORKERS) -> None:
    for name in names:
        bench.cluster.start_worker(name)


def test_each_library_once_and_the_same_wheels(bench: Bench) -> None:
    start_workers(bench)
    facts, err = finish(bench.start_there())
    assert bench.architectures == ["armv8", "s390x"]
    assert [path.name for path in map(Path, facts["wheels"])] == WHEELS
    assert [(one["built"], one["reused"], one["unchanged"]) for one in facts["targets"]] == [(1, 0, False)] * 2
    assert_says(err, "2 targets, 6 tasks", "2 workers, 2 cores", "[6/6]")
    assert {task["worker"] for task in facts["tasks"]} <= {one["worker"] for one in facts["tasks"]}
    assert bench.server.packages() == ["tiny/1.0"]
    log = Path(next(task["log"] for task in facts["tasks"] if task["name"].startswith("wheel")))
    assert_says(log.read_text("utf-8"), "on tcp://", "Building C object", lacks=[PASSWORD])
    there = bench.wheels()

    shutil.rmtree(bench.root / ".xconan_cache")
    finish(bench.start("--json", "-o", str(bench.root / "here")))
    assert bench.wheels("here") == there
    assert bench.architectures == ["armv8", "s390x"], "the libraries that workers have built are taken from the server"

    again, _err = finish(bench.start_there())
    assert [(one["built"], one["unchanged"]) for one in again["targets"]] == [(0, True)] * 2
    assert bench.architectures == ["armv8", "s390x"]


def reached(bench: Bench, architecture: str) -> str:
    """Wait until tiny is being built for an architecture: the worker that does it."""
    until(lambda: architecture in bench.architectures, patience=PATIENCE_S, what=f"tiny for {architecture}")
    return next(line.split()[1] for line in bench.built if line.startswith(architecture))


def wheel_at_work(bench: Bench) -> tuple[subprocess.Popen[str], Path, Path]:
    """A release whose wheel for s390x is at work; the file that holds it, and the one that it touches meanwhile."""
    hold = bench.hold / "wheel"
    hold.touch()
    bench.write(hold=str(hold))
    process = bench.start_there()
    mark = hold.with_name("wheel.reached")
    until(mark.exists, patience=PATIENCE_S, what="the wheel for s390x")
    return process, hold, mark


def waits(bench: Bench) -> bool:
    """Whether a library's task on a worker says that it waits for the server."""
    logs = bench.folder.glob("*/dask/**/*library*.log")
    return any("a Conan remote does not answer" in log.read_text("utf-8") for log in logs)


def in_wheel(bench: Bench) -> str:
    """The worker that has begun the wheel for s390x."""
    (folder,) = bench.cluster.folder.glob("*/cache/cluster/*/project/.xconan_cache/*s390x*")
    return folder.relative_to(bench.cluster.folder).parts[0]


def test_a_worker_dies_in_a_library(bench: Bench) -> None:
    start_workers(bench)
    (bench.hold / "library-armv8").touch()
    process = bench.start_there()
    dead = reached(bench, "armv8")
    bench.cluster.workers[dead].kill()
    time.sleep(3)  # Conan has ended with its worker, and puts nothing into the store any more
    (bench.hold / "library-armv8").unlink()
    facts, err = finish(process)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    (alive,) = set(WORKERS) - {dead}
    assert sorted(bench.built) == sorted({f"armv8 {dead}", f"armv8 {alive}", *bench.built})
    assert bench.architectures.count("s390x") == 1, "the death costs its own task alone"
    assert_says(err, "has gone")


def test_a_worker_dies_in_a_wheel(bench: Bench) -> None:
    start_workers(bench)
    process, hold, _mark = wheel_at_work(bench)
    bench.cluster.workers[in_wheel(bench)].kill()
    time.sleep(3)  # CMake has ended with its worker, and another one has begun, or will
    hold.unlink()
    facts, _err = finish(process)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert bench.architectures == ["armv8", "s390x"]


@contextmanager
def line_of_workers(bench: Bench, *, holds: bool = False, breaks: int = 0) -> Iterator[SlowLine]:
    """Workers whose way to the server can be disturbed while they upload a package; tiny's are large."""
    bench.export(ballast=3 << 20)
    with slow_line(bench.server.port, name="/conan_package.tgz", after=1 << 20, holds=holds, breaks=breaks) as line:
        server = replace(bench.server, port=line.listener.getsockname()[1])
        for name in WORKERS:
            home = bench.folder / name / "conan"
            run_conan(home, "remote", "remove", "meeting")
            server.add_to(home, "meeting", USER)
        start_workers(bench)
        yield line


def test_a_worker_dies_in_an_upload(bench: Bench) -> None:
    """What is half in the store is used by nobody, and made again."""
    with line_of_workers(bench, holds=True) as line:
        (bench.hold / "library-s390x").touch()
        process = bench.start_there()
        dead = reached(bench, "armv8")
        assert line.held.wait(PATIENCE_S), "nothing was uploaded"
        bench.cluster.workers[dead].kill()
        time.sleep(3)  # Conan has ended with its worker
        line.go_on.set()
        until(lambda: [*bench.server.data.rglob("conan_package.tgz")], what="the half package on the server")
        assert bench.server.torn() == [], "the server lists none that is not whole"
        (bench.hold / "library-s390x").unlink()
        facts, err = finish(process)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert (bench.architectures.count("armv8"), bench.architectures.count("s390x")) == (2, 1)
    assert len([*bench.server.data.rglob("conan_package.tgz")]) == 2
    assert bench.server.torn() == []
    assert_says(err, "has gone")


def test_the_line_breaks_in_uploads(bench: Bench) -> None:
    """Conan goes on with the manifest after a file that it could not send, and the server lists what it lacks."""
    with line_of_workers(bench, breaks=2) as line:
        facts, _err = finish(bench.start_there())
        assert line.broken == 2, "Conan itself tries once more"
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert bench.architectures == ["armv8", "s390x"], "built once, and sent again"
    assert bench.server.torn() == []


def test_two_workers_die_of_one_task(bench: Bench) -> None:
    start_workers(bench, ("one",))
    (bench.hold / "library-s390x").touch()
    process = bench.start_there()
    assert reached(bench, "s390x") == "one"
    bench.cluster.start_worker("other")
    bench.cluster.workers["one"].kill()
    until(lambda: "s390x other" in bench.built, what="the second worker")
    shutil.copytree(bench.cluster.folder / "client/conan", bench.cluster.folder / "third/conan")
    bench.cluster.start_worker("third")
    bench.cluster.workers["other"].kill()
    facts, err = finish(process, code=1)
    assert_says(err, "two workers have died with library tiny/1.0 linux_s390x", "wheel cp", "not begun")
    assert [Path(one).name for one in facts["wheels"]] == WHEELS[:1], "everything else is finished"
    assert "s390x third" not in bench.built


def test_the_server_goes_and_comes_back(bench: Bench, installed: Path) -> None:
    start_workers(bench)
    (bench.hold / "library-armv8").touch()
    process = bench.start_there()
    reached(bench, "armv8")
    bench.server.stop()
    (bench.hold / "library-armv8").unlink()
    until(lambda: waits(bench), what="a task that waits")
    with running_server(installed, bench.cluster.folder / "server", port=bench.server.port):
        facts, err = finish(process)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert bench.architectures == ["armv8", "s390x"]
    assert_says(err, "library tiny/1.0 linux_aarch64 waits for a Conan remote")
    logs = [Path(one["log"]).read_text("utf-8") for one in facts["tasks"]]
    assert_says("".join(logs), "a Conan remote does not answer", lacks=[PASSWORD])


def test_the_server_stands_still(bench: Bench) -> None:
    """It takes calls and answers none; where Conan gives up, after a second here, that is waited for, too."""
    for name in WORKERS:
        with (bench.folder / name / "conan/global.conf").open("a") as file:
            file.write("core.net.http:timeout=1\ncore.net.http:max_retries=0\n")
    start_workers(bench)
    (bench.hold / "library-armv8").touch()
    process = bench.start_there()
    reached(bench, "armv8")
    bench.server.process.send_signal(signal.SIGSTOP)
    try:
        (bench.hold / "library-armv8").unlink()
        until(lambda: waits(bench), what="a task that waits")
    finally:
        bench.server.process.send_signal(signal.SIGCONT)
    facts, err = finish(process)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert bench.architectures == ["armv8", "s390x"]
    assert bench.server.torn() == []
    logs = [Path(one["log"]).read_text("utf-8") for one in facts["tasks"]]
    assert_says("".join(logs), "a Conan remote does not answer", lacks=[PASSWORD])
    assert_says(err, "library tiny/1.0 linux_aarch64 waits for a Conan remote")


def test_the_server_stays_away(bench: Bench) -> None:
    start_workers(bench)
    (bench.hold / "library-armv8").touch()
    process = bench.start_there("--patience", "5")
    reached(bench, "armv8")
    bench.server.stop()
    (bench.hold / "library-armv8").unlink()
    _facts, err = finish(process, code=4)
    assert_says(err, "it was waited for, 5.0 s", "library tiny/1.0 linux_aarch64 failed")


def test_the_scheduler_is_started_again(bench: Bench) -> None:
    """The library that is in the store is not built again; the one that was under way is."""
    start_workers(bench, ("one",))
    for architecture in ("s390x", "armv8"):
        (bench.hold / f"library-{architecture}").touch()
    process = bench.start_there()
    until(lambda: bench.built, patience=PATIENCE_S, what="a library")
    (first,) = bench.architectures
    (bench.hold / f"library-{first}").unlink()
    until(lambda: len(bench.built) > 1, patience=PATIENCE_S, what="the other library")
    scheduler = bench.cluster.scheduler
    assert scheduler
    scheduler.kill()
    bench.cluster.workers["one"].end()
    for left in bench.hold.iterdir():
        left.unlink()
    bench.cluster.start_scheduler()
    bench.cluster.start_worker("other")
    facts, err = finish(process)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert bench.architectures.count(first) == 1
    assert_says(err, "the scheduler is away", "the scheduler is there again")


def test_what_fails_is_tried_on_another_worker_and_no_third_time(bench: Bench) -> None:
    start_workers(bench)
    bench.write(define="WRONG")
    facts, err = finish(bench.start_there(), code=5)
    assert [Path(one).name for one in facts["wheels"]] == WHEELS[:1]
    name = f"wheel {PYTHON}-linux_s390x"
    assert_says(err, f"{name} failed on tcp://", f"test {PYTHON}-linux_s390x not begun", "#error wrong")
    log = next(one["log"] for one in facts["tasks"] if one["name"] == name)
    assert Path(log).read_text("utf-8").count("on tcp://") == 2
    assert [error["code"] for error in facts["errors"]] == [5]


def test_whoever_ends_it_ends_its_tasks(bench: Bench) -> None:
    start_workers(bench)
    process, hold, mark = wheel_at_work(bench)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    until(lambda: not _touched(mark), what="CMake's end on the worker")
    hold.unlink()
    facts, _err = finish(bench.start_there())
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert bench.architectures == ["armv8", "s390x"]


def test_a_release_that_was_killed_goes_on(bench: Bench) -> None:
    """With it went the scheduler and all workers: what there is left are the store, and the wheel that was in place."""
    start_workers(bench)
    process, hold, _mark = wheel_at_work(bench)
    first = bench.root / "dist" / WHEELS[0]
    until(first.exists, patience=PATIENCE_S, what="the first wheel")
    process.kill()
    process.communicate()
    for one in [*bench.cluster.workers.values(), bench.cluster.scheduler]:
        assert one
        one.kill()
    hold.unlink()
    there = first.stat()
    shutil.copytree(bench.folder / "client/conan", bench.folder / "third/conan")
    bench.cluster.start_scheduler()
    bench.cluster.start_worker("third")
    facts, err = finish(bench.start_there())
    assert [Path(one).name for one in facts["wheels"]] == WHEELS
    assert [one["unchanged"] for one in facts["targets"]] == [True, False]
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (there.st_ino, there.st_mtime_ns)
    workers = {task["name"]: task["worker"] for task in facts["tasks"]}
    assert [bool(workers[f"wheel {PYTHON}-linux_{arch}"]) for arch in HOSTS] == [False, True], "the missing one alone"
    assert bench.architectures == ["armv8", "s390x"]
    assert_says(err, "1 of 2 wheels are there from an earlier run")


def _touched(mark: Path) -> bool:
    mark.unlink(missing_ok=True)
    time.sleep(0.5)
    return mark.exists()


def test_a_worker_with_another_compiler_is_named(bench: Bench, tmp_path: Path) -> None:
    real = shutil.which("s390x-linux-gnu-gcc")
    fake = write(
        tmp_path / "bin/s390x-linux-gnu-gcc", f'#!/bin/sh\nexec {real} -U__GNUC_MINOR__ -D__GNUC_MINOR__=99 "$@"\n'
    )
    fake.chmod(0o755)
    bench.cluster.start_worker("one")
    bench.cluster.start_worker("other", env={"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"})
    process = bench.start_there()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, err
    (error,) = json.loads(out)["errors"]
    assert_says(error["message"], "tcp://127.0.0.1:", "another compilers", ".99", "in the plan")
    assert not bench.built, "nothing was built"


def test_a_worker_with_another_xconan_is_named(bench: Bench, tmp_path: Path) -> None:
    import xconan  # noqa: PLC0415

    package = tmp_path / "other-xconan" / "xconan"
    shutil.copytree(Path(xconan.__file__).parent, package)
    (package / "of_another_day.py").write_text("", "utf-8")
    bench.cluster.start_worker("one", env={"PYTHONPATH": str(package.parent)})
    process = bench.start_there()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2, err
    (error,) = json.loads(out)["errors"]
    assert_says(error["message"], "the plan is of xconan", "and this is xconan")
    assert_says(error["where"], "tcp://127.0.0.1:")


def test_what_is_wrong_before_it_begins(bench: Bench) -> None:
    for words, code, said in (
        (("--on", "tcp://127.0.0.1:9"), 1, "there is no Dask scheduler"),
        (("--on", bench.cluster.address), 2, "no place where libraries can meet"),
        (("--on", "cluster"), 2, "local:4"),
        (("--on", bench.cluster.address, "--store", "nowhere"), 2, "Conan has no remote 'nowhere'"),
        (("--on", bench.cluster.address, "--store", "meeting", "--patience", "2"), 1, "the cluster has no worker"),
    ):
        process = bench.start(*words)
        _out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == code, err
        assert_says(err, said, lacks=["Traceback"])
