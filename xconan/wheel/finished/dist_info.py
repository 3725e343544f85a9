"""A wheel's .dist-info against its name and its files: WHEEL, METADATA and RECORD.

https://packaging.python.org/specifications/binary-distribution-format/ and recording-installed-packages/.
"""

from __future__ import annotations

import configparser
import csv
import email
import email.policy
import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.metadata import ExceptionGroup, InvalidMetadata, Metadata, RawMetadata, parse_email
from packaging.utils import canonicalize_name, canonicalize_version

from xconan.binary.finding import Finding
from xconan.ground.errors import listed
from xconan.wheel.check.entry_points import read_entry_points
from xconan.wheel.check.unanswered import absent_module, lacks_name
from xconan.wheel.finished.contents import read_digests
from xconan.wheel.finished.opened import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from xconan.ground.files import Entry
    from xconan.wheel.finished.contents import Digest
    from xconan.wheel.finished.opened import Opened, Packed, WheelName

_AGAIN = "let a build backend write it"
_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_WEAK = ("md5", "sha1")  # that the specification forbids
_SHOWN = 3
_LARGEST = 16 << 20  # bytes of one of these texts
_LIBRARIES = re.compile(r"^[^/]+\.data/(pure|plat)lib/")  # what goes beside all else
_TABLES_OF_GROUPS = {"console_scripts": "project.scripts", "gui_scripts": "project.gui-scripts"}
_SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")


