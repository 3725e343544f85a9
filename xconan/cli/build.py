"""`xconan build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import (
    add_json,
    add_project,
    add_targets,
    add_verbosity,
    as_environment,
    chosen_targets,
    planning_options,
    project_root,
    settings,
)
from xconan.cli.output import write_json, write_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from xconan.release.matrix import Chosen


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
        help="put the Conan packages that were built on this machine into this remote, once the wheel is there; with "
        "--libraries-only, once they are",
    )  # fmt: skip
    parser.add_argument(
        "-j", "--jobs", metavar="N", type=_count, default=0,
        help="compilers at once, of all targets together [as many as there are processors]",
    )  # fmt: skip
    tests = parser.add_mutually_exclusive_group()
    tests.add_argument(
        "--test", metavar="WHEN", nargs="?", const="yes", choices=("yes", "auto"), default=None,
        help="have each wheel tried on its host by [tool.xconan.test] before it is put in its place: its modules are "
        "imported and its command runs; --test=auto: where the host's Python can be run here",
    )  # fmt: skip
    tests.add_argument(
        "--no-test", action="store_true", help="with many targets: have no host's Python import its wheel"
    )
    parser.add_argument("--fail-fast", action="store_true", help="with many targets: the first that fails ends all")
    parser.add_argument(
        "--add-pythons", action="store_true",
        help="get the host Pythons that are missing, as xconan python add does",
    )  # fmt: skip
    parser.add_argument(
        "--libraries-only", action="store_true",
        help="have Conan build what is missing for the targets, and toolchains make ready, and no wheel",
    )  # fmt: skip
    parser.add_argument(
        "--plan", metavar="FILE", type=Path, default=None,
        help="build what was planned by xconan plan --all --json > FILE, or of one target; refused where the project, "
        "xconan, compilers or the host Pythons have changed since",
    )  # fmt: skip
    _add_cluster(parser)
    add_verbosity(parser)
    add_json(parser)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on", metavar="CLUSTER", default="",
        help="with many targets: build on a Dask cluster, tcp://SCHEDULER:8786; local:4 is one of four cores here",
    )  # fmt: skip
    parser.add_argument(
        "--store", metavar="REMOTE", default="",
        help="with --on: the Conan remote where workers put libraries and take them from",
    )  # fmt: skip
    parser.add_argument(
        "--patience", metavar="SECONDS", type=_count, default=None,
        help="with --on: for how long a scheduler, a worker or the store may be away [300]",
    )  # fmt: skip


def _count(text: str) -> int:
    """A number of at least one.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"'{text}' is no number from 1 on")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Build a wheel, or those of many targets; their paths are the only thing on standard output."""
    _check_plan(arguments)
    always = arguments.libraries_only or arguments.add_pythons or bool(arguments.on)
    many = [] if arguments.plan else chosen_targets(arguments, always=always)
    _check_cluster(arguments)
    return _build_one(arguments) if many is None else _build_many(arguments, many)


def _check_plan(arguments: argparse.Namespace) -> None:
    """Refuse to choose or to change what a plan says.

    Raises:
        ConfigError: or ErrorGroup.
    """
    from xconan.ground.errors import Problems

    given = {
        "--all": arguments.all, "--target": arguments.target, "--cross": arguments.cross, "-C": arguments.settings,
        "--profile:host": arguments.host_profiles, "--profile:build": arguments.build_profiles,
        "--build": arguments.modes, "--test": arguments.test,
    }  # fmt: skip
    changing = [name for name, value in given.items() if value and arguments.plan]
    if not changing:
        return
    from xconan.release.handed import planning
    from xconan.release.matrix import has_matrix

    root, options = project_root(arguments), planning_options(arguments)
    if not (arguments.all or arguments.target or arguments.cross) and has_matrix(root):
        options = ["--all", *options]
    problems = Problems()
    for option in changing:
        problems.add(
            f"the plan says what is built, and {option} would change it", file=option,
            hint=f"leave it out; or plan with it: {planning(options, arguments.plan, root)}",
        )  # fmt: skip
    problems.raise_if_any()


def _check_cluster(arguments: argparse.Namespace) -> None:
    """Refuse options that contradict each other, or would have no effect.

    Raises:
        ConfigError: or ErrorGroup: with what to write in their place.
    """
    from xconan.ground.errors import Problems
    from xconan.release.cluster import is_local

    problems, on = Problems(), arguments.on
    if on and arguments.upload:
        problems.add("with --on no library is built on this machine, so there is none to upload", file="--upload",
                     hint="--store REMOTE is where the workers put libraries")  # fmt: skip
    if arguments.store and not on:
        problems.add("--store is for the workers of a cluster, and none was named", file="--store",
                     hint="--on tcp://SCHEDULER:8786 names one; --upload REMOTE is for this machine")  # fmt: skip
    if arguments.store and is_local(on):
        problems.add(f"with --on {on} all share one Conan home, so no store is needed", file="--store",
                     hint="leave --store out; or name a scheduler, --on tcp://SCHEDULER:8786")  # fmt: skip
    if arguments.jobs and on:
        problems.add(
            "with --on the cluster says how many compilers there are, so --jobs has no effect", file="--jobs",
            hint=f"--on local:{arguments.jobs} is a cluster of so many cores here" if is_local(on) else
            f"leave --jobs out; dask worker {on} --nthreads {arguments.jobs} starts a worker of so many cores",
        )  # fmt: skip
    if arguments.patience and not on:
        problems.add("--patience is for what a cluster may lack for a while, and none was named", file="--patience",
                     hint="leave it out; or name a cluster, --on tcp://SCHEDULER:8786")  # fmt: skip
    problems.raise_if_any()


def _build_one(arguments: argparse.Namespace) -> int:
    from xconan.ground import reads
    from xconan.lines.component import build_component
    from xconan.pipeline import build_wheel
    from xconan.project.config.component import is_component
    from xconan.release.jobserver import told
    from xconan.release.upload import upload

    root, out = _begin(arguments)
    (target,) = settings(arguments)
    build = build_component if is_component(root) else build_wheel
    with as_environment(told(arguments.jobs) if arguments.jobs else {}):
        wheel = str(out / build(root, out, target))
    if not arguments.json:
        write_lines([wheel])
    if arguments.upload:
        reads.doubt("what a remote has can be another at any time")
    uploaded = upload(root, arguments.upload, target) if arguments.upload else []
    if arguments.json:
        write_json({"wheel": wheel, "uploaded": uploaded} if arguments.upload else {"wheel": wheel})
    return 0


def _build_many(arguments: argparse.Namespace, many: Sequence[Chosen]) -> int:
    from xconan.ground import reads
    from xconan.ground.errors import Problems
    from xconan.ground.report import say
    from xconan.release.build import build_release
    from xconan.release.handed import read_plan
    from xconan.release.upload import upload
    from xconan.release.wishes import Wishes

    reads.doubt("each wheel of many has a record of its own")
    root, out = _begin(arguments)
    plan = read_plan(arguments.plan.absolute(), root, out=out) if arguments.plan else None
    many = plan.chosen if plan else many
    wishes = Wishes(
        out=out,
        jobs=arguments.jobs,
        fail_fast=arguments.fail_fast,
        test=not arguments.no_test,
        libraries_only=arguments.libraries_only,
        add_pythons=arguments.add_pythons,
        on=arguments.on,
        store=arguments.store,
        patience=float(arguments.patience or Wishes.patience),
        plan=plan,
    )
    release = build_release(root, many, wishes)
    wheels = list(dict.fromkeys(str(out / one.wheel) for one in release.made if one.wheel))
    for line in release.lines():
        say(line)
    uploaded: list[str] = []
    problems = Problems()
    if arguments.upload:
        for one, made in zip(many, release.made, strict=True):
            done = (made.wheel or (arguments.libraries_only and not made.errors)) and not made.shares
            if done and not problems.found:  # a remote that failed once is not asked again
                with problems.collected():
                    uploaded += upload(root, arguments.upload, one.settings)
    with problems.collected():
        release.raise_if_any()
    if arguments.json:
        errors = [fact for error in problems for fact in error.facts()]
        write_json({"wheels": wheels, **release.facts(), "uploaded": uploaded, "errors": errors}, indent=1)
        return problems.found[0].exit_code if problems.found else 0
    write_lines(wheels)
    problems.raise_if_any()
    return 0


def _begin(arguments: argparse.Namespace) -> tuple[Path, Path]:
    """The project's folder and that of the wheels, once what was asked for is known to be there."""
    from xconan.conan.remotes import check_remote
    from xconan.ground.errors import ConfigError
    from xconan.project.requirements import check_build_requirements

    root = project_root(arguments)
    if arguments.out and arguments.out.suffix == ".whl" and not arguments.out.is_dir():
        raise ConfigError(
            "the folder of the wheel is asked for, whose own name is made of its tags", where=f"-o {arguments.out}",
            hint=f"-o {arguments.out.parent}",
        )  # fmt: skip
    check_build_requirements(root)
    for option in ("upload", "store"):
        if name := getattr(arguments, option):
            check_remote(name, root, f"--{option}")
    return root, (arguments.out or root / "dist").absolute()
