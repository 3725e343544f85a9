"""A second wheel of a project, from other components of its CMake: here the debug symbols of a module."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.conan_home import run_conan
from tests.support.crossbuild import write
from tests.support.native import CORE, PYPROJECT, native_project
from tests.support.needs import need_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Workshop

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
LISTS = f"""{CORE}
install(TARGETS _core DESTINATION nav COMPONENT python)
set(symbols $<TARGET_FILE:_core>.debug)
add_custom_command(TARGET _core POST_BUILD
  COMMAND ${{CMAKE_OBJCOPY}} --only-keep-debug $<TARGET_FILE:_core> ${{symbols}}
  COMMAND ${{CMAKE_STRIP}} --strip-debug $<TARGET_FILE:_core>)
install(FILES ${{symbols}} DESTINATION nav COMPONENT debug)
add_custom_target(notes COMMAND ${{CMAKE_COMMAND}} -E touch notes.txt)
install(FILES ${{CMAKE_CURRENT_BINARY_DIR}}/notes.txt DESTINATION nav_notes COMPONENT notes)
"""
TOOL = '[tool.xconan.cmake]\nbuild_type = "RelWithDebInfo"\ninstall_components = ["python"]\n'
COMPONENT = """\
[build-system]
requires = ["xconan"]
build-backend = "xconan.build_component"
[project]
name = "nav-{name}"
version = "1.0"
dependencies = ["nav==1.0"]
[tool.{table}]
main_project = "../mäin"
[tool.{table}.component]
{keys}
"""
NOTER = """\
from pathlib import Path
from conan import ConanFile

class Noter(ConanFile):
    name = "noter"
    version = "1.0"
    package_type = "application"

    def package(self):
        program = Path(self.package_folder, "bin", "noter")
        program.parent.mkdir()
        program.write_text('#!/bin/sh\\necho noted > "$1"\\n')
        program.chmod(0o755)
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """The main project, whose own wheel has the module alone."""
    return native_project(tmp_path / "two wheels/mäin", {"CMakeLists.txt": LISTS}, tool=TOOL)


def component(main: Path, name: str, keys: str, *, table: str = "xconan") -> Path:
    write(main.parent / name / "pyproject.toml", COMPONENT.format(name=name, keys=keys, table=table))
    return main.parent / name


def content(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if ".dist-info/" not in name]


def test_debug_symbols(main: Path, native: Workshop) -> None:
    """For this machine and for another, before the main project's wheel was ever built and after."""
    need_program("aarch64-linux-gnu-gcc")
    debug = component(main, "debug", 'install_components = ["debug"]', table="py-build-cmake")
    for more in ((), ("--target", f"{HERE}-linux_aarch64")):
        wheel = native.build(debug, None, *more).wheel
        (symbols,) = content(wheel)
        assert symbols.startswith("nav/_core.")
        assert symbols.endswith(".so.debug")
        own = native.build(main, None, *more)
        assert content(own.wheel) == ["nav/__init__.py", symbols.removesuffix(".debug")]
        assert wheel.name.partition("-1.0-")[2] == own.wheel.name.partition("-1.0-")[2]
        assert "Building C object" not in own.log  # it was built for the component
        before = wheel.read_bytes()
        assert native.build(debug, None, *more).wheel.read_bytes() == before
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read("nav_debug-1.0.dist-info/METADATA").decode()
    assert "Requires-Dist: nav==1.0" in metadata


def test_what_the_main_project_leaves_out(main: Path, native: Workshop) -> None:
    """`wheel.exclude` is of the main project's wheel: the component has what it names."""
    text = (main / "pyproject.toml").read_text("utf-8")
    write(main / "pyproject.toml", text + '[tool.xconan.wheel]\nexclude = ["**/*.debug"]\n')
    debug = component(main, "debug", 'install_components = ["debug"]')
    (symbols,) = content(native.build(debug).wheel)
    assert symbols.endswith(".so.debug")


def test_what_is_built_for_it_alone(main: Path, native: Workshop) -> None:
    notes = component(main, "notes", 'install_components = ["notes"]\nbuild_args = ["--target", "notes"]')
    assert content(native.build(notes).wheel) == ["nav_notes/notes.txt"]


