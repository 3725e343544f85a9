"""Wheels of the example by zig and the running interpreter's headers, for every kind of host that zig knows."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import venv
import zipfile
from dataclasses import replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import ARMAttributesSection

from tests.support.compare import assert_says
from tests.support.crossbuild import REPOSITORY, TIMEOUT_S, Workshop, copy_project, plain_project, unpack, write
from tests.support.debian import host_python
from tests.support.demo import QUESTION
from tests.support.emulate import emulator, run_python
from tests.support.matrix import combination
from tests.support.needs import need_package
from xconan.toolchains.zig import find_zig

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
SUITES = {(3, 11): "bookworm", (3, 13): "trixie"}
# platform tag -> Debian's architecture of an emulated host; "" where there is none, or its C library is another
LINUX = {
    "manylinux_2_17_x86_64": "amd64",
    "manylinux_2_17_aarch64": "arm64",
    "manylinux_2_17_armv7l": "armhf",
    "manylinux_2_17_i686": "i386",
    "manylinux_2_17_s390x": "s390x",
    "manylinux_2_19_ppc64le": "ppc64el",
    "manylinux_2_31_riscv64": "riscv64" if sys.version_info[:2] == (3, 13) else "",
    "manylinux_2_36_loongarch64": "",  # no released Debian has a Python for it
    "musllinux_1_2_aarch64": "",
    "musllinux_1_2_x86_64": "",
}
# others build for the processor (long double), for the C library (test_musl), or both halves at once (universal2)
REST = {"manylinux_2_19_ppc64le", "musllinux_1_2_x86_64", "macosx_11_0_arm64", "macosx_11_0_x86_64"}
TARGET = f"{HERE}-manylinux_2_17_aarch64"
MAC = ("macosx_11_0_arm64", "macosx_11_0_x86_64", "macosx_11_0_universal2")


def usual(*tags: str) -> list[object]:
    """The tags as parameters; the rest with --whole-matrix alone."""
    return [combination(tag, rest=tag in REST) for tag in tags]


@pytest.fixture(scope="module")
def zig_workshop(workshop: Workshop) -> Workshop:
    need_package("ziglang")
    return workshop


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(REPOSITORY / "examples" / "lz4-pybind11", tmp_path_factory.mktemp("zig") / "example")


@pytest.mark.parametrize("tag", usual(*LINUX))
def test_linux(tag: str, example: Path, zig_workshop: Workshop, kept: Path) -> None:
    built = zig_workshop.build(example, None, "--target", f"{HERE}-{tag}")
    assert built.wheel.name.endswith(f"-{HERE}-{HERE}-{tag}.whl")
    folder = unpack(built.wheel)
    (module,) = folder.glob("lz4_pybind11/_core.*.so")
    if "manylinux" in tag:
        floor = tuple(int(part) for part in tag.split("_")[1:3])
        assert glibc_versions(module)
        assert max(glibc_versions(module)) <= floor
    if tag.endswith("armv7l"):  # not every board has more registers, or NEON
        assert floating_point_units(module) == {"TAG_FP_ARCH": [4]}  # VFPv3-D16
    suite = SUITES.get(sys.version_info[:2])
    if suite and (debian := LINUX[tag]):
        emulator(debian)
        host = host_python(suite, debian, kept / "roots" / f"{suite}-{debian}")
        assert "4500 bytes" in run_python(host, folder, QUESTION)


LONG_DOUBLE_LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.cpp pair.c)
install(TARGETS plain LIBRARY DESTINATION .)
"""
PAIR = """\
long double pair_power(long double base, int power) { return __builtin_powil(base, power); }
"""
LONG_DOUBLE = """\
#include <Python.h>
#include <cmath>
#include <sstream>
extern "C" long double pair_power(long double, int);
static PyObject *answer(PyObject *, PyObject *arguments) {
  double number;
  if (!PyArg_ParseTuple(arguments, "d", &number)) return nullptr;
  const long double x = number;
  char text[300];
  std::snprintf(text, sizeof text, "%.29Lf %.28Lf %.28Lf %lld", 1 / x, std::sqrt(x) * x - x, pair_power(1 + 1 / x, -2),
                (long long)((x + 1) * 0x1p60L - 1));
  std::ostringstream stream;
  stream << text << ' ' << number / 7 << ' ' << std::stod("0.25");
  return PyUnicode_FromString(stream.str().c_str());
}
static PyMethodDef methods[] = {{"answer", answer, METH_VARARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "plain", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_plain() { return PyModule_Create(&definition); }
"""


