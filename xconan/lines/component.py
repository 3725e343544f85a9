"""The line to a component's wheel: the main project is built, and CMake installs other components of it."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from xconan.cmake.build import install_elsewhere
from xconan.cmake.targets import read_cmake_projects
from xconan.ground.errors import CheckError, ConfigError, nearest_names
from xconan.ground.files import digest, read_json, remove_tree, write_json
from xconan.ground.lock import cache_in_use
from xconan.ground.report import build_timer, logged, step
from xconan.lines.untried import refuse_test
from xconan.pipeline import plan_wheel, tell_toolchain
from xconan.project.config.component import check_numbers, read_component
from xconan.project.config.settings import parse_settings
from xconan.project.globs import left_out_of_wheels
from xconan.project.metadata import read_metadata
from xconan.project.module import Module
from xconan.project.workspace import Layout, working
from xconan.wheel.pack import pack
from xconan.wheel.stage import staging_filled
from xconan.wheel.universal import join_staging
from xconan.wheel.write import staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from xconan.model import BuildPlan
    from xconan.project.config.component import Component

_NOTHING = Module(files=(), main=None)


@cache_in_use()
def build_component(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Build the wheel of a component and return its name; its main project is built first, where anything has changed.

    Args:
        root: the component's folder.
        out: where the wheel goes.
        settings: PEP 517 config settings, which are the main project's: cross, target, local, override.

    Raises:
        XconanError: as pipeline.build_wheel; and where the component is not in order.
    """
    component = read_component(root)
    refuse_test(parse_settings(settings, root=component.main, environ=os.environ).test,
                "a component has nothing of the main project's that could be imported, so it can't be tried by itself",
                f"the main project is tried by: xconan build --test {shlex.quote(str(component.main))}")  # fmt: skip
    with build_timer() as build:
        with step("toolchain", held=True) as now:
            plan = plan_wheel(component.main, settings)[0]
            numbers = tuple(_number(one) for one in (plan, *plan.more))
            check_numbers(component, numbers)
            part = plan_wheel(component.main, _with_overrides(settings, [*component.overrides(numbers)]))[0]
            tell_toolchain(plan, now)
        own = _own(part, component)
        with _built(plan, component) as shared, step("wheel") as now:
            now.doing = "installing"
            for one, mine in zip((part, *part.more), (own, *own.more), strict=True):
                if _number(one) in component.lists:
                    _fill(one, mine.layout.staging, build=not component.install_only[_number(one)])
                    _take_packages(one, mine)
                else:
                    remove_tree(mine.layout.staging)
                    mine.layout.staging.mkdir(parents=True)
            _refuse_empty(part, own, component)
            out.mkdir(parents=True, exist_ok=True)
            return pack(own, _NOTHING, out, shared, build, lambda _file, _name: None)


def _with_overrides(settings: Mapping[str, object] | None, overrides: Sequence[str]) -> dict[str, object]:
    given = (settings or {}).get("override", [])
    before = [given] if isinstance(given, str) else cast("list[str]", given)
    return {**(settings or {}), "override": [*before, *overrides]}


def _number(plan: BuildPlan) -> int:
    return plan.project.cmake.number if plan.project.cmake else 0


def _built(plan: BuildPlan, component: Component) -> AbstractContextManager[frozenset[str]]:
    """Have the main project built and hold its locks; where all is to be installed alone, it must have been."""
    if not all(component.install_only.values()):
        return staging_filled(plan)
    if missing := [one for one in plan.builds if not (one.layout.build / "CMakeCache.txt").is_file()]:
        raise ConfigError(
            "the main project has not been built for this host", where=str(missing[0].layout.build),
            hint=f"build {component.main} first, or take install_only away",
        )  # fmt: skip
    return _held(plan)


@contextmanager
def _held(plan: BuildPlan) -> Iterator[frozenset[str]]:
    """Hold the lock of what is built already."""
    with working(plan.layout), logged(plan.layout.log):
        yield frozenset()


def _own(plan: BuildPlan, component: Component) -> BuildPlan:
    """The plan of the component's own wheel: its metadata and staging folders, and no file of the main project's."""
    name = digest(str(component.root))[:12]
    main = plan.project
    wheel = replace(
        main.wheel, include={}, exclude=(), pure_python=bool(main.wheel.pure_python)
    )  # it may be of data alone
    project = replace(
        main, root=component.root, pyproject=component.pyproject, places=(),
        module=replace(main.module, packages=()), wheel=wheel, generated=(), providers=(), stubgen=None,
    )  # fmt: skip
    metadata = read_metadata(project, _NOTHING, cache=None)

    def moved(one: BuildPlan) -> BuildPlan:
        return replace(
            one, project=project, metadata=metadata, layout=Layout(root=one.layout.root / "components" / name)
        )

    own = moved(plan)
    return replace(own, more=tuple(moved(one) for one in plan.more), parts=())


def _take_packages(plan: BuildPlan, own: BuildPlan) -> None:
    """Have the component's folder know the Conan packages that the main project is linked with."""
    known = read_json((plan.parts or (plan,))[0].layout.conan_result)
    if known:
        write_json(own.layout.conan_result, known)


def _refuse_empty(plan: BuildPlan, own: BuildPlan, component: Component) -> None:
    """Refuse a wheel of nothing: cmake --install takes any word for a component, and says nothing of it.

    Args:
        plan: of the main project, with the component's keys.
        own: the component's plan, whose folders are filled.
        component: the component.

    Raises:
        CheckError: no file is installed; with the components that CMakeLists.txt has.
    """
    if any(staged(one) for one in (own, *own.more)):
        return
    builds = [one.layout.build for whole in (plan, *plan.more) for one in whole.parts or (whole,)]
    rules = read_cmake_projects(builds).rules
    named = sorted({rule.component for rule in rules} - {"Unspecified"})
    wanted = [name for lists in component.lists.values() for name in lists.get("install_components", [])]
    close = [near for name in wanted for near in nearest_names(name, named)[:1]]
    there = f"CMakeLists.txt has {', '.join(named)}" if named else "no install() of CMakeLists.txt has a COMPONENT"
    raise CheckError(
        f"the wheel would be empty: nothing is installed for {', '.join(map(repr, wanted)) or 'it'}",
        where=f"{component.root / 'pyproject.toml'}: component.install_components",
        hint=f"did you mean '{close[0]}'? {there}" if close else f"write install(… COMPONENT NAME); {there}",
    )


def _fill(plan: BuildPlan, staging: Path, *, build: bool) -> None:
    """Have CMake install into a folder; of a universal wheel for each architecture, joined."""
    if not plan.parts:
        install_elsewhere(plan, staging, build=build)
        return
    folders = []
    for part in plan.parts:
        folders.append(staging.with_name(f"staging-{part.cross.target.platform.arch.name}"))
        with working(part.layout):
            install_elsewhere(part, folders[-1], build=build)
    join_staging(folders, staging, left_out_of_wheels(plan.project))
