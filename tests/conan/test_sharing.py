"""Binaries that one machine builds and another one uses: two Conan homes and a server, or an archive."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, CMAKELISTS
from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.conan_server import PASSWORD, USER, ConanServer, install_conan_server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LZ4 = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
LISTS = CMAKELISTS.replace("find_package(tiny", "find_package(lz4").replace("tiny::tiny", "LZ4::lz4_static")
SOURCE = "#include <lz4.h>\nint demo(void) { return LZ4_versionNumber(); }\n"

GUEST = {"CONAN_LOGIN_USERNAME": "guest", "CONAN_PASSWORD": "guest"}


@pytest.fixture(scope="session")
def installed(kept: Path) -> Path:
    return install_conan_server(kept)


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[ConanServer]:
    with running_server(installed, tmp_path / "server") as running:
        yield running


@dataclass(frozen=True)
class Machine:
    """A Conan home, a cache of xconan's and a copy of the project, all of its own."""

    home: Path
    project: Path
    more: dict[str, str] = field(default_factory=dict)

    def build(
        self, *arguments: str, code: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "xconan", "build", str(self.project), *arguments]
        own = {"CONAN_HOME": str(self.home), "XCONAN_CACHE": str(self.home.parent / "cache")}
        done = subprocess.run(
            argv, env={**os.environ, **own, **(env or {})}, check=False, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == code, done.stderr[-3000:]
        assert_says(done.stderr, lacks=["Traceback"])
        return done

    def binaries(self) -> dict[str, str]:
        """Where Conan had each package from: "Build", "Download", "Cache"."""
        (file,) = self.project.glob(".xconan_cache/*/conan.json")
        return {one["ref"]: one["binary"] for one in json.loads(file.read_bytes())["result"]["packages"]}

    @property
    def wheel(self) -> bytes:
        (file,) = self.project.glob("dist/*.whl")
        return file.read_bytes()


@pytest.fixture
def machines(template: Path, tmp_path: Path) -> list[Machine]:
    made = []
    for name in ("one", "other"):
        home, project = tmp_path / name / "conan home", tmp_path / name / "project"
        shutil.copytree(template, home)
        project.mkdir()
        for file, text in {"pyproject.toml": BASE + LZ4, "CMakeLists.txt": LISTS, "demo.c": SOURCE}.items():
            (project / file).write_text(text, encoding="utf-8")
        made.append(Machine(home, project))
    return made


def test_second_machine_compiles_no_library(machines: list[Machine], server: ConanServer) -> None:
    one, other = machines
    server.add_to(one.home, user=USER)
    server.add_to(other.home)
    done = one.build("--upload", "shared", "--json")
    assert json.loads(done.stdout)["uploaded"] == ["lz4/1.9.4"]
    assert one.binaries() == {"lz4/1.9.4": "Build"}
    assert server.packages() == ["lz4/1.9.4"]
    done = other.build("--build=never")
    assert other.binaries() == {"lz4/1.9.4": "Download"}
    assert_says(done.stderr, lacks=["lz4.c"])
    assert other.wheel == one.wheel
    # what came from there does not go back, and what is there is not sent again
    assert "nothing to upload" in other.build("--upload", "shared").stderr
    assert json.loads(one.build("--upload", "shared", "--json").stdout)["uploaded"] == []


def test_upload_after_a_build_without(machines: list[Machine], server: ConanServer) -> None:
    """What was built here earlier is in the cache by now, and is uploaded all the same."""
    one, _other = machines
    one.build()
    shutil.rmtree(one.project / ".xconan_cache")
    server.add_to(one.home, user=USER)
    one.build("--upload", "shared")
    assert one.binaries() == {"lz4/1.9.4": "Cache"}
    assert server.packages() == ["lz4/1.9.4"]


@pytest.mark.parametrize("words", [(), ("-b", "lz4/*")], ids=["missing", "again"])
def test_upload_of_libraries_alone(words: tuple[str, ...], machines: list[Machine], server: ConanServer) -> None:
    one, _other = machines
    server.add_to(one.home, user=USER)
    done = one.build("--libraries-only", "--upload", "shared", "--json", *words)
    assert json.loads(done.stdout)["uploaded"] == ["lz4/1.9.4"]
    assert json.loads(done.stdout)["wheels"] == []
    assert server.packages() == ["lz4/1.9.4"]


def test_archive_of_the_cache(machines: list[Machine], tmp_path: Path) -> None:
    """As a CI job keeps it for the next one."""
    one, other = machines
    one.build()
    archive = tmp_path / "dependencies.tgz"
    run_conan(one.home, "cache", "save", "*:*", "--no-source", "--file", str(archive))
    run_conan(other.home, "cache", "restore", str(archive))
    other.build("--build=never")
    assert other.binaries() == {"lz4/1.9.4": "Cache"}
    assert other.wheel == one.wheel


@pytest.mark.parametrize(
    ("env", "words", "hint"),
    [
        ({}, "interactive mode disabled", "conan remote login shared USER"),
        ({"CONAN_LOGIN_USERNAME": USER, "CONAN_PASSWORD": "no"}, "Authentication error", "wrong user or password"),
        (GUEST, "Permission denied", "who may write"),
    ],
)
def test_upload_is_refused(
    env: dict[str, str], words: str, hint: str, machines: list[Machine], server: ConanServer
) -> None:
    """The wheel is there, and its path is printed; the next try with the right credentials builds nothing."""
    one, _other = machines
    server.add_to(one.home)
    done = one.build("--upload", "shared", code=4, env=env)
    assert_says(done.stderr, words, hint)
    assert done.stdout.strip().endswith(".whl")
    before = one.wheel
    run_conan(one.home, "remote", "login", "shared", USER, "-p", PASSWORD)  # Conan keeps to whom it knows
    done = one.build("--upload", "shared")
    assert_says(done.stderr, lacks=["conan install"])
    assert one.wheel == before
    assert server.packages() == ["lz4/1.9.4"]


def test_upload_to_a_remote_that_is_down(machines: list[Machine]) -> None:
    one, _other = machines
    one.build()
    run_conan(one.home, "remote", "add", "far", "http://127.0.0.1:9")
    done = one.build("--upload", "far", code=4)
    assert_says(done.stderr, "Unable to connect to remote far", "check the network")
    assert done.stdout.strip().endswith(".whl")


@pytest.mark.parametrize(
    ("setup", "name", "hint"),
    [
        ((), "sharde", "did you mean 'shared'?"),
        (("disable", "shared"), "shared", "conan remote enable shared"),
        ((), "xconan-recipes", "name a server"),
    ],
)
def test_upload_that_can_not_be_is_refused_before_the_build(
    setup: tuple[str, ...], name: str, hint: str, machines: list[Machine]
) -> None:
    one, _other = machines
    run_conan(one.home, "remote", "add", "shared", "http://127.0.0.1:9")
    if setup:
        run_conan(one.home, "remote", *setup)
    done = one.build("--upload", name, code=2)
    assert_says(done.stderr, hint)
    assert not (one.project / ".xconan_cache").exists()


def test_no_binary_and_no_leave_to_build(machines: list[Machine]) -> None:
    one, _other = machines
    done = one.build("--build", "never", code=4)
    assert_says(done.stderr, "Missing prebuilt package for 'lz4/1.9.4'", "--build=missing")
    done = one.build("--build", "lz4/*", "--build", "missing")
    assert one.binaries() == {"lz4/1.9.4": "Build"}


def test_the_binaries_are_behind_a_password(machines: list[Machine], installed: Path, tmp_path: Path) -> None:
    one, other = machines
    with running_server(installed, tmp_path / "closed", readers="?") as server:
        server.add_to(one.home, user=USER)
        server.add_to(other.home)
        one.build("--upload", "shared")
        run_conan(other.home, "remote", "disable", "xconan-recipes")
        assert "conan remote login" in other.build(code=4).stderr
        other.build(env=GUEST)
    assert other.binaries() == {"lz4/1.9.4": "Download"}


def test_several_remotes(machines: list[Machine], server: ConanServer) -> None:
    """The recipe from one, the binary from another; one that is down is named."""
    one, other = machines
    server.add_to(one.home, user=USER)
    server.add_to(other.home, "near")
    one.build("--upload", "shared")
    run_conan(other.home, "remote", "add", "far", "http://127.0.0.1:9", "--index", "0")
    done = other.build("--build=never", code=4)
    assert_says(done.stderr, "Unable to connect to remote far", "conan remote disable")
    run_conan(other.home, "remote", "disable", "far")
    other.build("--build=never")
    assert other.binaries() == {"lz4/1.9.4": "Download"}
