"""`xconan cache`: what is kept for all projects."""

from __future__ import annotations

import argparse
import math
import re
from typing import TYPE_CHECKING

from xconan.cli.arguments import Actions, add_json, run_action
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.release.kept import Kept

_UNITS = {"kB": 1000, "MB": 1000**2, "GB": 1000**3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes: an action."""
    parser.description = (
        "What xconan keeps for all projects, in $XCONAN_CACHE, else ~/.cache/xconan. A project's build folders are in "
        "the project (`xconan clean`), Conan's packages in Conan's own cache (`conan remove`, `conan cache clean`)."
    )
    actions = Actions(parser)
    action = actions.add(
        "list",
        show,
        line="what is kept",
        description="What is kept, how large it is, and for how long it was not used.",
    )
    action.add_argument("--each", action="store_true", help="a line for each part, in place of one for each kind")
    add_json(action)
    action = actions.add(
        "trim", shorten, line="remove what was not used lately",
        description="Remove what xconan makes anew by itself when it is needed. Host Pythons and ready-made toolchains "
        "stay: `xconan python remove`, `xconan toolchain remove`.",
    )  # fmt: skip
    action.add_argument(
        "--older", metavar="DAYS", type=_age, default=30.0, help="what was not used for so long [30]; 0 for all"
    )
    action.add_argument(
        "--below", metavar="SIZE", type=_size, default=None,
        help="and the oldest of the rest, until all that is kept is below this: 500MB, 2GB",
    )  # fmt: skip
    action.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    add_json(action)


run = run_action


def _size(text: str) -> int:
    """Bytes of "500MB".

    Raises:
        ArgumentTypeError: it is no size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB)", text)
    if match is None:
        message = f"'{text}' is no size; write a number with {', '.join(_UNITS)}, as 500MB"
        raise argparse.ArgumentTypeError(message)
    return int(float(match[1]) * _UNITS[match[2]])


def _age(text: str) -> float:
    """A number of days.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        message = f"'{text}' is no number of days from 0 on"
        raise argparse.ArgumentTypeError(message)
    return number


def show(arguments: argparse.Namespace) -> int:
    """Say what is kept."""
    from xconan.ground.files import cache_folder
    from xconan.release.kept import kept_in_cache

    kept = kept_in_cache()
    facts = {"cache": str(cache_folder()), "kept": [one.facts() for one in kept]}
    lines = [str(cache_folder()), *_lines(kept, each=arguments.each)]
    write_answer(arguments, facts=facts, lines=lines, indent=1)
    return 0


def shorten(arguments: argparse.Namespace) -> int:
    """Remove what was not used lately, and say what."""
    from xconan.ground.progress import counted
    from xconan.release.kept import trim
    from xconan.render.steps import shown_size

    removed = trim(older=arguments.older, below=arguments.below, dry=arguments.dry_run)
    total = shown_size(sum(one.size for one in removed))
    done = "would be removed" if arguments.dry_run else "removed"
    places = counted(len(removed), "place")
    lines = [*(str(one.path) for one in removed), f"{total} in {places} {done}"]
    facts = {"removed": [one.facts() for one in removed], "dry": arguments.dry_run}
    write_answer(arguments, facts=facts, lines=lines, indent=1)
    return 0


def _lines(kept: Sequence[Kept], *, each: bool) -> Iterator[str]:
    from xconan.render.matrix import table
    from xconan.render.steps import shown_size

    rows = [["SIZE", "LAST USED", "WHAT", "MADE AGAIN BY"]]
    for kind in dict.fromkeys(one.kind for one in kept):
        mine = [one for one in kept if one.kind == kind]
        if each:
            rows += [[shown_size(one.size), days(one.age), f"{kind}/{one.path.name}", one.again or "-"] for one in mine]
        else:
            size, age = sum(one.size for one in mine), min(one.age for one in mine)
            rows.append([shown_size(size), days(age), f"{kind}: {mine[0].about}", mine[0].again or "-"])
    yield from table(rows)
    yield f"{shown_size(sum(one.size for one in kept))} in all"


def days(age: float) -> str:
    """An age as people read it: "today", "3 days ago"."""
    number = int(age // 86_400)
    return "today" if number == 0 else f"{number} day{'s' if number > 1 else ''} ago"
