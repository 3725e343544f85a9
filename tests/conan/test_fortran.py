"""Fortran in cross-builds: one compiler, with the file's flags, in libraries by four build systems and in modules."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, export
from tests.conan.test_conans_own_ways import FILE, machine
from tests.support.needs import need_package, need_program
from xconan.binary.dynamic import read_dynamic
from xconan.ground.errors import CMakeError, ConanError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conan.conftest import Demo

ONE, TWO = 0x11223344, 0x55667788
FLAGS = f"""\
set(CMAKE_Fortran_FLAGS_INIT "-cpp -DONE={ONE}")
add_compile_options("$<$<COMPILE_LANGUAGE:Fortran>:-DTWO={TWO}>")
"""
# a library by the build system that its name says
RECIPE = """\
import os
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain
from conan.tools.files import copy, save
from conan.tools.gnu import Autotools, AutotoolsToolchain
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson, MesonToolchain

SOURCE = '''integer(4) function by_{name}()
integer(4), volatile :: seen(2) = [ONE, TWO]
by_{name} = merge({number}, 0, seen(1) == ONE .and. seen(2) == TWO)
end function
'''

class Library(ConanFile):
    name = "by{name}"
    version = "1.0"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    generators = "VirtualBuildEnv"

    def layout(self):
        self.folders.build = "made"

    def generate(self):
        {{"cmake": CMakeToolchain, "meson": MesonToolchain}}.get("{name}", AutotoolsToolchain)(self).generate()

    def build(self):
        save(self, os.path.join(self.source_folder, "tiny.f90"), SOURCE)
        save(self, os.path.join(self.source_folder, "CMakeLists.txt"), '''cmake_minimum_required(VERSION 3.20)
project(tiny C Fortran)
add_library(tiny STATIC tiny.f90)
''')
        save(self, os.path.join(self.source_folder, "meson.build"), '''project('tiny', 'fortran')
static_library('tiny', 'tiny.f90', install: true)
''')
        save(self, os.path.join(self.source_folder, "Makefile"), '''libtiny.a: tiny.o
\\t$(AR) rcs $@ $^
tiny.o: tiny.f90
\\t$(FC) $(FFLAGS) -c $< -o $@
''')
        save(self, os.path.join(self.source_folder, "configure"), '''#!/bin/sh
set -e
$F77 -c tiny.f90 -o tiny.o && $F90 -E tiny.f90 >/dev/null && $AR rc libtiny.a tiny.o && $RANLIB libtiny.a
''')
        if "{name}" == "cmake":
            CMake(self).configure()
            CMake(self).build()
        elif "{name}" == "meson":
            Meson(self).configure()
            Meson(self).build()
        else:
            self.run("make" if "{name}" == "make" else "sh ./configure", cwd=self.source_folder)

    def package(self):
        library = os.path.join(self.package_folder, "lib")
        if "{name}" == "meson":  # whose archive in the build folder is a thin one
            Meson(self).install()
        for folder in (self.source_folder, self.build_folder) if "{name}" != "meson" else ():
            copy(self, "libtiny.a", folder, library, keep_path=False)
        os.rename(os.path.join(library, "libtiny.a"), os.path.join(library, "libby{name}.a"))

    def package_info(self):
        self.cpp_info.libs = ["by{name}"]
        self.cpp_info.includedirs = []
"""
WAYS = {"cmake": 1, "make": 2, "autotools": 4, "meson": 8}
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(demo LANGUAGES C Fortran)
add_library(demo MODULE demo.c own.f90)
foreach(name {names})
  find_package(${{name}} REQUIRED CONFIG)
  target_link_libraries(demo PRIVATE ${{name}}::${{name}})
endforeach()
set_target_properties(demo PROPERTIES PREFIX "")
install(TARGETS demo DESTINATION .)
file(WRITE "${{CMAKE_BINARY_DIR}}/seen.txt" "")
"""
OWN = "integer(4) function own()\ninteger(4), volatile :: seen(2) = [ONE, TWO]\nown = seen(1)\nend function\n"


