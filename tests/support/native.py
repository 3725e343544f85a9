"""Real builds for this very machine: small projects with a module in C, and xconan in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.crossbuild import write
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["xconan"]
build-backend = "xconan.build"
[project]
name = "nav"
version = "1.0"
"""
HEAD = """\
cmake_minimum_required(VERSION 3.20...4.2)
project(nav LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
"""
CORE = f"{HEAD}Python_add_library(_core MODULE WITH_SOABI core.c)\n"
GOOD = f"{CORE}install(TARGETS _core DESTINATION nav)\n"
MODULE = """\
#include <Python.h>
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_core", 0, -1, 0};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&def); }
"""


def native_project(folder: Path, files: Mapping[str, str], *, tool: str = "") -> Path:
    """Make the project nav: the package src/nav, which imports its module _core, core.c, and FILES on top.

    A file whose text is "" is left out.
    """
    need_program("gcc")
    usual = {
        "pyproject.toml": PYPROJECT + tool,
        "CMakeLists.txt": GOOD,
        "core.c": MODULE,
        "src/nav/__init__.py": "from . import _core\n",
    }
    for name, text in {**usual, **files}.items():
        if text:
            write(folder / name, text)
    return folder
