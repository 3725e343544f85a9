"""The metadata files of a wheel; by itself, as frontends ask for these alone (PEP 517) and wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan import __version__
from xconan.ground.files import Entry

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.host.tags import WheelTags
    from xconan.project.metadata import Metadata


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
