"""`xconan graph`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json, add_project, add_verbosity, every_host, project_root
from xconan.cli.output import write_answer
from xconan.ground.errors import ErrorGroup

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Resolve what the project asks of Conan for each target, and show the packages: in Conan's cache, to download, "
        "to build, this machine's own, or the reason why not. Recipes are fetched; nothing is built."
    )
    add_project(parser, "another host")
    add_verbosity(parser)
    add_json(parser, "the graph and its errors, for programs")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page to look at; it needs no network")


def run(arguments: argparse.Namespace) -> int:
    """Show the graph, as far as it is known; then the errors that stand in the way of a build."""
    from xconan.ground.files import write_text
    from xconan.ground.report import say
    from xconan.plan import as_json
    from xconan.release.dependencies import look
    from xconan.render.graph import text_lines
    from xconan.render.graph_page import graph_page

    graph, errors = look(project_root(arguments), every_host(arguments))
    page = arguments.html.absolute() if arguments.html else None
    if page:
        write_text(page, graph_page(graph).text)
    facts = {"graph": as_json(graph), "errors": [fact for error in errors for fact in error.facts()]}
    write_answer(arguments, facts=facts, lines=[page] if page else text_lines(graph), indent=1)
    if errors and arguments.json:  # where they stand beside the graph
        say(ErrorGroup(list(errors)).render())
        return errors[0].exit_code
    if errors:
        raise ErrorGroup(list(errors))
    return 0
