"""What Conan's model has beside plain requirements, in native builds: each kind reaches what CMake builds."""

from __future__ import annotations

import ctypes
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import BASE, export, tiny_recipe
from tests.support.conan_home import run_conan
from xconan.conan.process import report
from xconan.ground.errors import CMakeError, ConanError
from xconan.pipeline import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conan.conftest import Demo

RECIPE = """\
from conan import ConanFile

class Demo(ConanFile):
    settings = "os", "arch", "compiler", "build_type"

    def requirements(self):
        {}
"""
MIDDLE = (
    tiny_recipe()
    .replace("tiny", "middle")
    .replace(
        "    requires = ()",
        """
    def requirements(self):
        self.requires("tiny/1.0", transitive_headers=True)
""",
    )
)
WORKED_ON = """\
from conan import ConanFile
from conan.tools.cmake import CMake, CMakeConfigDeps, CMakeToolchain, cmake_layout

class Tiny(ConanFile):
    name, version, package_type = "tiny", "1.0", "static-library"
    settings = "os", "arch", "compiler", "build_type"

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeToolchain(self).generate()
        CMakeConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package_info(self):
        self.cpp_info.libs = ["tiny"]
"""
WORKED_ON_LISTS = """\
cmake_minimum_required(VERSION 3.20)
project(tiny LANGUAGES C)
add_library(tiny STATIC tiny.c)
set_target_properties(tiny PROPERTIES POSITION_INDEPENDENT_CODE ON)
"""


def answer(demo: Demo) -> int:
    """What demo() of the module that was built says."""
    demo.build()
    module = demo.plan().layout.build / "demo.so"
    copy = demo.root / f"demo{len(list(demo.root.glob('demo*.so')))}.so"  # one path is loaded once
    copy.write_bytes(module.read_bytes())
    return int(ctypes.CDLL(str(copy)).demo())


def library(folder: Path, number: int) -> Path:
    """Write a package in development: a library with a function and a header."""
    (folder / "include").mkdir(parents=True, exist_ok=True)
    (folder / "conanfile.py").write_text(WORKED_ON, "utf-8")
    (folder / "CMakeLists.txt").write_text(WORKED_ON_LISTS, "utf-8")
    (folder / "include/tiny.h").write_text("int tiny(void);\n#define TINY tiny()\n", "utf-8")
    (folder / "tiny.c").write_text(f"int tiny(void) {{ return {number}; }}\n", "utf-8")
    return folder


def profile(home: Path, text: str) -> None:
    with (home / "profiles/default").open("a", encoding="utf-8") as stream:
        stream.write(f"\n{text}\n")


# --- requirements ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    ['self.requires("tiny/1.0")', 'self.requires("tiny/[>=0.9 <2]")', 'self.test_requires("tiny/1.0")'],
)
def test_kinds_of_requirements(demo: Demo, line: str) -> None:
    demo.write("conanfile.py", RECIPE.format(line))
    assert answer(demo) == 1


@pytest.mark.parametrize("how", ["override", "force"])
def test_a_version_is_overridden(demo: Demo, home: Path, tmp_path: Path, how: str) -> None:
    """A dependency asks for 1.0, the project for 2.0."""
    export(home, tiny_recipe("2.0", number=2), tmp_path / "newer")
    export(home, MIDDLE, tmp_path / "middle")
    lines = f'self.requires("middle/1.0"); self.requires("tiny/2.0", {how}=True)'
    demo.write("conanfile.py", RECIPE.format(lines))
    assert answer(demo) == 2


def test_conflicting_versions(demo: Demo, home: Path, tmp_path: Path) -> None:
    export(home, tiny_recipe("2.0", number=2), tmp_path / "newer")
    export(home, MIDDLE, tmp_path / "middle")
    demo.write("conanfile.txt", "[requires]\nmiddle/1.0\ntiny/2.0\n")
    with pytest.raises(ConanError, match=r"tiny/2\.0") as caught:
        demo.install()
    assert "force=True" in caught.value.hint


