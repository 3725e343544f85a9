"""Good wheels from the index, checked by `xconan check`: what it has to say of them should be true, or nothing.

    python -m benchmarks.good_wheels [NAME…] [--keep FOLDER] [--only WORD]

downloads each wheel of good_wheels.toml by pip, checks it, compares the tag that it deserves with what auditwheel says,
prints the findings and removes it: ten minutes, and a gigabyte of traffic. Exit code 1 where a finding or a difference
is not among those that good_wheels.toml says are true.
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

from auditwheel.libc import Libc
from auditwheel.wheel_abi import NonPlatformWheelError, analyze_wheel_abi
from auditwheel.wheeltools import get_wheel_architecture

from xconan.check import check_wheel
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from xconan.binary.finding import Finding
    from xconan.wheel.finished.report import WheelReport

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
    true, differs = (cast("list[dict[str, str]]", table[key]) for key in ("true", "differs"))
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
            report = check_wheel(wheel)
            findings, seconds = report.findings, time.monotonic() - start
            checked += 1
            unknown = [one for one in findings if not _is_true(one, wheel, true)]
            wrong += len(unknown)
            mark = "WRONG" if unknown else f"{len(findings)} true" if findings else "ok"
            print(f"{mark:5} {wheel.name} ({seconds:.1f} s), deserves {report.deserved.tag}", flush=True)
            shown = [*unknown, *(one for one in findings if one not in unknown)][:_SHOWN]
            for one in shown:
                kind = "warning" if one.warning else "promise" if one.breaks_tag else "error"
                print(f"      {'' if one in unknown else '(true) '}{kind}: {one.file}: {one.message}", flush=True)
            if (other := _other_tag(report)) and not any(
                wheel.name.lower().startswith(one["wheel"]) for one in differs
            ):
                wrong += 1
                print(f"      DIFFERS: auditwheel says {other}; {report.deserved.because[:1]}", flush=True)
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


def auditwheel_says(wheel: Path) -> str:
    """The oldest manylinux tag that auditwheel finds for a wheel, or linux_ARCH; "" where it can't say."""
    if "linux_" not in wheel.name or "musllinux" in wheel.name:
        return ""  # of musl, it knows the version of the machine that it runs on
    try:
        arch = get_wheel_architecture(wheel.name)
        abi = analyze_wheel_abi(Libc.GLIBC, arch, wheel, frozenset(), disable_isa_ext_check=False, allow_graft=False)
    except NonPlatformWheelError:
        return ""
    return str(abi.overall_policy.name)


def _other_tag(report: WheelReport) -> str:
    """What auditwheel says of a wheel, where it is not what we say."""
    says = auditwheel_says(report.path)
    return says if says != report.deserved.tag else ""


def _is_true(finding: Finding, wheel: Path, true: list[dict[str, str]]) -> bool:
    return any(
        wheel.name.lower().startswith(one["wheel"]) and one["file"] in finding.file and one["says"] in finding.message
        for one in true
    )


if __name__ == "__main__":
    sys.exit(main())
