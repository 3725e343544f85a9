"""entry_points.txt: what a wheel offers by name, and the modules that hold it.

https://packaging.python.org/specifications/entry-points/
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class EntryPoint:
    """One line: `group` and `name` as they are written, and `module:attribute`, without what follows a dot."""

    group: str
    name: str
    module: str
    attribute: str


def read_entry_points(text: str) -> Iterator[EntryPoint]:
    """The entry points of a file; what refers to no module is left out.

    Raises:
        configparser.Error: it can't be read.
    """
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their case
    parser.read_string(text)
    for group in parser.sections():
        for name, value in parser.items(group):
            module, _, names = (part.strip() for part in value.partition("[")[0].partition(":"))
            first = names.partition(".")[0]
            if all(part.isidentifier() for part in module.split(".")):
                yield EntryPoint(group=group, name=name, module=module, attribute=first if first.isidentifier() else "")
