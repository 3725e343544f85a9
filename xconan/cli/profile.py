"""`xconan profile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.output import write

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Derive the Conan host profile from a cross.toml and its toolchain file, or for a target by name. "
        "`conan install -pr:h` takes it as it is, and `conan create` of a wheel reads its host from it."
    )
    parser.add_argument("files", metavar="FILE", nargs="*", type=Path, help="cross.toml; a later one is stronger")
    parser.add_argument(
        "--target", metavar="NAME", help="host by name: cp311-manylinux_2_17_aarch64; a FILE may say more about it"
    )
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help="write it there instead of printing it")
    parser.set_defaults(usage_error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Print the profile, or write it."""
    from xconan.host.targets import is_target

    for file in arguments.files:
        if not file.exists() and is_target(str(file)):
            arguments.usage_error(f"there is no file {file}; did you mean --target {file}?")
    if not (arguments.files or arguments.target):
        arguments.usage_error("no host is named: give a cross.toml, or --target NAME")
    from xconan.ground.files import write_text
    from xconan.in_conan.profile import profile

    text = profile([file.absolute() for file in arguments.files], target=arguments.target)
    if arguments.out:
        write_text(arguments.out.absolute(), text)
    else:
        write(text)
    return 0
