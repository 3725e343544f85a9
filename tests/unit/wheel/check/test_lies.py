"""Wheels that are not what they say, each with the sentence that says so; and good ones that look alike."""

# ruff: noqa: E501 - each sentence as it is said

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts, macho, pe, wasm
from tests.support.elf import EXECUTABLE_STACK, FUNCTION, GLOBAL, HIDDEN, LOCAL, OBJECT, REL, Elf, archive
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.check.modules import Host, check_entries
from xconan.wheel.check.sources import read_sources

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.binary.finding import Finding

DOTTED = f"{sys.version_info.major}.{sys.version_info.minor}"
HERE = f"cp{DOTTED.replace('.', '')}-linux_aarch64"  # whose own compiler says what it can't compile
LINUX, MUSL, X86 = "cp311-linux_aarch64", "cp311-musllinux_1_2_aarch64", "cp311-manylinux_2_28_x86_64"
MAC, WINDOWS, PYPY = "cp311-macosx_11_0_arm64", "cp311-win_amd64", "pp311-linux_aarch64"
PYODIDE, ON_PYODIDE = "cp312-pyodide_2024_0_wasm32", "_core.cpython-312-wasm32-emscripten.so"
GOOD, MUSL_GOOD = "_core.cpython-311-aarch64-linux-gnu.so", "_core.cpython-311-aarch64-linux-musl.so"
ON_X86, ON_MAC, ON_WINDOWS = (
    "_core.cpython-311-x86_64-linux-gnu.so", "_core.cpython-311-darwin.so", "_core.cp311-win_amd64.pyd",
)  # fmt: skip
ARM = Elf(machine="ARM", bits=32)
RISCV = Elf(machine="RISCV")
X64 = Elf(machine="X86_64")
INIT, LIBC = "PyInit__core", ("libc.so.6",)


def look(host: str, files: dict[str, bytes], *, abi: str = "", roots: tuple[Path, ...] = ()) -> list[Finding]:
    target = facts.target(host, abi=abi)
    tags = wheel_tags(target, WheelConfig(), pure=False)
    compared = Host(tags=tags, target=target, python=facts.python(target), roots=roots)
    found = check_entries([Entry(name=name, source=data) for name, data in files.items()], compared)
    assert all(one.hint and one.file in files for one in found)
    return found


def said(host: str, files: dict[str, bytes], *, abi: str = "", roots: tuple[Path, ...] = ()) -> list[str]:
    return [f"{one.file}: {one.message}" for one in look(host, files, abi=abi, roots=roots)]


def needs(*names: str, made: Elf | None = None) -> bytes:
    return (made or Elf()).library(INIT, needed=LIBC, undefined=names)


