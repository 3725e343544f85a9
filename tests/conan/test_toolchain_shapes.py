"""Toolchain files as SDKs and projects ship them: the script that Autotools, Make and Meson call is what CMake calls.

For each, a source is compiled by CMake with the toolchain file, and by the script as plain Make does, and both objects
are compared: machine, attributes of the processor, and what the source saw of definitions and of the board's header.
"""

# ruff: noqa: E501, ISC004 - a table of files

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.needs import missing, need_program
from xconan.build_machine.tools import find_tool
from xconan.ground.run import capture
from xconan.host.platforms import parse_platform
from xconan.toolchains.inputs import Inputs
from xconan.toolchains.probe import probe
from xconan.toolchains.scripts import with_scripts

if TYPE_CHECKING:
    from pathlib import Path

GCC = "set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)\nset(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)\n"
ARM = "set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)\nset(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)\n"
CLANG = "set(CMAKE_C_COMPILER clang)\nset(CMAKE_CXX_COMPILER clang++)\n"
TARGET = "set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)\nset(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)\n"
HERE = "${CMAKE_CURRENT_LIST_DIR}"


def launched(launcher: str, number: int) -> str:
    """Lines by which CMake takes a launcher for the compiler, and the compiler for its first argument."""
    both = {"C": "gcc", "CXX": "g++"}.items()
    lines = [
        f"set(CMAKE_{one}_COMPILER {launcher})\nset(CMAKE_{one}_COMPILER_ARG1 aarch64-linux-gnu-{name})\n"
        for one, name in both
    ]
    return "".join([*lines, f"add_compile_options(-I{HERE}/board -DBOARD={number})\n"])


