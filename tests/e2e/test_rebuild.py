"""A second build after a change that CMake itself does not see; natively, with a compiler of this machine."""

from __future__ import annotations

import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

from tests.support.crossbuild import write
from tests.support.native import CORE, GOOD, HEAD, MODULE, native_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.crossbuild import Built, Workshop

UNCHANGED = "unchanged: no input has changed"
CONFIGURED, NOTHING, COMPILED = "-- Configuring done", "ninja: no work to do", "core.c.o"
DATA = f"{GOOD}file(GLOB files *.dat)\ninstall(FILES ${{files}} DESTINATION nav)\n"
SOURCES = (
    f"{HEAD}file(GLOB files *.c)\nPython_add_library(_core MODULE WITH_SOABI ${{files}})\n"
    "install(TARGETS _core DESTINATION nav)\n"
)
WRITTEN = """\
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/value.txt" "${value}")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/value.txt" DESTINATION nav)
"""


def value(built: Built) -> str:
    """What CMakeLists.txt has read, from the wheel."""
    with zipfile.ZipFile(built.wheel) as archive:
        return archive.read("nav/value.txt").decode()


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Nav", "-c", "user.email=nav@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def assert_untouched(native: Workshop, project: Path) -> None:
    """Another build neither configures nor compiles, and the next one is answered at the door."""
    native.build(project).assert_ended(0, lacks=[CONFIGURED, COMPILED])
    native.build(project).assert_ended(0, UNCHANGED)


def test_new_and_removed_data(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", {"CMakeLists.txt": DATA, "a.dat": "a"})
    assert "nav/a.dat" in native.build(project).names
    assert_untouched(native, project)
    write(project / "b.dat", "b")
    again = native.build(project)
    again.assert_ended(0, CONFIGURED, lacks=[COMPILED])
    assert {"nav/a.dat", "nav/b.dat"} <= set(again.names)
    (project / "a.dat").unlink()
    last = native.build(project)
    assert ("nav/a.dat" in last.names, "nav/b.dat" in last.names) == (False, True)
    assert_untouched(native, project)


def test_file_that_was_read(native: Workshop, tmp_path: Path) -> None:
    lists = f"{GOOD}file(READ v.txt value)\n{WRITTEN}"
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists, "v.txt": "1"})
    assert value(native.build(project)) == "1"
    write(project / "v.txt", "2")
    again = native.build(project)
    again.assert_ended(0, CONFIGURED, lacks=[COMPILED])
    assert value(again) == "2"


def test_variable_that_was_read(native: Workshop, tmp_path: Path) -> None:
    """One that is kept in the cache as well."""
    lists = f'{GOOD}set(value "$ENV{{MYV}}" CACHE STRING "")\n{WRITTEN}'
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists})
    assert value(native.build(project, env={"MYV": "1"})) == "1"
    again = native.build(project, env={"MYV": "2", "OTHER": "1"})
    again.assert_ended(0, CONFIGURED, lacks=[COMPILED])
    assert value(again) == "2"
    native.build(project, env={"MYV": "2", "OTHER": "2"}).assert_ended(0, NOTHING, lacks=[CONFIGURED])


def test_git_describe(native: Workshop, tmp_path: Path) -> None:
    ask = (
        'execute_process(COMMAND git describe --always WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" OUTPUT_VARIABLE value)\n'
    )
    lists = f"{GOOD}{ask}{WRITTEN}"
    project = native_project(tmp_path / "p", {"CMakeLists.txt": lists, ".gitignore": "dist\n.xconan_cache\n"})
    git(project, "init")
    git(project, "add", ".")
    git(project, "commit", "-m", "one")
    first = value(native.build(project))
    assert first
    git(project, "commit", "--allow-empty", "-m", "two")
    second = native.build(project)
    second.assert_ended(0, CONFIGURED, lacks=[COMPILED])
    assert value(second) not in ("", first)
    git(project, "tag", "-a", "v7", "-m", "seven")
    assert value(native.build(project)).strip() == "v7"
    git(project, "pack-refs", "--all")
    assert_untouched(native, project)


def test_new_and_removed_sources(native: Workshop, tmp_path: Path) -> None:
    project = native_project(tmp_path / "p", {"CMakeLists.txt": SOURCES})
    native.build(project)
    core = (project / "core.c").read_text("utf-8")
    write(project / "g.c", "int g(void) { return 1; }\n")
    write(project / "h.c", "int h(void) { return 1; }\n")
    native.build(project).assert_ended(0, CONFIGURED, "g.c.o", lacks=[COMPILED])
    write(project / "core.c", core.replace("static", "int g(void);\nstatic").replace("return", "g(); return"))
    native.build(project).assert_ended(0, COMPILED, lacks=["Building C object CMakeFiles/_core.dir/g.c.o"])
    (project / "h.c").unlink()
    native.build(project).assert_ended(0, CONFIGURED, lacks=[COMPILED])
    assert_untouched(native, project)