LIES = [
    # what is no library
    (LINUX, GOOD, b"", "it is an empty file, but named as a module"),
    (LINUX, GOOD, b"print('hello')\n", "it is a text file, but named as a module"),
    (LINUX, "_core.so", b"see _core.py\n", "it is a text file, but named as a module"),
    (LINUX, "_core.so", b"INPUT(libcore.so.1)\n", "it is a linker script, but named as a module"),
    (LINUX, GOOD, b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS, but named as a module"),
    (LINUX, GOOD, archive(("core.o", Elf(kind=REL).library(INIT))), "it is a static library, but named as a module"),
    (LINUX, "libcore.so.1", archive(thin=True), "it is a static library, but named as a library"),
    (LINUX, "libcore.so", b"", "it is an empty file, but named as a library"),
    (LINUX, GOOD, Elf(kind=REL).library(INIT), "it is an object file that is not linked, but named as a module"),
    (
        LINUX, GOOD, Elf(kind=REL).library(".gnu.lto_core.0"),
        "it is an object of link-time optimization, without code, but named as a module",
    ),
    (LINUX, GOOD, b"BC\xc0\xde" + bytes(40), "it is LLVM's bitcode, not linked, but named as a module"),
    (LINUX, GOOD, bytes(range(256)), "it is no library at all, but named as a module"),
    (LINUX, GOOD, b"\0asm\1\0\0\0", "it is a WebAssembly module, but the wheel is for linux_aarch64"),
    (PYODIDE, ON_PYODIDE, X64.library(INIT), "it is a Linux file, but the wheel is for pyodide_2024_0_wasm32"),
    (PYODIDE, ON_PYODIDE, wasm.unlinked(INIT), "it is no library that a linker made, but named as a module"),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT)[:40], "it is damaged: a section in it goes on behind its end"),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT, memory=4), "it is for wasm64, but the host pyodide_2024_0_wasm32 is wasm32"),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT, dynamic=""), "it is a WebAssembly program, which no Python can load: it has no section dylink.0"),
    (PYODIDE, ON_PYODIDE, wasm.library("core"), "it exports no PyInit__core, so it can't be imported"),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT, data=(INIT,)), "PyInit__core is data, not a function: importing it would crash"),
    (PYODIDE, ON_PYODIDE, wasm.library("PyInit_other"), "it defines PyInit_other, so it can't be imported as _core"),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT, needed=("libfoo.so",)), "it needs libfoo.so, which is not in the wheel"),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT, memory=3), "it is compiled for threads, which Pyodide has not, in whole or in part"),
    (
        PYODIDE, ON_PYODIDE, wasm.library(INIT, tags=("__cpp_exception",)),
        "its exceptions or longjmp go by WebAssembly's own exceptions, but those of pyodide_2024_0_wasm32 by JavaScript",
    ),
    (
        PYODIDE, ON_PYODIDE, wasm.library(INIT, undefined=("PyDict_GetItemRef",)),
        "it needs PyDict_GetItemRef, which came with Python 3.13, and the host has 3.12",
    ),
    (
        PYODIDE, "_core.cpython-312-x86_64-linux-gnu.so", wasm.library(INIT),
        "its suffix is .cpython-312-x86_64-linux-gnu.so, but cp312 on pyodide_2024_0_wasm32 imports .cpython-312-wasm32-emscripten.so or .abi3.so or .so",
    ),
    (MAC, ON_MAC, b"", "it is an empty file, but named as a module"),
    (MAC, ON_MAC, macho.library("ARM64", INIT, kind=macho.OBJECT), "it is no library that a linker made, but named as a module"),
    (WINDOWS, ON_WINDOWS, b"Not a DLL", "it is a text file, but named as a module"),
    (WINDOWS, "_core.pyd", pe.library("AMD64", INIT, flags=pe.PROGRAM), "it is no library that a linker made, but named as a module"),
    (LINUX, GOOD, Elf().library(INIT)[:120], "it is damaged: the file ends too early, or its tables are not where it says"),
    # the function that makes a library a module
    (LINUX, GOOD, Elf().library("core"), "it exports no PyInit__core, so it can't be imported"),
    (LINUX, "_core.abi3.so", Elf().library("core"), "it exports no PyInit__core, so it can't be imported"),
    (LINUX, GOOD, Elf(stripped=True).library("core"), "it exports no PyInit__core, so it can't be imported"),
    (
        LINUX, GOOD, Elf(symbols=((INIT, GLOBAL, FUNCTION, HIDDEN, 1),)).library(),
        "PyInit__core is hidden in it, so that no Python can import it",
    ),
    (
        LINUX, GOOD, Elf(symbols=((INIT, LOCAL, FUNCTION, 0, 1),)).library("core"),
        "PyInit__core is hidden in it, so that no Python can import it",
    ),
    (LINUX, GOOD, Elf(local=(INIT,)).library("core"), "PyInit__core is hidden in it, so that no Python can import it"),
    (LINUX, "_core.so", Elf(local=(INIT,)).library("core"), "PyInit__core is hidden in it, so that no Python can import it"),
    (LINUX, GOOD, Elf().library(undefined=(INIT,)), "it looks for PyInit__core elsewhere, and does not define it"),
    (
        LINUX, GOOD, Elf(symbols=((INIT, GLOBAL, OBJECT, 0, 1),)).library(),
        "PyInit__core is data, not a function: importing it would crash",
    ),
    (LINUX, GOOD, Elf(stripped=True, gnu_hash=True).library("PyInit_other"), "it defines PyInit_other, so it can't be imported as _core"),
    (LINUX, "core/__init__.cpython-311-aarch64-linux-gnu.so", Elf().library("PyInit_other"), "it defines PyInit_other, so it can't be imported as core"),
    (MAC, ON_MAC, macho.library("ARM64", "core"), "it exports no PyInit__core, so it can't be imported"),
    (MAC, ON_MAC, macho.library("ARM64", hidden=(INIT,)), "PyInit__core is hidden in it, so that no Python can import it"),
    (MAC, ON_MAC, macho.library("ARM64", INIT, data=(INIT,)), "PyInit__core is data, not a function: importing it would crash"),
    (WINDOWS, ON_WINDOWS, pe.library("AMD64", "core"), "it exports no PyInit__core, so it can't be imported"),
    (WINDOWS, "_core.pyd", pe.library("AMD64"), "it exports no PyInit__core, so it can't be imported"),
    (WINDOWS, ON_WINDOWS, pe.library("AMD64", INIT, data=(INIT,)), "PyInit__core is data, not a function: importing it would crash"),
    # suffixes
    (PYPY, "_core.so", Elf().library(INIT), "its suffix is .so, but pypy311_pp73 on linux_aarch64 imports .pypy311-pp73-aarch64-linux-gnu.so"),
    (WINDOWS, "_core.dll", pe.library("AMD64", INIT), "its suffix is .dll, but cp311 on win_amd64 imports .cp311-win_amd64.pyd or .pyd"),
    # names of Python
    (LINUX, GOOD, needs("_Py_RefTotal"), "it needs _Py_RefTotal, which only debug builds of Python have"),
    (LINUX, GOOD, needs("PyDict_GetItemRef"), "it needs PyDict_GetItemRef, which came with Python 3.13, and the host has 3.11"),
    (
        "cp312-linux_aarch64", "_core.cpython-312-aarch64-linux-gnu.so", needs("PyUnicode_AsUnicode"),
        "it needs PyUnicode_AsUnicode, which no Python after 3.11 has, and the host has 3.12",
    ),
    (LINUX, GOOD, needs("_Py_MergeZeroLocalRefcount"), "it needs _Py_MergeZeroLocalRefcount, which only Pythons without a GIL have"),
    (LINUX, GOOD, needs("PyErr_SetFromWindowsErr"), "it needs PyErr_SetFromWindowsErr, which Python has on Windows alone"),
    (LINUX, GOOD, needs("PyPyList_New"), "it needs PyPyList_New, which is PyPy's alone"),
    (PYPY, "_core.pypy311-pp73-aarch64-linux-gnu.so", needs("PyList_New"), "it needs PyList_New, which is CPython's alone"),
    (LINUX, GOOD, needs("PyBridge_New"), "nothing that is loaded defines PyBridge_New"),
    (MAC, ON_MAC, macho.library("ARM64", INIT, sought=("_Py_RefTotal",)), "it needs _Py_RefTotal, which only debug builds of Python have"),
    (
        WINDOWS, ON_WINDOWS, pe.library("AMD64", INIT, needed=("python311.dll",), sought=("PyDict_GetItemRef",)),
        "it needs PyDict_GetItemRef, which came with Python 3.13, and the host has 3.11",
    ),
    # libraries, and where they are
    (LINUX, GOOD, Elf().library(INIT, needed=("/build/libown.so",)), "it needs /build/libown.so by its full path, which is the build machine's"),
    (LINUX, GOOD, Elf().library(INIT, runpath="/opt/build-env/lib"), "its RPATH names /opt/build-env/lib, a folder of the build machine"),
    (X86, ON_X86, X64.library(INIT, runpath="$ORIGIN:/home/me/lib"), "its RPATH names /home/me/lib, a folder of the build machine"),
    (LINUX, GOOD, Elf().library(INIT, runpath="lib"), "its RPATH names 'lib', which is relative to wherever the program was started"),
    (LINUX, GOOD, Elf(stripped=True).library(INIT, needed=LIBC, undefined=("helper",)), "nothing that is loaded defines helper"),
    # the loader and the processor
    (
        X86, ON_X86, replace(X64, stack=EXECUTABLE_STACK).library(INIT),
        "it asks for an executable stack, which glibc 2.41 and newer refuse to load",
    ),
    (
        X86, ON_X86, replace(X64, stack=None).library(INIT),
        "it asks for an executable stack (PT_GNU_STACK is missing), which glibc 2.41 and newer refuse to load",
    ),
    (LINUX, GOOD, Elf(static_tls=4096).library(INIT), "it wants 4096 bytes of static thread-local storage, of the 1664 that glibc has for all libraries together"),
    (LINUX, GOOD, Elf(static_tls=1024).library(INIT), "it wants 1024 bytes of static thread-local storage, of the 1664 that glibc has for all libraries together"),
    (MUSL, MUSL_GOOD, Elf(static_tls=8).library(INIT), "it wants 8 bytes of static thread-local storage, which musl gives to no library that is loaded later"),
    (X86, ON_X86, replace(X64, x86_level=3).library(INIT), "it needs x86-64-v3 (AVX2 and more), which not every host of the tag manylinux_2_28_x86_64 has"),
    ("cp311-linux_armv6l", "_core.cpython-311-arm-linux-gnueabihf.so", replace(ARM, arm=10).library(INIT), "it is compiled for ARMv7, which not every armv6l host runs"),
    ("cp311-linux_armv7l", "_core.cpython-311-arm-linux-gnueabihf.so", replace(ARM, arm=14).library(INIT), "it is compiled for ARMv8, which not every armv7l host runs"),
    (
        "cp311-linux_riscv64", "_core.cpython-311-riscv64-linux-gnu.so", replace(RISCV, riscv="rv64i2p1_m2p0_v1p0_zba1p0").library(INIT),
        "it is compiled for v, zba, which not every riscv64 host has",
    ),
    # versions, without section headers
    (
        X86, ON_X86, replace(X64, stripped=True).library(INIT, needed=LIBC, versions=(("libc.so.6", "GLIBC_2.34", "dlopen"),)),
        "it needs GLIBC_2.34 of libc.so.6 (for dlopen), which is newer than manylinux_2_28_x86_64 promises",
    ),
    # Python files
    (HERE, "demo/new.py", b"x = 1\n\nreturn 5\n", f"Python {DOTTED} can't compile it: line 3: 'return' outside function"),
    ("cp38-linux_aarch64", "demo/new.py", b"match x:\n    case 1: pass\n", "Python 3.8 can't compile it: line 2: Pattern matching is only supported in Python 3.10 and greater"),
    (HERE, "demo/new.py", b"print 'hello'\n", f"Python {DOTTED} can't compile it: line 1: Missing parentheses in call to 'print'. Did you mean print(...)?"),
]  # fmt: skip


