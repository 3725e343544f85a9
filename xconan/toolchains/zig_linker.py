"""What zig's linker does not take of the options in public build files: zig_linker.toml for the compiler scripts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import cast

from xconan.ground.files import load_toml
from xconan.render.compilers import LinkerOptions, RefusedOptions

_TABLE = Path(__file__).with_suffix(".toml")


@cache
def linker_options(system: str) -> LinkerOptions:
    """The options for a system of the table of platforms.

    On macOS a word with one hyphen means something else than for GNU ld, lld and gold.
    """
    table = load_toml(_TABLE)
    left = cast("dict[str, list[str]]", table["left_out"])
    refused = cast("list[dict[str, object]]", table["refused"])

    def here(names: object) -> tuple[str, ...]:
        return tuple(name for name in cast("list[str]", names) if system != "mac" or name.startswith("--"))

    return LinkerOptions(
        left_out=here(left["options"]),
        left_out_with_value=here(left["with_value"]),
        refused=tuple(
            RefusedOptions(reason=str(row["reason"]), options=names)
            for row in refused
            if (names := here(row["options"]))
        ),
    )
