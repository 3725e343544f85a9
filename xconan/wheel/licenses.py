"""The licences of the libraries in a wheel, as files of it: PEP 639's License-File, a folder for each package.

Most licences ask that their text goes along with copies in binary form, and a library that is linked statically is one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.conan.linked import linked_packages
from xconan.ground.files import Entry, relative_names
from xconan.ground.report import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.conan.linked import LinkedPackage
    from xconan.model import BuildPlan

_FIRST = (2, 4)  # the core metadata that has License-File
_VERSION = re.compile(r"^Metadata-Version: (\d+)\.(\d+)$", re.MULTILINE)


def with_licenses(plan: BuildPlan, info: Sequence[Entry], folder: str) -> list[Entry]:
    """The files of .dist-info with the licences of Conan's libraries, where the project asks for them.

    What is in `licenses/` of a package, where recipes put them by convention, goes to `licenses/conan/NAME-VERSION/`. A
    package without any is a warning.

    Args:
        plan: of the wheel, whose libraries are there.
        info: the files of .dist-info apart from RECORD.
        folder: its name.
    """
    if not plan.project.wheel.conan_licenses:
        return list(info)
    packages = {package.reference: package for part in plan.builds for package in linked_packages(part.layout)}
    files: dict[str, Path] = {}
    for package in packages.values():
        own = _license_files(package)
        files |= own
        if not own:
            warn(
                f"{package.name}/{package.version} has no licenses/ in its package, so that the wheel has none of its: "
                "have its recipe copy them there, or name a file of the project's in project.license-files"
            )
    texts = [Entry(name=f"{folder}/licenses/{name}", source=path) for name, path in sorted(files.items())]
    metadata = f"{folder}/METADATA"
    changed = [
        Entry(name=one.name, source=_listing(one.read().decode(), sorted(files)).encode())
        if one.name == metadata
        else one
        for one in info
    ]
    return sorted([*changed, *texts], key=lambda entry: entry.name)


def _license_files(package: LinkedPackage) -> dict[str, Path]:
    place = Path(package.folder) / "licenses"
    if not package.folder or not place.is_dir():
        return {}
    return {f"conan/{package.name}-{package.version}/{name}": place / name for name in relative_names(place)}


def _listing(metadata: str, names: Sequence[str]) -> str:
    """METADATA that names these licence files, too."""
    if not names:
        return metadata
    match = _VERSION.search(metadata)
    if match and (int(match[1]), int(match[2])) < _FIRST:
        metadata = f"{metadata[: match.start()]}Metadata-Version: 2.4{metadata[match.end() :]}"
    head, blank, body = metadata.partition("\n\n")
    return "\n".join([head.rstrip("\n"), *(f"License-File: {name}" for name in names)]) + (
        blank + body if blank else "\n"
    )