# name -> the file's lines after system and processor, and variables of the environment
SHAPES: dict[str, tuple[str, dict[str, str]]] = {
    "crosstool-ng": (GCC + f'set(CMAKE_C_FLAGS_INIT "-isystem {HERE}/board -DBOARD=1")\n', {}),
    "musl-cross, flags in the cache": (GCC + f'set(CMAKE_C_FLAGS "-I{HERE}/board -DBOARD=2" CACHE STRING "")\n', {}),
    "yocto, flags of the environment": (
        GCC + 'set(CMAKE_C_FLAGS "$ENV{CFLAGS}" CACHE STRING "" FORCE)\n', {"CFLAGS": "-I@/board -DBOARD=3"}),
    "yocto, the compiler of the environment": ("", {"CC": "aarch64-linux-gnu-gcc -DBOARD=4 -I@/board", "CXX": "aarch64-linux-gnu-g++"}),
    "buildroot, ccache and a compiler": (
        "set(CMAKE_C_COMPILER ccache)\nset(CMAKE_CXX_COMPILER ccache)\nset(CMAKE_C_COMPILER_ARG1 aarch64-linux-gnu-gcc)\n"
        f"set(CMAKE_CXX_COMPILER_ARG1 aarch64-linux-gnu-g++)\nadd_compile_options(-I{HERE}/board -DBOARD=5)\n", {}),
    "a list of launcher and compiler": (
        'set(CMAKE_C_COMPILER "ccache;aarch64-linux-gnu-gcc")\nset(CMAKE_CXX_COMPILER "ccache;aarch64-linux-gnu-g++")\n'
        f"add_compile_options(-I{HERE}/board -DBOARD=6)\n", {}),
    "a launcher": (GCC + f"set(CMAKE_C_COMPILER_LAUNCHER ccache)\nadd_compile_options(-I{HERE}/board -DBOARD=7)\n", {}),
    "clang with a target": (CLANG + TARGET + f"add_compile_options(-I{HERE}/board -DBOARD=8)\n", {}),
    "clang with a target in flags": (
        CLANG + f'set(CMAKE_C_FLAGS_INIT "--target=aarch64-linux-gnu -I{HERE}/board -DBOARD=9")\n'
        'set(CMAKE_CXX_FLAGS_INIT "--target=aarch64-linux-gnu")\n', {}),
    "ndk style, chosen by a variable": (
        "if(NOT ABI)\n set(ABI arm64)\nendif()\n" + CLANG + TARGET + f'string(APPEND CMAKE_C_FLAGS_INIT " -fPIC -ffunction-sections")\n'
        f"include_directories(SYSTEM {HERE}/board)\nadd_definitions(-DBOARD=10)\n", {}),
    "vcpkg, chained": (f"include({HERE}/chained.cmake)\nadd_compile_definitions(BOARD=11)\n", {}),
    "armv6": (ARM + f'set(CMAKE_C_FLAGS_INIT "-march=armv6+fp -marm -mfloat-abi=hard -I{HERE}/board -DBOARD=12")\n', {}),
    "neon": (ARM + f"add_compile_options(-mcpu=cortex-a9 -mfpu=neon -I{HERE}/board -DBOARD=13)\n", {}),
    "thumb, by configuration": (
        ARM + f'set(CMAKE_C_FLAGS_RELEASE_INIT "-mthumb -DBOARD=14")\ninclude_directories({HERE}/board)\n', {}),
    "generator expressions": (
        GCC + f'add_compile_options("$<$<COMPILE_LANGUAGE:C>:-DBOARD=15>" "$<$<CONFIG:Release>:-I{HERE}/board>")\n', {}),
    "standard include directories": (
        GCC + f"set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES {HERE}/board)\nadd_compile_definitions(BOARD=16)\n", {}),
    "a board that must be named": (
        'if(NOT DEFINED ENV{BOARD_ROOT})\n message(FATAL_ERROR "BOARD_ROOT")\nendif()\n' + GCC
        + "add_compile_options(-I$ENV{BOARD_ROOT}/board -DBOARD=17)\n", {"BOARD_ROOT": "@"}),
    "its own place": (
        'list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CMAKE_TOOLCHAIN_FILE)\n'
        'get_filename_component(here "${CMAKE_TOOLCHAIN_FILE}" DIRECTORY)\n' + GCC
        + "add_compile_options(-I${here}/board -DBOARD=18)\n", {}),
    "a quoted definition": (GCC + f'add_compile_options(-I{HERE}/board)\nadd_compile_definitions(BOARD=19 NAME="a b")\n', {}),
    "a forced header": (GCC + f'set(CMAKE_C_FLAGS_INIT "-include {HERE}/board/board.h -I{HERE}/board -DBOARD=20")\n', {}),
    "a compiler with a version": (GCC.replace("gcc)", "gcc-12)").replace("g++)", "g++-12)") + f"add_compile_options(-I{HERE}/board -DBOARD=21)\n", {}),
    "distcc and a compiler": (launched("distcc", 22), {"DISTCC_HOSTS": "localhost", "DISTCC_LOG": "@/log"}),
    "icecc and a compiler": (launched("icecc", 23), {"ICECC_LOGFILE": "@/log"}),
    "sccache and a compiler": (launched("sccache", 24), {"SCCACHE_DIR": "@/s", "SCCACHE_IDLE_TIMEOUT": "5", "SCCACHE_SERVER_PORT": "42247"}),
    "launcher and compiler of the environment": (
        f"add_compile_options(-I{HERE}/board -DBOARD=25)\n", {"CC": "ccache aarch64-linux-gnu-gcc", "CXX": "ccache aarch64-linux-gnu-g++"}),
    "a board that CPUs are read from": (
        ARM + f"file(STRINGS {HERE}/cpu.txt cpu)\nadd_compile_options(-mcpu=${{cpu}} -I{HERE}/board -DBOARD=26)\n", {}),
    "target by the short option": (
        CLANG + f'set(CMAKE_C_FLAGS_INIT "-target aarch64-linux-gnu -I{HERE}/board -DBOARD=27")\n'
        'set(CMAKE_CXX_FLAGS_INIT "-target aarch64-linux-gnu")\n', {}),
    "position-independent by the file": (
        GCC + f"set(CMAKE_POSITION_INDEPENDENT_CODE ON)\nadd_compile_options(-I{HERE}/board -DBOARD=28)\n", {}),
    "a folder of the board that is searched after the others": (
        GCC + f'set(CMAKE_C_FLAGS_INIT "-idirafter {HERE}/board -DBOARD=29")\n', {}),
    "options of a property": (
        GCC + f'set_property(DIRECTORY APPEND PROPERTY COMPILE_OPTIONS "-iquote" "{HERE}/board" -DBOARD=30)\n', {}),
    "words of a shell": (GCC + f'add_compile_options("SHELL:-I {HERE}/board" "SHELL:-D BOARD=31")\n', {}),
    "yocto, parts beside the file": (
        'set(CMAKE_SYSTEM_PROCESSOR $ENV{OECORE_TARGET_ARCH})\nset(CMAKE_FIND_ROOT_PATH $ENV{SDKTARGETSYSROOT})\n'
        f'file(GLOB parts "{HERE}/parts/*.cmake")\nforeach(part ${{parts}})\n include(${{part}})\nendforeach()\n',
        {"CC": "aarch64-linux-gnu-gcc -mcpu=cortex-a72+crc -fstack-protector-strong -D_FORTIFY_SOURCE=2 -I@/board", "CXX": "aarch64-linux-gnu-g++", "OECORE_TARGET_ARCH": "aarch64", "SDKTARGETSYSROOT": "@/root"}),
    "buildroot, flags in the cache": (
        GCC + f'set(CMAKE_SYSTEM_VERSION 1)\nset(CMAKE_C_FLAGS "-D_LARGEFILE_SOURCE -mcpu=cortex-a53 -I{HERE}/board -DBOARD=33" CACHE STRING "Buildroot CFLAGS")\n'
        'set(CMAKE_C_FLAGS_DEBUG "" CACHE STRING "")\nset(CMAKE_C_FLAGS_RELEASE " -DNDEBUG" CACHE STRING "")\n'
        'set(CMAKE_BUILD_TYPE Release CACHE STRING "")\nset(CMAKE_INSTALL_SO_NO_EXE 0)\nset(ENV{PKG_CONFIG_SYSROOT_DIR} /nowhere)\n', {}),
    "vcpkg, a variable names the chained file": (
        f'set(VCPKG_CHAINLOAD_TOOLCHAIN_FILE {HERE}/chained.cmake CACHE STRING "")\nif(VCPKG_CHAINLOAD_TOOLCHAIN_FILE)\n include("${{VCPKG_CHAINLOAD_TOOLCHAIN_FILE}}")\nendif()\n'
        'string(APPEND CMAKE_C_FLAGS_INIT " -DBOARD=34 ")\n', {}),
    "a rule for launching": (
        GCC + f"set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE ccache)\nadd_compile_options(-I{HERE}/board -DBOARD=35)\n", {}),
    "flags as the compiler's first argument": (
        GCC + f'set(CMAKE_C_COMPILER_ARG1 "-mcpu=cortex-a72 -DBOARD=36")\ninclude_directories({HERE}/board)\n', {}),
    "a list of compiler and flags": (
        'set(CMAKE_C_COMPILER "aarch64-linux-gnu-gcc;-mcpu=cortex-a72;-DBOARD=37")\nset(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)\n'
        f"include_directories({HERE}/board)\n", {}),
    "generator expressions of compilers": (
        GCC + f'add_compile_options("$<$<COMPILE_LANG_AND_ID:C,GNU>:-DBOARD=38>" "$<$<VERSION_GREATER:$<C_COMPILER_VERSION>,5>:-I{HERE}/board>" '
        '"$<IF:$<PLATFORM_ID:Linux>,-DLINUX_BOARD,-DOTHER>" "$<$<C_COMPILER_ID:Clang>:-DCLANG>")\n', {}),
    "a script that computes options": (
        GCC + 'execute_process(COMMAND aarch64-linux-gnu-gcc -dumpversion OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)\n'
        f'string(REGEX MATCH "^[0-9]+" major "${{version}}")\nmath(EXPR number "39 + 0 * ${{major}}")\nadd_compile_options(-DBOARD=${{number}} -I{HERE}/board)\n', {}),
    "specs and programs of its own": (
        GCC + f'set(CMAKE_C_FLAGS_INIT "-specs={HERE}/board.specs -B{HERE}/board -I{HERE}/board")\n', {}),
    "rules that are overridden": (
        GCC + f"set(CMAKE_USER_MAKE_RULES_OVERRIDE {HERE}/rules.cmake)\ninclude_directories({HERE}/board)\n", {}),
    "included in each project": (
        ARM + f"set(CMAKE_PROJECT_INCLUDE {HERE}/each.cmake)\ninclude_directories({HERE}/board)\n", {}),
    "programs hidden, too": (
        "set(CMAKE_C_COMPILER /usr/bin/aarch64-linux-gnu-gcc)\nset(CMAKE_CXX_COMPILER /usr/bin/aarch64-linux-gnu-g++)\n"
        f"set(CMAKE_FIND_ROOT_PATH {HERE}/root)\nforeach(kind PROGRAM LIBRARY INCLUDE PACKAGE)\n set(CMAKE_FIND_ROOT_PATH_MODE_${{kind}} ONLY)\nendforeach()\n"
        f"add_compile_options(-I{HERE}/board -DBOARD=43)\n", {}),
    "texts with quotes and blanks": (
        GCC + f'add_compile_options(-I{HERE}/board -DBOARD=44)\nadd_compile_definitions("TEXT=\\"it\'s $HOME\\"" "MORE=a,b")\n', {}),
    "several includes of the same file": (
        GCC + f"include({HERE}/more.cmake)\ninclude({HERE}/more.cmake)\nadd_compile_options(-DBOARD=45)\n", {}),
    "options for one language and the other": (
        GCC + f'add_compile_options("$<$<COMPILE_LANGUAGE:C>:-std=gnu99;-DBOARD=46>" "$<$<COMPILE_LANGUAGE:CXX>:-std=gnu++20>" "$<$<COMPILE_LANGUAGE:C,CXX>:-I{HERE}/board>")\n', {}),
    "link-time optimization": (
        GCC + f"set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)\nadd_compile_options(-frandom-seed=1 -I{HERE}/board -DBOARD=47)\n", {}),
    "position-independent programs and sections": (
        GCC + f"set(CMAKE_POSITION_INDEPENDENT_CODE ON)\nset(CMAKE_C_VISIBILITY_PRESET hidden)\nadd_compile_options(-ffunction-sections -I{HERE}/board -DBOARD=48)\nadd_link_options(LINKER:--gc-sections)\n", {}),
    "a launcher that adds words": (
        GCC + f"set(CMAKE_C_COMPILER_LAUNCHER {HERE}/with-board)\ninclude_directories({HERE}/board)\n", {}),
    "a launcher behind another, by a rule": (
        GCC + f'set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE "{HERE}/with-board --")\nset(CMAKE_C_COMPILER_LAUNCHER ${{CMAKE_COMMAND}} -E env CCACHE_DISABLE=1 ccache)\n'
        f"include_directories({HERE}/board)\n", {}),
    "a launcher that chooses the processor": (
        ARM + f"set(CMAKE_C_COMPILER_LAUNCHER {HERE}/with-board;-mcpu=cortex-a9;-mthumb)\ninclude_directories({HERE}/board)\n", {}),
}  # fmt: skip
# what lies beside them
FILES = {
    "parts/one.cmake": "add_compile_definitions(BOARD=32)\n",
    "board.specs": "*cpp:\n+ -DBOARD=40\n",
    "rules.cmake": 'string(APPEND CMAKE_C_FLAGS_RELEASE_INIT " -DBOARD=41")\n',
    "each.cmake": "add_compile_options(-mthumb -mfpu=vfpv3-d16 -mfloat-abi=hard -DBOARD=42)\n",
    "with-board": '#!/bin/sh\nmore=\nwhile case $1 in -*) true ;; *) false ;; esac; do more="$more $1"; shift; done\nexec "$@" ${more# --} -DBOARD=50\n',
    "more.cmake": f"include_directories({HERE}/board)\n",
}
LAUNCHERS = ("distcc", "icecc", "sccache")
SOURCE = '#include "board.h"\nint board = BOARD * 1000 + BOARD_HEADER;\n'
LISTS = "cmake_minimum_required(VERSION 3.20)\nproject(p C)\nadd_library(p OBJECT p.c)\n"


