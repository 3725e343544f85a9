"""`xconan conan-recipe`, which recipes of wheels call; nothing that people type."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.in_conan.recipe import answer

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Answer a recipe's request as JSON."""
    found = answer(arguments.request.absolute())
    sys.stdout.write(json.dumps(found) + "\n" if found else "")
    return 0
