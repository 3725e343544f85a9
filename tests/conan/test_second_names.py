"""find_package() by both names that a recipe declares, and pkg-config for requirements of pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.needs import need_program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

NAMED = tiny_recipe(number=7).replace(
    "        self.cpp_info.libs = []\n",
    """\
        self.cpp_info.libs = []
        for name, value in {"find_mode": "both", "file_name": "tiny", "target_name": "tiny::tiny",
                            "module_file_name": "EXPAT", "module_target_name": "EXPAT::EXPAT"}.items():
            self.cpp_info.set_property(f"cmake_{name}", value)
""",
)
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(demo LANGUAGES C)
{}
add_library(demo MODULE demo.c)
{}
set_target_properties(demo PROPERTIES PREFIX "")
install(TARGETS demo DESTINATION .)
if(EXPAT_FOUND)
  set(EXPAT_FOUND TRUE)
endif()
file(WRITE "${{CMAKE_BINARY_DIR}}/seen.txt" "${{EXPAT_FOUND}} ${{EXPAT_VERSION_STRING}}\\n")
"""
LINK = "target_link_libraries(demo PRIVATE {})"


@pytest.mark.parametrize(
    ("find", "link"),
    [
        ("find_package(tiny REQUIRED)", LINK.format("tiny::tiny")),
        ("find_package(EXPAT REQUIRED)", LINK.format("EXPAT::EXPAT")),
        ("find_package(EXPAT 1.0 REQUIRED)", LINK.format("tiny::tiny")),
        ("find_package(EXPAT 1.0 MODULE REQUIRED)", LINK.format("EXPAT::EXPAT")),
        ("find_package(EXPAT MODULE REQUIRED)", "target_include_directories(demo PRIVATE ${EXPAT_INCLUDE_DIRS})"),
        ("find_package(EXPAT REQUIRED CONFIG)\nfind_package(tiny REQUIRED)", LINK.format("${EXPAT_LIBRARIES}")),
    ],
)
def test_both_names(find: str, link: str, demo: Demo, home: Path, tmp_path: Path) -> None:
    """Never what a module of CMake's finds by itself."""
    export(home, NAMED, tmp_path / "named")
    demo.write("pyproject.toml", f'{BASE}[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    demo.write("CMakeLists.txt", LISTS.format(find, link))
    seen = demo.build()
    assert seen == (["TRUE 1.0"] if "EXPAT" in find else [" "])


def test_versions_count_by_both_names(demo: Demo, home: Path, tmp_path: Path) -> None:
    export(home, NAMED, tmp_path / "named")
    demo.write("pyproject.toml", f'{BASE}[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    demo.write("CMakeLists.txt", LISTS.format("find_package(EXPAT 9.0 QUIET)", ""))
    demo.write("demo.c", "int demo(void) { return 0; }\n")
    assert demo.build()[0].split()[:1] != ["TRUE"]


def test_pkg_config(demo: Demo) -> None:
    need_program("pkg-config")
    demo.write("pyproject.toml", f'{BASE}[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    find = "find_package(PkgConfig REQUIRED)\npkg_check_modules(TINY REQUIRED IMPORTED_TARGET tiny)"
    demo.write("CMakeLists.txt", LISTS.format(find, LINK.format("PkgConfig::TINY")))
    demo.build()
