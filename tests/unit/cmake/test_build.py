"""CMake is called when something changed, in the right environment, and what it leaves is trusted when it may be."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import facts
from tests.support.compare import assert_same_text, assert_says, raises_error
from tests.support.door import Answer
from xconan.build_machine.tools import Tool
from xconan.cmake.build import build as carry_out
from xconan.conan.install import Dependencies
from xconan.ground.errors import CMakeError, MachineError
from xconan.ground.report import step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.door import Call, Door, FakeCMake
    from xconan.build_machine.buildenv import BuildMachine
    from xconan.model import BuildPlan, CMakePlan

WITHOUT_CXX = replace(facts.toolchain("aarch64"), compilers={"C": facts.toolchain("aarch64").compiler})
FIRST = ["configure", "build", "install"]
AGAIN = ["build", "install"]


@pytest.fixture
def build(lock: int, cmake: FakeCMake, door: Door) -> Callable[..., list[str]]:
    """Carry a plan out; return the stages of CMake that this took."""

    def build_it(plan: BuildPlan, dependencies: Dependencies | None = None) -> list[str]:
        cmake.forget()
        door.scripts[str(plan.layout.python / "bin" / "python3")] = lambda _call: Answer()  # it starts
        carry_out(plan, dependencies, inherit=lock)
        return cmake.stages

    return build_it


def dependencies(identity: str = "1", **env: str) -> Dependencies:
    return Dependencies(identity=identity, text="# Conan's\n", env=env, shared=frozenset())


def marked(plan: BuildPlan) -> Path:
    """A file in the build folder, which is gone after a configuration that starts afresh."""
    path = plan.layout.build / "object.o"
    path.touch()
    return path


# --- what is called --------------------------------------------------------------------------------------------------


def test_first_build(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path, lock: int
) -> None:
    cmake.installs[""] = {"demo.so": b"module"}
    wish = plan()
    assert wish.cmake
    assert build(wish) == FIRST
    calls = dict(cmake.calls)
    planned = wish.cmake.configure
    assert calls["configure"].argv[: len(planned)] == planned
    assert all(word.startswith("--trace-") for word in calls["configure"].argv[len(planned) :])
    assert (calls["build"].argv, calls["install"].argv) == (wish.cmake.builds[0], wish.cmake.installs[0])
    for call in calls.values():
        assert (call.cwd, call.inherited) == (root, (lock,))
        assert call.env["XCONAN_PROJECT_NAME"] == "demo"
    assert (wish.layout.staging / "demo.so").read_bytes() == b"module"
    for name, template in wish.cmake.files.items():
        path = wish.layout.root / name
        assert_same_text(path.read_text("utf-8"), template.text, name=name)
        assert bool(path.stat().st_mode & 0o100) == name.startswith("python/bin/"), name
    assert (wish.layout.python / "site" / "sitecustomize.py").is_file()
    assert not (wish.layout.root / "dependencies.cmake").exists()
    assert not (wish.layout.root / "unfinished").exists()


@pytest.mark.parametrize("stage", ["configure", "build"])
def test_script_that_a_full_disk_left_empty(
    stage: str, plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """CMake ends well, would install nothing, and does not write it again by itself."""
    cmake.installs[""] = {"demo.so": b"module"}
    script = plan().layout.build / "cmake_install.cmake"
    cmake.does[stage] = lambda _call: script.touch()
    with raises_error(MachineError, "CMake has written nothing into cmake_install.cmake", hint=("free some space",)):
        build(plan())
    del cmake.does[stage]
    assert build(plan()) == FIRST


def test_every_build_and_every_component(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    config = facts.cmake_config(source_path=root, config=("Debug", "Release"), install_components=("a", "b"))
    cmake.installs = {"a": {"a.so": b""}, "b": {"b.so": b""}}
    wish = plan(cmake=config)
    assert build(wish) == ["configure", "build", "build", "install", "install"]
    assert sorted(path.name for path in wish.layout.staging.iterdir()) == ["a.so", "b.so"]


def test_plan_without_cmake(plan: Callable[..., BuildPlan], lock: int) -> None:
    with pytest.raises(ValueError, match="asks nothing of CMake"):
        carry_out(plan(cmake=None), None, inherit=lock)


def test_live_line_says_what_cmake_does(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    told: dict[str, str] = {}
    with step("compile") as now:
        for stage in ("configure", "clean"):
            cmake.does[stage] = lambda call: told.update({call.argv[-1]: now.doing})
        build(plan())
        configure = cmake.call("configure").argv[-1]
        _put_back(root / "demo.c", "int y;\n")
        build(plan())
    assert told == {configure: "configuring", "clean": "cleaning"}


# --- the environment -------------------------------------------------------------------------------------------------


def test_environment_of_cross_builds(
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    monkeypatch: pytest.MonkeyPatch,
    root: Path,
) -> None:
    monkeypatch.setenv("TINY", "before")
    config = facts.cmake_config(source_path=root, env={"MINE": "${TINY}!"})
    wish = plan(cmake=config)
    build(wish, dependencies(TINY="${TINY}1"))
    env = cmake.call("configure").env
    assert env["TINY"] == "before1"
    assert env["MINE"] == "before1!"
    assert env["PKG_CONFIG_LIBDIR"] == ""  # nothing of this machine's
    assert (wish.layout.root / "dependencies.cmake").read_text("utf-8") == "# Conan's\n"
    monkeypatch.setenv("PKG_CONFIG_LIBDIR", "/users")
    build(wish)
    assert cmake.call("build").env["PKG_CONFIG_LIBDIR"] == "/users"


def test_pkg_config_of_debians_cross_compilers(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    build(plan(toolchain=replace(facts.toolchain("aarch64"), implicit_roots=("/usr/aarch64-linux-gnu",))))
    assert cmake.call("build").env["PKG_CONFIG_LIBDIR"].startswith("/usr/lib/aarch64-linux-gnu/pkgconfig:")


def test_environment_of_native_builds(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    wish = plan("cp311-linux_x86_64", native=True)
    build(wish)
    assert "PKG_CONFIG_LIBDIR" not in cmake.call("build").env
    assert not (wish.layout.python / "site").exists()


@pytest.mark.parametrize("name", ["DESTDIR", "CMAKE_INSTALL_MODE"])
def test_wheel_is_no_image_of_a_system(
    name: str,
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Packagers set these for installations into one."""
    monkeypatch.setenv(name, "/image")
    build(plan())
    assert [stage for stage, call in cmake.calls if name in call.env] == []


