"""Which calls of CMakeLists.txt may look at what lies outside of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xconan.cmake.asked import asked_elsewhere

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = {
    "execute_process": "execute_process(COMMAND cat /etc/os-release OUTPUT_VARIABLE x)",
    "a second command": "execute_process(COMMAND git describe COMMAND sed s/v//)",
    "a shell": 'execute_process(COMMAND sh -c "echo $HOME")',
    "file(READ)": "file(READ /etc/hostname x)",
    "file(STRINGS) above": 'file(STRINGS "../version.txt" x)',
    "file(GLOB)": "file(GLOB x ${CMAKE_SOURCE_DIR}/../more/*.c)",
    "if(EXISTS)": "if(EXISTS /opt/board)\nendif()",
    "elseif(IS_DIRECTORY)": "if(A)\nelseif(IS_DIRECTORY $ENV{BOARD}/include)\nendif()",
    "find_program": "find_program(X tool HINTS /opt/bin)",
    "find_package": "find_package(Late CONFIG QUIET PATHS /opt/late)",
    "include": "include(/opt/late.cmake OPTIONAL)",
    "try_run": "try_run(A B ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/a.c)",
    "in capitals": "EXECUTE_PROCESS(COMMAND uname -a)",
}
INSIDE = {
    "git": "execute_process(COMMAND git describe --tags)",
    "Python": "execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir OUTPUT_VARIABLE d)",
    "a file of the project": "file(READ version.txt x)\nfile(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/a.txt y)",
    "written, not read": "file(WRITE /tmp/x y)",
    "a condition": "if(A STREQUAL /opt)\nendif()",
    "a package": "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)",
    "a comment": "# execute_process(COMMAND cat /etc/os-release)",
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_elsewhere(name: str, tmp_path: Path) -> None:
    file = tmp_path / "CMakeLists.txt"
    file.write_text(f"project(p)\n{ELSEWHERE[name]}\n", "utf-8")
    (reason,) = asked_elsewhere([file], tmp_path)
    assert " in CMakeLists.txt:2 may look" in reason or " in CMakeLists.txt:3 may look" in reason


@pytest.mark.parametrize("name", INSIDE)
def test_inside(name: str, tmp_path: Path) -> None:
    file = tmp_path / "CMakeLists.txt"
    file.write_text(f"project(p)\n{INSIDE[name]}\n", "utf-8")
    assert not list(asked_elsewhere([file], tmp_path))


def test_files_of_others(tmp_path: Path) -> None:
    """A package's own CMake files ask much of their own places."""
    file = tmp_path / "elsewhere" / "FindX.cmake"
    file.parent.mkdir()
    file.write_text(ELSEWHERE["execute_process"], "utf-8")
    assert not list(asked_elsewhere([file, tmp_path / "none.cmake"], tmp_path / "project"))
