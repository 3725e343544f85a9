"""The build environment: its folders, and what is installed there, as far as its path does not matter."""

from __future__ import annotations

import os
import sys

from xconan.ground import reads
from xconan.ground.places import lies_in

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence

_OF_PIP = ("normal", "overlay", "site")  # folders in pip's temporary one: normal/bin may be on PATH alone
_OF_INSTALLERS = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json")  # say how a package came there


def by_number(text: str, roots: Sequence[str]) -> str:
    """A text with the folders of a build environment by number; the same wherever they are."""
    for number, root in enumerate(roots):
        if root in text:
            text = text.replace(root, f"{{{number}}}")
    return text


def environment_roots() -> list[str]:
    """The folders of the build environment: virtual environments, and those that pip makes.

    Not Python's own, which are part of the question, and not the working folder, which `python -m` and -c search.
    """
    roots: list[str] = []
    for entry in (sys.prefix, *sys.path):
        path = os.path.abspath(entry)
        known = (f"{sys.base_prefix}{os.sep}", *(f"{root}{os.sep}" for root in roots))
        if path != os.getcwd() and not f"{path}{os.sep}".startswith(known):
            root = path.partition(f"{os.sep}lib{os.sep}python")[0] if path.endswith("-packages") else path
            roots.append(os.path.dirname(root) if os.path.basename(root) in _OF_PIP else root)
    return roots


def installed_packages(roots: Sequence[str], *, as_they_are: bool = False) -> str:
    """A digest of what is installed below these roots, wherever they are.

    Of each package the lines of its RECORD, which hold digests of its files; without scripts, which have the
    environment's path in them (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).

    Args:
        roots: of environment_roots().
        as_they_are: take a RECORD as one text, its first lines, of scripts, left out. That is quick, and the same in
            environments that one installer has made; else the lines that an installer adds are left out, too.
    """
    import hashlib

    found = hashlib.sha256()
    for entry in sys.path:
        folder = os.path.abspath(entry)
        if not any(lies_in(folder, root) for root in roots):
            continue
        for name in reads.names(folder):
            path = os.path.join(folder, name)
            if name.endswith(".dist-info") and as_they_are:
                found.update(name.encode("utf-8", "surrogateescape"))
                found.update(_without_scripts(os.path.join(path, "RECORD")))
            elif name.endswith((".dist-info", ".pth", ".py", ".egg-link")):
                text = by_number("\n".join(_content(path)), roots)
                found.update(f"{name}\n{text}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _without_scripts(record: str) -> bytes:
    """A RECORD's bytes from the first line that is of no file outside of the folder; pip and uv sort the lines."""
    try:
        with open(record, "rb") as stream:
            data = stream.read()
    except OSError:
        return b""
    begin = 0
    while data.startswith(b"../", begin):
        begin = data.find(b"\n", begin) + 1 or len(data)
    return data[begin:]


def _content(path: str) -> list[str]:
    """The lines of a file, or of a .dist-info's RECORD, that say what is installed."""
    if not path.endswith(".dist-info"):
        return _lines(path)
    here = os.path.basename(path)
    left_out = tuple(f"{here}/{name}," for name in _OF_INSTALLERS)
    lines = _lines(os.path.join(path, "RECORD"))
    return sorted(line for line in lines if not line.startswith(("../", *left_out)) and ".pyc," not in line)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read().split("\n")
    except OSError:
        return []
