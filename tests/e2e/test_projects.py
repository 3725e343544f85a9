"""CMakeLists.txt files as they are in the wild, none of which knows of xconan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import plain_project

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
    + "find_package(Python REQUIRED COMPONENTS Interpreter Development)\n"
    + PYTHON_MODULE,
    "cmp0190-old": HEAD + "if(POLICY CMP0190)\n  cmake_policy(SET CMP0190 OLD)\nendif()\n" + INTERPRETER + PYTHON_MODULE,
    "cmp0190-new": HEAD + "if(POLICY CMP0190)\n  cmake_policy(SET CMP0190 NEW)\nendif()\n" + INTERPRETER + PYTHON_MODULE,
    "sysconfig": HEAD + INTERPRETER + ASK_SYSCONFIG,
    "pybind11-asked": HEAD + INTERPRETER + ASK_PYBIND + "find_package(pybind11 CONFIG REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-alone": HEAD + "find_package(pybind11 CONFIG REQUIRED)\n" + PYBIND_MODULE,
    "pybind11-findpython": HEAD
    + "set(PYBIND11_FINDPYTHON ON)\nfind_package(pybind11 REQUIRED)\n"
    + PYBIND_MODULE,
    "pybind11-classic": "cmake_minimum_required(VERSION 3.15...3.26)\nproject(plain LANGUAGES CXX)\n"
    + "set(PYBIND11_FINDPYTHON OFF)\nfind_package(pybind11 CONFIG REQUIRED)\n"
    + PYBIND_MODULE,
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
REQUIRES = {"pybind11": "pybind11>=2.13", "nanobind": "nanobind>=2.4"}


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
STABLE_MODULE = "#include <nanobind/nanobind.h>\nNB_MODULE(plain, m) { m.def(\"add\", [](int a) { return a + 1; }); }\n"


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
