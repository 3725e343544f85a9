"""make_plan is pure: stored facts make the stored plan."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.build_machine.buildenv import BuildPackage
from xconan.build_machine.environment import expand_env
from xconan.cli.plan import _lines
from xconan.plan import as_json, build_type, expand_conan_env, make_plan, needs_headers
from xconan.project.config.conan_table import ConanConfig
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import pure

if TYPE_CHECKING:
    from tests.support.golden import Golden
    from xconan.model import BuildPlan, Facts

PACKAGE = BuildPackage(name="pybind11", prefixes=("/shelf/pybind11",), import_path="/shelf")


def full(host: str = "cp311-manylinux_2_36_aarch64", abi: str = "") -> Facts:
    """A project that uses all there is."""
    cmake = facts.cmake_config(
        build_type="RelWithDebInfo",
        options=(("WITH_X", "BOOL", "On"), ("LIST", "", "a;b")),
        args=("-Wno-dev",),
        config=("Release",),
        build_args=("-v",),
        build_tool_args=("-k0",),
        install_config=("Release",),
        install_args=("--verbose",),
        install_components=("python", "data"),
        env={"X": "${PATH}", "PRICE": "$$1"},
    )
    conan = ConanConfig(requires=("lz4/1.9.4",), options=(("lz4/*:shared", "False"),))
    project = facts.project(cmake=cmake, conan=conan, wheel=WheelConfig(build_tag="1"))
    return facts.facts(facts.target(host, abi=abi), project=project, machine=facts.machine(packages=(PACKAGE,)))


def dumped(plan: BuildPlan) -> str:
    """The plan as JSON, texts as lists of lines so that a diff can be read."""
    return json.dumps(lines(as_json(plan)), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def lines(value: object) -> object:
    if isinstance(value, dict):
        return {name: lines(one) for name, one in value.items()}
    if isinstance(value, list):
        return [lines(one) for one in value]
    return value.splitlines() if isinstance(value, str) and "\n" in value else value


@pytest.mark.parametrize(
    ("name", "host", "abi"),
    [
        ("full-aarch64", "cp311-manylinux_2_36_aarch64", ""),
        ("free-threaded-armv7l", "cp313-linux_armv7l", "cp313t"),
        ("pypy-x86_64", "pp310-manylinux_2_36_x86_64", ""),
    ],
)
def test_golden_plan(name: str, host: str, abi: str, compare_golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xconan.plan.__version__", "VERSION")
    compare_golden(f"tests/data/plans/{name}.json", dumped(make_plan(full(host, abi))))


def test_plan_for_people(compare_golden: Golden) -> None:
    compare_golden("tests/data/plans/full-aarch64.txt", "\n".join(_lines(make_plan(full()))) + "\n")


def test_same_facts_make_the_same_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = dumped(make_plan(full()))
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "PATH", "CMAKE_GENERATOR", "CONAN_HOME"):
        monkeypatch.setenv(name, "/other")
    assert dumped(make_plan(full())) == first


def test_conan_is_asked_where_it_is_wanted_and_has_not_been() -> None:
    assert make_plan(full()).conan
    assert make_plan(full(), provided=True).conan is None
    assert make_plan(facts.facts()).conan is None


@pytest.mark.parametrize(
    ("changes", "built", "installed"),
    [
        ({"generator": "Ninja"}, None, None),
        ({"generator": "Ninja Multi-Config"}, "Release", "Release"),
        ({"generator": "Xcode", "build_type": "MinSizeRel"}, "MinSizeRel", "MinSizeRel"),
        ({"generator": "Visual Studio 17 2022", "config": ("Debug",)}, "Debug", "Release"),
        ({"generator": "Xcode", "install_config": ("Debug",)}, "Release", "Debug"),
        ({"generator": "Xcode", "build_presets": ("a",)}, None, None),
    ],
)
def test_configuration_of_generators_that_have_several(
    changes: dict[str, object], built: str | None, installed: str | None
) -> None:
    plan = make_plan(facts.facts(project=facts.project(cmake=facts.cmake_config(**changes))))
    assert plan.cmake
    for (argv,), kind in ((plan.cmake.builds, built), (plan.cmake.installs, installed)):
        assert argv[argv.index("--config") :][:2] == ("--config", kind) if kind else "--config" not in argv, argv


def test_what_makes_a_wheel_pure() -> None:
    assert pure(facts.project(cmake=None))
    assert not pure(facts.project())
    assert pure(facts.project(wheel=WheelConfig(pure_python=True)))
    assert not pure(facts.project(cmake=None, wheel=WheelConfig(pure_python=False)))
    assert needs_headers(facts.project())
    assert not needs_headers(facts.project(wheel=WheelConfig(python_abi="none")))
    assert not needs_headers(facts.project(wheel=WheelConfig(pure_python=True)))
    assert not needs_headers(facts.project(cmake=None, wheel=WheelConfig(pure_python=False)))


def test_pure_plan() -> None:
    plan = make_plan(facts.facts(project=facts.project(cmake=None), toolchain=None, machine=None))
    assert (plan.cmake, plan.conan, plan.wheel_name) == (None, None, "demo-1.2-py3-none-any.whl")


def test_native_plan() -> None:
    project = facts.project(conan=ConanConfig(requires=("lz4/1.9.4",)))
    native = facts.cross(facts.target("cp312-linux_x86_64"), native=True)
    plan = make_plan(facts.facts(native.target, cross=native, project=project))
    assert plan.conan
    assert plan.cmake
    assert not plan.conan.derived
    assert "compiler" not in plan.conan.host_profile
    assert "python/bin/emulator" not in plan.cmake.files
    assert "EMULATOR" not in plan.cmake.files["toolchain.cmake"].text


def test_build_type() -> None:
    assert build_type(facts.cmake_config()) == "Release"
    option = (("CMAKE_BUILD_TYPE", "", "Debug"),)
    assert build_type(facts.cmake_config(options=option)) == "Debug"
    assert build_type(facts.cmake_config(options=option, build_type="MinSizeRel")) == "MinSizeRel"


def test_calls_of_cmake() -> None:
    config = facts.cmake_config(preset="p", build_presets=("a", "b"), config=("Debug", "Release"), generator="Xcode")
    plan = make_plan(facts.facts(project=facts.project(cmake=config)))
    assert plan.cmake
    assert plan.cmake.configure[1:6] == ("-S", "/src/project", "--preset", "p", "-B")
    assert [call[3:] for call in plan.cmake.builds] == [
        (name, "--config", kind) for name in ("a", "b") for kind in ("Debug", "Release")
    ]
    assert "CMAKE_MAKE_PROGRAM" not in plan.cmake.files["preload.cmake"].text


def test_compiler_cache() -> None:
    plan = make_plan(facts.facts(project=facts.project(cmake=facts.cmake_config(compiler_cache="ccache"))))
    assert plan.cmake
    text = plan.cmake.files["preload.cmake"].text
    assert 'set(CMAKE_C_COMPILER_LAUNCHER "ccache" CACHE STRING "" FORCE)' in text
    assert 'set(CMAKE_CXX_COMPILER_LAUNCHER "ccache" CACHE STRING "" FORCE)' in text
    assert "Fortran" not in text


def test_users_toolchain_option_is_not_given_twice() -> None:
    config = facts.cmake_config(options=(("CMAKE_TOOLCHAIN_FILE", "", "x.cmake"),))
    plan = make_plan(facts.facts(project=facts.project(cmake=config)))
    assert plan.cmake
    assert sum("CMAKE_TOOLCHAIN_FILE" in word for word in plan.cmake.configure) == 1
    assert "x.cmake" not in " ".join(plan.cmake.configure)


def test_limited_api() -> None:
    wheel = WheelConfig(python_abi="abi3", abi3_minimum_cpython_version=310)
    plan = make_plan(facts.facts(project=facts.project(wheel=wheel)))
    assert plan.cmake
    text = plan.cmake.files["preload.cmake"].text
    assert 'set(XCONAN_PACKAGE_LIMITED_API "0x030A0000" CACHE STRING "" FORCE)' in text
    assert 'set(PY_BUILD_CMAKE_PACKAGE_USE_SABI "3.10" CACHE STRING "" FORCE)' in text
    assert "abi3" in plan.wheel_name


@pytest.mark.parametrize(("python_abi", "threaded"), [("abi3", False), ("abi3t", True), ("auto", None)])
def test_stable_abi_that_cmake_is_told(python_abi: str, threaded: bool | None) -> None:  # noqa: FBT001 - a table
    wheel = WheelConfig(python_abi=python_abi, abi3_minimum_cpython_version=315)
    host = facts.target("cp315-linux_aarch64")
    plan = make_plan(facts.facts(host, project=facts.project(wheel=wheel)))
    assert plan.cmake
    text = plan.cmake.files["preload.cmake"].text
    told = 'set(XCONAN_PACKAGE_TARGET_ABI3T "0x030F0000" CACHE STRING "" FORCE)'
    assert (told in text) == bool(threaded)
    assert ('set(SKBUILD_SABI_VERSION "3.15" CACHE STRING "" FORCE)' in text) == (threaded is not None)


def test_environment_of_conan() -> None:
    """As Conan's own scripts have it: nothing where nothing stood before, and other words with a $ as they are."""
    wanted = {"A": "${A} -DA=1", "B": f"/b{os.pathsep}${{B}}", "C": "-rpath,$ORIGIN ${C}", "D": "${D}:x"}
    found = expand_conan_env(wanted, {"A": "-g", "ORIGIN": "no"})
    assert found == {"A": "-g -DA=1", "ORIGIN": "no", "B": "/b", "C": "-rpath,$ORIGIN", "D": "x"}