def test_build_preset_that_builds_elsewhere(native: Workshop, tmp_path: Path) -> None:
    """What it says is said to CMake for our own folder, and its folder stays the user's."""
    presets = """{"version": 3, "configurePresets": [{"name": "p", "generator": "Ninja", "binaryDir": "bb"}],
        "buildPresets": [{"name": "p", "configurePreset": "p", "targets": ["_core"]}]}"""
    tool = '[tool.xconan.cmake]\npreset = "p"\nbuild_presets = ["p"]\n'
    project = native_project(tmp_path / "p", {"CMakePresets.json": presets}, tool=tool)
    built = native.build(project)
    built.assert_ended(0, "--target _core")
    assert len(built.names) == 2
    assert not (project / "bb").exists()
    write(project / "core.c", (project / "core.c").read_text("utf-8") + "int more;\n")
    native.build(project).assert_ended(0, COMPILED)


def test_build_preset_of_a_later_configuration(native: Workshop, tmp_path: Path) -> None:
    """What it has built is installed, and not the first of the generator's configurations."""
    presets = """{"version": 3,
        "configurePresets": [{"name": "p", "generator": "Ninja Multi-Config", "binaryDir": "bb"}],
        "buildPresets": [{"name": "above", "hidden": true, "configurePreset": "p", "configuration": "RelWithDebInfo"},
                         {"name": "p", "inherits": "above"}]}"""
    tool = '[tool.xconan.cmake]\npreset = "p"\nbuild_presets = ["p"]\n'
    project = native_project(tmp_path / "p", {"CMakePresets.json": presets}, tool=tool)
    built = native.build(project)
    built.assert_ended(0, "CMakeFiles/_core.dir/RelWithDebInfo/core.c.o")
    assert len(built.names) == 2


OUTSIDE = f"""\
{CORE}target_include_directories(_core PRIVATE "${{CMAKE_CURRENT_SOURCE_DIR}}/../elsewhere")
target_link_libraries(_core PRIVATE -L"${{CMAKE_CURRENT_SOURCE_DIR}}/../elsewhere" -lvalue)
include("${{CMAKE_CURRENT_SOURCE_DIR}}/../elsewhere/value.cmake")
file(WRITE "${{CMAKE_CURRENT_BINARY_DIR}}/value.txt" "${{value}}")
install(TARGETS _core DESTINATION nav)
install(FILES ../elsewhere/data.txt "${{CMAKE_CURRENT_BINARY_DIR}}/value.txt" DESTINATION nav)
"""
USES = MODULE.replace(
    "#include <Python.h>", '#include <Python.h>\n#include "value.h"\nint value(void);\nchar mark[] = "mark=" VALUE;'
).replace("return PyModule_Create", "return value() ? 0 : PyModule_Create")


def library(folder: Path, text: str) -> None:
    """A static library that holds TEXT."""
    write(folder / "value.c", f'char text[] = "{text}"; int value(void) {{ return text[0] == 0; }}\n')
    subprocess.run(["gcc", "-fPIC", "-c", "value.c"], cwd=folder, check=True)
    (folder / "libvalue.a").unlink(missing_ok=True)
    subprocess.run(["ar", "rcs", "libvalue.a", "value.o"], cwd=folder, check=True)


def test_what_lies_outside_and_is_older(native: Workshop, tmp_path: Path) -> None:
    """An upgrade puts files there that are older than the objects made from those before; Ninja sees no change."""
    elsewhere = tmp_path / "elsewhere"
    for name, text in (("value.h", '#define VALUE "1"'), ("value.cmake", "set(value 1)"), ("data.txt", "1")):
        write(elsewhere / name, f"{text}\n")
    library(elsewhere, "lib=1")
    project = native_project(tmp_path / "p", {"CMakeLists.txt": OUTSIDE, "core.c": USES})
    native.build(project)
    native.build(project).assert_ended(0, UNCHANGED)
    for name, expected in (
        ("value.h", b"mark=2"),
        ("value.cmake", b"2"),
        ("data.txt", b"2\n"),
        ("libvalue.a", b"lib=2"),
    ):
        if name == "libvalue.a":
            library(elsewhere, "lib=2")
        else:
            write(elsewhere / name, (elsewhere / name).read_text("utf-8").replace("1", "2"))
        os.utime(elsewhere / name, (1_000_000_000, 1_000_000_000))
        built = native.build(project)
        with zipfile.ZipFile(built.wheel) as archive:
            content = {one: archive.read(one) for one in archive.namelist()}
        file = {"value.cmake": "nav/value.txt", "data.txt": "nav/data.txt"}.get(name)
        module = next(one for one in content if one.endswith(".so"))
        assert expected in content[file or module], name
        native.build(project).assert_ended(0, UNCHANGED)
