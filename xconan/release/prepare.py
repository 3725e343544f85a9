"""All targets of a release planned before the first is built, and all that is missing told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError, ErrorGroup, Problems, XconanError, combined, listed
from xconan.ground.record import Record
from xconan.hosttest.planned import interpreter_for
from xconan.inventory import find_emulator, runs_itself
from xconan.pipeline import plan_wheel, trial_of
from xconan.project.config.cross import read_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from xconan.hosttest.interpreter import Interpreter
    from xconan.model import BuildPlan
    from xconan.project.files import ProjectFiles
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
        elif error := contradiction({one.name: one.plan, maker.name: maker.plan}, one.plan.wheel_name):
            errors[one.name] = error
        else:
            yield PlannedTarget(name=one.name, settings=one.settings, plan=one.plan, shares=maker.name)


# of the cross table, what says where a Python of the host is
_OF_PYTHON = ("implementation", "version", "abi", "arch", "prefix", "library", "sabi_library", "include_dir", "soabi")


def contradiction(pair: Mapping[str, BuildPlan | ProjectFiles], wheel: str) -> XconanError | None:
    """What keeps a target from sharing the wheel that another one makes: the configuration says other things of it.

    Args:
        pair: the target and the one that makes the wheel, by their names.
        wheel: its name.
    """
    (name, one), (made_by, maker) = pair.items()
    tested = bool(one.project.test.wanted)
    ours, theirs = _content(one, tested=tested), _content(maker, tested=tested)
    differing = [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]
    if not differing:
        return None
    places = {**_places(maker), **_places(one)}
    keys = [key for key in differing if key in places] or differing  # not what only follows from others
    return ConfigError(
        f"{made_by} and {name} make the same wheel, {wheel}, and differ in {listed(keys)}",
        where=places.get(keys[0], str(one.project.pyproject_file)),
        hint="say it of both: in [[tool.xconan.matrix.overrides]] have select mean both of them, or neither",
    )


def _content(one: BuildPlan | ProjectFiles, *, tested: bool) -> dict[str, object]:
    """All that the configuration says of a wheel, by key; its tests where it is not made unless they pass."""
    said: dict[str, object] = {}
    for name, value in vars(one.project).items():
        if isinstance(value, Record):
            said |= {f"{name}.{key}": part for key, part in vars(value).items()}
        elif name != "places":
            said[name] = value
    said |= {
        f"cross.{key}": getattr(one.cross, key, None)
        for key, place in one.cross.places
        if ".overrides[" in place and key not in _OF_PYTHON
    }
    left_out = ("matrix.",) if tested else ("matrix.", "test.")
    return {key: value for key, value in said.items() if not key.startswith(left_out)}


def _places(one: BuildPlan | ProjectFiles) -> dict[str, str]:
    return {**dict(one.project.places), **{f"cross.{key}": place for key, place in one.cross.places}}