@pytest.mark.parametrize("name", SHAPES)
def test_script_compiles_as_cmake_does(name: str, tmp_path: Path) -> None:
    lines, env = SHAPES[name]
    version = capture(["aarch64-linux-gnu-gcc", "-dumpversion"]).stdout.partition(".")[0]
    lines = lines.replace("gcc-12", f"gcc-{version}").replace("g++-12", f"g++-{version}")
    for program in ("aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc", "clang", "ccache"):
        need_program(program)
    for launcher in LAUNCHERS:
        if launcher in lines:
            need_program(launcher)
    cmake, ninja = find_tool("cmake", minimum="3.20"), find_tool("ninja")
    if cmake is None or ninja is None:
        missing("CMake 3.20 and Ninja")
    (tmp_path / "board").mkdir()
    (tmp_path / "board" / "board.h").write_text("#pragma once\n#define BOARD_HEADER 7\n", "utf-8")
    (tmp_path / "cpu.txt").write_text("cortex-a7\n", "utf-8")
    (tmp_path / "chained.cmake").write_text(f"{GCC}include_directories({HERE}/board)\n", "utf-8")
    for part, text in FILES.items():
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).write_text(text, "utf-8")
        (tmp_path / part).chmod(0o755)
    file = tmp_path / "t.cmake"
    file.write_text(f"set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR x)\n{lines}", "utf-8")
    (tmp_path / "p.c").write_text(SOURCE, "utf-8")
    (tmp_path / "CMakeLists.txt").write_text(LISTS, "utf-8")
    seen = {**os.environ, **{key: value.replace("@", str(tmp_path)) for key, value in env.items()}}
    found = probe(file, inputs=Inputs(env=seen), cmake=cmake, ninja=ninja, cache=tmp_path / "cache")
    script = with_scripts(found, parse_platform("linux_aarch64"), tmp_path / "scripts").compilers["C"].script
    build = tmp_path / "build"
    options = ["-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_TOOLCHAIN_FILE={file}", f"-DCMAKE_MAKE_PROGRAM={ninja.path}"]
    for argv in (
        [str(cmake.path), "-G", "Ninja", "-S", str(tmp_path), "-B", str(build), *options],
        [str(cmake.path), "--build", str(build)],
    ):
        done = capture(argv, env=seen)
        assert done.code == 0, done.stdout + done.stderr
    plain = {key: value for key, value in seen.items() if key not in ("CC", "CXX", "CFLAGS")}
    done = capture([script, "-O3", "-DNDEBUG", "-c", str(tmp_path / "p.c"), "-o", str(tmp_path / "p.o")], env=plain)
    assert done.code == 0, done.stderr
    assert (tmp_path / "p.o").read_bytes() == next(build.rglob("p.c.o")).read_bytes()
    preprocessed = capture([script, "-E", "-P", str(tmp_path / "p.c")], env=plain)  # as AC_PROG_CPP does
    assert " * 1000 + 7;" in preprocessed.stdout
