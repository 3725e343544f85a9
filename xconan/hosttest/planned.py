"""What a project wants to be tried with its wheels, and the trial of one that is being built.

`[tool.xconan.test]` says it, and `xconan test` and `xconan build --test` do it. A build finds out before minutes of
compiling whether the host's Python can be run here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.utils import canonicalize_name

from xconan.build_machine.buildenv import running_target
from xconan.emulate import Runner, RunOptions, find_runner
from xconan.ground.errors import ConfigError, HostPythonError, MachineError, nearest_names
from xconan.ground.files import load_toml
from xconan.ground.report import remind
from xconan.ground.scratch import scratch
from xconan.host.targets import is_target
from xconan.hosttest.interpreter import Interpreter, find_interpreter
from xconan.hosttest.trial import Wishes, check_sources, try_by
from xconan.inventory import runs_itself
from xconan.model import HostRunner
from xconan.project.config.cibuildwheel import selects
from xconan.project.config.project import read_project
from xconan.project.config.settings import Settings
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.finished.opened import read_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.hosttest.trial import Tried
    from xconan.project.config.records import CrossConfig, Project
    from xconan.project.metadata import Metadata
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial that can be run here: by which Python, and what."""

    host: Interpreter
    wishes: Wishes

    def run(self, file: Path, name: str) -> Tried:
        """Try a wheel that has another name yet than it is going to have.

        Raises:
            HostPythonError, HostTestError: as try_on_host() has them.
        """
        with scratch("wheel") as folder:
            wheel = folder / name
            try:
                os.link(file, wheel)
            except OSError:  # another file system, or one without such links
                wheel.write_bytes(file.read_bytes())
            return try_by(self.host, wheel, self.wishes)


def wishes_of(project: Project) -> Wishes:
    """What `[tool.xconan.test]` says.

    Raises:
        ConfigError: a group, an extra or one of the sources is not there.
    """
    test = project.test
    wishes = Wishes(
        commands=test.command, requires=(*test.requires, *_grouped(project)), extras=test.extras,
        sources=test.sources, project=project.root, env=test.env,
    )  # fmt: skip
    check_sources(wishes, place=project.place("test.sources"))
    _check_extras(project)
    return wishes


def wishes_for(wheel: Path, root: Path) -> Wishes | None:
    """What the project of a folder says of a wheel's tests; None where the wheel is not of that project.

    Raises:
        ConfigError: or ErrorGroup: the project is not in order.
    """
    file = root / "pyproject.toml"
    table = load_toml(file).get("project") if file.is_file() else None
    project = table.get("name") if isinstance(table, dict) else None
    name = read_name(wheel)
    if not isinstance(project, str) or canonicalize_name(project) != name.name:
        return None
    target = f"{name.tags.python[0]}-{name.tags.platform[0]}"
    settings = Settings(target=target if is_target(target) else None, folder=root)
    return wishes_of(read_project(root, settings, running=running_target())[0])


def wanted_test(project: Project, cross: CrossConfig) -> str:
    """What is asked of the wheel for a host, as TestConfig.wanted has it; "" for hosts that are left out."""
    return "" if selects(project.test.skip, cross.target) else project.test.wanted


def plan_trial(
    project: Project, wheel: str, cross: CrossConfig, python: HostPython, toolchain: Toolchain | None
) -> Trial | None:
    """How a wheel that is to be built will be tried; None where nobody asks for it, or it can't be and need not.

    Args:
        project: says what is asked, and what is run.
        wheel: its name.
        cross: its host.
        python: whose headers it is built with; a program beside them is the one to try it with.
        toolchain: whose sysroot may have one, None for none.

    Raises:
        ConfigError: the table asks for what is not there.
        HostPythonError: no Python of the host can be run here.
    """
    wanted = wanted_test(project, cross)
    if not wanted:
        if project.test.wanted:
            remind(f"xconan: {wheel} will not be tried on its host: test.skip has {cross.target.name}")
        return None
    wishes = wishes_of(project)
    try:
        return Trial(host=interpreter_for(wheel, cross, python, toolchain), wishes=wishes)
    except HostPythonError as error:
        platform = cross.target.platform
        never = platform.os in ("mac", "pyodide") and not runs_itself(platform)  # nothing to install here runs these
        if wanted == "auto":
            remedy = "" if never else f"; {error.hint}"
            remind(f"xconan: {wheel} will not be tried on its host: {error.message}{remedy}")
            return None
        if not never:
            raise
        hint = f'--test=auto (-C test=auto) leaves out what can\'t be run here; skip = ["*-{platform.tag}"] these alone'
        raise HostPythonError(error.message, where=error.where, hint=hint) from None


