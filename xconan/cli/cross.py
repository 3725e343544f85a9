"""`xconan cross`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.crossfiles import write_cross

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Write the files; the cross.tomls' paths are the only thing on standard output."""
    include = arguments.include_dir.absolute() if arguments.include_dir else None
    paths = write_cross(
        arguments.targets,
        arguments.out.absolute(),
        toolchain=arguments.toolchain,
        include_dir=include,
        force=arguments.force,
    )
    if sys.stdout is None:  # closed by whoever started us
        return 0
    if arguments.json:
        sys.stdout.write(json.dumps({"cross": [str(path) for path in paths]}) + "\n")
    else:
        sys.stdout.writelines(f"{path}\n" for path in paths)
    return 0
