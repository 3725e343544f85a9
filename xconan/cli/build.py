"""`xconan build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import (
    add_json,
    add_project,
    add_targets,
    add_verbosity,
    chosen_targets,
    project_root,
    settings,
)
from xconan.cli.output import write_json, write_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Build a wheel in the environment that xconan runs in, which must have the project's build requirements "
        "(`python -m build` makes such an environment by itself). Prints the wheel's path."
    )
    add_project(parser)
    add_targets(parser)
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, default=None, help="where the wheel goes [PROJECT/dist]"
    )
    parser.add_argument(
        "--upload", metavar="REMOTE", default="",
        help="put the Conan packages that were built on this machine into this remote, once the wheel is there",
    )  # fmt: skip
    add_verbosity(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Build a wheel for each target; their paths are the only thing on standard output."""
    from xconan.conan.remotes import check_remote
    from xconan.ground.errors import Problems
    from xconan.pipeline import build_wheel
    from xconan.project.requirements import check_build_requirements
    from xconan.release.upload import upload

    root = project_root(arguments)
    check_build_requirements(root)
    out = (arguments.out or root / "dist").absolute()
    if arguments.upload:
        check_remote(arguments.upload)
    many = chosen_targets(arguments)
    targets = settings(arguments) if many is None else [one.settings for one in many]
    if len(targets) > 1:
        _plan_all(root, targets)
    wheels: list[str] = []
    uploaded: list[str] = []
    problems = Problems()
    for target in targets:
        wheels.append(str(out / build_wheel(root, out, target)))
        if not arguments.json:
            write_lines(wheels[-1:])
        if arguments.upload and not problems.found:  # a remote that failed once is not asked again
            with problems.collected():
                uploaded += upload(root, arguments.upload, target)
    problems.raise_if_any()
    if arguments.json:
        facts: dict[str, object] = {"wheel": wheels[0]} if len(wheels) == 1 else {"wheels": wheels}
        write_json({**facts, "uploaded": uploaded} if arguments.upload else facts)
    return 0


def _plan_all(root: Path, targets: Sequence[Mapping[str, object]]) -> None:
    """Find out what is wrong with any target before minutes go into the first."""
    from xconan.ground.errors import Problems
    from xconan.pipeline import plan_wheel

    problems = Problems()
    for target in targets:
        with problems.collected():
            plan_wheel(root, target)
    problems.raise_if_any()
