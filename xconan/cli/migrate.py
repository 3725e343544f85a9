"""`xconan migrate`."""

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
        "Rewrite pyproject.toml of a project of py-build-cmake, scikit-build-core, conan-py-build, or setuptools with "
        "CMake for xconan, with its comments. Says what became of each key, and what has no equivalent. "
        "Needs xconan[migrate]."
    )
    parser.add_argument(
        "project", metavar="PROJECT", nargs="?", type=Path, default=Path(), help="folder of pyproject.toml [.]"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="print the new file, and write nothing")
    add_json(parser, "what became of each key, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Write the new pyproject.toml, and say what became of each key."""
    from xconan.ground.files import write_text
    from xconan.ground.report import say
    from xconan.migrate.project import migrate

    root = project_root(arguments).absolute()
    text, outcome = migrate(root)
    lines = [f"{old} -> {new}" for old, new in outcome.moved]
    lines += [f"{old}: not needed: {why}" for old, why in outcome.dropped]
    lines += [f"{old}: no equivalent: {instead}" for old, instead in outcome.missing]
    facts = {
        "backend": outcome.backend, "text": text, "moved": outcome.moved, "not_needed": outcome.dropped,
        "no_equivalent": outcome.missing, "written": not arguments.dry_run,
    }  # fmt: skip
    if arguments.dry_run:
        say("\n".join(lines))
        write_answer(arguments, facts=facts, lines=[text.rstrip()])
        return 0
    write_text(root / "pyproject.toml", text)
    write_answer(arguments, facts=facts, lines=lines)
    return 0
