"""This machine's own compiler for a host that the environment names: the toolchain file, and Conan's profile of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.door import install_compilers
from tests.support.workbench import LZ4
from xconan.build_machine.announcement import Announcement
from xconan.host.platforms import parse_platform
from xconan.host.targets import Target
from xconan.pipeline import plan_wheel
from xconan.render.profile import HostProfile
from xconan.toolchains.find import with_toolchain_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.workbench import Workbench

MAC = """\
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR arm64)

# Compilers build for all of Apple's machines
set(CMAKE_OSX_ARCHITECTURES "arm64" CACHE STRING "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "11.0" CACHE STRING "")
"""


@pytest.mark.parametrize(("tag", "text"), [
    ("macosx_11_0_arm64", MAC),
    ("win_arm64", "set(CMAKE_SYSTEM_NAME Windows)\nset(CMAKE_SYSTEM_PROCESSOR ARM64)\n"),
    ("win_arm32", "set(CMAKE_SYSTEM_NAME Windows)\nset(CMAKE_SYSTEM_PROCESSOR ARM)\n"),
])  # fmt: skip
def test_the_toolchain_file(tag: str, text: str) -> None:
    cross = facts.cross(facts.target(f"cp312-{tag}"), toolchain_file=None, own_compiler=True)
    chosen = with_toolchain_file(cross)
    assert chosen.toolchain_file
    assert chosen.toolchain_file.read_text("utf-8").rpartition("# System information\n")[2] == text


@pytest.mark.parametrize(("version", "conan", "standard", "lines"), [
    ("19.44.35207.1", "194", "gnu17", ["compiler.runtime=dynamic", "compiler.cppstd=17"]),
    ("19.29.30133", "192", "14", ["compiler.runtime=dynamic", "compiler.cppstd=14"]),
])  # fmt: skip
def test_profile_of_microsofts_compiler(version: str, conan: str, standard: str, lines: list[str]) -> None:
    known = facts.toolchain("zig/win_arm64")
    compilers = {language: replace(one, id="MSVC", version=version) for language, one in known.compilers.items()}
    toolchain = replace(known, compilers=compilers, cppstd=standard)
    settings = HostProfile(platform=parse_platform("win_arm64"), toolchain=toolchain).sections()["settings"]
    assert settings == [
        "os=Windows", "arch=armv8", "compiler=msvc", f"compiler.version={conan}", *lines, "build_type=Release",
    ]  # fmt: skip


def test_a_mac_builds_for_another(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From ARCHFLAGS to what CMake and Conan are asked."""
    version = f"{sys.version_info[0]}{sys.version_info[1]}"  # whose headers are here
    mac = parse_platform("macosx_10_9_x86_64")
    running = Target(implementation="cp", version=version, abi=f"cp{version}", platform=mac)
    said = Announcement(
        environ={"ARCHFLAGS": "-arch arm64"}, platform="macosx-11.0-arm64", machine="x86_64", running=running
    )  # fmt: skip
    monkeypatch.setattr("xconan.project.files.read_announcement", lambda: said)
    monkeypatch.setattr("xconan.project.files.running_target", lambda: running)
    file = tmp_path / "home/cache/own/macosx_11_0_arm64/toolchain.cmake"
    known = install_compilers(bench.door, "zig/macosx_11_0_arm64")
    apple = {language: replace(one, id="AppleClang", version="16.0.0.16000026", flags="")
             for language, one in known.compilers.items()}  # fmt: skip
    bench.cmake.toolchains[str(file)] = replace(known, compilers=apple)
    bench.write("pyproject.toml", (bench.root / "pyproject.toml").read_text("utf-8") + LZ4)
    plan, _module = plan_wheel(bench.root)
    assert plan.wheel_name == f"demo-1.2-cp{version}-cp{version}-macosx_11_0_arm64.whl"
    assert plan.conan
    assert plan.cmake
    for line in ("os=Macos", "os.version=11.0", "arch=armv8", "compiler=apple-clang", "compiler.version=16"):
        assert f"\n{line}\n" in plan.conan.host_profile
    assert file.as_posix() in plan.conan.host_profile
    assert "-DCMAKE_OSX_ARCHITECTURES=arm64" in plan.cmake.configure
    assert plan.cmake.env["SETUPTOOLS_EXT_SUFFIX"] == f".cpython-{version}-darwin.so"
