"""What a project may have meant: guessed pure wheels, packages where nobody looks, other backends' tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tests.support.crossbuild import write
from xconan.ground.errors import ErrorGroup, XconanError
from xconan.project.config.records import KEYS
from xconan.project.files import read_project_files
from xconan.project.foreign import FOREIGN, foreign_tables, unread_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASE = '[project]\nname = "nav"\nversion = "1"\n'
PACKAGE = {"src/nav/__init__.py": "x = 1\n"}
LISTS = {"CMakeLists.txt": "project(nav)\n"}
PURE = "[tool.xconan.wheel]\npure_python = true\n"
EXTENSIONS = "from setuptools import Extension, setup\nsetup(ext_modules=[Extension('a', ['a.c'])])\n"


def errors(root: Path, files: Mapping[str, str], tool: str = "", target: str = "") -> list[XconanError]:
    """What is wrong with the project nav with these FILES and more in pyproject.toml."""
    for name, text in {"pyproject.toml": BASE + tool, **files}.items():
        write(root / name, text)
    try:
        read_project_files(root, {"target": target} if target else None)
    except XconanError as error:
        return error.errors if isinstance(error, ErrorGroup) else [error]
    return []


# --- wheels that would be for any machine ----------------------------------------------------------------------------

GUESSED: dict[str, tuple[Mapping[str, str], str, str, str, str]] = {
    # files, more in pyproject.toml, target; and what the error says, what it tells to write
    "target": ({}, "", "cp311-linux_aarch64", "one for cp311-cp311-linux_aarch64 is asked for", "CMakeLists.txt"),
    "lists further down": ({"cpp/CMakeLists.txt": ""}, "", "", "there is cpp/CMakeLists.txt", 'source_path = "cpp"'),
    "lists far down": ({"a/b/c/CMakeLists.txt": ""}, "", "", "there is a/b/c/CMakeLists.txt", 'source_path = "a/b/c"'),
    "lists in the package": (
        {"src/nav/CMakeLists.txt": ""}, "", "", "there is src/nav/CMakeLists.txt", 'source_path = "src/nav"'
    ),
    "the nearest of two": (
        {"a/b/CMakeLists.txt": "", "z/CMakeLists.txt": ""}, "", "", "there is z/CMakeLists.txt", 'source_path = "z"'
    ),
    "both": (
        {"cpp/CMakeLists.txt": ""}, "", "cp311-linux_aarch64", "is asked for and there is cpp/CMakeLists.txt",
        'source_path = "cpp"',
    ),
    "conanfile.txt": ({"conanfile.txt": "[requires]\n"}, "", "", "there is conanfile.txt", "write a CMakeLists.txt"),
    "conanfile.py": ({"conanfile.py": ""}, "", "", "there is conanfile.py", "write a CMakeLists.txt"),
    "a recipe that lacks a method": (
        {"conanfile.py": "class A(ConanFile):\n  def package(self):\n    pass\n"}, "", "", "there is conanfile.py",
        "write a CMakeLists.txt, or build() in conanfile.py, if it is to build the wheel itself; or, if",
    ),
    "requirements": (
        {}, '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n', "", "tool.xconan.conan has requirements", "pure_python"
    ),
    "meson": ({"meson.build": ""}, "", "", "there is meson.build, a project of Meson", "write a CMakeLists.txt"),
    "rust": ({"Cargo.toml": ""}, "", "", "there is Cargo.toml, a crate of Rust", "write a CMakeLists.txt"),
    "setup.py": ({"setup.py": EXTENSIONS}, "", "", "setup.py has ext_modules", "write a CMakeLists.txt"),
    "setup.py by a table": ({"setup.py": "a = {'ext_modules': []}\n"}, "", "", "setup.py has ext_modules", "pure"),
}  # fmt: skip


@pytest.mark.parametrize("name", GUESSED)
def test_a_guess_is_refused(name: str, root: Path) -> None:
    files, tool, target, says, write_this = GUESSED[name]
    (error,) = errors(root, {**PACKAGE, **files}, tool, target)
    assert "without a CMakeLists.txt beside pyproject.toml this is a wheel for any machine" in error.message
    assert says in error.message
    assert write_this in error.hint
    assert "[tool.xconan.wheel] pure_python = true" in error.hint
    assert errors(root, {}, tool + PURE, target) == []


def test_a_recipe_that_is_no_python(root: Path) -> None:
    (error,) = errors(root, {**PACKAGE, "conanfile.py": "import os\nclass A(ConanFile:\n"})
    assert error.message.startswith("this is no Python: ")
    assert error.where == f"{root / 'conanfile.py'}:2"


MEANT: dict[str, Mapping[str, str]] = {
    "nothing to compile": {},
    "a comment": {"setup.py": "# ext_modules=[...]\nfrom setuptools import setup\nsetup()\n"},
    "an empty setup.py": {"setup.py": ""},
    "a broken setup.py": {"setup.py": "ext_modules = ="},
    "tests": {"tests/proj/CMakeLists.txt": ""},
    "an example": {"examples/a/CMakeLists.txt": ""},
    "somebody else's": {"third_party/zlib/CMakeLists.txt": "", "extern/x/CMakeLists.txt": ""},
    "templates": {"src/nav/templates/CMakeLists.txt": ""},
    "an environment": {"env2/pyvenv.cfg": "", "env2/lib/x/CMakeLists.txt": ""},
    "another project": {"other/pyproject.toml": "", "other/CMakeLists.txt": ""},
    "a build folder": {"build/x/CMakeLists.txt": "", "_build/CMakeLists.txt": "", ".cache/CMakeLists.txt": ""},
}


@pytest.mark.parametrize("name", MEANT)
def test_no_false_alarm(name: str, root: Path) -> None:
    assert errors(root, {**PACKAGE, **MEANT[name]}) == []


# --- packages where nobody looks -------------------------------------------------------------------------------------

ELSEWHERE: dict[str, tuple[Mapping[str, str], str, str]] = {
    "beside C": ({**LISTS, "src/nav/a.c": "", "python/nav/__init__.py": ""}, "", "python"),
    "alone": ({**LISTS, "python/nav/__init__.py": ""}, "", "python"),
    "a module": ({**LISTS, "lib/nav.py": ""}, "", "lib"),
    "deeper": ({**LISTS, "bindings/python/nav/__init__.py": ""}, "", "bindings/python"),
    "a namespace of C": (
        {**LISTS, "src/nav/a.c": "", "python/nav/__init__.py": ""}, "[tool.xconan.module]\nnamespace = true\n", "python"
    ),
    "a generated package of C": (
        {**LISTS, "src/nav/a.c": "", "python/nav/__init__.py": ""}, '[tool.xconan.module]\ngenerated = "package"\n',
        "python",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_package_where_nobody_looks(name: str, root: Path) -> None:
    files, tool, directory = ELSEWHERE[name]
    (error,) = errors(root, files, tool)
    assert f"has its Python files in {directory}/nav" in error.message
    assert error.hint == f'write [tool.xconan.module] directory = "{directory}"'
    remedy = tool or "[tool.xconan.module]\n"
    assert errors(root, {}, f'{remedy}directory = "{directory}"\n') == []


def test_a_pure_package_where_nobody_looks(root: Path) -> None:
    (error,) = errors(root, {"python/nav/__init__.py": ""})
    assert error.hint == 'write directory = "python"'


NOWHERE: dict[str, tuple[Mapping[str, str], str]] = {
    "by CMake alone": ({**LISTS, "src/nav/a.c": ""}, ""),
    "generated": ({**LISTS, "examples/nav/__init__.py": ""}, '[tool.xconan.module]\ngenerated = "module"\n'),
    "in the tests": ({**LISTS, "tests/nav/__init__.py": ""}, ""),
    "a script that helps": ({**LISTS, "tools/nav.py": "", "ci/scripts/nav.py": ""}, ""),
    "found": ({**LISTS, **PACKAGE, "python/nav/__init__.py": ""}, ""),
}


@pytest.mark.parametrize("name", NOWHERE)
def test_no_package_elsewhere(name: str, root: Path) -> None:
    files, tool = NOWHERE[name]
    assert errors(root, files, tool) == []


# --- tables of other backends ----------------------------------------------------------------------------------------

CHANGING = {
    "scikit-build: a value": (
        '[tool.scikit-build]\ncmake.build-type = "Debug"\n', "cmake.build-type", "build_type in [tool.xconan.cmake]"
    ),
    "scikit-build: a sub-table": (
        "[tool.scikit-build.cmake.define]\nX = true\n", "cmake.define", "options in [tool.xconan.cmake]"
    ),
    "scikit-build: packages": (
        '[tool.scikit-build]\nwheel.packages = ["python/nav"]\n', "wheel.packages", "packages in [tool.xconan.module]"
    ),
    "scikit-build: the stable ABI": (
        '[tool.scikit-build]\nwheel.py-api = "cp312"\n', "wheel.py-api", 'python_abi = "abi3"'
    ),
    "scikit-build: overrides": (
        "[[tool.scikit-build.overrides]]\nif.platform-system = 'x'\n", "overrides", "[[tool.xconan.overrides]] with"
    ),
    "scikit-build: env": ('[tool.scikit-build]\nenv.X = "1"\n', "env", "env in [tool.xconan.cmake]"),
    "scikit-build: of a later version": ("[tool.scikit-build]\nnew.key = 1\n", "new", "remove it: there is nothing"),
    "scikit-build: packages of the build": (
        "[tool.scikit-build]\nsearch.site-packages = false\n", "search.site-packages", "remove it: the build env"
    ),
    "conan-py-build": (
        '[tool.conan-py-build]\nextra-profile = "p"\n', "extra-profile", "host_profiles in [tool.xconan.conan]"
    ),
    "meson-python": (
        '[tool.meson-python.args]\nsetup = ["-Dx=1"]\n', "args.setup", "args in [tool.xconan.cmake], or cmake.options"
    ),
    "setuptools: modules": (
        '[[tool.setuptools.ext-modules]]\nname = "a"\n', "ext-modules", "add_library(… MODULE …) and install(TARGETS …)"
    ),
    "setuptools: folders": (
        '[tool.setuptools.package-dir]\n"" = "lib"\n', "package-dir", "directory in [tool.xconan.module]"
    ),
    "hatch": (
        '[tool.hatch.build.targets.wheel]\npackages = ["lib/a"]\n', "build.targets.wheel.packages",
        "packages in [tool.xconan.module]",
    ),
    "hatch: hooks": ("[tool.hatch.build.hooks.custom]\n", "build.hooks", "hatch's hooks are not run"),
    "maturin": ('[tool.maturin]\nmodule-name = "a"\n', "module-name", "name in [tool.xconan.module]"),
    "poetry": ('[tool.poetry.build]\nscript = "b.py"\n', "build", "poetry's script is not run"),
    "pdm": ('[tool.pdm.build]\npackage-dir = "lib"\n', "build.package-dir", "directory in [tool.xconan.module]"),
    "flit": ('[tool.flit.module]\nname = "a"\n', "module.name", "name in [tool.xconan.module]"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGING)
def test_another_backends_key(name: str, root: Path) -> None:
    table, key, ours = CHANGING[name]
    (error,) = errors(root, {**LISTS, **PACKAGE}, table)
    assert error.message == "nobody reads this key here, and it would change the wheel"
    assert error.where == f"{root}/pyproject.toml: tool.{name.partition(':')[0]}.{key}"
    assert ours in error.hint
    assert error.hint.startswith("remove it")


def test_each_key_is_named(root: Path) -> None:
    table = '[tool.scikit-build]\nwheel.exclude = ["a"]\ncmake.args = ["-a"]\n[tool.meson-python]\nlimited-api = true\n'
    assert len(errors(root, {**LISTS, **PACKAGE}, table)) == 3


def test_two_tables(root: Path) -> None:
    tool = '[tool.py-build-cmake.cmake]\nbuild_type = "Debug"\n[tool.xconan.wheel]\n'
    (error,) = errors(root, {**LISTS, **PACKAGE}, tool)
    assert error.where.endswith("pyproject.toml: tool.py-build-cmake")
    assert "only one of the two" in error.message
    assert errors(root, {}, '[tool.py-build-cmake.cmake]\nbuild_type = "Debug"\n') == []
    said = "[tool.py-build-cmake] is read as py-build-cmake 0.5.1 means it"
    assert list(unread_keys(read_project_files(root).project)) == [said]


SEEN_TO = {
    "ours is set": '[tool.scikit-build]\ncmake.build-type = "Debug"\n[tool.xconan.cmake]\nbuild_type = "Debug"\n',
    "the standard's is set": (
        '[tool.scikit-build]\nwheel.license-files = ["L"]\n[tool.xconan.wheel]\npure_python = false\n'
    ),
    "usual": '[tool.scikit-build]\ncmake.build-type = "Release"\ncmake.source-dir = "."\nwheel.cmake = true\n',
    "packages as they are": '[tool.scikit-build]\nwheel.packages = ["src/nav"]\n',
    "packages by name": '[tool.setuptools]\npackages = ["nav", "nav.sub"]\n',
    "folders as they are": '[tool.setuptools]\npackage-dir = {"" = "src"}\npackages.find.where = ["src"]\n',
    "idle": '[tool.scikit-build]\nlogging.level = "INFO"\nsdist.exclude = ["x"]\n[tool.setuptools]\nzip-safe = false\n',
    "empty": "[tool.scikit-build]\n[tool.setuptools]\n[tool.meson-python]\n",
    "idle tables": (
        '[tool.hatch.envs.default]\ndependencies = ["x"]\n[tool.poetry.group.dev.dependencies]\nx = "1"\n'
        '[tool.pdm.dev-dependencies]\nx = ["y"]\n[tool.maturin]\nprofile = "dev"\n'
    ),
    "hatch's packages as they are": '[tool.hatch.build.targets.wheel]\npackages = ["src/nav"]\n',
    "others": "[tool.ruff]\nline-length = 99\n[tool.setuptools_scm]\n",
}


@pytest.mark.parametrize("name", SEEN_TO)
def test_what_another_backends_table_may_say(name: str, root: Path) -> None:
    tool = SEEN_TO[name]
    standard = 'license-files = ["L*"]\n' if "standard" in name else ""
    assert errors(root, {**LISTS, **PACKAGE, "LICENSE": "", "pyproject.toml": BASE + standard + tool}) == []


def test_unread_keys_are_said(root: Path) -> None:
    tool = '[tool.scikit-build]\nlogging.level = "INFO"\n[tool.xconan.cmake]\n'
    assert errors(root, {**LISTS, **PACKAGE}, tool) == []
    assert list(unread_keys(read_project_files(root).project)) == [
        "[tool.scikit-build] is not read: logging (everything is shown as it comes)",
    ]


def test_the_table_is_whole() -> None:
    assert {*FOREIGN} == {*foreign_tables()}
    for name, known in foreign_tables().items():
        changes, idle = (cast("dict[str, str]", known[kind]) for kind in ("changes", "idle"))
        assert not {*changes} & {*idle}, name
        assert {*cast("list[str]", known.get("places", []))} <= {*changes}


def test_our_keys_in_the_table_are_there() -> None:
    import re  # noqa: PLC0415 - here alone

    for known in foreign_tables().values():
        for text in cast("dict[str, str]", known["changes"]).values():
            match = re.match(r"(\w+)\.(\w+)(?=$|[,:])", text)
            assert match is None or match[1] in {"project", "build"} or match[2] in KEYS[match[1]], text
