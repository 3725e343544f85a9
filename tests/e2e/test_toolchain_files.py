"""Toolchain files as people write them, as the documentation shows them, and older CMake."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_projects import INSTALL
from tests.e2e.test_projects import LISTS as PROJECT_LISTS
from tests.support.compare import assert_says
from tests.support.crossbuild import plain_project, write
from tests.support.needs import missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.crossbuild import Host, Workshop

LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 CONFIG REQUIRED)
find_package(lz4 CONFIG REQUIRED)
pybind11_add_module(plain NO_EXTRAS plain_cpp.cpp)
target_link_libraries(plain PRIVATE lz4::lz4)
install(TARGETS plain LIBRARY DESTINATION .)
"""
REQUIRES = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'

# After "A closer look at the CMake toolchain files" of py-build-cmake's documentation.
PLATFORM = """\
set(CMAKE_SYSTEM_NAME "Linux")
set(CMAKE_SYSTEM_PROCESSOR "{arch}")
set(CROSS_GNU_TRIPLE "{triple}"
    CACHE STRING "The GNU triple of the toolchain to use")
set(CMAKE_LIBRARY_ARCHITECTURE "{triple}")
set(CMAKE_C_FLAGS_INIT       "-O1 -DFROM_FILE=1")
set(CMAKE_CXX_FLAGS_INIT     "-O1 -DFROM_FILE=1")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "{debian}")
set(CMAKE_C_COMPILER "${{CROSS_GNU_TRIPLE}}-gcc"
    CACHE FILEPATH "C compiler")
set(CMAKE_CXX_COMPILER "${{CROSS_GNU_TRIPLE}}-g++"
    CACHE FILEPATH "C++ compiler")
"""
PYTHON = """\
include("${CMAKE_CURRENT_LIST_DIR}/platform.toolchain.cmake")
set(TOOLCHAIN_PYTHON_VERSION "3" CACHE STRING "Python version to locate")
option(TOOLCHAIN_NO_FIND_PYTHON "Do not set the FindPython hints" Off)
option(TOOLCHAIN_NO_FIND_PYTHON3 "Do not set the FindPython3 hints" Off)
set(TOOLCHAIN_PYTHON_ROOT "${CMAKE_CURRENT_LIST_DIR}/python${TOOLCHAIN_PYTHON_VERSION}")
list(APPEND CMAKE_FIND_ROOT_PATH "${TOOLCHAIN_PYTHON_ROOT}")
function(toolchain_locate_python)
    set(TOOLCHAIN_PYTHON_ROOT_DIR "${TOOLCHAIN_PYTHON_ROOT}/usr" PARENT_SCOPE)
    set(name "python${TOOLCHAIN_PYTHON_VERSION}")
    set(TOOLCHAIN_PYTHON_INCLUDE_DIR "${TOOLCHAIN_PYTHON_ROOT}/usr/include/${name}" PARENT_SCOPE)
    file(GLOB library "${TOOLCHAIN_PYTHON_ROOT}/usr/lib/*/lib${name}.so")
    # a project that CMake configures to try the compiler is not told the version
    if(NOT library AND NOT TOOLCHAIN_PYTHON_VERSION STREQUAL "3")
        message(FATAL_ERROR "no library of ${name} in ${TOOLCHAIN_PYTHON_ROOT}")
    endif()
    set(TOOLCHAIN_PYTHON_LIBRARY "${library}" PARENT_SCOPE)
    set(PYTHON_MODULE_EXTENSION ".cpython-311-${CMAKE_LIBRARY_ARCHITECTURE}.so" PARENT_SCOPE)
endfunction()
if (NOT TOOLCHAIN_NO_FIND_PYTHON OR NOT TOOLCHAIN_NO_FIND_PYTHON3)
    toolchain_locate_python()
    if (NOT TOOLCHAIN_NO_FIND_PYTHON)
        set(Python_ROOT_DIR ${TOOLCHAIN_PYTHON_ROOT_DIR} CACHE PATH "" FORCE)
        set(Python_LIBRARY ${TOOLCHAIN_PYTHON_LIBRARY} CACHE FILEPATH "" FORCE)
        set(Python_INCLUDE_DIR ${TOOLCHAIN_PYTHON_INCLUDE_DIR} CACHE PATH "" FORCE)
        set(Python_INTERPRETER_ID "Python" CACHE STRING "" FORCE)
    endif()
    if (NOT TOOLCHAIN_NO_FIND_PYTHON3)
        set(Python3_ROOT_DIR ${TOOLCHAIN_PYTHON_ROOT_DIR} CACHE PATH "" FORCE)
        set(Python3_LIBRARY ${TOOLCHAIN_PYTHON_LIBRARY} CACHE FILEPATH "" FORCE)
        set(Python3_INCLUDE_DIR ${TOOLCHAIN_PYTHON_INCLUDE_DIR} CACHE PATH "" FORCE)
        set(Python3_INTERPRETER_ID "Python" CACHE STRING "" FORCE)
    endif()
    set(PYTHON_MODULE_DEBUG_POSTFIX "" CACHE INTERNAL "")
    set(PYTHON_MODULE_EXTENSION ${PYTHON_MODULE_EXTENSION} CACHE INTERNAL "")
    set(PYTHON_IS_DEBUG 0 CACHE INTERNAL "")
    set(NB_SUFFIX ${PYTHON_MODULE_EXTENSION} CACHE INTERNAL "")
    set(NB_SUFFIX_S ".abi3.so" CACHE INTERNAL "")
endif()
"""