def interpreter_for(wheel: str, cross: CrossConfig, python: HostPython, toolchain: Toolchain | None) -> Interpreter:
    """The Python that a wheel of this name is tried with: the one beside its headers, else what find_interpreter has.

    Args:
        wheel: its name.
        cross: its host.
        python: whose headers it is built with.
        toolchain: whose sysroot may have a Python, None for none.

    Raises:
        HostPythonError: none of the host can be run here; the hint has the command that brings what is missing.
    """
    runner = find_runner(cross, python, toolchain, RunOptions())
    if isinstance(runner, Runner):
        return Interpreter(target=cross.target, runner=runner, origin=runner.argv[-1])
    return find_interpreter(read_name(Path(wheel)), None)


def runner_of_steps(
    project: Project, metadata: Metadata, cross: CrossConfig, python: HostPython, toolchain: Toolchain | None
) -> HostRunner | None:
    """How CMake's steps may run the host's Python, where `cmake.emulate` asks for it; None where nothing is to be run.

    Args:
        project: the wheel's.
        metadata: likewise.
        cross: its host.
        python: whose headers it is built with.
        toolchain: whose sysroot may have a Python, None for none.

    Raises:
        HostPythonError: none of the host can be run here; the hint has the command that brings what is missing.
    """
    if cross.native or cross.target.platform.os != "linux":
        return None
    tags = wheel_tags(cross.target, project.wheel, pure=False)
    try:
        runner = interpreter_for(f"{metadata.file_name}-{metadata.version}-{tags}.whl", cross, python, toolchain).runner
    except HostPythonError as error:
        raise HostPythonError(error.message, where=project.place("cmake.emulate"), hint=error.hint) from None
    return HostRunner(argv=runner.argv, env=runner.env)


def _check_extras(project: Project) -> None:
    """Whether [project] has the extras: pip warns of those that it has not where nobody looks, and goes on.

    Raises:
        ConfigError: [project] has no such extra.
    """
    table = project.pyproject.get("project", {})
    standard = table if isinstance(table, dict) else {}
    extras = standard.get("optional-dependencies", {})
    known = [*extras] if isinstance(extras, dict) else []
    if "optional-dependencies" in standard.get("dynamic", ()):
        return
    _check_named(project, "extra", known, table="project.optional-dependencies")


def _check_named(project: Project, kind: str, known: Sequence[str], *, table: str) -> None:
    """Refuse an extra or a group that the tests ask for and the table has not."""
    names = {"extra": project.test.extras, "group": project.test.groups}[kind]
    for name in names:
        if canonicalize_name(name) not in map(canonicalize_name, known):
            close = nearest_names(name, known)
            raise ConfigError(
                f"there is no {kind} '{name}' in [{table}]", where=project.place(f"test.{kind}s"),
                hint=f"did you mean '{close[0]}'?" if close else f'write one: {name} = ["pytest"]',
            )  # fmt: skip


def _grouped(project: Project) -> list[str]:
    """The requirements of the groups that are named (PEP 735)."""
    names = project.test.groups
    if not names:
        return []
    try:
        from packaging.dependency_groups import resolve_dependency_groups  # noqa: PLC0415 - not in older ones
        from packaging.errors import ExceptionGroup  # noqa: PLC0415 - the same
    except ImportError:
        raise MachineError(
            "this packaging can't read [dependency-groups]", where=project.place("test.groups"),
            hint="pip install --upgrade packaging",
        ) from None  # fmt: skip
    groups = project.pyproject.get("dependency-groups", {})
    known = [*groups] if isinstance(groups, dict) else []
    _check_named(project, "group", known, table="dependency-groups")
    try:
        return [*resolve_dependency_groups(cast("Mapping[str, list[str]]", groups), *names)]
    except ExceptionGroup as errors:
        wrong = "; ".join(str(error) for error in errors.exceptions)
        raise ConfigError(
            f"[dependency-groups] is not in order: {wrong}", where=str(project.pyproject_file),
            hint="https://packaging.python.org/en/latest/specifications/dependency-groups/",
        ) from None  # fmt: skip