def test_cycle(demo: Demo, home: Path, tmp_path: Path) -> None:
    export(home, MIDDLE, tmp_path / "middle")
    export(home, tiny_recipe(requires='("middle/1.0",)'), tmp_path / "cyclic")
    demo.write("conanfile.txt", "[requires]\nmiddle/1.0\n")
    with pytest.raises(ConanError, match="cycle") as caught:
        demo.install()
    assert "can't need itself" in caught.value.hint


def test_several_remotes(demo: Demo, home: Path, tmp_path: Path) -> None:
    """What the first one hasn't comes from the second."""
    index = tmp_path / "index/recipes/rare"
    (index / "all").mkdir(parents=True)
    (index / "config.yml").write_text('versions:\n  "1.0":\n    folder: all\n', "utf-8")
    text = tiny_recipe(number=9).replace('name = "tiny"', 'name = "rare"').replace('    version = "1.0"\n', "")
    (index / "all/conanfile.py").write_text(text, "utf-8")
    run_conan(home, "remote", "add", "second", str(tmp_path / "index"), "--type=local-recipes-index")
    demo.write("conanfile.txt", "[requires]\nrare/1.0\nlz4/1.9.4\n")
    demo.write("CMakeLists.txt", (demo.root / "CMakeLists.txt").read_text("utf-8").replace("tiny", "rare"))
    assert answer(demo) == 9


# --- profiles --------------------------------------------------------------------------------------------------------


def test_conf_and_buildenv_of_the_default_profile(demo: Demo, home: Path) -> None:
    profile(home, '[conf]\ntools.build:defines=["TINY_MORE=40"]\n[buildenv]\nTINY_ENV=from the profile\n')
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.write("demo.c", "#include <tiny.h>\nint demo(void) { return TINY + TINY_MORE; }\n")
    assert answer(demo) == 41
    assert demo.build()[2] == "from the profile"


def test_replaced_requirement(demo: Demo, home: Path) -> None:
    profile(home, "[replace_requires]\nwee/*: tiny/1.0\n")
    demo.write("conanfile.txt", "[requires]\nwee/7\n")
    assert answer(demo) == 1


def test_platform_tool(demo: Demo, home: Path, tmp_path: Path) -> None:
    """A tool that is said to be on this machine is not looked for in any remote."""
    text = tiny_recipe(number=5).replace("    requires = ()", '    tool_requires = "forge/[>=2]"')
    export(home, text, tmp_path / "forged")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    with pytest.raises(ConanError, match="forge"):
        demo.install()
    profile(home, "[platform_tool_requires]\nforge/2.5\n")
    assert answer(demo) == 5


def test_build_type(demo: Demo, home: Path, tmp_path: Path) -> None:
    """A debug wheel is made with debug libraries."""
    text = tiny_recipe().replace('#define TINY 1\\n")', '#define TINY %d\\n" % (self.settings.build_type == "Debug"))')
    export(home, text, tmp_path / "typed")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    assert answer(demo) == 0
    demo.write("pyproject.toml", BASE + '[tool.xconan.cmake]\nbuild_type = "Debug"\n')
    assert answer(demo) == 1


# --- packages in development -----------------------------------------------------------------------------------------


def test_editable_package(demo: Demo, home: Path, tmp_path: Path) -> None:
    """It is built in its own folder, and again when its source changes."""
    source = library(tmp_path / "wörk on it", 3)
    run_conan(home, "editable", "add", str(source))
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    assert answer(demo) == 3
    library(source, 33)
    assert answer(demo) == 33


def test_mistake_beside_an_editable_package(demo: Demo, home: Path, tmp_path: Path) -> None:
    """It is no damage of Conan's cache."""
    run_conan(home, "editable", "add", str(library(tmp_path / "lib", 1)))
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.20)\nproject(demo C)\nnonsense()\n")
    with pytest.raises(CMakeError):
        build_wheel(demo.root, tmp_path / "out")


