"""Dependencies: when they are shared, when they are not, and when nothing is to be done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.conan_server import USER, install_conan_server, running_server
from tests.support.crossbuild import (
    ARCHITECTURES,
    PROJECTS,
    REPOSITORY,
    Workshop,
    calls,
    copy_project,
    counting_compilers,
    lz4_project,
    plain_project,
    write,
)
from tests.support.needs import need_patchelf, need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host


def packages(workshop: Workshop, reference: str) -> set[str]:
    """The ids of the built packages of REFERENCE in the tests' Conan home."""
    found = json.loads(run_conan(workshop.home, "list", f"{reference}:*", "--format=json"))
    revisions = found["Local Cache"].get(reference, {}).get("revisions", {})
    return {identity for revision in revisions.values() for identity in revision.get("packages", {})}


def test_floor_of_glibc_is_part_of_the_package_id(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    target = host("aarch64")
    project = lz4_project(tmp_path / "project")
    seen = []
    for platform in ("manylinux_2_36", "manylinux_2_37"):
        before = packages(workshop, "lz4/1.9.4")
        workshop.build(project, target.cross(tmp_path, platform=platform))
        seen.append(packages(workshop, "lz4/1.9.4") - before)
    assert [len(new) for new in seen] == [1, 1]
    assert seen[0] != seen[1]


def test_pythons_share_their_libraries(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """The second Python compiles the module, and links the library that was built for the first."""
    compilers = counting_compilers(host("aarch64"), tmp_path / "bin")
    toolchain = host("aarch64").toolchain(tmp_path, compilers=compilers)
    project = lz4_project(tmp_path / "project")
    workshop.build(project, host("aarch64").cross(tmp_path, toolchain=toolchain))
    before, _ = packages(workshop, "lz4/1.9.4"), calls(compilers)
    target = host("aarch64", "trixie")
    built = workshop.build(project, target.cross(tmp_path, toolchain=toolchain))
    assert packages(workshop, "lz4/1.9.4") == before
    assert not [line for line in calls(compilers) if "lz4.c" in line]
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(8, 13)"


def test_unchanged_build_starts_no_compiler(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("aarch64")
    compilers = counting_compilers(target, tmp_path / "bin")
    toolchain = target.toolchain(tmp_path, compilers=compilers)
    cross = target.cross(tmp_path, toolchain=toolchain)
    project = copy_project(REPOSITORY / "examples/lz4-pybind11", tmp_path / "project")
    first = workshop.build(project, cross).wheel.read_bytes()
    assert calls(compilers)
    again = workshop.build(project, cross)
    assert not calls(compilers)
    assert_says(again.log, lacks=["conan install", "-- Configuring"])
    assert again.wheel.read_bytes() == first
    source = project / "src/frame.cpp"
    source.write_text(source.read_text(encoding="utf-8") + "\n// touched\n", encoding="utf-8")
    workshop.build(project, cross)
    compiled = [line for line in calls(compilers) if " -c " in line]
    assert len(compiled) == 1
    assert "frame.cpp" in compiled[0]


@pytest.mark.parametrize("change", ["flags", "header", "conanfile", "option"])
def test_changed_input_is_not_overlooked(
    change: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path
) -> None:
    target = host("aarch64")
    project = lz4_project(tmp_path / "project")
    with (project / "CMakeLists.txt").open("a", encoding="utf-8") as lists:
        lists.write('include("${CMAKE_SOURCE_DIR}/more.cmake" OPTIONAL)\nmessage(STATUS "seen: ${SEEN}")\n')
    toolchain = target.toolchain(tmp_path)
    cross = target.cross(tmp_path, toolchain=toolchain)
    first = workshop.build(project, cross)
    if change == "flags":
        toolchain.write_text(toolchain.read_text("utf-8") + 'set(SEEN "new")\n', "utf-8")
    elif change == "option":
        cross.write_text(cross.read_text("utf-8") + "\n[cmake.options]\nSEEN = 'new'\n", "utf-8")
    elif change == "conanfile":
        pyproject = project / "pyproject.toml"
        pyproject.write_text(pyproject.read_text("utf-8").replace("lz4/1.9.4", "lz4/1.10.0"), "utf-8")
    else:
        source = project / "plain.c"
        text = source.read_text("utf-8")
        write(project / "plain.h", text)
        source.write_text('#include "plain.h"\n', "utf-8")
        workshop.build(project, cross)
        write(project / "plain.h", text.replace("sizeof(void *)", "42"))
    second = workshop.build(project, cross)
    if change == "header":
        assert target.run(second.wheel, "import plain; print(plain.answer())") == "(42, 11)"
    elif change == "conanfile":
        version = "import ctypes, plain; print(ctypes.CDLL(plain.__file__).version_of_lz4())"
        assert target.run(second.wheel, version) == "11000"
    else:
        assert_says(first.log, lacks=["seen: new"])
        assert_says(second.log, "seen: new")


def test_recipe_with_layout_and_generate(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """examples/shapes: one conanfile.py for the C++ library and its module, with methods of its own."""
    target = host("armv7l")
    project = copy_project(REPOSITORY / "examples/shapes", tmp_path / "project")
    before = {path.relative_to(project) for path in project.rglob("*")}
    built = workshop.build(project, target.cross(tmp_path), out=tmp_path / "out")
    assert built.wheel.name == f"shapes-0.2.0-{target.tag}.whl"
    assert f"shapes/_shapes{target.suffix}" in built.names
    assert target.run(built.wheel, "import shapes; print(shapes.__name__)") == "shapes"
    left = {path.relative_to(project) for path in project.rglob("*")} - before
    assert {path.parts[0] for path in left} == {".xconan_cache"}


def test_shared_library_of_a_conanfile(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """It comes along in the wheel: what can't be imported is no success."""
    need_patchelf()
    target = host("aarch64")
    project = copy_project(PROJECTS / "nanobind-snappy", tmp_path / "project")
    with (project / "conanfile.txt").open("a", encoding="utf-8") as conanfile:
        conanfile.write("\n[options]\nsnappy/*:shared=True\n")
    built = workshop.build(project, target.cross(tmp_path))
    assert any(name.startswith("nanobind_snappy.libs/libsnappy-") for name in built.names)
    code = "import nanobind_snappy as s; print(s.decompress(s.compress(b'x' * 99)) == b'x' * 99)"
    assert target.run(built.wheel, code) == "True"


GENERATOR = """\
from conan import ConanFile
from conan.tools.files import copy

class Maker(ConanFile):
    name, version, package_type, settings = "maker", "1.0", "application", ("os", "arch", "compiler")
    exports_sources = "maker.c"

    def build(self):
        self.run("cc -o maker maker.c")

    def package(self):
        copy(self, "maker", self.build_folder, self.package_folder + "/bin")
"""
MAKER = """\
#include <stdio.h>
int main(int count, char **words) {
    FILE *file = fopen(words[count - 1], "w");
    return file == NULL || fputs("/* made */", file) < 0;
}
"""
MADE = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_program(MAKER maker REQUIRED)
add_custom_command(OUTPUT made.h COMMAND "${MAKER}" made.h VERBATIM)
Python_add_library(plain MODULE WITH_SOABI plain.c made.h)
install(TARGETS plain LIBRARY DESTINATION .)
"""


def test_program_for_the_build_machine(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """A tool requirement is built for this machine, is found by CMake, and runs here."""
    need_program("cc")
    write(tmp_path / "maker/conanfile.py", GENERATOR)
    write(tmp_path / "maker/maker.c", MAKER)
    run_conan(workshop.home, "export", str(tmp_path / "maker"))
    requires = '[tool.xconan.conan]\ntool_requires = ["maker/1.0"]\n'
    project = plain_project(tmp_path / "project", MADE, pyproject=requires)
    target = host("armv7l")
    built = workshop.build(project, target.cross(tmp_path))
    assert built.names == [f"plain{target.suffix}"]


def test_library_removed_from_the_cache(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host("armv7l")
    project, cross = lz4_project(tmp_path / "project"), target.cross(tmp_path)
    workshop.build(project, cross)
    run_conan(workshop.home, "remove", "lz4/1.9.4", "--confirm")
    built = workshop.build(project, cross)
    assert target.run(built.wheel, "import plain; print(plain.answer())") == "(4, 11)"


def test_three_hosts_at_once(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """One project, one Conan home, one cache of xconan's own that is still empty."""
    crowded = Workshop(workshop.home, tmp_path / "cache")
    project = lz4_project(tmp_path / "project")
    flags = f'set(CMAKE_C_FLAGS_INIT "-DTEST_{tmp_path.name}")'
    targets = [host(arch) for arch in ARCHITECTURES]
    crosses = [target.cross(tmp_path, toolchain=target.toolchain(tmp_path, extra=flags)) for target in targets]
    logs = [tmp_path / f"{target.arch}.log" for target in targets]
    processes = [crowded.start(project, cross, log) for cross, log in zip(crosses, logs, strict=True)]
    assert [process.wait(300) for process in processes] == [0, 0, 0], [log.read_text("utf-8")[-2000:] for log in logs]
    wheels = {path.name for path in (project / "dist").iterdir()}
    assert wheels == {f"plain-1.0-{target.tag}.whl" for target in targets}


def test_isolated_builds(host: Callable[..., Host], workshop: Workshop, wheelhouse: Path, tmp_path: Path) -> None:
    """`python -m build` makes an environment with another path each time; the second build compiles nothing."""
    pytest.importorskip("build")
    target = host("aarch64")
    compilers = counting_compilers(target, tmp_path / "bin")
    cross = target.cross(tmp_path, toolchain=target.toolchain(tmp_path, compilers=compilers))
    project = copy_project(REPOSITORY / "examples/lz4-pybind11", tmp_path / "project")
    first = _isolated(workshop, project, cross, wheelhouse)
    assert calls(compilers)
    wheel = project / f"dist/lz4_pybind11-0.1.0-{target.tag}.whl"
    before = wheel.read_bytes()
    second = _isolated(workshop, project, cross, wheelhouse)
    assert _environments(first) != _environments(second)
    assert not calls(compilers)
    assert wheel.read_bytes() == before


def _environments(log: str) -> set[str]:
    return set(re.findall(r"\S*build-env-\w+", log))


def _isolated(workshop: Workshop, project: Path, cross: Path, wheelhouse: Path) -> str:
    command = [sys.executable, "-m", "build", "-w", "-v", f"--config-setting=cross={cross}", str(project)]
    environment = {**workshop.environment, "PIP_FIND_LINKS": str(wheelhouse), "TERM": "dumb"}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "COLUMNS": "1000"}  # paths are not to be cut in two
    done = subprocess.run(
        command, env=environment, cwd=os.path.sep, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout + done.stderr


def test_two_machines_share_what_one_of_them_built(
    host: Callable[..., Host],
    workshop: Workshop,
    fresh_home: Callable[[Path], Path],
    kept: Path,
    tmp_path: Path,
) -> None:
    """Another home, cache and project, another Python: the library comes from the server, whatever the folders."""
    one, other = host("aarch64"), host("aarch64", "trixie")
    made = []
    with running_server(install_conan_server(kept), tmp_path / "server") as server:
        for name in ("one", "other"):
            folder = tmp_path / name
            (folder / "cache").mkdir(parents=True)
            made.append(replace(workshop, home=fresh_home(folder / "conan"), cache=folder / "cache"))
            lz4_project(folder / "project")
        server.add_to(made[0].home, user=USER)
        server.add_to(made[1].home)
        made[0].build(tmp_path / "one/project", one.cross(tmp_path / "one"), "--upload", "shared")
        assert server.packages() == ["lz4/1.9.4"]
        built = made[1].build(tmp_path / "other/project", other.cross(tmp_path / "other"), "--build=never")
    (file,) = (tmp_path / "other/project").glob(".xconan_cache/*/conan.json")
    binaries = [(package["ref"], package["binary"]) for package in json.loads(file.read_bytes())["result"]["packages"]]
    assert binaries == [("lz4/1.9.4", "Download")]
    assert_says(built.log, lacks=["lz4.c"])
    assert other.run(built.wheel, "import plain; print(plain.answer())") == "(8, 13)"
