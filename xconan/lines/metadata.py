"""The line to a wheel's metadata alone (PEP 517), for frontends that ask for it before a build.

It stands apart from the straight line, whose imports take longer than what is done here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.project.files import read_project_files
from xconan.project.wheel_tags import pure, wheel_tags
from xconan.wheel.dist_info import dist_info

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_metadata(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Write the wheel's .dist-info without RECORD (PEP 517) and return the folder's name."""
    files = read_project_files(root, settings)
    target = files.cross.target
    if not (target.abi_known or pure(files.project)):
        from xconan.pipeline import plan_wheel  # noqa: PLC0415 - PyPy's own files know its tag

        target = plan_wheel(root, settings)[0].cross.target
    tags = wheel_tags(target, files.project.wheel, pure=pure(files.project))
    for entry in dist_info(files.metadata, tags, files.project.root, files.project.wheel.build_tag):
        path = out / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.read())
    return f"{files.metadata.file_name}-{files.metadata.version}.dist-info"
