"""The wheels that the workers of a cluster send: put into their place, and kept for a release that goes on later.

What is in its place is written down with what it was made from. Where xconan, its machine or the scheduler went before
all was made, the same command finds these wheels, and has the missing ones made. Once a release is whole, none of its
wheels is kept: the next one asks the workers, who see more of what a wheel is made from, their own files outside of the
project. A wheel whose test failed is not kept either, nor one of workers on this machine: they ask no store, resolve
by no lockfile of the release, and answer at the door what has not changed.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from xconan.ground.errors import MachineError
from xconan.ground.files import digest, file_digest, read_json, write_json
from xconan.ground.report import say
from xconan.release.claims import taken
from xconan.release.tasks import Kind
from xconan.wheel.pack import check_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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
            wheels: by target that makes one, how its wheel is to be.
            record: the file of what is in its place.
        """
        self.names: dict[str, str] = {}
        self._out, self._wheels, self._record = out, wheels, record
        self._keys = _keys(delivery)
        self._whole = True  # nothing has failed yet
        self._ended: dict[str, str] = {}  # targets by task, of wheels whose tasks have ended
        # those of other targets, too
        self._noted = cast("dict[str, dict[str, Any]]", read_json(record).get("wheels", {}))
        self._there = {
            name: one for name, one in self._noted.items()
            if name in wheels and self._is_there(one, self._keys.get(name))
        }  # fmt: skip
        if self._there:
            of_all = f"{len(self._there)} of {len(wheels)} wheels"
            say(f"xconan: {of_all} are there from an earlier run, which was not finished")

    def kept(self, task: Task) -> Mapping[str, object]:
        """The result of a wheel's task that an earlier run has done; {} for all others."""
        one = self._there.get(task.subject) if task.kind is Kind.WHEEL else None
        if one is None:
            return {}
        self.names[task.name] = one["wheel"]
        return {"wheel": one["wheel"], "size": one["size"], "unchanged": True}

    def place(self, task: Task, answer: Mapping[str, Any]) -> dict[str, object]:
        """Put a wheel into its place: checked, whole or not at all; one that is there just so stays.

        Raises:
            CheckError: an archive, list or tag is wrong.
        ConfigError: another target's wheel stands there in this release.
            MachineError: it is not as the worker has made it.
        """
        name, data = str(answer["result"]["wheel"]), bytes(answer["wheel"])
        found = sha256(data).hexdigest()
        if found != answer["sha256"] or PurePosixPath(name).name != name or not name.endswith(".whl"):
            raise MachineError(f"{name} has changed on its way", where=str(answer["worker"]), hint="build it again")
        place = self._out / name
        unchanged = file_digest(place) == found
        first = next((one for one, wheel in self.names.items() if wheel == name and one != task.name), "")
        if first and not unchanged:
            raise taken(name, first.partition(" ")[2], task.subject)
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

    def ended(self, task: Task, code: int) -> None:
        """Note how a task has ended: what failed its test is made anew by the next release."""
        self._whole = self._whole and not code
        if task.kind is Kind.WHEEL:
            self._ended[task.name] = task.subject
        elif task.kind is Kind.TEST and code:
            self._forget([self._ended[name] for name in task.after if name in self._ended])

    def close(self) -> None:
        """The release has ended: where all of it was made, the next one asks the workers for its wheels anew."""
        if self._whole:
            self._forget(self._ended.values())

    def _is_there(self, one: Mapping[str, Any], key: str | None) -> bool:
        return key is not None and one.get("key") == key and file_digest(self._out / one["wheel"]) == one["sha256"]

    def _note(self, target: str, facts: dict[str, Any]) -> None:
        if key := self._keys.get(target):
            self._noted[target] = {**facts, "key": key}
            write_json(self._record, {"wheels": self._noted})

    def _forget(self, targets: Iterable[str]) -> None:
        left = {name: one for name, one in self._noted.items() if name not in set(targets)}
        if not left:
            self._record.unlink(missing_ok=True)
        elif left != self._noted:
            write_json(self._record, {"wheels": left})
        self._noted = left


def _keys(delivery: Delivery) -> dict[str, str]:
    """By target what its wheel is made from, as a digest: the project, the lock, the plan, and xconan itself.

    {} of workers on this machine: no lock says by which recipes they resolve.
    """
    if delivery.trusted:
        return {}
    common = {name: value for name, value in delivery.document.items() if name != "targets"}
    return {name: digest(delivery.digest, delivery.lock, common, one) for name, one in delivery.targets.items()}
