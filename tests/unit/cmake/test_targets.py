"""What CMake's file API says of a build folder, as cmake-file-api(7) has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xconan.cmake.targets import (
    CMakeProject,
    Rule,
    Target,
    ask,
    generation,
    installed_files,
    installed_folders,
    installing_code,
    libraries_by_name,
    read_cmake_project,
    read_cmake_projects,
)

MODULES = "/usr/share/cmake/Modules/UseSWIG.cmake"
GRAPH = {
    "files": ["CMakeLists.txt", MODULES, "sub/CMakeLists.txt"],
    "nodes": [
        {"file": 0},
        {"file": 0, "line": 12, "parent": 0},
        {"file": 1, "line": 900, "parent": 1},  # a line of CMake's own, called from line 12
        {"file": 2, "line": 3},
        {"file": 1, "line": 5},
    ],
}


def target(name: str, kind: str = "MODULE_LIBRARY", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The answer about a target that makes NAME.so."""
    return {
        "name": name, "type": kind, "nameOnDisk": f"{name}.so", "artifacts": [{"path": f"{name}.so"}],
        "backtrace": 1, "backtraceGraph": GRAPH, **more,
    }  # fmt: skip


def write(
    build: Path,
    *targets: dict[str, Any],
    rules: tuple[dict[str, Any], ...] = (),
    minor: int = 3,
    configurations: tuple[str, ...] = ("",),
    number: int = 1,
) -> None:
    """Answer in a build folder as CMake does; every configuration has the same targets, in a folder of its own."""
    reply = build / ".cmake/api/v1/reply"
    reply.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {"directory.json": {"installers": rules, "backtraceGraph": GRAPH}}
    of_all = []
    for configuration in configurations:
        entries = []
        for entry in targets:
            file = f"target-{entry['name']}-{configuration}.json"
            artifacts = [{"path": f"{configuration}/{one['path']}".lstrip("/")} for one in entry["artifacts"]]
            files[file] = {**entry, "artifacts": artifacts}
            entries.append({"id": f"{entry['name']}::@1", "name": entry["name"], "jsonFile": file})
        directories = [{"jsonFile": "directory.json"}, {"source": "."}]
        of_all.append({"name": configuration, "targets": entries, "directories": directories})
    files["codemodel.json"] = {"version": {"major": 2, "minor": minor}, "configurations": of_all}
    answer = {"client-xconan": {"codemodel-v2": {"jsonFile": "codemodel.json"}}}
    files[f"index-{number:04}.json"] = {"reply": answer}
    for name, content in files.items():
        (reply / name).write_text(json.dumps(content), "utf-8")


def test_question(tmp_path: Path) -> None:
    ask(tmp_path)
    ask(tmp_path)  # the folder of an earlier build
    assert (tmp_path / ".cmake/api/v1/query/client-xconan/codemodel-v2").is_file()


def test_folder_without_an_answer(tmp_path: Path) -> None:
    assert generation(tmp_path) == ""
    assert read_cmake_project(tmp_path) == CMakeProject(targets=(), rules=())


def test_the_newest_answer_counts(tmp_path: Path) -> None:
    write(tmp_path, target("old"), number=1)
    write(tmp_path, target("new"), number=2)
    assert generation(tmp_path) == "index-0002.json"
    assert [one.name for one in read_cmake_project(tmp_path).targets] == ["new"]


def test_targets_that_make_files_to_load(tmp_path: Path) -> None:
    windows = [{"path": "lib.dll.a"}, {"path": "bin/lib.dll"}]  # the first is for the linker
    write(
        tmp_path,
        target("_core"),
        target("lib", "SHARED_LIBRARY", artifacts=windows, nameOnDisk="lib.dll", backtrace=3),
        target("static", "STATIC_LIBRARY"),
        target("tool", "EXECUTABLE"),
        {"name": "docs", "type": "UTILITY", "artifacts": []},
    )
    assert read_cmake_project(tmp_path).targets == (
        Target(name="_core", kind="MODULE_LIBRARY", file=tmp_path / "_core.so", where="CMakeLists.txt:12"),
        Target(name="lib", kind="SHARED_LIBRARY", file=tmp_path / "bin/lib.dll", where="sub/CMakeLists.txt:3"),
    )


