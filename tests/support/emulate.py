"""Code run by a host's own Python, emulated by qemu."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from xconan.host.platforms import table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.debian import HostRoot

QEMU = {row.debian: row.qemu for row in table()["linux"].values()}
"""Debian's architectures as qemu's programs spell them."""

TIMEOUT_S = 120.0
"""Far beyond what a test needs: emulation starts Python in about a second."""


class HostError(RuntimeError):
    """The host's Python failed; the message holds what it wrote to its standard error."""


def emulator(architecture: str) -> str:
    """Find qemu's program for Debian's ARCHITECTURE, statically linked or not."""
    for name in (f"qemu-{QEMU[architecture]}-static", f"qemu-{QEMU[architecture]}"):
        if path := shutil.which(name):
            return path
    message = f"qemu-{QEMU[architecture]}-static is not installed (Debian's package qemu-user-static)"
    raise HostError(message)


def run_python(root: HostRoot, site: Path, code: str) -> str:
    """Run CODE by the host's Python with SITE (an unpacked wheel) to import from; return what it printed."""
    # Nothing of this machine's environment: its PYTHONPATH and LD_LIBRARY_PATH name this machine's files.
    environment = {
        "PATH": os.defpath,
        "PYTHONHOME": str(root.root / "usr"),
        "PYTHONPATH": str(site.absolute()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        # The root has no locales that would say so.
        "PYTHONUTF8": "1",
    }
    command = [emulator(root.architecture), "-L", str(root.root), str(root.python), "-c", code]
    # Code given by -c imports from the working folder first: let that be the wheel's, too.
    try:
        done = subprocess.run(
            command,
            cwd=site,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        message = f"the {root.architecture} Python did not end within {TIMEOUT_S:.0f} s"
        raise HostError(message) from None
    if done.returncode:
        problem = done.stderr.strip()
        message = f"the {root.architecture} Python ended with exit code {done.returncode}:\n{problem}"
        raise HostError(message)
    return done.stdout
