"""The running Python's headers, by the machine's own apt: the very ones that its distribution has for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from xconan.fetch.pythons.trees import Fetched
from xconan.ground.errors import HostPythonError
from xconan.ground.files import file_digest
from xconan.ground.run import capture
from xconan.pythons.own import own_target

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.host.targets import Target


class NotOwnError(HostPythonError):
    """The machine's own apt can't provide the headers."""


def is_own(target: Target) -> bool:
    """Whether a target is the Python that runs xconan, on this machine's kind of machine."""
    own = own_target()
    same = (target.interpreter, target.platform.arch, target.platform.os) == (
        own.interpreter, own.platform.arch, own.platform.os,
    )  # fmt: skip
    return same and target.platform.libc in (None, own.platform.libc)


def fetch_own(target: Target, work: Path, inherit: int) -> Fetched:
    """Fetch the running Python's headers by the machine's own apt sources, without root and without changing anything.

    Args:
        target: the running Python.
        work: an absolute folder to work in.
        inherit: the descriptor of the lock on it.

    Raises:
        NotOwnError: the target is another Python, or the sources don't have it.
        AptError: no apt, no connection.
    """
    from xconan.fetch.pythons.apt import header_packages, machine_apt  # noqa: PLC0415 - on machines without headers alone

    if not is_own(target):
        raise NotOwnError(
            f"this machine's apt has the Python that runs xconan alone, not {target.name}", where="--from apt",
            hint="take it from elsewhere: --from debian, --from standalone",
        )  # fmt: skip
    apt = machine_apt(work / "apt", target.platform.arch.debian, inherit=(inherit,))
    names = header_packages(target)
    offered = apt.packages(names[0].removesuffix("-dev"))
    stem = f"libpython{target.dotted_version}"
    names += [library for library in (f"{stem}t64", stem) if library in offered][:1]  # since time_t has 64 bits
    if names[0] not in offered:
        raise NotOwnError(
            f"this machine's apt sources have no {names[0]}", where="--from apt", hint="try --from standalone"
        )
    packages = apt.fetch(*names)
    root = work / "root"
    for number, package in enumerate(packages):
        part = work / f"part{number}"
        # apt's own program, which knows every compression that the distribution uses
        done = capture(["dpkg-deb", "--extract", str(package), str(part)], inherit=(inherit,))
        if done.code:
            raise NotOwnError(f"{package.name} can't be unpacked: {done.stderr.strip()}", where="dpkg-deb",
                              hint="try --from standalone")  # fmt: skip
        shutil.copytree(part, root, symlinks=True, dirs_exist_ok=True)
    files = {package.name: file_digest(package) for package in packages}
    return Fetched(tree=root, source="apt", files=files)
