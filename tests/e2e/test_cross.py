"""`xconan cross`: the files mean what the name means, for xconan, for CMake alone and for Conan alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import lz4_project, write
from tests.support.emulate import run_python
from tests.support.needs import need_package, need_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.crossbuild import Host, Workshop

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
DOTTED = f"{sys.version_info.major}.{sys.version_info.minor}"
ONLY_311 = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the emulated hosts have Python 3.11")
# unmodified projects: no word about cross-compiling
LISTS = {
    "pybind11": """\
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 CONFIG REQUIRED)
pybind11_add_module(plain plain.cpp)
""",
    "nanobind": """\
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(plain plain.cpp)
""",
    "FindPython": """\
find_package(Python3 REQUIRED COMPONENTS Interpreter Development.Module)
find_library(math m REQUIRED)
Python3_add_library(plain MODULE WITH_SOABI plain.cpp)
""",
}
SOURCES = {
    "pybind11": """\
#include <pybind11/pybind11.h>
PYBIND11_MODULE(plain, m) { m.def("answer", [] { return sizeof(void *) * 8; }); }
""",
    "nanobind": """\
#include <nanobind/nanobind.h>
NB_MODULE(plain, m) { m.def("answer", [] { return sizeof(void *) * 8; }); }
""",
    "FindPython": """\
