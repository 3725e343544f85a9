"""The programs that plain Make and configure scripts call beside the compilers: for the host, or a clear word."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import Workshop, plain_project, write
from tests.support.needs import missing, need_program
from xconan.toolchains.zig import find_zig

if TYPE_CHECKING:
    from tests.support.crossbuild import Built

RECIPE = """\
import os
from conan import ConanFile
from conan.tools.files import copy, save

class Parts(ConanFile):
    name = "parts"
    version = "VERSION"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"

    def build(self):
        save(self, "a.c", "int parts_a(void) { return 4; }\\n")
        save(self, "b.c", "int parts_a(void);\\nint parts(void) { return parts_a() + 38; }\\n")
        save(self, "c.cpp", "#if __SIZEOF_POINTER__ == 8 && __aarch64__ && __cplusplus\\nright\\n#endif\\n")
        save(self, "Makefile", '''libparts.a: both.o
\\t$(AR) qc $@ both.o
\\t$(RANLIB) $@
both.o: a.o b.o
\\t$(LD) -r -o both.raw.o a.o b.o
\\t$(OBJCOPY) --redefine-sym parts_a=hidden_a both.raw.o $@
\\t$(STRIP) -S $@
\\t$(NM) $@ | grep ' T hidden_a'
\\t$(CXXCPP) c.cpp | grep right
\\t$(CPP) c.cpp | grep -v right
''')
        self.run("make")

    def package(self):
        copy(self, "libparts.a", self.build_folder, os.path.join(self.package_folder, "lib"))

    def package_info(self):
        self.cpp_info.libs = ["parts"]
        self.cpp_info.includedirs = []
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(parts CONFIG REQUIRED)
Python_add_library(plain MODULE WITH_SOABI plain.c)
target_link_libraries(plain PRIVATE parts::parts)
install(TARGETS plain LIBRARY DESTINATION .)
"""
LENT = "#!/bin/sh\n[ \"$*\" = -dumpmachine ] && echo m68k-linux-gnu && exit\necho 'gfortran of m68k' >&2; exit 9\n"
CHECKED = """\
include(CheckLanguage)
check_language(Fortran)
if(CMAKE_Fortran_COMPILER)
  enable_language(Fortran)
endif()
message(STATUS "Fortran is ${CMAKE_Fortran_COMPILER}.")
"""
CALL = "int parts(void);\nint call(void) { return parts(); }\n"


def build(workshop: Workshop, folder: Path, toolchain: str, *, version: str = "1.0", fails: bool = False) -> Built:
    need_program("make")
    write(folder / "parts/conanfile.py", RECIPE.replace("VERSION", version))
    run_conan(workshop.home, "export", str(folder / "parts"))
    requires = f'[tool.xconan.conan]\nrequires = ["parts/{version}"]\n'
    project = plain_project(folder / "project", LISTS, pyproject=requires)
    write(project / "plain.c", CALL + (project / "plain.c").read_text("utf-8"))
    chosen = f"cross.toolchain='{toolchain}'"
    return workshop.build(project, None, "--target", "cp311-linux_aarch64", "-C", f"override={chosen}", fails=fails)


@pytest.mark.parametrize("toolchain", ["gcc", "clang", "zig"])
def test_programs_are_for_the_host(toolchain: str, workshop: Workshop, tmp_path: Path) -> None:
    """Linking, renaming, stripping and listing an object of the host's, none of which this machine's own can."""
    need_program("aarch64-linux-gnu-g++")
    need_program("clang" if toolchain == "clang" else "llvm-objcopy")
    if toolchain == "zig" and find_zig() is None:
        missing("zig (pip install ziglang)")
    built = build(workshop, tmp_path, toolchain)
    assert_says(built.log, " T hidden_a")


def test_what_zig_lacks_and_nobody_has(workshop: Workshop, tmp_path: Path) -> None:
    """Without LLVM's and the host's binutils beside zig: no program of this machine's is taken."""
    if find_zig() is None:
        missing("zig (pip install ziglang)")
    folder = tmp_path / "bin"
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for path in Path(place).glob("*") if place else ():
            if not path.name.startswith(("llvm-", "ld.lld", "aarch64-")) and not (folder / path.name).exists():
                (folder / path.name).symlink_to(path)
    own = Workshop(workshop.home, tmp_path / "cache", {**workshop.extra, "PATH": str(folder)})
    own.cache.mkdir()
    built = build(own, tmp_path, "zig", version="2.0", fails=True)
    built.assert_ended(4, "xconan: error: there is no objcopy for aarch64-linux-gnu", "install llvm or the binutils of")


@pytest.mark.parametrize("asked", [CHECKED, "enable_language(Fortran)\n"])
def test_fortran_that_a_project_may_have(asked: str, workshop: Workshop, tmp_path: Path) -> None:
    """This machine's own is not taken: a project that asks goes without, one that must have it is told why."""
    if find_zig() is None:
        missing("zig (pip install ziglang)")
    lent = write(tmp_path / "bin/gfortran", LENT)
    lent.chmod(0o755)
    lists = "\n".join(line for line in LISTS.splitlines() if "parts" not in line)
    project = plain_project(tmp_path / "project", f"{lists}\n{asked}")
    env = {"PATH": f"{lent.parent}{os.pathsep}{os.environ['PATH']}"}
    words = ("--target", "cp311-linux_aarch64", "-C", "override=cross.toolchain='zig'")
    built = workshop.build(project, None, *words, env=env, fails=asked is not CHECKED)
    if asked is CHECKED:
        assert_says(built.log, "Fortran is NOTFOUND.", lacks=["m68k"])
    else:
        built.assert_ended(5, "xconan: error: there is no Fortran compiler for aarch64-linux-gnu")
