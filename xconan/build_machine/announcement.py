"""What the environment of a build may say of its host; project/config/announced.py knows what it means."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import running_target
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.host.targets import Target


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Announcement(Record):
    """The environment of a build, as far as it may say what the host is.

    Attributes:
        environ: its variables.
        platform: sysconfig.get_platform(): "win-amd64", "macosx-10.9-universal2", "linux-x86_64".
        machine: platform.machine(): "AMD64", "arm64", "x86_64".
        running: the interpreter that runs us.
        pretends: its Python answers as that of another machine (sys.cross_compiling).
        ext_suffix, include_dir: what it says of its modules and headers.
    """

    environ: Mapping[str, str]
    platform: str
    machine: str
    running: Target
    pretends: bool = False
    ext_suffix: str = ""
    include_dir: str = ""


def read_announcement() -> Announcement:
    """What this environment says.

    Raises:
        ConfigError: the platform that its Python claims is not in platforms.toml.
    """
    running = running_target()
    return Announcement(
        environ=dict(os.environ),
        platform=sysconfig.get_platform(),
        machine=platform.machine(),
        running=running,
        pretends=running.platform.os == "pyodide" or _pretends(sysconfig.get_platform(), platform.machine()),
        ext_suffix=str(sysconfig.get_config_var("EXT_SUFFIX") or ""),
        include_dir=sysconfig.get_path("include"),
    )


def _pretends(claimed: str, machine: str) -> bool:
    """Whether Python answers as another machine's: crossenv and its like say so, a variable has it so on Linux."""
    if getattr(sys, "cross_compiling", False):
        return True
    name = os.environ.get("_PYTHON_HOST_PLATFORM", "")
    arch = claimed.removeprefix("linux-")
    short = sys.maxsize < 2**32  # 32 bits on a kernel of 64
    return bool(name) and claimed.startswith("linux-") and arch != machine and not short