def test_variables_that_are_added_to(demo: Demo) -> None:
    """Nothing stands before, in a cross-build least of all."""
    demo.write("mine.profile", "[buildenv]\nTINY_ENV+=more\nTINY_PATH=+(path)/opt/pc\n")
    lines = '[tool.xconan.conan]\nrequires = ["tiny/1.0"]\nhost_profiles = ["mine.profile"]\n'
    demo.write("pyproject.toml", BASE + lines)
    assert demo.build()[2] == "more"


def test_workspace(demo: Demo) -> None:
    """A conanws.yml above the project or in it makes its packages editable."""
    library(demo.root.parent / "tiny", 4)
    (demo.root.parent / "conanws.yml").write_text("packages:\n  - path: tiny\n", "utf-8")
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    assert answer(demo) == 4


# --- a damaged cache -------------------------------------------------------------------------------------------------


def recipe_folder(home: Path) -> Path:
    return Path(run_conan(home, "cache", "path", "tiny/1.0").strip())


def package_folder(home: Path) -> Path:
    found = json.loads(run_conan(home, "list", "tiny/1.0:*", "--format=json"))["Local Cache"]["tiny/1.0"]["revisions"]
    identity = next(iter(next(iter(found.values()))["packages"]))
    return Path(run_conan(home, "cache", "path", f"tiny/1.0:{identity}").strip())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no conanfile": lambda home: (recipe_folder(home) / "conanfile.py").unlink(),
    "half a conanfile": lambda home: (recipe_folder(home) / "conanfile.py").write_text("from conan impo", "utf-8"),
    "no recipe": lambda home: shutil.rmtree(recipe_folder(home).parent),
    "no package": lambda home: shutil.rmtree(package_folder(home)),
    "no header": lambda home: (package_folder(home) / "include/tiny.h").unlink(),
    "half a header": lambda home: (package_folder(home) / "include/tiny.h").write_text("", "utf-8"),
    "an empty database": lambda home: (home / "p/cache.sqlite3").write_bytes(b""),  # as a full disk leaves it
    "no database": lambda home: (home / "p/cache.sqlite3").write_bytes(b"x" * 5000),
}


@pytest.mark.parametrize("harm", DAMAGES)
def test_damaged_cache(demo: Demo, home: Path, tmp_path: Path, harm: str) -> None:
    """The command that is printed mends it."""
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    build_wheel(demo.root, tmp_path / "dist")
    DAMAGES[harm](home)
    shutil.rmtree(demo.root / ".xconan_cache")
    with pytest.raises(ConanError) as caught:
        build_wheel(demo.root, tmp_path / "dist")
    if "database" in harm:
        assert "index of its cache is empty or damaged" in caught.value.message
        assert caught.value.where == f"{home}/p/cache.sqlite3"
        assert f"move {home}/p away" in caught.value.hint
        (home / "p").rename(home / "away")
    else:
        found = re.search(r"conan (remove -c tiny/1\.0\S*)$", caught.value.hint)
        assert found, caught.value.render()
        run_conan(home, *found[1].split())
    export(home, tiny_recipe(), tmp_path / "tiny")
    assert build_wheel(demo.root, tmp_path / "dist").startswith("demo-1-")


def test_failing_code_is_no_damage(demo: Demo, tmp_path: Path) -> None:
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.write("demo.c", "#include <tiny.h>\n#error not yet\n")
    with pytest.raises(CMakeError):
        build_wheel(demo.root, tmp_path / "dist")


@pytest.mark.parametrize("name", ["types", "enum", "re", "json", "calendar", "queue", "yaml"])
def test_a_module_with_the_name_of_one_of_pythons(
    demo: Demo, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside pyproject.toml, where Conan's process works, and where we may be working, too."""
    demo.write("conanfile.txt", "[requires]\ntiny/1.0\n")
    demo.write(f"{name}.py", "raise SystemExit('this is not Python's own')\n")
    monkeypatch.chdir(demo.root)
    monkeypatch.syspath_prepend(str(demo.root))  # as `python -m` does
    assert build_wheel(demo.root, tmp_path / "dist").startswith("demo-1-")
    facts, failure = report(online=False, timeout=60)
    assert (failure, "version" in facts) == ("", True)