@dataclass(kw_only=True)
class DistInfo:
    """What a wheel says of itself, as far as it can be read.

    Attributes:
        folder: its name, "" where there is none.
        raw: METADATA's fields, as packaging names them.
        wheel: WHEEL's fields: all values by name in lower case.
        unreadable: files of the wheel that can't be unpacked.
        findings: what is wrong.
    """

    folder: str = ""
    raw: RawMetadata = field(default_factory=lambda: RawMetadata())  # noqa: PLW0108 - a TypedDict is no factory of its own type
    wheel: dict[str, list[str]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def read(self, entries: Sequence[Packed], algorithms: Mapping[str, str]) -> dict[str, Digest]:
        """Read every file of the wheel once, and note those that can't be."""
        digests, damaged = read_digests(entries, algorithms)
        self.unreadable |= {finding.file for finding in damaged}
        self.findings += damaged
        return digests

    def say(self, file: str, message: str, hint: str = _AGAIN, *, warning: bool = False) -> None:
        """Note a finding about one of its files."""
        self.findings.append(Finding(file=f"{self.folder}/{file}", message=message, hint=hint, warning=warning))


def read_dist_info(wheel: Opened) -> DistInfo:
    """Read and compare everything in .dist-info; each file of the wheel is read once."""
    found = DistInfo()
    folders = sorted({entry.name.split("/")[0] for entry in wheel.entries if ".dist-info/" in entry.name})
    folders = [folder for folder in folders if folder.endswith(".dist-info")]
    if len(folders) != 1:
        has = f"it has {listed(folders)}" if folders else "it has none"
        found.findings.append(Finding(
            file=wheel.name.file, message=f"a wheel has one folder NAME-VERSION.dist-info; {has}",
            hint="leave the others out, which are of other distributions" if folders else _AGAIN,
        ))  # fmt: skip
        found.read(wheel.entries, {})
        return found
    found.folder = folders[0]
    if not _same_release(found.folder.removesuffix(".dist-info"), wheel.name):
        found.findings.append(Finding(file=found.folder, message=f"it is not named {wheel.name.stem}, as the wheel is",
                                      hint="rename neither by hand: build the wheel again"))  # fmt: skip
    texts = _read_texts(wheel, found)
    _check_wheel(texts.get("WHEEL"), wheel.name, found)
    _check_metadata(texts.get("METADATA"), wheel, found)
    _check_entry_points(texts.get("entry_points.txt"), wheel, found)
    _check_record(texts.get("RECORD"), wheel, found)
    for entry in wheel.entries:
        top, _, rest = entry.name.partition("/")
        if top.endswith(".data") and _same_release(top.removesuffix(".data"), wheel.name):
            scheme = rest.partition("/")[0]
            if scheme not in _SCHEMES:
                found.findings.append(Finding(
                    file=entry.name, message=f"no installer knows where {scheme}/ of {top} goes",
                    hint=f"there are {', '.join(_SCHEMES)}"))  # fmt: skip
    return found


def _read_texts(wheel: Opened, found: DistInfo) -> dict[str, bytes]:
    texts: dict[str, bytes] = {}
    for name in ("WHEEL", "METADATA", "RECORD", "entry_points.txt"):
        entries = [entry for entry in wheel.entries if entry.name == f"{found.folder}/{name}"]
        if not entries:
            if name != "entry_points.txt":
                found.say(name, "it is missing")
            continue
        if entries[-1].info.file_size > _LARGEST:
            found.say(name, f"it has {entries[-1].info.file_size} bytes, more than any of its kind")
            continue
        try:
            texts[name] = entries[-1].read()
        except UNREADABLE:
            continue  # read_digests() says so
    return texts


def _same_release(stem: str, name: WheelName) -> bool:
    """Whether NAME-VERSION of a folder are those of the wheel's name, however they are spelled."""
    own, _, version = stem.partition("-")
    return canonicalize_name(own) == name.name and _is_version(version, name)


def _is_version(version: str, name: WheelName) -> bool:
    """Whether a version is that of the wheel's name; "1.0" and "1.0.0" are the same (PEP 440)."""
    return canonicalize_version(version.replace("_", "-")) == canonicalize_version(name.version)


def _check_wheel(data: bytes | None, name: WheelName, found: DistInfo) -> None:
    """WHEEL: its version, whether it is pure, its tags and its build tag."""
    if data is None:
        return
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    for key, value in message.items():
        found.wheel.setdefault(key.lower(), []).append(str(value).strip())
    version = found.wheel.get("wheel-version", [""])[0]
    if not re.fullmatch(r"1\.\d+", version):
        found.say("WHEEL", f"Wheel-Version is '{version}', and installers read 1.0")
    pure = found.wheel.get("root-is-purelib", [""])[0].lower()
    if pure not in ("true", "false"):
        found.say("WHEEL", f"Root-Is-Purelib is '{pure}', and not true or false")
    elif pure == "true" and not name.tags.pure:
        found.say("WHEEL", f"Root-Is-Purelib is true, but the wheel is tagged {name.tags}: its binaries would go where "
                  "other machines' Pythons look", warning=True)  # fmt: skip
    tags = found.wheel.get("tag", [])
    written = {one for tag in tags for one in _expanded(tag)}
    named = _expanded(str(name.tags))
    if written != named:
        sides = [("the wheel's name has", named - written), ("the wheel's name lacks", written - named)]
        what = "; ".join(f"{side} {listed(sorted(some), _SHOWN)}" for side, some in sides if some)
        found.say("WHEEL", f"its tags are not those of the wheel's name: {what}",
                  "rename neither by hand: `wheel tags` changes both")  # fmt: skip
    build = found.wheel.get("build", [""])[0]
    if build != name.build:
        found.say("WHEEL", f"Build is '{build}', and '{name.build}' in the wheel's name")


def _expanded(tag: str) -> set[str]:
    parts = [part.split(".") for part in tag.split("-")]
    if len(parts) != 3:  # noqa: PLR2004 - Python, ABI, platform
        return {tag}
    return {f"{python}-{abi}-{platform}" for python in parts[0] for abi in parts[1] for platform in parts[2]}


def _check_metadata(data: bytes | None, wheel: Opened, found: DistInfo) -> None:
    """METADATA: its fields by themselves (core metadata), against the wheel's name, and the licence files."""
    if data is None:
        return
    found.raw, unread = parse_email(data)
    name, version = found.raw.get("name", ""), found.raw.get("version", "")
    if canonicalize_name(name) != wheel.name.name:
        found.say("METADATA", f"Name is '{name}', and '{wheel.name.name}' in the wheel's name")
    if not _is_version(version, wheel.name):
        found.say("METADATA", f"Version is '{version}', and '{wheel.name.version}' in the wheel's name")
    if unread:
        found.say("METADATA", f"fields that no tool knows, or that can't be read: {listed(sorted(unread), _SHOWN)}",
                  warning=True)  # fmt: skip
    if "metadata_version" not in found.raw:
        found.say("METADATA", "Metadata-Version is missing, or there are several")
    for message in _invalid(found.raw):
        found.say("METADATA", message)
    inside = {entry.name for entry in wheel.entries}
    new = _version_pair(found.raw.get("metadata_version", "")) >= (2, 4)  # PEP 639: since then they are in licenses/
    lost = [one for one in found.raw.get("license_files", ()) if f"{found.folder}/licenses/{one}" not in inside]
    if new and lost:
        found.say("METADATA", f"License-File names {listed(lost, _SHOWN)}, and licenses/ does not have it",
                  "set project.license-files to files that are there")  # fmt: skip
    if absent := [*_not_importable(found.raw, inside)]:
        found.say("METADATA", f"it says that {listed(absent, _SHOWN)} can be imported, and the wheel has nothing of"
                  " that name", "set project.import-names and import-namespaces to what the wheel has")  # fmt: skip


def _not_importable(raw: RawMetadata, inside: Collection[str]) -> Iterator[str]:
    """Names of modules and namespaces (PEP 794) that no file of the wheel gives; a .pth file may give any."""
    if any(name.endswith(".pth") and "/" not in name for name in inside):
        return
    files = {_LIBRARIES.sub("", name) for name in inside}
    modules = {re.sub(r"\.(pyc?|so|pyd|[^/]+\.(so|pyd))$", "", name) for name in files}
    folders = {name.rpartition("/")[0] + "/" for name in files}
    for line in (*raw.get("import_names", ()), *raw.get("import_namespaces", ())):
        name = line.partition(";")[0].strip()
        path = name.replace(".", "/")
        above = [path[:at] for at, letter in enumerate(path) if letter == "/"]  # a module may make more, as six does
        if name and modules.isdisjoint([path, *above]) and not any(folder.startswith(f"{path}/") for folder in folders):
            yield name


def _invalid(raw: RawMetadata) -> Iterator[str]:
    try:
        Metadata.from_raw(raw, validate=True)
    except ExceptionGroup as group:
        for error in group.exceptions:
            message = str(error)
            # writers of wheels name newer fields in older metadata; nobody refuses that
            if isinstance(error, InvalidMetadata) and error.field not in ("name", "version") and (
                    "introduced in metadata version" not in message) and (
                    error.field != "metadata-version" or "metadata_version" in raw):  # fmt: skip
                yield message


def _version_pair(text: str) -> tuple[int, int]:
    """A version of the metadata's format; (1, 0) where it is none."""
    found = re.fullmatch(r"([0-9]{1,3})\.([0-9]{1,3})", text.strip())
    return (int(found[1]), int(found[2])) if found else (1, 0)


def _check_entry_points(data: bytes | None, wheel: Opened, found: DistInfo) -> None:
    """entry_points.txt: that it can be read, and names no module, nor a name in one, that the wheel's packages lack."""
    if data is None:
        return
    try:
        points = [*read_entry_points(data.decode("utf-8"))]
    except (configparser.Error, UnicodeDecodeError) as error:
        found.say("entry_points.txt", f"it can't be read: {str(error).splitlines()[0]}")
        return
    files: dict[str, Entry] = {_LIBRARIES.sub("", entry.name): entry for entry in wheel.entries}
    if any(name.endswith(".pth") and "/" not in name for name in files):
        return  # it may lead to any module
    for point in points:
        try:
            absent = absent_module(files, point.module)
            file = "" if absent or not point.attribute else lacks_name(files, point.module, point.attribute)
        except UNREADABLE:
            return  # read_digests() says so
        if absent or file:
            table = _TABLES_OF_GROUPS.get(point.group, f'project.entry-points."{point.group}"')
            named, lacks = point.module, f"no file of the wheel is the module {absent}"
            if file:
                named, lacks = f"{point.module}:{point.attribute}", f"{file} has no {point.attribute}"
            bring = f"define {point.attribute} there" if file else "bring that module"
            found.say("entry_points.txt", f"{point.name} of {point.group} names {named}, and {lacks}",
                      f"correct {point.name} in {table}, or {bring}")  # fmt: skip


def _check_record(data: bytes | None, wheel: Opened, found: DistInfo) -> None:
    """RECORD: every file and none beside, each with its digest and size; and that every file can be unpacked."""
    rows = _rows(data, found)
    algorithms = {name: row[1].partition("=")[0] for name, row in rows.items() if row[1]}
    usable = {one for one in hashlib.algorithms_guaranteed if not one.startswith("shake")}
    known = {name: one for name, one in algorithms.items() if one in usable}
    digests = found.read(wheel.entries, known)
    if data is None:
        return
    own = {f"{found.folder}/{name}" for name in _UNSIGNED}
    names = {entry.name for entry in wheel.entries}
    if unlisted := sorted(names - rows.keys() - own):
        found.say("RECORD", f"it does not list {listed(unlisted, _SHOWN)}, so nobody would remove it")
    if gone := sorted(rows.keys() - names - own):
        found.say("RECORD", f"it lists {listed(gone, _SHOWN)}, which the wheel does not have")
    weak = sorted(name for name, one in algorithms.items() if one in _WEAK or name not in known)
    if weak:
        found.say("RECORD", f"the digest of {listed(weak, _SHOWN)} is of no algorithm that may be there: sha256 is")
    if bare := sorted(name for name in rows.keys() & names - own if not rows[name][1]):
        found.say("RECORD", f"it has no digest of {listed(bare, _SHOWN)}")
    for name in sorted(digests.keys() & rows.keys() - own - {*weak, *bare}):
        _compare(name, digests[name], rows[name], found)


def _compare(name: str, digest: Digest, row: Sequence[str], found: DistInfo) -> None:
    """One file against its row: path, digest, size."""
    changed = "it was changed after its wheel was written: build the wheel again"
    if row[1].rstrip("=") != digest.hash:
        found.findings.append(Finding(file=name, message=f"its digest is {digest.hash}, and {row[1]} in RECORD",
                                      hint=changed))  # fmt: skip
    elif row[2] and row[2] != str(digest.size):
        found.findings.append(Finding(file=name, message=f"it has {digest.size} bytes, and {row[2]} by RECORD",
                                      hint=changed))  # fmt: skip


def _rows(data: bytes | None, found: DistInfo) -> dict[str, list[str]]:
    """The rows of RECORD by path."""
    try:
        lines = list(csv.reader(io.StringIO((data or b"").decode("utf-8"))))
    except (UnicodeDecodeError, csv.Error) as error:
        found.say("RECORD", f"it can't be read: {error}")
        return {}
    rows: dict[str, list[str]] = {}
    twice = []
    for line in filter(None, lines):
        if len(line) != 3:  # noqa: PLR2004 - path, digest, size
            found.say("RECORD", f"a row of it is not path, digest and size: {','.join(line)[:80]}")
            continue
        twice += [line[0]] if line[0] in rows else []
        rows[line[0]] = line
    if twice:
        found.say("RECORD", f"it lists {listed(twice, _SHOWN)} more than once")
    return rows
