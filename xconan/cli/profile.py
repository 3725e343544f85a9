"""`xconan profile`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xconan.ground.files import write_text
from xconan.in_conan.profile import profile

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Print the profile, or write it."""
    if not (arguments.files or arguments.target):
        arguments.usage_error("no host is named: give a cross.toml, or --target NAME")
    text = profile([file.absolute() for file in arguments.files], target=arguments.target)
    if arguments.out:
        write_text(arguments.out.absolute(), text)
    else:
        sys.stdout.write(text)
    return 0
