"""Wheels for musl by zig, tried on a real CPython for musl: its own loader runs it here, qemu on other processors.

By the way of a user: `xconan python add --runnable` takes the Python from a mirror of python-build-standalone, whose
archive is made here (tests/support/musl.py), and musl's loader from Debian. `--whole-matrix` adds other processors.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import packaging
import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import PROJECTS, REPOSITORY, TIMEOUT_S, copy_project, plain_project, unpack, write
from tests.support.matrix import combination
from tests.support.mirror import mirror
from tests.support.musl import LOADERS, VERSION, musl_python, patchelf
from tests.support.needs import need_package, need_program
from tests.support.wheels import Wheel

if TYPE_CHECKING:
    from tests.support.crossbuild import Built, Workshop
    from tests.support.musl import MuslPython


@pytest.fixture(scope="module", params=[combination(arch, rest=arch != "x86_64") for arch in LOADERS])
def arch(request: pytest.FixtureRequest) -> str:
    """This machine's processor, with --whole-matrix all that were tried."""
    return str(request.param)


@pytest.fixture(scope="module")
def made(arch: str, kept: Path) -> MuslPython:
    need_program("dpkg-deb")
    if arch != "x86_64":
        need_program(f"qemu-{'arm' if arch == 'armv7l' else arch}-static")
    return musl_python(arch, kept)


@dataclass(frozen=True, kw_only=True)
class Musl:
    """A workshop that has a Python for musl, as `xconan python add` has put it there, saying `added`."""

    shop: Workshop
    arch: str
    root: Path
    added: str

    @property
    def target(self) -> str:
        return f"cp311-musllinux_1_2_{self.arch}"

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Run xconan and return all that it says."""
        return run(self.shop, *words, code=code)

    def build(self, project: Path, *words: str, fails: bool = False) -> Built:
        return self.shop.build(project, None, "--target", self.target, *words, fails=fails)


@pytest.fixture(scope="module")
def musl(arch: str, made: MuslPython, workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Musl:
    need_package("ziglang")
    need_package("pbs_installer")
    name = archive_name(arch)
    data = made.archive.read_bytes()
    sums = f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
    with mirror({"SHA256SUMS": sums, quote(name): data}) as server:
        pythons = tmp_path_factory.mktemp("musl") / "pythons"
        extra = {"XCONAN_STANDALONE_URL": server.address, "XCONAN_PYTHONS": str(pythons)}
        shop = replace(workshop, extra=extra)
        # for ARM nobody publishes one
        source = ["--from", f"{server.address}/{quote(name)}"] if arch == "armv7l" else []
        added = run(shop, "python", "add", VERSION, "--for", f"musllinux_1_2_{arch}", "--runnable", *source)
    return Musl(shop=shop, arch=arch, root=made.root, added=added)


def run(shop: Workshop, *words: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "xconan", *map(str, words)], env=shop.environment, cwd=shop.cache, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    return done.stdout


def archive_name(arch: str) -> str:
    """What the archive is called in the release that the index has."""
    from pbs_installer import get_download_link  # noqa: PLC0415

    _, (url, _) = get_download_link(VERSION, "x86_64", "linux", "cpython")
    return unquote(url.rpartition("/")[2]).replace("x86_64-unknown-linux-gnu", f"{arch}-unknown-linux-musl")


def test_a_standalone_python_gets_its_loader(musl: Musl) -> None:
    name = f"cp311-linux-{musl.arch}-musl"
    source = "http:" if musl.arch == "armv7l" else "standalone, with its interpreter"
    assert_says(musl.added, f"added {name}: 3.11.2, from {source}", f"the interpreter of {name} runs here")
    (entry,) = json.loads(musl.run("python", "list", "--json"))
    assert any(file.startswith("musl_1.2.") for file in entry["files"])


def test_the_examples_own_tests(musl: Musl, tmp_path: Path) -> None:
    """pybind11 with libc++ in it, Conan's lz4, and pytest as pip on the host would have it."""
    project = copy_project(REPOSITORY / "examples/lz4-pybind11", tmp_path / "project")
    built = musl.build(project, "--test")
    assert_says(built.log, f"test       passed on python3.11, {musl.arch}: 2 modules imported, 1 command")
    said = musl.run("test", built.wheel, "--python", musl.root, "--require", "pytest", "--", "pytest", "-q",
                    project / "tests")  # fmt: skip
    assert_says(said, "17 passed", f"passed on python3.11, {musl.arch}")


MATRIX = """\
[tool.xconan.matrix]
pythons = ["cp311"]
platforms = ["manylinux_2_17_{arch}", "musllinux_1_2_{arch}"]
"""


