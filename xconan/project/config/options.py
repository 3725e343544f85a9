"""Variables for CMake, and options and confs for Conan, as a table's layers are merged into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OF_CONAN = {"On": "True", "Off": "False"}


@dataclass(frozen=True, eq=False, repr=False)
class Option:
    """A variable being merged.

    Attributes:
        items: what is joined with semicolons in the end.
        type: of CMake's types, "" for none.
        cleared: and nothing was said since; of what it was, the type is left.
        listed: it was written as a list, for whoever tells a list of one from a text.
        appended: all that was said is to be appended to what somebody else says.
    """

    items: tuple[str, ...]
    type: str = ""
    cleared: bool = False
    listed: bool = False
    appended: bool = False


def cmake_items(items: Sequence[object]) -> list[str]:
    """Items as CMake has them: bools as On and Off, semicolons in them escaped."""
    return [("On" if item else "Off") if isinstance(item, bool) else str(item).replace(";", "\\;") for item in items]


def flat_options(options: object) -> tuple[tuple[str, str, str], ...]:
    """Merged options as (name, type or "", value) with lists joined as CMake has them; None for no options."""
    return tuple((name, option.type, ";".join(option.items)) for name, option in _said(options).items())


def conan_options(options: object) -> tuple[tuple[str, str], ...]:
    """Merged options as (pattern:option, value) with bools as Conan has them; None for no options."""
    return tuple((name, _OF_CONAN.get(value, value)) for name, _type, value in flat_options(options))


def conan_confs(options: object) -> tuple[tuple[str, str], ...]:
    """The same for confs, whose lists Conan reads as Python's: ('tools.build:cflags', "['-O1', '-g']").

    A name that is only appended to ends in +, which makes Conan's NAME+=VALUE.
    """
    said = _said(options)
    listed = {
        name: repr([_OF_CONAN.get(item, item.replace("\\;", ";")) for item in option.items])
        for name, option in said.items() if option.listed or option.appended
    }  # fmt: skip
    return tuple(
        (f"{name}+" if said[name].appended else name, listed.get(name, value)) for name, value in conan_options(options)
    )


def _said(options: object) -> dict[str, Option]:
    merged = cast("Mapping[str, Option]", options or {})
    return {name: option for name, option in merged.items() if not option.cleared}
