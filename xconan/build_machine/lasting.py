"""The build environment, for builds that come when it may be gone: an editable install is built anew at its import.

Frontends make an environment for one build and remove it. Such a one is kept in xconan's cache under a name made of
its packages, as a virtual environment (PEP 405) of its own; one that stays is used where it is.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.ground.files import cache_folder, digest, mark_as_ours, remove_tree, write_text
from xconan.ground.installed import environment_roots, installed_packages
from xconan.ground.record import Record
from xconan.ground.scratch import remove_half_made, temporary_sibling

if TYPE_CHECKING:
    from collections.abc import Iterable

# folders of pip, build and uv; others make theirs in $TMPDIR
_OF_FRONTENDS = re.compile(r"(pip-)?build-env-.*|builds-v\d+")
_NOT_KEPT = re.compile(r"python.*|pypy.*|[Aa]ctivate.*|deactivate.*|pip[\d.]*")  # programs
# how scripts of Python's begin; where a path is long or has blanks, by a shell
_OF_PYTHON = re.compile(rb"#![^\n]*python[^\n]*\n|#!/bin/sh\n'''exec' [^\n]*\n' '''\n")
_LEFT_OUT = re.compile(r"pip|pip-.*\.dist-info|__pycache__|_virtualenv\.(py|pth)|sitecustomize\.py")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LastingEnvironment(Record):
    """An environment that is there for later builds.

    Attributes:
        python: its interpreter.
        search_path: what this has to search; () where that is its own search path.
        programs: its folder of programs, first on PATH.
        kept: a copy of the one that runs us; else it is that one.
    """

    python: Path
    search_path: tuple[str, ...]
    programs: Path
    kept: bool


def lasting_environment() -> LastingEnvironment:
    """The environment that runs us, or a copy of it where it is for this build alone.

    Raises:
        OSError: the copy can't be written.
    """
    passing = passing_roots()
    if not passing:
        python = Path(sys.executable)
        return LastingEnvironment(python=python, search_path=tuple(sys.path), programs=python.parent, kept=False)
    store = cache_folder() / "environments"
    name = digest(installed_packages(environment_roots()), sys.version, sys.base_prefix)[:16]
    place = store / name
    programs = place / "bin"
    if not (programs / "python3").exists():
        mark_as_ours(store)
        remove_half_made(store)
        _keep(place, passing)
    return LastingEnvironment(python=programs / "python3", search_path=(), programs=programs, kept=True)


def passing_roots() -> list[str]:
    """The folders of an environment that is for this build alone, and that Python imports from.

    The folder of the script that pip runs is none of them: it lies in the environment of pip, which may stay.
    """
    used = [root for root in environment_roots() if any(entry.is_relative_to(root) for entry in _package_folders())]
    return [root for root in used if _is_passing(root)]


def _package_folders() -> list[Path]:
    """The folders of installed packages that Python searches, in its order."""
    return [Path(entry).absolute() for entry in sys.path if entry.endswith("-packages")]


def _is_passing(root: str) -> bool:
    real = os.path.realpath(root)
    in_temporary = real.startswith(os.path.realpath(tempfile.gettempdir()) + os.sep)
    return in_temporary or any(_OF_FRONTENDS.fullmatch(part) for part in Path(real).parts)


def _keep(place: Path, roots: Iterable[str]) -> None:
    """Make the copy beside its place and rename it."""
    new = temporary_sibling(place)
    remove_tree(new)
    try:
        _make_environment(new)
        for packages in _package_folders():
            if packages.is_dir() and any(packages.is_relative_to(root) for root in roots):
                _copy_tree(packages, _site_packages(new))
        for folder in _program_folders(roots):
            for program in sorted(folder.iterdir()):
                if program.is_file() and not _NOT_KEPT.fullmatch(program.name):
                    _copy_program(program, new / "bin" / program.name, python=place / "bin" / "python3")
        new.rename(place)
    except OSError:
        remove_tree(new)
        if not place.is_dir():  # otherwise another build was faster
            raise


def _make_environment(folder: Path) -> None:
    """An empty virtual environment of the interpreter behind ours; the module venv needs more time, and ensurepip."""
    base = Path(getattr(sys, "_base_executable", None) or sys.executable)
    (folder / "bin").mkdir(parents=True)
    for name in ("python3", "python"):
        (folder / "bin" / name).symlink_to(base)
    version = ".".join(map(str, sys.version_info[:3]))
    text = f"home = {base.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    write_text(folder / "pyvenv.cfg", text)
    _site_packages(folder).mkdir(parents=True)


def _site_packages(folder: Path) -> Path:
    scheme = "venv" if "venv" in sysconfig.get_scheme_names() else "posix_prefix"
    where = {"base": str(folder), "platbase": str(folder), "installed_base": str(folder)}
    return Path(sysconfig.get_path("purelib", scheme, where))


def _program_folders(roots: Iterable[str]) -> list[Path]:
    below = ("bin", "overlay/bin", "normal/bin")  # of pip, two folders that look like environments
    return [folder for root in roots for name in below if (folder := Path(root) / name).is_dir()]


def _copy_tree(source: Path, target: Path) -> None:
    """Copy what is not there yet: who is first on the search path comes first."""
    for entry in sorted(source.iterdir()):
        if _LEFT_OUT.fullmatch(entry.name):
            continue
        place = target / entry.name
        if entry.is_dir():
            if not place.exists():
                place.mkdir()
            if place.is_dir():
                _copy_tree(entry, place)
        elif not place.exists():
            _copy(entry, place)


def _copy_program(program: Path, place: Path, *, python: Path) -> None:
    """Copy a program; a script of Python's gets the kept interpreter."""
    if place.exists():
        return
    with program.open("rb") as stream:
        script = stream.read(2) == b"#!"
    match = _OF_PYTHON.match(data := program.read_bytes()) if script else None
    if match is None:
        _copy(program, place)
        return
    place.write_bytes(b"#!" + os.fsencode(python) + b"\n" + data[match.end() :])
    shutil.copymode(program, place)


def _copy(source: Path, target: Path) -> None:
    with suppress(OSError):
        os.link(source, target)  # installers replace files, they do not write into them
        return
    shutil.copy2(source, target)