@pytest.mark.parametrize(
    ("backtrace", "where"), [(2, "CMakeLists.txt:12"), (3, "sub/CMakeLists.txt:3"), (0, ""), (4, ""), (None, "")]
)
def test_place_is_a_line_of_the_projects_own(backtrace: int | None, where: str, tmp_path: Path) -> None:
    """A function of CMake's modules is called from there; a line of such a module alone says nothing."""
    write(tmp_path, target("a", backtrace=backtrace), rules=({"destination": "x", "backtrace": backtrace},))
    project = read_cmake_project(tmp_path)
    assert [project.targets[0].where, project.rules[0].where] == [where, where]


def test_place_without_a_graph(tmp_path: Path) -> None:
    write(tmp_path, target("a", backtraceGraph={}))
    assert read_cmake_project(tmp_path).targets[0].where == ""


def test_what_a_toolchain_file_says_is_nobodys_line(tmp_path: Path) -> None:
    """CMake reads it in project(); Conan's own, that includes it, lies below the project's folder."""
    files = ["/tc/mine.cmake", ".xconan_cache/x/conan_toolchain.cmake", "/cmake/Modules/CMakeDetermineSystem.cmake",
             "CMakeLists.txt"]  # fmt: skip
    nodes: list[dict[str, int]] = [{"file": 3}, {"file": 3, "line": 2, "parent": 0}]
    nodes += [{"file": number, "line": 5, "parent": parent} for number, parent in ((2, 1), (1, 2), (0, 3))]
    graph = {"files": files, "nodes": nodes, "commands": []}
    write(tmp_path, target("a", backtraceGraph=graph, backtrace=4), target("b", backtraceGraph=graph, backtrace=1))
    assert [one.where for one in read_cmake_project(tmp_path).targets] == ["", "CMakeLists.txt:2"]


@pytest.mark.parametrize(
    ("chosen", "folders"),
    [((), ["Debug", "Release"]), (("Release",), ["Release"]), (("Release", "Debug"), ["Debug", "Release"])],
)
def test_configurations_that_are_installed(chosen: tuple[str, ...], folders: list[str], tmp_path: Path) -> None:
    write(tmp_path, target("a"), configurations=("Debug", "Release"))
    assert [one.file.parent.name for one in read_cmake_project(tmp_path, chosen).targets] == folders


def test_rules(tmp_path: Path) -> None:
    write(
        tmp_path,
        target("_core"),
        rules=(
            {"destination": "demo", "targetId": "_core::@1", "paths": ["sub/_core.so"], "backtrace": 1},
            {"destination": "/etc", "paths": ["a.txt", {"from": "b.txt", "to": "c/d.txt"}], "component": "dev",
             "isExcludeFromAll": True, "isForAllComponents": True},
            {"type": "code"},
            {"destination": "demo", "targetId": "nobodys"},
        ),
    )  # fmt: skip
    usual = Rule(
        target="_core", names=("_core.so",), destination="demo", component="Unspecified", by_default=True,
        always=False, where="CMakeLists.txt:12",
    )  # fmt: skip
    dev = Rule(
        target="", names=("a.txt", "d.txt"), destination="/etc", component="dev", by_default=False, always=True,
        where="",
    )  # fmt: skip
    bare = Rule(
        target="", names=(), destination="demo", component="Unspecified", by_default=True, always=False, where=""
    )
    assert read_cmake_project(tmp_path).rules == (usual, dev, bare)


@pytest.mark.parametrize(("minor", "told_twice"), [(2, True), (3, False), (4, False)])
def test_scripts_are_read_of_an_old_cmake_alone(minor: int, told_twice: bool, tmp_path: Path) -> None:  # noqa: FBT001
    write(tmp_path, minor=minor)
    script = tmp_path / "sub/cmake_install.cmake"
    script.parent.mkdir()
    script.write_text(
        'if(CMAKE_INSTALL_COMPONENT STREQUAL "dev" OR NOT CMAKE_INSTALL_COMPONENT)\n'
        '  file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/demo" TYPE MODULE FILES "/b/_core.so" "/b/x.so")\n'
        'endif()\nif(CMAKE_INSTALL_COMPONENT STREQUAL "Unspecified" OR NOT CMAKE_INSTALL_COMPONENT)\n'
        '  file(INSTALL DESTINATION "/etc" TYPE FILE FILES "/src/a.txt")\nendif()\n'
        'file(INSTALL DESTINATION "/opt" TYPE FILE FILES "/src/b.txt")\n',
        "utf-8",
    )
    found = [(rule.component, rule.destination, rule.names) for rule in read_cmake_project(tmp_path).rules]
    scripted = [
        ("dev", "demo", ("_core.so", "x.so")), ("Unspecified", "/etc", ("a.txt",)), ("Unspecified", "/opt", ("b.txt",))
    ]  # fmt: skip
    assert found == (scripted if told_twice else [])


