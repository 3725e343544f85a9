"""`xconan task`, which `xconan build --all` runs for each task of a release; nothing that people type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = "What `xconan build --all` runs by itself (docs/matrix.md)."
    parser.add_argument("request", metavar="FILE", type=Path, help="the request, JSON")


def run(arguments: argparse.Namespace) -> int:
    """Do what the request says; the answer goes into the file that it names."""
    from xconan.release.work import work

    work(arguments.request.absolute())
    return 0
