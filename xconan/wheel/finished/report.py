"""A wheel's file -> all that can be known from its bytes: the check that builds run, and that of the file itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.files import load_toml
from xconan.ground.record import Record
from xconan.wheel.check.deserved import Deserved, deserved
from xconan.wheel.check.modules import examine
from xconan.wheel.finished.claims import check_tags, hosts_of
from xconan.wheel.finished.contents import check_archive, check_ends
from xconan.wheel.finished.dist_info import read_dist_info
from xconan.wheel.finished.opened import UNREADABLE, opened, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.binary.finding import Finding
    from xconan.ground.files import Entry
    from xconan.wheel.finished.dist_info import DistInfo
    from xconan.wheel.finished.opened import Opened, Packed, WheelName

_TABLES = {
    "manylinux": "../check/manylinux.toml", "musllinux": "../check/musllinux.toml",
    "stable ABI": "../check/stable_abi.toml", "names of Python": "../check/python_names.toml",
    "tags of the index": "index_tags.toml",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelReport(Record):
    """What a wheel's bytes say of it.

    Attributes:
        path: of the file.
        name: what its name says: distribution, version, tags.
        findings: what is wrong, errors first; none for a wheel that is in order.
        deserved: the widest platform tag that its bytes deserve.
    """

    path: Path
    name: WheelName
    findings: tuple[Finding, ...]
    deserved: Deserved

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are no warnings."""
        return tuple(finding for finding in self.findings if not finding.warning)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are warnings."""
        return tuple(finding for finding in self.findings if finding.warning)


def report(path: Path) -> WheelReport:
    """Check a wheel.

    Args:
        path: of a wheel for any platform; nothing of it is run or unpacked to disk.

    Raises:
        CheckError: the file is no wheel, is cut off, or is a bomb.
        OSError: it can't be read.
    """
    try:
        with opened(path) as wheel:
            return _report(wheel)
    except UNREADABLE as error:
        raise unreadable(path, error) from None


def check_file(
    path: Path, called: str, *, binaries: bool = False, expected: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """What report() finds wrong with a wheel apart from its binaries: the archive, .dist-info and tags.

    Args:
        path: of a wheel that has been written, and is not in its place yet.
        called: the name that it is going to have there.
        binaries: these as well, by what the tags say, whatever host they were built for.
        expected: globs of libraries that the host has, whatever its platform tag says.

    Raises:
        CheckError: it is no wheel's name, or the file can't be read.
    """
    try:
        with opened(path, called) as wheel:
            info = read_dist_info(wheel)
            found = _of_file(wheel, info)
            if binaries:
                entries = list(_installed(wheel.entries, info, wheel.name))
                for host in hosts_of(wheel.name.tags, info.raw.get("requires_python", "")):
                    found += examine(entries, replace(host, expected=expected)).findings
            return _in_order(found)
    except UNREADABLE as error:
        raise unreadable(path, error) from None


def table_sources() -> dict[str, str]:
    """Where the tables of facts come from that wheels are compared with, and their versions, by what they are of."""
    return {
        what: str(load_toml(Path(__file__).parent / name)["source"]) for what, name in _TABLES.items()
    }  # fmt: skip


def _report(wheel: Opened) -> WheelReport:
    info = read_dist_info(wheel)
    requires_python = info.raw.get("requires_python", "")
    found = [*_of_file(wheel, info)]
    entries = list(_installed(wheel.entries, info, wheel.name))
    answers: list[Deserved] = []
    for host in hosts_of(wheel.name.tags, requires_python):
        examined = examine(entries, host)
        found += examined.findings
        answers.append(deserved(entries, examined, host))
    return WheelReport(path=wheel.path, name=wheel.name, findings=_in_order(found), deserved=_one(answers))


def _of_file(wheel: Opened, info: DistInfo) -> list[Finding]:
    tags = check_tags(wheel.name, info.raw.get("requires_python", ""))
    return [*check_archive(wheel.entries), *check_ends(wheel), *info.findings, *tags]


def _installed(entries: Sequence[Packed], info: DistInfo, name: WheelName) -> Iterator[Entry]:
    """The wheel's files by the names that they have once they are installed, without .dist-info."""
    tops = (f"{name.stem}.data/purelib/", f"{name.stem}.data/platlib/")
    for entry in entries:
        if entry.name in info.unreadable or entry.name.startswith(f"{info.folder}/"):
            continue
        top = next((top for top in tops if entry.name.startswith(top)), "")
        yield replace(entry, name=entry.name.removeprefix(top)) if top else entry


def _one(answers: Sequence[Deserved]) -> Deserved:
    """The one tag that all machines deserve; none where there are several."""
    if len({answer.tag for answer in answers}) == 1:
        return answers[0]
    return Deserved(
        tag="", because=("its tags name several machines",) if answers else ("no machine of its tags is known",)
    )


def _in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Each once, errors first."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.warning))
