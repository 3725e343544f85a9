"""The command line: one module a verb, with its arguments, its run() and what it prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import as_environment
from xconan.cli.output import write_errors
from xconan.cli.parser import parse
from xconan.ground.boundary import guarded
from xconan.ground.encoding import use_utf8

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `xconan ARGV` and return its exit code; docs/errors.md lists them."""
    if argv is None:
        use_utf8()
    arguments = parse(sys.argv[1:] if argv is None else argv)
    report = write_errors if getattr(arguments, "json", False) else None
    with as_environment(arguments), guarded(report=report, out=getattr(arguments, "out", None)):
        code: int = arguments.run(arguments)
        return code


if __name__ == "__main__":
    sys.exit(main())
