"""The check of wheels for programs: `check_wheel()`, what `xconan check` does.

from xconan.check import check_wheel

report = check_wheel(Path("dist/demo-1.0-cp312-cp312-manylinux_2_28_aarch64.whl"))
for finding in report.errors:
    print(finding.file, finding.message, finding.hint)
print(report.deserved.tag)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.wheel.finished.report import WheelReport


def check_wheel(path: Path) -> WheelReport:
    """Check a wheel of any platform, on any machine, by its bytes alone: nothing of it is run or unpacked.

    Args:
        path: of the wheel; its name says what it claims to be.

    Returns:
        `errors` and `warnings`, each a tuple of findings with `file` (its name in the wheel, or that of the wheel),
        `message`, `hint` (what to do) and `breaks_tag` (it may work here, but not on every host that the platform tag
        admits); `deserved` with `tag`, the widest platform tag that the bytes deserve ("" where nobody can tell), and
        `because`, what stands in the way of the next wider one; `name` with the parts of the wheel's name.

    Raises:
        xconan.ground.errors.CheckError: the file is no wheel, is cut off, or is a zip bomb; its `message` and `hint`
            say more.
        OSError: the file can't be read.
    """
    from xconan.wheel.finished.report import report  # noqa: PLC0415 - whoever imports this may never call it

    return report(path)
