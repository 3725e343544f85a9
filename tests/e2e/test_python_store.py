"""Host Pythons from xconan's store: added by its command, used by builds, imported on the emulated host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import TIMEOUT_S, plain_project, write
from tests.support.installations import packed
from tests.support.mirror import mirror
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.crossbuild import Host, Workshop

C_LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.c)
install(TARGETS plain LIBRARY DESTINATION .)
"""
PYBIND11_LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 REQUIRED CONFIG)
pybind11_add_module(plain bound.cpp)
install(TARGETS plain LIBRARY DESTINATION .)
"""
BOUND = """\
#include <pybind11/pybind11.h>
PYBIND11_MODULE(plain, module) {
    module.def("answer", [] { return pybind11::make_tuple(sizeof(void *), PY_MINOR_VERSION); });
}
"""
ANSWER = "import plain; print(plain.answer())"


def run(workshop: Workshop, *arguments: str, verb: str = "python") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "xconan", verb, *arguments],
        env=workshop.environment, cwd=workshop.cache, check=False, capture_output=True, text=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("suite", "version", "arch"),
    [("bullseye", "3.9", "aarch64"), ("bookworm", "3.11", "aarch64"), ("bookworm", "3.11", "s390x")],
)
def test_debians_python(
    suite: str, version: str, arch: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    emulated = host(arch, suite)
    run(workshop, "add", version, "--for", f"linux_{arch}", "--from", "debian")
    python = f"cp{version.replace('.', '')}"
    built = workshop.build(plain_project(tmp_path / "project", C_LISTS), None, "--target", f"{python}-linux_{arch}")
    assert built.names == [f"plain{emulated.suffix}"]
    assert emulated.run(built.wheel, ANSWER) == f"(8, {version[2:]})"


def test_pybind11(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    emulated = host("aarch64", "trixie")
    (entry,) = json.loads(run(workshop, "add", "3.13", "--for", "manylinux_2_41_aarch64", "--json"))
    assert entry["source"] == "debian trixie"
    project = plain_project(tmp_path / "project", PYBIND11_LISTS)
    write(project / "bound.cpp", BOUND)
    built = workshop.build(project, None, "--target", "cp313-linux_aarch64")
    assert emulated.run(built.wheel, ANSWER) == "(8, 13)"


def test_pypy(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Of a host whose emulator gives PyPy's way to its library, by statx(), no other root."""
    host("armv7l")
    run(workshop, "add", "pypy3.9", "--for", "linux_armv7l", "--runnable")
    project = plain_project(tmp_path / "project", C_LISTS)
    built = workshop.build(project, None, "--target", "pp39-linux_armv7l")
    assert built.wheel.name == "plain-1.0-pp39-pypy39_pp73-linux_armv7l.whl"
    assert built.names == ["plain.pypy39-pp73-arm-linux-gnueabihf.so"]
    asked = "import plain; assert plain.answer() == (4, 9)"
    assert "1 command" in run(workshop, str(built.wheel), "--", "python", "-c", asked, verb="test")
    written = run(workshop, "pp39-linux_armv7l", "-o", str(tmp_path / "a cröss"), verb="cross").strip()
    again = workshop.build(project, Path(written), out=tmp_path / "again")
    assert again.wheel.name == built.wheel.name
    assert again.wheel.read_bytes() == built.wheel.read_bytes()


def test_free_threaded(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """From an address, in the layout of python-build-standalone; Debian has none, but headers to make it of."""
    found = host("aarch64", "trixie").python
    files = {
        f"python/include/python3.13t/{path.relative_to(found.include_dir).as_posix()}": path.read_bytes()
        for path in found.include_dir.rglob("*.h")
    }
    files["python/include/python3.13t/pyconfig.h"] = found.pyconfig.read_bytes() + b"#define Py_GIL_DISABLED 1\n"
    with mirror({"cpython-3.13t.tar.gz": packed(files)}) as server:
        server.cuts = [100_000]
        run(workshop, "add", "3.13t", "--for", "linux_aarch64", "--from", f"{server.address}/cpython-3.13t.tar.gz")
        assert server.sent == len(server.files["cpython-3.13t.tar.gz"])
    built = workshop.build(plain_project(tmp_path / "project", C_LISTS), None, "--target", "cp313t-linux_aarch64")
    assert built.wheel.name == "plain-1.0-cp313-cp313t-linux_aarch64.whl"
    assert built.names == ["plain.cpython-313t-aarch64-linux-gnu.so"]


def test_windows_headers_of_debians_source(workshop: Workshop) -> None:
    need_program("apt-get")
    entry = Path(run(workshop, "add", "3.13", "--for", "win_amd64", "--from", "debian").strip())
    assert "MS_WIN64" in (entry / "include" / "pyconfig.h").read_text("utf-8")
    assert (entry / "include" / "internal").is_dir()


def test_what_is_missing_is_named(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    host("aarch64")
    project = plain_project(tmp_path / "project", C_LISTS)
    failed = workshop.build(project, None, "--target", "cp314t-linux_aarch64", fails=True)
    failed.assert_ended(3, "xconan python add 3.14t --for linux_aarch64")