def test_both_c_libraries_side_by_side(musl: Musl, tmp_path: Path) -> None:
    if (musl.arch, sys.version_info[:2]) != (os.uname().machine, (3, 11)):
        musl.run("python", "add", VERSION, "--for", f"manylinux_2_17_{musl.arch}", "--runnable")
    project = copy_project(REPOSITORY / "examples/lz4-pybind11", tmp_path / "project")
    with (project / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write(MATRIX.replace("{arch}", musl.arch))
    musl.run("build", "--all", "--test", project, "-o", tmp_path / "dist")
    names = [f"lz4_pybind11-0.1.0-cp311-cp311-{libc}_{musl.arch}.whl" for libc in ("manylinux_2_17", "musllinux_1_2")]
    assert sorted(path.name for path in (tmp_path / "dist").glob("*.whl")) == names
    again = musl.run("test", *(tmp_path / "dist" / name for name in names))
    assert again.count("passed on python3.11") == 2


CXX_LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.cpp)
target_compile_features(plain PRIVATE cxx_std_17)
install(TARGETS plain LIBRARY DESTINATION .)
"""
CXX = """\
#include <Python.h>
#include <clocale>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <thread>
static thread_local std::string mine = "untouched";
static PyObject *answer(PyObject *, PyObject *) {
  std::ostringstream stream;
  std::string theirs;
  std::thread([&] { mine = "set"; theirs = mine; }).join();
  try {
    std::string().at(1);
  } catch (const std::out_of_range &) {
    stream << "caught";
  }
  stream << ' ' << mine << ' ' << theirs << ' ' << std::setprecision(3) << 2.0 / 3 << ' ' << sizeof(void *);
#ifdef __GLIBC__
  stream << " glibc";
#endif
  return PyUnicode_FromString(stream.str().c_str());
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "plain", nullptr, -1, methods};
PyMODINIT_FUNC PyInit_plain() { return PyModule_Create(&definition); }
"""
PRINT = "import plain; print(plain.answer())"
AGAIN = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {PRINT!r}]).returncode)"


def test_cxx(musl: Musl, tmp_path: Path) -> None:
    """Exceptions, streams, threads and what is a thread's own, from the C++ library that zig links into the module.

    The host's Python starts itself again, by what sys.executable says.
    """
    project = plain_project(tmp_path / "project", CXX_LISTS)
    write(project / "plain.cpp", CXX)
    built = musl.build(project)
    bits = 4 if musl.arch == "armv7l" else 8
    assert f"caught untouched set 0.667 {bits}\n" in musl.run("test", built.wheel, "--", "python", "-c", AGAIN)


LIBRARIES = """\
import tempfile
from bundled import store
text = b"what is said again and again, " * 40
assert store.through_lz4(text)[1] == text
with tempfile.TemporaryDirectory() as folder:
    assert store.stored(folder, text) == text
print(sorted({line.split("/")[-1].strip() for line in open("/proc/self/maps") if ".libs/" in line}))
"""


def test_shared_libraries_in_the_wheel(musl: Musl, tmp_path: Path) -> None:
    """Conan's, with what they need of each other, found by musl's loader where they are in the wheel."""
    project = copy_project(PROJECTS / "bundled", tmp_path / "project")
    built = musl.build(project)
    libraries = sorted(name.rpartition("/")[2] for name in built.names if ".libs/" in name)
    assert [name.partition("-")[0] for name in libraries] == ["libleveldb", "liblz4", "libsnappy"]
    musl.run("check", built.wheel)
    assert f"{libraries}\n" in musl.run("test", built.wheel, "--", "python", "-c", LIBRARIES)


OF_GLIBC = """\
#include <gnu/libc-version.h>
const char *version_of_glibc(void) { return gnu_get_libc_version(); }
"""


def test_a_wheel_that_needs_glibc(musl: Musl, tmp_path: Path) -> None:
    """Under a name for musl: the check refuses it, and it does not load where there is musl."""
    project = plain_project(tmp_path / "project", CXX_LISTS.replace("CXX", "C").replace("plain.cpp", "plain.c"))
    source = project / "plain.c"
    source.write_text(OF_GLIBC + source.read_text("utf-8"), "utf-8")
    built = musl.shop.build(project, None, "--target", f"cp311-manylinux_2_17_{musl.arch}")
    (module,) = unpack(built.wheel).glob("plain.*.so")
    name = module.name.replace("-gnu", "-musl")
    tags = f"cp311-cp311-musllinux_1_2_{musl.arch}"
    wrong = Wheel(tags=tags, stem="plain-1.0", folder="plain-1.0.dist-info", files={name: module.read_bytes()},
                  metadata="Metadata-Version: 2.1\nName: plain\nVersion: 1.0\n").write(tmp_path)  # fmt: skip
    assert_says(musl.run("check", wrong, code=6), f"{name}: it is linked against glibc", "not the musl")
    said = musl.run("test", wrong, code=7)
    assert_says(said, "gnu_get_libc_version: symbol not found", "the wheel failed on its host", "where: import plain")


EMULATED = """\
cmake_minimum_required(VERSION 3.25)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(plain MODULE WITH_SOABI plain.c)
file(WRITE ${CMAKE_BINARY_DIR}/try.c "int main(void) { return 3; }")
foreach(kind static dynamic)
  try_run(ran compiled SOURCES ${CMAKE_BINARY_DIR}/try.c LINK_OPTIONS "-${kind}")
  file(APPEND ${CMAKE_BINARY_DIR}/tried.txt "${kind} ${ran}\\n")
