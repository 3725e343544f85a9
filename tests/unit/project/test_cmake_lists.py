"""What is read of CMakeLists.txt before CMake has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xconan.project.cmake_lists import is_plain_c

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("project(demo LANGUAGES C)", True),
        ("project(demo C)", True),
        ("PROJECT( demo\n  C ASM\n)", True),
        ('project(demo VERSION 1.0 DESCRIPTION "in C" LANGUAGES C)', True),
        ("project(demo LANGUAGES C VERSION 1.0)", True),
        ("project(demo NONE)\nenable_language(C)", True),
        ("# project(demo)\n#[[ project(demo CXX) ]]\nproject(demo C) # and no CXX", True),
        ("project(demo)", False),
        ("project(demo VERSION 1.0)", False),
        ('project(demo DESCRIPTION "C")', False),
        ("project(demo C CXX)", False),
        ("project(demo LANGUAGES CXX C)", False),
        ("project(demo C)\nenable_language(CXX OPTIONAL)", False),
        ("project(demo C)\nif(WITH_CXX)\n  project(more)\nendif()", False),
        ("project(demo ${LANGUAGES})", False),
        ("project(demo NONE)", False),
        ("", False),
    ],
)
def test_plain_c(text: str, *, plain: bool, tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.20)\n{text}\n", "utf-8")
    assert is_plain_c(tmp_path) == plain


@pytest.mark.parametrize(
    ("text", "part", "plain"),
    [
        ("add_subdirectory(core)", "add_library(core STATIC core.c)", True),
        ("add_subdirectory(core)", "project(core C)\nadd_subdirectory(${CMAKE_SOURCE_DIR}/core)", True),
        ("add_subdirectory(core)", "project(core CXX)", False),
        ("add_subdirectory(core)", "project(core)", False),
        ('add_subdirectory("${CMAKE_CURRENT_SOURCE_DIR}/core" EXCLUDE_FROM_ALL)', "enable_language(CXX)", False),
        ("if(CORE)\n  add_subdirectory(core)\nendif()", "include(more.cmake)", False),
        ("add_subdirectory(elsewhere)", "", False),
        ("add_subdirectory(${CORE})", "", False),
        ("include(core/CMakeLists.txt)", "set(A 1)", True),
        ("include(core/CMakeLists.txt)", "enable_language(CXX)", False),
        ("include(core/part.cmake)", "", False),
        ("include(GNUInstallDirs)\ninclude(CheckCCompilerFlag)", "enable_language(CXX)", True),
        ("include(FetchContent)\nFetchContent_MakeAvailable(fmt)", "", False),
        ("include(${PARTS})", "", False),
        ("include(ExternalProject)\nExternalProject_Add(fmt)", "", False),
        ("# add_subdirectory(elsewhere)", "", True),
        ("add_subdirectory(core)", "add_subdirectory(../core)", True),
    ],
)
def test_plain_c_with_its_parts(text: str, part: str, *, plain: bool, tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core/CMakeLists.txt").write_text(part, "utf-8")
    (tmp_path / "CMakeLists.txt").write_text(f"project(demo C)\n{text}\n", "utf-8")
    assert is_plain_c(tmp_path) == plain


@pytest.mark.parametrize(("module", "plain"), [("set(A 1)", True), ("enable_language(CXX)", False)])
def test_a_module_of_the_projects_own(module: str, *, plain: bool, tmp_path: Path) -> None:
    (tmp_path / "cmake").mkdir()
    (tmp_path / "cmake/Core.cmake").write_text(module, "utf-8")
    (tmp_path / "CMakeLists.txt").write_text(
        "project(demo C)\nlist(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR}/cmake)\ninclude(Core)\n", "utf-8"
    )
    assert is_plain_c(tmp_path) == plain