# --- what is done again ----------------------------------------------------------------------------------------------


def test_unchanged_build_is_not_configured(plan: Callable[..., BuildPlan], build: Callable[..., list[str]]) -> None:
    assert build(plan(), dependencies()) == FIRST
    kept = marked(plan())
    assert build(plan(), dependencies()) == AGAIN
    assert kept.exists()


CHANGES: dict[str, Callable[[BuildPlan], BuildPlan]] = {
    "an argument": lambda plan: _with_cmake(plan, configure=(*_cmake(plan).configure, "-DX=1")),
    "a text": lambda plan: _with_text(plan, "toolchain.cmake", target="another"),
    "a variable": lambda plan: _with_text(plan, "preload.cmake", variables={"X": ("STRING", "1")}),
    "the toolchain": lambda plan: replace(plan, toolchain=replace(facts.toolchain("aarch64"), content="other")),
    "another cmake": lambda plan: replace(plan, machine=_newer(plan)),
}


def _cmake(plan: BuildPlan) -> CMakePlan:
    assert plan.cmake
    return plan.cmake


def _newer(plan: BuildPlan) -> BuildMachine:
    assert plan.machine
    return replace(plan.machine, cmake=replace(plan.machine.cmake, version="4.2.0"))


def _with_cmake(plan: BuildPlan, **changes: Any) -> BuildPlan:  # noqa: ANN401 - of CMakePlan
    return replace(plan, cmake=replace(_cmake(plan), **changes))


def _with_text(plan: BuildPlan, name: str, **changes: Any) -> BuildPlan:  # noqa: ANN401 - of the text's record
    template: Any = _cmake(plan).files[name]
    return _with_cmake(plan, files={**_cmake(plan).files, name: replace(template, **changes)})


