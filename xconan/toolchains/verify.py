"""A toolchain against the platform that the cross.toml names, before anything is compiled with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.errors import ToolchainError
from xconan.host.platforms import Libc
from xconan.toolchains.records import INSTRUCTION_SET

if TYPE_CHECKING:
    from xconan.project.config.records import CrossConfig
    from xconan.toolchains.records import Toolchain

_IDS = {"gcc": ("GNU", "AppleClang"), "clang": ("Clang", "AppleClang"), "zig": ("Clang",)}
"""By the names of toolchains, what CMake may call their compilers; a Mac's gcc is Apple's clang."""


def verify_toolchain(toolchain: Toolchain, cross: CrossConfig) -> None:
    """Compare what the compiler compiles for with the cross.toml.

    Raises:
        ToolchainError: they differ; both sides are shown.
    """
    if cross.native:
        return
    platform, arch = cross.target.platform, cross.target.platform.arch
    where = f"{cross.place('arch')}, and {toolchain.file}"
    compiler = toolchain.compilers.get("CXX") or toolchain.compiler  # the one whose macros were read
    compiles = f"{compiler.path} compiles for {toolchain.triplet or 'another machine'}"
    if not _compiles_for(toolchain, arch.macros):
        raise ToolchainError(f"arch is '{platform.tag}', but {compiles}", where=where,
                             hint="correct arch, or give the toolchain file of that platform")  # fmt: skip
    newest = toolchain.macros.get(INSTRUCTION_SET, "")
    if arch.max_arm and newest.isdigit() and int(newest) > arch.max_arm:
        raise ToolchainError(
            f"arch is '{platform.tag}', but {compiles} with instructions of ARMv{newest}, which the oldest such hosts "
            "lack", where=where,
            hint=f"use toolchain = 'zig'; or add -march=armv{arch.max_arm}+fp -marm to CMAKE_C_FLAGS_INIT and "
            f"CMAKE_CXX_FLAGS_INIT, where the compiler's own files are for ARMv{arch.max_arm} too; or, for newer "
            "hosts alone, arch = 'linux_armv7l'",
        )  # fmt: skip
    if toolchain.sysroot and not Path(toolchain.sysroot).is_dir():  # gcc takes its own folders then, and says nothing
        raise ToolchainError(f"CMAKE_SYSROOT is {toolchain.sysroot}, and there is no such folder",
                             where=str(toolchain.file),
                             hint="check the path, and the variables that the toolchain file makes it of")  # fmt: skip
    if "CMAKE_CROSSCOMPILING" not in toolchain.variables:
        message = "the toolchain file does not set CMAKE_SYSTEM_NAME, so CMake builds for this machine"
        hint = f"set(CMAKE_SYSTEM_NAME {platform.system.cmake})"
        raise ToolchainError(message, where=str(toolchain.file), hint=hint)
    if platform.libc and toolchain.libc and platform.libc is not toolchain.libc:
        names = {Libc.GLIBC: "glibc", Libc.MUSL: "musl"}
        raise ToolchainError(
            f"arch is '{platform.tag}' ({names[platform.libc]}), but {compiles} with {names[toolchain.libc]}",
            where=where, hint="correct arch, or give the toolchain file of that platform",
        )  # fmt: skip


def verify_name(toolchain: Toolchain, cross: CrossConfig) -> None:
    """A toolchain's name beside a toolchain file says whose compilers that names: compare it with what CMake says.

    Raises:
        ToolchainError: they are another toolchain's.
    """
    compiler, ids = toolchain.compiler, _IDS.get(cross.toolchain or "", ())
    if ids and compiler.id and compiler.id not in ids:
        raise ToolchainError(
            f"toolchain is '{cross.toolchain}', but {toolchain.file} names {compiler.path}, which CMake calls "
            f"{compiler.id}", where=cross.place("toolchain"),
            hint="take toolchain out, as the file says all; or take toolchain_file out, and that toolchain is used",
        )  # fmt: skip


def verify_floor(toolchain: Toolchain, cross: CrossConfig) -> None:
    """A toolchain by name promises the tag's C library: compare it with what its headers say.

    Raises:
        ToolchainError: it compiles against a newer one.
    """
    platform = cross.target.platform
    if cross.toolchain and platform.floor and toolchain.libc_version and toolchain.libc_version > platform.floor:
        has, asks = (".".join(map(str, version)) for version in (toolchain.libc_version, platform.floor))
        raise ToolchainError(
            f"{platform.tag} promises glibc {asks}, but {toolchain.compiler.path} compiles for {has}",
            where=cross.source,
            hint=f"use toolchain = 'zig', or the tag manylinux_{has.replace('.', '_')}_{platform.arch.name}",
        )


def _compiles_for(toolchain: Toolchain, macros: tuple[str, ...]) -> bool:
    return all(
        macro[1:] not in toolchain.macros if macro.startswith("!") else macro in toolchain.macros for macro in macros
    )
