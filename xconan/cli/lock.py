"""`xconan lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, add_project, add_verbosity, every_host, project_root
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Write the versions and revisions of all recipes that the targets need into one conan.lock, beside the "
        "conanfile or pyproject.toml; builds then use these alone. What is locked already is kept. --target and "
        "--cross may be repeated; without any target this machine's packages are locked. Prints the file's path."
    )
    add_project(parser, "another host")
    parser.add_argument("--upgrade", action="store_true", help="lock everything anew, by the newest that remotes have")
    add_verbosity(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write conan.lock and print its path."""
    from xconan.release.dependencies import lock

    file = lock(project_root(arguments), every_host(arguments), upgrade=arguments.upgrade)
    write_answer(arguments, facts={"lockfile": str(file)}, lines=[file])
    return 0