@pytest.mark.parametrize(("host", "name", "data", "sentence"), LIES, ids=[f"{row[1]}-{row[3]}"[:90] for row in LIES])
def test_lies(host: str, name: str, data: bytes, sentence: str) -> None:
    assert said(host, {name: data}) == [f"{name}: {sentence}"]


GOOD_ONES = [
    (LINUX, GOOD, Elf(stripped=True).library(INIT, needed=LIBC)),
    (LINUX, GOOD, Elf(gnu_hash=True, stripped=True).library(INIT, needed=LIBC)),
    (LINUX, GOOD, Elf(stack=None).library(INIT)),  # aarch64 has no executable stacks
    (MUSL, MUSL_GOOD, Elf(stack=EXECUTABLE_STACK).library(INIT)),
    (LINUX, GOOD, needs("pow", "dlopen", "pthread_create", "openpty")),  # the interpreter brings these libraries
    (LINUX, GOOD, needs("PyList_New", "_Py_Dealloc", "_PyDict_NewPresized")),
    ("cp313-linux_aarch64", "_core.cpython-313-aarch64-linux-gnu.so", needs("PyDict_GetItemRef")),
    ("cp321-linux_aarch64", "_core.cpython-321-aarch64-linux-gnu.so", needs("PyFuture_Name")),
    (PYPY, "_core.pypy311-pp73-aarch64-linux-gnu.so", needs("PyPyList_New", "_PyPy_Dealloc", "PyPySome_Day")),
    ("pp310-linux_aarch64", "_core.pypy310-pp73-aarch64-linux-gnu.so", needs("PyPyList_New")),
    (LINUX, "core/__init__.cpython-311-aarch64-linux-gnu.so", Elf().library("PyInit_core")),
    (LINUX, "core/__init__.cpython-311-aarch64-linux-gnu.so", Elf().library("PyInit___init__")),
    (LINUX, "libcore.so", b"/* GNU ld script */\nINPUT(libcore.so.1)\n"),
    (LINUX, "core.so.1", Elf().library("core")),
    (LINUX, "_core.so", Elf().library("core")),  # for ctypes
    (LINUX, GOOD, Elf(static_tls=144).library(INIT)),
    (LINUX, GOOD, Elf().library(INIT, runpath="/usr/local/cuda/lib64")),
    (X86, ON_X86, replace(X64, x86_level=1).library(INIT)),
    ("cp311-linux_armv6l", "_core.cpython-311-arm-linux-gnueabihf.so", replace(ARM, arm=6).library(INIT)),
    ("cp311-linux_armv7l", "_core.cpython-311-arm-linux-gnueabihf.so", replace(ARM, arm=10).library(INIT)),
    ("cp311-linux_riscv64", "_core.cpython-311-riscv64-linux-gnu.so", replace(RISCV, riscv="rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0").library(INIT)),
    ("cp399-linux_aarch64", "demo/new.py", b"whatever comes then\n"),
    (WINDOWS, ON_WINDOWS, pe.library("AMD64", INIT, needed=("python311.dll",), sought=("PyErr_SetFromWindowsErr", "PyList_New"))),
    (PYODIDE, ON_PYODIDE, wasm.library(INIT, undefined=("PyList_New", "_Py_Dealloc", "malloc"), addresses=("PyExc_OSError",))),
    (PYODIDE, "_core.abi3.so", wasm.library(INIT, undefined=("invoke_viii",))),
    (PYODIDE, "libfoo.so", wasm.library("foo")),
    (PYODIDE, "demo/data.wasm", wasm.library("foo", dynamic="")),
    (LINUX, "demo/data.wasm", wasm.library("foo", dynamic="")),
]  # fmt: skip


