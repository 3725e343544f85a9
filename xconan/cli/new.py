"""`xconan new`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    from xconan.starter.choices import kinds, libraries

    choices = kinds()
    usual = next(iter(choices))
    parser.description = (
        "Write a first project: a package with a compiled module and a test, ready to be built for this machine and "
        "for others. Prints its folder; the next commands are said on standard error."
    )
    parser.add_argument("name", metavar="NAME", help="of the project: letters, digits, - and _")
    parser.add_argument(
        "--kind",
        choices=[*choices],
        default=usual,
        help=f"what the module is written with: {', '.join(f'{one.name} ({one.about})' for one in choices.values())} "
        f"[{usual}]",
    )
    parser.add_argument(
        "--library",
        metavar="NAME[/VERSION]",
        help=f"a library of Conan that the module uses: {', '.join(one.reference for one in libraries().values())}",
    )
    parser.add_argument(
        "--ci", choices=("github", "gitlab"), default="", help="write a matrix of targets, and its pipeline, too"
    )
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, help="the folder to make [NAME, in this folder]")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the project; its folder is the only thing on standard output."""
    from xconan.ground.report import say
    from xconan.starter.project import choose, texts, write_project

    starter = choose(arguments.name, arguments.kind, arguments.library, matrix=bool(arguments.ci))
    folder = (arguments.out or Path(starter.name)).absolute()
    files = texts(starter)
    write_project(folder, files)
    if arguments.ci:
        from xconan.release.ci import Wish, write_pipeline

        place = write_pipeline(folder, Wish(service=arguments.ci))
        files[place.relative_to(folder).as_posix()] = ""
    commands = {f"cd {_shown(folder)}": "", **dict(starter.next_commands)}
    say(f"xconan: wrote {starter.name}, a package with a module in {starter.kind.about}; next:")
    for command, why in commands.items():
        say(f"    {command}" + (f"  # {why}" if why else ""))
    write_answer(arguments, facts={"project": str(folder), "files": [*files], "next": [*commands]}, lines=[folder])
    return 0


def _shown(folder: Path) -> str:
    """A folder as it is typed in this one."""
    import shlex

    here = Path.cwd()
    return shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))
