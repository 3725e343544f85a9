"""What the whole line hands around: the facts, and the plan made from them.

Words are those of CMake, Conan and GNU: the *build machine* runs the compiler, the *host machine* runs the
wheel. A path is of the build machine; everything in Platform, Target and HostPython speaks of the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildMachine
    from xconan.ground.text import Text
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target
    from xconan.project.config.records import CMakeConfig, CrossConfig, Project
    from xconan.project.local_folders import LocalFolder
    from xconan.project.metadata import Metadata
    from xconan.project.workspace import Layout
    from xconan.pythons.records import HostPython
    from xconan.render.templates.template import Template
    from xconan.toolchains.records import Toolchain


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HostRunner(Record):
    """How the host's Python is run here: its command, of which all but the last word runs any program of the host's.

    Attributes:
        argv: the command, an emulator's in front.
        env: what it needs beside our environment.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Facts(Record):
    """Everything that a plan is made from.

    Attributes:
        project, cross: what was asked for.
        toolchain, machine: None where there is nothing for CMake to do.
        python: the host's, verified.
        metadata: of the project.
        layout: the folders to work in.
        cleared: names of variables of the environment that Conan and CMake are not given, as they lead to headers and
            libraries of the build machine.
        local_folders: of this machine, whose paths are kept out of the wheel; none where they may stay in.
        preset: the project's CMake with what its configure preset gives to it; None without a preset.
        runner: by which CMake's steps may run the host's Python; None where they may not.
    """

    project: Project
    cross: CrossConfig
    toolchain: Toolchain | None
    python: HostPython
    machine: BuildMachine | None
    metadata: Metadata
    layout: Layout
    cleared: tuple[str, ...] = ()
    local_folders: tuple[LocalFolder, ...] = ()
    preset: CMakeConfig | None = None
    runner: HostRunner | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConanPlan(Record):
    """What Conan is asked to do.

    `conanfile_text` is for projects that name their requirements in pyproject.toml; it is written to
    `conanfile`. A derived host profile stands alone; otherwise it goes on top of the user's default profile,
    as the build profile always does. The user's `host_profiles` and `build_profiles` go on top of these, `options`,
    `settings` and `conf` on top of the host's. `build` is what may be built, as Conan's --build spells it. `recipe` is
    said where the conanfile.py makes the wheel's files by itself.
    """

    conanfile: Path
    conanfile_text: str | None
    host_profile: str
    build_profile: str
    derived: bool
    options: tuple[str, ...]
    settings: tuple[str, ...]
    conf: tuple[str, ...] = ()
    host_profiles: tuple[Path, ...] = ()
    build_profiles: tuple[Path, ...] = ()
    build: tuple[str, ...] = ("missing",)
    recipe: RecipePlan | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RecipePlan(Record):
    """How a conanfile.py is run that makes the wheel's files: source(), build() and package().

    Attributes:
        name, version: that it is given, as [project] has them; "" for what it says itself.
        source: it has a source().
        profile: a host profile for it alone, on top of all others: the host's Python, for CMake, Meson and Autotools.
        machine_file: text of the file for Meson that the profile names.
        prefix: where package() puts the files.
    """

    name: str
    version: str
    source: bool
    profile: str
    machine_file: str
    prefix: Path


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProvidedDependencies(Record):
    """What Conan has already provided, for the recipe that a wheel is built for: it is not asked again.

    Attributes:
        target: the host that its package id names, None for the build machine.
        toolchain_file: Conan's conan_toolchain.cmake.
        generators: the folder of its package configurations.
        packages: folders of the host's libraries.
        options: (name, type or "", value) of CMake's cache variables that the recipe sets.
        settings: Conan's, of the recipe: "build_type", "arch", "compiler.cppstd".
        folder: to build in.
        abi: `user.xconan:abi` of the host profile, "" where it has none.
        env: for CMake.
        version: of the recipe's package.
        linked: what the host's libraries are, as conan/linked.py reads them.
        named: by what names CMake may ask for them: package, and as Declared of conan/second_names.py reads it.
    """

    target: Target | None
    toolchain_file: Path
    generators: Path
    packages: tuple[Path, ...]
    options: tuple[tuple[str, str, str], ...]
    settings: Mapping[str, str]
    folder: Path
    abi: str
    env: Mapping[str, str]
    version: str
    linked: tuple[Mapping[str, object], ...] = ()
    named: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CMakePlan(Record):
    """The argument lists for CMake, and the files that they name.

    `files` are texts by path relative to the layout's root, made when they are asked for; `env` is
    set on top of the environment, with `${NAME}` of the environment expanded.
    """

    configure: tuple[str, ...]
    builds: tuple[tuple[str, ...], ...]
    installs: tuple[tuple[str, ...], ...]
    files: Mapping[str, Template]
    env: Mapping[str, str | Text]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BuildPlan(Facts):
    """Everything that is going to happen for one wheel, known before anything runs.

    `parts` are the plans for the architectures of a universal wheel, whose files are joined; it has no more to do.
    `more` are the plans of further configurations (`[cmake.1]`) whose files are in the same wheel.
    """

    tags: WheelTags
    conan: ConanPlan | None
    cmake: CMakePlan | None
    parts: tuple[BuildPlan, ...] = ()
    more: tuple[BuildPlan, ...] = ()

    @property
    def builds(self) -> tuple[BuildPlan, ...]:
        """The plans that something is built for, each in a folder of its own."""
        return tuple(part for one in (self, *self.more) for part in one.parts or (one,))

    @property
    def wheel_name(self) -> str:
        """The wheel's file name (PEP 427)."""
        build = f"-{self.project.wheel.build_tag}" if self.project.wheel.build_tag else ""
        return f"{self.metadata.file_name}-{self.metadata.version}{build}-{self.tags}.whl"
