"""The Conan host profile of a host, and the host's toolchain and Python, without a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import find_meson, running_target
from xconan.build_machine.tools import cmake_and_ninja
from xconan.conan.process import default_tools
from xconan.conan.toolchain_package import with_toolchain_package
from xconan.fetch.pythons.provide import provide_host_python
from xconan.ground.errors import HostPythonError
from xconan.ground.report import say
from xconan.host.targets import short_name
from xconan.project.config.cross import files_digest, read_cross, read_host_profile_config
from xconan.project.config.records import MINIMUM_CMAKE
from xconan.render.profile import HostProfile
from xconan.toolchains.find import find_toolchain, with_toolchain_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xconan.project.config.records import CrossConfig
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain


def profile(files: Sequence[Path], *, target: str | None = None) -> str:
    """The Conan host profile for cross.toml files, or a target by name; recipes of wheels read their Python from it.

    Args:
        files: absolute; a later one is stronger.
        target: "cp311-manylinux_2_17_aarch64"; the files may say more about it.

    Raises:
        XconanError: the files or the toolchain are not in order.
    """
    cross = with_toolchain_file(with_toolchain_package(read_cross(files, running=running_target(), target=target)))
    wheel: dict[str, object] = {"user.xconan:target": short_name(cross.target)}
    wheel |= {"user.xconan:cross": [str(file) for file in files]} if files else {}
    wheel |= {"user.xconan:written_from": files_digest(files)} if files else {}
    wheel |= {"user.xconan:overrides": cross.settings_digest} if cross.settings_digest else {}
    # editable packages are built in their own folders, where one host must not meet the objects of another
    wheel["tools.cmake.cmake_layout:build_folder_vars"] = [f"const.{cross.target.platform.tag}"]
    cmake, ninja = cmake_and_ninja(MINIMUM_CMAKE)
    config = read_host_profile_config(files)
    build_type = config.build_type or "Release"
    toolchain = find_toolchain(cross, cmake=cmake, ninja=ninja, build_type=build_type)
    programs = {"cmake": cmake, "ninja": ninja, "meson": find_meson()}
    tools = [(name, tool) for name, tool in programs.items() if tool]
    for name in config.host_profiles:
        say(f"xconan: {name} is not a part of this profile: give it after it, -pr:h PROFILE -pr:h {name}")
    return HostProfile(
        platform=cross.target.platform,
        toolchain=toolchain,
        build_type=build_type,
        tools=tools,
        options=config.options,
        toolchain_package=cross.toolchain_package,
        defaults=default_tools(),
        wheel=wheel,
    ).text()


def find_host(cross: CrossConfig) -> tuple[Toolchain, HostPython]:
    """The toolchain and the Python of a host, verified, without a project; headers may be missing.

    Raises:
        XconanError: they are not in order.
    """
    cross = with_toolchain_file(with_toolchain_package(cross))
    cmake, ninja = cmake_and_ninja(MINIMUM_CMAKE)
    toolchain = find_toolchain(cross, cmake=cmake, ninja=ninja)
    try:
        return toolchain, provide_host_python(cross, toolchain, needed=True)
    except HostPythonError:
        return toolchain, provide_host_python(cross, toolchain, needed=False)
