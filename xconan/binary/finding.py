"""What is wrong with a file of a wheel."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.ground.record import Record


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Finding(Record):
    """One thing about a file in a wheel that would not work on the host.

    `promise`: it may well work on the host at hand, but not on every one that the platform tag admits. `warning`: the
    wheel works as it is, but hardly as it is meant.
    """

    file: str
    message: str
    hint: str = ""
    promise: bool = False
    warning: bool = False
