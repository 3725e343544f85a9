"""The toolchain of a configuration: chosen, probed once, verified against the platform, and made ready."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from xconan.build_machine.environment import expand_env
from xconan.ground.files import cache_folder
from xconan.ground.report import remind
from xconan.toolchains.inputs import Inputs, definitions, of_toolchains
from xconan.toolchains.probe import probe
from xconan.toolchains.scripts import with_scripts
from xconan.toolchains.standards import said_of
from xconan.toolchains.verify import verify_floor, verify_name, verify_toolchain

if TYPE_CHECKING:
    from xconan.build_machine.tools import Tool
    from xconan.project.config.records import CMakeConfig, CrossConfig
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
    config: CMakeConfig | None = None,
    build_type: str = "Release",
) -> Toolchain:
    """The toolchain of a configuration, as CMake and its compilers describe it.

    Args:
        cross: with a toolchain file, unless it is native.
        cmake: the program to ask with.
        ninja: for its generator.
        config: of the project, whose build gives the toolchain file variables and environment; None without one.
        build_type: CMAKE_BUILD_TYPE.

    Raises:
        ToolchainError: it doesn't work, or is for another platform than the configuration's.
    """
    asked = ninja if config is None or config.generator.startswith("Ninja") else None
    cache = cache_folder()
    probed = probe(
        cross.toolchain_file,
        inputs=_inputs(cross, config, build_type),
        cmake=cmake,
        ninja=asked,
        cache=cache / "toolchains",
        passthrough=config.env_passthrough if config else (),
    )
    verify_toolchain(probed, cross)
    verify_name(probed, cross)
    verify_floor(probed, cross)
    if not cross.native and (own := probed.own_cppstd) and (known := probed.cppstd) and own != known:
        compiler = probed.compilers["CXX"]
        remind(f"xconan: {said_of(own, known, compiler.id, compiler.version)}")
    if cross.toolchain == "emscripten":
        from xconan.toolchains.emscripten import verify_emscripten  # noqa: PLC0415 - for Pyodide alone

        verify_emscripten(probed, cross)
    return probed if cross.native else with_scripts(probed, cross.target.platform, cache)


def _inputs(cross: CrossConfig, config: CMakeConfig | None, build_type: str) -> Inputs:
    """What the build gives to CMake: the cross.toml's own variables whole, of the project's what makes a machine."""
    arguments = definitions(cross.toolchain_options)
    if config is None:
        arguments += of_toolchains(cross.toolchain_args)
    elif not cross.native:
        arguments += of_toolchains((*definitions(config.options), *config.args))
    wanted = config.env if config else cross.toolchain_env
    return Inputs(
        arguments=arguments, env=expand_env(wanted, os.environ) if wanted else None, build_type=build_type,
        compile_only=cross.toolchain == "zig",  # linking C++ would make its C++ library first, for minutes
    )  # fmt: skip