@pytest.mark.parametrize("what", CHANGES)
def test_changed_plan_starts_afresh(
    what: str, plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    build(plan())
    gone = marked(plan())
    assert build(CHANGES[what](plan())) == FIRST
    assert not gone.exists()
    assert cmake.call("configure").cwd == plan().project.root
    assert build(CHANGES[what](plan())) == AGAIN


def test_changed_dependencies_start_afresh(plan: Callable[..., BuildPlan], build: Callable[..., list[str]]) -> None:
    build(plan(), dependencies("1"))
    gone = marked(plan())
    assert build(plan(), dependencies("2")) == FIRST
    assert not gone.exists()
    assert build(plan()) == FIRST


def test_changed_headers_start_afresh(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], tmp_path: Path
) -> None:
    include = tmp_path / "include"
    include.mkdir()
    config = include / "pyconfig.h"
    config.write_text("#define A\n", "utf-8")
    python = facts.python(include_dir=include, pyconfig=config)
    assert build(plan(python=python)) == FIRST
    assert build(plan(python=python)) == AGAIN
    config.write_text("#define B\n", "utf-8")
    assert build(plan(python=python)) == FIRST


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("CC", True),
        ("CXXFLAGS", True),
        ("CPLUS_INCLUDE_PATH", True),
        ("PKG_CONFIG_PATH", True),
        ("CMAKE_PREFIX_PATH", True),
        ("LZ4_ROOT", True),
        ("TINY_DIR", True),
        ("CMAKE_BUILD_PARALLEL_LEVEL", False),
        ("CMAKE_COLOR_DIAGNOSTICS", False),
        ("EDITOR", False),
        ("MYCC", False),
        ("CC_OLD", False),
    ],
)
def test_environment_that_matters(
    name: str,
    matters: bool,  # noqa: FBT001 - a table
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build(plan())
    monkeypatch.setenv(name, "other")
    assert build(plan()) == (FIRST if matters else AGAIN)


def test_new_version_compiles_nothing_again(plan: Callable[..., BuildPlan], build: Callable[..., list[str]]) -> None:
    """It is told to CMake, which forgets none of its objects."""
    build(plan())
    kept = marked(plan())
    newer = plan(metadata=facts.metadata(version="1.3"))
    assert build(newer) == FIRST
    assert kept.exists()
    assert build(newer) == AGAIN


@pytest.mark.parametrize("which", ["cmake", "ninja"])
def test_moved_tools_compile_nothing_again(
    which: str, plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """A build environment has a new path each time."""
    build(plan())
    kept = marked(plan())
    moved = {"cmake": cmake.door.install("cmake3", cmake), "ninja": cmake.door.install("ninja2", lambda _: None)}
    tools = {"cmake": Tool(path=cmake.path, version="4.1.2"), "ninja": Tool(path=cmake.ninja, version="1.13")}
    tools[which] = replace(tools[which], path=moved[which])
    wish = plan(machine=facts.machine(**tools))
    assert build(wish) == FIRST
    assert kept.exists()


def test_failed_new_version_is_not_taken_for_the_old_one(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    build(plan())
    cmake.fails["configure"] = 1
    with raises_error(CMakeError, "the configuration failed"):
        build(plan(metadata=facts.metadata(version="1.3")))
    cmake.fails.clear()
    assert build(plan()) == FIRST


def test_moved_python_is_no_reason_to_configure(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    """CMake calls it by a script in the build folder, which is written each time."""
    tools = {"cmake": Tool(path=cmake.path, version="4.1.2"), "ninja": Tool(path=cmake.ninja, version="1.13")}
    build(plan(machine=facts.machine(**tools)))
    moved = plan(machine=facts.machine(**tools, python=Path("/other/bin/python3")))
    assert build(moved) == AGAIN
    assert "/other/bin/python3" in (moved.layout.python / "bin/python3").read_text("utf-8")


@pytest.mark.parametrize("content", [None, b"", b"CMAKE_GENERATOR:INTERNAL=Ninja", b"#\nCMAKE_HOME_DIRECTORY:X=/\n"])
def test_cache_that_is_not_whole(
    content: bytes | None, plan: Callable[..., BuildPlan], build: Callable[..., list[str]]
) -> None:
    build(plan())
    gone, cache = marked(plan()), plan().layout.build / "CMakeCache.txt"
    cache.unlink()
    if content is not None:
        cache.write_bytes(content)
    assert build(plan()) == FIRST
    assert not gone.exists()


def test_killed_build_starts_afresh(plan: Callable[..., BuildPlan], build: Callable[..., list[str]]) -> None:
    build(plan())
    gone = marked(plan())
    (plan().layout.root / "unfinished").touch()
    assert build(plan()) == FIRST
    assert not gone.exists()
    assert build(plan()) == AGAIN


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), SystemExit(143)], ids=["SIGINT", "SIGTERM"])
def test_interrupted_build_goes_on(
    reason: BaseException, plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    def interrupt(call: Call) -> None:
        assert (plan().layout.root / "unfinished").exists(), call
        raise reason

    cmake.does["build"] = interrupt
    with pytest.raises(type(reason)):
        build(plan())
    del cmake.does["build"]
    assert build(plan()) == AGAIN


# --- what CMakeLists.txt may have read -------------------------------------------------------------------------------


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _commit(root: Path, commit: str) -> None:
    _write(root / ".git/HEAD", "ref: refs/heads/main\n")
    _write(root / ".git/refs/heads/main", f"{commit}\n")


READ: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "a new file": lambda root, _: _write(root / "data/b.dat", "b"),
    "a file's content": lambda root, _: _write(root / "v.txt", "2"),
    "a file that went": lambda root, _: (root / "v.txt").unlink(),
    "a variable": lambda _, monkeypatch: monkeypatch.setenv("MYV", "2"),
    "a variable of a preset": lambda _, monkeypatch: monkeypatch.setenv("THEIRS", "2"),
    "a commit": lambda root, _: _commit(root, "2" * 40),
    "a tag": lambda root, _: _write(root / ".git/refs/tags/v1", "1" * 40),
}


@pytest.mark.parametrize("what", READ)
def test_changed_inputs_configure_the_same_folder(
    what: str,
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _write(root / "cmake/version.cmake", "set(V $ENV{MYV})\n")
    _write(root / "CMakePresets.json", '{"version": 3, "x": "$penv{THEIRS}"}')
    _write(root / "v.txt", "1")
    _commit(root, "1" * 40)
    monkeypatch.setenv("NOBODYS", "1")
    build(plan())
    kept = marked(plan())
    monkeypatch.setenv("NOBODYS", "2")
    assert build(plan()) == AGAIN
    READ[what](root, monkeypatch)
    assert build(plan()) == FIRST
    assert kept.exists()
    assert build(plan()) == AGAIN


def test_changed_preset_starts_afresh(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], root: Path
) -> None:
    """CMake's cache would keep a variable that it no longer sets."""
    wish = plan(cmake=facts.cmake_config(source_path=root, preset="p"))
    for version, stays in ((3, False), (4, False), (4, True)):
        _write(root / "CMakePresets.json", f'{{"version": {version}}}')
        kept = marked(wish) if wish.layout.build.exists() else wish.layout.build / "object.o"
        assert build(wish) == (AGAIN if stays else FIRST)
        assert kept.exists() is stays


def test_failed_second_configuration_keeps_the_objects(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    build(plan())
    kept = marked(plan())
    _write(root / "CMakeLists.txt", "projct(demo)\n")
    cmake.fails["configure"] = 1
    for _ in range(2):
        with raises_error(CMakeError, "the configuration failed"):
            build(plan())
    cmake.fails.clear()
    _write(root / "CMakeLists.txt", "project(demo)\n")
    assert build(plan()) == FIRST
    assert kept.exists()


def test_another_variable_is_seen_by_the_cache(
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What set(… CACHE …) made of the old value must not stay."""
    found: list[bool] = []
    cache = plan().layout.build / "CMakeCache.txt"
    cmake.does["configure"] = lambda _: found.append(cache.exists())
    _write(root / "CMakeLists.txt", 'set(V "$ENV{MYV}" CACHE STRING "")\n')
    build(plan())
    _write(root / "a.dat", "")
    build(plan())
    monkeypatch.setenv("MYV", "2")
    build(plan())
    assert found == [False, True, False]


# --- sources ---------------------------------------------------------------------------------------------------------


def _put_back(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    past = time.time_ns() - 10**12
    os.utime(path, ns=(past, past))


@pytest.mark.parametrize("arguments", [(), ("-v",)])
def test_source_that_was_put_back(
    arguments: tuple[str, ...],
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    root: Path,
) -> None:
    config = facts.cmake_config(source_path=root, build_args=arguments, build_tool_args=("-k0",) if arguments else ())
    build(plan(cmake=config))
    _put_back(root / "demo.c", "int y;\n")
    assert build(plan(cmake=config)) == ["configure", "clean", "build", "install"]
    assert cmake.call("clean").argv == (
        str(cmake.path), "--build", str(plan().layout.build), *arguments, "--target", "clean"
    )  # fmt: skip
    assert build(plan(cmake=config)) == AGAIN


def test_source_that_was_put_back_before_a_fresh_build(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], root: Path
) -> None:
    build(plan(), dependencies("1"))
    _put_back(root / "demo.c", "int y;\n")
    assert build(plan(), dependencies("2")) == FIRST  # there is nothing to clean


def test_failed_build_has_made_objects(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    cmake.fails["build"] = 1
    with pytest.raises(CMakeError):
        build(plan())
    _put_back(root / "demo.c", "int y;\n")
    cmake.fails.clear()
    assert build(plan()) == ["configure", "clean", "build", "install"]


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "what"), [("configure", "the configuration"), ("build", "the build"), ("install", "the installation")]
)
def test_failure_says_what_failed(
    stage: str,
    what: str,
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    capfd: pytest.CaptureFixture[str],
) -> None:
    cmake.fails[stage] = 3
    with raises_error(CMakeError, f"{what} failed with exit code 3", where=str(cmake.path), hint="stands above"):
        build(plan())
    assert cmake.stages[-1] == stage
    assert_says(capfd.readouterr().err, f"$ {cmake.path}", f"CMake Error: {stage} failed")
    assert not (plan().layout.root / "unfinished").exists()
    cmake.fails.clear()
    assert build(plan()) == (FIRST if stage == "configure" else AGAIN)


def test_failed_cleaning(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake, root: Path
) -> None:
    build(plan())
    _put_back(root / "demo.c", "int y;\n")
    cmake.fails["clean"] = 2
    with raises_error(CMakeError, "cleaning before the build failed with exit code 2"):
        build(plan())


def test_failed_configuration_is_not_taken_for_done(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], cmake: FakeCMake
) -> None:
    build(plan())
    cmake.fails["configure"] = 1
    changed = CHANGES["a variable"](plan())
    with pytest.raises(CMakeError):
        build(changed)
    cmake.fails.clear()
    assert build(plan()) == FIRST


ORDINARY = "the reason stands above"
LIBRARY = "if it misses Python's library"
NO_CXX = "the toolchain has no C++ compiler"


@pytest.mark.parametrize(
    ("facts_of_it", "hints"),
    [
        ({}, {ORDINARY, LIBRARY}),
        ({"toolchain": facts.toolchain("aarch64")}, {ORDINARY, LIBRARY}),
        ({"toolchain": WITHOUT_CXX}, {NO_CXX, LIBRARY}),
        ({"python": facts.python(library=Path("/x/libpython3.so"))}, {ORDINARY}),
        ({"native": True}, {ORDINARY}),
    ],
)
def test_hint_of_a_failed_configuration(
    facts_of_it: dict[str, object],
    hints: set[str],
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where what CMake has said is in no file, as on a terminal."""
    monkeypatch.setattr("xconan.cmake.build.last_failure", lambda: "")
    cmake.fails = {"configure": 1, "build": 1}
    wish = plan(**facts_of_it)
    with raises_error(CMakeError, "the configuration", hint=tuple(hints)) as caught:
        build(wish)
    assert_says(caught.value.hint, lacks={ORDINARY, LIBRARY, NO_CXX} - hints)
    del cmake.fails["configure"]
    with raises_error(CMakeError, "the build") as caught:
        build(wish)
    assert caught.value.hint == ORDINARY


# --- headers ---------------------------------------------------------------------------------------------------------


def test_headers_with_the_hosts_in_place_of_another(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], tmp_path: Path
) -> None:
    """Debian's include/python3.11/pyconfig.h only points at those of the architectures."""
    include, config = tmp_path / "python3.11", tmp_path / "aarch64-linux-gnu" / "pyconfig.h"
    (include / "cpython").mkdir(parents=True)
    config.parent.mkdir()
    for path in (include / "Python.h", include / "cpython/object.h", include / "pyconfig.h", config):
        path.write_text(f"/* {path.parent.name} */\n", "utf-8")
    python = facts.python(include_dir=include, pyconfig=config)
    build(plan(python=python))
    folder = plan().layout.python / "include"
    assert (folder / "pyconfig.h").read_text("utf-8") == "/* aarch64-linux-gnu */\n"
    assert (folder / "cpython/object.h").read_text("utf-8") == "/* cpython */\n"
    first = (folder / "Python.h").stat().st_ino
    build(plan(python=python))
    assert (folder / "Python.h").stat().st_ino == first  # not made anew: compilers compare time stamps
    (include / "Python.h").write_text("/* newer */\n", "utf-8")
    (include / "cpython/object.h").unlink()
    build(plan(python=python))
    assert (folder / "Python.h").read_text("utf-8") == "/* newer */\n"
    assert not (folder / "cpython").exists()
    config.write_text("/* 32 bits */\n", "utf-8")
    build(plan(python=python))
    assert (folder / "pyconfig.h").read_text("utf-8") == "/* 32 bits */\n"


def test_headers_that_are_the_hosts_are_not_copied(
    plan: Callable[..., BuildPlan], build: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "pyconfig.h").touch()
    build(plan(python=facts.python(include_dir=tmp_path, pyconfig=tmp_path / "pyconfig.h")))
    assert not (plan().layout.python / "include").exists()


@pytest.mark.parametrize("native", [False, True])
def test_numpys_headers(
    native: bool,  # noqa: FBT001 - two cases
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    tmp_path: Path,
) -> None:
    headers = tmp_path / "numpy include"
    (headers / "numpy").mkdir(parents=True)
    (headers / "numpy/_numpyconfig.h").write_text("#define NPY_SIZEOF_LONG 8\n", "utf-8")
    (headers / "numpy/arrayobject.h").write_text("/* the same everywhere */\n", "utf-8")
    machine = facts.machine(cmake=Tool(path=cmake.path, version="4.1.2"), numpy=headers)
    build(plan(machine=machine, native=native))
    folder = plan().layout.python / "numpy"
    assert folder.exists() != native
    if not native:
        assert (folder / "numpy/arrayobject.h").read_text("utf-8") == "/* the same everywhere */\n"
        assert "SIZEOF_LONG" in (folder / "numpy/_numpyconfig.h").read_text("utf-8")
        assert (folder / "numpy/_numpyconfig.h").read_text("utf-8") != "#define NPY_SIZEOF_LONG 8\n"
        state = json.loads((plan().layout.python / "numpy.json").read_text("utf-8"))
        assert list(state) == ["state"]


def test_cleared_variables_are_not_seen(
    plan: Callable[..., BuildPlan],
    build: Callable[..., list[str]],
    cmake: FakeCMake,
    monkeypatch: pytest.MonkeyPatch,
    root: Path,
) -> None:
    """What Conan says stays, and what the project's own table makes of the environment."""
    for name in ("CPATH", "PKG_CONFIG_PATH", "LZ4_ROOT"):
        monkeypatch.setenv(name, f"/{name}")
    config = facts.cmake_config(source_path=root, env={"DATA": "${LZ4_ROOT}/share"})
    wish = replace(plan(cmake=config), cleared=("CPATH", "LZ4_ROOT", "PKG_CONFIG_PATH"))
    build(wish, dependencies(PKG_CONFIG_PATH="/conan:${PKG_CONFIG_PATH}"))
    env = cmake.call("configure").env
    assert not {"CPATH", "LZ4_ROOT"} & env.keys()
    assert env["PKG_CONFIG_PATH"] == "/conan"
    assert env["DATA"] == "/LZ4_ROOT/share"