def test_separators_that_conan_asks_for_stay() -> None:
    """What stands alone loses those around its place; everything else is said as it is."""
    wanted = {"A": f"/x{os.pathsep}", "B": f"{os.pathsep}${{B}}", "C": " ${C}"}
    assert expand_conan_env(wanted, {"B": "/b"}) == {"A": f"/x{os.pathsep}", "B": f"{os.pathsep}/b", "C": ""}


def test_own_variables_are_not_expanded() -> None:
    layout = replace(full().layout, root=Path("/a$b"))
    plan = make_plan(replace(full(), layout=layout))
    assert plan.cmake
    assert expand_env(plan.cmake.env, {"b": "wrong"})["XCONAN_BINARY_DIR"] == "/a$b/cmake"


@pytest.mark.parametrize(
    ("generator", "platform", "given"),
    [
        ("Visual Studio 17 2022", "ARM64", True), ("Visual Studio 17 2022", None, False), ("Ninja", "ARM64", False),
        ("My Visual Studio", "ARM64", False),
    ],
)  # fmt: skip
def test_platform_of_visual_studio(generator: str, platform: str | None, given: bool) -> None:  # noqa: FBT001 - a table
    usual = facts.facts(project=facts.project(cmake=facts.cmake_config(generator=generator)))
    plan = make_plan(replace(usual, cross=replace(usual.cross, generator_platform=platform)))
    assert plan.cmake
    assert ("-A" in plan.cmake.configure) == given
    if given:
        assert plan.cmake.configure[plan.cmake.configure.index("-A") + 1] == platform


def test_tags_of_several_pythons_are_a_list_of_cmakes() -> None:
    wheel = WheelConfig(python_tag=("py3", "cp311"), abi_tag=("abi3", "none"))
    plan = make_plan(facts.facts(project=facts.project(wheel=wheel)))
    assert plan.cmake
    preload = plan.cmake.files["preload.cmake"].text
    assert 'set(XCONAN_PACKAGE_PYTHON_TAG "py3;cp311" ' in preload
    assert 'set(XCONAN_PACKAGE_ABI_TAG "abi3;none" ' in preload


def test_universal_wheel_is_made_of_its_parts() -> None:
    part = make_plan(facts.facts())
    assert make_plan(replace(facts.facts(), toolchain=None, machine=None), (part,)).parts == (part,)
