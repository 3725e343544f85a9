"""Projects of other backends, rewritten: what is written is what xconan reads, and nothing goes without a word."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crossbuild import write
from xconan.cli import main
from xconan.ground.errors import ConfigError
from xconan.ground.files import load_toml
from xconan.migrate.project import migrate
from xconan.project.config.component import is_component, read_component
from xconan.project.config.records import KEYS
from xconan.project.files import read_project_files
from xconan.project.foreign import foreign_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytest.importorskip("tomlkit", reason="pip install 'xconan[migrate]'")
SYSTEM = '# the backend\n[build-system]\nrequires = ["{0}", "pybind11>=2.13"]  # both\nbuild-backend = "{1}"\n'
SCIKIT = SYSTEM.format("scikit-build-core[pyproject]>=0.5", "scikit_build_core.build")
CONAN = SYSTEM.format("conan-py-build", "conan_py_build.build")
SETUPTOOLS = SYSTEM.format("setuptools>=61", "setuptools.build_meta")
ORIGINAL = SYSTEM.format("py-build-cmake~=0.5", "py_build_cmake.build")
PROJECT = '[project]\nname = "nav"\nversion = "1"  # ours\n'
LISTS = {"CMakeLists.txt": "project(nav)\n", "src/nav/__init__.py": ""}


def moved(root: Path, pyproject: str, files: Mapping[str, str] = LISTS) -> tuple[dict[str, Any], str, Any]:
    """Rewrite a project; our table, the whole text, what became of the keys. xconan reads what is written."""
    for name, text in {**files, "pyproject.toml": pyproject}.items():
        write(root / name, text)
    text, outcome = migrate(root)
    write(root / "pyproject.toml", text)
    table = load_toml(root / "pyproject.toml")
    assert table["build-system"]["build-backend"] == "xconan.build"  # type: ignore[index]
    assert table["build-system"]["requires"][0] == "xconan"  # type: ignore[index]
    if not outcome.kept and not outcome.missing:
        read_project_files(root)
    return table["tool"].get("xconan", {}) if "tool" in table else {}, text, outcome  # type: ignore[attr-defined]


KEYS_OF_SCIKIT: dict[str, tuple[str, dict[str, Any]]] = {
    "defines": (
        'cmake.define = {A = true, B = "x", C = ["a", "b"]}',
        {"cmake": {"options": {"A": True, "B": "x", "C": ["a", "b"]}}},
    ),
    "arguments": ('cmake.args = ["-Wno-dev"]', {"cmake": {"args": ["-Wno-dev"]}}),
    "build type": ('cmake.build-type = "Debug"', {"cmake": {"build_type": "Debug"}}),
    "build types": (
        'cmake.build-type = ["Release", "Debug"]',
        {"cmake": {"config": ["Release", "Debug"], "generator": "Ninja Multi-Config"}},
    ),
    "editable installs": ('editable.rebuild = true\neditable.mode = "redirect"', {"editable": {"build_hook": True}}),
    "targets": ('build.targets = ["a", "b"]', {"cmake": {"build_args": ["--target", "a", "--target", "b"]}}),
    "components": ('install.components = ["python"]', {"cmake": {"install_components": ["python"]}}),
    "stable ABI": ('wheel.py-api = "cp312"', {"wheel": {"python_abi": "abi3", "abi3_minimum_cpython_version": 312}}),
    "no API": ('wheel.py-api = "py3"', {"wheel": {"python_abi": "none", "python_tag": ["py3"]}}),
    "exclude": ('wheel.exclude = ["**.cpp"]', {"wheel": {"exclude": ["**/*.cpp"]}}),
    "folder": ('wheel.install-dir = "nav"', {"wheel": {"install_dir": "nav"}}),
    "further files": (
        '[tool.scikit-build.wheel.force-include]\n"a.txt" = "${SKBUILD_SCRIPTS_DIR}/a"\n',
        {"wheel": {"include": {"{scripts}/a": "a.txt"}}}
    ),
    "packages": ('wheel.packages = ["src/nav"]', {"module": {"packages": ["src/nav"]}}),
    "strip": ("install.strip = true", {"cmake": {"install_args": ["--strip"]}}),
    "version": ('cmake.version = ">=3.25"', {"cmake": {"minimum_version": "3.25"}}),
    "build folder": ('build-dir = "build/{wheel_tag}"', {"cmake": {"build_path": "build/{build_config}"}}),
    "sdist": ('sdist.exclude = ["docs"]', {"sdist": {"exclude": ["docs"]}}),
    "environment": ('env.X = "1"', {"cmake": {"env": {"X": "1"}}}),
    "usual": ('cmake.build-type = "Release"', {"cmake": {"build_type": "Release"}}),
    "nothing": ("", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS_OF_SCIKIT)
def test_keys_of_scikit_build_core(name: str, root: Path) -> None:
    line, expected = KEYS_OF_SCIKIT[name]
    write(root / "a.txt", "")
    table, text, outcome = moved(root, f"{SCIKIT}{PROJECT}[tool.scikit-build]\n{line}\n")
    assert table == expected
    assert "scikit" not in text
    assert not outcome.missing


def test_a_table_in_several_lines(root: Path) -> None:
    """Dotted keys are parts of one table: none takes the place of another."""
    lines = (
        "cmake.define.A = 1  # one\ncmake.define.B = 2\nenv.X = 'x'\nenv.Y = 'y'\nwheel.packages.nav = 'src/nav'\n"
        "wheel.packages.'nav/b' = 'b'\nwheel.force-include.c = 'nav/c'\nmetadata.version.provider = 'regex'\n"
        "metadata.version.input = 'version.h'\ncmake.define.C = 3\n"
    )
    pyproject = f"{SCIKIT}{PROJECT}[tool.scikit-build]\n{lines}"
    files = {**LISTS, "pyproject.toml": pyproject}
    for name, text in files.items():
        write(root / name, text)
    text, outcome = migrate(root)
    write(root / "pyproject.toml", text)
    table: Any = load_toml(root / "pyproject.toml")["tool"]
    assert table == {"xconan": {
        "cmake": {"options": {"A": 1, "B": 2, "C": 3}, "env": {"X": "x", "Y": "y"}},
        "module": {"packages": []}, "wheel": {"include": {"nav": "src/nav", "nav/b": "b", "nav/c": "c"}},
        "metadata": {"version": {"provider": "regex", "input": "version.h"}},
    }}  # fmt: skip
    assert "# one" in text
    assert outcome.moved.count(("cmake.define", "cmake.options")) == 1


def test_a_table_that_has_a_part_without_equivalent_stays_whole(root: Path) -> None:
    lines = "cmake.define.A = 1\ncmake.define.B = {env = 'B'}\n"
    table, text, outcome = moved(root, f"{SCIKIT}{PROJECT}[tool.scikit-build]\n{lines}")
    assert table == {}
    assert load_toml(root / "pyproject.toml")["tool"]["scikit-build"] == {  # type: ignore[index]
        "cmake": {"define": {"A": 1, "B": {"env": "B"}}}
    }
    assert [name for name, _ in outcome.missing] == ["cmake.define"]
    with pytest.raises(ConfigError, match="nobody reads this key") as caught:
        read_project_files(root)
    assert "cmake.define" in caught.value.where, text


def test_what_has_no_equivalent_stays_and_is_named(root: Path) -> None:
    lines = 'search.site-packages = false\nlogging.level = "INFO"\ncmake.define.X = {env = "X"}\ncmake.args = ["-a"]\n'
    table, text, outcome = moved(root, f"{SCIKIT}{PROJECT}[tool.scikit-build]\n{lines}")
    assert table == {"cmake": {"args": ["-a"]}}
    assert load_toml(root / "pyproject.toml")["tool"]["scikit-build"] == {  # type: ignore[index]
        "search": {"site-packages": False}, "cmake": {"define": {"X": {"env": "X"}}},
    }  # fmt: skip
    assert [name for name, _ in outcome.missing] == ["search.site-packages", "cmake.define"]
    assert ("logging", "everything is shown as it comes") in outcome.dropped
    assert "see to these keys, and remove the table" in text
    with pytest.raises(Exception, match="nobody reads this key"):
        read_project_files(root)


def test_tables_that_both_have(root: Path) -> None:
    lines = """\
