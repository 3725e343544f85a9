"""Recipes that build the wheel themselves by Meson, Make, a CMake of their own; natively and for aarch64."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import unpack, write
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Built, Host, Workshop

PYPROJECT = """\
[build-system]
requires = ["xconan"]
build-backend = "xconan.build"
[project]
name = "nav"
version = "1.0"
"""
MODULE = """\
#include <Python.h>
#ifdef WITH_LZ4
#include <lz4.h>
#else
#define LZ4_versionNumber() 10904
#endif
static PyObject *number(PyObject *self, PyObject *none) { return PyLong_FromLong(LZ4_versionNumber()); }
static PyMethodDef methods[] = {{"number", number, METH_NOARGS, ""}, {0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_core", 0, -1, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&def); }
"""
SETTINGS = '    settings = "os", "compiler", "build_type", "arch"\n'
MESON = f"""\
from conan import ConanFile
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson

class Nav(ConanFile):
    name = "nav"
{SETTINGS}    generators = "MesonToolchain", "PkgConfigDeps"
    requires = "lz4/1.9.4"

    def layout(self):
        basic_layout(self)

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        Meson(self).install()
"""
MESON_BUILD = """\
project('nav', 'c', version: '1.0')
py = import('python').find_installation('python3')
py.extension_module('_core', 'core.c', c_args: '-DWITH_LZ4', dependencies: dependency('liblz4'), install: true,
  install_dir: 'nav')
"""
MAKE = f"""\
from conan import ConanFile
from conan.tools.files import copy
from conan.tools.gnu import AutotoolsToolchain

class Nav(ConanFile):
{SETTINGS}    generators = "AutotoolsToolchain"

    def build(self):
        self.run(f"make -f {{self.source_folder}}/Makefile SOURCE={{self.source_folder}}")

    def package(self):
        copy(self, "*.so", self.build_folder, f"{{self.package_folder}}/nav")
"""
MAKEFILE = """\
SUFFIX := $(shell $(PYTHON) -c "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))")
INCLUDE := $(shell $(PYTHON) -c "import sysconfig; print(sysconfig.get_path('include'))")
_core$(SUFFIX): $(SOURCE)/core.c
\t$(CC) $(CFLAGS) -shared -fPIC -I$(INCLUDE) $< -o $@
"""
OWN_CMAKE = f"""\
from pathlib import Path
from conan import ConanFile
from conan.tools.cmake import CMake, cmake_layout

class Nav(ConanFile):
    name = "nav-of-another-name"
{SETTINGS}    generators = "CMakeToolchain", "CMakeDeps"
    options = {{"fPIC": [True, False]}}
    default_options = {{"fPIC": True}}

    def layout(self):
        cmake_layout(self, src_folder="src")

    def source(self):
        Path("fetched").mkdir()
        Path("fetched/core.c").write_text('#include "../../core.c"\\n')
        Path("fetched/VERSION").write_text(str(self.version))

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(nav LANGUAGES C)
file(READ fetched/VERSION version)
if(NOT version STREQUAL XCONAN_PROJECT_VERSION)
  message(FATAL_ERROR "${version}")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter Development.Module)
Python3_add_library(_core MODULE WITH_SOABI fetched/core.c)
install(TARGETS _core DESTINATION nav)
"""
KINDS = {
    "meson": {"conanfile.py": MESON, "meson.build": MESON_BUILD},
    "make": {"conanfile.py": MAKE, "Makefile": MAKEFILE},
    "cmake": {"conanfile.py": OWN_CMAKE, "src/CMakeLists.txt": LISTS},
    "in a folder": {
        "conan/conanfile.py": OWN_CMAKE.replace('src_folder="src"', 'src_folder="../src"'), "src/CMakeLists.txt": LISTS,
        "pyproject.toml": f'{PYPROJECT}[tool.xconan.conan]\nconanfile = "conan"\nrecipe_builds = true\n',
    },
}  # fmt: skip
CALL = "import nav; print(nav.number())"


def project(folder: Path, kind: str) -> Path:
    """The package nav with a module in C."""
    usual = {"pyproject.toml": PYPROJECT, "core.c": MODULE, "python/nav/__init__.py": "from ._core import number\n"}
    tool = '[tool.xconan.module]\npackages = ["python/nav"]\n'
    for name, text in {**usual, **KINDS[kind]}.items():
        write(folder / name, text + (tool if name == "pyproject.toml" else ""))
    if kind == "meson":
        need_program("meson")
        need_program("pkg-config")
    return folder


def call(workshop: Workshop, built: Built) -> str:
    """What the module says here."""
    import subprocess  # noqa: PLC0415 - here alone

    env = {**workshop.environment, "PYTHONPATH": str(unpack(built.wheel))}
    return subprocess.run([sys.executable, "-c", CALL], env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("kind", KINDS)
def test_natively(kind: str, workshop: Workshop, tmp_path: Path) -> None:
    need_program("gcc")
    root = project(tmp_path / "p", kind)
    built = workshop.build(root)
    assert call(workshop, built) == "10904\n"
    assert [name.partition(".")[0] for name in built.names] == ["nav/__init__", "nav/_core"]
    assert "unchanged" in workshop.build(root).log
    source = root / "core.c"
    source.write_text(source.read_text("utf-8").replace("PyLong_FromLong(", "PyLong_FromLong(1 + "), "utf-8")
    assert call(workshop, workshop.build(root)) == "10905\n"


@pytest.mark.parametrize("kind", KINDS)
def test_for_another_machine(kind: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("aarch64")
    built = workshop.build(project(tmp_path / "p", kind), target.cross(tmp_path))
    assert built.wheel.name == f"nav-1.0-{target.tag}.whl"
    assert built.names == ["nav/__init__.py", f"nav/_core{target.suffix}"]
    assert target.run(built.wheel, CALL) == "10904"


FAILING = {
    "build": (("cmake.build()", 'raise ValueError("no luck")'), "build() of the project's recipe failed: ValueError"),
    "package": (("CMake(self).install()", "open('gone')"), "package() of the project's recipe failed: FileNotFoundErr"),
    "source": (('Path("fetched").mkdir()', "open('gone')"), "source() of the project's recipe failed: FileNotFoundErr"),
    "nothing": (("CMake(self).install()", "pass"), "package() of "),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_fails(name: str, workshop: Workshop, tmp_path: Path) -> None:
    change, says = FAILING[name]
    root = project(tmp_path / "p", "cmake")
    write(root / "conanfile.py", OWN_CMAKE.replace(*change))
    failed = workshop.build(root, fails=True)
    failed.assert_ended(6 if name == "nothing" else 4, says)
    assert f"{root}/conanfile.py" in failed.log
    if name != "source":
        write(root / "conanfile.py", OWN_CMAKE)  # source() has been run, and is not run again
        assert call(workshop, workshop.build(root)) == "10904\n"