def test_long_double_of_an_older_glibc(zig_workshop: Workshop, kept: Path, tmp_path: Path) -> None:
    """On ppc64le it is a pair of doubles, for the C library and for us; where libc++ has none, that is said."""
    project = plain_project(tmp_path / "project", LONG_DOUBLE_LISTS)
    write(project / "plain.cpp", LONG_DOUBLE)
    write(project / "pair.c", PAIR)
    built = zig_workshop.build(project, None, "--target", f"{HERE}-manylinux_2_19_ppc64le")
    suite = SUITES.get(sys.version_info[:2])
    if suite:
        emulator("ppc64el")
        host = host_python(suite, "ppc64el", kept / "roots" / f"{suite}-ppc64el")
        said = run_python(host, unpack(built.wheel), "import plain; print(plain.answer(3.0))").split()
        with localcontext() as context:
            context.prec = 50
            third, root = Decimal(1) / 3, Decimal(3).sqrt()
            exact = [f"{third:.29f}", f"{root * 3 - 3:.28f}", f"{Decimal(9) / 16:.28f}", str(4 * 2**60 - 1)]
        assert said == [*exact, "0.428571", "0.25"]
    write(project / "plain.cpp", LONG_DOUBLE.replace("std::stod", "(double)std::stold"))
    refused = zig_workshop.build(project, None, "--target", f"{HERE}-manylinux_2_19_ppc64le", fails=True)
    assert_says(refused.log, "__strtoieee128", "a newer tag or gcc")


DEFAULT_LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.c)
target_link_options(plain PRIVATE -Wl,--exclude-libs,ALL LINKER:-Map,plain.map)
target_link_options(plain PRIVATE -Wl,--icf=all -Wl,-z,relro,-z,separate-code)
install(TARGETS plain LIBRARY DESTINATION .)
"""
DEFAULTS = """\
#include <Python.h>
#include <assert.h>
static int next(volatile int *number) { return *number + 1; }
static PyObject *answer(PyObject *self, PyObject *none) {
  volatile int largest = 2147483647, bits = 33;
  int wrapped = next(&largest), shifted = 1 << bits, asserted = 0;
  assert(++asserted);
  return PyUnicode_FromFormat("%d %d %d", wrapped < 0, shifted != 0 || sizeof(__DATE__ __TIME__) == 20, asserted);
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "plain", NULL, -1, methods};
PyMODINIT_FUNC PyInit_plain(void) { return PyModule_Create(&definition); }
"""


@pytest.mark.parametrize(
    ("build_type", "flags", "asserts"), [("Debug", "", 1), ("Release", "", 0), ("Plain", "-O2", 1)]
)
def test_defaults_of_other_compilers(
    build_type: str, flags: str, asserts: int, zig_workshop: Workshop, kept: Path, tmp_path: Path
) -> None:
    """Undefined behaviour traps nobody, dates are dates, and asserts are there until somebody says NDEBUG."""
    cmake = f'[tool.xconan.cmake]\nbuild_type = "{build_type}"\noptions.CMAKE_C_FLAGS = "{flags}"\n'
    project = plain_project(tmp_path / "project", DEFAULT_LISTS, pyproject=cmake)
    write(project / "plain.c", DEFAULTS)
    built = zig_workshop.build(project, None, "--target", TARGET)
    assert_says(built.log, "--exclude-libs,ALL -Map,plain.map --icf=all -z separate-code")
    suite = SUITES.get(sys.version_info[:2])
    if suite:
        emulator("arm64")
        host = host_python(suite, "arm64", kept / "roots" / f"{suite}-arm64")
        said = run_python(host, unpack(built.wheel), "import plain; print(plain.answer())")
        assert said.split() == ["1", "1", str(asserts)]


CXX_LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.cpp)
install(TARGETS plain LIBRARY DESTINATION .)
set(CMAKE_EXE_LINKER_FLAGS "-g -Os -fomit-frame-pointer")  # for each of these zig would make another libc++
add_executable(tool tool.cpp)
"""
CXX_TOOL = "#include <iostream>\nint main() { std::cout << 1.5; }\n"


