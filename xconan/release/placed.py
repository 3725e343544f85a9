"""The wheels that the workers of a cluster send: put into their place, and kept for a release that goes on later.

What is in its place is written down with what it was made from. Where xconan, its machine or the scheduler went before
all was made, the same command finds these wheels, and has the missing ones made. Once a release is whole, nothing is
kept: the next one asks the workers, who see more of what a wheel is made from, their own files outside of the project.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from xconan.ground.errors import MachineError
from xconan.ground.files import digest, file_digest, read_json, write_json
from xconan.ground.report import say
from xconan.release.tasks import Kind
from xconan.wheel.pack import check_written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.project.config.records import WheelConfig
    from xconan.release.cluster import Delivery
    from xconan.release.tasks import Task


class Placed:
    """The wheels of a release.

    Attributes:
        names: of those that are in their place, by task.
    """

    def __init__(self, delivery: Delivery, *, out: Path, wheels: Mapping[str, WheelConfig], record: Path) -> None:
        """The wheels of a release.

        Args:
            delivery: what workers are handed: what wheels are made from.
            out: where they go.
            wheels: by target, how its wheel is to be.
            record: the file of what is in its place.
        """
        self.names: dict[str, str] = {}
        self._out, self._wheels, self._record = out, wheels, record
        self._keys = _keys(delivery)
        noted = cast("dict[str, dict[str, Any]]", read_json(record).get("wheels", {}))
        self._noted = {
            name: one for name, one in noted.items()
            if one.get("key") == self._keys.get(name) and file_digest(out / one["wheel"]) == one["sha256"]
        }  # fmt: skip
        if self._noted:
            of_all = f"{len(self._noted)} of {len(wheels)} wheels"
            say(f"xconan: {of_all} are there from an earlier run, which was not finished")

    def kept(self, task: Task) -> Mapping[str, object]:
        """The result of a wheel's task that an earlier run has done; {} for all others."""
        one = self._noted.get(task.subject) if task.kind is Kind.WHEEL else None
        if one is None:
            return {}
        self.names[task.name] = one["wheel"]
        return {"wheel": one["wheel"], "size": one["size"], "unchanged": True}

    def place(self, task: Task, answer: Mapping[str, Any]) -> dict[str, object]:
        """Put a wheel into its place: checked, whole or not at all; one that is there just so stays.

        Raises:
            CheckError: an archive, list or tag is wrong.
            MachineError: it is not as the worker has made it.
        """
        name, data = str(answer["result"]["wheel"]), bytes(answer["wheel"])
        found = sha256(data).hexdigest()
        if found != answer["sha256"] or PurePosixPath(name).name != name or not name.endswith(".whl"):
            raise MachineError(f"{name} has changed on its way", where=str(answer["worker"]), hint="build it again")
        place = self._out / name
        unchanged = file_digest(place) == found
        if not unchanged:
            self._out.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(f".{name}.part")
            try:
                beside.write_bytes(data)
                check_written(beside, name, self._wheels[task.subject])
                beside.replace(place)
            finally:
                beside.unlink(missing_ok=True)
        self.names[task.name] = name
        self._note(task.subject, {"wheel": name, "sha256": found, "size": len(data)})
        return {"size": len(data), "unchanged": unchanged}

    def forget(self) -> None:
        """All is made."""
        self._record.unlink(missing_ok=True)

    def _note(self, target: str, facts: dict[str, Any]) -> None:
        if key := self._keys.get(target):
            self._noted[target] = {**facts, "key": key}
            write_json(self._record, {"wheels": self._noted})


def _keys(delivery: Delivery) -> dict[str, str]:
    """By target what its wheel is made from, as a digest: the project, the lock, the plan, and xconan itself."""
    common = {name: value for name, value in delivery.document.items() if name != "targets"}
    return {name: digest(delivery.digest, delivery.lock, common, one) for name, one in delivery.targets.items()}
