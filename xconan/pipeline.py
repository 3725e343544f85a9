"""The straight line: facts, a plan, actions."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import read_build_machine
from xconan.build_machine.environment import cleared_variables
from xconan.build_machine.tools import cmake_and_ninja
from xconan.cmake import build as cmake_action
from xconan.conan.failures import damage
from xconan.conan.install import install_dependencies
from xconan.conan.provided import check_toolchain, take_dependencies, with_provided
from xconan.fetch.pythons.provide import provide_host_python
from xconan.ground.errors import CMakeError, ConfigError, HostPythonError, ToolchainError
from xconan.ground.files import cache_folder, mark_as_ours
from xconan.ground.report import build_timer, logged, say, step
from xconan.host.platforms import part_of
from xconan.model import Facts
from xconan.plan import expand_env, make_plan, needs_headers, pure
from xconan.project.files import read_project_files
from xconan.project.foreign import unread_keys
from xconan.project.presets import check_build_presets
from xconan.project.requirements import oldest_cmake
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout, find_layout, working
from xconan.render.steps import compile_line, libraries_line, toolchain_line
from xconan.toolchains.find import find_toolchain, with_toolchain_file
from xconan.wheel import write as wheel_action
from xconan.wheel.pack import pack
from xconan.wheel.universal import join_staging

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildMachine
    from xconan.conan.install import Dependencies
    from xconan.ground.report import Step
    from xconan.model import BuildPlan, ProvidedDependencies
    from xconan.project.config.records import CMakeConfig, CrossConfig, Project
    from xconan.project.files import ProjectFiles
    from xconan.project.module import Module
    from xconan.toolchains.records import Toolchain


def build_wheel(
    root: Path, out: Path, settings: Mapping[str, object] | None = None, *, provided: ProvidedDependencies | None = None
) -> str:
    """Build one wheel and return its name.

    Args:
        root: the project's folder.
        out: where the wheel goes.
        settings: PEP 517 config settings: cross, target, local, override.
        provided: the dependencies, where Conan has provided them already; what the project says of them is not read.

    Raises:
        XconanError: with file, key and remedy; nothing half-written stays.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError("the wheel's folder is a file", where=str(out), hint="name another folder")
    with build_timer() as build:
        with step("toolchain", held=True) as now:
            plan, module = plan_wheel(root, settings, provided=provided)
            _tell_toolchain(plan, now)
        out.mkdir(parents=True, exist_ok=True)  # what can't be there is known before minutes of compiling
        return _build_planned(plan, module, out, build, provided)


def _build_planned(
    plan: BuildPlan, module: Module, out: Path, build: Step, provided: ProvidedDependencies | None
) -> str:
    if cleared := sorted({name for part in (plan, *plan.parts) for name in part.cleared}):
        names = ", ".join(cleared)
        say(
            f"xconan: this cross-build does not see {names}, which {'speak' if len(cleared) > 1 else 'speaks'} of the "
            f"build machine; cmake.env_passthrough in [tool.xconan] lets a variable through"
        )
    with working(plan.layout) as lock, logged(plan.layout.log):
        if plan.parts:
            shared = frozenset().union(*(_build_part(part) for part in plan.parts))
            for part in plan.parts:
                wheel_action.staged(part)  # what can't be packed is refused before it is read
            join_staging([part.layout.staging for part in plan.parts], plan.layout.staging)
        else:
            shared = _build(plan, lock, provided)
        with step("wheel") as now:
            now.doing = "packing"
            return pack(plan, module, out, shared, build)


def plan_wheel(
    root: Path, settings: Mapping[str, object] | None = None, *, provided: ProvidedDependencies | None = None
) -> tuple[BuildPlan, Module]:
    """Gather the facts and plan one wheel; nothing is built.

    Raises:
        XconanError: configuration, toolchain or host Python are not in order.
    """
    files = read_project_files(root, settings, layout=Layout(root=provided.folder) if provided else None)
    for line in unread_keys(files.project):
        say(f"xconan: {line}")
    if provided:
        return _plan(with_provided(files, provided), provided=provided), files.module
    parts = tuple(_plan(part) for part in _parts(files))
    return _plan(files, parts), files.module


