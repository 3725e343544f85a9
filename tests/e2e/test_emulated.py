"""Steps of CMake that only the host's Python can do, done by it under qemu: stubs of a module, try_run()."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

PROJECT = """\
[build-system]
requires = ["xconan", "nanobind"]
build-backend = "xconan.build"
[project]
name = "nav"
version = "1.0"
[tool.xconan.module]
directory = "src"
[tool.xconan.cmake]
emulate = {emulate}
"""
LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(nav LANGUAGES CXX)
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE nanobind_ROOT)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(_core core.cpp)
nanobind_add_stub(_core_stub MODULE _core OUTPUT _core.pyi PYTHON_PATH $<TARGET_FILE_DIR:_core> DEPENDS _core)
add_custom_command(OUTPUT sum.txt DEPENDS _core
  COMMAND ${Python_EXECUTABLE} -c "import _core, platform; print(_core.add(40, 2), platform.machine())" > sum.txt
  WORKING_DIRECTORY $<TARGET_FILE_DIR:_core> VERBATIM)
add_custom_target(sum ALL DEPENDS sum.txt)
install(TARGETS _core LIBRARY DESTINATION nav)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/_core.pyi ${CMAKE_CURRENT_BINARY_DIR}/sum.txt DESTINATION nav)
if(TRY)
  try_run(ran compiled ${CMAKE_BINARY_DIR}/try SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/try.cpp RUN_OUTPUT_VARIABLE said)
  file(WRITE ${CMAKE_BINARY_DIR}/tried.txt "${ran} ${said}")
  install(FILES ${CMAKE_BINARY_DIR}/tried.txt DESTINATION nav)
endif()
"""
MODULE = """\
#include <nanobind/nanobind.h>
NB_MODULE(_core, m) { m.def("add", [](int a, int b) { return a + b; }, nanobind::arg("a"), nanobind::arg("b") = 1); }
"""
TRY = """\
#include <cstdio>
int main()
{
#ifdef __aarch64__
    std::printf("on ARM");
#endif
    return 3;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    def make(*, emulate: bool) -> Path:
        root = tmp_path / "a nav"
        write(root / "pyproject.toml", PROJECT.replace("{emulate}", str(emulate).lower()))
        write(root / "CMakeLists.txt", LISTS)
        write(root / "core.cpp", MODULE)
        write(root / "try.cpp", TRY)
        write(root / "src/nav/__init__.py", "from ._core import add\n")
        return root

    return make


def test_stubs_and_try_run(
    project: Callable[..., Path], host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    root = project(emulate=True)
    built = workshop.build(root, host("aarch64").cross(tmp_path), "-C", "override=cmake.options.TRY=true")
    with zipfile.ZipFile(built.wheel) as archive:
        assert "def add(a: int, b: int = 1) -> int" in archive.read("nav/_core.pyi").decode()
        assert archive.read("nav/sum.txt").decode() == "42 aarch64\n"
        assert archive.read("nav/tried.txt").decode() == "3 on ARM"


def test_not_without_leave(
    project: Callable[..., Path], host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """The generator's traceback ends in the reason; builds of tests fail by themselves at a traceback."""
    with pytest.raises(pytest.fail.Exception, match=r"set cmake\.emulate, or do this step only if\(NOT CMAKE_CROSS"):
        workshop.build(project(emulate=False), host("aarch64").cross(tmp_path), fails=True)


def test_host_whose_python_is_not_here(project: Callable[..., Path], workshop: Workshop) -> None:
    words = ("--target", "cp311-linux_riscv64", "-C", "override=cross.toolchain='zig'")
    log = workshop.build(project(emulate=True), None, *words, fails=True).log
    assert_says(log, "cmake.emulate", "xconan python add 3.11 --for linux_riscv64 --runnable")
