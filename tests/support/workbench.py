"""A project with all that its builds need, on a made-up machine: cross compilers, host Pythons, CMake and Conan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.support.door import install_compilers
from tests.support.elf import Elf
from tests.support.installations import headers, write_tree
from xconan.pipeline import build_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.door import Door, FakeCMake, FakeConan

PYPROJECT = """\
[build-system]
requires = ["xconan"]
build-backend = "xconan.build"
[project]
name = "demo"
version = "1.2"
"""
LISTS = "cmake_minimum_required(VERSION 3.20)\nproject(demo)\n"
LZ4 = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
CROSS = """\
implementation = 'cp'
version = '311'
abi = 'cp311'
arch = 'linux_{arch}'
toolchain_file = '{toolchain}'
include_dir = '{include}'
"""
MODULE = "demo/_core.cpython-311-aarch64-linux-gnu.so"
WHEEL = "demo-1.2-cp311-cp311-linux_aarch64.whl"


@dataclass(frozen=True)
class Workbench:
    """The project demo in `root`, with a package and a module demo._core in C.

    Attributes:
        root: of the project.
        cmake, conan: of the machine; what they were asked is noted there.
        hosts: a folder of cross.tomls, toolchain files and headers.
    """

    root: Path
    cmake: FakeCMake
    conan: FakeConan
    hosts: Path

    @classmethod
    def put_up(cls, root: Path, hosts: Path, cmake: FakeCMake, conan: FakeConan) -> Workbench:
        """Make the project; nothing of a host is there yet."""
        bench = cls(root, cmake, conan, hosts)
        bench.write("pyproject.toml", PYPROJECT)
        bench.write("CMakeLists.txt", LISTS)
        bench.write("demo/__init__.py", "from . import _core\n")
        hosts.mkdir()
        cmake.installs[""] = {MODULE: Elf().library("PyInit__core", needed=("libc.so.6",))}
        return bench

    @property
    def door(self) -> Door:
        """The machine."""
        return self.cmake.door

    @property
    def out(self) -> Path:
        """Where wheels go."""
        return self.root / "dist"

    @property
    def layout(self) -> Path:
        """The build folder for the host aarch64."""
        return self.root / ".xconan_cache" / "cp311-cp311-linux_aarch64"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def cross(self, arch: str = "aarch64", extra: str = "") -> Path:
        """The cross.toml of a host whose cross compiler and headers are there, with more lines."""
        file = self.hosts / f"{arch}.cmake"
        file.write_text(f"set(CMAKE_CXX_COMPILER {arch}-g++)\n", "utf-8")
        self.cmake.toolchains[str(file)] = install_compilers(self.door, arch)
        include = write_tree(self.hosts / arch / "include/python3.11", headers((3, 11, 2)))
        path = self.hosts / f"{arch}.cross.toml"
        path.write_text(CROSS.format(arch=arch, toolchain=file, include=include) + extra, "utf-8")
        return path

    def native(self) -> None:
        """Give the machine a compiler of its own, for builds without a cross.toml."""
        stored = install_compilers(self.door, "x86_64")
        variables = {name: text for name, text in stored.variables.items() if name != "CMAKE_CROSSCOMPILING"}
        self.cmake.toolchains[""] = replace(stored, file=None, variables=variables)

    def build(self, extra: str = "") -> list[str]:
        """Build the wheel for aarch64; the stages of CMake and requests to Conan that it took."""
        self.cmake.forget()
        self.conan.requests.clear()
        assert build_wheel(self.root, self.out, {"cross": [str(self.cross(extra=extra))]}) == WHEEL
        return [*self.conan.kinds, *self.cmake.stages]