@pytest.mark.parametrize(("host", "name", "data"), GOOD_ONES, ids=[f"{row[0]}-{row[1]}" for row in GOOD_ONES])
def test_good_ones(host: str, name: str, data: bytes) -> None:
    assert said(host, {name: data}) == []


@pytest.mark.parametrize(("abi", "count"), [("cp313t", 0), ("cp313", 1), ("cp313d", 1)])
def test_names_of_a_build_without_a_gil(abi: str, count: int) -> None:
    name = f"_core.{facts.python(facts.target('cp313-linux_aarch64', abi=abi)).soabi}.so"
    assert len(said("cp313-linux_aarch64", {name: needs("_Py_MergeZeroLocalRefcount")}, abi=abi)) == count


def test_names_of_a_debug_build() -> None:
    name = "_core.cpython-311d-aarch64-linux-gnu.so"
    assert not said(LINUX, {name: needs("_Py_RefTotal", "_Py_NegativeRefcount")}, abi="cp311d")


def test_severity() -> None:
    """What only may go wrong, or only elsewhere, does not keep a wheel back that is not promised to others."""
    rpath = {GOOD: Elf().library(INIT, runpath="/opt/build-env/lib")}
    assert [(one.warning, one.breaks_tag) for one in look(LINUX, rpath)] == [(True, False)]
    (found,) = look(X86, {ON_X86: X64.library(INIT, runpath="/opt/build-env/lib")})
    assert (found.warning, found.breaks_tag) == (False, True)
    assert [one.warning for one in look(LINUX, {"a.py": b"print 1"})] == [True]
    assert [one.warning for one in look(LINUX, {GOOD: Elf(static_tls=4096).library(INIT)})] == [False]
    assert [one.warning for one in look(LINUX, {GOOD: Elf(static_tls=1024).library(INIT)})] == [True]


