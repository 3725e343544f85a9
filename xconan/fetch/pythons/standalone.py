"""python-build-standalone's and PyPy's own Pythons, by the index in the package pbs-installer.

Archives and their layout: https://docs.astral.sh/python-build-standalone/distributions/. The index has the commonest
machines with checksums; the archives for the others lie in the same releases, whose SHA256SUMS vouches for them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from xconan.fetch.archives import unpack
from xconan.fetch.download import download, published_sha256
from xconan.fetch.pythons.trees import Fetched, is_wanted
from xconan.ground.errors import HostPythonError
from xconan.ground.files import cache_folder
from xconan.ground.report import warn
from xconan.host.platforms import Libc
from xconan.host.targets import IMPLEMENTATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.host.targets import Target

MIRROR_VARIABLE = "XCONAN_STANDALONE_URL"
# operating system and architecture of ours -> of the index
_INDEX = {
    ("linux", "x86_64"): ("linux", "x86_64"), ("linux", "aarch64"): ("linux", "aarch64"),
    ("linux", "i686"): ("linux", "x86"), ("mac", "x86_64"): ("macos", "x86_64"), ("mac", "arm64"): ("macos", "aarch64"),
    ("mac", "universal2"): ("macos", "aarch64"),  # the headers are the same
    ("windows", "amd64"): ("windows", "x86_64"), ("windows", "arm64"): ("windows", "aarch64"),
    ("windows", "win32"): ("windows", "x86"),
}  # fmt: skip
# what the index leaves out: C library and architecture -> the triplet in the archive's name
_UNLISTED = {
    (Libc.GLIBC, "armv7l"): "armv7-unknown-linux-gnueabihf", (Libc.GLIBC, "armv6l"): "armv7-unknown-linux-gnueabihf",
    (Libc.GLIBC, "ppc64le"): "ppc64le-unknown-linux-gnu", (Libc.GLIBC, "riscv64"): "riscv64-unknown-linux-gnu",
    (Libc.GLIBC, "s390x"): "s390x-unknown-linux-gnu", (Libc.MUSL, "x86_64"): "x86_64-unknown-linux-musl",
    (Libc.MUSL, "aarch64"): "aarch64-unknown-linux-musl",
}  # fmt: skip
_LISTED = "x86_64-unknown-linux-gnu"


def fetch_standalone(target: Target, work: Path, *, runnable: bool = False) -> Fetched:
    """Fetch the newest release of a Python.

    Args:
        target: the host.
        work: an absolute folder to work in.
        runnable: with all that the archive has.

    Raises:
        HostPythonError: the index is not installed, or has no such Python; the archive is not there or not whole.
        MachineError: no network.
    """
    url, sha256 = _find(target)
    name = unquote(url.rpartition("/")[2])
    place = cache_folder() / "downloads" / name
    what = f"Python {target.dotted_version} for {target.platform.tag}"
    if sha256 is None:
        warn(f"nobody publishes a checksum of {name}")
    download(url, place, sha256=sha256, what=what, kind=HostPythonError)
    unpack(place, work / "tree", kind=HostPythonError, wanted=None if runnable else is_wanted)
    place.unlink(missing_ok=True)
    return Fetched(tree=work / "tree", source="standalone", files={name: sha256 or ""})


def _find(target: Target) -> tuple[str, str | None]:
    """The address of the archive, and the checksum that it must have."""
    platform = target.platform
    unlisted = _UNLISTED.get((platform.libc or Libc.GLIBC, platform.arch.name)) if platform.os == "linux" else None
    if unlisted is None and platform.libc is Libc.MUSL:
        raise _none(target)
    listed = ("linux", "x86_64") if unlisted else _INDEX.get((platform.os, platform.arch.name))
    if listed is None or (unlisted and target.implementation == "pp"):
        raise _none(target)
    url, sha256 = _ask_index(target, *listed)
    if unlisted:
        url = url.replace(_LISTED, unlisted)
        folder, _, name = url.rpartition("/")
        what = f"Python {target.dotted_version} for {platform.tag}"
        sums = f"{folder}/SHA256SUMS"
        sha256 = published_sha256(sums, what=what, kind=HostPythonError, name=unquote(name))
    return url, sha256


def _ask_index(target: Target, system: str, arch: str) -> tuple[str, str | None]:
    try:
        from pbs_installer import get_download_link  # noqa: PLC0415 - an extra
    except ImportError:
        raise HostPythonError(
            "the index of standalone Pythons is not installed", where="--from standalone",
            hint="pip install 'xconan[standalone]'",
        ) from None  # fmt: skip
    base = os.environ.get(MIRROR_VARIABLE)
    try:
        _, (url, sha256) = get_download_link(
            target.dotted_version, arch, system, target.implementation_name, free_threaded=target.free_threaded
        )  # fmt: skip
    except ValueError:
        raise _none(target) from None
    if base:
        url = f"{base.rstrip('/')}/{quote(unquote(url.rpartition('/')[2]))}"
    return url, sha256


def _none(target: Target) -> HostPythonError:
    kind = IMPLEMENTATIONS.get(target.implementation, target.implementation)
    return HostPythonError(
        f"there is no standalone {kind} {target.dotted_version}{'t' if target.free_threaded else ''} for "
        f"{target.platform.tag}", where="--from standalone",
        hint="a newer pbs-installer may know it; else give a folder, an archive or an address: --from DIR",
    )  # fmt: skip
