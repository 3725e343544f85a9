"""`xconan lock`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import every_host, project_root
from xconan.release.dependencies import lock

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Write conan.lock and print its path."""
    file = lock(project_root(arguments), every_host(arguments), upgrade=arguments.upgrade)
    if sys.stdout is not None:  # closed by whoever started us
        sys.stdout.write(json.dumps({"lockfile": str(file)}) + "\n" if arguments.json else f"{file}\n")
    return 0