# --- names of files ---------------------------------------------------------------------------------------------------


def test_two_files_of_one_name() -> None:
    target = facts.target()
    host = Host(tags=wheel_tags(target, WheelConfig(), pure=False), target=target, python=facts.python(target))
    found = check_entries([Entry(name="a/b.txt", source=b"1"), Entry(name="a/b.txt", source=b"2")], host)
    assert [one.message for one in found] == ["2 files of the wheel have this name, so that only one is installed"]


def test_a_file_where_others_have_a_folder() -> None:
    assert said(LINUX, {"a": b"", "a/b.txt": b""}) == ["a: it is a file and, for others, their folder"]


@pytest.mark.parametrize(("host", "count"), [(WINDOWS, 1), (MAC, 1), (LINUX, 0)])
def test_names_that_differ_in_case(host: str, count: int) -> None:
    found = look(host, {"a/Core.txt": b"", "a/core.txt": b""})
    assert [(one.warning, one.message) for one in found] == [
        (True, "it is the same file as a/Core.txt where upper and lower case are the same")
    ] * count


@pytest.mark.parametrize(("host", "count"), [(WINDOWS, 1), (MAC, 1), (LINUX, 0)])
def test_names_that_differ_in_how_an_accent_is_written(host: str, count: int) -> None:
    found = look(host, {"a/\u00e9.txt": b"", "a/e\u0301.txt": b""})
    assert [(one.warning, one.message) for one in found] == [
        (True, "it is the same file as a/\u00e9.txt where the ways to write an accent are the same")
    ] * count


