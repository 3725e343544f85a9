"""Archives of the layout of ready-made toolchains and their Pythons, around Debian's compilers and Pythons.

As https://github.com/tttapa/toolchains and https://github.com/tttapa/python-dev release them: everything below
`x-tools`, read-only; `x-tools/TRIPLE` has the compiler and its Pythons, beside it lie the files for CMake, Conan and
py-build-cmake.
"""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.crossbuild import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.crossbuild import Host

GCC = "14"
TOOLS = ("gcc", "g++", "ar", "ranlib", "strip", "nm", "as", "ld", "objcopy")
LINK_TIME = ("gcc-ar", "gcc-ranlib", "gcc-nm")

# The texts of py-build-cmake's documentation.
TOOLCHAIN = """\
# System information
set(CMAKE_SYSTEM_NAME "Linux")
set(CMAKE_SYSTEM_PROCESSOR "{cpu}")
set(CROSS_GNU_TRIPLE "{triple}"
    CACHE STRING "The GNU triple of the toolchain to use")
set(CMAKE_LIBRARY_ARCHITECTURE "{multiarch}")

# Compiler flags
set(CMAKE_C_FLAGS_INIT       "{flags}")
set(CMAKE_CXX_FLAGS_INIT     "{flags}")
set(CMAKE_Fortran_FLAGS_INIT "{flags}")

# Search path configuration
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Packaging
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE "{debian}")

# Compiler binaries
set(TOOLCHAIN_DIR "${{CMAKE_CURRENT_LIST_DIR}}/${{CROSS_GNU_TRIPLE}}")
set(CMAKE_C_COMPILER "${{TOOLCHAIN_DIR}}/bin/${{CROSS_GNU_TRIPLE}}-gcc"
    CACHE FILEPATH "C compiler")
set(CMAKE_CXX_COMPILER "${{TOOLCHAIN_DIR}}/bin/${{CROSS_GNU_TRIPLE}}-g++"
    CACHE FILEPATH "C++ compiler")
set(CMAKE_Fortran_COMPILER "${{TOOLCHAIN_DIR}}/bin/${{CROSS_GNU_TRIPLE}}-gfortran"
    CACHE FILEPATH "Fortran compiler")
"""
PYTHON = """\
include("${{CMAKE_CURRENT_LIST_DIR}}/{triple}.toolchain.cmake")

# User options
set(TOOLCHAIN_PYTHON_VERSION "3" CACHE STRING "Python version to locate")
option(TOOLCHAIN_NO_FIND_PYTHON "Do not set the FindPython hints" Off)
option(TOOLCHAIN_NO_FIND_PYTHON3 "Do not set the FindPython3 hints" Off)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
    TOOLCHAIN_PYTHON_VERSION TOOLCHAIN_NO_FIND_PYTHON TOOLCHAIN_NO_FIND_PYTHON3)

# Internal variables
set(TOOLCHAIN_PYTHON_ROOT "${{CMAKE_CURRENT_LIST_DIR}}/${{CROSS_GNU_TRIPLE}}/python${{TOOLCHAIN_PYTHON_VERSION}}")
list(APPEND CMAKE_FIND_ROOT_PATH "${{TOOLCHAIN_PYTHON_ROOT}}")

function(toolchain_locate_python)
    set(root "${{TOOLCHAIN_PYTHON_ROOT}}/usr/local")
    set(config "${{root}}/bin/python${{TOOLCHAIN_PYTHON_VERSION}}-config")
    foreach(question abiflags extension-suffix)
        execute_process(COMMAND "${{config}}" --${{question}} OUTPUT_VARIABLE ${{question}}
            OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
        if(NOT result EQUAL 0)
            message(FATAL_ERROR "${{config}} --${{question}}: ${{result}}")
        endif()
    endforeach()
    set(name "python${{TOOLCHAIN_PYTHON_VERSION}}${{abiflags}}")
    set(TOOLCHAIN_PYTHON_ROOT_DIR "${{root}}" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_LIBRARY "${{root}}/lib/lib${{name}}.so" PARENT_SCOPE)
    set(TOOLCHAIN_PYTHON_INCLUDE_DIR "${{root}}/include/${{name}}" PARENT_SCOPE)
    set(PYTHON_MODULE_EXTENSION "${{extension-suffix}}" PARENT_SCOPE)
endfunction()

if (NOT TOOLCHAIN_NO_FIND_PYTHON OR NOT TOOLCHAIN_NO_FIND_PYTHON3)
    toolchain_locate_python()
    if (NOT TOOLCHAIN_NO_FIND_PYTHON)
        set(Python_ROOT_DIR ${{TOOLCHAIN_PYTHON_ROOT_DIR}} CACHE PATH "" FORCE)
        set(Python_LIBRARY ${{TOOLCHAIN_PYTHON_LIBRARY}} CACHE FILEPATH "" FORCE)
        set(Python_INCLUDE_DIR ${{TOOLCHAIN_PYTHON_INCLUDE_DIR}} CACHE PATH "" FORCE)
        set(Python_INTERPRETER_ID "Python" CACHE STRING "" FORCE)
    endif()
    if (NOT TOOLCHAIN_NO_FIND_PYTHON3)
        set(Python3_ROOT_DIR ${{TOOLCHAIN_PYTHON_ROOT_DIR}} CACHE PATH "" FORCE)
        set(Python3_LIBRARY ${{TOOLCHAIN_PYTHON_LIBRARY}} CACHE FILEPATH "" FORCE)
        set(Python3_INCLUDE_DIR ${{TOOLCHAIN_PYTHON_INCLUDE_DIR}} CACHE PATH "" FORCE)
        set(Python3_INTERPRETER_ID "Python" CACHE STRING "" FORCE)
    endif()
    set(PYTHON_MODULE_DEBUG_POSTFIX "" CACHE INTERNAL "")
    set(PYTHON_MODULE_EXTENSION ${{PYTHON_MODULE_EXTENSION}} CACHE INTERNAL "")
    set(PYTHON_IS_DEBUG FALSE CACHE INTERNAL "")
    set(NB_SUFFIX ${{PYTHON_MODULE_EXTENSION}} CACHE INTERNAL "")
    set(NB_SUFFIX_S ".abi3.so" CACHE INTERNAL "")
endif()
"""
CROSS = """\
implementation = 'cp'
version = '{nodot}'
abi = 'cp{nodot}'
arch = '{arch}'
toolchain_file = '{triple}.python.toolchain.cmake'

[cmake.options]
TOOLCHAIN_PYTHON_VERSION = '{version}'
"""
PROFILE = """\
[settings]
arch={conan}
build_type=Release
compiler=gcc
compiler.cppstd=gnu17
compiler.libcxx=libstdc++11
compiler.version={gcc}
os=Linux

[conf]
tools.cmake.cmaketoolchain:user_toolchain=["{{{{ os.path.join(profile_dir, "{triple}.toolchain.cmake") }}}}"]
tools.gnu:host_triplet={triple}
"""
PYTHON_CONFIG = """\
#!/bin/sh
case "$1" in
--abiflags) echo ;;
--extension-suffix) echo .cpython-{nodot}-{multiarch}.so ;;
--includes) echo -I/usr/local/include/python{version} ;;
*) exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Words:
    """One triple, in the words of the files around it."""

    triple: str
    cpu: str
    multiarch: str
    debian: str
    conan: str
    arch: str
    """The wheels' platform tag."""
    flags: str = ""


