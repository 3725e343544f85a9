"""A host Python from Debian, unpacked into a folder of its own: headers, library and interpreter.

    python -m tests.support.debian SUITE ARCHITECTURE DESTINATION [--flatten-pyconfig]

fetches, say, `bookworm arm64 build/root-arm64`. The interpreter runs by emulation (tests.support.emulate).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.once import make_once
from xconan.fetch.pythons.apt import AptError, private_apt
from xconan.fetch.pythons.debian import MOVING, PYPYS
from xconan.fetch.pythons.debian import PYTHONS as RELEASED
from xconan.host.platforms import table

if TYPE_CHECKING:
    from collections.abc import Sequence

MULTIARCH = {row.debian: row.multiarch for row in table()["linux"].values()}
"""Debian's architectures and the names of their folders of libraries and headers."""

PYTHONS = {**RELEASED, MOVING: "315"}
"""The Python of each suite that tests want: the released ones have just that, the moving one several, for a time."""

SPLIT_USR = ("bullseye", "bookworm")
"""Suites whose packages still have files in /lib and /bin; later ones expect links into /usr there."""

LAYOUT = 1
"""Raised when a root is put together differently, so that older ones are made anew."""


@dataclass(frozen=True)
class HostRoot:
    """An unpacked host Python."""

    root: Path
    """The folder that is the host's `/`."""
    architecture: str
    """Debian's name of the host's architecture: arm64."""
    multiarch: str
    """The host's multiarch triplet: aarch64-linux-gnu."""
    version: str
    """The version as wheel tags spell it: 311."""
    include_dir: Path
    """The folder of Python.h. Its pyconfig.h dispatches to the one at `pyconfig`, unless flattened."""
    pyconfig: Path
    """The pyconfig.h of this very architecture."""
    library: Path
    """The shared libpython."""
    python: Path
    """The interpreter, a program of the host."""


def host_python(suite: str, architecture: str, destination: Path, *, flatten_pyconfig: bool = False) -> HostRoot:
    """Fetch the Python of Debian's SUITE for ARCHITECTURE into DESTINATION, unless it is there already.

    FLATTEN_PYCONFIG makes the headers work with include_dir alone on the compiler's path, as builders
    that don't know Debian's pyconfig.h need it; without it they are as Debian ships them.
    """
    if suite not in PYTHONS:
        message = f"unknown suite {suite!r}; known are {', '.join(PYTHONS)}"
        raise ValueError(message)
    if architecture not in MULTIARCH:
        message = f"unknown architecture {architecture!r}; known are {', '.join(MULTIARCH)}"
        raise ValueError(message)
    # libstdc++ is nothing that Python needs, but modules in C++ do.
    version = _dotted(suite)
    packages = [f"python{version}", f"libpython{version}-dev", "libstdc++6"]
    form = "flat" if flatten_pyconfig else "plain"
    origin = f"{LAYOUT} {suite} {architecture} {form} {' '.join(packages)}\n"

    def make(root: Path) -> None:
        unpacked(root, suite, architecture, packages)
        if flatten_pyconfig:
            _flatten_pyconfig(_host_root(root, suite, architecture))

    make_once(destination, origin, make)
    return _host_root(destination.absolute(), suite, architecture)


def host_pypy(suite: str, architecture: str, destination: Path) -> HostRoot:
    """Fetch the PyPy of Debian's SUITE, which has its headers in /usr/include/pypy3.x (not before bookworm)."""
    packages = ["pypy3", "pypy3-dev", "libstdc++6"]

    def make(root: Path) -> None:
        unpacked(root, suite, architecture, packages)

    make_once(destination, f"{LAYOUT} {suite} {architecture} {' '.join(packages)}\n", make)
    version, root = f"{PYPYS[suite][0]}.{PYPYS[suite][1:]}", destination.absolute()
    include_dir = root / f"usr/include/pypy{version}"
    return HostRoot(
        root=root,
        architecture=architecture,
        multiarch=MULTIARCH[architecture],
        version=PYPYS[suite],
        include_dir=include_dir,
        pyconfig=include_dir / "pyconfig.h",
        library=root / f"usr/lib/{MULTIARCH[architecture]}/libpypy{version}-c.so",
        python=root / f"usr/bin/pypy{version}",
    )


def _host_root(root: Path, suite: str, architecture: str) -> HostRoot:
    """Describe a finished root."""
    version, multiarch = _dotted(suite), MULTIARCH[architecture]
    include_dir = root / f"usr/include/python{version}"
    return HostRoot(
        root=root,
        architecture=architecture,
        multiarch=multiarch,
        version=version.replace(".", ""),
        include_dir=include_dir,
        pyconfig=include_dir.parent / multiarch / include_dir.name / "pyconfig.h",
        library=root / f"usr/lib/{multiarch}/libpython{version}.so",
        python=root / f"usr/bin/python{version}",
    )


def _dotted(suite: str) -> str:
    return f"{PYTHONS[suite][0]}.{PYTHONS[suite][1:]}"


def unpacked(root: Path, suite: str, architecture: str, packages: list[str]) -> None:
    """Unpack PACKAGES and all they depend on into the empty folder ROOT."""
    if suite not in SPLIT_USR:
        _merge_usr(root)
    # Inside the unfinished root, so that what a killed run leaves behind goes with it.
    scratch = root / ".apt"
    apt = private_apt(scratch, [suite], architecture=architecture)
    for package in apt.download(*packages):
        _unpack(package, root)
    shutil.rmtree(scratch)
    _make_links_relative(root)


def _merge_usr(root: Path) -> None:
    """Link /bin, /lib and their like into /usr, as the package base-files would before any other."""
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")


def _unpack(package: Path, root: Path) -> None:
    """Unpack the files of one Debian package; none of its scripts are run."""
    try:
        subprocess.run(["dpkg-deb", "--extract", package, root], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        message = "dpkg-deb is not installed: it unpacks Debian's packages"
        raise AptError(message) from None
    except subprocess.CalledProcessError as error:
        message = f"{package.name} does not unpack:\n{error.stderr.strip()}"
        raise AptError(message) from None


def _make_links_relative(root: Path) -> None:
    """Turn links to absolute paths, which would leave the root, into relative ones that stay in it."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and (target := path.readlink()).is_absolute():
                inside = root / target.relative_to("/")
                path.unlink()
                path.symlink_to(os.path.relpath(inside, path.parent))


def _flatten_pyconfig(host: HostRoot) -> None:
    """Put the architecture's own pyconfig.h in place of the one that includes it by a path.

    Debian's pyconfig.h asks for `<aarch64-linux-gnu/python3.11/pyconfig.h>` and its like, which is found
    only with the host's usr/include on the compiler's path; and there lie another C library's headers, too.
    """
    shutil.copy2(host.pyconfig, host.include_dir / "pyconfig.h")


def main(arguments: Sequence[str]) -> None:
    """Fetch what the command line asks for and print what stands where."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.debian")
    parser.add_argument("suite", choices=PYTHONS)
    parser.add_argument("architecture", choices=MULTIARCH)
    parser.add_argument("destination", type=Path)
    parser.add_argument("--flatten-pyconfig", action="store_true", help="headers that need no other folder")
    given = parser.parse_args(arguments)
    try:
        host = host_python(
            given.suite,
            given.architecture,
            given.destination,
            flatten_pyconfig=given.flatten_pyconfig,
        )
    except AptError as error:
        sys.exit(f"error: {error}")
    sys.stdout.writelines(f"{name}: {value}\n" for name, value in vars(host).items())


if __name__ == "__main__":
    main(sys.argv[1:])