metadata.version = {provider = "scikit_build_core.metadata.regex", input = "src/nav/__init__.py"}
[[tool.scikit-build.generate]]
path = "nav/_version.py"
template-path = "version.in"
[[tool.scikit-build.overrides]]
if.platform-system = "linux"
if.env.NAV = true
cmake.build-type = "Debug"
cmake.define.X = "1"
wheel.exclude = ["a"]
"""
    pyproject = f'{SCIKIT}[project]\nname = "nav"\ndynamic = ["version"]\n[tool.scikit-build]\n{lines}'
    files = {"CMakeLists.txt": "", "src/nav/__init__.py": "__version__ = '1.5'\n", "version.in": ""}
    table, _, outcome = moved(root, pyproject, files)
    assert not outcome.missing
    assert table == {
        "metadata": {"version": {"provider": "scikit_build_core.metadata.regex", "input": "src/nav/__init__.py"}},
        "generate": [{"path": "nav/_version.py", "template_path": "version.in"}],
        "overrides": [{
            "if": {"platform_system": "linux", "env": {"NAV": True}},
            "cmake": {"build_type": "Debug", "options": {"X": "1"}}, "wheel": {"exclude": ["a"]},
        }],
    }  # fmt: skip
    files_read = read_project_files(root, {"target": "cp311-linux_aarch64"})
    assert files_read.metadata.version == "1.5"


def test_overrides_that_ours_have_not(root: Path) -> None:
    lines = "[[tool.scikit-build.overrides]]\nif.system-cmake = '>=3.20'\ncmake.args = ['-a']\n"
    _, text, outcome = moved(root, f"{SCIKIT}{PROJECT}{lines}")
    assert [name for name, _ in outcome.missing] == ["overrides"]
    assert "if.system-cmake" in text


def test_comments_stay(root: Path) -> None:
    lines = (
        "# first\n[tool.scikit-build]\n# of packages\nwheel.exclude = ['a']  # behind\n\n[tool.ruff]\nx = 1  # other\n"
    )
    _, text, _ = moved(root, f"{SCIKIT}{PROJECT}{lines}")
    for words in ("# the backend", "# both", "# ours", "# of packages", "# behind", "# other", "pybind11>=2.13"):
        assert words in text
    assert text.index("# of packages") < text.index("exclude =")


PLACES: dict[str, tuple[Mapping[str, str], str, dict[str, Any]]] = {
    "python/": ({"CMakeLists.txt": "", "python/nav/__init__.py": ""}, "nav", {"module": {"packages": ["python/nav"]}}),
    "none": ({"CMakeLists.txt": ""}, "nav", {"module": {"packages": []}}),
    "a namespace": (
        {"CMakeLists.txt": "", "src/my/nav/__init__.py": ""}, "my.nav", {"module": {"name": "my.nav"}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_packages_that_scikit_build_core_finds(name: str, root: Path) -> None:
    files, project, expected = PLACES[name]
    table, _, _ = moved(root, f'{SCIKIT}[project]\nname = "{project}"\nversion = "1"\n', files)
    assert table == expected


RECIPE = "from conan import ConanFile\nclass Nav(ConanFile):\n    def build(self): ...\n    def package(self): ...\n"


def test_conan_py_build(root: Path) -> None:
    lines = (
        'conanfile-path = "conan"\nextra-profile = "a.profile"\n'
        "extra-arguments = ['-s=compiler.cppstd=17', '-o', 'gdal/*:with_arrow=False', '-c=tools.build:jobs=4']\n"
        'wheel.packages = ["src/nav", "src/more"]\nwheel.exclude = ["*.h"]\n'
    )
    files = {"conan/conanfile.py": RECIPE, "src/nav/__init__.py": "", "src/more/__init__.py": "", "a.profile": ""}
    table, _, outcome = moved(root, f"{CONAN}{PROJECT}[tool.conan-py-build]\n{lines}", files)
    assert table == {
        "conan": {
            "conanfile": "conan", "host_profiles": ["a.profile"], "settings": {"compiler.cppstd": "17"},
            "options": {"gdal/*:with_arrow": "False"}, "conf": {"tools.build:jobs": "4"}, "recipe_builds": True,
        },
        "module": {"packages": ["src/nav", "src/more"]}, "wheel": {"exclude": ["**/*.h"]},
    }  # fmt: skip
    assert not outcome.missing


def test_a_version_of_conan_py_build(root: Path) -> None:
    lines = '[tool.conan-py-build.version]\nfile = "src/nav/v.py"\n'
    files = {**LISTS, "conanfile.py": RECIPE, "src/nav/v.py": "__version__ = '8'\n"}
    table, _, _ = moved(root, f'{CONAN}[project]\nname = "nav"\ndynamic = ["version"]\n{lines}', files)
    assert table["metadata"] == {"version": {"provider": "module", "input": "src/nav/v.py"}}
    assert read_project_files(root).metadata.version == "8"


def test_conan_py_build_without_a_table(root: Path) -> None:
    table, _, outcome = moved(root, f"{CONAN}{PROJECT}", {**LISTS, "conanfile.py": RECIPE})
    assert table == {"module": {"packages": ["src/nav"]}}
    assert any("conan.recipe_builds = true" in why for _, why in outcome.dropped)


SETUP = """\
from setuptools import setup, find_packages
from cmake_build import CMakeExtension, CMakeBuild
import re
setup(
    name="nav", version=re.search("1", open("x").read()), description="It navigates", author="Me",
    python_requires=">=3.9", install_requires=["numpy"], packages=find_packages("src"), package_dir={"": "src"},
    ext_modules=[CMakeExtension("nav._core")], cmdclass={"build_ext": CMakeBuild}, zip_safe=False,
    entry_points={"console_scripts": ["nav = nav:main"]}, cmake_args=["-DX=1"], odd=1,
)
"""


def test_setuptools(root: Path) -> None:
    table, text, outcome = moved(root, SETUPTOOLS, {**LISTS, "setup.py": SETUP})
    assert table == {"cmake": {"args": ["-DX=1"]}, "module": {"packages": ["src/nav"]}}
    project = load_toml(root / "pyproject.toml")["project"]
    assert project == {
        "name": "nav", "description": "It navigates", "authors": [{"name": "Me"}], "requires-python": ">=3.9",
        "dependencies": ["numpy"], "scripts": {"nav": "nav:main"},
    }  # fmt: skip
    assert [name for name, _ in outcome.missing] == ["setup.py: version", "setup.py: odd"]
    assert ("setup.py", "nobody reads it any more: remove it") in outcome.dropped
    assert "setuptools" not in text


def test_the_plugin_for_setuptools(root: Path) -> None:
    system = SYSTEM.format("scikit-build-core[setuptools]", "scikit_build_core.setuptools.build_meta")
    setup = "from setuptools import setup\nsetup(name='nav', version='2', cmake_source_dir='cpp', packages=['nav'])\n"
    files = {"cpp/CMakeLists.txt": "", "src/nav/__init__.py": "", "setup.py": setup}
    table, text, _ = moved(root, f"{system}[tool.scikit-build]\ncmake.args = ['-a']\n", files)
    assert table == {"cmake": {"args": ["-a"], "source_path": "cpp"}, "module": {"packages": ["src/nav"]}}
    assert load_toml(root / "pyproject.toml")["project"] == {"name": "nav", "version": "2"}
    assert "scikit" not in text


def test_tags_that_are_no_key_of_ours(root: Path) -> None:
    lines = "wheel.expand-macos-universal-tags = true\nwheel.tags = ['py3-none-any']\n"
    _, _, outcome = moved(root, f"{SCIKIT}{PROJECT}[tool.scikit-build]\n{lines}")
    assert [name for name, _ in outcome.missing] == ["wheel.expand-macos-universal-tags", "wheel.tags"]


def test_setup_cfg(root: Path) -> None:
    config = "[metadata]\nname = nav\nversion = 1.5\n[options]\ninstall_requires =\n    numpy\n    scipy>1\n"
    config += "packages = find:\n"
    table, _, outcome = moved(
        root, SETUPTOOLS, {**LISTS, "setup.cfg": config, "setup.py": "from setuptools import setup\nsetup()\n"}
    )
    assert table == {"module": {"packages": ["src/nav"]}}
    assert load_toml(root / "pyproject.toml")["project"] == {
        "name": "nav", "version": "1.5", "dependencies": ["numpy", "scipy>1"],
    }  # fmt: skip
    assert not outcome.missing


CONFIG = """\
[metadata]
name = nav
version = 1
author = Ada Å
author-email = ada@example.org
maintainer_email = m@example.org
url = https://example.org
project_urls =
    Docs = https://example.org/docs
