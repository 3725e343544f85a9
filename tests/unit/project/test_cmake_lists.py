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
