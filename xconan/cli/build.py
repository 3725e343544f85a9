"""`xconan build`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import project_root, settings
from xconan.conan.remotes import check_remote
from xconan.ground.errors import Problems
from xconan.pipeline import build_wheel, plan_wheel
from xconan.project.requirements import check_build_requirements
from xconan.release.upload import upload

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def run(arguments: argparse.Namespace) -> int:
    """Build a wheel for each target; their paths are the only thing on standard output."""
    root = project_root(arguments)
    check_build_requirements(root)
    out = (arguments.out or root / "dist").absolute()
    if arguments.upload:
        check_remote(arguments.upload)
    chosen = settings(arguments)
    if len(chosen) > 1:
        _plan_all(root, chosen)
    wheels: list[str] = []
    uploaded: list[str] = []
    problems = Problems()
    for one in chosen:
        wheels.append(str(out / build_wheel(root, out, one)))
        if sys.stdout is not None and not arguments.json:  # None: closed by whoever started us
            sys.stdout.write(f"{wheels[-1]}\n")
            sys.stdout.flush()
        if arguments.upload and not problems.found:  # a remote that failed once is not asked again
            with problems.collected():
                uploaded += upload(root, arguments.upload, one)
    problems.raise_if_any()
    if sys.stdout is not None and arguments.json:
        found: dict[str, object] = {"wheel": wheels[0]} if len(wheels) == 1 else {"wheels": wheels}
        found |= {"uploaded": uploaded} if arguments.upload else {}
        sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _plan_all(root: Path, chosen: Sequence[Mapping[str, object]]) -> None:
    """Find out what is wrong with any target before minutes go into the first."""
    problems = Problems()
    for one in chosen:
        with problems.collected():
            plan_wheel(root, one)
    problems.raise_if_any()
