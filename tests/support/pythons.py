"""The Pythons of this machine that xconan could be run by."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 10)
_ASK = "import sys; print(sys.implementation.name, *sys.version_info[:2], sys._base_executable)"


def interpreters() -> dict[str, Path]:
    """One CPython a version ("3.12"), oldest first: our own, pyenv's, and what is on PATH."""
    candidates = [Path(sys.executable), *sorted(Path("~/.pyenv/versions").expanduser().glob("*/bin/python3"))]
    for folder in os.get_exec_path():
        names = Path(folder).iterdir() if Path(folder).is_dir() else ()
        candidates += sorted(path for path in names if re.fullmatch(r"python3\.\d+", path.name))
    found: dict[tuple[int, int], Path] = {}
    for candidate in candidates:
        done = subprocess.run([candidate, "-I", "-c", _ASK], capture_output=True, text=True, check=False)
        words = done.stdout.strip().split(" ", 3)
        if done.returncode == 0 and words[0] == "cpython":
            version = (int(words[1]), int(words[2]))
            if version >= OLDEST:
                found.setdefault(version, Path(words[3]))
    return {f"{major}.{minor}": path for (major, minor), path in sorted(found.items())}
