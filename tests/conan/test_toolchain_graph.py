"""Five libraries by four build systems and the module that links them, for one toolchain file: built as one machine.

Each source keeps what it saw of the toolchain in a text, and the module's bytes have all six.
"""

# ruff: noqa: E501, ISC004 - tables of files

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import export
from tests.conan.test_toolchain_shapes import ARM, CLANG, GCC, HERE, TARGET
from tests.support.needs import need_package, need_program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

SOURCE = """\
#include "board.h"
#define TEXT(x) #x
#define VALUE(x) TEXT(x)
__attribute__((used)) const char seen_by_{name}[] =
    "<{name}: board " VALUE(BOARD) ", header " VALUE(BOARD_HEADER) ", arch " VALUE(__ARM_ARCH) ">";
"""
RECIPE = """\
import os
from conan import ConanFile
from conan.tools.files import copy
{imports}

class Recipe(ConanFile):
    name = "{name}"
    version = "1.0"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"
    exports_sources = "*"
    generators = {generators}

    def layout(self):
        self.folders.build = "{out}"

    def build(self):
        {build}

    def package(self):
        {package}

    def package_info(self):
        self.cpp_info.libs = ["{name}"]
        self.cpp_info.includedirs = []
"""
COPY = 'copy(self, "*.a", self.build_folder, os.path.join(self.package_folder, "lib"), keep_path=False)'
INSTALL = "Meson(self).install()"  # which makes a whole archive of a thin one
RULES = "AR ?= ar\nlib{name}.a: {name}.c\n\t$(CC) $(CFLAGS) -c {name}.c -o {name}.o\n\t$(AR) rcs $@ {name}.o\n"
CONFIGURE = (
    '#!/bin/sh\nprintf "CC = %s\\nCFLAGS = %s\\n" "$CC" "$CFLAGS" > Makefile\ncat "$(dirname "$0")/rules" >> Makefile\n'
)
LISTS = "cmake_minimum_required(VERSION 3.20)\nproject({name} C)\nadd_library({name} STATIC {name}.c)\n"
MESON = "project('{name}', 'c')\nstatic_library('{name}', '{name}.c', install: true)\n"
# bymake has no configure: CC and CFLAGS come from the environment, where AutotoolsToolchain puts them for any recipe
# name -> import, generators, build(), files
RECIPES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "bycmake": ("from conan.tools.cmake import CMake", '"CMakeToolchain",',
                "cmake = CMake(self); cmake.configure(); cmake.build()", {"CMakeLists.txt": LISTS}),
    "byautotools": ("from conan.tools.gnu import Autotools", '"AutotoolsToolchain",',
                    "tools = Autotools(self); self.run('chmod +x configure'); tools.configure(); tools.make()",
                    {"configure": CONFIGURE, "rules": RULES}),
    "bymeson": ("from conan.tools.meson import Meson", '"MesonToolchain",',
                "meson = Meson(self); meson.configure(); meson.build()", {"meson.build": MESON}),
    # no generator at all: what `make` has is [buildenv]
    "bymakealone": ("", "()", "self.run('make')", {"Makefile": RULES}),
    "bymake": ("", '"AutotoolsToolchain",', "self.run('make')", {"Makefile": "CC ?= cc\n" + RULES}),
}  # fmt: skip
NAMES = (*RECIPES, "module")
# toolchain file -> target, lines, and what all six saw
SHAPES = {
    "armv6": ("linux_armv6l", ARM + f'set(CMAKE_C_FLAGS_INIT "-march=armv6+fp -marm -mfloat-abi=hard -I{HERE}/board -DBOARD=1")\n'
              'set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")\n',
              "board 1, header 7, arch 6"),
    "clang with a target": ("linux_aarch64", CLANG + TARGET + f"add_compile_options(-I{HERE}/board -DBOARD=2)\n",
                            "board 2, header 7, arch 8"),
    "ccache and a compiler": (
        "linux_aarch64", "set(CMAKE_C_COMPILER ccache)\nset(CMAKE_CXX_COMPILER ccache)\n"
        "set(CMAKE_C_COMPILER_ARG1 aarch64-linux-gnu-gcc)\nset(CMAKE_CXX_COMPILER_ARG1 aarch64-linux-gnu-g++)\n"
        f"add_compile_options(-I{HERE}/board -DBOARD=3)\n", "board 3, header 7, arch 8"),
    "standard folders and definitions": (
        "linux_aarch64", GCC + f"set(CMAKE_C_STANDARD_INCLUDE_DIRECTORIES {HERE}/board)\nadd_compile_definitions(BOARD=4)\n",
        "board 4, header 7, arch 8"),
    "a system root with a blank": (
        "linux_aarch64", GCC + f'set(CMAKE_SYSROOT "{HERE}/sys root")\nadd_compile_definitions(BOARD=5)\n',
        "board 5, header 8, arch 8"),
    "the system root of flags": (  # is the last on CMake's lines, and so the one that counts
        "linux_aarch64", GCC + f'set(CMAKE_SYSROOT "{HERE}")\nset(CMAKE_C_FLAGS_INIT "-DBOARD=6 --sysroot=\'{HERE}/sys root\'")\n'
        'set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")\n', "board 6, header 8, arch 8"),
    "a launcher that adds words": (
        "linux_armv6l", ARM + f"set(CMAKE_C_COMPILER_LAUNCHER {HERE}/with-board;-march=armv6+fp)\n"
        f"set(CMAKE_CXX_COMPILER_LAUNCHER ${{CMAKE_C_COMPILER_LAUNCHER}})\ninclude_directories({HERE}/board)\n", "board 7, header 7, arch 6"),
}  # fmt: skip
LAUNCHER = '#!/bin/sh\nmarch=$1\nshift\nexec "$@" "$march" -marm -mfloat-abi=hard -DBOARD=7\n'
MODULE = (
    "extern const char {all};\nconst char *seen(int at) {{ const char *texts[] = {{{names}}}; return texts[at]; }}\n"
)
PROJECT = """\
cmake_minimum_required(VERSION 3.20)
set(of_libraries "$ENV{{CC}}$ENV{{LD}}")
project(demo LANGUAGES C)
add_library(demo MODULE demo.c)
set_target_properties(demo PROPERTIES PREFIX "")
foreach(name IN ITEMS {names})
  find_package(${{name}} REQUIRED CONFIG)
  target_link_libraries(demo PRIVATE ${{name}}::${{name}})
endforeach()
install(TARGETS demo DESTINATION .)
file(WRITE "${{CMAKE_BINARY_DIR}}/seen.txt" "${{of_libraries}}")
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_one_machine(shape: str, demo: Demo, home: Path, tmp_path: Path) -> None:
    need_package("mesonbuild")
    for program in ("aarch64-linux-gnu-gcc", "arm-linux-gnueabihf-gcc", "clang", "ccache", "make"):
        need_program(program)
    tag, lines, saw = SHAPES[shape]
    for name, (imports, generators, build, files) in RECIPES.items():
        folder = tmp_path / name
        folder.mkdir()
        for file, text in {**files, f"{name}.c": SOURCE}.items():
            (folder / file).write_text(text.replace("{name}", name), "utf-8")
        recipe = RECIPE.format(
            name=name,
            imports=imports,
            generators=generators,
            build=build,
            package=INSTALL if name == "bymeson" else COPY,
            out="out" if name == "bymeson" else ".",
        )  # Meson never builds among sources
        export(home, recipe, folder)
    board, toolchain = tmp_path / "host" / "board", tmp_path / "host" / "t.cmake"
    board.mkdir(parents=True)
    of_root = tmp_path / "host/sys root/usr/include"
    of_root.mkdir(parents=True)
    for folder, number in ((board, 7), (of_root, 8)):
        (folder / "board.h").write_text(f"#pragma once\n#define BOARD_HEADER {number}\n", "utf-8")
    system = f"set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR {tag.partition('_')[2]})\n"
    toolchain.write_text(system + lines, "utf-8")
    launcher = toolchain.parent / "with-board"
    launcher.write_text(LAUNCHER, "utf-8")
    launcher.chmod(0o755)
    demo.write("xconan.cross.toml", f'arch = "{tag}"\ntoolchain_file = "{toolchain}"\n')
    requires = ", ".join(f'"{name}/1.0"' for name in RECIPES)
    base = (demo.root / "pyproject.toml").read_text("utf-8")
    demo.write("pyproject.toml", f"{base}[tool.xconan.conan]\nrequires = [{requires}]\n")
    symbols = [f"seen_by_{name}" for name in RECIPES]
    module = MODULE.format(all=", ".join(f"{one}[]" for one in symbols), names=", ".join([*symbols, "seen_by_module"]))
    demo.write("demo.c", SOURCE.replace("{name}", "module") + module)
    demo.write("CMakeLists.txt", PROJECT.format(names=" ".join(RECIPES)))
    assert demo.build() == []  # what CMake compiles for this machine must not get the host's CC
    (built,) = demo.plan().layout.staging.rglob("demo.so")
    texts = re.findall(rb"<(\w+): ([^>]*)>", built.read_bytes())
    assert {name.decode(): text.decode() for name, text in texts} == dict.fromkeys(NAMES, saw)