def write_metadata(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Write the wheel's .dist-info without RECORD (PEP 517) and return the folder's name."""
    files = read_project_files(root, settings)
    target = files.cross.target
    if not (target.abi_known or pure(files.project)):
        target = plan_wheel(root, settings)[0].cross.target  # PyPy's own files know its tag
    tags = wheel_tags(target, files.project.wheel, pure=pure(files.project))
    for entry in wheel_action.dist_info(files.metadata, tags, files.project.root, files.project.wheel.build_tag):
        path = out / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.read())
    return f"{files.metadata.file_name}-{files.metadata.version}.dist-info"


# --- facts and plan --------------------------------------------------------------------------------------------------


def _plan(
    files: ProjectFiles, parts: tuple[BuildPlan, ...] = (), *, provided: ProvidedDependencies | None = None
) -> BuildPlan:
    project, cross = files.project, files.cross
    machine = toolchain = None
    if project.cmake and not parts:
        machine = _read_machine(project.cmake, place=project.place("cmake.minimum_version"))
        cross = with_toolchain_file(cross)
        toolchain = find_toolchain(
            cross,
            cmake=machine.cmake,
            ninja=machine.ninja,
            generator=project.cmake.generator,
            passthrough=project.cmake.env_passthrough,
        )
        if provided:
            check_toolchain(cross, toolchain, provided)
    python = parts[0].python if parts else provide_host_python(cross, toolchain, needed=needs_headers(project))
    facts = Facts(
        project=project,
        cross=replace(cross, target=replace(cross.target, abi=python.abi or cross.target.abi)),
        toolchain=toolchain,
        python=python,
        machine=machine,
        metadata=files.metadata,
        layout=files.layout,
        cleared=_cleared(project, cross, toolchain),
    )
    plan = make_plan(facts, parts, provided=provided is not None)
    _check_abi_is_known(plan)
    if plan.cmake and project.cmake and project.cmake.build_presets:
        check_build_presets(
            project.cmake.build_presets,
            source=project.cmake.source_path,
            folder=plan.layout.build,
            env=expand_env(plan.cmake.env, os.environ),
            where=project.place("cmake.build_presets"),
        )
    return plan


def _cleared(project: Project, cross: CrossConfig, toolchain: Toolchain | None) -> tuple[str, ...]:
    """The variables that a cross-build does not see; of a universal wheel its parts say them."""
    if toolchain is None or project.cmake is None:
        return ()
    passthrough = project.cmake.env_passthrough
    return cleared_variables(os.environ, native=cross.native, passthrough=passthrough, read=toolchain.reads)


def _check_abi_is_known(plan: BuildPlan) -> None:
    target = plan.cross.target
    if not target.abi_known and target.abi in plan.tags.abi:
        raise HostPythonError(
            f"the version of this PyPy {target.dotted_version} is not known, and its ABI tag has it",
            where=plan.cross.source,
            hint=f"set abi, as '{target.abi}_pp73', or name its headers by include_dir",
        )


def _parts(files: ProjectFiles) -> Iterator[ProjectFiles]:
    """The architectures of a universal wheel, each as if it were asked for alone; none where one build makes all."""
    cross = files.cross
    arch = cross.target.platform.arch
    if cross.native or cross.toolchain_file or files.project.cmake is None:
        return
    for name in arch.parts:
        target = replace(cross.target, platform=part_of(cross.target.platform, name))
        part = replace(cross, target=target)
        yield replace(files, cross=part, layout=find_layout(files.project, part))


def _read_machine(config: CMakeConfig, *, place: str) -> BuildMachine:
    minimum, origin = oldest_cmake(config, place=place)
    cmake, ninja = cmake_and_ninja(minimum, origin=origin)
    if ninja is None and config.generator.startswith("Ninja"):
        raise ToolchainError("there is no ninja", where="PATH", hint="pip install ninja, or set cmake.generator")
    cache = cache_folder()
    if not cache.exists():  # one that is there may be a folder that the user has for more
        with suppress(OSError):
            mark_as_ours(cache)
    return read_build_machine(cmake=cmake, ninja=ninja, store=cache / "packages", stable=True)


# --- actions ---------------------------------------------------------------------------------------------------------


def _build_part(plan: BuildPlan) -> frozenset[str]:
    with working(plan.layout) as lock, logged(plan.layout.log):
        return _build(plan, lock, part=plan.cross.target.platform.arch.name)


def _build(
    plan: BuildPlan, lock: int, provided: ProvidedDependencies | None = None, *, part: str = ""
) -> frozenset[str]:
    """Have Conan and CMake fill the plan's staging folder; return the names of Conan's shared libraries."""
    if plan.cmake is None:
        return frozenset()
    with step("toolchain"):
        _warm(plan)
    dependencies: Dependencies | None = None
    if provided:
        dependencies = take_dependencies(plan, provided)
    elif plan.conan:
        with step("libraries") as now:
            dependencies = install_dependencies(plan, inherit=lock)
            if dependencies.packages is not None:
                now.end(libraries_line(dependencies.packages, now.progress.took))
    try:
        with step("compile") as now:
            cmake_action.build(plan, dependencies, inherit=lock)
            if now.worked:
                now.end(compile_line(now.progress.made, now.took, part))
    except CMakeError:
        if found := damage(plan) if dependencies else None:
            raise found from None
        raise
    return dependencies.shared if dependencies else frozenset()


def _tell_toolchain(plan: BuildPlan, now: Step) -> None:
    chosen = plan.parts[0] if plan.parts else plan
    if chosen.toolchain:
        platform = plan.cross.target.platform
        now.end(toolchain_line(chosen.toolchain, platform, name=str(plan.cross.toolchain or "")))


def _warm(plan: BuildPlan) -> None:
    """Zig makes a target's C++ library when it is first used: do that aloud, unless the project is plain C."""
    compilers = plan.toolchain.compilers if plan.toolchain else {}
    if plan.cross.toolchain != "zig" or not plan.project.cmake or "CXX" not in compilers:
        return
    from xconan.toolchains.zig_library import warm_zig  # noqa: PLC0415 - only here

    lists = (plan.project.cmake.source_path / "CMakeLists.txt").read_text("utf-8", "replace")
    if not re.search(r"project\s*\([^)]*\bLANGUAGES\s+C\s*\)", lists, re.IGNORECASE):
        warm_zig(compilers["CXX"].path, what=plan.cross.target.platform.tag)
