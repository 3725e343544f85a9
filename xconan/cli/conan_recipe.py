"""`xconan conan-recipe`, which recipes of wheels call; nothing that people type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.output import write_json

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = "What recipes of wheels call by themselves (docs/conan.md)."
    parser.add_argument("request", metavar="FILE", type=Path, help="the recipe's request, JSON")


def run(arguments: argparse.Namespace) -> int:
    """Answer a recipe's request as JSON."""
    from xconan.in_conan.recipe import answer

    if facts := answer(arguments.request.absolute()):
        write_json(facts)
    return 0