def documented_toolchain(target: Host, folder: Path) -> Path:
    """Write the two files of the documentation, with the host's Python where they expect it."""
    words = {"arch": target.arch, "triple": target.triple, "debian": target.python.architecture}
    write(folder / "platform.toolchain.cmake", PLATFORM.format(**words))
    (folder / "python3.11").symlink_to(target.python.root)
    return write(folder / "python.toolchain.cmake", PYTHON)


def test_documented_toolchain_file(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Python from the toolchain file's hints alone, its version chosen by an option; flags reach all compilers."""
    target = host("armv7l")
    flags = 'if(NOT CMAKE_CXX_FLAGS MATCHES "FROM_FILE")\n  message(FATAL_ERROR "${CMAKE_CXX_FLAGS}")\nendif()\n'
    project = plain_project(tmp_path / "project", LISTS + flags, pyproject=REQUIRES)
    toolchain = documented_toolchain(target, tmp_path / "toolchains")
    option = "[cmake.options]\nTOOLCHAIN_PYTHON_VERSION = '3.11'\n"
    cross = target.cross(tmp_path, toolchain=toolchain, headers=False, extra=option, platform="manylinux_2_36")
    built = workshop.build(project, cross)
    assert built.wheel.name == f"plain-1.0-cp311-cp311-manylinux_2_36_{target.arch}.whl"
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(4, 11)"


def test_plain_hints_of_the_toolchain_file(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Debian's headers named without CACHE, and this machine's Python: they hide nothing of what the host's is."""
    target = host("armv7l")
    names = ("Python", "Python3")
    hints = [f'set({name}_INCLUDE_DIR "{target.python.root}/usr/include/python3.11")' for name in names]
    hints += [f'set({name}_EXECUTABLE "{sys.executable}")' for name in (*names, "PYTHON")]
    toolchain = target.toolchain(tmp_path, extra="\n".join([*hints, 'set(PYTHON_MODULE_EXTENSION ".so")']))
    says = """
execute_process(COMMAND "${Python_EXECUTABLE}" -c "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))"
                OUTPUT_VARIABLE suffix OUTPUT_STRIP_TRAILING_WHITESPACE)
message(STATUS "suffix=${suffix} by=${PYTHON_MODULE_EXTENSION}")
"""
    project = plain_project(tmp_path / "project", LISTS + says, pyproject=REQUIRES)
    built = workshop.build(project, target.cross(tmp_path, toolchain=toolchain, headers=False))
    assert_says(built.log, f"suffix={target.suffix} by={target.suffix}")
    assert built.names == [f"plain{target.suffix}"]


def profile(workshop: Workshop, cross: Path, env: dict[str, str] | None = None) -> str:
    """The profile for a cross.toml, and the scripts that are its compilers."""
    command = [sys.executable, "-m", "xconan", "profile", str(cross)]
    done = subprocess.run(
        command,
        env={**workshop.environment, **(env or {})},
        cwd=cross.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    scripts = sorted({*re.findall(rf'"({re.escape(str(workshop.cache))}/compilers/[^"]+)"', done.stdout)})
    return "\n".join([done.stdout, *(Path(script).read_text("utf-8") for script in scripts)])


def test_flags_of_a_cross_toml_come_after_the_toolchains(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """In the scripts for Autotools, Make and Meson as in a build by CMake, of compilers and linkers."""
    target = host("armv7l")
    own = 'set(CMAKE_C_FLAGS_INIT "-DBOARD=3 -fshort-enums")\nset(CMAKE_SHARED_LINKER_FLAGS_INIT "-Wl,-z,now")\n'
    place = 'if(NOT EXISTS "${CMAKE_TOOLCHAIN_FILE}.here")\n  message(FATAL_ERROR "${CMAKE_TOOLCHAIN_FILE}")\nendif()\n'
    toolchain = target.toolchain(tmp_path, extra=own + place)
    write(Path(f"{toolchain}.here"), "")
    options = "CMAKE_C_FLAGS = '-Wall'\nCMAKE_SHARED_LINKER_FLAGS = '-Wl,--as-needed'\n"
    cross = target.cross(tmp_path, toolchain=toolchain, extra=f"[cmake.options]\n{options}")
    said = profile(workshop, cross)
    assert_says(said, " -DBOARD=3 -fshort-enums -Wall", " -Wl,-z,now -Wl,--as-needed")
    lists = """
if(NOT CMAKE_C_FLAGS STREQUAL "-DBOARD=3 -fshort-enums -Wall")
  message(FATAL_ERROR "${CMAKE_C_FLAGS}")
endif()
"""
    project = plain_project(tmp_path / "project", PROJECT_LISTS["python3"] + INSTALL + lists)
    workshop.build(project, cross)


def test_flags_of_a_configuration_come_after_the_toolchains(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """CMAKE_C_FLAGS_RELEASE of a project would wipe what the toolchain file says for that configuration."""
    target = host("armv7l")
    own = 'string(APPEND CMAKE_C_FLAGS_RELEASE_INIT " -DBOARD=3")\n'
    toolchain = target.toolchain(tmp_path, extra=own)
    lists = 'enable_language(CXX)\nmessage(STATUS "flags=[${CMAKE_C_FLAGS_RELEASE}]")\n'
    options = '[tool.xconan.cmake.options]\nCMAKE_C_FLAGS_RELEASE = "-O2 -DFAST"\n'
    project = plain_project(tmp_path / "project", PROJECT_LISTS["python3"] + INSTALL + lists, pyproject=options)
    cross = target.cross(tmp_path, toolchain=toolchain)
    assert_says(workshop.build(project, cross).log, "flags=[-DBOARD=3 -O2 -DFAST]")
    with (project / "CMakeLists.txt").open("a", encoding="utf-8") as stream:
        stream.write("# configures again\n")
    assert_says(workshop.build(project, cross).log, "flags=[-DBOARD=3 -O2 -DFAST]")
    extra = "[cmake.options]\nCMAKE_C_FLAGS_RELEASE = '-O2 -DFAST'\n"
    said = profile(workshop, target.cross(tmp_path, toolchain=toolchain, extra=extra))
    assert_says(said, " -DBOARD=3 -DFAST", lacks=["NDEBUG"])


def test_what_a_toolchain_file_looks_at_is_looked_at_again(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """Files that it takes where they are there, and variables of the environment by names that it makes."""
    target = host("armv7l")
    parts = """\
file(GLOB parts "${CMAKE_CURRENT_LIST_FILE}.d/*.cmake")
foreach(part IN LISTS parts)
  include("${part}")
endforeach()
"""
    toolchain = target.toolchain(tmp_path, extra=parts)
    shown = 'message(STATUS "flags=[${CMAKE_C_FLAGS}]")\n'
    project = plain_project(tmp_path / "project", PROJECT_LISTS["python3"] + INSTALL + shown)
    cross = target.cross(tmp_path, toolchain=toolchain)
    assert_says(workshop.build(project, cross).log, "flags=[]")
    write(tmp_path / f"{toolchain.name}.d/board.cmake", 'set(CMAKE_C_FLAGS_INIT "-DBOARD=1")\n')
    assert_says(workshop.build(project, cross).log, "flags=[-DBOARD=1]")
    made = 'set(name BOARD)\nset(CMAKE_C_FLAGS_INIT "-DBOARD=$ENV{${name}}")\n'
    write(tmp_path / f"{toolchain.name}.d/board.cmake", made)
    for board in ("2", "3"):
        assert_says(workshop.build(project, cross, env={"BOARD": board}).log, f"flags=[-DBOARD={board}]")


def test_wrong_option_of_the_toolchain_file(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("armv7l")
    project = plain_project(tmp_path / "project", LISTS, pyproject=REQUIRES)
    toolchain = documented_toolchain(target, tmp_path / "toolchains")
    option = "[cmake.options]\nTOOLCHAIN_PYTHON_VERSION = '3.10'\n"
    cross = target.cross(tmp_path, toolchain=toolchain, headers=False, extra=option)
    built = workshop.build(project, cross, fails=True)
    built.assert_ended(3, "no library of python3.10", str(toolchain))


@pytest.mark.parametrize("program", ["ONLY", "BOTH", "NEVER"])
@pytest.mark.parametrize("root", ["none", "empty-folder", "host"])
def test_search_modes(program: str, root: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Modes ONLY for everything, programs included; with a root of the user's own and without."""
    target = host("armv7l")
    roots = {"none": "", "empty-folder": str(tmp_path / "sysroot"), "host": str(target.python.root)}
    (tmp_path / "sysroot").mkdir()
    extra = f'list(APPEND CMAKE_FIND_ROOT_PATH "{roots[root]}")' if roots[root] else ""
    project = plain_project(tmp_path / "project", LISTS, pyproject=REQUIRES)
    toolchain = target.toolchain(tmp_path, extra=extra, program=program)
    built = workshop.build(project, target.cross(tmp_path, toolchain=toolchain, headers=root != "host"))
    assert built.names == [f"plain{target.suffix}"]


def test_first_library_built_with_programs_hidden(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """A recipe of Autotools and one of CMake, built with modes that hide this machine's make and ninja."""
    target = host("armv7l")
    lists = LISTS.replace("find_package(lz4 ", "find_package(libffi CONFIG REQUIRED)\nfind_package(lz4 ")
    requires = '[tool.xconan.conan]\nrequires = ["lz4/1.10.0", "libffi/3.4.4"]\n'
    project = plain_project(tmp_path / "project", lists, pyproject=requires)
    flags = 'set(CMAKE_C_FLAGS_INIT "-DHIDDEN=1")\nset(CMAKE_CXX_FLAGS_INIT "-DHIDDEN=1")\n'
    roots = 'list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_CURRENT_LIST_DIR}/sysroot")\n'
    toolchain = target.toolchain(tmp_path, extra=flags + roots, program="ONLY")
    built = workshop.build(project, target.cross(tmp_path, toolchain=toolchain))
    assert built.names == [f"plain{target.suffix}"]
    scripts = [path.read_text("utf-8") for path in (workshop.cache / "compilers").rglob("*") if path.is_file()]
    assert any("-DHIDDEN=1" in script for script in scripts)  # which is what every recipe is given as compiler
    assert_says(built.log, str(workshop.cache / "compilers"))


@dataclass(frozen=True)
class OlderCMake:
    """A Python environment without CMake, and the PATH and version of the system's own."""

    python: Path
    path: str
    version: str


@pytest.fixture(scope="session")
def older_cmake(tmp_path_factory: pytest.TempPathFactory) -> OlderCMake:
    """The system's CMake 3, for an environment that has none of its own."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    own = {str(Path(sys.prefix, "bin")), str(Path(sys.executable).parent)}
    path = os.pathsep.join(folder for folder in folders if folder not in own)
    cmake = shutil.which("cmake", path=path)
    said = subprocess.run([cmake, "--version"], check=True, capture_output=True, text=True).stdout if cmake else ""
    if not said.startswith("cmake version 3."):
        missing("a CMake 3 on PATH (Debian 12's package cmake)")
    python = _environment_without_programs(tmp_path_factory.mktemp("older") / "venv")
    return OlderCMake(python, path, said.split()[2])


def test_older_cmake(older_cmake: OlderCMake, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("armv7l")
    lists = LISTS + 'message(STATUS "is ${CMAKE_VERSION}.")\n'
    project = plain_project(tmp_path / "project", lists, pyproject=REQUIRES)
    cross = target.cross(tmp_path)
    built = workshop.build(project, cross, python=older_cmake.python, env={"PATH": older_cmake.path})
    assert_says(built.log, f"is {older_cmake.version}.")
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(4, 11)"


@pytest.mark.parametrize("name", [name for name in PROJECT_LISTS if not name.startswith("nanobind")])
def test_older_cmake_names_the_module(
    name: str, older_cmake: OlderCMake, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    """FindPython of CMake 3.25 forgets the suffix in a cross-build; the wheel has it all the same."""
    target = host("armv7l")
    project = plain_project(tmp_path / "project", PROJECT_LISTS[name] + INSTALL)
    cross = target.cross(tmp_path)
    built = workshop.build(project, cross, python=older_cmake.python, env={"PATH": older_cmake.path})
    assert built.names == [f"plain{target.suffix}"]


def _environment_without_programs(folder: Path) -> Path:
    """Make a virtual environment with the packages of this one, but not its programs; return its Python."""
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    site = next(folder.glob("lib/python*/site-packages"))
    write(site / "parent.pth", f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return python


def test_folders_that_packages_offer_to_cmake(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """A package of the build environment with entry points cmake.prefix, cmake.module and cmake.root."""
    python = _environment_without_programs(tmp_path / "venv")
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    _offer(site)
    lists = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(ByPrefix CONFIG REQUIRED)
find_package(ByRoot REQUIRED)
include(ByModule)
if(NOT (by_prefix AND by_root AND by_module))
  message(FATAL_ERROR "${by_prefix}, ${by_root}, ${by_module}")
endif()
Python_add_library(plain MODULE WITH_SOABI plain.c)
target_link_libraries(plain PRIVATE ByPrefix::headers)
install(TARGETS plain LIBRARY DESTINATION .)
"""
    target = host("armv7l")
    project = plain_project(tmp_path / "project", lists)
    source = project / "plain.c"
    source.write_text("#include <offered.h>\nint use(void) { return OFFERED; }\n" + source.read_text("utf-8"), "utf-8")
    built = workshop.build(project, target.cross(tmp_path), python=python, env={"PATH": _path_with_tools()})
    assert built.names == [f"plain{target.suffix}"]


def _path_with_tools() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _offer(site: Path) -> None:
    """Install a distribution that brings headers and CMake files."""
    target = (
        "add_library(ByPrefix::headers INTERFACE IMPORTED)\n"
        'target_include_directories(ByPrefix::headers INTERFACE "${CMAKE_CURRENT_LIST_DIR}")\n'
    )
    write(site / "offers/__init__.py", "")
    write(site / "offers/prefix/ByPrefixConfig.cmake", "set(by_prefix ON)\n" + target)
    write(site / "offers/prefix/offered.h", "#define OFFERED 1\n")
    write(site / "offers/root/share/cmake/ByRoot/ByRootConfig.cmake", "set(by_root ON)\n")
    write(site / "offers/module/ByModule.cmake", "set(by_module ON)\n")
    info = site / "offers-1.0.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: offers\nVersion: 1.0\n")
    points = (
        "[cmake.prefix]\nany = offers.prefix\n[cmake.module]\nany = offers.module\n[cmake.root]\nByRoot = offers.root\n"
    )
    write(info / "entry_points.txt", points)
    files = [path.relative_to(site).as_posix() for path in (site / "offers").rglob("*") if path.is_file()]
    write(info / "RECORD", "".join(f"{name},,\n" for name in files))
