"""Debian's Pythons: headers out of its packages, for Windows out of CPython's source package."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from xconan.fetch.archives import unpack
from xconan.fetch.pythons.apt import header_packages, private_apt
from xconan.fetch.pythons.trees import Fetched, is_of_program, is_wanted, merge_usr
from xconan.ground.errors import HostPythonError
from xconan.ground.files import file_digest
from xconan.host.platforms import Libc

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.fetch.pythons.apt import PrivateApt
    from xconan.host.targets import Target

PYTHONS = {"bullseye": "39", "bookworm": "311", "trixie": "313"}
"""Released suites and the one CPython that each has."""
PYPYS = {"bullseye": "37", "bookworm": "39", "trixie": "311"}
"""The same for PyPy."""
MOVING = "sid"
"""The suite for everything else; what it has changes, so that apt is asked."""


class NotThereError(HostPythonError):
    """Debian has no such Python."""


def offers(target: Target) -> bool:
    """Whether a released Debian has this Python, or the moving one may have it."""
    if target.platform.os != "linux" or target.platform.libc is Libc.MUSL or target.free_threaded:
        return False
    known = PYPYS if target.implementation == "pp" else PYTHONS
    return target.version in known.values() or int(target.version) > max(map(int, known.values()))


def offers_source(target: Target) -> bool:
    """Whether Debian's source of CPython serves: for Windows it has all headers that CPython's installer copies."""
    return target.platform.os == "windows" and target.implementation == "cp"


def suite_of(target: Target) -> str:
    """The suite to take a Python from."""
    known = PYPYS if target.implementation == "pp" else PYTHONS
    return next((suite for suite, version in known.items() if version == target.version), MOVING)


def fetch_debian(target: Target, work: Path, inherit: int, *, runnable: bool = False) -> Fetched:
    """Fetch a Python's headers, sysconfig data and library.

    Args:
        target: the host.
        work: an absolute folder to work in.
        inherit: the descriptor of the lock on it.
        runnable: with its interpreter, standard library and all that these need, as a file system.

    Raises:
        NotThereError: Debian has no such Python.
        AptError: no apt, no archive, no connection.
    """
    platform = target.platform
    if offers_source(target):
        return _fetch_source(target, work, inherit)
    lacking = (
        f"for {platform.tag}" if platform.os != "linux" or platform.libc is Libc.MUSL
        else "without a GIL" if target.free_threaded else ""
    )  # fmt: skip
    if lacking:
        raise NotThereError(f"Debian has no Python {lacking}", where="--from debian", hint="try --from standalone")
    suite = suite_of(target)
    apt = private_apt(work / "apt", [suite], architecture=platform.arch.debian, inherit=(inherit,))
    names = header_packages(target)
    if target.implementation == "cp":
        names.append(f"libpython{target.dotted_version}")
    _check_offered(apt, names[0], target, suite)
    packages = apt.fetch(*names)
    root = work / "root"
    if runnable:
        program = "pypy3" if target.implementation == "pp" else f"python{target.dotted_version}"
        packages = list({path.name: path for path in (*apt.download(program, "libstdc++6"), *packages)}.values())
        merge_usr(root)
    for number, package in enumerate(packages):
        part = work / f"part{number}"
        unpack(package, part, kind=HostPythonError, wanted=is_of_program if runnable else is_wanted)
        shutil.copytree(part, root, symlinks=True, dirs_exist_ok=True)
    files = {package.name: file_digest(package) for package in packages}
    return Fetched(tree=root, source=f"debian {suite}", files=files)


def _check_offered(apt: PrivateApt, package: str, target: Target, suite: str) -> None:
    if package in apt.packages(package):
        return
    known = PYPYS if target.implementation == "pp" else PYTHONS
    others = [name[len("libpython") : -len("-dev")] for name in apt.packages("libpython3.") if name.endswith("-dev")]
    has = f"{suite} has {', '.join(sorted(others))}" if others else f"{suite} has none"
    released = ", ".join(f"{version[0]}.{version[1:]} ({name})" for name, version in known.items())
    raise NotThereError(
        f"Debian has no {package} for {target.platform.arch.debian}: {has}", where="--from debian",
        hint=f"released are {released}; for others try --from standalone",
    )  # fmt: skip


def _fetch_source(target: Target, work: Path, inherit: int) -> Fetched:
    """Include/ and PC/pyconfig.h of CPython itself, which is all that its installer for Windows copies of headers."""
    suite = suite_of(target)
    apt = private_apt(work / "apt", [suite], sources=True, inherit=(inherit,))
    source = f"python{target.dotted_version}"
    if f"Package: {source}" not in apt.run("apt-cache", "showsrc", "--only-source", source).splitlines():
        raise NotThereError(
            f"Debian's {suite} has no source package {source}", where="--from debian", hint="try --from standalone"
        )
    archives = apt.download_sources(source, suite)
    tree = work / "tree"
    for archive in archives:
        if ".orig.tar." in archive.name and archive.suffix != ".asc":
            unpack(archive, tree, kind=HostPythonError, wanted=is_wanted)
    return Fetched(
        tree=tree, source=f"debian {suite}, source", files={archive.name: file_digest(archive) for archive in archives}
    )  # fmt: skip