#include <Python.h>
static PyObject *answer(PyObject *, PyObject *) { return PyLong_FromLong(sizeof(void *) * 8); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "plain", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_plain() { return PyModule_Create(&definition); }
""",
}


def cross(workshop: Workshop, *arguments: object, fails: bool = False) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "xconan", "cross", *map(str, arguments)]
    done = subprocess.run(
        argv, env=workshop.environment, cwd=workshop.cache, check=False, capture_output=True, text=True
    )
    assert (done.returncode != 0) == fails, done.stderr
    assert_says(done.stderr, lacks=["Traceback"])
    return done


def write_out(workshop: Workshop, folder: Path, *names: str) -> list[Path]:
    """Write the files, and move them to where they are used."""
    first = folder.with_name(f"{folder.name} as written")
    paths = [Path(line) for line in cross(workshop, *names, "-o", first).stdout.splitlines()]
    first.rename(folder)
    return [folder / path.name for path in paths]


@pytest.mark.parametrize("arch", ["aarch64", "armv7l"])
def test_same_wheel_by_name_and_by_files(
    arch: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    host(arch)
    name = f"{HERE}-linux_{arch}"
    project = lz4_project(tmp_path / "project")
    named = workshop.build(project, None, "--target", name, out=tmp_path / "named")
    (file,) = write_out(workshop, tmp_path / "kept ünd moved", name)
    built = workshop.build(project, file, out=tmp_path / "filed")
    assert built.wheel.name == named.wheel.name
    assert built.wheel.read_bytes() == named.wheel.read_bytes()
    # the same package id: built once for both
    assert_says(built.log, "lz4/1.9.4: Already installed!")
    for path in file.parent.rglob("*"):
        assert not path.is_file() or str(workshop.cache).encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("tag", "stem"),
    [
        pytest.param("manylinux_2_17_aarch64", "aarch64-linux-gnu.2.17", marks=pytest.mark.whole_matrix),
        ("manylinux_2_19_ppc64le", "powerpc64le-linux-gnu.2.19"),  # its compilers include a header of their folder
    ],
)
def test_same_wheel_by_zig(tag: str, stem: str, workshop: Workshop, tmp_path: Path) -> None:
    """The compilers are scripts, which come along and find zig by themselves."""
    need_package("ziglang")
    project = lz4_project(tmp_path / "project")
    named = workshop.build(project, None, "--target", f"{HERE}-{tag}", out=tmp_path / "named")
    (file,) = write_out(workshop, tmp_path / "kept", f"{HERE}-{tag}")
    built = workshop.build(project, file, out=tmp_path / "filed")
    assert built.wheel.read_bytes() == named.wheel.read_bytes()
    compiler = file.parent / stem / "bin" / "cc"
    (rules,) = project.glob(".xconan_cache/*/cmake/CMakeFiles/rules.ninja")
    assert str(compiler) in rules.read_text("utf-8")


@ONLY_311
@pytest.mark.parametrize("kind", LISTS)
def test_cmake_alone(kind: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """32 bits, which differ from this machine in what the interpreter would answer."""
    target = host("armv7l")
    cmake, ninja = need_program("cmake"), need_program("ninja")
    (file,) = write_out(workshop, tmp_path / "toolchains", f"{HERE}-linux_armv7l")
    head = "cmake_minimum_required(VERSION 3.18...4.2)\nproject(plain LANGUAGES CXX)\n"
    write(tmp_path / "project" / "CMakeLists.txt", head + LISTS[kind])
    write(tmp_path / "project" / "plain.cpp", SOURCES[kind])
    toolchain = file.parent / "arm-linux-gnueabihf.python.toolchain.cmake"
    argv = [str(cmake), "-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    argv += ["-S", str(tmp_path / "project"), "-B", str(tmp_path / "build")]
    argv += [f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", f"-DTOOLCHAIN_PYTHON_VERSION={DOTTED}"]
    argv += [f"-D{name}_DIR={_folder(name)}" for name in ("pybind11", "nanobind")]
    env = {**os.environ, "TOOLCHAIN_BUILD_PYTHON": sys.executable}
    for words in (argv, [str(cmake), "--build", str(tmp_path / "build")]):
        done = subprocess.run(words, env=env, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in (tmp_path / "build").glob("*.so")] == [f"plain{target.suffix}"]
    assert run_python(target.python, tmp_path / "build", "import plain; print(plain.answer())").strip() == "32"


def _folder(package: str) -> Path:
    from importlib.util import find_spec  # noqa: PLC0415

    spec = find_spec(package)
    assert spec
    assert spec.origin
    return next(Path(spec.origin).parent.rglob(f"{package}*onfig.cmake")).parent


def test_conan_alone(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """`conan install -pr:h` builds the very package that xconan's build uses."""
    host("aarch64")
    (file,) = write_out(workshop, tmp_path / "toolchains", f"{HERE}-linux_aarch64")
    profile = file.parent / "aarch64-linux-gnu.profile.conan"
    arguments = ["--requires=lz4/1.9.4", "-pr:h", str(profile), "--build=lz4/*", "-of", str(tmp_path), "--format=json"]
    graph = json.loads(run_conan(workshop.home, "install", *arguments))
    (package,) = [node for node in graph["graph"]["nodes"].values() if node["name"] == "lz4"]
    built = workshop.build(lz4_project(tmp_path / "project"), file)
    assert re.search(rf"lz4/1\.9\.4#\w+:{package['package_id']}#\w+ - Cache", built.log)


def test_files_that_are_there(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """What says the same is left alone, what is missing is added, what was edited is not overwritten."""
    host("aarch64")
    out, arguments = tmp_path / "out", (f"{HERE}-linux_aarch64", "-o", tmp_path / "out")
    cross(workshop, *arguments)
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    missing = [path for number, path in enumerate(sorted(files)) if number % 2]  # as a killed run leaves them
    for path in missing:
        path.unlink()
    write(out / "aarch64-linux-gnu" / "bin" / ".emulator.123.new", "half")
    cross(workshop, *arguments)
    now = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert set(now) == set(files)
    assert all(now[path] == time for path, time in files.items() if path not in missing)
    edited = out / "aarch64-linux-gnu.toolchain.cmake"
    edited.write_text("# mine\n", "utf-8")
    done = cross(workshop, *arguments, "--json", fails=True)
    assert done.returncode == 2
    assert "aarch64-linux-gnu.toolchain.cmake" in json.loads(done.stdout)["errors"][0]["message"]
    assert edited.read_text("utf-8") == "# mine\n"
    cross(workshop, *arguments, "--force")
    assert "CROSS_GNU_TRIPLE" in edited.read_text("utf-8")


def test_what_can_not_be_written(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """All targets are looked at, and nothing is written unless all are in order."""
    host("aarch64")
    out = tmp_path / "out"
    bad = (f"{HERE}-linux_arm64", "cp27-linux_aarch64")
    done = cross(workshop, f"{HERE}-linux_aarch64", *bad, "-o", out, "--json", fails=True)
    errors = json.loads(done.stdout)["errors"]
    assert [error["code"] for error in errors] == [2, 3]
    assert not out.exists()
    (tmp_path / "file").touch()
    assert cross(workshop, f"{HERE}-linux_aarch64", "-o", tmp_path / "file", fails=True).returncode == 2


def test_targets_says_what_a_build_does(host: Callable[..., Host], workshop: Workshop) -> None:
    host("aarch64")
    argv = [sys.executable, "-m", "xconan", "targets", f"{HERE}-linux_aarch64", "--json"]
    done = subprocess.run(argv, env=workshop.environment, check=False, capture_output=True, text=True)
    (answer,) = json.loads(done.stdout)["targets"]
    assert done.returncode == 0
    assert answer["ready"] is True
    assert Path(answer["compiler"]["program"]).name == "aarch64-linux-gnu-gcc"
    assert answer["emulator"]
