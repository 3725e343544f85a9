"""CMakeLists.txt files as they are in the wild, none of which knows of xconan."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import plain_project, write
from tests.support.needs import missing, need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

HEAD = "cmake_minimum_required(VERSION 3.18...4.2)\nproject(plain LANGUAGES C CXX)\n"
INSTALL = "install(TARGETS plain LIBRARY DESTINATION .)\n"
INTERPRETER = "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)\n"
PYTHON_MODULE = "Python_add_library(plain MODULE WITH_SOABI plain.c)\n"
PYBIND_MODULE = "pybind11_add_module(plain NO_EXTRAS plain_cpp.cpp)\n"
NANOBIND_MODULE = "nanobind_add_module(plain NOSTRIP plain_cpp.cpp)\n"
CMP0190 = "if(POLICY CMP0190)\n  cmake_policy(SET CMP0190 VALUE)\nendif()\n"
ASK_PYBIND = """\
execute_process(COMMAND "${Python_EXECUTABLE}" -m pybind11 --cmakedir
  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE pybind11_DIR COMMAND_ERROR_IS_FATAL ANY)
"""
ASK_NANOBIND = """\
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE nanobind_ROOT COMMAND_ERROR_IS_FATAL ANY)
"""
ASK_ROOT = """\
execute_process(COMMAND "${Python_EXECUTABLE}" -c "import pybind11; print(pybind11.__path__[0])"
  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE pybind11_ROOT COMMAND_ERROR_IS_FATAL ANY)
"""
ASK_SYSCONFIG = """\
execute_process(COMMAND "${Python_EXECUTABLE}" -c
  "import sysconfig as s; print(s.get_config_var('EXT_SUFFIX'), s.get_path('include'), sep=';')"
  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE answer COMMAND_ERROR_IS_FATAL ANY)
