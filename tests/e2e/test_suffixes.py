"""WITH_SOABI names a module as the host's Python imports it, with every CMake, policy version and find module.

CMP0190 (CMake 4.1) and the finding of an interpreter decide where FindPython has the suffix from. CMake only
configures, with made-up headers, and its file API says the module's name. `--whole-matrix` has all combinations,
a few minutes.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from tests.support.installations import headers, write_tree
from tests.support.matrix import combination
from tests.support.native import PYPROJECT
from tests.support.needs import missing, need_program
from tests.support.once import locked
from xconan.cmake import build as cmake_action
from xconan.cmake.targets import read_cmake_project
from xconan.pipeline import plan_wheel
from xconan.project.workspace import working

if TYPE_CHECKING:
    from collections.abc import Iterator

CMAKES = ("3.20", "3.25", "3.31", "4.0", "4.1", "4.4")
POLICIES = ("3.20", "3.20...4.0", "3.20...4.2")  # CMP0190 is of 4.1
PYTHONS = {
    "cp": ("cp", "311", (3, 11, 2), "cpython-311-aarch64-linux-gnu"),
    "pp": ("pp", "39", (3, 9, 16), "pypy39-pp73-aarch64-linux-gnu"),
}


@dataclass(frozen=True)
class Case:
    """One combination."""

    cmake: str
    policy: str
    interpreter: bool
    find: str
    python: str

    def __str__(self) -> str:
        asked = "with interpreter" if self.interpreter else "alone"
        return f"cmake {self.cmake}, policies {self.policy}, {self.find} {asked}, {self.python}"


ALL = [Case(*values) for values in itertools.product(CMAKES, POLICIES, (True, False), ("Python", "Python3"), PYTHONS)]
# each CMake with what has lost its suffix most: an interpreter, under old policies and new ones, for either Python
USUAL = [
    Case(cmake, policy, interpreter=True, find=find, python=python)
    for cmake in CMAKES
    for policy, find, python in (("3.20", "Python", "cp"), ("3.20...4.2", "Python3", "pp"))
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What xconan keeps of compilers, for all cases."""
    folder = tmp_path_factory.mktemp("suffixes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XCONAN_CACHE", str(folder))
        yield folder


def cmake_of(version: str, kept: Path) -> Path:
    """A CMake of PyPI's, kept between sessions; the test ends where there is none."""
    folder = kept / "cmakes" / version
    program = folder / "cmake/data/bin/cmake"
    with locked(folder.with_name(f"{version}.lock")):
        if not program.is_file():
            argv = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), f"cmake=={version}.*"]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                missing(f"cmake {version} of PyPI: {done.stderr.strip()[-300:]}")
    return program


def project_of(case: Case, folder: Path) -> Path:
    """A module in C for aarch64, with headers of the host's Python that were made up."""
    implementation, version, release, soabi = PYTHONS[case.python]
    dotted = ".".join(map(str, release))
    files = headers(release, pypy=implementation == "pp")
    files["patchlevel.h"] += f'#define PY_VERSION "{dotted}"\n'.encode()
    write_tree(folder / "host", files)
    write(
        folder / "host.cmake",
        "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR aarch64)\n"
        "set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)\n",
    )
    write(
        folder / "cross.toml",
        f"implementation = '{implementation}'\nversion = '{version}'\narch = 'linux_aarch64'\n"
        f"include_dir = 'host'\nsoabi = '{soabi}'\ntoolchain_file = 'host.cmake'\n",
    )
    components = f"{'Interpreter ' if case.interpreter else ''}Development.Module"
    write(
        folder / "CMakeLists.txt",
        f"cmake_minimum_required(VERSION {case.policy})\nproject(nav LANGUAGES C)\n"
        f"find_package({case.find} REQUIRED COMPONENTS {components})\n"
        f"{case.find}_add_library(nav MODULE WITH_SOABI nav.c)\ninstall(TARGETS nav DESTINATION .)\n",
    )
    write(folder / "nav.c", "int nav;\n")
    write(folder / "pyproject.toml", f'{PYPROJECT}[tool.xconan.module]\ngenerated = "module"\n')
    return folder


@pytest.mark.parametrize("case", [combination(case, rest=case not in USUAL, name=str(case)) for case in ALL])
def test_suffix(case: Case, kept: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = cache / f"bin-{case.cmake}"
    programs.mkdir(exist_ok=True)
    found = {
        "python3": Path(os.path.realpath(sys.executable)),
        "cmake": cmake_of(case.cmake, kept),
        "ninja": need_program("ninja"),
    }
    need_program("aarch64-linux-gnu-gcc")
    for name, program in found.items():
        if not (programs / name).is_symlink():
            (programs / name).symlink_to(program)
    monkeypatch.setattr(sys, "executable", str(programs / "python3"))  # whose neighbours are taken first
    project = project_of(case, tmp_path / "p")
    plan, _ = plan_wheel(project, {"cross": str(project / "cross.toml")})
    assert plan.cmake
    assert plan.machine
    assert plan.machine.cmake.version.startswith(f"{case.cmake}.")
    with working(plan.layout) as lock:
        cmake_action.build(replace(plan, cmake=replace(plan.cmake, builds=(), installs=())), None, inherit=lock)
    (target,) = read_cmake_project(plan.layout.build).targets
    assert target.file.name == f"nav.{PYTHONS[case.python][3]}.so"
