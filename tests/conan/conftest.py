"""Conan homes of the tests' own, and projects that use Conan natively."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.conan_home import make_conan_home, run_conan
from tests.support.golden import REPOSITORY
from tests.support.needs import missing, need_program
from tests.support.sources import fill_download_cache
from xconan.cmake import build as cmake_action
from xconan.conan import install as conan_action
from xconan.fetch.pythons.apt import AptError
from xconan.ground.lock import locked
from xconan.pipeline import plan_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from xconan.conan.install import Dependencies
    from xconan.model import BuildPlan

TINY = """\
from pathlib import Path
from conan import ConanFile

class Tiny(ConanFile):
    name = "tiny"
    version = "{version}"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "static-library"
    requires = {requires}

    def package(self):
        include = Path(self.package_folder, "include")
        include.mkdir()
        (include / "tiny.h").write_text("#define TINY {number}\\n")

    def package_info(self):
        self.cpp_info.libs = []
"""
CMAKELISTS = """\
cmake_minimum_required(VERSION 3.20)
project(demo LANGUAGES C)
find_package(tiny REQUIRED CONFIG)
add_library(demo MODULE demo.c)
target_link_libraries(demo PRIVATE tiny::tiny)
set_target_properties(demo PROPERTIES PREFIX "")
install(TARGETS demo DESTINATION .)
set(seen ${tiny_DIR} "${CMAKE_BUILD_TYPE}" "$ENV{TINY_ENV}" "${CMAKE_CXX_STANDARD}")
list(JOIN seen "\\n" seen)
file(WRITE "${CMAKE_BINARY_DIR}/seen.txt" "${seen}\\n")
"""
BASE = '[project]\nname = "demo"\nversion = "1"\n[tool.xconan.wheel]\npython_abi = "none"\n'


def tiny_recipe(version: str = "1.0", number: int = 1, requires: str = "()") -> str:
    return TINY.format(version=version, number=number, requires=requires)


def export(home: Path, text: str, folder: Path) -> None:
    """Put a recipe into the cache of a Conan home."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conanfile.py").write_text(text, encoding="utf-8")
    run_conan(home, "export", str(folder))


@pytest.fixture(scope="session")
def kept() -> Path:
    """The folder of downloads that survives between sessions."""
    chosen = os.environ.get("XCONAN_TEST_CACHE")
    return Path(chosen).absolute() if chosen else Path("~/.cache/xconan-tests").expanduser()


@pytest.fixture(scope="session")
def template(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Conan home with the repository's recipes as its remote and tiny/1.0 in its cache."""
    need_program("gcc")
    try:
        downloads = fill_download_cache(kept / "downloads")
    except AptError as error:
        missing(str(error))
    folder = tmp_path_factory.mktemp("conan")
    home = make_conan_home(folder / "template", download_cache=downloads, recipes=REPOSITORY / "recipes")
    export(home, tiny_recipe(), folder / "tiny")
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Conan home of this test alone, at a path with a blank."""
    folder = tmp_path / "conan home"
    shutil.copytree(template, folder)
    monkeypatch.setenv("CONAN_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """xconan's cache: shared by this session's tests, so that the compilers are asked once."""
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path_factory.getbasetemp() / "xconan-cache"))
    for name in ("CC", "CXX", "CMAKE_GENERATOR", "PWD", "XCONAN_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Demo:
    """A project in C that needs tiny.h."""

    root: Path
    output: Callable[[], str]

    def plan(self) -> BuildPlan:
        return plan_wheel(self.root)[0]

    def install(self) -> Dependencies:
        plan = self.plan()
        plan.layout.root.mkdir(parents=True, exist_ok=True)
        with locked(plan.layout.root / "lock", what="the test") as lock:
            return conan_action.install_dependencies(plan, inherit=lock)

    def build(self) -> list[str]:
        """Build with CMake; return what the project saw: tiny_DIR, build type, TINY_ENV, C++ standard."""
        plan = self.plan()
        plan.layout.root.mkdir(parents=True, exist_ok=True)
        with locked(plan.layout.root / "lock", what="the test") as lock:
            cmake_action.build(plan, conan_action.install_dependencies(plan, inherit=lock), inherit=lock)
        return (plan.layout.build / "seen.txt").read_text("utf-8").splitlines()

    def ran_conan(self) -> bool:
        """Whether Conan has run since this was asked last."""
        return "conan install" in self.output()

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def generated(self, pattern: str) -> list[str]:
        return sorted(path.name for path in self.plan().layout.conan.rglob(pattern))


@pytest.fixture
def demo(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Demo:
    """The project without any word of Conan yet."""
    assert home.is_dir()
    found = Demo(tmp_path / "pro ject", lambda: "".join(capfd.readouterr()))
    found.root.mkdir()
    found.write("pyproject.toml", BASE)
    found.write("CMakeLists.txt", CMAKELISTS)
    found.write("demo.c", "#include <tiny.h>\nint demo(void) { return TINY; }\n")
    return found
