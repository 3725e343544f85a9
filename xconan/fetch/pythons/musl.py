"""musl's loader beside a standalone Python for musl: who publishes these leaves it out, as each system has its own.

The loader is the C library itself, one file. Debian's package musl has it for Debian's architectures. Its place and
name stand in the interpreter (PT_INTERP): /lib/ld-musl-x86_64.so.1.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary import elf
from xconan.fetch.archives import unpack
from xconan.fetch.pythons.apt import AptError, private_apt
from xconan.fetch.pythons.trees import Fetched, program_of
from xconan.ground.errors import HostPythonError
from xconan.ground.files import file_digest
from xconan.host.platforms import Libc

if TYPE_CHECKING:
    from xconan.host.targets import Target

SUITE = "trixie"
"""The suite whose musl is taken: a Python asks for the one that it was compiled with, or a newer one."""


def with_loader(fetched: Fetched, target: Target, work: Path, inherit: int) -> Fetched:
    """A Python for musl with musl's loader where it is looked for, if neither it nor this machine has one.

    Args:
        fetched: with its interpreter; a tree that is not below `work` is somebody's and stays as it is.
        target: what it is.
        work: an absolute folder to work in.
        inherit: the descriptor of the lock on it.

    Raises:
        HostPythonError: Debian's musl can't be had.
    """
    tree = fetched.tree
    program = program_of(tree, target)
    if target.platform.libc is not Libc.MUSL or not program or not tree.is_relative_to(work):
        return fetched
    loader = elf.loader(tree / program)
    place = tree / loader.lstrip("/")
    if not elf.is_of_musl(loader) or place.exists() or Path(loader).exists():
        return fetched
    try:
        apt = private_apt(work / "musl-apt", [SUITE], architecture=target.platform.arch.debian, inherit=(inherit,))
        (package,) = apt.fetch("musl")
    except AptError as error:
        raise HostPythonError(
            f"{program} needs musl's loader {loader}, which comes with no standalone Python, and Debian's package musl "
            f"can't be had: {error.message}", where=error.where,
            hint="leave --runnable out where nothing is to be run; else name a folder with the files of such a system: "
            "--from DIR, of an Alpine Linux",
        ) from None  # fmt: skip
    part = work / "musl"
    unpack(package, part, kind=HostPythonError)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(next(path for path in sorted(part.rglob(place.name)) if path.is_file()), place)
    place.chmod(0o755)
    return replace(fetched, files={**fetched.files, package.name: file_digest(package)})
