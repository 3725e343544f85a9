"""All targets of a release planned before the first is built, and all that is missing told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError, ErrorGroup, Problems, XconanError, combined, listed
from xconan.hosttest.planned import interpreter_for
from xconan.inventory import find_emulator, runs_itself
from xconan.pipeline import plan_wheel, trial_of
from xconan.project.config.cross import read_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.hosttest.interpreter import Interpreter
    from xconan.model import BuildPlan
    from xconan.release.matrix import Chosen


@dataclass(frozen=True, kw_only=True)
class PlannedTarget:
    """A target with its plan.

    Attributes:
        name, settings: as chosen.
        plan: of its wheel.
        shares: the target whose build makes the very same wheel, such as one for the stable ABI; "" for its own.
    """

    name: str
    settings: Mapping[str, object]
    plan: BuildPlan
    shares: str = ""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The targets that can be built, in order, and what keeps the others from it, by name."""

    targets: tuple[PlannedTarget, ...]
    errors: Mapping[str, XconanError]

    def raise_if_any(self) -> None:
        """Raise all errors; what several targets miss alike is said once."""
        if self.errors:
            raise combined(merged_errors(self.errors))


def prepare(root: Path, chosen: Iterable[Chosen], *, trials: bool = False) -> Prepared:
    """Plan each target; nothing is built, and compilers that are not known yet are asked.

    Args:
        root: the project's folder.
        chosen: the targets.
        trials: a wheel that is to be tried on its host needs a Python of it that can be run here.
    """
    targets: list[PlannedTarget] = []
    errors: dict[str, XconanError] = {}
    for one in chosen:
        problems = Problems()
        with problems.collected():
            plan = plan_wheel(root, one.settings)[0]
            targets.append(PlannedTarget(name=one.name, settings=one.settings, plan=plan))
        if problems.found:
            errors[one.name] = combined(problems.found)
    planned = tuple(_shared(targets, errors))
    if trials:
        errors |= _untried(planned)
    return Prepared(targets=tuple(one for one in planned if one.name not in errors), errors=errors)


def _untried(targets: Iterable[PlannedTarget]) -> dict[str, XconanError]:
    """Why wheels can't be tried whose tests are asked for, by target."""
    errors: dict[str, XconanError] = {}
    for one in targets:
        problems = Problems()
        with problems.collected():
            if not one.shares:
                trial_of(one.plan)
        if problems.found:
            errors[one.name] = combined(problems.found)
    return errors


def interpreter_of(plan: BuildPlan) -> Interpreter:
    """The Python of the host that a wheel is tried with.

    Raises:
        HostPythonError: none can be run here; the hint has the command that brings what is missing.
    """
    part = plan.parts[0] if plan.parts else plan
    return interpreter_for(plan.wheel_name, part.cross, part.python, part.toolchain)


def can_run(name: str) -> bool:
    """Whether programs of a target's machine can be run here, once they are here."""
    platform = read_named(name, running=running_target()).target.platform
    return runs_itself(platform) or find_emulator(platform) is not None


def merged_errors(errors: Mapping[str, XconanError]) -> list[XconanError]:
    """The errors of targets by name; the same message and remedy once, with all the targets that it is about."""
    groups: dict[tuple[type[XconanError], str, str], dict[str, XconanError]] = {}
    for name, error in errors.items():
        for one in error.errors if isinstance(error, ErrorGroup) else [error]:
            groups.setdefault((type(one), one.message, one.hint), {}).setdefault(name, one)
    merged = []
    for (kind, message, hint), found in groups.items():
        first = next(iter(found.values()))
        about = listed([*found]) if len(errors) > 1 or len(found) > 1 else next(iter(found))
        where = first.where if first.where in (about, f"target {about}") else f"{about}: {first.where}".rstrip(": ")
        merged.append(kind(message, where=where, hint=hint))
    return merged


def _shared(targets: Sequence[PlannedTarget], errors: dict[str, XconanError]) -> Iterable[PlannedTarget]:
    """The same targets; of those that would make one wheel the one with the oldest Python makes it."""
    makers: dict[str, PlannedTarget] = {}
    for one in sorted(targets, key=lambda target: int(target.plan.cross.target.version)):
        makers.setdefault(one.plan.wheel_name, one)
    for one in targets:
        maker = makers[one.plan.wheel_name]
        if maker is one:
            yield one
        elif _content(one.plan) == _content(maker.plan):
            yield PlannedTarget(name=one.name, settings=one.settings, plan=one.plan, shares=maker.name)
        else:
            errors[one.name] = _contradiction(one, maker)


def _content(plan: BuildPlan) -> tuple[object, ...]:
    """What the configuration says of a wheel's content."""
    project = plan.project
    cmake = (project.cmake.options, project.cmake.args) if project.cmake else ()
    return cmake, project.conan.requires, project.conan.options


def _contradiction(one: PlannedTarget, maker: PlannedTarget) -> XconanError:
    return ConfigError(
        f"{maker.name} and {one.name} make the same wheel, {one.plan.wheel_name}, with other options or requirements",
        where=f"{one.plan.project.pyproject_file}: tool.xconan.matrix.overrides",
        hint="have select mean both of them, or neither",
    )
