"""`xconan build`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import project_root, settings
from xconan.errors import Problems
from xconan.pipeline import build_wheel, plan_wheel
from xconan.requirements import check_build_requirements

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def run(arguments: argparse.Namespace) -> int:
    """Build a wheel for each target; their paths are the only thing on standard output."""
    root = project_root(arguments)
    check_build_requirements(root)
    out = (arguments.out or root / "dist").absolute()
    chosen = settings(arguments)
    if len(chosen) > 1:
        _plan_all(root, chosen)
    wheels = []
    for one in chosen:
        wheels.append(str(out / build_wheel(root, out, one)))
        if sys.stdout is not None and not arguments.json:  # None: closed by whoever started us
            sys.stdout.write(f"{wheels[-1]}\n")
            sys.stdout.flush()
    if sys.stdout is not None and arguments.json:
        found: dict[str, object] = {"wheel": wheels[0]} if len(wheels) == 1 else {"wheels": wheels}
        sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _plan_all(root: Path, chosen: Sequence[Mapping[str, object]]) -> None:
    """Find out what is wrong with any target before minutes go into the first."""
    problems = Problems()
    for one in chosen:
        with problems.collected():
            plan_wheel(root, one)
    problems.raise_if_any()
