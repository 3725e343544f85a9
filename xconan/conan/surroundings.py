"""What is around Conan in its own process: the files that a recipe reads, and whether remotes answer."""

from __future__ import annotations

import os
import sys
from importlib.util import source_from_cache
from pathlib import Path


def reads_below(folder: Path, *, but: Path) -> set[str]:
    """Files of a project that are read from now on, by their names: a recipe is a program, and may read any."""
    read: set[str] = set()
    inside, outside = f"{folder}{os.sep}", f"{but}{os.sep}"

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str):
            return
        name, mode = os.path.abspath(arguments[0]), arguments[1]  # noqa: PTH100 - a Path is slow for each file of all
        written = isinstance(mode, str) and mode[0] in "wxa"
        if name.startswith(inside) and not name.startswith(outside) and not written:
            read.add(source_from_cache(name) if name.endswith(".pyc") else name)

    sys.addaudithook(note)
    return read


def ping(url: str, *, verify: bool) -> str:
    """Why a remote does not answer, "" where it does."""
    import requests  # noqa: PLC0415 - Conan's own way to its remotes

    if not url.startswith("http"):  # a local recipes index
        return "" if Path(url).is_dir() else "there is no such folder"
    try:
        requests.get(f"{url}/v2/ping", timeout=10, verify=verify).raise_for_status()
    except requests.RequestException as error:
        return str(error)
    return ""
