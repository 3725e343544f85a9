"""The headers of the Python that runs xconan: where they are, what they serve, and what installs missing ones.

Distributions keep them in a package of their own: Debian's python3 has no Python.h, python3-dev has. Builds for this
machine are compiled against them, and adapted (adapted.py) they serve other machines with the same Python.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import running_libc, running_target
from xconan.ground import reads
from xconan.ground.errors import HostPythonError
from xconan.ground.run import which
from xconan.host.platforms import Libc, parse_platform
from xconan.host.tags import ext_suffix
from xconan.pythons.records import HostPython
from xconan.pythons.store import find_stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.host.targets import Target
    from xconan.project.config.records import CrossConfig

# a program that installs packages -> what it installs Python's headers with; {version} is 3.11
_INSTALLERS = {
    "apt-get": "apt-get install {python}-dev",
    "dnf": "dnf install {python}-devel",
    "zypper": "zypper install {bare}-devel",
    "apk": "apk add python3-dev",
}


class NoOwnHeadersError(HostPythonError):
    """The Python that runs xconan has no headers, and a build needs them."""


def own_include() -> Path | None:
    """The folder of the running Python's headers: its installation's, else the store's; None for neither.

    Raises:
        HostPythonError: the store has them, but damaged.
    """
    include = _installed_include()
    if reads.seen(include / "Python.h").is_file():
        return include
    stored = find_stored(own_target())
    return stored.include_dir if stored else None


def own_target() -> Target:
    """The running Python as a host: the target of the entry of the store that has its headers.

    Raises:
        ConfigError: this machine's platform is not in platforms.toml.
    """
    target = running_target()
    if running_libc() is not Libc.MUSL:
        return target
    return replace(target, platform=parse_platform(f"musllinux_1_2_{target.platform.arch.name}"))


def serves(target: Target) -> bool:
    """Whether the running Python's headers serve a host: the same CPython on this or another Linux, or on a Mac."""
    version = f"{sys.version_info.major}{sys.version_info.minor}"
    no_gil = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    same = (target.implementation, target.version, target.free_threaded) == ("cp", version, no_gil)
    # Windows has a pyconfig.h of its own
    return same and sys.implementation.name == "cpython" and sys.platform == "linux" and target.platform.os != "windows"


def may_fetch(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether builds may fetch the running Python's headers: not with --offline, which sets XCONAN_OFFLINE."""
    return environ.get("XCONAN_OFFLINE", "").lower() in ("", "0", "false", "no")


def missing_headers(cross: CrossConfig) -> NoOwnHeadersError:
    """The error for a build that needs headers which the running Python lacks."""
    target = cross.target
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    what = "a build for this machine" if cross.native else f"{target.abi} on {target.platform.tag}"
    return NoOwnHeadersError(
        f"Python {version} on this machine ({sys.executable}) has no headers (Python.h), and {what} is compiled "
        f"against them", where=str(_installed_include()), hint=remedy(),
    )  # fmt: skip


def remedy() -> str:
    """The commands that provide the running Python's headers: with root, and without."""
    installs = next((text for program, text in _INSTALLERS.items() if which(program)), "")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    usual = Path("/usr/bin/python3").resolve().name == f"python{version}"
    words = {"python": "python3" if usual else f"python{version}", "bare": f"python{version.replace('.', '')}"}
    packaged = installs and of_distribution() and sys.implementation.name == "cpython"
    named = [f"`{installs.format(**words)}` as root"] if packaged else []
    return ", or ".join([*named, f"`{add_command(own_target())}`"])


def of_distribution() -> bool:
    """Whether the running Python is the Linux distribution's own, so that its packages have the headers."""
    return Path(sys.base_prefix) == Path("/usr")


def add_command(target: Target) -> str:
    """The command that fetches the host Python of a target into the store."""
    return f"xconan python add {target.python_version} --for {target.platform.tag}"


def running_python(cross: CrossConfig, *, needed: bool) -> HostPython:
    """The Python that runs us, as the host's of a native build.

    Raises:
        NoOwnHeadersError: a module is compiled against its headers, and it has none.
    """
    installed = _installed_include()
    include = own_include() if needed else installed if reads.seen(installed / "Python.h").is_file() else None
    if include is None and needed:
        raise missing_headers(cross)
    stored = include not in (None, installed)
    suffix = str(sysconfig.get_config_var("EXT_SUFFIX") or ext_suffix(cross.target))
    version = sys.version_info
    return HostPython(
        include_dir=include,
        pyconfig=include / "pyconfig.h" if include else None,
        version=(version.major, version.minor, version.micro, version.releaselevel, version.serial),
        library=None,
        sabi_library=None,
        soabi=suffix.removeprefix(".").rpartition(".")[0],
        ext_suffix=suffix,
        origin="the running interpreter, with headers in xconan's store" if stored else "the running interpreter",
    )


def _installed_include() -> Path:
    return Path(sysconfig.get_path("platinclude"))
