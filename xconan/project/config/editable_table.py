"""The keys of `[tool.xconan.editable]`."""

from __future__ import annotations

from dataclasses import dataclass, field

from xconan.ground.record import Record
from xconan.project.config.schema import Kind, key

# a key reads as a row
# fmt: off


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EditableConfig(Record):
    """`[tool.xconan.editable]`: how `pip install -e` has the project imported from its own folder (PEP 660)."""

    mode: str = field(default="symlink", metadata=key(
        Kind.STRING, "symlink: a tree of links to the Python files beside what CMake made; hook: an import hook that "
        "searches both; wrapper: a package that leads to both.", choices=("wrapper", "hook", "symlink"),
    ))
    build_hook: bool = field(default=False, metadata=key(
        Kind.BOOL, "Build what has changed when the project is first imported in a process.",
    ))
