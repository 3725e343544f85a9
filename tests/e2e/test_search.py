"""Where a project's own search leads in a cross-build: Conan's packages first, then what the project has itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.crossbuild import LZ4_REQUIRES, Workshop, plain_project, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host

LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
find_path(OWN_INCLUDE own.h HINTS ${CMAKE_SOURCE_DIR}/extern/own/include REQUIRED)
find_path(LZ4_INCLUDE lz4.h REQUIRED)
find_library(LZ4_LIBRARY lz4 REQUIRED)
Python_add_library(plain MODULE WITH_SOABI plain.c)
target_include_directories(plain PRIVATE ${OWN_INCLUDE})
target_link_libraries(plain PRIVATE PkgConfig::LZ4)
install(TARGETS plain LIBRARY DESTINATION .)
message(STATUS "found: ${LZ4_INCLUDE} ${LZ4_LIBRARY}")
"""
WRONG = "#error not this one\n"


def test_what_is_found(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Under search modes ONLY, with a root that has the library of Conan's as well, and the variables of an SDK."""
    target, root = host("aarch64"), tmp_path / "root"
    write(root / "usr/include/lz4.h", WRONG)
    write(root / "usr/lib/liblz4.a", "")
    write(root / "usr/lib/pkgconfig/liblz4.pc", "Name: liblz4\nDescription: x\nVersion: 0.1\nCflags: -I/usr/include\n")
    toolchain = target.toolchain(tmp_path)
    with toolchain.open("a", encoding="utf-8") as stream:
        stream.write(f'list(APPEND CMAKE_FIND_ROOT_PATH "{root}")\nset(ENV{{PKG_CONFIG_SYSROOT_DIR}} "{root}")\n')
        stream.write(f'set(ENV{{PKG_CONFIG_LIBDIR}} "{root}/usr/lib/pkgconfig")\n')
    project = plain_project(tmp_path / "project", LISTS, pyproject=LZ4_REQUIRES)
    write(project / "extern/own/include/own.h", "#include <lz4.h>\n")
    source = (project / "plain.c").read_text("utf-8")
    write(
        project / "plain.c", f"#include <own.h>\nint version_of_lz4(void) {{ return LZ4_versionNumber(); }}\n{source}"
    )
    write(tmp_path / "native/liblz4.pc", "Name: liblz4\nDescription: x\nVersion: 0.2\nCflags: -I/native\n")
    cross = target.cross(tmp_path, toolchain=toolchain)
    built = workshop.build(project, cross, env={"PKG_CONFIG_PATH": str(tmp_path / "native")})
    (found,) = (line for line in built.log.splitlines() if "found: " in line)
    assert str(root) not in found
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(8, 11)"