def test_what_is_built_for_it_finds_the_programs_of_conan(
    main: Path, native: Workshop, tmp_path: Path, fresh_home: Callable[[Path], Path]
) -> None:
    native = replace(native, home=fresh_home(tmp_path / "home"))
    write(tmp_path / "recipe/conanfile.py", NOTER)
    run_conan(native.home, "export", str(tmp_path / "recipe"))
    lists = LISTS.replace("${CMAKE_COMMAND} -E touch notes.txt", "noter notes.txt")
    write(main / "CMakeLists.txt", lists)
    table = (main / "pyproject.toml").read_text("utf-8")
    write(main / "pyproject.toml", table + '[tool.xconan.conan]\ntool_requires = ["noter/1.0"]\n')
    notes = component(main, "notes", 'install_components = ["notes"]\nbuild_args = ["--target", "notes"]')
    assert content(native.build(notes).wheel) == ["nav_notes/notes.txt"]


def test_installed_alone(main: Path, native: Workshop) -> None:
    debug = component(main, "debug", 'install_components = ["debug"]\ninstall_only = true')
    assert_says(native.build(debug, fails=True).log, "has not been built for this host", "or take install_only away")
    native.build(main)
    assert content(native.build(debug).wheel)[0].endswith(".so.debug")


def test_number_that_the_main_project_has_not(main: Path, native: Workshop) -> None:
    debug = component(main, "debug", "").joinpath("pyproject.toml")
    debug.write_text(debug.read_text("utf-8") + '[tool.xconan.component.1]\ninstall_components = ["debug"]\n', "utf-8")
    assert_says(native.build(debug.parent, fails=True).log, "cmake.1")


def test_component_that_nothing_installs(main: Path, native: Workshop) -> None:
    """CMake takes any word for a component: no wheel of nothing is written, and the remedy works."""
    keys = 'install_components = ["{}"]'
    debug = component(main, "debug", keys.format("debgu"))
    assert_says(native.build(debug, fails=True).log, "installed for 'debgu'", "did you mean 'debug'?", "notes")
    assert not [*debug.rglob("*.whl")]
    component(main, "debug", keys.format("debug"))
    assert content(native.build(debug).wheel)


def test_several_configurations(main: Path, native: Workshop) -> None:
    """Of the main project's two CMake tables the component names the second; nothing of the first is in its wheel."""
    text = (main / "pyproject.toml").read_text("utf-8").replace("[tool.xconan.cmake]", "[tool.xconan.cmake.0]")
    text += '[tool.xconan.cmake.1]\nbuild_type = "Release"\ninstall_components = ["none"]\n'
    write(main / "pyproject.toml", text)
    one = component(main, "one", "").joinpath("pyproject.toml")
    keys = '[tool.xconan.component.{}]\ninstall_components = ["debug"]\n'
    plain = one.read_text("utf-8").replace("[tool.xconan.component]\n", "")
    for number in (0, 1):
        write(one, plain + keys.format(number))
        (symbols,) = content(native.build(one.parent).wheel)
        assert symbols.endswith(".so.debug")
    write(one, plain + '[tool.xconan.component]\ninstall_components = ["debug"]\n')
    assert content(native.build(one.parent).wheel) == [symbols]


def test_outside_of_the_wheel(main: Path, native: Workshop, tmp_path: Path) -> None:
    """A component that would be installed elsewhere, or among the main project's files, is refused."""
    lists = main / "CMakeLists.txt"
    for place in (tmp_path / "elsewhere", "${CMAKE_INSTALL_PREFIX}/nav"):
        write(lists, LISTS + f'install(FILES core.c DESTINATION "{place}" COMPONENT more)\n')
        more = component(main, "more", 'install_components = ["more"]')
        assert_says(native.build(more, fails=True).log, "outside of the wheel", "COMPONENT")
        assert not (tmp_path / "elsewhere").exists()
        assert len(content(native.build(main).wheel)) == 2


def test_by_the_hooks(main: Path, native: Workshop) -> None:
    """As a frontend of PEP 517 calls them."""
    debug = component(main, "debug", 'install_components = ["debug"]')
    code = "import xconan.build_component as backend; print(backend.build_wheel('dist'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=debug, env=native.environment, check=True, capture_output=True, text=True
    )
    assert (debug / "dist" / done.stdout.strip()).is_file()
    assert PYPROJECT.count("build_component") == 0
