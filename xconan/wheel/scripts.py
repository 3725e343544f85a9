"""First lines of the scripts that a wheel has beside its packages.

Installers write their own interpreter into a script whose first line begins with exactly `#!python`, and leave others
as they are: https://packaging.python.org/specifications/binary-distribution-format/#recommended-installer-features. By
`#!/usr/bin/env python3` it would be run by whatever Python is first on PATH, which has not what the script imports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.ground.files import Entry

if TYPE_CHECKING:
    from pathlib import Path

_PLACE = re.compile(r"[^/]+\.data/scripts/")
# python, python3, python3.12t, python.exe; any path before it, or env that is told nothing else
_PYTHON = re.compile(
    rb"#![ \t]*(?:\S*/env[ \t]+(?:-S[ \t]*)?)?(?:[^\s=]*[/\\])?(python|pythonw)(?:3(?:\.\d+)?t?)?(?:\.exe)?(?=\s|\Z)"
)


def packed_file(name: str, path: Path) -> Entry:
    """A file as the wheel has it: of a script for Python, `#!python` is the interpreter; all else is as it was.

    Args:
        name: its place in the wheel.
        path: the file.
    """
    if not _PLACE.match(name):
        return Entry(name=name, source=path)
    with path.open("rb") as stream:
        match = _PYTHON.match(stream.readline(1024))
        if match is None or match[0] == b"#!" + match[1]:
            return Entry(name=name, source=path)
        stream.seek(match.end())
        return Entry(name=name, source=b"#!" + match[1] + stream.read())
