"""Nothing stays silent for more than 15 s: whatever is slow, a line says what runs.

Each row has something take long, a program or a file, a server or another xconan, and names the line that has to come.
The 15 s are a fraction of a second here; everything else is as it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import threading
import time
import zipfile
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.support.door import Answer, Call, install_zig
from tests.support.needs import missing
from tests.support.workbench import LZ4, PYPROJECT
from xconan import build
from xconan.cli import main
from xconan.fetch.archives import unpack
from xconan.fetch.download import download
from xconan.ground import report
from xconan.ground.boundary import guarded
from xconan.ground.errors import MachineError, ToolchainError
from xconan.ground.lock import locked
from xconan.toolchains.zig_library import warm_zig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.door import Door
    from tests.support.workbench import Workbench

SILENCE = 0.15
SLOW = 0.5
END = r"(, \d+(\.\d)? s)?( \(all of it: .*\))?$"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_SILENCE", SILENCE)
    monkeypatch.setattr(report, "_TICK", 0.02)
    monkeypatch.delenv("XCONAN_VERBOSE")


def check_said(capfd: pytest.CaptureFixture[str], expected: str) -> None:
    """Have a line begin like this; it may go on with the time that it has taken, and the log."""
    said = capfd.readouterr().err
    assert re.search(rf"^({expected})[^,]*{END}", said, re.MULTILINE), said


# --- programs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """A command, the program that is slow at it, at which of its calls, and the line."""

    run: str
    slow: str
    when: str = ""
    says: str
    project: str = PYPROJECT


ROWS = {
    "the machine's tools": Row(run="plan --cross {cross}", slow="cmake", when="--version",
                               says="toolchain  cmake --version|xconan: cmake --version"),
    "a toolchain that is asked": Row(run="plan --cross {cross}", slow="cmake", when="probe",
                                     says="xconan: asking CMake"),
    "a compiler": Row(run="build --cross {cross}", slow="aarch64-linux-gnu-gcc",
                      says="toolchain  aarch64-linux-gnu-gcc"),
    "CMake configures": Row(run="build --cross {cross}", slow="cmake", when="-G",
                            says="compile    configuring"),
    "CMake builds": Row(run="build --cross {cross}", slow="cmake", when="--build", says="compile    building"),
    "CMake installs": Row(run="build --cross {cross}", slow="cmake", when="--install", says="compile    installing"),
    "Conan in a build": Row(run="build --cross {cross}", slow="python3", project=PYPROJECT + LZ4,
                            says="libraries  asking Conan"),
    "Conan's graph": Row(run="graph --cross {cross}", slow="python3", project=PYPROJECT + LZ4,
                         says="(libraries  |xconan: )asking Conan"),
    "Conan's lock": Row(run="lock --cross {cross}", slow="python3", project=PYPROJECT + LZ4,
                        says="(libraries  |xconan: )asking Conan"),
    "Conan's remotes": Row(run="build --upload shared --cross {cross}", slow="python3", project=PYPROJECT + LZ4,
                           says="xconan: asking Conan"),
    "doctor": Row(run="doctor", slow="cmake", says="xconan: cmake --version"),
    "targets": Row(run="targets", slow="zig", says="xconan: zig version"),
    "a wheel compared with that of its source distribution": Row(
        run="sdist --verify --cross {cross}", slow="cmake", when="--build", says="compile    building"),
}  # fmt: skip


def slowed(program: Callable[[Call], Answer | None], when: str, call: Call) -> Answer | None:
    """What a program does, after a while where one of its words has WHEN in it."""
    if not when or any(when in word for word in call.argv):
        time.sleep(SLOW)
    return program(call)


@pytest.mark.parametrize("verbose", ["0", "1"])
@pytest.mark.parametrize("name", ROWS)
def test_slow_program(name: str, verbose: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch,
                      capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    row = ROWS[name]
    monkeypatch.setenv("XCONAN_VERBOSE", verbose)
    monkeypatch.setenv("XCONAN_OFFLINE", "1")
    monkeypatch.setattr(report, "_TICK", 0.02)
    cross = bench.cross()
    install_zig(bench.door, bench.cmake, "manylinux_2_17_aarch64")
    remote = '{"remotes": [{"name": "shared", "url": "https://conan.test", "enabled": true}]}\n'
    bench.conan.report = replace(bench.conan.report, stdout=remote)
    bench.write("pyproject.toml", row.project)
    usual = bench.door.programs[row.slow]
    bench.door.programs[row.slow] = partial(slowed, usual, row.when)
    with contextlib.suppress(SystemExit):  # how it ends is another test's
        main(shlex.split(row.run.format(cross=cross)))
    check_said(capfd, row.says)


def test_slow_git(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                  capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """The real one, behind a script that sleeps first."""
    git = shutil.which("git")
    if git is None:
        missing("git")
    for name, text in {"pyproject.toml": PYPROJECT, "demo.py": '"""Demo."""\n'}.items():
        (root / name).write_text(text, "utf-8")
    subprocess.run([git, "init", "--quiet", str(root)], check=True)
    (slow := tmp_path / "programs" / "git").parent.mkdir()
    slow.write_text(f'#!/bin/sh\nsleep {SLOW}; exec {git} "$@"\n', "utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    assert main(["sdist", str(root)]) == 0
    check_said(capfd, "xconan: git -C")


@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist", "prepare_metadata_for_build_wheel"])
def test_slow_hook(hook: str, bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                   capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    cross = bench.cross()
    bench.write("pyproject.toml", PYPROJECT.replace('version = "1.2"', 'dynamic = ["version"]'))
    bench.write("demo/__init__.py", '__version__ = "1.2"\n' * 200_000)
    usual = bench.door.programs["cmake"]
    bench.door.programs["cmake"] = partial(slowed, usual, "")
    monkeypatch.chdir(bench.root)
    getattr(build, hook)(str(tmp_path), config_settings={"cross": str(cross)})
    check_said(capfd, f"xconan: {hook} is at work|toolchain  (asking CMake|cmake --version)|xconan: asking CMake")


def test_slow_library_of_zig(door: Door, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (compiler := tmp_path / "c++").write_text("#!/bin/sh\n", "utf-8")
    door.scripts[str(compiler)] = partial(slowed, lambda _: Answer(code=1), "")
    with pytest.raises(ToolchainError):
        warm_zig(str(compiler), what="manylinux_2_17_aarch64")
    check_said(capfd, "xconan: zig is at work on its C\\+\\+ library")


# --- what runs in xconan itself --------------------------------------------------------------------------------------


def many_files(path: Path, number: int = 3000) -> Path:
    """An archive that takes a while to be unpacked."""
    (source := path.with_suffix(".txt")).write_text("x", "utf-8")
    with tarfile.open(path, "w") as archive:
        for at in range(number):
            archive.add(source, f"top/{at}")
    return path


def test_unpacking(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    archive = many_files(tmp_path / "many.tar")
    with guarded(what="python is at work"):
        unpack(archive, tmp_path / "out", kind=MachineError)
    check_said(capfd, "xconan: unpacking many.tar")


def test_waiting_for_another_xconan(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def hold() -> None:
        with locked(tmp_path / "lock", what="it"):
            there.set()
            time.sleep(4 * SLOW)

    there = threading.Event()
    other = threading.Thread(target=hold)
    other.start()
    there.wait()
    with locked(tmp_path / "lock", what="the release of demo"):
        pass
    other.join()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("xconan: waiting for another xconan, which is at the release of demo") for line in lines)


def test_a_server_that_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(SLOW)
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"da")
            self.wfile.flush()
            time.sleep(SLOW)
            self.wfile.write(b"ta")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server, guarded(what="python is at work"):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        download(f"http://127.0.0.1:{server.server_port}/f", tmp_path / "f", sha256=None, what="a host Python",
                 kind=MachineError)  # fmt: skip
        server.shutdown()
    said = capfd.readouterr().err
    before, begun, after = said.partition("xconan: downloading a host Python")
    assert begun
    for part in (before, after):  # before the answer, and while it stands still
        assert "xconan: waiting for 127.0.0.1: a host Python" in part, said


def big_wheel(folder: Path) -> Path:
    """A wheel that takes a while to be read."""
    path = folder / "slow-1.0-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(2000):
            archive.writestr(f"slow/m{at}.py", "")
            record.append(f"slow/m{at}.py,,")
        archive.writestr("slow-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
        archive.writestr("slow-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("slow-1.0.dist-info/RECORD", "\n".join([*record, ""]))
        archive.writestr("slow/data", b"x" * (48 << 20))
    return path


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ("check {wheel}", "xconan: checking slow-1.0-py3-none-any.whl"),
        ("index {wheel} -o {out}", "xconan: (reading slow-1.0-py3-none-any.whl|copying the files of slow)"),
    ],
)
def test_finished_wheels(run: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                         capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(report, "_SILENCE", 0.02)
    monkeypatch.setattr(report, "_TICK", 0.005)
    with contextlib.suppress(SystemExit):
        main(shlex.split(run.format(wheel=big_wheel(tmp_path), out=tmp_path / "index")))
    check_said(capfd, says)


def test_the_wheel_on_its_host(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The real pip, and the Python that runs."""
    wheel = tmp_path / "slow-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("slow.py", f"import time; time.sleep({SLOW})\n")
        archive.writestr("slow-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
        archive.writestr("slow-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("slow-1.0.dist-info/RECORD", "slow.py,,\n")
    assert main(["test", str(wheel), "--", "python", "-c", f"import time; time.sleep({SLOW})"]) == 0
    said = capfd.readouterr().err
    for what in ("pip installs for the host: slow-1.0-py3-none-any.whl", "on the host: import slow", "on the host: "):
        assert f"xconan: {what}" in said, said
