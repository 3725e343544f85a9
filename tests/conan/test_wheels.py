"""Wheels as Conan packages, built by `conan create` for this machine: identity, sharing, and what goes wrong."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import export, tiny_recipe
from tests.support.compare import assert_says
from tests.support.conan_home import CONAN, ConanError, run_conan
from tests.support.crossbuild import PROJECTS, REPOSITORY, copy_project, write
from xconan import __version__
from xconan.in_conan.config import write_conan_config

if TYPE_CHECKING:
    from pathlib import Path

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
RECIPE = f"""\
from conan import ConanFile

class PlainWheel(ConanFile):
    python_requires = "xconan/{__version__}"
    python_requires_extend = "xconan.XconanWheel"
    requires = "tiny/1.0"
    exports_sources = "pyproject.toml", "CMakeLists.txt", "*.c", "LICENSE"
"""
TEST = f"""\
from conan import ConanFile

class TestPlainWheel(ConanFile):
    python_requires = "xconan/{__version__}"
    python_requires_extend = "xconan.XconanTest"
"""
LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(plain LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(tiny REQUIRED CONFIG)
Python_add_library(plain MODULE WITH_SOABI plain.c)
target_link_libraries(plain PRIVATE tiny::tiny)
install(TARGETS plain LIBRARY DESTINATION .)
message(STATUS "seen: ${CMAKE_BUILD_TYPE} ${OF_THE_RECIPE} ${CMAKE_CXX_STANDARD}")
"""
GOLDEN = REPOSITORY / "profiles/gcc/manylinux_2_36_aarch64.profile"


@dataclass(frozen=True)
class Wheel:
    """A project whose recipe makes a wheel."""

    home: Path
    root: Path

    def conan(self, *words: str) -> str:
        return run_conan(self.home, *words, cwd=self.root)

    def fails(self, *words: str) -> str:
        with pytest.raises(ConanError) as caught:
            self.conan(*words)
        return str(caught.value)

    def ids(self, name: str) -> set[str]:
        """The package ids of what is in the cache."""
        found = json.loads(self.conan("list", f"{name}/*:*", "--format=json"))["Local Cache"]
        revisions = (one for entry in found.values() for one in entry.get("revisions", {}).values())
        return {identity for one in revisions for identity in one.get("packages", {})}

    def graph(self, *words: str) -> dict[str, str]:
        """Package ids by name, for a host."""
        text = self.conan("graph", "info", "--requires=plain/1.0", *words, "--format=json")
        return {one["name"]: one["package_id"] for one in json.loads(text)["graph"]["nodes"].values() if one["name"]}


@pytest.fixture
def wheel(home: Path, tmp_path: Path) -> Wheel:
    root = copy_project(PROJECTS / "plain", tmp_path / "pro ject")
    write(root / "CMakeLists.txt", LISTS)
    write(root / "conanfile.py", RECIPE)
    write(root / "test_package/conanfile.py", TEST)
    write(root / "LICENSE", "do what you like\n")
    source = root / "plain.c"
    source.write_text("#include <tiny.h>\n" + source.read_text("utf-8"), "utf-8")
    return Wheel(home, root)


def test_created_tested_and_deployed(wheel: Wheel, tmp_path: Path) -> None:
    """Name and version are pyproject.toml's; Conan is not asked a second time."""
    write_conan_config(tmp_path / "config", [])
    wheel.conan("config", "install", str(tmp_path / "config"))
    log = wheel.conan("create", ".", "--build=missing")
    assert_says(log, lacks=["conan install"])
    assert len(wheel.ids("plain")) == len(wheel.ids("tiny")) == 1
    wheel.conan("install", "--requires=plain/1.0", "-d", "xconan_wheels", "--deployer-folder", "out dir")
    found = [path.name for path in (wheel.root / "out dir").iterdir()]
    assert len(found) == 1
    assert re.fullmatch(rf"plain-1\.0-{HERE}-{HERE}t?-linux_\w+\.whl", found[0])
    with zipfile.ZipFile(wheel.root / "out dir" / found[0]) as archive:
        assert any(name.startswith("plain.") for name in archive.namelist())


def test_deployer_without_a_wheel(wheel: Wheel, tmp_path: Path) -> None:
    write_conan_config(tmp_path / "config", [])
    wheel.conan("config", "install", str(tmp_path / "config"))
    argv = [*CONAN, "install", "--requires=tiny/1.0", "--build=missing", "-d", "xconan_wheels"]
    done = subprocess.run(argv, env={**os.environ, "CONAN_HOME": str(wheel.home)}, cwd=tmp_path, check=True,
                          capture_output=True, text=True)  # fmt: skip
    assert_says(done.stderr, "no package of the graph has a wheel")


