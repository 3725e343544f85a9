"""`xconan doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json
from xconan.cli.output import write_json, write_lines
from xconan.ground.errors import ToolchainError

if TYPE_CHECKING:
    import argparse

    from xconan.doctor import Line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Look at everything that builds need of this machine: Python and its headers, cmake, ninja, compilers, Conan "
        "and its remotes, emulators, caches, disk. Exit code 0 if builds for this machine can work, else 3."
    )
    parser.add_argument("--online", action="store_true", help="ask Conan's remotes for an answer, too")
    add_json(parser, "the same facts for programs")


def run(arguments: argparse.Namespace) -> int:
    """Say what is in order; exit code 3 where builds for this machine can't work."""
    from xconan.doctor import PROBLEM, examine
    from xconan.plan import as_json

    lines = []
    for line in examine(online=arguments.online):
        lines.append(line)
        if not arguments.json:
            write_lines([_text(line)])
    healthy = all(line.state != PROBLEM for line in lines)
    if arguments.json:
        write_json({"healthy": healthy, "lines": as_json(lines)}, indent=1)
    return 0 if healthy else ToolchainError.exit_code


def _text(line: Line) -> str:
    remedy = f"\n{'':30}help: {line.remedy}" if line.remedy else ""
    return f"{line.state:9}{line.about:21}{line.says}{remedy}"
