"""The action: files -> a wheel, by the binary distribution format.

https://packaging.python.org/specifications/binary-distribution-format/. Entries are sorted and their time
stamps fixed, so that the same files make the same bytes. The wheel is written beside its place and renamed
after its check.
"""

from __future__ import annotations

import base64
import csv
import filecmp
import fnmatch
import hashlib
import io
import os
import stat
import time
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.cmake.targets import read_cmake_projects
from xconan.ground.errors import CheckError, ConfigError, Problems, listed
from xconan.ground.files import Entry, about, conan_home, digest
from xconan.ground.report import say, warn
from xconan.ground.run import interrupts_later
from xconan.ground.scratch import part_of, remove_parts
from xconan.project.generated import write_generated
from xconan.project.globs import left_out_of_wheels, matcher
from xconan.project.links import Reach, packable
from xconan.project.packages import included, parents_left_out, siblings_left_out, suggested_packages
from xconan.wheel.namelinks import packed_once
from xconan.wheel.scripts import packed_file
from xconan.wheel.stubs import make_stubs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.ground.errors import XconanError
    from xconan.model import BuildPlan
    from xconan.project.config.records import Project

_DEFAULT_EPOCH = 1580601600  # 2020-02-02 UTC
_ZIP_EPOCH = 315532800  # 1980-01-01 UTC, the first that a zip file can hold


def collect(plan: BuildPlan, module: Sequence[tuple[str, Path]]) -> list[Entry]:
    """The wheel's content without its .dist-info: the package's files, and over them what CMake installed.

    Raises:
        CheckError: nothing in it is the module that the project names, or CMake installed what can't be packed:
            links that lead nowhere or out of the project, pipes, names that are no UTF-8.
    """
    files: dict[str, Path] = dict(module)
    left_out = left_out_of_wheels(plan.project)
    installed: dict[str, Path] = {}
    if plan.cmake or plan.parts:
        installed = {name: path for one in (plan, *plan.more) for name, path in staged(one).items()}
        _put_over(files, installed, left_out, "CMake's install() puts there", "install it under another name")
    made = write_generated(plan.project, plan.metadata, "install", plan.layout.root / "generated")
    _put_over(files, made, left_out, "[[tool.xconan.generate]] makes", "give it another path")
    further = included(plan.project, f"{plan.metadata.file_name}-{plan.metadata.version}.data")
    _put_over(files, further, left_out, "[tool.xconan.wheel] include names", "give it another place")
    files |= make_stubs(plan, files)
    _tell_unused(plan, files)
    _tell_parents(plan.project, files)
    files = {name: path for name, path in files.items() if not left_out(name)}
    files = packed_once(files, [name for name, path in installed.items() if files.get(name) == path])
    wanted = plan.project.module.name.replace(".", "/")
    there = any(name.startswith((f"{wanted}/", f"{wanted}.")) for name in files)
    if not there and plan.project.module.packages is None:
        raise CheckError(
            f"nothing in the wheel can be imported as {plan.project.module.name}",
            where=str(plan.project.pyproject_file),
            hint=f"{_put_in(plan.project)} that module; or {suggested_packages(plan.project.root)}",
        )
    for folder in siblings_left_out(plan.project, iter(files)):
        warn(f"{folder} is a package, and nothing of it is in the wheel: name it in [tool.xconan.module] packages, "
             "beside those that are to be in it")  # fmt: skip
    return [packed_file(name, path) for name, path in sorted(files.items())]


def _put_in(project: Project) -> str:
    return "have package() of conanfile.py copy" if project.builds_by_recipe else "install(TARGETS …)"


def _tell_unused(plan: BuildPlan, files: Mapping[str, Path]) -> None:
    """Say which globs of `wheel.exclude` leave nothing out: a misspelt one would let a file in."""
    place = plan.project.place("wheel.exclude")
    unused = [pattern for pattern in plan.project.wheel.exclude if not any(map(matcher([pattern], where=place), files))]
    if unused and (plan.cmake or plan.parts):  # what CMake built and never installs may be left out by its name
        built = read_cmake_projects([one.layout.build for one in (plan, *plan.parts, *plan.more)])
        names = [target.file.name for target in built.targets]
        unused = [pattern for pattern in unused if not fnmatch.filter(names, pattern.rpartition("/")[2])]
    if unused:
        say(f"xconan: wheel.exclude: no file is named by {', '.join(unused)}")