def test_broken_import_fails_the_test(wheel: Wheel) -> None:
    write(wheel.root / "test_package/test_answer.py", "import plain\nassert plain.answer() == 42\n")
    assert "test()" in wheel.fails("create", ".", "--build=missing")


def test_command(wheel: Wheel, tmp_path: Path) -> None:
    """`conan xconan:wheel` exports the recipe by itself, hands on what `conan create` knows, and prints the wheel."""
    write_conan_config(tmp_path / "config", [])
    wheel.conan("config", "install", str(tmp_path / "config"))
    wheel.conan("remote", "disable", "*")
    words = ["-tf", "", "-c:h", "user.any:thing=1", "-o", "tiny/*:x=1", "-cc", "core:non_interactive=True", "-vquiet"]
    printed = wheel.conan("xconan:wheel", ".", "--output-folder", "out dir", *words, "--python", sys.executable)
    found = list((wheel.root / "out dir").iterdir())
    assert [path.suffix for path in found] == [".whl"]
    assert printed == f"{found[0]}\n"
    assert "--target" in wheel.conan("xconan:wheel", "--help")


def test_settings_and_variables_of_the_recipe(wheel: Wheel) -> None:
    """Conan's build_type and what generate() sets reach CMake, over pyproject.toml's."""
    generate = """
    def generate(self):
        from conan.tools.cmake import CMakeConfigDeps, CMakeToolchain
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["OF_THE_RECIPE"] = "a b"
        toolchain.generate()
        CMakeConfigDeps(self).generate()
"""
    write(wheel.root / "conanfile.py", RECIPE + generate)
    wheel.conan("create", ".", "--build=missing", "-s", "build_type=Debug")
    caches = [path.read_text("utf-8") for path in (wheel.home / "p").rglob("CMakeCache.txt")]
    assert any("OF_THE_RECIPE:UNINITIALIZED=a b" in text and "CMAKE_BUILD_TYPE:STRING=Debug" in text for text in caches)


def test_one_wheel_is_packaged(wheel: Wheel) -> None:
    """A build folder of the user's may hold the wheel of another version."""
    wheel.conan("build", ".", "--build=missing")
    text = (wheel.root / "pyproject.toml").read_text("utf-8")
    write(wheel.root / "pyproject.toml", text.replace('version = "1.0"', 'version = "1.1"'))
    wheel.conan("build", ".", "--build=missing")
    wheel.conan("export-pkg", ".", "-tf=")
    packaged = [path.name for path in (wheel.home / "p").rglob("*.whl")]
    assert [name.split("-")[1] for name in packaged] == ["1.1"]


@pytest.mark.parametrize(("given", "right"), [("1.0.0", True), ("9.9", False)])
def test_package_and_wheel_have_one_version(wheel: Wheel, given: str, *, right: bool) -> None:
    """As Python compares versions; found out before a library is built."""
    words = ("create", ".", "--build=missing", f"--version={given}", "-tf=")
    if right:
        wheel.conan(*words)
        return
    assert "the package has version 9.9, but its wheel 1.0" in wheel.fails(*words)
    assert wheel.ids("tiny") == set()


def test_mistakes_are_found_before_libraries_are_built(wheel: Wheel) -> None:
    with (wheel.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.xconan.wheel]\nbuild_tga = '1'\n")
    assert "did you mean 'build_tag'?" in wheel.fails("create", ".", "--build=missing")
    assert wheel.ids("tiny") == set()


def test_a_recipes_own_options(wheel: Wheel, tmp_path: Path) -> None:
    """They are beside ours: a shared library of the host's is in no wheel."""
    recipe = tiny_recipe("2.0").replace("    settings", """\
    options = {"shared": [True, False]}
    default_options = {"shared": True}
    settings""").replace('package_type = "static-library"', 'package_type = "library"')  # fmt: skip
    export(wheel.home, recipe, tmp_path / "tiny")
    own = '    options = {"x": [1, 2]}\n    default_options = {"x": 2}\n'
    write(wheel.root / "conanfile.py", RECIPE.replace("tiny/1.0", "tiny/2.0") + own)
    found = json.loads(wheel.conan("graph", "info", ".", "--format=json"))["graph"]["nodes"].values()
    options = {one["name"]: one["options"] for one in found}
    assert options["tiny"]["shared"] == "False"
    assert options["plain"]["x"] == "2"


def test_what_xconan_left_is_no_source(wheel: Wheel) -> None:
    text = RECIPE.replace('"*.c"', '"*.c", "*.txt"')
    write(wheel.root / "conanfile.py", text)
    write(wheel.root / ".xconan_cache/x/other.c", "nonsense\n")
    wheel.conan("create", ".", "--build=missing", "-tf=")
    assert not list((wheel.home / "p").rglob("other.c"))


