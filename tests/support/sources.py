"""Upstream's source archives for the recipes, taken from Debian's source packages.

    python -m tests.support.sources FOLDER

fills FOLDER as Conan's `core.sources:download_cache`, so that the recipes build where their upstream's
addresses can't be reached. The archives are the same to the last bit; the recipes' sha256 prove it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.once import locked
from xconan.fetch.pythons.apt import AptError, private_apt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECIPES = Path(__file__).parents[2] / "recipes"


@dataclass(frozen=True)
class UpstreamArchive:
    """An upstream source archive that stands unchanged in Debian's."""

    name: str
    version: str
    """Name and version of the recipe that asks for it."""
    source: str
    """Debian's source package."""
    suite: str
    """A suite of Debian whose version of it is this one."""
    sha256: str


ARCHIVES = (
    UpstreamArchive(
        "leveldb",
        "1.23",
        "leveldb",
        "bookworm",
        "9a37f8a6174f09bd622bc723b55881dc541cd50747cbd08831c2a82d620f6d76",
    ),
    UpstreamArchive(
        "pixman",
        "0.42.2",
        "pixman",
        "bookworm",
        "ea1480efada2fd948bc75366f7c349e1c96d3297d09a3fe62626e38e234a625e",
    ),
    UpstreamArchive(
        "bzip2",
        "1.0.8",
        "bzip2",
        "bookworm",
        "ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269",
    ),
    UpstreamArchive(
        "libffi",
        "3.4.4",
        "libffi",
        "bookworm",
        "d66c56ad259a82cf2a9dfc408b32bf5da52371500b84745f7fb8b645712df676",
    ),
    UpstreamArchive(
        "lz4",
        "1.9.4",
        "lz4",
        "bookworm",
        "0b0e3aa07c8c063ddf40b082bdf7e37a1562bda40a0ff5272957f3e987e0e54b",
    ),
    UpstreamArchive(
        "lz4",
        "1.10.0",
        "lz4",
        "trixie",
        "537512904744b35e232912055ccf8ec66d768639ff3abe5788d90d792ec5f48b",
    ),
    UpstreamArchive(
        "nlohmann_json",
        "3.11.3",
        "nlohmann-json3",
        "trixie",
        "0d8ef5af7f9794e3263480193c491549b2ba6cc74bb018906202ada498a79406",
    ),
    UpstreamArchive(
        "snappy",
        "1.1.9",
        "snappy",
        "bookworm",
        "75c1fbb3d618dd3a0483bff0e26d0a92b495bbe5059c8b4f1c962b478b6e06e7",
    ),
)


def fill_download_cache(folder: Path, *only: str) -> Path:
    """Put every archive that FOLDER lacks into it, or those of ONLY, and return the folder as an absolute path.

    Conan keeps source archives in `s/`, each named by its sha256, with a file beside it that tells which
    recipe asked for it by which address.
    """
    wanted = [archive for archive in ARCHIVES if not only or f"{archive.name}/{archive.version}" in only]
    return fill(folder, wanted, RECIPES)


def fill(folder: Path, archives: Sequence[UpstreamArchive], index: Path) -> Path:
    """Put those of ARCHIVES that FOLDER lacks into it; INDEX has the recipes that ask for them."""
    folder = folder.absolute()
    store = folder / "s"
    store.mkdir(parents=True, exist_ok=True)
    with locked(folder / "fill.lock"):
        missing = [archive for archive in archives if not (store / archive.sha256).is_file()]
        if missing:
            _fetch(missing, folder, index)
    return folder


def _fetch(archives: Sequence[UpstreamArchive], folder: Path, index: Path) -> None:
    """Fetch ARCHIVES from Debian into the download cache FOLDER."""
    scratch = folder / "fill.part"
    # A killed run may have left one.
    shutil.rmtree(scratch, ignore_errors=True)
    apt = private_apt(scratch, sorted({archive.suite for archive in archives}), sources=True)
    for archive in archives:
        fetched = apt.download_sources(archive.source, archive.suite)
        _store(archive, _file_with(archive, fetched), folder / "s", index)
    shutil.rmtree(scratch)


def _file_with(archive: UpstreamArchive, files: Iterable[Path]) -> Path:
    """Pick the file with ARCHIVE's sha256."""
    digests = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in files}
    if archive.sha256 in digests:
        return digests[archive.sha256]
    found = "\n".join(f"  {digest}  {file.name}" for digest, file in digests.items())
    message = (
        f"{archive.name} {archive.version}: no file of {archive.source} in {archive.suite} has the sha256\n"
        f"  {archive.sha256}\nbut:\n{found}"
    )
    raise AptError(message)


def _store(archive: UpstreamArchive, file: Path, store: Path, index: Path) -> None:
    """Copy FILE and what Conan wants to know of it into STORE; the archive itself comes last, by renaming."""
    references = {f"{archive.name}/{archive.version}": recipe_addresses(archive, index)}
    known = {"references": references, "timestamp": int(time.time())}
    (store / f"{archive.sha256}.json").write_text(json.dumps(known), encoding="utf-8")
    unfinished = store / f"{archive.sha256}.part"
    shutil.copyfile(file, unfinished)
    unfinished.rename(store / archive.sha256)


def recipe_addresses(archive: UpstreamArchive, index: Path = RECIPES) -> list[str]:
    """Read the addresses that the recipe gives for ARCHIVE; Conan mistrusts an archive from elsewhere."""
    # PyYAML comes with Conan and has no types of its own.
    yaml: Any = importlib.import_module("yaml")
    recipe = index / "recipes" / archive.name
    versions: dict[str, dict[str, str]] = yaml.safe_load((recipe / "config.yml").read_text("utf-8"))["versions"]
    path = recipe / versions[archive.version]["folder"] / "conandata.yml"
    entry: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][archive.version]
    if entry["sha256"] != archive.sha256:
        message = f"{path}: the sha256 of {archive.version} is not the one that Debian's archive is known for"
        raise ValueError(message)
    return entry["url"] if isinstance(entry["url"], list) else [entry["url"]]


def main(arguments: Sequence[str]) -> None:
    """Fill the folder that the command line names."""
    if len(arguments) != 1:
        sys.exit("usage: python -m tests.support.sources FOLDER")
    try:
        folder = fill_download_cache(Path(arguments[0]))
    except (AptError, ValueError) as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(f"core.sources:download_cache={folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
