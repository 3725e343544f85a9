"""`xconan clean`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, project_root
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Remove a project's build folders, and what its releases have left there; wheels stay. The next build makes "
        "everything anew, with the libraries that Conan's cache has. A folder in which a build is at work stays."
    )
    parser.add_argument(
        "project", metavar="PROJECT", nargs="?", type=Path, default=Path(), help="folder of pyproject.toml [.]"
    )
    parser.add_argument(
        "--target", metavar="PATTERN", action="append", default=[],
        help="of these targets alone: cp311-linux_aarch64, 'cp3{11,12}-*'; may be repeated",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Remove them, and say what is gone and what stays."""
    from xconan.build_machine.buildenv import running_target
    from xconan.ground.progress import counted
    from xconan.project.config.project import read_project
    from xconan.project.config.settings import Settings
    from xconan.release.kept import kept_in_project, remove_builds
    from xconan.render.steps import shown_size

    root = project_root(arguments)
    project, _ = read_project(root, Settings(), running=running_target())
    pattern = project.cmake.build_path if project.cmake else ".xconan_cache/{build_config}"
    found = kept_in_project(root, pattern, arguments.target)
    gone, busy = (found, []) if arguments.dry_run else remove_builds(found)
    done = "would be removed" if arguments.dry_run else "removed"
    lines = [str(one.path) for one in gone]
    lines += [f"{one.path} stays: a build is at work there" for one in busy]
    lines.append(f"{shown_size(sum(one.size for one in gone))} in {counted(len(gone), 'place')} {done}")
    facts = {"removed": [one.facts() for one in gone], "busy": [str(one.path) for one in busy]}
    write_answer(arguments, facts={**facts, "dry": arguments.dry_run}, lines=lines, indent=1)
    return 0
