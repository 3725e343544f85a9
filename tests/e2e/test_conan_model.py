"""The whole of Conan's model in cross-builds: three build systems, a generator, a lockfile, packages in development."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import PROJECTS, Workshop, copy_project
from tests.support.needs import need_package, need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host

CODE = """\
import conan_model, json, tempfile
print(conan_model.roundtrip(tempfile.mkdtemp(), "word " * 999) == "word " * 999, conan_model.call(21))
print(json.dumps(json.loads(conan_model.facts()), sort_keys=True))
"""
ANSWER = (
    'True 42\n{"pixman": "0.42.2", "program": "made on the build machine\\n", "target": "made on the build machine\\n"}'
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with every kind of requirement."""
    need_package("mesonbuild")
    need_program("make", "make")
    need_program("cc", "gcc")
    return copy_project(PROJECTS / "conan-model", tmp_path_factory.mktemp("conan model") / "project")


def xconan(workshop: Workshop, *arguments: str, fails: bool = False) -> str:
    """What a verb prints."""
    command = [sys.executable, "-m", "xconan", *arguments]
    done = subprocess.run(
        command, env=workshop.environment, cwd=workshop.cache, check=False, capture_output=True, text=True, timeout=600
    )
    assert "Traceback" not in done.stderr
    assert (done.returncode != 0) == fails, done.stderr[-6000:]
    return done.stderr if fails else done.stdout


def binaries(workshop: Workshop, project: Path, *crosses: Path) -> dict[str, dict[tuple[str, str], str]]:
    """By target what `xconan graph` says of each package's binary."""
    options = [word for cross in crosses for word in ("--cross", str(cross))]
    graph = json.loads(xconan(workshop, "graph", str(project), "--json", *options))["graph"]
    return {
        target["name"]: {(one["ref"], one["context"]): one["binary"] for one in target["packages"][1:]}
        for target in graph["targets"]
    }


def test_locked_looked_at_and_built(
    project: Path, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """One lockfile for two hosts; the graph before and after; wheels that work on the host."""
    targets = [host("aarch64"), host("armv7l")]
    crosses = [target.cross(tmp_path) for target in targets]
    options = [word for cross in crosses for word in ("--cross", str(cross))]
    assert xconan(workshop, "lock", str(project), *options) == f"{project / 'conan.lock'}\n"
    locked = json.loads((project / "conan.lock").read_text("utf-8"))
    names = {kind: sorted(one.split("#")[0] for one in locked[kind]) for kind in ("requires", "build_requires")}
    assert names == {
        "requires": ["leveldb/1.23", "libffi/3.4.4", "nlohmann_json/3.11.3", "pixman/0.42.2", "snappy/1.1.9"],
        "build_requires": ["embed/1.0"],
    }
    before = binaries(workshop, project, *crosses)
    assert len(before) == len(targets)
    for seen in before.values():
        assert {seen[f"{name}", "host"] for name in names["requires"]} == {"Build"}
        assert seen["embed/1.0", "build"] == "Build"
    for target, cross in zip(targets, crosses, strict=True):
        built = workshop.build(project, cross)
        assert built.names == [f"conan_model{target.suffix}"]
        assert target.run(built.wheel, CODE) == ANSWER
    after = binaries(workshop, project, *crosses)
    for seen in after.values():
        assert {seen[f"{name}", "host"] for name in names["requires"]} == {"Cache"}
        assert seen["embed/1.0", "build"] in ("Cache", "Skip")