license = MIT
license_file = LICENSE
keywords = a b, c
classifiers =
    Programming Language :: C
    License :: OSI Approved :: MIT License
platforms = any
[options]
packages = find:
[options.extras_require]
Test =
    pytest
    hypothesis>=6
docs = sphinx
[options.entry_points]
console_scripts =
    nav = nav:main
nav.plugins =
    one = nav.one
"""


def test_all_that_setup_cfg_says(root: Path) -> None:
    """None of it is lost, and what comes of it is a [project] that is in order."""
    _, _, outcome = moved(root, SETUPTOOLS, {**LISTS, "setup.cfg": CONFIG, "LICENSE": "free"})
    project = load_toml(root / "pyproject.toml")["project"]
    assert project == {
        "name": "nav", "version": "1", "authors": [{"name": "Ada Å", "email": "ada@example.org"}],
        "maintainers": [{"email": "m@example.org"}],
        "urls": {"Homepage": "https://example.org", "Docs": "https://example.org/docs"},
        "license": "MIT", "license-files": ["LICENSE"], "keywords": ["a b", "c"],
        "classifiers": ["Programming Language :: C"],
        "optional-dependencies": {"Test": ["pytest", "hypothesis>=6"], "docs": ["sphinx"]},
        "scripts": {"nav": "nav:main"}, "entry-points": {"nav.plugins": {"one": "nav.one"}},
    }  # fmt: skip
    assert not outcome.missing


TEXTS = """\
from setuptools import setup
setup(
    name="nav", version="1", license="MIT License", author_email="a@example.org", author="A",
    install_requires="numpy\\nscipy",
    entry_points="[console_scripts]\\nnav = nav:main\\n", extras_require={"test": "pytest"},
)
"""


FOLDERS = {
    "named": ('packages = ["nav", "nav.sub"]\npackage-dir = {"" = "lib"}  # mine\n', ["lib/nav"]),
    "a place of its own": ('packages = ["nav"]\npackage-dir = {nav = "lib/nav"}\n', ["lib/nav"]),
    "found": ('package-dir = {"" = "lib"}\n[tool.setuptools.packages.find]\nwhere = ["lib"]\n', ["more", "lib/nav"]),
    "not there": ('packages = ["other"]\n', ["more", "lib/nav"]),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_packages_of_its_table(name: str, root: Path) -> None:
    lines, packages = FOLDERS[name]
    files = {"CMakeLists.txt": "", "lib/nav/__init__.py": "", "lib/nav/sub/__init__.py": "", "more/__init__.py": ""}
    table, text, outcome = moved(root, f"{SETUPTOOLS}{PROJECT}[tool.setuptools]\n{lines}", files)
    assert sorted(table.pop("module")["packages"]) == sorted(packages)
    assert table == {}
    assert "setuptools" not in text
    assert text.count("# mine") == lines.count("# mine")
    assert not outcome.missing
    assert not [new for _, new in outcome.moved if new == "module.directory"]


def test_lists_that_are_texts(root: Path) -> None:
    _, _, outcome = moved(root, SETUPTOOLS, {**LISTS, "setup.py": TEXTS})
    assert load_toml(root / "pyproject.toml")["project"] == {
        "name": "nav", "version": "1", "authors": [{"email": "a@example.org", "name": "A"}],
        "dependencies": ["numpy", "scipy"], "scripts": {"nav": "nav:main"},
        "optional-dependencies": {"test": ["pytest"]},
    }  # fmt: skip
    assert [name for name, _ in outcome.missing] == ["setup.py: license"]


def test_py_build_cmake(root: Path) -> None:
    lines = "[tool.py-build-cmake.cmake]  # with CMake\nbuild_type = 'Debug'\n"
    lines += "[tool.py-build-cmake.linux.cmake]\nargs = []\n"
    pyproject = f'{ORIGINAL}[project]\nname = "My.Nav"\nversion = "1"\n{lines}'
    table, text, _ = moved(root, pyproject, {"CMakeLists.txt": "", "src/my_nav/__init__.py": ""})
    assert table == {"cmake": {"build_type": "Debug"}, "linux": {"cmake": {"args": []}}, "module": {"name": "my_nav"}}
    assert "# with CMake" in text


@pytest.mark.parametrize(
    "module",
    ["[tool.py-build-cmake.module]  # mine\ndirectory = 'src'\n", "[tool.py-build-cmake]\nmodule.directory = 'src'\n"],
)
def test_the_import_name_comes_to_a_module_table(module: str, root: Path) -> None:
    files = {"CMakeLists.txt": "", "src/nav/__init__.py": ""}
    pyproject = f'{ORIGINAL}[project]\nname = "Nav"\nversion = "1"\n{module}[tool.py-build-cmake.cmake]\n'
    table, text, outcome = moved(root, pyproject, files)
    assert table == {"module": {"directory": "src", "name": "nav"}, "cmake": {}}
    assert not outcome.missing
    assert text.count("mine") == module.count("mine")


def test_py_build_cmake_without_cmake(root: Path) -> None:
    table, _, _ = moved(root, f"{ORIGINAL}{PROJECT}[tool.py-build-cmake.module]\n")
    assert table == {"module": {}, "wheel": {"pure_python": True}}


def test_component(root: Path) -> None:
    write(root / "pyproject.toml", f"{ORIGINAL}{PROJECT}")
    system = SYSTEM.format("py-build-cmake~=0.5", "py_build_cmake.build_component")
    lines = "[tool.py-build-cmake]\nmain_project = '..'\ncomponent.install_components = ['d']\n"
    folder = root / "debug"
    write(folder / "pyproject.toml", f'{system}[project]\nname = "Nav-Debug"\nversion = "1"\n{lines}')
    text, _ = migrate(folder)
    write(folder / "pyproject.toml", text)
    assert is_component(folder)
    assert [*read_component(folder).overrides((0,))] == ['cmake.install_components = ["d"]']
    assert "py-build-cmake" not in text


def test_the_conan_table_of_the_alpha(root: Path) -> None:
    lines = "[tool.py-build-cmake.conan]\nargs = ['--build=missing', '-o', 'a/*:b=True']\ncmake.build_type = 'Debug'\n"
    table, _, _ = moved(root, f"{ORIGINAL}{PROJECT}{lines}")
    assert table == {"conan": {"build": ["missing"], "options": {"a/*:b": "True"}}, "cmake": {"build_type": "Debug"}}


NOTHING = {
    "ours": (SYSTEM.format("xconan", "xconan.build"), "it is xconan's already"),
    "another": (SYSTEM.format("hatchling", "hatchling.build"), "its backend is hatchling"),
    "both": (f"{SCIKIT}[tool.scikit-build]\n[tool.xconan]\n", "there is [tool.xconan] already"),
    "no TOML": ("[a", "this is no TOML"),
    "a table that is defined twice": ("[a]\nb.c = 1\n[a.b]\nd = 1\n", "this is no TOML"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_move(name: str, root: Path) -> None:
    text, says = NOTHING[name]
    write(root / "pyproject.toml", text)
    with pytest.raises(ConfigError) as caught:
        migrate(root)
    assert says in caught.value.message


def test_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = f"{SCIKIT}{PROJECT}[tool.scikit-build]\nwheel.exclude = ['a']\n"
    for name, text in {**LISTS, "pyproject.toml": before}.items():
        write(root / name, text)
    assert main(["migrate", str(root), "--dry-run"]) == 0
    assert "[tool.xconan.wheel]" in capsys.readouterr().out
    assert (root / "pyproject.toml").read_text("utf-8") == before
    assert main(["migrate", str(root)]) == 0
    assert "wheel.exclude -> wheel.exclude" in capsys.readouterr().out
    assert "xconan.build" in (root / "pyproject.toml").read_text("utf-8")
    with pytest.raises(SystemExit):
        main(["migrate", str(root)])
    assert "it is xconan's already" in capsys.readouterr().err


def test_without_tomlkit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root / "pyproject.toml", SCIKIT)
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    with pytest.raises(ConfigError) as caught:
        migrate(root)
    assert caught.value.hint == "pip install 'xconan[migrate]'"


def test_keys_that_are_renamed_are_there() -> None:
    """What foreign.toml names as a key alone is moved as it is."""
    import re  # noqa: PLC0415 - here alone

    renamed = [
        words for known in foreign_tables().values() for words in known["changes"].values()  # type: ignore[attr-defined]
        if re.fullmatch(r"(?!project\b|build-)\w+\.[\w-]+", words)
    ]  # fmt: skip
    assert len(renamed) > 10
    for words in renamed:
        table, _, key = words.partition(".")
        assert key in KEYS[table], words
