"""What the files of a project say, read: the project, and the host that it is built for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.host.targets import Target


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CrossConfig(Record):
    """A cross.toml, read: everything it says about the host Python and its toolchain.

    Attributes:
        target: the wheel to make.
        native: no cross.toml was given; the host is the build machine.
        source: the file, or the file and table, that errors should point at.
        os: the operating system whose table the overrides inherit from, or None.
        toolchain: "zig", "gcc" or "clang": a toolchain by name, for which a file is written.
        toolchain_file, library, sabi_library, include_dir, prefix: absolute paths of the build machine.
        soabi: the middle of the module suffix, such as "cpython-312-aarch64-linux-gnu", when given.
        toolchain_options: `[cmake.options]` of the cross.toml as (name, type or "", value): the variables
            that its toolchain file may ask for.
        overrides: a digest of what files say beside target, toolchain and paths; "" for nothing, and in a project.
        arguments: the words of xconan's command line that choose this host: ("--target", "cp311-linux_aarch64").
    """

    target: Target
    native: bool
    source: str
    os: str | None = None
    toolchain: str | None = None
    toolchain_file: Path | None = None
    library: Path | None = None
    sabi_library: Path | None = None
    include_dir: Path | None = None
    prefix: Path | None = None
    soabi: str | None = None
    generator_platform: str | None = None
    toolchain_options: tuple[tuple[str, str, str], ...] = ()
    overrides: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProfileWishes(Record):
    """What a cross.toml wants of Conan's host profile: options of packages, build_type, profiles on top of it."""

    options: tuple[tuple[str, str], ...]
    build_type: str | None
    host_profiles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ModuleConfig(Record):
    """`[tool.xconan.module]`: where the Python files are. `directory` is absolute or None (look)."""

    name: str
    directory: Path | None = None
    namespace: bool = False
    generated: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CMakeConfig(Record):
    """`[tool.xconan.cmake]` after inheritance and overrides. `options` are (name, type or "", value)."""

    minimum_version: str
    build_type: str | None
    config: tuple[str, ...]
    preset: str | None
    build_presets: tuple[str, ...]
    generator: str
    source_path: Path
    build_path: str
    options: tuple[tuple[str, str, str], ...]
    args: tuple[str, ...]
    find_python: bool
    find_python3: bool
    find_python_build_artifacts_prefix: str | None
    find_python3_build_artifacts_prefix: str | None
    build_args: tuple[str, ...]
    build_tool_args: tuple[str, ...]
    install_config: tuple[str, ...]
    install_args: tuple[str, ...]
    install_components: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelConfig(Record):
    """`[tool.xconan.wheel]`: wishes about the tags; None means "as the host Python has it"."""

    pure_python: bool | None = None
    python_tag: tuple[str, ...] = ("auto",)
    python_abi: str = "auto"
    abi3_minimum_cpython_version: int = 32
    abi_tag: tuple[str, ...] | None = None
    platform_tag: tuple[str, ...] | None = None
    build_tag: str | None = None
    policy: str = "error"
    install_dir: str = ""
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SdistConfig(Record):
    """`[tool.xconan.sdist]`: globs relative to the project."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConanConfig(Record):
    """`[tool.xconan.conan]` and the project's conanfile, if it has one.

    Attributes:
        options: (pattern:option, value) as a profile spells them.
        host_profiles, build_profiles: Conan profiles that go on top of ours, absolute.
        build_type: what the host profiles say of it; None where they say nothing.
        build: what Conan may build, as its --build spells it.
    """

    conanfile: Path | None = None
    requires: tuple[str, ...] = ()
    tool_requires: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    host_profiles: tuple[Path, ...] = ()
    build_profiles: tuple[Path, ...] = ()
    build_type: str | None = None
    build: tuple[str, ...] = ("missing",)

    @property
    def wanted(self) -> bool:
        """Whether there is anything for Conan to do."""
        return self.conanfile is not None or bool(self.requires or self.tool_requires)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Project(Record):
    """The project to build: pyproject.toml and the overrides for one configuration."""

    root: Path
    pyproject: Mapping[str, object]
    module: ModuleConfig
    cmake: CMakeConfig | None
    wheel: WheelConfig
    sdist: SdistConfig
    conan: ConanConfig

    @property
    def pyproject_file(self) -> Path:
        """The pyproject.toml."""
        return self.root / "pyproject.toml"
