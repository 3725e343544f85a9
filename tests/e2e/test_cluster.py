"""A release on a Dask cluster: workers with homes and caches of their own, a Conan server where libraries meet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.e2e.test_release import LISTS, MATRIX, PATIENCE_S, PYTHON
from tests.support.cluster import Cluster
from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.conan_server import PASSWORD, USER, ConanServer, install_conan_server, running_server
from tests.support.crossbuild import write
from tests.support.native import MODULE, PYPROJECT
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("distributed")

RECIPE = """\
import os
import time
from pathlib import Path
from conan import ConanFile

class Tiny(ConanFile):
    name = "tiny"
    version = "1.0"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"

    def build(self):
        with open({log!r}, "a") as file:
            file.write(f"{{self.settings.arch}} {{os.environ['CONAN_HOME']}}\\n")
        while Path({hold!r}, f"library-{{self.settings.arch}}").exists():
            time.sleep(0.1)

    def package(self):
        Path(self.package_folder, "include").mkdir()
        Path(self.package_folder, "include", "tiny.h").write_text("#define TINY 1\\n")

    def package_info(self):
        self.cpp_info.libs = []
"""
WORKERS = ("one", "other")
WHEELS = [f"nav-1.0-{PYTHON}-{PYTHON}-linux_{arch}.whl" for arch in ("aarch64", "s390x")]


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
        return sorted(f"{line.split()[0]} {Path(line.split()[1]).parent.name}" for line in lines)

    @property
    def architectures(self) -> list[str]:
        return [line.split()[0] for line in self.built]

    def write(self, *, define: str = "FINE", hold: str = "") -> None:
        matrix = MATRIX.replace("{define}", define).replace("{hold}", hold)
        write(self.root / "pyproject.toml", PYPROJECT + matrix)

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
    for arch in ("aarch64", "s390x"):
        need_program(f"{arch}-linux-gnu-gcc")
    (tmp_path / "hold").mkdir()
    home = fresh_home(tmp_path / "client" / "conan")
    cluster = Cluster(tmp_path)
    with running_server(installed, tmp_path / "server") as server:
        server.add_to(home, "meeting", USER)
        for name in WORKERS:
            shutil.copytree(home, tmp_path / name / "conan")
        text = RECIPE.format(log=str(tmp_path / "built"), hold=str(tmp_path / "hold"))
        write(tmp_path / "recipe/conanfile.py", text)
        run_conan(home, "export", str(tmp_path / "recipe"))  # in the client's cache alone
        root = tmp_path / "project"
        write(root / "CMakeLists.txt", LISTS)
        write(root / "core.c", f"#include <tiny.h>\n#ifdef WRONG\n#error wrong\n#endif\n{MODULE}")
        write(root / "src/nav/__init__.py", "from . import _core\n")
        env = {**os.environ, "CONAN_HOME": str(home), "XCONAN_CACHE": str(tmp_path / "client/cache")}
        found = Bench(root, env, cluster, server)
        found.write()
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
