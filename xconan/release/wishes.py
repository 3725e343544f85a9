"""How a release is to be built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.release.handed import HandedPlan


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a release is built.

    Attributes:
        out: where the wheels go.
        jobs: compilers at once; 0 for as many as there are processors.
        fail_fast: the first failure ends all.
        test: wheels are imported by their hosts' Pythons, as far as the matrix wants it.
        libraries_only: nothing is built but what wheels are built with.
        add_pythons: host Pythons that are missing are got first.
        on: a Dask cluster: tcp://HOST:8786 or local:N; "" for processes of this machine.
        store: the Conan remote where the workers of a cluster meet, by its name.
        patience: seconds that a scheduler, a store, or a worker that can do a task may be away.
        plan: that was handed out, and is built; None where all is planned now.
    """

    out: Path
    jobs: int = 0
    fail_fast: bool = False
    test: bool = True
    libraries_only: bool = False
    add_pythons: bool = False
    on: str = ""
    store: str = ""
    patience: float = 300.0
    plan: HandedPlan | None = None

    @property
    def tries_here(self) -> bool:
        """Whether wheels are tried on this machine, where that is asked for; workers have Pythons of their own."""
        return not (self.on or self.libraries_only)
