"""The toolchain of a configuration: chosen, probed once, verified against the platform, and made ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder
from xconan.toolchains.probe import probe
from xconan.toolchains.verify import verify_floor, verify_toolchain

if TYPE_CHECKING:
    from collections.abc import Collection

    from xconan.build_machine.tools import Tool
    from xconan.project.config.records import CrossConfig
    from xconan.toolchains.records import Toolchain


def with_toolchain_file(cross: CrossConfig) -> CrossConfig:
    """The configuration with a toolchain file, written now if it names a toolchain instead, or none.

    Raises:
        ToolchainError: that toolchain is not installed.
    """
    if cross.native or cross.toolchain_file:
        return cross
    from xconan.toolchains.choose import with_toolchain  # noqa: PLC0415 - only where no file is given

    return with_toolchain(cross, cache_folder())


def make_ready(cross: CrossConfig, toolchain: Toolchain) -> None:
    """Have a toolchain make what its first use would make silently: zig its C++ library for the target.

    Args:
        cross: names the toolchain.
        toolchain: as probed; nothing is done where it has no C++ compiler.

    Raises:
        ToolchainError: zig can't compile C++ for the target.
    """
    if cross.toolchain == "zig" and "CXX" in toolchain.compilers:
        from xconan.toolchains.zig_library import warm_zig  # noqa: PLC0415 - for zig alone

        warm_zig(toolchain.compilers["CXX"].path, what=cross.target.platform.tag)


def find_toolchain(
    cross: CrossConfig,
    *,
    cmake: Tool,
    ninja: Tool | None,
    generator: str = "Ninja",
    passthrough: Collection[str] = (),
) -> Toolchain:
    """The toolchain of a configuration, as CMake and its compilers describe it.

    Args:
        cross: with a toolchain file, unless it is native.
        cmake: the program to ask with.
        ninja: for its generator.
        generator: of the project's build.
        passthrough: variables of the environment that the project lets through.

    Raises:
        ToolchainError: it doesn't work, or is for another platform than the configuration's.
    """
    asked = ninja if generator.startswith("Ninja") else None
    options = cross.toolchain_options
    if cross.toolchain == "zig":  # compile only: linking C++ would make zig's C++ library first, for minutes
        options = (*options, ("CMAKE_TRY_COMPILE_TARGET_TYPE", "STRING", "STATIC_LIBRARY"))
    cache = cache_folder() / "toolchains"
    toolchain = probe(
        cross.toolchain_file, options=options, cmake=cmake, ninja=asked, cache=cache, passthrough=passthrough
    )
    verify_toolchain(toolchain, cross)
    verify_floor(toolchain, cross)
    return toolchain
