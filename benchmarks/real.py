"""Recipes of ConanCenter, as they are, as libraries of wheels for two Linux machines by two compilers.

    python -m benchmarks.real --index FOLDER [--only WORD] [--home FOLDER]

FOLDER is a checkout of conan-center-index. For each library of real.toml a module that calls it is built for aarch64
and armhf, by this machine's gcc and by zig; Conan builds the library by its recipe, from the archive that Debian has
of its sources. Code generators (flatc, protoc) are built for this machine on the way. A row of a table is printed
for each; exit code 1 where one is not made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tests.support.conan_home import make_conan_home
from tests.support.sources import UpstreamArchive, fill
from xconan.fetch.pythons.apt import AptError
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = Path(__file__).with_name("real.toml")
HOSTS = {
    "aarch64 gcc": ("linux_aarch64", "gcc"),
    "armhf gcc": ("linux_armv7l", "gcc"),
    "aarch64 zig": ("manylinux_2_17_aarch64", "zig"),
    "armhf zig": ("manylinux_2_17_armv7l", "zig"),
}
# programs of this machine, which recipes ask for as tool_requires: name, and the words that print a version
PROGRAMS = {
    "autoconf": ("autoconf", "--version"),
    "automake": ("automake", "--version"),
    "libtool": ("libtoolize", "--version"),
    "m4": ("m4", "--version"),
    "pkgconf": ("pkgconf", "--version"),
    "nasm": ("nasm", "-v"),
    "gettext": ("gettext", "--version"),
    "bison": ("bison", "--version"),
    "flex": ("flex", "--version"),
}
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(real LANGUAGES C CXX)
find_package(Python REQUIRED COMPONENTS Development.Module)
find_package({package} REQUIRED CONFIG)
Python_add_library(_real MODULE WITH_SOABI real.cpp)
target_compile_features(_real PRIVATE cxx_std_17)
target_link_libraries(_real PRIVATE {target})
install(TARGETS _real DESTINATION real)
"""
SOURCE = """\
#include <Python.h>
#include <cstdio>
#include <{header}>
extern "C" {{
static PyObject *uses(PyObject *, PyObject *) {{ return PyLong_FromLongLong((long long) ({expression})); }}
}}
static PyMethodDef methods[] = {{{{"uses", uses, METH_NOARGS, nullptr}}, {{nullptr, nullptr, 0, nullptr}}}};
static PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "_real", nullptr, -1, methods}};
PyMODINIT_FUNC PyInit__real() {{ return PyModule_Create(&definition); }}
"""