def test_a_profile_of_the_users_is_kept(wheel: Wheel, tmp_path: Path) -> None:
    write_conan_config(tmp_path / "config", [])
    wheel.conan("config", "install", str(tmp_path / "config"))
    before = (wheel.home / "profiles/default").read_text("utf-8")
    words = ("xconan:profile", f"{HERE}-linux_{platform.machine()}", "--name")
    assert "is a profile of yours" in wheel.fails(*words, "default")
    assert (wheel.home / "profiles/default").read_text("utf-8") == before


def test_two_pythons_are_two_packages(wheel: Wheel) -> None:
    wheel.conan("export", ".")
    chosen = [
        wheel.graph("-pr:h", str(GOLDEN), "-c", f"user.xconan:target={python}-manylinux_2_36_aarch64")
        for python in ("cp311", "cp313", "cp313t", "pp310")
    ]
    assert len({found["plain"] for found in chosen}) == len(chosen)
    assert len({found["tiny"] for found in chosen}) == 1
    short = wheel.graph("-pr:h", str(GOLDEN), "-c", "user.xconan:target=cp313")
    assert short == chosen[1]


def test_running_python_where_nothing_is_said(wheel: Wheel) -> None:
    wheel.conan("export", ".")
    threads = "t" if "t" in getattr(sys, "abiflags", "") else ""
    said = wheel.graph("-pr:h", str(GOLDEN), "-c", f"user.xconan:target={HERE}{threads}")
    assert wheel.graph("-pr:h", str(GOLDEN)) == said
    assert wheel.graph() == wheel.graph("-c", f"user.xconan:target={HERE}{threads}")


@pytest.mark.parametrize(
    "host", [(), ("-pr:h", str(GOLDEN), "-c", "user.xconan:target=cp313")], ids=["here", "refused"]
)
def test_standards_that_may_be_compatible_are_not_checked_one_by_one(
    wheel: Wheel, tmp_path: Path, host: tuple[str, ...]
) -> None:
    """Conan validates a recipe for each C++ standard of the compiler; xconan describes itself, and checks, once."""
    log = tmp_path / "asked"
    program = write(tmp_path / "python", f'#!/bin/sh\necho >> "{log}"\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    wheel.conan("export", ".")
    wheel.graph("-c", f"user.xconan:python={program}", *host)
    assert len(log.read_text("utf-8").splitlines()) == 2


def test_xconan_that_can_not_be_found(wheel: Wheel) -> None:
    said = wheel.fails("create", ".", "--build=missing", "-c", "user.xconan:python=/no/such/python")
    assert "user.xconan:python names a Python that is not there: /no/such/python" in said
    assert wheel.ids("tiny") == set()


def test_python_without_xconan(wheel: Wheel, tmp_path: Path) -> None:
    program = write(tmp_path / "python", "#!/bin/sh\necho No module named xconan >&2\nexit 1\n")
    program.chmod(0o755)
    said = wheel.fails("create", ".", "--build=missing", "-c", f"user.xconan:python={program}")
    assert "No module named xconan" in said
    assert f"does not answer as xconan {__version__}" in said


def test_cross_profile_without_a_host(wheel: Wheel, tmp_path: Path) -> None:
    """A wheel of this machine must not become the package of another one."""
    profile = write(tmp_path / "p", "include(default)\n[settings]\narch=armv8\n")
    said = wheel.fails("create", ".", "--build=missing", "-pr:h", str(profile))
    assert "user.xconan:target" in said
    assert "xconan profile" in said
    assert wheel.ids("plain") == set()


def test_profile_of_another_machine(wheel: Wheel) -> None:
    """Those in profiles/ are examples: their compilers are nowhere."""
    said = wheel.fails("create", ".", "-pr:h", str(GOLDEN), "-c", "user.xconan:target=cp311", "--build=missing")
    assert "there is no /opt/cross/aarch64-linux-gnu.cmake" in said
    assert "xconan profile --target cp311-manylinux_2_36_aarch64" in said


def test_another_python_for_this_machine(wheel: Wheel) -> None:
    wheel.fails("create", ".", "--build=missing", "-c", "user.xconan:target=cp39")
    assert wheel.ids("plain") == set()


def test_missing_sources_are_named(wheel: Wheel) -> None:
    write(wheel.root / "conanfile.py", RECIPE.replace('"pyproject.toml", ', ""))
    wheel.fails("create", ".", "--build=missing")
    assert wheel.ids("plain") == set()


def test_the_same_recipe_by_xconan(wheel: Wheel) -> None:
    """`python -m build` and `xconan build` read the conanfile.py, and ask Conan themselves."""
    from xconan.pipeline import build_wheel  # noqa: PLC0415

    shutil.rmtree(wheel.root / "test_package")
    assert build_wheel(wheel.root, wheel.root / "dist").startswith(f"plain-1.0-{HERE}")
