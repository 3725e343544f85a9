"""The build machine, and the packages of made-up build environments."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.build_machine.buildenv import read_build_machine, running_platform, running_target
from xconan.build_machine.tools import find_tool, version_key

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from xconan.build_machine.buildenv import BuildMachine, BuildPackage

CONFIG = "share/cmake/thing/thingConfig.cmake"


def install(site: Path, name: str, files: dict[str, str], entry_points: str = "") -> Path:
    """A distribution in SITE, with RECORD as an installer writes it."""
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    for file, text in files.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text, encoding="utf-8")
    if entry_points:
        (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
    rows = [f"{file},sha256=x,1" for file in files] + [f"{info.name}/RECORD,,"]
    (info / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "env" / "site-packages"


def read(site: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, BuildPackage]:
    monkeypatch.setattr(sys, "path", [str(site), str(site / "none"), sysconfig.get_path("stdlib")])
    found = machine(store)
    return {package.name: package for package in found.packages}


def machine(store: Path) -> BuildMachine:
    made = facts.machine()
    return read_build_machine(cmake=made.cmake, ninja=None, store=store, stable=True)


def test_packages_with_cmake_files(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "thing", {f"thing/{CONFIG}": "1", "thing/include/thing.h": "2", "thing/__init__.py": ""})
    install(site, "plain", {"plain/__init__.py": ""})
    install(site, "cmake", {"cmake/data/share/xConfig.cmake": ""})
    (thing,) = read(site, tmp_path / "store", monkeypatch).values()
    shelf = thing.import_path
    assert shelf.startswith(str(tmp_path / "store"))
    assert thing.prefixes == (f"{shelf}/thing",)
    assert (tmp_path / "store" / Path(shelf).name / "thing" / CONFIG).read_text("utf-8") == "1"
    assert not thing.has_binaries


def test_entry_points(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = (
        "[console_scripts]\nx = y:z\n[cmake.prefix]\nany = thing.share\n[cmake.module]\nm = thing.modules\n"
        "[cmake.root]\nThing = thing\n[cmake.unknown]\nq = thing\n"
    )
    files = {"thing/share/a.cmake": "", "thing/modules/FindX.cmake": "", "thing/__init__.py": ""}
    install(site, "thing", files, points)
    thing = read(site, tmp_path / "store", monkeypatch)["thing"]
    shelf = thing.import_path
    assert thing.prefixes == (f"{shelf}/thing/share",)
    assert thing.modules == (f"{shelf}/thing/modules",)
    assert thing.roots == (("Thing", f"{shelf}/thing"),)


@pytest.mark.parametrize("library", ["libthing.so", "libthing.so.1.2", "libthing.a", "x.pyd", "thing.lib"])
def test_packages_with_binaries_stay_where_they_are(
    site: Path, tmp_path: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "thing", {f"thing/{CONFIG}": "", f"thing/{library}": ""})
    thing = read(site, tmp_path / "store", monkeypatch)["thing"]
    assert thing.has_binaries
    assert (thing.import_path, thing.prefixes) == (str(site), (str(site / "thing"),))
    assert not (tmp_path / "store").exists()


def test_shelves_are_named_by_content(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, other = tmp_path / "store", tmp_path / "env2" / "site-packages"
    for folder in (site, other):
        install(folder, "thing", {f"thing/{CONFIG}": "1"})
    first, second = (read(folder, store, monkeypatch)["thing"] for folder in (site, other))
    assert first == second
    stamp = (store / next(store.glob("thing-*")).name / "thing" / CONFIG).stat().st_mtime_ns
    shutil.rmtree(other)
    install(other, "thing", {f"thing/{CONFIG}": "2"})
    assert read(other, store, monkeypatch)["thing"] != first
    assert read(site, store, monkeypatch)["thing"] == first
    assert (store / Path(first.import_path).name / "thing" / CONFIG).stat().st_mtime_ns == stamp


def test_store_that_can_not_be_written(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "thing", {f"thing/{CONFIG}": ""})
    (tmp_path / "file").touch()
    assert read(site, tmp_path / "file", monkeypatch)["thing"].import_path == str(site)


def test_damaged_distributions(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "thing", {f"thing/{CONFIG}": ""}, "[cmake.prefix\nbroken")
    (site / "empty-1.dist-info").mkdir()
    (site / "gone-1.dist-info").mkdir()
    (site / "gone-1.dist-info" / "RECORD").write_text(f"gone/{CONFIG},,\n", encoding="utf-8")
    assert "thing" in read(site, tmp_path / "store", monkeypatch)


def test_first_folder_on_the_path_wins(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "thing", {f"thing/{CONFIG}": "1"})
    later = install(tmp_path / "later", "thing", {f"thing/{CONFIG}": "2"})
    monkeypatch.setattr(sys, "path", [str(site), str(later)])
    (thing,) = machine(tmp_path / "store").packages
    assert (tmp_path / "store" / Path(thing.import_path).name / "thing" / CONFIG).read_text("utf-8") == "1"


def _copy_once(site: str, store: str, ready: Barrier) -> None:
    sys.path[:] = [site]
    ready.wait(10)
    (thing,) = machine(Path(store)).packages
    assert len(list(Path(thing.import_path).rglob("*.h"))) == 200


def test_two_processes_copy_at_once(site: Path, tmp_path: Path) -> None:
    install(site, "thing", {f"thing/{CONFIG}": "", **{f"thing/include/{n}.h": "x" for n in range(200)}})
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(4)
    workers = [context.Process(target=_copy_once, args=(str(site), str(tmp_path / "store"), ready)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(list((tmp_path / "store").glob("thing-*"))) == 1


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_find_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    name = "frobnicate"
    assert find_tool(name) is None
    program(tmp_path / "bin", name, "exit 1")
    assert find_tool(name) is None
    on_path = program(tmp_path / "path", name, "echo frobnicate version 3.25.1-rc2")
    found = find_tool(name, minimum="3.20")
    assert found
    assert (found.path, found.version) == (on_path, "3.25.1")
    assert find_tool(name, minimum="3.26") is None
    own = program(tmp_path / "bin", name, "echo 3.26.0")
    found = find_tool(name, minimum="3.26")
    assert found
    assert found.path == own


def test_program_behind_its_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    program(tmp_path / "bin", "frob", "echo 1.0")
    inner = program(tmp_path / "lib/python3.11/site-packages/frob/data/bin", "frob", "echo 1.0")
    found = find_tool("frob")
    assert found
    assert found.path == inner


def test_version_key() -> None:
    assert version_key("3.9") < version_key("3.10") < version_key("3.10.1") < version_key("4")


def test_running_machine() -> None:
    target = running_target()
    assert target.version == f"{sys.version_info.major}{sys.version_info.minor}"
    assert target.platform == running_platform()
    assert target.platform.arch.processor == os.uname().machine
