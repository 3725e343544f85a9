"""`xconan conan-config`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Write a folder for `conan config install`: the commands `conan xconan:wheel` and `conan xconan:profile`, host "
        "profiles, the deployer xconan_wheels, and the recipe xconan, which recipes of wheels extend. Prints the "
        "folder."
    )
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="the folder to write")
    parser.add_argument(
        "--target", metavar="NAME", action="append", default=[],
        help="host by name to write a profile for, may be repeated "
        "[the running Python on every host that there is a compiler for]",
    )  # fmt: skip
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the folder; its path is the only thing on standard output."""
    from xconan.ground.report import say
    from xconan.in_conan.config import usual_targets, write_conan_config

    out = arguments.out.absolute()
    profiles = write_conan_config(out, arguments.target or usual_targets())
    say(f"xconan: now: conan config install {shlex.quote(str(out))}")
    write_answer(arguments, facts={"folder": str(out), "profiles": [str(path) for path in profiles]}, lines=[out])
    return 0
