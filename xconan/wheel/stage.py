"""The action: Conan and CMake, or the project's own recipe, fill the staging folders that a wheel is packed from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from xconan.cmake import build as cmake_action
from xconan.conan.by_recipe import build_by_recipe
from xconan.conan.failures import damage
from xconan.conan.install import install_dependencies
from xconan.conan.provided import take_dependencies
from xconan.ground.errors import CMakeError
from xconan.ground.report import logged, remind, step
from xconan.project.cmake_lists import is_plain_c
from xconan.project.globs import left_out_of_wheels
from xconan.project.workspace import working
from xconan.render.steps import cleared_line, compile_line, libraries_line
from xconan.toolchains.find import make_ready
from xconan.wheel import write as wheel_action
from xconan.wheel.universal import join_staging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.conan.install import Dependencies
    from xconan.model import BuildPlan, ProvidedDependencies


@contextmanager
def staging_filled(plan: BuildPlan, provided: ProvidedDependencies | None = None) -> Iterator[frozenset[str]]:
    """Have Conan and CMake fill the plan's staging folders, and hold their locks; yield Conan's shared libraries."""
    if cleared := {name for part in plan.builds for name in part.cleared}:
        remind(f"xconan: {cleared_line(cleared)}")
    with working(plan.layout) as lock, logged(plan.layout.log):
        shared = _build_joined(plan, lock, provided)
        for one in plan.more:
            with working(one.layout) as further:
                shared |= _build_joined(one, further, provided)
        yield shared


def _build_joined(plan: BuildPlan, lock: int, provided: ProvidedDependencies | None) -> frozenset[str]:
    """Build one configuration, of a universal wheel for each architecture."""
    if not plan.parts:
        return _build(plan, lock, provided)
    shared = frozenset().union(*(_build_part(part) for part in plan.parts))
    for part in plan.parts:
        wheel_action.staged(part)  # what can't be packed is refused before it is read
    stagings = [part.layout.staging for part in plan.parts]
    join_staging(stagings, plan.layout.staging, left_out_of_wheels(plan.project))
    return shared


def _build_part(plan: BuildPlan) -> frozenset[str]:
    with working(plan.layout) as lock, logged(plan.layout.log):
        return _build(plan, lock, part=plan.cross.target.platform.arch.name)


def _build(
    plan: BuildPlan, lock: int, provided: ProvidedDependencies | None = None, *, part: str = ""
) -> frozenset[str]:
    """Have Conan and CMake fill the plan's staging folder; return the names of Conan's shared libraries."""
    if plan.cmake is None:
        return frozenset()
    if plan.toolchain and plan.project.cmake and not is_plain_c(plan.project.cmake.source_path):
        with step("toolchain"):
            make_ready(plan.cross, plan.toolchain)
    cmake_action.check_flags(plan)
    dependencies: Dependencies | None = None
    if plan.conan and plan.conan.recipe:
        return _build_by_recipe(plan, lock, part)
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


def _build_by_recipe(plan: BuildPlan, lock: int, part: str) -> frozenset[str]:
    """Have the project's own conanfile.py fill the plan's staging folder."""
    if plan.cmake is None:
        return frozenset()
    with step("compile") as now:
        cmake_action.write_files(plan, plan.cmake, None)
        dependencies = build_by_recipe(plan, inherit=lock)
        if now.worked:
            now.end(compile_line(now.progress.made, now.took, part))
    return dependencies.shared
