"""`xconan index`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Write a package index of wheels and source distributions: a folder that any web server hands out, and that "
        "pip and uv install from. The folder holds what is named and nothing else; an index that is there is replaced."
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=Path, help="a wheel or source distribution, or a folder of them"
    )
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="the index's folder")
    parser.add_argument(
        "--yank", metavar="PATTERN[=REASON]", action="append", default=[],
        help="files that installers pass over unless that very version is asked for: 'demo-1.0-*=broken'",
    )  # fmt: skip
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the index and print its folder."""
    from xconan.wheel.finished.site import Yank, find_files, write_site

    out = arguments.out.absolute()
    parts = [text.partition("=") for text in arguments.yank]
    yanks = [Yank(pattern=pattern, reason=reason) for pattern, _, reason in parts]
    projects = write_site(out, find_files(arguments.paths), yanks)
    write_answer(arguments, facts={"site": str(out), "projects": projects}, lines=[out])
    return 0
