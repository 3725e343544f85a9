"""The host's Python for a build, with the running Python's headers fetched where only these are missing.

What is compiled against is decided by whoever chose the Python that runs xconan: the headers are of that very one, from
where it comes from. Pythons of other versions are added by a command alone.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from xconan.ground.errors import XconanError
from xconan.ground.report import say
from xconan.pythons.headers import find_host_python
from xconan.pythons.own import NoOwnHeadersError, may_fetch, own_target

if TYPE_CHECKING:
    from xconan.project.config.records import CrossConfig
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain


def provide_host_python(cross: CrossConfig, toolchain: Toolchain | None, *, needed: bool) -> HostPython:
    """Find the host's Python; where only the running Python's missing headers stand in the way, fetch them first.

    Args:
        cross: what is asked for.
        toolchain: as for find_host_python.
        needed: whether a module is compiled against it.

    Raises:
        NoOwnHeadersError: they may not be fetched (--offline), or could not be.
        HostPythonError: as find_host_python.
    """
    try:
        return find_host_python(cross, toolchain, needed=needed)
    except NoOwnHeadersError as error:
        if not may_fetch():
            raise NoOwnHeadersError(f"{error.message}; --offline forbids to fetch them", where=error.where,
                                    hint=error.hint) from None  # fmt: skip
        _fetch_own_headers(error)
    return find_host_python(cross, toolchain, needed=needed)


def _fetch_own_headers(lack: NoOwnHeadersError) -> None:
    from xconan.fetch.pythons.add import add_python  # noqa: PLC0415 - on machines without headers alone

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    say(f"xconan: Python {version} has no headers here ({lack.where}): fetching them into xconan's store, once and "
        f"without root; --offline forbids it")  # fmt: skip
    try:
        add_python(own_target(), source=None)
    except XconanError as error:
        raise NoOwnHeadersError(
            f"{lack.message}; fetching them failed: {error.message}", where=f"{lack.where}; {error.where}",
            hint=lack.hint,
        ) from error  # fmt: skip
