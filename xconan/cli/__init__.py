"""The command line: one small module a verb."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import offline
from xconan.cli.parser import make_parser
from xconan.ground.boundary import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `xconan ARGV` and return its exit code; docs/errors.md lists them."""
    arguments = make_parser().parse_args(argv)
    with guarded(as_json=getattr(arguments, "json", False), out=getattr(arguments, "out", None)), offline(arguments):
        code: int = arguments.verb(arguments)
        return code


if __name__ == "__main__":
    sys.exit(main())
