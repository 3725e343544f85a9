"""Wheels of WebAssembly by a real Emscripten, with a library of Conan, imported and called in Pyodide.

The library throws and catches, needs a program of the build machine to be made, and wants threads, as many do that know
no better.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import REPOSITORY, write
from xconan.binary.wasm import read_wasm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.pyodide import Pyodide

PYPROJECT = """\
[build-system]
requires = ["xconan @ file://{repository}"]
build-backend = "xconan.build"
[project]
name = "demo"
version = "1.0"
[tool.xconan.conan]
requires = ["twice/1.0"]
build = "missing"
[tool.xconan.pyodide.cmake.options]
ADDED = "40"
"""
CMAKE = """\
cmake_minimum_required(VERSION 3.20)
project(demo CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(twice REQUIRED)
Python_add_library({name} MODULE WITH_SOABI core.cpp)
target_compile_definitions({name} PRIVATE ADDED=${{ADDED}})
target_link_libraries({name} PRIVATE twice::twice)
install(TARGETS {name} DESTINATION demo)
"""
CORE = """\
#include <Python.h>
#include <stdexcept>
#include <twice.h>
static PyObject *added(PyObject *, PyObject *args) {
    int number;
    if (!PyArg_ParseTuple(args, "i", &number)) return nullptr;
    try {
        return PyLong_FromLong(twice(number) + ADDED);
    } catch (const std::exception &error) {
        PyErr_SetString(PyExc_ValueError, error.what());
        return nullptr;
    }
}
static PyMethodDef methods[] = {{"added", added, METH_VARARGS, ""}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", "", -1, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
"""
RECIPE = """\
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class Recipe(ConanFile):
    name, version, package_type = "{name}", "1.0", "{kind}"
    settings = "os", "arch", "compiler", "build_type"
    exports_sources = "src/*"
    tool_requires = {tools}

    def layout(self):
        cmake_layout(self, src_folder="src")

    def generate(self):
        CMakeToolchain(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = {libs}
"""
TWICE = """\
cmake_minimum_required(VERSION 3.20)
project(twice CXX)
find_program(FACTOR factor REQUIRED)
execute_process(COMMAND ${FACTOR} OUTPUT_VARIABLE factor COMMAND_ERROR_IS_FATAL ANY)
add_library(twice twice.cpp unused.cpp)
target_compile_definitions(twice PRIVATE FACTOR=${factor})
if(DEFINED ENV{PYODIDE}) # whose compilers know that there are no threads
  target_compile_options(twice PRIVATE -pthread)
endif()
install(TARGETS twice)
install(FILES twice.h DESTINATION include)
"""
FILES = {
    "factor/conanfile.py": RECIPE.format(name="factor", kind="application", tools=(), libs=[]),
    "factor/src/CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\nproject(factor C)\n"
    "add_executable(factor main.c)\ninstall(TARGETS factor)\n",
    "factor/src/main.c": """\
#include <stdio.h>
int main(void) {
    printf("%d", sizeof(void *) == 8 ? 2 : 0);
    return 0;
}
""",
    "twice/conanfile.py": RECIPE.format(name="twice", kind="static-library", tools=("factor/1.0",), libs=["twice"]),
    "twice/src/CMakeLists.txt": TWICE,
    "twice/src/twice.h": "int twice(int number);\n",
    "twice/src/twice.cpp": """\
#include <stdexcept>
#include <string>
#include "twice.h"
static int positive(int number) {
    if (number < 0) throw std::out_of_range(std::to_string(number));
    return number;
}
int twice(int number) {
    try {
        return FACTOR * positive(number);
    } catch (const std::out_of_range &error) {
        throw std::runtime_error(error.what() + std::string(" is negative"));
    }
}
""",
    "twice/src/unused.cpp": "int nowhere(int number);\nint unused(int number) { return nowhere(number); }\n",
    "shared/conanfile.py": RECIPE.format(name="shared", kind="shared-library", tools=(), libs=["shared"]),
    "shared/src/CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\nproject(shared CXX)\n"
    "add_library(shared SHARED shared.cpp)\ninstall(TARGETS shared)\ninstall(FILES twice.h DESTINATION include)\n",
    "shared/src/twice.h": "int twice(int number);\n",
    "shared/src/shared.cpp": """\
#include <stdexcept>
#include "twice.h"
int twice(int number) {
    if (number < 0) throw std::runtime_error("-1 is negative");
    return 2 * number;
}
""",
}
CODE = """\
from demo import _core
try:
    _core.added(-1)
except ValueError as error:
    told = str(error)
f"{_core.added(1)}, {told}"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Conan home that has both recipes and asks nobody."""
    folder = tmp_path_factory.mktemp("conan")
    for name, text in FILES.items():
        write(folder / "recipes" / name, text)
    run_conan(folder / "home", "remote", "remove", "*")
    run_conan(folder / "home", "profile", "detect")
    for name in ("factor", "twice", "shared"):
        run_conan(folder / "home", "export", str(folder / "recipes" / name))
    return folder / "home"


@pytest.fixture(scope="module")
def env(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {**os.environ, "CONAN_HOME": str(home), "XCONAN_CACHE": str(tmp_path_factory.mktemp("cache"))}


def project(folder: Path, name: str = "_core") -> Path:
    write(folder / "pyproject.toml", PYPROJECT.format(repository=REPOSITORY))
    write(folder / "CMakeLists.txt", CMAKE.format(name=name))
    write(folder / "core.cpp", CORE)
    write(folder / "demo/__init__.py", "")
    return folder


def test_pyodide_build(pyodide: Pyodide, env: dict[str, str], tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    done = pyodide.build(root, tmp_path / "out", env)
    assert done.returncode == 0, done.stdout
    tag = pyodide.tag.rpartition("-")[2]
    assert_says(done.stdout, f"the host is {tag}: the Python that runs here answers as Pyodide's")
    (wheel,) = (tmp_path / "out").iterdir()
    assert wheel.name == f"demo-1.0-{pyodide.tag}.whl"
    assert pyodide.run(wheel, CODE) == "42, -1 is negative"
    profile = (root / ".xconan_cache" / pyodide.tag / "host.profile").read_text("utf-8").splitlines()
    assert {"os=Emscripten", "arch=wasm", "compiler=emcc", f"compiler.version={pyodide.emscripten}"} <= set(profile)
    assert_says(done.stdout, "Linking CXX shared module")
    again = pyodide.build(root, tmp_path / "out", env)  # in an environment with other folders
    assert again.returncode == 0, again.stdout
    assert "Linking" not in again.stdout


def test_emscripten_alone(pyodide: Pyodide, env: dict[str, str], tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    target = pyodide.tag.partition("-")[2]
    argv = [sys.executable, "-m", "xconan", "build", "--target", target, "-o", str(tmp_path / "out")]
    done = subprocess.run(argv, cwd=root, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "out").iterdir()
    assert pyodide.run(wheel, CODE) == "42, -1 is negative"


def test_a_shared_library(pyodide: Pyodide, env: dict[str, str], tmp_path: Path) -> None:
    """It is taken along under a name of its own, and Pyodide, which installs the wheel, loads it for the module."""
    root = project(tmp_path / "project")
    for name in ("pyproject.toml", "CMakeLists.txt"):
        text = (root / name).read_text("utf-8")
        for twice in ("twice/1.0", "twice::twice", "find_package(twice"):
            text = text.replace(twice, twice.replace("twice", "shared"))
        write(root / name, text)
    target = pyodide.tag.partition("-")[2]
    argv = [sys.executable, "-m", "xconan", "build", "--target", target, "-o", str(tmp_path / "out")]
    done = subprocess.run(argv, cwd=root, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "out").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        (library,) = (name for name in archive.namelist() if name.startswith("demo.libs/libshared-"))
        (module,) = (name for name in archive.namelist() if name.startswith("demo/_core."))
        found = read_wasm(archive.read(module))
    assert (found.needed, found.path) == ((library.rpartition("/")[2],), ("$ORIGIN/../demo.libs",))
    assert pyodide.run(wheel, CODE, installed=True) == "42, -1 is negative"


def test_a_library_that_wants_threads_is_found(pyodide: Pyodide, env: dict[str, str], tmp_path: Path) -> None:
    """pyodide build takes -pthread away; emcc alone would make a module that crashes where it throws."""
    root = project(tmp_path / "project")
    argv = [sys.executable, "-m", "xconan", "build", "--target", pyodide.tag.partition("-")[2], "-o", str(tmp_path)]
    pyproject = root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8") + '[tool.xconan.cmake.options]\nCMAKE_CXX_FLAGS = "-pthread"\n')
    done = subprocess.run(argv, cwd=root, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 6, done.stderr
    assert_says(done.stderr, "it is compiled for threads, which Pyodide has not")


def test_a_module_of_another_name_is_no_wheel(pyodide: Pyodide, env: dict[str, str], tmp_path: Path) -> None:
    root = project(tmp_path / "project", name="_other")
    done = pyodide.build(root, tmp_path / "out", env)
    assert done.returncode != 0
    assert_says(done.stdout, "it defines PyInit__core, so it can't be imported as _other")
    assert not list((tmp_path / "out").glob("*.whl"))