TRIPLES = {
    "aarch64": Words(
        "aarch64-rpi3-linux-gnu", "aarch64", "aarch64-linux-gnu", "arm64", "armv8", "manylinux_2_27_aarch64",
        flags="-mcpu=cortex-a53+crc+simd",
    ),
    "armv7l": Words(
        "armv8-rpi3-linux-gnueabihf", "armv8", "arm-linux-gnueabihf", "armhf", "armv8_32", "manylinux_2_27_armv7l",
        flags="-mcpu=cortex-a53 -mfpu=neon-fp-armv8 -mfloat-abi=hard",
    ),
}  # fmt: skip
"""What the architectures of wheel tags are called in these archives."""


def toolchain_tree(host: Host, folder: Path) -> Path:
    """Lay out `x-tools` in FOLDER with a toolchain that forwards to Debian's compiler; return it."""
    words = TRIPLES[host.arch]
    tree = folder / "x-tools"
    programs = tree / words.triple / "bin"
    for tool in (*TOOLS, *LINK_TIME):
        program = host.compiler("g++").with_name(f"{host.triple}-{tool}")
        write(programs / f"{words.triple}-{tool}", f'#!/bin/sh\nexec {program} "$@"\n').chmod(0o555)
    os.link(programs / f"{words.triple}-gcc", programs / f"{words.triple}-gcc-{GCC}.2.0")
    (programs / f"{words.triple}-cc").symlink_to(f"{words.triple}-gcc")
    write(tree / words.triple / words.triple / "sysroot/usr/include/stdio.h", "/* of the bundle */\n")
    (tree / words.triple / words.triple / "sysroot/lib64").symlink_to("usr/lib")
    write(tree / f"{words.triple}.toolchain.cmake", TOOLCHAIN.format(**vars(words)))
    write(tree / f"{words.triple}.profile.conan", PROFILE.format(gcc=GCC, **vars(words)))
    return tree


def python_tree(hosts: list[Host], folder: Path) -> Path:
    """Lay out `x-tools` in FOLDER with the Pythons of HOSTS, all of one architecture; return it."""
    words = TRIPLES[hosts[0].arch]
    tree = folder / "x-tools"
    write(tree / f"{words.triple}.python.toolchain.cmake", PYTHON.format(triple=words.triple))
    for host in hosts:
        nodot = host.python.version
        version = f"{nodot[0]}.{nodot[1:]}"
        names = {**vars(words), "nodot": nodot, "version": version}
        local = tree / words.triple / f"python{version}.9/usr/local"
        for header in host.python.include_dir.rglob("*.h"):
            inside = local / f"include/python{version}" / header.relative_to(host.python.include_dir)
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.write_bytes((host.python.pyconfig if header.name == "pyconfig.h" else header).read_bytes())
        library = local / f"lib/libpython{version}.so.1.0"
        library.parent.mkdir(parents=True)
        library.write_bytes(host.python.library.read_bytes())
        library.with_suffix("").with_suffix("").symlink_to(library.name)
        (tree / words.triple / f"python{version}").symlink_to(f"python{version}.9")
        write(local / f"bin/python{version}-config", PYTHON_CONFIG.format(**names)).chmod(0o555)
        write(tree / f"{words.triple}.python{version}.py-build-cmake.cross.toml", CROSS.format(**names))
    return tree


def pack(tree: Path, archive: Path) -> Path:
    """Archive a tree as `tar cJf ARCHIVE x-tools` does, read-only as its makers leave it; return the archive."""
    archive.parent.mkdir(parents=True, exist_ok=True)

    def read_only(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.mode &= 0o555
        return member

    with tarfile.open(archive, "w:xz", preset=0) as stream:
        stream.add(tree, tree.name, filter=read_only)
    return archive
