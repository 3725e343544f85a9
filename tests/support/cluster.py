"""A Dask cluster of the tests' own, on loopback: a scheduler, and workers with Conan homes and caches of their own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_S = 60.0
_WORDS = {"scheduler": "dask_scheduler", "worker": "dask_worker"}


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], *, patience: float = START_S, what: str = "") -> None:
    """Wait for a condition, and fail where it does not come."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"this did not come: {what}"
        time.sleep(0.1)


@dataclass
class Process:
    """A scheduler or worker, with all that it has printed."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """SIGKILL, to this process alone."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass
class Cluster:
    """A scheduler and its workers; each worker has a folder with its Conan home and xconan's cache."""

    folder: Path
    port: int = field(default_factory=free_port)
    scheduler: Process | None = None
    workers: dict[str, Process] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        self.scheduler = self._start(
            "scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        until(self._answers, what="the scheduler")

    def start_worker(self, name: str, *, env: dict[str, str] | None = None) -> Process:
        """A worker of one core without a nanny, so that who is killed stays away."""
        own = {"CONAN_HOME": str(self.folder / name / "conan"), "XCONAN_CACHE": str(self.folder / name / "cache")}
        self.workers[name] = self._start(
            name, "worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--local-directory", str(self.folder / name / "dask"), env={**own, **(env or {})},
        )  # fmt: skip
        worker = self.workers[name]
        until(lambda: re.search(r"Registered to|Starting established", worker.said), what=f"{name}: {worker.said}")
        return worker

    def end(self) -> None:
        for one in [*self.workers.values(), *([self.scheduler] if self.scheduler else [])]:
            one.end()

    def _start(self, name: str, kind: str, *words: str, env: dict[str, str] | None = None) -> Process:
        log = self.folder / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-m", f"distributed.cli.{_WORDS[kind]}", *words]
        with log.open("ab") as file:
            process = subprocess.Popen(argv, env={**os.environ, **(env or {})}, stdout=file, stderr=file)
        return Process(process, log)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
