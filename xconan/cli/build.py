"""`xconan build`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import project_root, settings
from xconan.pipeline import build_wheel
from xconan.requirements import check_build_requirements

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Build the wheel; its path is the only thing on standard output."""
    root = project_root(arguments)
    check_build_requirements(root)
    out = (arguments.out or root / "dist").absolute()
    wheel = out / build_wheel(root, out, settings(arguments))
    sys.stdout.write(json.dumps({"wheel": str(wheel)}) + "\n" if arguments.json else f"{wheel}\n")
    return 0