def _tell_parents(project: Project, files: Mapping[str, Path]) -> None:
    """Say that packages which the project's own lies in are left out: `from ns import …` finds nothing then."""
    own, top = project.module.name, project.module.name.partition(".")[0]
    for file in parents_left_out(project, files):
        warn(f'{file}, and what lies beside it, is not in the wheel, whose package is {own}: write name = "{top}" in '
             f"[tool.xconan.module] to have all of {top}; or remove {file}, if {top} is a namespace that other wheels "
             "fill, too")  # fmt: skip


def _put_over(
    files: dict[str, Path], more: Mapping[str, Path], left_out: Callable[[str], bool], what: str, remedy: str
) -> None:
    """Take further files; say where one comes over another with other content."""
    for name, path in more.items():
        own = files.get(name)
        if own and not left_out(name) and own.is_file() and not filecmp.cmp(own, path, shallow=False):
            warn(f"two files are to be {name} in the wheel: {own} and what {what}, which is taken; remove one of them, "
                 f"or {remedy}")  # fmt: skip
    files |= more


def staged(plan: BuildPlan) -> dict[str, Path]:
    """What CMake installed: (place in the wheel with forward slashes, file).

    CMake copies links as links; they may lead into the build folder or Conan's cache.

    Raises:
        CheckError: or ErrorGroup, as collect.
    """
    staging = plan.layout.staging
    who, rule = "CMake", "its install() in CMakeLists.txt"
    if plan.project.builds_by_recipe:
        who, rule = "conanfile.py", "its package()"
    root = plan.project.root
    names, refused = packable(staging, Reach(root=root, more=(plan.layout.root, conan_home(root))))
    errors: list[XconanError] = [
        CheckError(f"{who} installed {name}, which can't be a part of the wheel: {why}", where=str(staging / name),
                   hint=f"{remedy}, or correct {rule}")
        for name, (why, remedy) in sorted(refused.items())
    ]  # fmt: skip
    Problems(found=errors).raise_if_any()
    return {name: staging / name for name in names}


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A wheel's files in order, RECORD last, the time stamp of all, and a digest of everything that it will hold."""

    files: tuple[tuple[Entry, bytes], ...]
    date: tuple[int, int, int, int, int, int]
    digest: str


def seal(entries: Sequence[Entry], dist_info: str, environ: Mapping[str, str] = os.environ) -> Sealed:
    """Add RECORD to the entries.

    Args:
        entries: in the order in which they are written.
        dist_info: name of the folder of RECORD.
        environ: for SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/).

    Raises:
        ConfigError: SOURCE_DATE_EPOCH is no number.
        CheckError: two entries have one name, as where CMake installs into .dist-info.
    """
    if twice := sorted(name for name, count in Counter(entry.name for entry in entries).items() if count > 1):
        raise CheckError(f"two files of the wheel are named {listed(twice)}", where=dist_info,
                         hint="have install() in CMakeLists.txt leave it out, or name it in wheel.exclude")  # fmt: skip
    files = [(entry, entry.read()) for entry in entries]
    record = Entry(name=f"{dist_info}/RECORD", source=_record([(entry.name, data) for entry, data in files], dist_info))
    files.append((record, record.read()))
    date = _date(environ)
    state = digest(date, record.read().decode(), [entry.mode for entry in entries])
    return Sealed(files=tuple(files), date=date, digest=state)


@contextmanager
def written(wheel: Sealed, place: Path, *, level: int = 6) -> Iterator[Path]:
    """Write the wheel beside its place and yield the file; what the caller has not renamed by then is removed.

    Builds of targets that make one wheel, for the stable ABI say, may be at it at the same time.

    `level` is that of compression, 0 to 9.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_parts(place)
    beside = part_of(place)
    try:
        with about(place), zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in wheel.files:
                info = zipfile.ZipInfo(entry.name, wheel.date)
                info.external_attr = (stat.S_IFREG | entry.mode) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3  # Unix, so that the mode counts
                with interrupts_later():  # ZipFile can't be closed where one ended it in its own steps
                    archive.writestr(info, data, compresslevel=level)
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _record(files: Sequence[tuple[str, bytes]], dist_info: str) -> bytes:
    rows = []
    for name, data in files:
        checksum = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append((name, f"sha256={checksum}", str(len(data))))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([*rows, (f"{dist_info}/RECORD", "", "")])
    return text.getvalue().encode()


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
    last = 4354819198  # 2107-12-31, the last that a zip file can hold
    moment = time.gmtime(min(max(source_date(environ), _ZIP_EPOCH), last))
    return (moment.tm_year, moment.tm_mon, moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec)
