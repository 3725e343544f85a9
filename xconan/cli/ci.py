"""`xconan ci`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, project_root
from xconan.cli.output import write, write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Write a pipeline that builds the targets of [tool.xconan.matrix]: each platform's libraries once, kept in the "
        "service's cache; a job for each wheel; the source distribution; and, for tags, trusted publishing. Prints the "
        "file's path."
    )
    parser.add_argument("service", choices=("github", "gitlab"), help="whose pipeline")
    parser.add_argument(
        "project", metavar="PROJECT", nargs="?", type=Path, default=Path(), help="folder of pyproject.toml [.]"
    )
    parser.add_argument(
        "-o", "--out", metavar="FILE", default="",
        help="- prints it [.github/workflows/wheels.yml or .gitlab-ci.yml of the project]",
    )  # fmt: skip
    parser.add_argument("--python", metavar="VERSION", default="", help="that xconan runs in there [3.13]")
    parser.add_argument(
        "--xconan", metavar="SOURCE", default="",
        help="where pip gets xconan there: an address, git+https://HOST/PATH@COMMIT say, or a folder of the project "
        "that has its wheel [what [build-system] requires says, else the index]",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace a file that xconan has not written")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, or print it."""
    from xconan.release.ci import PYTHON, Wish, pipeline, write_pipeline

    root = project_root(arguments)
    wish = Wish(service=arguments.service, python=arguments.python or PYTHON, source=arguments.xconan)
    if arguments.out == "-":
        write(pipeline(root, wish))
        return 0
    place = write_pipeline(
        root, wish, place=Path(arguments.out).absolute() if arguments.out else None, force=arguments.force
    )
    write_answer(arguments, facts={"file": str(place)}, lines=[place])
    return 0