list(GET answer 0 suffix)
list(GET answer 1 include)
add_library(plain MODULE plain.c)
target_include_directories(plain PRIVATE "${include}")
set_target_properties(plain PROPERTIES PREFIX "" SUFFIX "${suffix}")
"""

LISTS = {
    "interpreter": HEAD + INTERPRETER + PYTHON_MODULE,
    "no-interpreter": HEAD + "find_package(Python REQUIRED COMPONENTS Development.Module)\n" + PYTHON_MODULE,
    "python3": HEAD
    + "find_package(Python3 REQUIRED COMPONENTS Interpreter Development.Module)\n"
    + "Python3_add_library(plain MODULE WITH_SOABI plain.c)\n",
    "python3-with-version": HEAD
    + "find_package(Python3 3.11 EXACT REQUIRED COMPONENTS Interpreter Development.Module)\n"
    + "Python3_add_library(plain MODULE WITH_SOABI plain.c)\n",
    "two-steps": HEAD
    + "find_package(Python REQUIRED COMPONENTS Interpreter)\n"
    + "find_package(Python REQUIRED COMPONENTS Development.Module)\n"
    + PYTHON_MODULE,
    "older-modules": "cmake_minimum_required(VERSION 3.15...3.26)\nproject(plain LANGUAGES C)\n"
    "find_package(PythonInterp 3 REQUIRED)\nfind_package(PythonLibs 3 REQUIRED)\n"
    "add_library(plain MODULE plain.c)\ntarget_include_directories(plain PRIVATE ${PYTHON_INCLUDE_DIRS})\n"
    'set_target_properties(plain PROPERTIES PREFIX "" SUFFIX "${PYTHON_MODULE_EXTENSION}")\n',
    "both-names": HEAD
    + INTERPRETER
    + "find_package(Python3 REQUIRED COMPONENTS Interpreter Development.Module)\n"
    + PYTHON_MODULE,
    "embed": HEAD
    + "find_package(Python REQUIRED COMPONENTS Interpreter Development)\n"
    + "if(NOT TARGET Python::Python)\n  message(FATAL_ERROR no)\nendif()\n"
    + PYTHON_MODULE
    + "target_link_libraries(plain PRIVATE Python::Python)\n",
    "old-minimum": "cmake_minimum_required(VERSION 3.15)\nproject(plain LANGUAGES C)\n"
    "find_package(Python REQUIRED COMPONENTS Interpreter Development)\n" + PYTHON_MODULE,
    "cmp0190-old": HEAD + CMP0190.replace("VALUE", "OLD") + INTERPRETER + PYTHON_MODULE,
    "cmp0190-new": HEAD + CMP0190.replace("VALUE", "NEW") + INTERPRETER + PYTHON_MODULE,
    "sysconfig": HEAD + INTERPRETER + ASK_SYSCONFIG,
    "pybind11-asked": HEAD + INTERPRETER + ASK_PYBIND + "find_package(pybind11 CONFIG REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-alone": HEAD + "find_package(pybind11 CONFIG REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-findpython": HEAD + "set(PYBIND11_FINDPYTHON ON)\nfind_package(pybind11 REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-classic": "cmake_minimum_required(VERSION 3.15...3.26)\nproject(plain LANGUAGES CXX)\n"
    "set(PYBIND11_FINDPYTHON OFF)\nfind_package(pybind11 CONFIG REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-root": HEAD + INTERPRETER + ASK_ROOT + "find_package(pybind11 CONFIG REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-extras": HEAD
    + INTERPRETER
    + "find_package(pybind11 CONFIG REQUIRED)\npybind11_add_module(plain plain_cpp.cpp)\n",
    "nanobind-asked": HEAD + INTERPRETER + ASK_NANOBIND + "find_package(nanobind CONFIG REQUIRED)\n" + NANOBIND_MODULE,
    # the advice of py-build-cmake's documentation for cross-builds
    "advised": HEAD
    + "if(CMAKE_CROSSCOMPILING)\n  find_package(Python3 REQUIRED COMPONENTS Development.Module)\n"
    + "else()\n  find_package(Python3 REQUIRED COMPONENTS Interpreter Development.Module)\nendif()\n"
    + "find_package(pybind11 CONFIG REQUIRED)\n"
    + PYBIND_MODULE,
}


@pytest.mark.parametrize("name", LISTS)
def test_unmodified_project(name: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("armv7l")
    project = plain_project(tmp_path / "project", LISTS[name] + INSTALL)
    built = workshop.build(project, target.cross(tmp_path))
    assert built.wheel.name == f"plain-1.0-{target.tag}.whl"
    assert built.names == [f"plain{target.suffix}"]
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(4, 11)"


@pytest.mark.parametrize("name", ["embed", "pybind11-classic", "cmp0190-new", "pybind11-extras"])
def test_unmodified_project_on_64_bits(
    name: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    target = host("aarch64")
    project = plain_project(tmp_path / "project", LISTS[name] + INSTALL)
    built = workshop.build(project, target.cross(tmp_path))
    assert built.names == [f"plain{target.suffix}"]
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(8, 11)"


STABLE = """\
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS Development.SABIModule)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(plain STABLE_ABI NOMINSIZE module.cpp)
"""
STABLE_MODULE = '#include <nanobind/nanobind.h>\nNB_MODULE(plain, m) { m.def("add", [](int a) { return a + 1; }); }\n'


def test_nanobind_for_the_stable_abi(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """The host's Python is another one than the build machine's may be, and decides whether there is one."""
    target = host("aarch64", "trixie")
    settings = '[tool.xconan.wheel]\npython_abi = "abi3"\nabi3_minimum_cpython_version = 312\n'
    project = plain_project(tmp_path / "project", HEAD + STABLE + INSTALL, pyproject=settings)
    (project / "module.cpp").write_text(STABLE_MODULE, encoding="utf-8")
    built = workshop.build(project, target.cross(tmp_path))
    assert built.wheel.name == "plain-1.0-cp312-abi3-linux_aarch64.whl"
    assert built.names == ["plain.abi3.so"]
    assert target.run(built.wheel, "import plain; print(plain.add(41))") == "42"


def test_stable_abi_of_the_c_api(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("s390x")
    settings = '[tool.xconan.wheel]\npython_abi = "abi3"\nabi3_minimum_cpython_version = 310\n'
    lists = (
        "find_package(Python REQUIRED COMPONENTS Interpreter Development.SABIModule)\n"
        "Python_add_library(plain MODULE USE_SABI 3.10 WITH_SOABI plain.c)\n"
    )
    head = HEAD.replace("3.18", "3.26")
    project = plain_project(tmp_path / "project", head + lists + INSTALL, pyproject=settings)
    built = workshop.build(project, target.cross(tmp_path))
    assert built.wheel.name == "plain-1.0-cp310-abi3-linux_s390x.whl"
    assert built.names == ["plain.abi3.so"]
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(8, 11)"


def test_build_machines_files_stay_out(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Where the modes are ONLY, libraries and headers of this machine are not found, by no way of asking."""
    lists = """\
find_library(Z z)
find_file(LIBC NAMES libc.so.6 libz.so PATHS /usr/lib/x86_64-linux-gnu)
find_path(ZLIB_H zlib.h)
find_package(ZLIB QUIET)
find_package(ZLIB CONFIG QUIET)
find_library(PY NAMES python3.11 python3.12 python3.13)
foreach(found IN ITEMS Z LIBC ZLIB_H ZLIB_FOUND ZLIB_DIR PY)
  if(${found})
    message(SEND_ERROR "${found} is ${${found}}")
  endif()
endforeach()
find_library(M m REQUIRED)
message(STATUS "libm is ${M}")
"""
    target = host("armv7l")
    requires = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
    body = HEAD + INTERPRETER + lists + "find_package(lz4 CONFIG REQUIRED)\n" + PYTHON_MODULE + INSTALL
    project = plain_project(tmp_path / "project", body, pyproject=requires)
    built = workshop.build(project, target.cross(tmp_path))
    assert target.triple in built.log.partition("libm is ")[2].splitlines()[0]


