"""The answer of a task's process, and a wheel in which nothing has changed, answered at the door.

Imported before it is known whether there is anything to do, so it imports next to nothing.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground import reads
from xconan.ground.door import knock
from xconan.ground.errors import XconanError
from xconan.ground.files import write_json
from xconan.release.claims import claim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_OF_THE_RELEASE = ("MAKEFLAGS",)  # the job server's pipe, which each run has at another place


def wheel_answered(request: Mapping[str, object], work: Callable[[Mapping[str, object]], None]) -> None:
    """Answer the request for a wheel from what its last build has read, or have the work done and note what it reads.

    Args:
        request: of a wheel, on this machine.
        work: does what a request says and writes the answer.

    Raises:
        XconanError: of the work.
    """
    begun = time.monotonic()
    root, out = str(request["root"]), str(request["out"])
    visit = knock("wheel of a release", root, request["settings"], out=out, ignored=_OF_THE_RELEASE, root=root)
    if visit.wheels:
        wheel = Path(visit.wheels[0])
        try:
            claim(request, wheel, wheel.name)
        except XconanError as error:
            write_answer(request, begun, errors=error.facts())
            raise
        visit.tell()
        write_answer(request, begun, result={"wheel": wheel.name, "size": wheel.stat().st_size, "unchanged": True})
        return
    work(request)
    reads.decides_nothing(Path(str(request["answer"])))
    if all(".whl" in name for name in reads.names(out)):  # others put their wheels there meanwhile
        reads.decides_nothing(Path(out))
    visit.remember()


def write_answer(request: Mapping[str, object], begun: float, **answer: object) -> None:
    """Write the answer where the request wants it, with what it took.

    Args:
        request: of the task.
        begun: when, as time.monotonic() has it.
        answer: the result, or the errors.
    """
    write_json(Path(str(request["answer"])), {**answer, **_took(begun)})


def _took(begun: float) -> dict[str, object]:
    """The time of all processors that we and our programs took, and the most memory that one of us had."""
    if sys.platform == "win32":
        return {"cpu": time.monotonic() - begun, "memory": 0}
    import resource  # noqa: PLC0415 - not on Windows

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu": round(sum(one.ru_utime + one.ru_stime for one in used), 2),
        "memory": max(one.ru_maxrss for one in used) * unit,
    }
