"""A Conan home for tests: this repository's recipes, nothing from the network or from the user's home."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REMOTE = "xconan-recipes"
"""The name that the folder of recipes gets among the remotes."""

# Conan has no `python -m conan`; this way it needs no script on PATH, either.
CONAN = (sys.executable, "-c", "import sys; from conan.cli.cli import main; main(sys.argv[1:])")
LAST_LINES = 15


class ConanError(RuntimeError):
    """A run of Conan failed; the message ends with its last lines."""


def run_conan(home: Path, *arguments: str, cwd: Path | None = None) -> str:
    """Run Conan with the home HOME and return its standard output."""
    environment = {**os.environ, "CONAN_HOME": str(home)}
    done = subprocess.run([*CONAN, *arguments], cwd=cwd, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LAST_LINES:])
        message = f"`conan {' '.join(arguments)}` failed with exit code {done.returncode}:\n{tail}"
        raise ConanError(message)
    return done.stdout


def make_conan_home(folder: Path, *, download_cache: Path, recipes: Path) -> Path:
    """Set up a Conan home in the empty or absent FOLDER and return it as an absolute path (a CONAN_HOME).

    Source archives come from DOWNLOAD_CACHE (tests.support.sources fills it), recipes from RECIPES, a
    local-recipes-index (the repository's `recipes`), and packages from nowhere: they are built.
    """
    home = folder.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if any(home.iterdir()):
        message = f"{home} is not empty: a Conan home for tests starts afresh"
        raise FileExistsError(message)
    settings = [
        f"core.sources:download_cache={download_cache.absolute()}",
        # Without a network a failed download stays failed: say so at once.
        "tools.files.download:retry=0",
        "core:non_interactive=True",
    ]
    (home / "global.conf").write_text("\n".join(settings) + "\n", encoding="utf-8")
    run_conan(home, "remote", "remove", "*")
    run_conan(home, "remote", "add", REMOTE, str(recipes.absolute()), "--type=local-recipes-index")
    run_conan(home, "profile", "detect")
    return home