def test_programs_of_the_host_do_not_run(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """The emulator that FindPython is shown must not make try_run() believe that it ran something."""
    lists = """\
file(WRITE "${CMAKE_BINARY_DIR}/probe.c" "int main(void) { return 0; }")
try_run(RAN BUILT "${CMAKE_BINARY_DIR}/probe" "${CMAKE_BINARY_DIR}/probe.c")
if(NOT BUILT OR RAN STREQUAL "0")
  message(FATAL_ERROR "built: ${BUILT}, ran: ${RAN}")
endif()
"""
    target = host("armv7l")
    project = plain_project(tmp_path / "project", HEAD + lists + INTERPRETER + PYTHON_MODULE + INSTALL)
    workshop.build(project, target.cross(tmp_path))


def _own_packages() -> list[str]:
    """A few libraries that pkg-config knows on this machine, of its own architecture."""
    program = need_program("pkg-config")
    listed = subprocess.run([program, "--list-all"], check=True, capture_output=True, text=True).stdout
    found: list[str] = []
    for name in sorted(line.split()[0] for line in listed.splitlines()):
        command = [str(program), "--variable=pcfiledir", name]
        place = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        found += [name] if "/lib/" in place else []
        if len(found) == 3:
            break
    return found or missing("a library that pkg-config finds (Debian's package zlib1g-dev)")


def test_pkg_config_stays_out(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """pkg-config knows nothing of CMake's modes; what it finds by itself is this machine's."""
    names = " ".join(_own_packages())
    lists = f"""\
find_package(PkgConfig REQUIRED)
foreach(name {names})
  pkg_check_modules(FOUND QUIET ${{name}})
  if(FOUND_FOUND AND FOUND_LINK_LIBRARIES)
    message(SEND_ERROR "${{name}}: ${{FOUND_LINK_LIBRARIES}}")
  endif()
  unset(FOUND_FOUND CACHE)
endforeach()
"""
    target = host("armv7l")
    project = plain_project(tmp_path / "project", HEAD + INTERPRETER + lists + PYTHON_MODULE + INSTALL)
    workshop.build(project, target.cross(tmp_path))


def test_programs_of_the_build_machine_run(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """A generator in Python: it asks who it is by a script, and by -c about the host."""
    lists = """\
add_custom_command(OUTPUT made.h DEPENDS make.py VERBATIM
  COMMAND Python::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/make.py" made.h)
Python_add_library(plain MODULE WITH_SOABI plain.c made.h)
target_include_directories(plain PRIVATE "${CMAKE_CURRENT_BINARY_DIR}")
"""
    generator = """\
import ctypes, json, multiprocessing, platform, ssl, struct, subprocess, sys
code = "import struct, sysconfig; print(struct.calcsize('P'), sysconfig.get_config_var('SOABI').split('-', 2)[2])"
asked = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
assert struct.calcsize("P") == ctypes.sizeof(ctypes.c_void_p) == 8, "a script is run by who it thinks"
open(sys.argv[1], "w").write(f"/* {asked} */")
"""
    target = host("armv7l")
    project = plain_project(tmp_path / "project", HEAD + INTERPRETER + lists + INSTALL)
    write(project / "make.py", generator)
    source = project / "plain.c"
    source.write_text("#include <made.h>\n" + source.read_text("utf-8"), "utf-8")
    built = workshop.build(project, target.cross(tmp_path))
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(4, 11)"


def test_packages_named_like_ours(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """A project may be called as one of the packages that xconan and Conan import."""
    requires = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
    project = plain_project(tmp_path / "project", LISTS["interpreter"] + INSTALL, pyproject=requires)
    for name in (
        "yaml/__init__.py",
        "packaging/__init__.py",
        "conan.py",
        "requests.py",
        "struct.py",
        "sitecustomize.py",
    ):
        write(project / name, "raise SystemExit('the wrong one')\n")
    target = host("armv7l")
    built = workshop.build(project, target.cross(tmp_path))
    assert built.names == [f"plain{target.suffix}"]


def test_numpy_of_the_build_environment(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Its headers are the same for all 64-bit Linux hosts."""
    pytest.importorskip("numpy")
    lists = (
        "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module NumPy)\n"
        + PYTHON_MODULE
        + "target_link_libraries(plain PRIVATE Python::NumPy)\n"
    )
    target = host("aarch64")
    project = plain_project(tmp_path / "project", HEAD + lists + INSTALL)
    source = project / "plain.c"
    source.write_text("#include <Python.h>\n#include <numpy/arrayobject.h>\n" + source.read_text("utf-8"), "utf-8")
    workshop.build(project, target.cross(tmp_path))
