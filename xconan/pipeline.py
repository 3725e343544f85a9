"""The straight line: facts, a plan, actions."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.build_machine.environment import cleared_variables
from xconan.conan.provided import check_toolchain, with_provided
from xconan.conan.toolchain_package import with_toolchain_package
from xconan.fetch.pythons.provide import provide_host_python
from xconan.ground import reads
from xconan.ground.errors import ConfigError, MachineError
from xconan.ground.lock import cache_in_use
from xconan.ground.report import build_timer, remind, step
from xconan.model import Facts
from xconan.plan import build_type, make_plan, needs_headers, with_preset_builds
from xconan.project.files import architectures, configurations, read_project_files
from xconan.project.foreign import unread_keys
from xconan.project.local_folders import local_folders
from xconan.project.presets import build_arguments, with_preset
from xconan.project.requirements import find_build_machine
from xconan.project.wheel_tags import check_abi_is_known, check_requires_python
from xconan.project.workspace import Layout
from xconan.render.steps import toolchain_line
from xconan.toolchains.find import find_toolchain, with_toolchain_file
from xconan.wheel.pack import pack
from xconan.wheel.sbom import refuse_without_library
from xconan.wheel.stage import staging_filled
from xconan.wheel.stubs import refuse_without_mypy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.ground.report import Step
    from xconan.hosttest.planned import Trial
    from xconan.model import BuildPlan, ProvidedDependencies
    from xconan.project.files import ProjectFiles
    from xconan.project.module import Module


@cache_in_use()
def build_wheel(
    root: Path, out: Path, settings: Mapping[str, object] | None = None, *,
    provided: ProvidedDependencies | None = None, claim: Callable[[Path, str], None] | None = None,
) -> str:  # fmt: skip
    """Build one wheel and return its name.

    Args:
        root: the project's folder.
        out: where the wheel goes.
        settings: PEP 517 config settings: cross, target, local, override.
        provided: the dependencies, where Conan has provided them already; what the project says of them is not read.
        claim: is given the wheel's file, and the name that it is going to have; raises where it is not to go there.

    Raises:
        XconanError: with file, key and remedy; nothing half-written stays.
    """
    check_out(out)
    with build_timer() as build:
        with step("toolchain", held=True) as now:
            plan, module = plan_wheel(root, settings, provided=provided)
            tell_toolchain(plan, now)
        out.mkdir(parents=True, exist_ok=True)  # what can't be there is known before minutes of compiling
        check_out(out, [plan.wheel_name])
        trial = trial_of(plan)

        def accept(file: Path, name: str) -> None:
            _try(trial, file, name)
            if claim:
                claim(file, name)

        return _build_planned(plan, module, out, build, provided, accept)


def check_out(out: Path, wheels: Sequence[str] = ()) -> None:
    """Refuse a folder of wheels that they can't be put into, before anything is built; those that are there may stay.

    Raises:
        ConfigError: it is a file.
        MachineError: it can't be written.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError("the wheel's folder is a file", where=str(out), hint="name another folder")
    there = next(folder for folder in (out, *out.parents) if folder.exists())
    if not os.access(there, os.W_OK) and not all((out / name).exists() for name in wheels):
        raise MachineError("the wheel's folder can't be written", where=str(out),
                           hint="check its owner and permissions, or name another folder by -o")  # fmt: skip


def _build_planned(
    plan: BuildPlan, module: Module, out: Path, build: Step, provided: ProvidedDependencies | None,
    accept: Callable[[Path, str], None],
) -> str:  # fmt: skip
    with staging_filled(plan, provided) as shared, step("wheel") as now:
        now.doing = "packing"
        return pack(plan, module, out, shared, build, accept)


@cache_in_use()
def plan_wheel(
    root: Path, settings: Mapping[str, object] | None = None, *, provided: ProvidedDependencies | None = None
) -> tuple[BuildPlan, Module]:
    """Gather the facts and plan one wheel; nothing is built.

    Raises:
        XconanError: configuration, toolchain or host Python are not in order.
    """
    files = read_project_files(root, settings, layout=Layout(root=provided.folder) if provided else None)
    for line in (*unread_keys(files.project), *files.cross.remarks):
        remind(f"xconan: {line}")
    refuse_without_library(files.project)
    refuse_without_mypy(files.project)
    if provided:
        first, *more = (_plan(one, provided=provided) for one in _provided_configurations(files, provided))
        return replace(first, more=tuple(more)), files.module
    first, *more = (_plan(one, tuple(_plan(part) for part in architectures(one))) for one in configurations(files))
    return replace(first, more=tuple(more)), files.module


