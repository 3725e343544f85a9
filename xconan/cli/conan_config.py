"""`xconan conan-config`."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from xconan.ground.run import say
from xconan.in_conan.config import usual_targets, write_conan_config

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Write the folder; its path is the only thing on standard output."""
    out = arguments.out.absolute()
    profiles = write_conan_config(out, arguments.target or usual_targets())
    say(f"xconan: now: conan config install {shlex.quote(str(out))}")
    if sys.stdout is None:  # closed by whoever started us
        return 0
    if arguments.json:
        sys.stdout.write(json.dumps({"folder": str(out), "profiles": [str(path) for path in profiles]}) + "\n")
    else:
        sys.stdout.write(f"{out}\n")
    return 0