def test_parts_of_a_universal_wheel(tmp_path: Path) -> None:
    for name in ("arm64", "x86_64"):
        write(tmp_path / name, target(name), rules=({"destination": name},))
    both = read_cmake_projects([tmp_path / "arm64", tmp_path / "x86_64"])
    assert [one.name for one in both.targets] == ["arm64", "x86_64"]
    assert [rule.destination for rule in both.rules] == ["arm64", "x86_64"]


def test_names_under_which_others_need_a_library(tmp_path: Path) -> None:
    """VERSION and SOVERSION make links beside it."""
    real = tmp_path / "libdemo.so.1.2"
    real.touch()
    for name in ("libdemo.so.1", "libdemo.so"):
        (tmp_path / name).symlink_to(real.name)
    (tmp_path / "libdemo.txt").touch()
    (tmp_path / "libdemo.old").symlink_to("libdemo.txt")
    (tmp_path / "libother.so").symlink_to(real.name)
    folder = tmp_path.with_name("link")
    folder.symlink_to(tmp_path)
    made = Target(name="demo", kind="SHARED_LIBRARY", file=folder / real.name, where="")
    assert made.file_names == {"libdemo.so.1.2", "libdemo.so.1", "libdemo.so"}


@pytest.mark.parametrize(
    ("destination", "place"),
    [("demo", "/p/demo"), ("..", "/"), ("/etc", "/etc"), ("${CMAKE_INSTALL_PREFIX}/x/../y", "/p/y")],
)
def test_place_of_a_rule(destination: str, place: str) -> None:
    rule = Rule(
        target="", names=(), destination=destination, component="", by_default=True, always=False, where=""
    )  # fmt: skip
    assert str(rule.place(Path("/p"))) == place


# --- for the record of what a build has read -------------------------------------------------------------------------


def test_what_install_takes_from_somewhere(tmp_path: Path) -> None:
    rules = (
        {"type": "file", "paths": ["a.txt", {"from": "/elsewhere/b.txt", "to": "c.txt"}]},
        {"type": "directory", "paths": ["data"]},
        {"type": "target", "paths": ["_core.so"]},
    )
    write(tmp_path, rules=rules)
    source(tmp_path, "/p")
    assert list(installed_files(tmp_path)) == ["/p/a.txt", "/elsewhere/b.txt"]
    assert list(installed_folders(tmp_path)) == ["/p/data"]
    assert list(installed_files(tmp_path / "none")) == []


def source(build: Path, folder: str) -> None:
    """Say in the answer where the project lies."""
    file = build / ".cmake/api/v1/reply/codemodel.json"
    model = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**model, "paths": {"source": folder}}), "utf-8")


@pytest.mark.parametrize(
    ("kind", "where"), [("code", "CMakeLists.txt:12"), ("script", "CMakeLists.txt:12"), ("file", "")]
)
def test_code_that_runs_while_it_is_installed(kind: str, where: str, tmp_path: Path) -> None:
    write(tmp_path, rules=({"type": "target"}, {"type": kind, "backtrace": 2}))
    assert installing_code(tmp_path) == where


def test_code_of_which_nobody_knows(tmp_path: Path) -> None:
    write(tmp_path, minor=2)
    assert installing_code(tmp_path) == "a CMake before 3.21"
    write(tmp_path, rules=({"type": "code"},))
    assert installing_code(tmp_path) == "CMakeLists.txt"


def test_libraries_that_ninja_does_not_know(tmp_path: Path) -> None:
    for name in ("one/libm.so", "one/liba.a", "two/libm.a", "two/libb.dylib", "two/libc.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    parts = [f'-L"{tmp_path}/one" -L{tmp_path}/two', "-lm -la -lb -lc -lnone", "/abs/libz.a"]
    link = {"commandFragments": [{"fragment": part, "role": "libraries"} for part in parts]}
    write(tmp_path / "build", target("_core", link=link), target("other"))
    names = ("one/libm.so", "two/libm.a", "one/liba.a", "two/libb.dylib")
    assert list(libraries_by_name(tmp_path / "build")) == [str(tmp_path / name) for name in names]
    assert list(libraries_by_name(tmp_path)) == []
