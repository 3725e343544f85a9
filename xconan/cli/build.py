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
    """Build a wheel for each target; their paths are the only thing on standard output."""
    root = project_root(arguments)
    check_build_requirements(root)
    out = (arguments.out or root / "dist").absolute()
    wheels = [str(out / build_wheel(root, out, one)) for one in settings(arguments)]
    if sys.stdout is None:  # closed by whoever started us
        return 0
    if arguments.json:
        found: dict[str, object] = {"wheel": wheels[0]} if len(wheels) == 1 else {"wheels": wheels}
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.writelines(f"{wheel}\n" for wheel in wheels)
    return 0