@pytest.mark.parametrize("part", ["aux.txt", "NUL", "com1.tar.gz", "a:b", "what?.txt", "end.", "end "])
def test_names_that_windows_gives_to_nothing(part: str) -> None:
    message = f"nothing can be named '{part}' on Windows"
    assert [(one.warning, one.message) for one in look(WINDOWS, {f"a/{part}/b.txt": b""})] == [(False, message)]
    assert not look(LINUX, {f"a/{part}/b.txt": b""})
    assert not look(WINDOWS, {f"a/x{part.rstrip(' .').replace(':', '').replace('?', '')}/b.txt": b""})


def test_many_files_that_cannot_be_compiled_are_three_findings() -> None:
    found = said(LINUX, {f"a{number}.py": b"print 1\n" for number in range(9)})
    assert len(found) == 3
    assert found[-1].endswith("(and 6 more files)")


# --- helpers that load libraries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "loads"),
    [
        ("import ctypes\nctypes.CDLL(os.path.join(here, 'libown.so.1'))", True),
        ("from ctypes import CDLL\nCDLL(str(next(Path(here).glob('lib*'))))", True),
        ("import ctypes\nctypes.CDLL('libown.so.1')", True),
        ("import ctypes\nctypes.cdll.LoadLibrary(f'{here}/libown.so.1')", True),
        ("load = ctypes.CDLL\nload(somewhere)", True),
        ("ffi.dlopen(path)", True),
        ("path = here + '/libown.so.1'\nctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)", True),
        ("# ctypes.CDLL(os.path.join(here, 'libown.so.1'))", False),
        ('"""Unlike ctypes.CDLL(path), this does nothing."""', False),
        ("print('ctypes.CDLL(path) was not called')", False),
        ("import ctypes\nctypes.CDLL(None)", False),
        ("import ctypes\nlibc = ctypes.CDLL('libc.so.6')", False),
        ("from ctypes.util import find_library\nctypes.CDLL(find_library('z'))", False),
        ("name = find_library('z')\nctypes.CDLL(name)", False),
        ("name = '/usr/lib/libz.so.1'\nctypes.CDLL(name)", False),
        ("def f(x: ctypes.CDLL) -> None: ...", False),
    ],
)
def test_python_files_that_load_libraries_are_judged_by_their_code(source: str, *, loads: bool) -> None:
    module = Elf().library(INIT, needed=("libc.so.6", "libown.so.1"))
    files = {GOOD: module, "demo.libs/libown.so.1": Elf().library(), "demo/__init__.py": source.encode()}
    assert said(LINUX, files) == (
        [] if loads else [f"{GOOD}: it needs libown.so.1, and its RPATH does not lead to demo.libs/libown.so.1"]
    )