@dataclass(frozen=True, kw_only=True)
class Library:
    """A row of real.toml, where the columns are explained."""

    ref: str
    by: str
    source: str
    find: str
    uses: str
    options: Mapping[str, bool]
    more: Mapping[str, str]
    tool: str = ""

    @classmethod
    def read(cls, row: Mapping[str, object]) -> Library:
        """A row as TOML has it."""
        values = {"options": {}, "more": {}, **row}
        return cls(**values)  # type: ignore[arg-type]  # a wrong key is an error

    def archives(self) -> list[UpstreamArchive]:
        """The sources that it needs, as Debian has them."""
        found = []
        for ref, place in {self.ref: self.source, **self.more}.items():
            name, version = ref.split("/")
            suite, package, sha256 = place.split()
            found.append(UpstreamArchive(name, version, package, suite, sha256))
        return found

    def write(self, root: Path) -> None:
        """A project whose module calls the library."""
        (root / "real").mkdir(parents=True)
        (root / "real/__init__.py").touch()
        tools = f"tool_requires = {json.dumps([self.tool])}\n" if self.tool else ""
        options = "".join(f"{json.dumps(name)} = {str(value).lower()}\n" for name, value in self.options.items())
        lines = "".join(f"{name}={value}\n" for name, value in self.options.items())
        (root / "build.profile").write_text(f"[options]\n{lines}", "utf-8")  # of the code generator, which runs here
        (root / "pyproject.toml").write_text(
            '[build-system]\nrequires = ["xconan"]\nbuild-backend = "xconan.build"\n[project]\nname = "real"\n'
            f'version = "1"\n[tool.xconan.conan]\nrequires = [{json.dumps(self.ref)}]\n{tools}'
            'build_profiles = ["build.profile"]\n'
            f"[tool.xconan.conan.options]\n{options}", "utf-8",
        )  # fmt: skip
        package, target = self.find.split()
        (root / "CMakeLists.txt").write_text(LISTS.format(package=package, target=target), "utf-8")
        header, _, expression = self.uses.partition(" ")
        source = SOURCE.format(expression=expression, header=header)
        (root / "real.cpp").write_text(source, "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Build each for each host, print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real")
    parser.add_argument("--index", type=Path, required=True, help="a checkout of conan-center-index")
    parser.add_argument("--only", default="", help="libraries and hosts that contain this: 'lz4/1.10.0 aarch64 gcc'")
    parser.add_argument("--home", type=Path, help="keep Conan's home and the archives here, and use what is there")
    given = parser.parse_args(arguments)
    rows = [Library.read(row) for row in cast("list[dict[str, object]]", load_toml(TABLE)["library"])]
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        kept = (given.home or Path(scratch, "home")).absolute()
        chosen = [one for one in rows if any(given.only in f"{one.ref} {host}" for host in HOSTS)]
        home = _home(kept, given.index)
        print(f"| library | by | {' | '.join(HOSTS)} |\n|---|---|{'---|' * len(HOSTS)}", flush=True)
        for one in chosen:
            cells = []
            lacking = _fetched(one, kept, given.index)
            for host in HOSTS:
                said = (
                    "" if given.only not in f"{one.ref} {host}" else lacking or _built(one, host, Path(scratch), home)
                )
                cells.append(said)
                wrong += bool(said) and not said.endswith(" s")
            print(f"| {one.ref} | {one.by} | {' | '.join(cells)} |", flush=True)
    return int(wrong > 0)


def _fetched(library: Library, kept: Path, index: Path) -> str:
    """Why a library's sources are not there, "" where they are."""
    try:
        fill(kept / "downloads", library.archives(), index)
    except (AptError, ValueError) as error:
        return f"no sources: {str(error).splitlines()[-1]}"
    return ""


def _home(kept: Path, index: Path) -> Path:
    """A Conan home whose recipes are the index's, whose sources are Debian's, and whose programs are this machine's."""
    home = kept / "conan"
    if not home.is_dir():
        make_conan_home(home, download_cache=kept / "downloads", recipes=index)
        lines = [f"{name}/{version}" for name in PROGRAMS if (version := _version(name))]
        # recipes that insist on an older CMake, or on a Meson that no remote has, take this machine's
        cmake = re.search(r"[\d.]+", _run("cmake", "--version"))
        replaced = [f"cmake/*: cmake/{cmake[0]}"] if cmake else []
        replaced += [f"{line.partition('/')[0]}/*: {line}" for line in lines]
        with (home / "profiles/default").open("a", encoding="utf-8") as file:
            file.write("\n".join(["", "[platform_tool_requires]", *lines, "[replace_tool_requires]", *replaced, ""]))
    return home


def _version(name: str) -> str:
    found = re.search(r"\d+(\.\d+)+", _run(*PROGRAMS[name]))
    return found[0] if found else ""


def _run(*words: str) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def _built(library: Library, host: str, scratch: Path, home: Path) -> str:
    """What the table says of a library on a host: how long it took, or why not."""
    tag, toolchain = HOSTS[host]
    root = scratch / "projects" / f"{library.ref}-{tag}".replace("/", "-")
    library.write(root)
    target = f"cp{sys.version_info.major}{sys.version_info.minor}-{tag}"
    words = [
        "build",
        str(root),
        "--target",
        target,
        "-C",
        f"override=cross.toolchain='{toolchain}'",
        "-o",
        str(root / "dist"),
    ]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "xconan", *words], env={**os.environ, "CONAN_HOME": str(home)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return f"{time.monotonic() - start:.0f} s"
    (home / f"failed-{root.name}.log").write_text(done.stdout + done.stderr, "utf-8")
    found = re.search(r"error: (.*)", done.stderr)
    return (found[1] if found else f"exit code {done.returncode}").replace("|", "/")


if __name__ == "__main__":
    sys.exit(main())