@pytest.fixture
def fortran(demo: Demo, home: Path, tmp_path: Path) -> Demo:
    """A module in C and Fortran, with libraries in Fortran."""
    need_package("mesonbuild")
    for program in ("make", "aarch64-linux-gnu-g++"):
        need_program(program)
    for name, number in WAYS.items():
        export(home, RECIPE.format(name=name, number=number), tmp_path / f"by{name}")
    names = [f"by{name}" for name in WAYS]
    calls = [f"by_{name}_" for name in WAYS]
    demo.write("demo.c", "".join(f"extern int {name}(void);\n" for name in (*calls, "own_"))
               + f"int demo(void) {{ return {' + '.join(f'{name}()' for name in (*calls, 'own_'))}; }}\n")  # fmt: skip
    demo.write("own.f90", OWN)
    demo.write("CMakeLists.txt", LISTS.format(names=" ".join(names)))
    demo.write("xconan.cross.toml", "arch = 'linux_aarch64'\ntoolchain_file = 'board.cmake'\n")
    requires = ", ".join(f'"{name}/1.0"' for name in names)
    demo.write("pyproject.toml", f"{BASE}[tool.xconan.conan]\nrequires = [{requires}]\n")
    return demo


def test_libraries_and_module(fortran: Demo, home: Path) -> None:
    """By CMake, Make, a configure script and Meson: the host's machine, and both of the file's flags."""
    need_program("aarch64-linux-gnu-gfortran")
    fortran.write("board.cmake", f"{FILE}set(CMAKE_Fortran_COMPILER aarch64-linux-gnu-gfortran)\n{FLAGS}")
    fortran.build()
    marks = [number.to_bytes(4, "little") for number in (ONE, TWO)]
    libraries = {path.name: path.read_bytes() for path in home.glob("p/b/*/p/lib/libby*.a")}
    assert sorted(libraries) == sorted(f"libby{name}.a" for name in WAYS)
    (module,) = fortran.plan().layout.staging.rglob("demo.so")
    for data in (*libraries.values(), module.read_bytes()):
        assert all(mark in data for mark in marks)
    assert machine(module) == "AARCH64"
    with module.open("rb") as file:
        dynamic = read_dynamic(file)
    assert dynamic is not None
    assert {"own_", *(f"by_{name}_" for name in WAYS)}.isdisjoint(dynamic.undefined)


@pytest.mark.parametrize("own", ["", "gfortran", "/usr/bin/gfortran"])
def test_compiler_that_the_name_of_the_c_compiler_leads_to(
    own: str, fortran: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that names no Fortran compiler, as most: the one beside gcc, whatever FC says of this machine's own."""
    need_program("aarch64-linux-gnu-gfortran")
    if own:
        monkeypatch.setenv("FC", own)
    fortran.write("board.cmake", FILE + FLAGS)
    toolchain = fortran.plan().toolchain
    assert toolchain is not None
    assert toolchain.compilers["Fortran"].path == str(need_program("aarch64-linux-gnu-gfortran"))
    assert f"-DTWO={TWO}" in toolchain.compilers["Fortran"].flags.split()
    assert "-cpp" not in toolchain.compilers["C"].flags


def test_this_machines_own_is_not_taken(fortran: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Fortran compiler for the host: a clear word, in libraries and in the module."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("gcc", "g++"):  # by a name that leads to no other program
        script = folder / f"board-{name}"
        script.write_text(f'#!/bin/sh\nexec aarch64-linux-gnu-{name} "$@"\n', "utf-8")
        script.chmod(0o755)
    own = folder / "gfortran"
    own.write_text(
        '#!/bin/sh\n[ "$1" = -dumpmachine ] && echo m68k-linux-gnu && exit\necho "m68k" >&2; exit 9\n', "utf-8"
    )
    own.chmod(own.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    fortran.write("board.cmake", FILE.replace("aarch64-linux-gnu-g", f"{folder}/board-g"))
    with pytest.raises(ConanError):
        fortran.build()
    assert "xconan: error: there is no Fortran compiler for aarch64-linux-gnu" in fortran.output()
    fortran.write("pyproject.toml", f'{BASE}[tool.xconan.conan]\nrequires = ["tiny/1.0"]\n')
    fortran.write("CMakeLists.txt", LISTS.format(names="tiny"))
    fortran.write("demo.c", "int demo;\n")
    with pytest.raises(CMakeError):
        fortran.build()
    assert "xconan: error: there is no Fortran compiler for aarch64-linux-gnu" in fortran.output()
