"""Pure: which words of a compiler's line let it use instructions that some hosts of a platform tag lack.

The table is instructions.toml. `-mtune` is in none of its rows: it chooses among instructions that all have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.files import load_toml
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.host.platforms import Platform

_NAMED = re.compile(r"-m(?P<kind>arch|cpu)=(?P<name>.+)")
_OPTION = re.compile(r"-m(?P<no>no-)?(?P<name>.+)|(?P<msvc>[-/]arch:.+)")
# Intel's compilers: https://www.intel.com/content/www/us/en/docs/dpcpp-cpp-compiler, "xHost"
_NATIVE = re.compile(r"-m(arch|cpu)=native|[-/]Q?x(host|HOST|Host)")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Baseline(Record):
    """One row of instructions.toml, where the columns are explained."""

    baseline: str
    names: re.Pattern[str]
    options: re.Pattern[str]


def baseline_of(platform: Platform) -> Baseline | None:
    """What every host of the tag has; None for a platform of several architectures, whose parts have their own."""
    return _table().get((platform.os, platform.arch.name))


def is_native(word: str) -> bool:
    """Whether it compiles for the processor of the machine that compiles."""
    return _NATIVE.fullmatch(word) is not None


def beyond(words: Sequence[str], platform: Platform) -> list[int]:
    """Which words leave the baseline, by their places; of those that contradict each other the last counts.

    Args:
        words: of one line, as the compiler gets them.
        platform: the tag's.
    """
    row = baseline_of(platform)
    found: dict[str, int] = {}
    for place, word in enumerate(words if row else ()):
        before = words[place - 1] if place else ""
        if before.startswith("-Xarch_") and before != f"-Xarch_{platform.arch.name}":
            continue
        if before == "-arch":
            word = f"-march-{word.replace('_', '-')}"  # noqa: PLW2901 - Apple's way to say it, in two words
        name, leaves = _judged(word, cast("Baseline", row))
        if leaves:
            found[name] = place
        elif name:
            found.pop(name, None)
    return sorted(found.values())


def _judged(word: str, row: Baseline) -> tuple[str, bool]:
    """What a word is about, "" for anything else, and whether it leaves the baseline."""
    named = _NAMED.fullmatch(word)
    if is_native(word):
        return (named["kind"] if named else "arch"), True
    if named:
        return named["kind"], not row.names.fullmatch(named["name"].lower().replace("_", "-"))
    option = _OPTION.fullmatch(word)
    if option is None:
        return "", False
    if option["msvc"]:
        return "arch", row.options.fullmatch(f"/{option['msvc'][1:].lower()}") is not None
    name = option["name"]
    kind = name.partition("=")[0]
    if kind in ("tune", "prefer-vector-width"):
        return "", False
    return kind, not option["no"] and row.options.fullmatch(name) is not None


@cache
def _table() -> dict[tuple[str, str], Baseline]:
    table = cast("dict[str, dict[str, dict[str, str]]]", load_toml(Path(__file__).with_suffix(".toml")))
    return {
        (os, arch): Baseline(
            baseline=row["baseline"], names=re.compile(row["names"]), options=re.compile(row["options"])
        )
        for os, rows in table.items()
        for arch, row in rows.items()
    }
