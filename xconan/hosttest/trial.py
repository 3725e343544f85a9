"""The action: one wheel installed for its host's Python, imported, and its tests run."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.environment import expand_env
from xconan.emulate import import_modules, module_names, refuse_failed
from xconan.ground.errors import ConfigError
from xconan.ground.report import doing, say
from xconan.ground.run import stream, which
from xconan.ground.scratch import scratch
from xconan.hosttest.environment import make_environment
from xconan.hosttest.interpreter import find_interpreter
from xconan.wheel.finished.opened import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.ground.text import Text
    from xconan.hosttest.environment import Environment
    from xconan.hosttest.interpreter import Interpreter

_IMPORTED = "what the wheel's own modules import is named by project.dependencies in pyproject.toml"
_NEEDED = "packages that the tests need are named by --require, or test.requires"
_EMPTY = "; files of the project that they need by test.sources, as they run in an empty folder"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to be tried with a wheel, beside importing all of it.

    Attributes:
        commands: lines for this machine's shell, one after the other; `{project}`, `{package}` and `{wheel}` stand for
            their paths.
        words: a command whose words are taken as they are.
        requires: what is installed beside it, as pip takes it.
        extras: of the wheel.
        sources: files and folders of the project that are copied to where the commands run; none: nothing is there.
        project: the project's folder.
        env: on top of the environment of commands, with ${NAME} to be expanded.
    """

    commands: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    project: Path = Path()
    env: Mapping[str, str | Text] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A wheel that passed.

    Attributes:
        wheel: its file.
        python: the host's Python, for people to read.
        modules: what was imported.
        commands: how many commands ran.
    """

    wheel: Path
    python: str
    modules: tuple[str, ...]
    commands: int

    @property
    def line(self) -> str:
        """What passed, for people: "passed on python3.11, aarch64: 2 modules imported, 1 command"."""
        counts = [
            (len(self.modules), "module imported", "modules imported"), (self.commands, "command", "commands"),
        ]  # fmt: skip
        parts = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
        return f"passed on {self.python}: {', '.join(parts) or 'installed'}"

    def facts(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "wheel": str(self.wheel), "python": self.python, "modules": [*self.modules], "commands": self.commands
        }  # fmt: skip


def try_on_host(wheel: Path, python: Path | None, wishes: Wishes) -> Tried:
    """Install a wheel for its host's Python, import all that is in it, and run its tests.

    Args:
        wheel: the file.
        python: where the host's Python is; None: it is looked for.
        wishes: what is to be tried.

    Raises:
        CheckError: it is no wheel.
        ConfigError: `python` or one of the sources is not there.
        HostPythonError: no Python that takes it can be run here.
        HostTestError: it does not install, an import or a command failed; what was said stands above.
    """
    wheel = wheel.absolute()
    with opened(wheel) as archive:
        name = archive.name
    return try_by(find_interpreter(name, python), wheel, wishes)


def try_by(host: Interpreter, wheel: Path, wishes: Wishes) -> Tried:
    """The same by a Python that is known already.

    Raises:
        ConfigError, HostPythonError, HostTestError: as try_on_host() has them.
    """
    say(f"xconan: trying {wheel.name} by {host.target.python_name} of {host.target.platform.arch.name} ({host.origin})")
    extras = f"[{','.join(wishes.extras)}]" if wishes.extras else ""
    modules = module_names(wheel)
    with scratch("test") as folder:
        work = folder / "work"
        work.mkdir()
        _copy_sources(wishes, work)
        environment = make_environment(folder, host, [f"{wheel}{extras}", *wishes.requires])
        what = f"import {', '.join(modules)}"

        def run(call: Sequence[str]) -> int:
            return _code([str(environment.python), *call], folder, environment.variables(), what)

        refuse_failed(import_modules(modules, run), what, _IMPORTED)
        env = expand_env(wishes.env, environment.variables())
        for line, command in _in_shell(wishes, wheel):
            _run(command, work, env, line, _NEEDED + _EMPTY)
        if wishes.words:
            _run(_found(environment, wishes.words), Path.cwd(), env, shlex.join(wishes.words))
    return Tried(
        wheel=wheel, python=f"{host.target.python_name}, {host.target.platform.arch.name}", modules=tuple(modules),
        commands=len(wishes.commands) + bool(wishes.words),
    )  # fmt: skip


def check_sources(wishes: Wishes, *, place: str) -> None:
    """Refuse sources that are not there, before anything is built.

    Raises:
        ConfigError: with the place where they are named.
    """
    for name in wishes.sources:
        if ".." in Path(name).parts or Path(name).is_absolute() or not (wishes.project / name).exists():
            raise ConfigError(
                f"'{name}' is no file or folder of the project", where=place,
                hint='name them relative to the project: ["tests"]',
            )  # fmt: skip


def _copy_sources(wishes: Wishes, work: Path) -> None:
    for name in wishes.sources:
        source, copy = wishes.project / name, work / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, copy)


def _in_shell(wishes: Wishes, wheel: Path) -> list[tuple[str, list[str]]]:
    """The lines, with their paths, and how this machine's shell is called for each."""
    paths = {"project": wishes.project, "package": wishes.project, "wheel": wheel}
    lines = []
    for command in wishes.commands:
        line = command
        for name, path in paths.items():
            line = line.replace(f"{{{name}}}", str(path))
        lines.append(line)
    shell = ["cmd", "/c"] if os.name == "nt" else ["/bin/sh", "-c"]
    return [(line, [*shell, line]) for line in lines]


def _found(environment: Environment, words: Sequence[str]) -> list[str]:
    """A command with the path of its program: of the environment, else of this machine.

    Raises:
        ConfigError: there is no such program.
    """
    path = environment.variables()["PATH"]
    program = which(words[0], path=path)
    if program is None:
        raise ConfigError(
            f"there is no program {words[0]} in the wheel's environment", where=f"-- {shlex.join(words)}",
            hint=f"have it installed: --require {words[0]}",
        )  # fmt: skip
    return [str(program), *words[1:]]


def _run(argv: Sequence[str], cwd: Path, env: Mapping[str, str], what: str, remedy: str = _NEEDED) -> None:
    refuse_failed(_code(argv, cwd, env, what), what, remedy)


def _code(argv: Sequence[str], cwd: Path, env: Mapping[str, str], what: str) -> int:
    with doing(f"on the host: {what}"):
        return stream(argv, cwd=cwd, env=env, echo=False)
