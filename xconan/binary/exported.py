"""The names that a shared library of any kind exports."""

from __future__ import annotations

import io

from xconan.binary import macho, pe, wasm
from xconan.binary.dynamic import read_dynamic


def exported_names(data: bytes) -> frozenset[str] | None:
    """The names that others find in a library; None where it is none, or damaged."""
    try:
        if data.startswith(b"\x7fELF"):
            return frozenset(read_dynamic(io.BytesIO(data)).exported)
        if data.startswith(macho.MAGICS):
            return frozenset(name for image in macho.read_macho(data) for name in image.exported)
        if data.startswith(pe.MAGIC):
            return frozenset(pe.read_pe(data).exported)
        return frozenset(wasm.read_wasm(data).exported) if data.startswith(wasm.MAGIC) else None
    except ValueError:
        return None