# --- facts and plan --------------------------------------------------------------------------------------------------


def _provided_configurations(files: ProjectFiles, provided: ProvidedDependencies) -> Iterator[ProjectFiles]:
    """What is built into the wheel of a recipe: each configuration in a folder of its own."""
    for number, one in enumerate(configurations(files)):
        folder = provided.folder / f"configuration-{number}" if number else provided.folder
        yield with_provided(one, replace(provided, folder=folder))


def _plan(
    files: ProjectFiles, parts: tuple[BuildPlan, ...] = (), *, provided: ProvidedDependencies | None = None
) -> BuildPlan:
    project, cross = files.project, files.cross
    machine = toolchain = preset = None
    cleared: tuple[str, ...] = ()
    if project.cmake and not parts:
        passthrough = project.cmake.env_passthrough
        preset = with_preset(project.cmake) if project.cmake.preset else None
        machine = find_build_machine(project.cmake, place=project.place)
        cross = with_toolchain_file(with_toolchain_package(cross, project.conan, project.root))
        toolchain = find_toolchain(
            cross,
            cmake=machine.cmake,
            ninja=machine.ninja,
            config=preset or project.cmake,
            build_type=build_type(project.cmake, project.conan),
        )
        cleared = cleared_variables(native=cross.native, passthrough=passthrough, read=toolchain.reads)
        if provided:
            check_toolchain(cross, toolchain, provided)
    python = parts[0].python if parts else provide_host_python(cross, toolchain, needed=needs_headers(project))
    runner = None
    if project.cmake and project.cmake.emulate:
        from xconan.hosttest.planned import runner_of_steps  # noqa: PLC0415 - for emulated steps alone

        runner = runner_of_steps(project, files.metadata, cross, python, toolchain)
    facts = Facts(
        project=project,
        cross=replace(cross, target=replace(cross.target, abi=python.abi or cross.target.abi)),
        toolchain=toolchain,
        python=python,
        machine=machine,
        metadata=files.metadata,
        layout=files.layout,
        cleared=cleared,
        local_folders=local_folders(
            project, files.layout, headers=python.include_dir, sysroot=toolchain.sysroot if toolchain else ""
        ),
        preset=preset,
        runner=runner,
    )
    plan = make_plan(facts, parts, provided=provided is not None)
    check_abi_is_known(plan.cross.target, plan.tags, where=plan.cross.source)
    pyproject = f"{project.pyproject_file}: project.requires-python"
    check_requires_python(plan.cross.target, plan.tags, files.metadata.text, where=pyproject)
    if plan.cmake and project.cmake and project.cmake.build_presets:
        presets = build_arguments(
            project.cmake.build_presets,
            source=project.cmake.source_path,
            folder=plan.layout.build,
            variables=plan.cmake.env,
        )
        return with_preset_builds(plan, presets)
    return plan


def trial_of(plan: BuildPlan) -> Trial | None:
    """How a plan's wheel will be tried on its host, where that is asked for.

    Raises:
        ConfigError: what is asked for is not there.
        HostPythonError: no Python of the host can be run here.
    """
    if not plan.project.test.wanted:
        return None
    from xconan.hosttest.planned import plan_trial  # noqa: PLC0415 - for tests alone

    part = plan.parts[0] if plan.parts else plan
    return plan_trial(plan.project, plan.wheel_name, part.cross, part.python, part.toolchain)


def _try(trial: Trial | None, file: Path, name: str) -> None:
    if trial is None:
        return
    reads.doubt("a test runs each time that it is asked for")
    with step("test") as now:
        now.doing = "on the host"
        now.end(trial.run(file, name).line)


def tell_toolchain(plan: BuildPlan, now: Step) -> None:
    """Say which toolchain a build has."""
    chosen = plan.parts[0] if plan.parts else plan
    if chosen.toolchain:
        platform = plan.cross.target.platform
        now.end(toolchain_line(chosen.toolchain, platform, name=str(plan.cross.toolchain or "")))
