"""Find xconan from within Conan, which may live in an environment without it, and ask it something."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from importlib.util import find_spec

from conan.errors import ConanException

VERSION = "0.1.0"
PROTOCOL = 1


def find_xconan(said=""):
    """Return the command that runs xconan, as a list.

    SAID (the conf user.xconan:python) comes first, then $XCONAN_PYTHON, each a Python that has xconan; then the
    Python that runs Conan, and the program `xconan` on PATH.
    """
    for where, python in (("user.xconan:python", said), ("XCONAN_PYTHON", os.environ.get("XCONAN_PYTHON"))):
        if python:
            program = shutil.which(os.path.expanduser(python))
            if program is None:
                raise ConanException(f"{where} names a Python that is not there: {python}")
            return [program, "-m", "xconan"]
    here = find_spec("xconan")
    if here and here.origin:  # Conan's own commands make a package of this name without any file
        return [sys.executable, "-m", "xconan"]
    program = shutil.which("xconan")
    if program is None:
        raise ConanException(
            "xconan is not found. It is neither in the Python that runs Conan nor on PATH: name a Python that has it, "
            "-c user.xconan:python=/path/to/python or XCONAN_PYTHON=/path/to/python (pip install xconan)"
        )
    return [program]


def describe(command, project=""):
    """Ask xconan for its own Python ("python") and, with a folder, for a project's name and version."""
    return _describe(tuple(command), str(project))


@lru_cache(maxsize=None)
def _describe(command, project):
    request = {"protocol": PROTOCOL, "version": VERSION, "action": "describe", "project": project}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "request.json")
        with open(file, "w", encoding="utf-8") as stream:
            json.dump(request, stream)
        done = subprocess.run([*command, "conan-recipe", file], capture_output=True, text=True, check=False)
    try:
        if done.returncode == 0:
            return json.loads(done.stdout)
    except ValueError:
        pass
    words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
    raise ConanException(f"`{' '.join(command)}` does not answer as xconan {VERSION} (exit code {done.returncode})\n{words}")
