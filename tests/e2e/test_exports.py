"""What runs is what was linked: modules keep the names of Conan's static libraries to themselves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import Workshop, write
from tests.support.libraries import StaticLibrary
from tests.support.native import PYPROJECT
from tests.support.needs import need_program
from tests.support.zig import share_zig

if TYPE_CHECKING:
    from pathlib import Path

ZLIB = StaticLibrary(name="zlib", version="9.9.9", library="z", files={
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
})  # fmt: skip
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
add_library(part SHARED part.cpp)
target_link_libraries(part PRIVATE zlib::zlib)
Python_add_library(_c MODULE WITH_SOABI core.cpp)
target_compile_definitions(_c PRIVATE NAME="_c" INIT=PyInit__c)
target_link_libraries(_c PRIVATE zlib::zlib part)
target_link_options(_c PRIVATE "-Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/own.map")
set_target_properties(_c PROPERTIES INSTALL_RPATH $ORIGIN)
install(TARGETS _a _b _c part DESTINATION nav)
"""
PART = """#include "z.h"
extern "C" const char *part_runs(void) { return zlibVersion(); }
"""
OWN = "{ global: PyInit__c; zlibVersion; local: *; };\n"
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
import ctypes, pathlib
ctypes.CDLL("libz.so.1", ctypes.RTLD_GLOBAL)  # as an interpreter does that was linked with it
from nav import _a, _b
part = ctypes.CDLL(str(pathlib.Path(_a.__file__).parent / "libpart.so")).part_runs
part.restype = ctypes.c_char_p
print(part().decode())
print(_a.runs(), _b.catches(_a.thrower()), _a.catches(_b.thrower()), _a.catches(_a.thrower()))
"""


ZIG = ("--target", f"cp{sys.version_info[0]}{sys.version_info[1]}-manylinux_2_28_x86_64")


@pytest.mark.parametrize(
    ("exported", "target"), [(False, ()), (True, ()), (False, ZIG)], ids=["kept", "exported", "kept by zig"]
)
def test_what_runs(exported: bool, target: tuple[str, ...], native: Workshop, tmp_path: Path, kept: Path) -> None:  # noqa: FBT001 - a table
    """Under an interpreter that has another zlib; exceptions go from one module to the other."""
    need_program("g++")
    if target:
        share_zig(native.cache, kept)
    ZLIB.offer(native.home, tmp_path / "recipe")
    tool = '[tool.xconan.conan]\nrequires = ["zlib/9.9.9"]\n'
    tool += f"[tool.xconan.cmake]\nexport_dependencies = {str(exported).lower()}\n"
    project = tmp_path / "project"
    files = {"pyproject.toml": PYPROJECT + tool, "CMakeLists.txt": LISTS, "core.cpp": CORE, "src/nav/__init__.py": ""}
    for name, text in {**files, "part.cpp": PART, "own.map": OWN}.items():
        write(project / name, text)
    built = native.build(project, None, *target)
    with zipfile.ZipFile(built.wheel) as archive:
        archive.extractall(tmp_path / "there")
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=tmp_path / "there", capture_output=True, text=True, check=True)
    part, version, *caught = done.stdout.split()
    # LLVM's C++ library compares addresses of type_infos, and Python loads each module for itself
    assert caught == (["unknown", "unknown", "refused"] if target else ["refused"] * 3)
    assert (version == "9.9.9") != exported
    assert part == "9.9.9" or exported
    exports = exported_names(tmp_path / "there" / "nav")
    assert {"PyInit__a", "nav_own"} <= exports["_a"]
    assert ("zlibVersion" in exports["_a"]) == exported
    assert "part_runs" in exports["libpart"]
    assert ("zlibVersion" in exports["libpart"]) == (not target)  # GNU's shared libraries call their own all the same
    # a script of the project's own is the last word with zig, and the check says what it lets out
    warned = "it exports zlibVersion of zlib/9.9.9: an interpreter that has another zlib loaded runs that one"
    assert ("zlibVersion" in exports["_c"]) == (bool(target) or exported)
    assert (warned in built.log) == (bool(target) and not exported)
    assert "nav_own" not in exports["_c"]


def exported_names(folder: Path) -> dict[str, set[str]]:
    """What each library in a folder exports, by the stem of its name."""
    found = {}
    for library in folder.glob("*.so"):
        command = ["nm", "-D", "--defined-only", str(library)]
        table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found[library.name.partition(".")[0]] = {line.split()[-1].partition("@")[0] for line in table.splitlines()}
    return found
