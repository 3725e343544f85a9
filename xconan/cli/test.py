"""`xconan test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, add_verbosity
from xconan.cli.output import write_json, write_lines

if TYPE_CHECKING:
    import argparse

    from xconan.ground.errors import Problems
    from xconan.hosttest.trial import Tried


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.usage = "xconan test [options] WHEEL [WHEEL ...] [-- COMMAND ...]"
    parser.description = (
        "Install each wheel and what it requires into an environment of its host's Python, which qemu or wine runs "
        "where this machine can't, import its modules, and run COMMAND: python, and the programs of what is "
        "installed, are the host's. Exit code 7 where a wheel fails; all are tried."
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
    parser.add_argument("--extra", metavar="NAME", action="append", default=[], help="of the wheel; may be repeated")
    add_verbosity(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Try every wheel; what is wrong with each is said at the end."""
    from xconan.ground.errors import Problems
    from xconan.hosttest.trial import Wishes, try_on_host

    wishes = Wishes(
        words=tuple(arguments.command), requires=tuple(arguments.require), extras=tuple(arguments.extra),
    )  # fmt: skip
    problems = Problems()
    _look_for(arguments.wheels, problems)
    problems.raise_if_any()
    tried: list[Tried] = []
    for wheel in arguments.wheels:
        with problems.collected():
            tried.append(try_on_host(wheel, arguments.python, wishes))
            if not arguments.json:
                write_lines([_line(tried[-1])])
    if arguments.json:
        errors = [fact for error in problems for fact in error.facts()]
        write_json({"tried": [one.facts() for one in tried], "errors": errors}, indent=1)
        return problems.found[0].exit_code if problems.found else 0
    problems.raise_if_any()
    return 0


def _look_for(wheels: list[Path], problems: Problems) -> None:
    for path in wheels:
        if not path.is_file():
            problems.add("there is no such file", file=path, hint="name a wheel: dist/*.whl")


def _line(tried: Tried) -> str:
    counts = [(len(tried.modules), "module imported", "modules imported"), (tried.commands, "command", "commands")]
    said = ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counts if number)
    return f"{tried.wheel.name}: passed on {tried.python}: {said or 'installed'}"
