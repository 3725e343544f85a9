"""`xconan doctor`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.doctor import PROBLEM, examine
from xconan.ground.errors import ToolchainError
from xconan.plan import as_json

if TYPE_CHECKING:
    import argparse

    from xconan.doctor import Line


def run(arguments: argparse.Namespace) -> int:
    """Say what is in order; exit code 3 where builds for this machine can't work."""
    lines = []
    for line in examine(online=arguments.online):
        lines.append(line)
        if not arguments.json:
            _write(_text(line))
    healthy = all(line.state != PROBLEM for line in lines)
    if arguments.json:
        _write(json.dumps({"healthy": healthy, "lines": as_json(lines)}, indent=1))
    return 0 if healthy else ToolchainError.exit_code


def _write(text: str) -> None:
    if sys.stdout is not None:  # closed by whoever started us
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _text(line: Line) -> str:
    remedy = f"\n{'':30}help: {line.remedy}" if line.remedy else ""
    return f"{line.state:9}{line.about:21}{line.says}{remedy}"
