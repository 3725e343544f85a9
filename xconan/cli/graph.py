"""`xconan graph`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import every_host, project_root
from xconan.ground.errors import ErrorGroup
from xconan.ground.files import write_text
from xconan.ground.run import say
from xconan.plan import as_json
from xconan.release.dependencies import look
from xconan.render.graph import html_page, text_lines

if TYPE_CHECKING:
    import argparse


def run(arguments: argparse.Namespace) -> int:
    """Show the graph, as far as it is known; then the errors that stand in the way of a build."""
    graph, errors = look(project_root(arguments), every_host(arguments))
    if arguments.html:
        write_text(arguments.html.absolute(), html_page(graph))
    if sys.stdout is not None:  # closed by whoever started us
        if arguments.json:
            facts = {"graph": as_json(graph), "errors": [fact for error in errors for fact in error.facts()]}
            sys.stdout.write(json.dumps(facts, indent=1) + "\n")
        elif arguments.html:
            sys.stdout.write(f"{arguments.html.absolute()}\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in text_lines(graph))
    if errors and arguments.json:  # where they stand beside the graph
        say(ErrorGroup(list(errors)).render())
        return errors[0].exit_code
    if errors:
        raise ErrorGroup(list(errors))
    return 0