# --- the host's own libraries -----------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host that has a C library and two others, one of them where ld.so.conf leads to."""
    files = {
        "lib/aarch64-linux-gnu/libc.so.6": Elf().library("malloc"),
        "usr/lib/libfoo.so.2": Elf().library("foo", needed=("libbar.so.1",)),
        "opt/bar/libbar.so.1": Elf().library("bar"),
        "usr/lib64/libother.so.1": X64.library("other"),
        "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n",
        "etc/ld.so.conf.d/bar.conf": b"# bar\n/opt/bar\n",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_what_the_host_has(root: Path) -> None:
    def ask(*needed: str, undefined: tuple[str, ...] = (), host: str = LINUX, runpath: str = "") -> list[str]:
        data = Elf().library(INIT, needed=("libc.so.6", *needed), undefined=undefined, runpath=runpath)
        return [one.split(": ", 1)[1] for one in said(host, {GOOD: data}, roots=(root,))]

    lacks = "it needs {}, which is neither in the wheel nor among the host's ({})"
    assert not ask("libfoo.so.2", "libbar.so.1", "libstdc++.so.6", "libgomp.so.1", "ld-linux-aarch64.so.1")
    assert ask("libgone.so.3") == [lacks.format("libgone.so.3", root)]
    assert ask("libother.so.1") == [lacks.format("libother.so.1", root)], "of another machine"
    assert not ask("libfoo.so.2", undefined=("foo", "bar", "malloc"))
    assert ask("libfoo.so.2", undefined=("foo", "baz")) == ["nothing that is loaded defines baz"]
    (root / "opt/own").mkdir()
    (root / "opt/own/libown.so.1").write_bytes(Elf().library())
    assert [one for one in ask("libown.so.1", runpath="/opt/own") if "needs" in one] == []


def test_a_root_without_a_c_library_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    assert not said(LINUX, {GOOD: Elf().library(INIT, needed=("libgone.so.3",))}, roots=(tmp_path,))


def test_names_through_libraries_of_the_wheel() -> None:
    """What a library of the wheel needs is loaded, too: where it can't be looked into, nobody can tell."""
    files = {
        GOOD: Elf().library(INIT, needed=("libown.so.1",), undefined=("elsewhere",), runpath="$ORIGIN"),
        "libown.so.1": Elf().library(needed=("libX11.so.6", "libc.so.6")),
    }
    assert not said(LINUX, files)
    files["libown.so.1"] = Elf().library(needed=("libc.so.6",))
    assert said(LINUX, files) == [f"{GOOD}: nothing that is loaded defines elsewhere"]


RPATH = 15


@pytest.mark.parametrize(("host", "tag", "found"), [(LINUX, 29, False), (LINUX, RPATH, True), (MUSL, 29, True)])
def test_where_a_loader_says(host: str, tag: int, *, found: bool) -> None:
    """DT_RPATH is lent to what is loaded; DT_RUNPATH by musl alone."""
    name = GOOD if host == LINUX else MUSL_GOOD
    libc = LIBC if host == LINUX else ("libc.so",)
    files = {
        f"demo/{name}": Elf(search=tag).library(INIT, needed=("libone.so", *libc), runpath="$ORIGIN"),
        "demo/libone.so": Elf().library(needed=("libtwo.so",)),
        "demo/libtwo.so": Elf().library(),
    }
    assert said(host, files) == (
        [] if found else ["demo/libone.so: it needs libtwo.so, and its RPATH does not lead to demo/libtwo.so"]
    )


@pytest.mark.parametrize(
    ("needed", "lost"),
    [
        ("libz.so.1", "_ZN4mine6helperEv"),  # no name of C, so no name of zlib's
        ("libz.so.1", ""),
        ("libmine.so.1", ""),
    ],
)
def test_names_beside_a_library_that_cannot_be_looked_into(needed: str, lost: str) -> None:
    names = (lost,) if lost else ("inflate", "helper") if needed == "libz.so.1" else ("_ZN4mine6helperEv", "helper")
    data = X64.library(INIT, needed=(needed, *LIBC), undefined=names)
    found = [one for one in said(X86, {ON_X86: data}) if "no library that" not in one]
    assert found == ([f"{ON_X86}: nothing that is loaded defines {lost}"] if lost else [])


# --- versions belong to their library ---------------------------------------------------------------------------------


def test_versions_by_the_name_of_anothers() -> None:
    """libgcc_s of i686 has a GLIBC_2.0, which is no glibc's."""
    made = Elf(machine="386", bits=32)
    asked = (("libgcc_s.so.1", "GLIBC_2.0", "__register_frame"),)
    module = made.library(INIT, needed=("libgcc_s.so.1",), versions=asked, runpath="$ORIGIN")
    beside = {"libgcc_s.so.1": made.library("__register_frame")}
    assert not said("cp311-manylinux_2_17_i686", {"_core.cpython-311-i386-linux-gnu.so": module})
    assert not said("cp311-musllinux_1_2_i686", {"_core.cpython-311-i386-linux-musl.so": module, **beside})
    asked = (("libfoo.so.1", "GLIBC_2.99", "foo"),)
    data = made.library(needed=("libfoo.so.1",), versions=asked, runpath="$ORIGIN")
    assert not said("cp311-manylinux_2_17_i686", {"libown.so": data, "libfoo.so.1": made.library("foo")})


# --- really compiled --------------------------------------------------------------------------------------------------

SOURCE = "void *{}(void) {{ return 0; }}\n"
GCC = "aarch64-linux-gnu-gcc"


def compiled(tmp_path: Path, source: str, *flags: str) -> bytes:
    if not shutil.which(GCC):
        pytest.skip(f"there is no {GCC}")
    (tmp_path / "core.c").write_text(source, "utf-8")
    out = tmp_path / "core.so"
    subprocess.run([GCC, *flags, "-o", out, tmp_path / "core.c"], check=True)
    return out.read_bytes()


SHARED = ("-shared", "-fPIC")


@pytest.mark.parametrize(
    ("source", "flags", "sentence"),
    [
        (SOURCE.format(INIT), SHARED, ""),
        (SOURCE.format(INIT), (*SHARED, "-s"), ""),
        (SOURCE.format(INIT), (*SHARED, "-Wl,--hash-style=sysv"), ""),
        (SOURCE.format(INIT), ("-c",), "it is an object file that is not linked, but named as a module"),
        (
            SOURCE.format(INIT), ("-c", "-flto", "-fno-fat-lto-objects"),
            "it is an object of link-time optimization, without code, but named as a module",
        ),
        (
            SOURCE.format(INIT), (*SHARED, "-fvisibility=hidden"),
            "PyInit__core is hidden in it, so that no Python can import it",
        ),
        (
            SOURCE.format(INIT), (*SHARED, "-fvisibility=hidden", "-s"),
            "it exports no PyInit__core, so it can't be imported",
        ),
        (f"int {INIT} = 5;", SHARED, "PyInit__core is data, not a function: importing it would crash"),
        (SOURCE.format("init_core"), SHARED, "it exports no PyInit__core, so it can't be imported"),
        (
            "extern int helper(void);\nint PyInit__core(void) { return helper(); }", SHARED,
            "nothing that is loaded defines helper",
        ),
        (
            "extern long _Py_RefTotal;\nlong PyInit__core(void) { return _Py_RefTotal; }", (*SHARED, "-s"),
            "it needs _Py_RefTotal, which only debug builds of Python have",
        ),
        (
            SOURCE.format(INIT), (*SHARED, "-Wl,-z,execstack"),
            "it asks for an executable stack, which glibc 2.41 and newer refuse to load",
        ),
        (
            '__attribute__((tls_model("initial-exec"))) __thread char much[5000]; char *PyInit__core(void) { return much; }', SHARED,
            "it wants 5000 bytes of static thread-local storage, of the 1664 that glibc has for all libraries together",
        ),
        (
            SOURCE.format(INIT), (*SHARED, "-Wl,-rpath,/opt/build-env/lib"),
            "its RPATH names /opt/build-env/lib, a folder of the build machine",
        ),
        ("#include <math.h>\ndouble PyInit__core(double x) { return pow(x, x) + exp(x); }", SHARED, ""),
    ],
)  # fmt: skip
def test_really_compiled(tmp_path: Path, source: str, flags: tuple[str, ...], sentence: str) -> None:
    data = compiled(tmp_path, source, *flags)
    assert said(LINUX, {GOOD: data}) == ([f"{GOOD}: {sentence}"] if sentence else [])


def test_really_stripped_of_its_sections(tmp_path: Path) -> None:
    """What objcopy leaves when a linker script or sstrip(1) has taken the section headers away."""
    data = bytearray(compiled(tmp_path, SOURCE.format("PyInit_other"), *SHARED))
    data[40:48], data[58:64] = bytes(8), bytes(6)  # e_shoff; e_shentsize, e_shnum, e_shstrndx
    assert said(LINUX, {GOOD: bytes(data)}) == [f"{GOOD}: it defines PyInit_other, so it can't be imported as _core"]


@pytest.mark.parametrize(("name", "warning"), [
    ("demo/__init__.py", False), ("demo/sub/__init__.py", True), ("demo/new.py", True), ("new.py", True),
    ("demo-1.2.data/__init__.py", True),
])  # fmt: skip
def test_only_a_package_that_nobody_can_import_is_kept_back(name: str, warning: bool) -> None:  # noqa: FBT001
    code = b"match x:\n    case 1: pass\n"
    files = {**{f"demo/a{number}.py": code for number in range(5)}, name: code}
    found = read_sources(files, frozenset(), (3, 8)).findings
    assert [finding.warning for finding in found] == [warning, True, True]
    assert found[0].file == name or warning


@pytest.mark.parametrize(
    ("host", "name", "left"),
    [
        (LINUX, "demo/_core.cpython-310-aarch64-linux-gnu.so", True),
        (LINUX, "demo/_core.pypy311-pp73-aarch64-linux-gnu.so", True),
        (PYPY, "demo/_core.so", False),
    ],
)
def test_what_another_build_has_left_is_to_be_removed(host: str, name: str, left: bool) -> None:  # noqa: FBT001 - a table
    (found,) = look(host, {name: Elf().library(INIT)})
    assert found.hint.startswith("remove the file") == left
    assert "let FindPython set the suffix" in found.hint
