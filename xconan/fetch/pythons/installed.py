"""Pythons that this machine has in its programs' own places: of pyenv, uv, asdf and mise, and of manylinux images.

They are this machine's, so that they serve hosts like it as they are, and other Linux machines adapted.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.host.platforms import Libc
from xconan.pythons.own import own_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xconan.host.targets import Target

# a variable that names the program's folder, where it is else, and the folder of installations in it
_MANAGERS = (
    ("PYENV_ROOT", "~/.pyenv", "versions"),  # https://github.com/pyenv/pyenv#environment-variables
    ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", ""),  # https://docs.astral.sh/uv/reference/storage/
    ("ASDF_DATA_DIR", "~/.asdf", "installs/python"),
    ("MISE_DATA_DIR", "~/.local/share/mise", "installs/python"),
)
_UNFINISHED = re.compile(r"\d(a|b)\d|-dev")  # whose binary interface may still change
_IMAGES = "/opt/python"  # of manylinux images: https://github.com/pypa/manylinux


def installed_python(target: Target, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The newest installation of a Python with its headers, where the host is a machine like this one.

    Args:
        target: the host.
        environ: the environment.
    """
    own, theirs = own_target().platform, target.platform
    musl = [platform.libc is Libc.MUSL for platform in (own, theirs)]
    if (theirs.os, theirs.arch) != (own.os, own.arch) or musl[0] != musl[1]:
        return None
    return next((folder for folder in _installations(environ) if _has_headers(folder, target)), None)


def _installations(environ: Mapping[str, str]) -> Iterator[Path]:
    """Folders of installations, in each place the newest first."""
    for variable, default, below in (*_MANAGERS, ("", _IMAGES, "")):
        with suppress(OSError, RuntimeError):  # it is not there, another user's, or nobody knows where home is
            place = Path(environ.get(variable) or default).expanduser() / below
            yield from sorted((path for path in place.iterdir() if path.is_dir()), key=_version, reverse=True)


def _version(folder: Path) -> tuple[bool, list[int], bool]:
    """Whether a name is of something finished, its numbers, and whether it is no candidate: "3.8.18", "3.14.0rc2"."""
    name, candidate, _ = folder.name.partition("rc")
    return not _UNFINISHED.search(name), [int(number) for number in re.findall(r"\d+", name)], not candidate


def _has_headers(folder: Path, target: Target) -> bool:
    include, name = folder / "include", target.python_name
    if target.implementation == "pp":  # which had them in include itself up to 3.8
        named = re.search(rf"pypy-?{re.escape(target.dotted_version)}\b", folder.name)
        return (include / name / "Python.h").is_file() or bool(named and (include / "Python.h").is_file())
    names = [name] if target.free_threaded else [name, f"{name}m"]
    return any((include / one / "Python.h").is_file() for one in names)