def test_three_environments(zig_workshop: Workshop, kept: Path, wheelhouse: Path, tmp_path: Path) -> None:
    """With ziglang at another path each: one copy of it, and the C++ library of the first, whatever the flags."""
    pytest.importorskip("build")
    zig = find_zig()
    assert zig
    warm = [sys.executable, "-m", "xconan", "warm", TARGET]
    subprocess.run(warm, env=zig_workshop.environment, check=True, capture_output=True)
    cache = copy_zig_cache(kept / "zig", tmp_path / "cache")
    own = replace(zig_workshop, extra={"ZIG_GLOBAL_CACHE_DIR": str(cache)})
    before, wheels = archives(cache), []
    assert before
    for name in ("one", "two"):
        python = environment_with(zig.path.parent, tmp_path / name)
        built = own.build(cxx_project(tmp_path / name / "project"), None, "--target", TARGET, python=python)
        assert_says(built.log, "Linking CXX executable tool", lacks=["C++ library"])
        wheels.append(built.wheel.read_bytes())
    project = cxx_project(tmp_path / "project")
    (tmp_path / "constraints.txt").write_text(f"ziglang=={zig.version}\n", "utf-8")
    wanted = {"PIP_FIND_LINKS": str(wheelhouse), "PIP_CONSTRAINT": str(tmp_path / "constraints.txt"), "TERM": "dumb"}
    isolated = [sys.executable, "-m", "build", "-w", "-v", f"-Ctarget={TARGET}", str(project)]
    done = subprocess.run(
        isolated, env={**own.environment, **wanted}, check=False, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert_says(f"{done.stdout}{done.stderr}", "Linking CXX executable tool", lacks=["C++ library"])
    (wheel,) = (project / "dist").glob("*.whl")
    assert [*wheels, wheel.read_bytes()] == [wheels[0]] * 3
    assert archives(cache) == before
    assert len(list((own.cache / "zig").glob(f"{zig.version}-*"))) == 1


def cxx_project(folder: Path) -> Path:
    """A module in C++, and a program that is linked as nobody links a release."""
    project = plain_project(folder, CXX_LISTS)
    write(project / "tool.cpp", CXX_TOOL)
    write(project / "plain.cpp", LONG_DOUBLE.replace("pair_power(1 + 1 / x, -2)", "x"))
    pyproject = (project / "pyproject.toml").read_text("utf-8")
    write(project / "pyproject.toml", pyproject.replace('"xconan"]', '"xconan[zig]"]'))
    return project


def environment_with(ziglang: Path, folder: Path) -> Path:
    """The Python of a new environment that has ziglang installed at a path of its own, and all else as we have it."""
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    shutil.copytree(ziglang, site / "ziglang", copy_function=os.link)
    for info in ziglang.parent.glob("ziglang-*.dist-info"):
        shutil.copytree(info, site / info.name)
    (site / "rest.pth").write_text(f"{ziglang.parent}\n{REPOSITORY}\n", "utf-8")
    return folder / "bin/python"


def copy_zig_cache(source: Path, folder: Path) -> Path:
    """A zig cache of a test's own; what was made is linked, as zig writes into its lists alone."""

    def copy(one: str, other: str) -> None:
        (os.link if "/o/" in one else shutil.copy2)(one, other)

    shutil.copytree(source, folder, copy_function=copy, ignore=shutil.ignore_patterns("tmp"))
    (folder / "tmp").mkdir(exist_ok=True)
    return folder


def archives(cache: Path) -> dict[str, int]:
    """The C++ libraries that zig has made, and when."""
    return {str(path): path.stat().st_mtime_ns for path in (cache / "o").glob("*/libc++*.a")}


@pytest.mark.parametrize("tag", usual(*MAC))
def test_mac(tag: str, example: Path, zig_workshop: Workshop) -> None:
    """Built and checked; the check itself is tested elsewhere, so that what it passes is a macOS module."""
    built = zig_workshop.build(example, None, "--target", f"{HERE}-{tag}")
    (name,) = (name for name in built.names if name.endswith(".so"))
    assert name == f"lz4_pybind11/_core.cpython-{HERE[2:]}-darwin.so"
    words = struct.unpack(">12I", _read(built.wheel, name)[:48])
    cpus = {"x86_64": 0x01000007, "arm64": 0x0100000C}
    if "universal2" in tag:  # <mach-o/fat.h>: magic, count, then five words for each
        assert (words[0], words[1], {words[2], words[7]}) == (0xCAFEBABE, 2, set(cpus.values()))
    else:  # <mach-o/loader.h>, in the other byte order
        assert _read(built.wheel, name)[:8] == struct.pack("<2I", 0xFEEDFACF, cpus[tag.split("_", 3)[3]])


@pytest.mark.parametrize("tag", ["win_amd64", "win_arm64"])
def test_windows(tag: str, example: Path, zig_workshop: Workshop, windows_headers: str) -> None:
    """From headers in the store, which have no import library."""
    built = zig_workshop.build(example, None, "--target", f"{windows_headers}-{tag}")
    (name,) = (name for name in built.names if name.endswith(".pyd"))
    assert name == f"lz4_pybind11/_core.{windows_headers}-{tag}.pyd"
    assert f"python{windows_headers[2:]}.dll".encode() in _read(built.wheel, name)


@pytest.fixture(scope="module")
def windows_headers(zig_workshop: Workshop) -> str:
    """CPython 3.11's headers for Windows, in the store; the tag of that Python."""
    for tag in ("win_amd64", "win_arm64"):
        argv = [sys.executable, "-m", "xconan", "python", "add", "3.11", "--for", tag, "--from", "debian"]
        subprocess.run(argv, env=zig_workshop.environment, check=True, capture_output=True)
    return "cp311"


def floating_point_units(module: Path) -> dict[str, list[int]]:
    """What a module for ARM needs, by the build attributes of its ABI (addenda32, 3.4)."""
    names = ("TAG_FP_ARCH", "TAG_ADVANCED_SIMD_ARCH")
    found: dict[str, list[int]] = {}
    with module.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".ARM.attributes")
        assert isinstance(section, ARMAttributesSection)
        for part in section.iter_subsections():
            for file in part.iter_subsubsections():
                for one in file.iter_attributes():
                    if one.tag in names:
                        found.setdefault(one.tag, []).append(one.value)
    return found


def glibc_versions(module: Path) -> set[tuple[int, ...]]:
    """The versions of glibc that a module's symbols have, as readelf tells them."""
    argv = ["readelf", "-W", "--version-info", str(module)]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    words = (word.removeprefix("GLIBC_") for word in said.split() if word.startswith("GLIBC_"))
    return {tuple(int(part) for part in word.split(".")) for word in words}


def _read(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)
