"""`xconan schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.cli.output import write_json

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Print the JSON schema of [tool.xconan], for editors and validators. Nothing of a project is read."
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from xconan.project.config.json_schema import json_schema

    del arguments
    write_json(json_schema(), indent=1)
    return 0
