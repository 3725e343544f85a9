"""What is wrong with a file of a wheel."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.ground.record import Record


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Finding(Record):
    """One thing about a file in a wheel that would not work on the host.

    Attributes:
        file: its name in the wheel.
        message: what is wrong with it; the file's name stands before it when it is shown.
        hint: what to write or run.
        breaks_tag: it may work on the host at hand, but not on every host that the platform tag admits.
        warning: the wheel works, but probably not as its author wants.
    """

    file: str
    message: str
    hint: str = ""
    breaks_tag: bool = False
    warning: bool = False
