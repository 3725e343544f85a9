"""What runs is what was linked: modules keep the names of Conan's static libraries to themselves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.conan_home import run_conan
from tests.support.crossbuild import Workshop, write
from tests.support.native import PYPROJECT
from tests.support.needs import need_program

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = """\
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout

class Recipe(ConanFile):
    name, version, package_type = "zlib", "9.9.9", "static-library"
    settings = "os", "arch", "compiler", "build_type"
    exports_sources = "src/*"

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
        self.cpp_info.libs = ["z"]
"""
LIBRARY = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.20)
project(zlib LANGUAGES CXX)
add_library(z z.cpp)
set_target_properties(z PROPERTIES POSITION_INDEPENDENT_CODE ON)
install(TARGETS z)
install(FILES z.h DESTINATION include)
""",
    "z.h": """\
#include <exception>
extern "C" const char *zlibVersion(void);
struct Refused : std::exception { const char *what() const noexcept override; };
void refuse();
""",
    "z.cpp": """\
#include "z.h"
extern "C" const char *zlibVersion(void) { return "9.9.9"; }
const char *Refused::what() const noexcept { return "refused"; }
void refuse() { throw Refused(); }
""",
}
LISTS = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(zlib REQUIRED)
foreach(name _a _b)
  Python_add_library(${name} MODULE WITH_SOABI core.cpp)
  target_compile_definitions(${name} PRIVATE NAME="${name}" INIT=PyInit_${name})
  target_link_libraries(${name} PRIVATE zlib::zlib)
endforeach()
install(TARGETS _a _b DESTINATION nav)
"""
CORE = r"""
#include <Python.h>
#include "z.h"
extern "C" int nav_own(void) { return 1; }
static PyObject *runs(PyObject *, PyObject *) { return PyUnicode_FromString(zlibVersion()); }
static PyObject *thrower(PyObject *, PyObject *) { return PyCapsule_New((void *)refuse, 0, 0); }
static PyObject *catches(PyObject *, PyObject *capsule) {
  try { ((void (*)())PyCapsule_GetPointer(capsule, 0))(); }
  catch (const Refused &refused) { return PyUnicode_FromString(refused.what()); }
  catch (...) { return PyUnicode_FromString("unknown"); }
  return PyUnicode_FromString("nothing");
}
static PyMethodDef methods[] = {
  {"runs", runs, METH_NOARGS, 0}, {"thrower", thrower, METH_NOARGS, 0}, {"catches", catches, METH_O, 0}, {0, 0, 0, 0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, NAME, 0, -1, methods};
PyMODINIT_FUNC INIT(void) { return PyModule_Create(&def); }
"""
ASK = """
import ctypes, sys
ctypes.CDLL("libz.so.1", ctypes.RTLD_GLOBAL)  # as an interpreter does that was linked with it
from nav import _a, _b
print(_a.runs(), _b.catches(_a.thrower()), _a.catches(_b.thrower()), _a.catches(_a.thrower()))
"""


@pytest.mark.parametrize("exported", [False, True])
def test_what_runs(exported: bool, native: Workshop, tmp_path: Path) -> None:  # noqa: FBT001 - a table
    """Under an interpreter that has another zlib; exceptions go from one module to the other."""
    need_program("g++")
    for name, text in {"conanfile.py": RECIPE, **{f"src/{name}": text for name, text in LIBRARY.items()}}.items():
        write(tmp_path / "recipe" / name, text)
    native.home.mkdir()
    run_conan(native.home, "profile", "detect")
    run_conan(native.home, "remote", "disable", "*")
    run_conan(native.home, "export", str(tmp_path / "recipe"))
    tool = '[tool.xconan.conan]\nrequires = ["zlib/9.9.9"]\n'
    tool += f"[tool.xconan.cmake]\nexport_dependencies = {str(exported).lower()}\n"
    project = tmp_path / "project"
    files = {"pyproject.toml": PYPROJECT + tool, "CMakeLists.txt": LISTS, "core.cpp": CORE, "src/nav/__init__.py": ""}
    for name, text in files.items():
        write(project / name, text)
    wheel = native.build(project).wheel
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "there")
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=tmp_path / "there", capture_output=True, text=True, check=True)
    version, *caught = done.stdout.split()
    assert caught == ["refused"] * 3
    assert (version == "9.9.9") != exported
    (module,) = (tmp_path / "there" / "nav").glob("_a.*")
    table = subprocess.run(["nm", "-D", "--defined-only", module], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in table.splitlines()}
    assert {"PyInit__a", "nav_own"} <= names
    assert ("zlibVersion" in names) == exported
