"""What tags promise: the C library's age, the stable ABI's names and suffixes, PyPy's own version."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import Host, plain_project, unpack
from tests.support.debian import host_pypy, host_python
from tests.support.emulate import run_python
from tests.support.needs import missing
from xconan.build_machine.tools import find_tool
from xconan.fetch.pythons.apt import AptError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Workshop

LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.c)
install(TARGETS plain LIBRARY DESTINATION .)
"""
ANSWER = "import plain; print(plain.answer())"
CXX17 = "#include <filesystem>\nbool is_there(const char *name) { return std::filesystem::exists(name); }\n"
THREADS = "#include <pthread.h>\nint begin(pthread_t *t, void *(*f)(void *)) { return pthread_create(t, 0, f, 0); }\n"


def test_symbols_newer_than_the_tag(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("aarch64")
    project = plain_project(tmp_path / "project", LISTS)
    cross = target.cross(tmp_path, platform="manylinux_2_17")
    built = workshop.build(project, cross)  # which compiler it was is no matter, what it needs is
    assert target.run(built.wheel, ANSWER) == "(8, 11)"
    built.wheel.unlink()

    source = project / "plain.c"
    source.write_text(THREADS + source.read_text("utf-8"), "utf-8")
    failed = workshop.build(project, cross, fails=True)
    failed.assert_ended(
        6,
        "plain.cpython-311",
        "GLIBC_2.34 of libc.so.6 (for pthread_create), which is newer than manylinux_2_17_aarch64",
        "toolchain = 'zig'",
        "manylinux_2_34_aarch64 is the oldest tag that fits",
    )
    assert not built.wheel.exists()

    with cross.open("a", encoding="utf-8") as stream:
        stream.write("[wheel]\npolicy = 'warning'\n")
    built = workshop.build(project, cross)
    assert_says(built.log, "warning: plain.cpython-311")
    assert target.run(built.wheel, ANSWER) == "(8, 11)"

    cross.write_text(cross.read_text("utf-8").replace("policy = 'warning'\n", ""), "utf-8")
    assert workshop.build(project, cross, fails=True).code == 6  # a wheel that is there is no proof

    cross = target.cross(tmp_path, platform="manylinux_2_34")
    assert workshop.build(project, cross).wheel.name.endswith("-manylinux_2_34_aarch64.whl")


def test_auditwheel_agrees(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """On the oldest tag that fits a module in C++, with the compiler's own libstdc++."""
    pytest.importorskip("auditwheel")
    target = host("aarch64")
    lists = LISTS.replace("LANGUAGES C", "LANGUAGES CXX").replace("plain.c)", "plain_cpp.cpp)")
    project = plain_project(tmp_path / "project", lists)
    source = project / "plain_cpp.cpp"
    source.write_text(CXX17 + source.read_text("utf-8"), "utf-8")
    failed = workshop.build(project, target.cross(tmp_path, platform="manylinux_2_17"), fails=True)
    failed.assert_ended(6, "GLIBCXX_")
    built = workshop.build(project, target.cross(tmp_path))
    said = subprocess.run(
        [sys.executable, "-m", "auditwheel", "show", built.wheel], check=True, capture_output=True, text=True
    ).stdout
    tag = next(word.strip('".') for word in said.split() if word.startswith('"manylinux_2_'))
    assert_says(failed.log, f"{tag} is the oldest tag that fits")


STABLE = """\
cmake_minimum_required(VERSION 3.26...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.SABIModule)
Python_add_library(plain MODULE USE_SABI ${XCONAN_PACKAGE_USE_SABI} WITH_SOABI plain.c)
if(XCONAN_PACKAGE_TARGET_ABI3T)
  target_compile_definitions(plain PRIVATE Py_TARGET_ABI3T=${XCONAN_PACKAGE_TARGET_ABI3T})
endif()
install(TARGETS plain LIBRARY DESTINATION .)
"""
# PEP 793's way to define a module, which abi3t leaves as the only one
MODEXPORT = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return Py_BuildValue("ii", (int)sizeof(void *), 15); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {0}};
PyABIInfo_VAR(abi_info);
static PySlot slots[] = {PySlot_STATIC_DATA(Py_mod_name, "plain"), PySlot_STATIC_DATA(Py_mod_methods, methods),
                         PySlot_STATIC_DATA(Py_mod_abi, &abi_info), PySlot_END};
PyMODEXPORT_FUNC PyModExport_plain(void) { return slots; }
"""


def stable_project(folder: Path, wheel: str) -> Path:
    if find_tool("cmake", minimum="3.26") is None:
        missing("CMake 3.26, the first to know USE_SABI")
    tables = f'[tool.xconan.cmake]\nminimum_version = "3.26"\n[tool.xconan.wheel]\n{wheel}\n'
    return plain_project(folder, STABLE, pyproject=tables)


def test_names_newer_than_the_stable_abi(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("aarch64", "trixie")
    project = stable_project(tmp_path / "project", 'python_abi = "abi3"\nabi3_minimum_cpython_version = 312')
    built = workshop.build(project, target.cross(tmp_path))
    assert built.wheel.name == "plain-1.0-cp312-abi3-linux_aarch64.whl"
    assert built.names == ["plain.abi3.so"]
    assert target.run(built.wheel, ANSWER) == "(8, 13)"

    lists = project / "CMakeLists.txt"
    lists.write_text(STABLE.replace("${XCONAN_PACKAGE_USE_SABI}", "3.13"), "utf-8")
    source = project / "plain.c"
    call = 'Py_BuildValue("ii", PyWeakref_GetRef(self, &self) +'
    source.write_text(source.read_text("utf-8").replace('Py_BuildValue("ii",', call), "utf-8")
    failed = workshop.build(project, target.cross(tmp_path), fails=True)
    failed.assert_ended(
        6,
        "PyWeakref_GetRef (3.13), which the stable ABI of Python 3.12 lacks",
        "abi3_minimum_cpython_version = 313",
    )


@pytest.fixture
def sid(host: Callable[..., Host], kept: Path) -> Host:
    """A host with Python 3.15, while Debian's unstable suite has one; named by nothing but its root."""
    architecture = host("aarch64").architecture
    try:
        root = host_python("sid", architecture.debian, kept / "roots" / f"sid-{architecture.debian}")
    except AptError as error:
        pytest.skip(f"sid has moved on: {error}")
    return Host(architecture, root)


@pytest.mark.parametrize(
    ("wheel", "tag", "suffix"),
    [
        ('python_abi = "abi3"\nabi3_minimum_cpython_version = 312', "cp312-abi3", ".abi3.so"),
        ('python_abi = "abi3"\nabi3_minimum_cpython_version = 315', "cp315-abi3", ".abi3-aarch64-linux-gnu.so"),
        ('python_abi = "abi3t"', "cp315-abi3.abi3t", ".abi3t-aarch64-linux-gnu.so"),
        ("", "cp315-cp315", None),
    ],
)
def test_suffixes_of_315(
    sid: Host, workshop: Workshop, tmp_path: Path, wheel: str, tag: str, suffix: str | None
) -> None:
    """build-details.json, found below a prefix, leads to the headers; Python itself imports what is built."""
    project = stable_project(tmp_path / "project", wheel)
    if suffix is None:
        (project / "CMakeLists.txt").write_text(LISTS, "utf-8")
    if "abi3t" in wheel:
        (project / "plain.c").write_text(MODEXPORT, "utf-8")
    cross = sid.cross(tmp_path, headers=False, extra=f"prefix = '{sid.python.root}'")
    argv = [sys.executable, "-m", "xconan", "plan", str(project), "--cross", str(cross)]
    planned = subprocess.run(argv, env=workshop.environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "build-details..aarch64-linux-gnu.json below prefix" in planned.stdout
    built = workshop.build(project, cross)
    assert built.wheel.name == f"plain-1.0-{tag}-linux_aarch64.whl"
    assert built.names == [f"plain{suffix or sid.suffix}"]
    assert sid.run(built.wheel, ANSWER) == "(8, 15)"


def test_pypy(host: Callable[..., Host], workshop: Workshop, kept: Path, tmp_path: Path) -> None:
    """Its ABI tag has its own version, which nobody but its own files knows."""
    target = host("aarch64")
    try:
        pypy = host_pypy("bookworm", "arm64", kept / "roots" / "bookworm-arm64-pypy")
    except AptError as error:
        missing(str(error))
    project = plain_project(tmp_path / "project", LISTS)
    cross = tmp_path / "pypy.cross.toml"
    lines = ["implementation = 'pp'", "version = '39'", "arch = 'linux_aarch64'", f"prefix = '{pypy.root}'",
             f"toolchain_file = '{target.toolchain(tmp_path)}'"]  # fmt: skip
    cross.write_text("\n".join(lines) + "\n", "utf-8")
    built = workshop.build(project, cross)
    assert built.wheel.name == "plain-1.0-pp39-pypy39_pp73-linux_aarch64.whl"
    assert built.names == ["plain.pypy39-pp73-aarch64-linux-gnu.so"]
    assert run_python(pypy, unpack(built.wheel), ANSWER).strip() == "(8, 9)"
