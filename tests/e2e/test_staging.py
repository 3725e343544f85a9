"""What CMake puts into the wheel while it builds and installs; natively, with a compiler of this machine."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from tests.support.native import CORE, GOOD, MODULE, native_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.crossbuild import Built, Workshop


def names(built: Built) -> set[str]:
    """The wheel's files, modules without their suffix."""
    modules = (".cpython-", ".abi3.")
    return {f"{name.partition('.')[0]}.so" if any(one in name for one in modules) else name for name in built.names}


USUAL = {"nav/__init__.py", "nav/_core.so"}
OUTSIDE = {
    "..": ("install(FILES notes.txt DESTINATION ..)", "puts notes.txt into ", "write install(FILES notes.txt DESTIN"),
    "share": ("install(FILES notes.txt DESTINATION ../share)", "(DESTINATION ../share)", "CMakeLists.txt:6"),
    "absolute": ("install(FILES notes.txt DESTINATION /usr/share/nav)", "into /usr/share/nav, outside", ":6"),
    "prefix": ("install(FILES notes.txt DESTINATION ${CMAKE_INSTALL_PREFIX}/../x)", "notes.txt into ", "of the wheel"),
    "folder": ("install(DIRECTORY src DESTINATION /opt)", "puts src into /opt", "FILES src DESTINATION nav)"),
    "target": (
        "install(TARGETS _core DESTINATION ../lib)", "(target _core)", "write install(TARGETS _core DESTINATION nav)",
    ),
    "program": (
        "install(PROGRAMS notes.txt TYPE BIN)\nset(CMAKE_INSTALL_SBINDIR /sbin)\ninstall(FILES core.c TYPE SBIN)",
        "puts core.c into /sbin", ":8",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_installed_outside(name: str, native: Workshop, tmp_path: Path) -> None:
    rule, *words = OUTSIDE[name]
    files = {"CMakeLists.txt": f"{GOOD}{rule}\n", "notes.txt": "x"}
    failed = native.build(native_project(tmp_path / "p", files), fails=True)
    assert failed.code == 5
    assert all(word in failed.log for word in words), failed.log
    assert "cmake --build" not in failed.log
    assert not [one for one in tmp_path.rglob("notes.txt") if one.parent != tmp_path / "p"]


def test_each_rule_is_named(native: Workshop, tmp_path: Path) -> None:
    rules = "install(FILES core.c DESTINATION ..)\ninstall(FILES core.c DESTINATION /opt)\n"
    failed = native.build(native_project(tmp_path / "p", {"CMakeLists.txt": GOOD + rules}), fails=True)
    assert [line for line in failed.log.splitlines() if "where:" in line] == [
        f"  where: {tmp_path}/p/CMakeLists.txt:6", f"  where: {tmp_path}/p/CMakeLists.txt:7",
    ]  # fmt: skip


INSIDE = {
    "top of the wheel": (
        '[tool.xconan.wheel]\ninstall_dir = "nav"\n',
        "install(FILES core.c DESTINATION ..)",
        "core.c",
    ),
    "data": ("", "install(FILES core.c DESTINATION ${SKBUILD_DATA_DIR}/share)", "nav-1.0.data/data/share/core.c"),
    "component": (
        '[tool.xconan.cmake]\ninstall_components = ["py"]\n',
        "install(FILES core.c DESTINATION /etc COMPONENT system)\ninstall(FILES core.c DESTINATION x COMPONENT py)",
        "x/core.c",
    ),
    "excluded": ("", "install(FILES core.c DESTINATION /etc EXCLUDE_FROM_ALL)", "nav/__init__.py"),
    "excluded target": ("", "install(TARGETS _core DESTINATION /etc EXCLUDE_FROM_ALL)", "nav/__init__.py"),
    "excluded script": (
        "",
        'install(CODE "file(INSTALL ${CMAKE_CURRENT_SOURCE_DIR}/core.c DESTINATION /etc)" EXCLUDE_FROM_ALL)',
        "nav/__init__.py",
    ),
    "excluded of several": (
        '[tool.xconan.cmake]\ninstall_components = ["", "py"]\n',
        "install(FILES core.c DESTINATION /etc EXCLUDE_FROM_ALL COMPONENT system)",
        "nav/__init__.py",
    ),
}


@pytest.mark.parametrize("name", INSIDE)
def test_what_is_installed_inside(name: str, native: Workshop, tmp_path: Path) -> None:
    tool, rule, expected = INSIDE[name]
    lists = GOOD.replace("DESTINATION nav", "DESTINATION nav COMPONENT py") if "component" in name else GOOD
    lists = lists.replace("DESTINATION nav", "DESTINATION .") if "top" in name else lists
    project = native_project(tmp_path / "p", {"CMakeLists.txt": f"{lists}{rule}\n"}, tool=tool)
    assert names(native.build(project)) == {*USUAL, expected}


PACKAGERS = {
    "DESTDIR": {"DESTDIR": "image"},
    "links": {"CMAKE_INSTALL_MODE": "ABS_SYMLINK"},
    "several configurations": {"CMAKE_GENERATOR": "Ninja Multi-Config"},
    "make": {"CMAKE_GENERATOR": "Unix Makefiles", "MAKEFLAGS": "-j2"},
    "python": {"PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error", "PYTHONSAFEPATH": "1", "PYTHONDEVMODE": "1"},
}


@pytest.mark.parametrize("name", PACKAGERS)
def test_the_environment_of_packagers(name: str, native: Workshop, tmp_path: Path) -> None:
    env = {key: str(tmp_path / value) if value == "image" else value for key, value in PACKAGERS[name].items()}
    built = native.build(native_project(tmp_path / "p", {}), env=env)
    assert names(built) == USUAL
    assert not (tmp_path / "image").exists()
    assert "--config Release" in built.log or "several" not in name


# --- what CMake writes into the wheel while it builds ----------------------------------------------------------------

WRITING = """\
file(WRITE ${SKBUILD_PLATLIB_DIR}/nav/configured.py "x = 1\\n")
add_custom_command(OUTPUT ${SKBUILD_PLATLIB_DIR}/nav/built.py DEPENDS core.c
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/core.c ${SKBUILD_PLATLIB_DIR}/nav/built.py)
add_custom_target(written ALL DEPENDS ${SKBUILD_PLATLIB_DIR}/nav/built.py)
add_custom_command(TARGET _core POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E touch ${SKBUILD_PLATLIB_DIR}/nav/linked.py)
"""
WRITTEN = {"nav/configured.py", "nav/built.py", "nav/linked.py"}


def test_what_is_written_while_building_is_in_the_wheel(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", {"CMakeLists.txt": GOOD + WRITING})
    assert names(native.build(project)) == USUAL | WRITTEN
    again = native.build(project)
    assert names(again) == USUAL | WRITTEN
    assert "unchanged: no input has changed" in again.log


@pytest.mark.parametrize("name", ["sysconfig.py", "sysconfig/__init__.py"])
def test_a_module_that_find_python_would_take_for_pythons_own(name: str, native: Workshop, tmp_path: Path) -> None:
    """Its `python -c` looks for modules where CMake runs; without an answer the module has a bare suffix."""
    project = native_project(tmp_path / "p", {name: "raise SystemExit('the project has its own')\n"})
    built = native.build(project)
    (module,) = (file for file in built.names if "_core." in file)
    assert module.startswith("nav/_core.cpython-")


def test_what_is_no_longer_installed_goes(native: Workshop, tmp_path: Path) -> None:
    more = "install(FILES core.c DESTINATION nav)\n"
    project = native_project(tmp_path / "p", {"CMakeLists.txt": GOOD + more})
    assert names(native.build(project)) == {*USUAL, "nav/core.c"}
    write(project / "CMakeLists.txt", GOOD)
    assert names(native.build(project)) == USUAL


def test_what_is_no_longer_written_goes(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", {"CMakeLists.txt": GOOD + WRITING})
    native.build(project)
    write(project / "CMakeLists.txt", GOOD + WRITING.replace("configured.py", "other.py"))
    assert names(native.build(project)) == {*USUAL, *WRITTEN, "nav/other.py"} - {"nav/configured.py"}


def test_a_failed_installation_leaves_nothing(native: Workshop, tmp_path: Path) -> None:
    failing = f'{GOOD}install(FILES core.c DESTINATION nav)\ninstall(CODE "message(FATAL_ERROR no)")\n'
    project = native_project(tmp_path / "p", {"CMakeLists.txt": failing + WRITING})
    assert native.build(project, fails=True).code == 5
    write(project / "CMakeLists.txt", GOOD + WRITING)
    assert names(native.build(project)) == USUAL | WRITTEN


def test_a_library_with_versions(native: Workshop, tmp_path: Path) -> None:
    """CMake installs it under three names; the wheel has it once, and the module finds it."""
    lists = f"""{CORE}
add_library(x SHARED x.c)
set_target_properties(x PROPERTIES VERSION 1.2.3 SOVERSION 1)
target_link_libraries(_core PRIVATE x)
set_target_properties(_core PROPERTIES INSTALL_RPATH $ORIGIN)
install(TARGETS x _core DESTINATION nav)
"""
    module = MODULE.replace("{ return", "{ extern int x(void); if (x() != 7) return NULL; return")
    files = {"CMakeLists.txt": lists, "core.c": module, "x.c": "int x(void) { return 7; }\n"}
    built = native.build(native_project(tmp_path / "p", files))
    assert names(built) == {*USUAL, "nav/libx.so.1"}
    assert "left out of the wheel: libx.so, libx.so.1.2.3; wheels have no links" in built.log
    with zipfile.ZipFile(built.wheel) as wheel:
        wheel.extractall(tmp_path / "site")
    subprocess.run([sys.executable, "-c", "import nav"], cwd=tmp_path / "site", check=True)
    opening = {**files, "src/nav/__init__.py": 'import ctypes\nfrom . import _core\nLIBRARY = "libx.so"\n'}
    built = native.build(native_project(tmp_path / "q", opening))
    assert names(built) == {*USUAL, "nav/libx.so", "nav/libx.so.1"}
    assert "nav/__init__.py opens libx.so, and nav/_core." in built.log
    assert "needs libx.so.1; open libx.so.1 alone and write NAMELINK_SKIP" in built.log
