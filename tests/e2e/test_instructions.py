"""Options for newer processors than a wheel's tag admits: CMake says which targets have them, and by which line."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from tests.support.native import GOOD, HEAD, MODULE, native_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.crossbuild import Workshop

# a tag that promises less than this machine has, for what this machine's compiler makes
TAG = '[tool.xconan.wheel]\nplatform_tag = ["manylinux_2_99_x86_64"]\n'
DISPATCH = f"""{HEAD}
add_library(fast OBJECT fast.c)
target_compile_options(fast PRIVATE -mavx2 -mfma -mtune=haswell)
Python_add_library(_core MODULE WITH_SOABI core.c one.c)
set_source_files_properties(one.c PROPERTIES COMPILE_FLAGS -msse4.2)
target_link_libraries(_core PRIVATE fast)
add_executable(bench one.c)
target_compile_options(bench PRIVATE -march=native)
install(TARGETS _core DESTINATION nav)
"""
FILES = {
    "CMakeLists.txt": DISPATCH,
    "core.c": MODULE,
    "fast.c": "int fast(int a) { return a; }\n",
    "one.c": "int main(void) { return 1; }\n",
}

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the options are those of x86_64")


def test_targets_and_sources(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", FILES, tool=TAG)
    built = native.build(project, fails=True)
    assert built.code == 6
    assert "target fast is compiled with -mavx2 -mfma (CMakeLists.txt:6), for newer processors" in built.log
    assert "one.c of its sources is compiled with -msse4.2 (CMakeLists.txt:8)" in built.log
    assert "target bench" not in built.log
    with (project / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write('runtime_dispatch = ["fast", "one.c"]\n')  # as the message says
    assert "compiled with" not in native.build(project).log


def test_a_further_configuration(native: Workshop, tmp_path: Path) -> None:
    """What the second table alone has is told with the place where it is said."""
    tables = '[tool.xconan.cmake.0]\n[tool.xconan.cmake.1.options]\nSECOND = true\nCMAKE_C_FLAGS = "-mavx2"\n'
    lists = f"""{HEAD}
if(SECOND)
  set(name _more)
else()
  set(name _core)
endif()
file(CONFIGURE OUTPUT ${{name}}.c CONTENT "{MODULE.replace('"', chr(92) + '"').replace("_core", "@name@")}" @ONLY)
Python_add_library(${{name}} MODULE WITH_SOABI ${{CMAKE_CURRENT_BINARY_DIR}}/${{name}}.c)
install(TARGETS ${{name}} DESTINATION nav)
"""
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists}, tool=TAG + tables)
    built = native.build(project, fails=True)
    assert built.code == 6
    assert "target _more is compiled with -mavx2" in built.log
    assert "target _core" not in built.log


def test_flags_of_the_environment(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", {"CMakeLists.txt": GOOD}, tool=TAG)
    built = native.build(project, env={"CFLAGS": "-O2 -march=native"}, fails=True)
    assert built.code == 6
    assert "target _core is compiled with -march=native (CFLAGS of the environment), for the processor of" in built.log
    assert "help:  unset CFLAGS, which has it" in built.log
    native.build(project)


def test_a_wheel_for_this_machine_alone(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", FILES)
    assert "compiled with" not in native.build(project, env={"CFLAGS": "-march=native"}).log


def test_launcher_that_adds_options(native: Workshop, tmp_path: Path) -> None:
    """CMake tells of no word of its."""
    launcher = tmp_path / "launcher"
    launcher.write_text('#!/bin/sh\nexec "$@" -mavx2\n', "utf-8")
    launcher.chmod(0o755)
    project = native_project(tmp_path / "p", {"CMakeLists.txt": GOOD}, tool=TAG)
    built = native.build(project, env={"CMAKE_C_COMPILER_LAUNCHER": str(launcher)}, fails=True)
    assert built.code == 6
    assert f"target _core is compiled with -mavx2 (the launcher {launcher}), for newer processors" in built.log