endforeach()
add_custom_command(OUTPUT said.txt DEPENDS plain
  COMMAND ${Python_EXECUTABLE} -c "import plain; print(plain.answer())" > said.txt
  WORKING_DIRECTORY $<TARGET_FILE_DIR:plain> VERBATIM)
add_custom_target(said ALL DEPENDS said.txt)
install(TARGETS plain LIBRARY DESTINATION .)
install(FILES ${CMAKE_BINARY_DIR}/tried.txt ${CMAKE_BINARY_DIR}/said.txt DESTINATION told)
"""


def test_steps_of_cmake(musl: Musl, tmp_path: Path) -> None:
    """Programs of try_run(), with the C library in them or not, and a step that the host's Python does."""
    project = plain_project(tmp_path / "project", EMULATED, pyproject="[tool.xconan.cmake]\nemulate = true\n")
    built = musl.build(project)
    with zipfile.ZipFile(built.wheel) as archive:
        assert archive.read("told/tried.txt").decode() == "static 3\ndynamic 3\n"
        assert archive.read("told/said.txt").decode() == f"({4 if musl.arch == 'armv7l' else 8}, 11)\n"


def test_a_root_without_its_loader(musl: Musl, tmp_path: Path) -> None:
    """As an archive of a standalone build is, unpacked by hand."""
    wheel = Wheel(tags=f"cp311-none-musllinux_1_2_{musl.arch}", files={"demo/__init__.py": b""}).write(tmp_path)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/python").symlink_to(musl.root / "python")
    said = musl.run("test", wheel, "--python", tmp_path / "root", code=3)
    loader = f"ld-musl-{LOADERS[musl.arch]}.so.1"
    assert_says(
        said, f"needs musl's loader /lib/{loader}", f"put {loader} of an Alpine Linux", "into lib of the folder"
    )
    (tmp_path / "root/lib").mkdir()
    shutil.copy(musl.root / "lib" / loader, tmp_path / "root/lib" / loader)
    assert_says(musl.run("test", wheel, "--python", tmp_path / "root"), "passed on python3.11")
    other = ("python", "add", VERSION, "--for", f"manylinux_2_17_{musl.arch}", "--force", "--from", tmp_path / "root")
    assert_says(musl.run(*other, code=3), "is for glibc, but the Python is of a system with musl")


def test_a_root_as_alpine_has_it(musl: Musl, tmp_path: Path) -> None:
    """In usr, libpython among the system's libraries, and with Alpine's name for musl in all that is linked."""
    root, source = tmp_path / "root", musl.root / "python"
    for folder in ("lib", "usr/bin", "usr/lib"):
        (root / folder).mkdir(parents=True)
    loader = f"ld-musl-{LOADERS[musl.arch]}.so.1"
    shutil.copy(musl.root / "lib" / loader, root / "lib")
    (root / "usr/lib/python3.11").symlink_to(source / "lib/python3.11")
    for name in ("bin/python3.11", "lib/libpython3.11.so.1.0"):
        shutil.copy(source / name, root / "usr" / name)
        options = ["--remove-rpath", "--replace-needed", "libc.so", f"libc.musl-{musl.arch}.so.1"]
        subprocess.run([patchelf(), *options, root / "usr" / name], check=True)
    project = plain_project(tmp_path / "project", CXX_LISTS)
    write(project / "plain.cpp", CXX)
    built = musl.build(project)
    said = musl.run("test", built.wheel, "--python", root, "--", "python", "-c", PRINT)
    assert_says(said, "caught untouched set", f"(--python {root})", f"passed on python3.11, {musl.arch}")


HERE = """\
import sys
sys.path[:0] = {folders}
from xconan.host.platforms import parse_platform
from xconan.inventory import runs_here
print([runs_here(parse_platform(tag + "_{arch}")) for tag in ("musllinux_1_2", "manylinux_2_17", "linux")])
"""


def test_xconan_on_such_a_machine(musl: Musl, tmp_path: Path) -> None:
    """Wheels for musl are its own, those for glibc are another machine's."""
    wheel = Wheel(tags="cp311-none-any", files={"demo/__init__.py": b""}).write(tmp_path)
    folders = [str(REPOSITORY), str(Path(packaging.__file__).parents[1])]
    code = HERE.replace("{folders}", repr(folders)).replace("{arch}", musl.arch)
    said = musl.run("test", wheel, "--python", musl.root, "--", "python", "-c", code)
    assert "[True, False, True]\n" in said
