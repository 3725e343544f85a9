"""A host's Python, as its own files describe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HostPython(Record):
    """The host's Python, as its own headers, library and build data describe it.

    Attributes:
        include_dir: holds Python.h; None where the wheel has no extension module.
        pyconfig: the pyconfig.h that the host uses: Debian's in include_dir only dispatches to it.
        version: (major, minor, micro, release level, serial) of the headers.
        library, sabi_library: to link against, None where modules need none.
        soabi: "cpython-312-aarch64-linux-gnu"; ext_suffix: "." + soabi + ".so".
        sysconfig_file: the host's own _sysconfigdata module, None where it is not at hand.
        origin: where the headers come from, for people to read.
        abi: the ABI tag, where only its own files know it: PyPy's; None: the target's.
    """

    include_dir: Path | None
    pyconfig: Path | None
    version: tuple[int, int, int, str, int]
    library: Path | None
    sabi_library: Path | None
    soabi: str
    ext_suffix: str
    sysconfig_file: Path | None = None
    origin: str = ""
    abi: str | None = None
