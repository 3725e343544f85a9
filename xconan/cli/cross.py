"""`xconan cross`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, add_offline
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    from xconan.project.config.records import KEYS

    parser.description = (
        "Write what is behind a target's name as files: cross.toml, CMake toolchain files with and without Python, "
        "Conan profile, compiler scripts and headers of the host's Python. They can be edited, moved and kept under "
        "version control, and `xconan build --cross FILE` makes the same wheel of them as of the name. Prints the "
        "paths of the cross.tomls."
    )
    parser.add_argument("targets", metavar="TARGET", nargs="+", help="host by name: cp311-manylinux_2_17_aarch64")
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="the folder to write them into")
    parser.add_argument(
        "--toolchain",
        choices=KEYS["cross"]["toolchain"].choices,
        help="compiler [this machine's cross gcc for linux_ tags, else zig]",
    )
    parser.add_argument(
        "--include-dir", metavar="DIR", type=Path, help="headers of the host's Python [the running Python's, adapted]"
    )
    add_offline(parser)
    parser.add_argument("--force", action="store_true", help="replace files that say something else")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the files; the cross.tomls' paths are the only thing on standard output."""
    from xconan.crossfiles import write_cross

    include = arguments.include_dir.absolute() if arguments.include_dir else None
    paths = write_cross(
        arguments.targets,
        arguments.out.absolute(),
        toolchain=arguments.toolchain,
        include_dir=include,
        force=arguments.force,
    )
    write_answer(arguments, facts={"cross": [str(path) for path in paths]}, lines=paths)
    return 0
