"""`xconan task`, which `xconan build --all` runs for each task of a release; nothing that people type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = "What `xconan build --all` runs by itself (docs/matrix.md)."
    parser.add_argument("request", metavar="FILE", type=Path, help="the request, JSON")


def run(arguments: argparse.Namespace) -> int:
    """Do what the request says; the answer goes into the file that it names."""
    from xconan.ground.files import read_json
    from xconan.release.answers import wheel_answered

    request = read_json(arguments.request.absolute())
    if request["kind"] == "wheel" and "worker" not in request:
        wheel_answered(request, _work)
    else:
        _work(request)
    return 0


def _work(request: Mapping[str, object]) -> None:
    from xconan.release.work import work

    work(request)
