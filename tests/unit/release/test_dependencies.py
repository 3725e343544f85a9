"""`xconan lock` and `xconan graph`, with a made-up Conan: what is asked for many targets, and what is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_error, assert_says, raises_error
from tests.support.workbench import LZ4, PYPROJECT
from xconan.cli import main
from xconan.ground.errors import ConanError, ConfigError
from xconan.release.dependencies import lock, look

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.workbench import Workbench

CONSUMER = {"id": 0, "ref": "", "name": "", "version": "", "requires": [1]}


@pytest.fixture(autouse=True)
def wanted(bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT + LZ4)


def targets(bench: Workbench) -> list[dict[str, object]]:
    return [{"cross": [str(bench.cross(arch))]} for arch in ("aarch64", "s390x")]


def crosses(bench: Workbench) -> list[str]:
    return [f"--cross={bench.cross(arch)}" for arch in ("aarch64", "s390x")]


# --- lock ------------------------------------------------------------------------------------------------------------


def test_lock_for_all_targets(bench: Workbench) -> None:
    assert lock(bench.root, targets(bench)) == bench.root / "conan.lock"
    assert json.loads((bench.root / "conan.lock").read_text("utf-8")) == {"requires": ["lz4/1.9.4 for 2"]}
    (request,) = bench.conan.requests
    assert (request["kind"], request["known"], request["update"]) == ("lock", "", False)
    assert [target["tag"] for target in request["targets"]] == ["linux_aarch64", "linux_s390x"]
    folders = [target["output_folder"] for target in request["targets"]]
    assert len(set(folders)) == 2
    assert bench.cmake.stages == []


@pytest.mark.parametrize("upgrade", [False, True])
def test_what_is_locked_already(upgrade: bool, bench: Workbench) -> None:  # noqa: FBT001 - two cases
    file = bench.write("conan.lock", "{}")
    lock(bench.root, targets(bench), upgrade=upgrade)
    (request,) = bench.conan.requests
    assert (request["known"], request["update"]) == ("" if upgrade else str(file), upgrade)


def test_lock_that_fails_leaves_the_file(bench: Workbench) -> None:
    file = bench.write("conan.lock", "before")
    bench.conan.error = {"lock": {"error": "Version conflict: a/1, a/2"}}
    with raises_error(ConanError, "Version conflict", hint="force=True"):
        lock(bench.root, targets(bench))
    assert file.read_text("utf-8") == "before"


def test_project_that_asks_nothing(bench: Workbench) -> None:
    bench.write("pyproject.toml", PYPROJECT)
    for verb in (lock, look):
        with raises_error(ConfigError, "asks nothing of Conan", where=str(bench.root / "pyproject.toml"),
                          hint="[tool.xconan.conan]"):  # fmt: skip
            verb(bench.root, targets(bench))
    assert bench.conan.requests == []


def test_verb_lock(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lock", *crosses(bench)]) == 0
    assert capsys.readouterr().out == f"{bench.root / 'conan.lock'}\n"
    assert main(["lock", "--upgrade", "--json", *crosses(bench)]) == 0
    assert json.loads(capsys.readouterr().out) == {"lockfile": str(bench.root / "conan.lock")}
    assert [request["update"] for request in bench.conan.requests] == [False, True]
    assert len(bench.conan.requests[0]["targets"]) == 2


@pytest.mark.parametrize("verb", ["lock", "graph"])
def test_closed_output(verb: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started us may have closed it."""
    chosen = crosses(bench)
    monkeypatch.setattr("sys.stdout", None)
    assert main([verb, *chosen]) == 0


# --- graph -----------------------------------------------------------------------------------------------------------


def answer(*errors: str) -> dict[str, object]:
    return {"targets": [{"packages": [], "error": error, "contradictions": []} for error in errors]}


def test_graph_of_all_targets(bench: Workbench) -> None:
    graph, errors = look(bench.root, targets(bench))
    assert errors == []
    assert (graph.name, graph.version) == ("demo", "1.2")
    assert [(target.name, target.wheel) for target in graph.targets] == [
        (f"cp311-cp311-linux_{arch}", f"demo-1.2-cp311-cp311-linux_{arch}.whl") for arch in ("aarch64", "s390x")
    ]
    assert [target.source for target in graph.targets] == [
        str(bench.hosts / f"{arch}.cross.toml") for arch in ("aarch64", "s390x")
    ]
    assert bench.conan.kinds == ["graph"]


def test_graph_with_errors_is_shown_as_far_as_it_is_known(bench: Workbench) -> None:
    bench.conan.more = answer("", "lz4/1.9.4: Invalid ID: no")
    graph, errors = look(bench.root, targets(bench))
    (error,) = errors
    assert_error(error, ConanError, "lz4/1.9.4: Invalid ID: no", hint="can't be built for this host")
    assert [target.error for target in graph.targets] == ["", "lz4/1.9.4: Invalid ID: no"]


def test_verb_graph(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", *crosses(bench)]) == 0
    assert_says(capsys.readouterr().out, "demo 1.2\n", "cp311-cp311-linux_aarch64", "cp311-cp311-linux_s390x")
    assert main(["graph", "--json", *crosses(bench)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["errors"] == []
    assert [target["name"] for target in found["graph"]["targets"]] == [
        "cp311-cp311-linux_aarch64", "cp311-cp311-linux_s390x"
    ]  # fmt: skip


def test_graph_as_a_page(bench: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "out/graph.html"
    assert main(["graph", "--html", str(page), *crosses(bench)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert_says(page.read_text("utf-8"), "<html", "cp311-cp311-linux_s390x")


def test_verb_graph_with_errors(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.conan.more = answer("first trouble", "second trouble")
    with pytest.raises(SystemExit) as caught:
        main(["graph", *crosses(bench)])
    assert caught.value.code == 4
    seen = capsys.readouterr()
    assert_says(seen.out, "demo 1.2", "error: first trouble")
    assert_says(seen.err, "first trouble", "second trouble")
    assert main(["graph", "--json", *crosses(bench)]) == 4
    seen = capsys.readouterr()
    found = json.loads(seen.out)
    assert [error["code"] for error in found["errors"]] == [4, 4]
    assert_says(seen.err, "first trouble", "second trouble")


def test_profile_that_contradicts_one_target(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    said = {"key": "os", "profile": "Windows", "toolchain": "Linux", "file": "/p/a", "hint": "take it out"}
    target = {"packages": [], "error": "it contradicts", "contradictions": [said]}
    bench.conan.more = {"targets": [{**target, "error": ""}, target]}
    assert main(["graph", "--json", *crosses(bench)]) == 2
    assert_says(capsys.readouterr().err, "os is Windows in the profile, but Linux by the toolchain")
