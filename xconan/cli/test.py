"""`xconan test`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, add_verbosity, remedy_of_none
from xconan.cli.output import write_json, write_lines

if TYPE_CHECKING:
    import argparse

    from xconan.ground.errors import Problems
    from xconan.hosttest.trial import Tried, Wishes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.usage = "xconan test [options] WHEEL [WHEEL ...] [-- COMMAND ...]"
    parser.description = (
        "Install each wheel and what it requires into an environment of its host's Python, which qemu or wine runs "
        "where this machine can't, import its modules, and run COMMAND, or else what [tool.xconan.test] says: "
        "python, and the programs of what is installed, are the host's. Exit code 7 where a wheel fails; all are tried."
    )
    parser.add_argument("wheels", metavar="WHEEL", nargs="+", type=Path, help="a wheel's file")
    parser.add_argument(
        "--python", metavar="ROOT", type=Path, default=None,
        help="the host's Python: the root of its file system, an installation, or the program [the running Python, "
        "one that xconan python add --runnable has added, or one of this machine]",
    )  # fmt: skip
    parser.add_argument(
        "--require", metavar="REQUIREMENT", action="append", default=[],
        help="what is installed beside the wheel, as pip takes it; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--project", metavar="DIR", default=None, type=Path,
        help="whose [tool.xconan.test] says what is run for its own wheels [the current folder]",
    )  # fmt: skip
    parser.add_argument("--extra", metavar="NAME", action="append", default=[], help="of the wheel; may be repeated")
    add_verbosity(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Try every wheel; what is wrong with each is said at the end."""
    from xconan.ground.errors import Problems
    from xconan.hosttest.trial import try_on_host

    problems = Problems()
    _look_for(arguments.wheels, problems)
    if arguments.project and not (arguments.project / "pyproject.toml").is_file():
        problems.add(
            "there is no pyproject.toml", file=f"--project {arguments.project}", hint="name the project's folder"
        )
    problems.raise_if_any()
    tried: list[Tried] = []
    for wheel in arguments.wheels:
        with problems.collected():
            tried.append(try_on_host(wheel, arguments.python, _wishes(arguments, wheel)))
            if not arguments.json:
                write_lines([f"{tried[-1].wheel.name}: {tried[-1].line}"])
    if arguments.json:
        errors = [fact for error in problems for fact in error.facts()]
        write_json({"tried": [one.facts() for one in tried], "errors": errors}, indent=1)
        return problems.found[0].exit_code if problems.found else 0
    problems.raise_if_any()
    return 0


def _wishes(arguments: argparse.Namespace, wheel: Path) -> Wishes:
    """What the command line asks for, on top of what the wheel's project does; a command replaces the project's."""
    from xconan.ground.report import say
    from xconan.hosttest.planned import wishes_for
    from xconan.hosttest.trial import Wishes

    own = wishes_for(wheel, (arguments.project or Path()).absolute())
    if own is None and arguments.project:
        say(f"xconan: {wheel.name} is not of the project in {arguments.project}, whose tests it does not have")
    wishes = own or Wishes()
    return replace(
        wishes,
        commands=() if arguments.command else wishes.commands,
        words=tuple(arguments.command),
        requires=(*wishes.requires, *arguments.require),
        extras=(*wishes.extras, *arguments.extra),
    )


def _look_for(wheels: list[Path], problems: Problems) -> None:
    for path in wheels:
        if not path.is_file():
            problems.add("there is no such file", file=path, hint=remedy_of_none(path))
