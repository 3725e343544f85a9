"""The action: files -> a wheel, by the binary distribution format.

https://packaging.python.org/specifications/binary-distribution-format/. Entries are sorted and their time
stamps fixed, so that the same files make the same bytes. The wheel is written beside its place and renamed
after its check.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import stat
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan import __version__
from xconan.errors import CheckError, ConfigError
from xconan.files import Entry, relative_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xconan.model import BuildPlan, Metadata, WheelTags

_DEFAULT_EPOCH = 1580601600  # 2020-02-02 UTC
_ZIP_EPOCH = 315532800  # 1980-01-01 UTC, the first that a zip file can say


def collect(plan: BuildPlan, module: Sequence[tuple[str, Path]]) -> list[Entry]:
    """The wheel's content without its .dist-info: the package's files, and over them what CMake installed.

    Raises:
        CheckError: nothing in it is the module that the project promises.
    """
    files: dict[str, Path] = dict(module)
    staging = plan.layout.staging
    if plan.cmake:
        files |= {name: staging / name for name in relative_names(staging)}
    wanted = plan.project.module.name.replace(".", "/")
    if not any(name.startswith((f"{wanted}/", f"{wanted}.")) for name in files):
        raise CheckError(
            f"nothing in the wheel can be imported as {plan.project.module.name}",
            where=str(plan.project.pyproject_file),
            hint="set tool.xconan.module.name, or install(TARGETS …) that module",
        )
    return [Entry(name=name, source=path) for name, path in sorted(files.items())]


def dist_info(metadata: Metadata, tags: WheelTags, root: Path, build_tag: str | None = None) -> list[Entry]:
    """The files of .dist-info apart from RECORD."""
    folder = f"{metadata.file_name}-{metadata.version}.dist-info"
    wheel = [
        "Wheel-Version: 1.0",
        f"Generator: xconan {__version__}",
        f"Root-Is-Purelib: {'true' if tags.pure else 'false'}",
        *([f"Build: {build_tag}"] if build_tag else []),
        *(f"Tag: {p}-{a}-{f}" for p in tags.python for a in tags.abi for f in tags.platform),
    ]
    texts = {"METADATA": metadata.text, "WHEEL": "\n".join(wheel) + "\n"}
    if metadata.entry_points:
        texts["entry_points.txt"] = metadata.entry_points
    entries = [Entry(name=f"{folder}/{name}", source=text.encode()) for name, text in texts.items()]
    entries += [Entry(name=f"{folder}/licenses/{name}", source=root / name) for name in metadata.license_files]
    return sorted(entries, key=lambda entry: entry.name)


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A wheel written but not yet in its place: the file, and the digest of its RECORD (so of all content)."""

    file: Path
    digest: str


def write(path: Path, entries: Sequence[Entry], record_name: str, *, environ: Mapping[str, str]) -> Packed:
    """Write the wheel beside its place; the caller renames it.

    Args:
        path: the wheel's place; its folder is made.
        entries: in the order in which they are written.
        record_name: name of RECORD, which is written last.
        environ: for SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/).

    Raises:
        ConfigError: SOURCE_DATE_EPOCH is no number.
    """
    date = _date(environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    rows: list[tuple[str, str, str]] = []
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in entries:
                data = entry.read()
                _add(archive, entry.name, data, entry.mode, date)
                checksum = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                rows.append((entry.name, f"sha256={checksum}", str(len(data))))
            record = io.StringIO()
            csv.writer(record, lineterminator="\n").writerows([*rows, (record_name, "", "")])
            text = record.getvalue().encode()
            _add(archive, record_name, text, 0o644, date)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return Packed(file=beside, digest=hashlib.sha256(text).hexdigest())


def source_date(environ: Mapping[str, str] = os.environ) -> int:
    """The time stamp of everything in an archive, in seconds since 1970: SOURCE_DATE_EPOCH, else a fixed day.

    Raises:
        ConfigError: SOURCE_DATE_EPOCH is no number.
    """
    text = environ.get("SOURCE_DATE_EPOCH") or str(_DEFAULT_EPOCH)
    if not text.isascii() or not text.isdigit():
        raise ConfigError(f"'{text}' is no number of seconds", where="SOURCE_DATE_EPOCH in the environment",
                          hint="unset it, or use `git log -1 --format=%ct`")  # fmt: skip
    return int(text)


def _date(environ: Mapping[str, str]) -> tuple[int, int, int, int, int, int]:
    last = 4354819198  # 2107-12-31, the last that a zip file can say
    moment = time.gmtime(min(max(source_date(environ), _ZIP_EPOCH), last))
    return (moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec)


def _add(
    archive: zipfile.ZipFile, name: str, data: bytes, mode: int, date: tuple[int, int, int, int, int, int]
) -> None:
    info = zipfile.ZipInfo(name, date)
    info.external_attr = (stat.S_IFREG | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, so that the mode counts
    archive.writestr(info, data)
