"""Good wheels from the index, checked as our own are: what the check has to say of them should be true, or nothing.

    python -m benchmarks.good_wheels [NAME…] [--keep FOLDER] [--only WORD]

downloads each wheel of good_wheels.toml by pip, checks it against the tags of its own name, prints its findings and
removes it: ten minutes, and a gigabyte of traffic. Exit code 1 where a finding is not among those that
good_wheels.toml says are true.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zipfile import ZipFile

from xconan.ground.files import Entry, load_toml
from xconan.host.platforms import parse_platform
from xconan.host.tags import WheelTags, ext_suffix, soabi
from xconan.host.targets import Target
from xconan.pythons.records import HostPython
from xconan.wheel.check.modules import Host, check_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xconan.binary.finding import Finding

_SHOWN = 12  # findings about a wheel that are printed, those that nobody has judged first
TABLE = Path(__file__).with_name("good_wheels.toml")


def main(arguments: list[str] | None = None) -> int:
    """Download, check, print, remove."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.good_wheels")
    parser.add_argument("name", nargs="*", help="of a row in good_wheels.toml: all of them without")
    parser.add_argument("--keep", type=Path, help="keep the wheels in this folder, and take those that are there")
    parser.add_argument("--only", default="", help="rows whose target contains this")
    given = parser.parse_args(arguments)
    table = load_toml(TABLE)
    true = cast("list[dict[str, str]]", table["true"])
    rows = [tuple(row.split()) for row in cast("str", table["wheels"]).strip().splitlines()]
    rows = [row for row in rows if (not given.name or row[0].split("=")[0] in given.name) and given.only in row[1]]
    wrong = checked = 0
    for requirement, target in rows:
        with _folder(given.keep) as folder:
            wheel = download(requirement, target, folder)
            if wheel is None:
                print(f"-     {requirement} {target}: the index has none", flush=True)
                continue
            start = time.monotonic()
            findings = check_wheel(wheel)
            checked += 1
            unknown = [one for one in findings if not _is_true(one, wheel, true)]
            wrong += len(unknown)
            mark = "WRONG" if unknown else f"{len(findings)} true" if findings else "ok"
            print(f"{mark:5} {wheel.name} ({time.monotonic() - start:.1f} s)", flush=True)
            shown = [*unknown, *(one for one in findings if one not in unknown)][:_SHOWN]
            for one in shown:
                kind = "warning" if one.warning else "promise" if one.breaks_tag else "error"
                print(f"      {'' if one in unknown else '(true) '}{kind}: {one.file}: {one.message}", flush=True)
            if len(findings) > len(shown):
                print(f"      and {len(findings) - len(shown)} more", flush=True)
    print(f"{checked} wheels, {wrong} findings that nobody has judged")
    return int(wrong > 0)


class _folder:  # noqa: N801 - a context manager, used as a function
    def __init__(self, keep: Path | None) -> None:
        self.keep = keep

    def __enter__(self) -> Path:
        self.path = self.keep or Path(tempfile.mkdtemp(prefix="good-wheels-"))
        self.path.mkdir(parents=True, exist_ok=True)
        return self.path

    def __exit__(self, *_: object) -> None:
        if not self.keep:
            shutil.rmtree(self.path)


def download(requirement: str, target: str, folder: Path) -> Path | None:
    """A wheel for another machine, by pip; None where the index has none.

    Args:
        requirement: "numpy", "numpy==2.1.0".
        target: PYTHON-ABI-PLATFORM, "cp312-cp312-manylinux_2_17_aarch64"; several platforms with dots between.
        folder: to put it into.
    """
    python, abi, platforms = target.split("-")
    place = folder / f"{requirement}-{target}"
    if not place.exists():
        place.mkdir()
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps",
             "--only-binary=:all:", *(f"--platform={one}" for one in platforms.split(".")),
             f"--implementation={python[:2]}", f"--python-version={python[2:]}", f"--abi={abi}", "--dest", place,
             requirement], check=False, capture_output=True)  # fmt: skip
    return next(place.glob("*.whl"), None)


def check_wheel(wheel: Path) -> list[Finding]:
    """The findings about a wheel, as its own name describes it."""
    with ZipFile(wheel) as opened, tempfile.TemporaryDirectory(prefix="good-wheels-") as folder:
        return check_entries(list(_entries(opened, Path(folder))), host_of(wheel.name))


def _entries(opened: ZipFile, folder: Path) -> Iterator[Entry]:
    """A wheel's files; programs are written out, as their mode is part of what is checked."""
    for number, one in enumerate(opened.infolist()):
        if one.is_dir():
            continue
        source: Path | bytes = opened.read(one)
        if one.external_attr >> 16 & 0o100 and isinstance(source, bytes):
            program = folder / str(number)
            program.write_bytes(source)
            program.chmod(0o755)
            source = program
        yield Entry(name=one.filename, source=source)


def host_of(name: str) -> Host:
    """What a wheel is compared with: its tags, and the host that its name promises.

    Raises:
        ConfigError: its first platform tag is none that is known.
    """
    tags = WheelTags(**dict(zip(("python", "abi", "platform"), _tag_parts(name), strict=True)))
    implementation, version = _python(tags)
    abi = tags.abi[0] if tags.abi[0] not in ("abi3", "abi3t", "none") else f"{implementation}{version}"
    platform = parse_platform("manylinux_2_17_x86_64" if tags.pure else tags.platform[0])
    target = Target(implementation=implementation, version=version, abi=abi, platform=platform)
    python = HostPython(
        include_dir=None, pyconfig=None, version=(int(version[0]), int(version[1:]), 0, "final", 0), library=None,
        sabi_library=None, soabi=soabi(target), ext_suffix=ext_suffix(target),
    )  # fmt: skip
    return Host(tags=tags, target=target, python=python)


def _tag_parts(name: str) -> list[tuple[str, ...]]:
    return [tuple(part.split(".")) for part in name.removesuffix(".whl").split("-")[-3:]]


def _python(tags: WheelTags) -> tuple[str, str]:
    """The implementation and version that the tags mean; of py3, one that many have."""
    for tag in tags.python:
        if tag[:2] in ("cp", "pp") and len(tag) > 3:  # noqa: PLR2004 - "cp3" means no version
            return tag[:2], tag[2:]
    return "cp", "311"


def _is_true(finding: Finding, wheel: Path, true: list[dict[str, str]]) -> bool:
    return any(
        wheel.name.lower().startswith(one["wheel"]) and one["file"] in finding.file and one["says"] in finding.message
        for one in true
    )


if __name__ == "__main__":
    sys.exit(main())
