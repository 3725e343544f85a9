"""The same sources give the same wheel wherever project, Conan's home and caches are, with debug info and assert()."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.conan_home import run_conan
from tests.support.crossbuild import Workshop, write
from tests.support.libraries import StaticLibrary
from tests.support.native import PYPROJECT
from tests.support.needs import need_program
from tests.support.zig import share_zig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.crossbuild import Built

SHOUT = StaticLibrary(name="shout", version="1.5", library="shout", files={
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.20)
project(shout LANGUAGES C CXX)
add_library(shout shout.c shout.cpp)
set_target_properties(shout PROPERTIES POSITION_INDEPENDENT_CODE ON)
install(TARGETS shout)
install(FILES shout.h DESTINATION include)
""",
    "shout.h": """\
#include <assert.h>
#ifdef __cplusplus
extern "C" {
#endif
const char *where_c(int); const char *where_cpp(int);
static inline const char *where_h(int n) { assert(n > 0); return __FILE__; }
#ifdef __cplusplus
}
#endif
""",
    "shout.c": '#include "shout.h"\nconst char *where_c(int n) { assert(n > 1); return __FILE__; }\n',
    "shout.cpp": '#include "shout.h"\nconst char *where_cpp(int n) { assert(n > 2); return __FILE__; }\n',
})  # fmt: skip
LISTS = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(shout REQUIRED)
configure_file(made.cpp.in made.cpp @ONLY)
add_library(part SHARED part.cpp)
Python_add_library(_core MODULE WITH_SOABI core.c ${CMAKE_CURRENT_BINARY_DIR}/made.cpp)
target_link_libraries(_core PRIVATE shout::shout part)
set_target_properties(_core PROPERTIES INSTALL_RPATH "$<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>")
install(TARGETS _core part DESTINATION nav)
"""
FILES = {
    "CMakeLists.txt": LISTS,
    "part.cpp": '#include <cassert>\nextern "C" const char *where_part(int n) { assert(n); return __FILE__; }\n',
    "made.cpp.in": '#include <cassert>\nextern "C" const char *where_made(int n) { assert(n); return __FILE__; }\n',
    "core.c": r"""
#include <Python.h>
#include "shout.h"
const char *where_part(int); const char *where_made(int);
static PyObject *where(PyObject *self, PyObject *none) {
  assert(self);
  return Py_BuildValue("ssssss", where_c(9), where_cpp(9), where_h(9), where_part(9), where_made(9), __FILE__);
}
static PyMethodDef methods[] = {{"where", where, METH_NOARGS, 0}, {0, 0, 0, 0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_core", 0, -1, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&def); }
""",
    "src/nav/__init__.py": "from nav import _core\n",
}
PLACES = ("a", "a rather long folder with blanks")
HOMES = {"a": "home-a", "a rather long folder with blanks": "another longer home"}
OPTIONS = '\n[tool.xconan.conan]\nrequires = ["shout/1.5"]\n[tool.xconan.cmake]\nbuild_type = "Debug"\n'


class Place:
    """A project, a Conan home and a cache in folders of one name."""

    def __init__(self, folder: Path, name: str, kept: Path, environment: Mapping[str, str] | None = None) -> None:
        self.project = folder / name / "project"
        cache = folder / f"{name.replace(' ', '-')}-cache"  # Conan does not quote an SDK's folder, of macOS
        cache.mkdir(parents=True)
        share_zig(cache, kept)
        extra = {"HOME": str(folder / name), **(environment or {})}
        self.workshop = Workshop(folder / HOMES[name], cache, extra=extra)
        SHOUT.offer(self.workshop.home, folder / name / "recipe")
        for file, text in {"pyproject.toml": PYPROJECT + OPTIONS, **FILES}.items():
            write(self.project / file, text)

    def build(self, *arguments: str) -> Built:
        """Build the wheel."""
        return self.workshop.build(self.project, None, *arguments)

    def id(self) -> str:
        """The package id of the library in Conan's cache."""
        found: set[str] = set(re.findall(r"\b[0-9a-f]{40}\b", run_conan(self.workshop.home, "list", "shout/1.5:*")))
        assert len(found) == 1
        return found.pop()


@pytest.fixture(scope="module")
def windows_headers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """CPython 3.11's headers for Windows in a store: what the environment says of it."""
    own = {name: str(tmp_path_factory.mktemp(name)) for name in ("XCONAN_PYTHONS", "XCONAN_CACHE")}
    argv = [sys.executable, "-m", "xconan", "python", "add", "3.11", "--for", "win_amd64", "--from", "debian"]
    subprocess.run(argv, env={**os.environ, **own}, check=True, capture_output=True)
    return {"XCONAN_PYTHONS": own["XCONAN_PYTHONS"]}


@pytest.mark.parametrize(
    "arguments",
    [(), ("--target", "cp311-linux_aarch64"), ("--target", "cp311-manylinux_2_28_x86_64"),
     ("--target", "cp311-macosx_11_0_arm64"), ("--target", "cp311-win_amd64")],
    ids=["native", "gcc", "zig", "zig-mac", "zig-windows"],
)  # fmt: skip
def test_two_places(arguments: tuple[str, ...], tmp_path: Path, kept: Path, windows_headers: dict[str, str]) -> None:
    need_program("gcc")
    places = [Place(tmp_path, name, kept, windows_headers) for name in PLACES]
    first, second = (place.build(*arguments) for place in places)
    with zipfile.ZipFile(first.wheel) as one, zipfile.ZipFile(second.wheel) as other:
        for name in one.namelist():
            content = one.read(name)
            for folder in (*PLACES, *HOMES.values()):
                assert str(tmp_path / folder).encode() not in content, name
            assert content == other.read(name), name
    assert first.wheel.read_bytes() == second.wheel.read_bytes()
    assert "it names" not in first.log
    assert places[0].id() == places[1].id()


def test_paths_may_stay(tmp_path: Path, kept: Path) -> None:
    """The key takes effect, and changes no package id; a library that is there keeps its names until it is rebuilt."""
    place = Place(tmp_path, "a", kept)
    mapped = place.build()
    package = place.id()
    tool = place.project / "pyproject.toml"
    text = tool.read_text("utf-8")
    tool.write_text(f"{text}file_prefix_map = false\n", "utf-8")
    plain = place.build()
    (module,) = (name for name in plain.names if "_core." in name)
    with zipfile.ZipFile(plain.wheel) as archive:
        content = archive.read(module)
    assert str(place.project / "core.c").encode() in content
    assert b"/xconan/shout/1.5/" in content
    assert "it names" not in mapped.log + plain.log
    assert place.id() == package
    run_conan(place.workshop.home, "remove", "-c", "shout/1.5:*")
    assert place.build().wheel.is_file()
    tool.write_text(text, "utf-8")
    leaking = place.build()
    assert f"{module}: it names {place.workshop.home}/p/b/shout" in leaking.log
    assert "the package shout/1.5 has it from its build; have it built again, conan remove -c shout/1.5" in leaking.log
