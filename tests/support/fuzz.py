"""Files that a fuzzer makes, for the readers of binaries and of wheels: nothing but our own errors may come.

    python -m tests.support.fuzz binaries|wheels [libFuzzer's options and folders]

needs atheris (PyPI). -max_total_time=600 -timeout=15 -rss_limit_mb=500 is what was run.
"""

from __future__ import annotations

import io
import sys
import tempfile
import warnings
import zipfile
from importlib import import_module
from pathlib import Path

from xconan.binary import archive, dynamic, elf, macho, pe, wasm
from xconan.check import check_wheel
from xconan.ground.errors import CheckError

WHEEL = "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"
INFO = "demo-1.0.dist-info"
PARTS = (
    f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD", f"{INFO}/entry_points.txt", "demo/__init__.py",
    "demo/_core.cpython-311-x86_64-linux-gnu.so", "demo/x.pyi",
)  # fmt: skip
BETWEEN = b"\xff\xfeNEXT"


def read_binary(data: bytes, place: Path) -> None:
    """Have the reader of its kind read it; `place` is for those that read files."""
    try:
        if data.startswith(b"\x7fELF"):
            elf.read_header(io.BytesIO(data))
            dynamic.read_dynamic(io.BytesIO(data))
        elif data.startswith(macho.MAGICS):
            macho.read_macho(data)
        elif data.startswith(pe.MAGIC):
            pe.read_pe(data)
        elif data.startswith(wasm.MAGIC):
            wasm.read_wasm(data)
        else:
            place.write_bytes(data)
            archive.offered_names(place)
            elf.read_library(place)
    except ValueError as error:
        if isinstance(error, UnicodeError):  # an error of Python's, and none that was thought of
            raise


def read_wheel(data: bytes, place: Path) -> None:
    """Check it as a wheel.

    Args:
        data: by its first byte the files of an archive, stored (1) or deflated (2), or else an archive byte by byte.
        place: with the name of a wheel.
    """
    if data[:1] in (b"\1", b"\2"):
        how = zipfile.ZIP_STORED if data[:1] == b"\1" else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(place, "w", how) as wheel:
            for name, part in zip(PARTS, data[1:].split(BETWEEN), strict=False):
                wheel.writestr(name, part)
    else:
        place.write_bytes(data[1:])
    try:
        check_wheel(place)
    except CheckError as error:
        if not error.hint:
            raise


def main(what: str, options: list[str]) -> None:
    """Run the fuzzer until it is told to end, or finds something."""
    atheris = import_module("atheris")  # on PyPI, and in no environment of the project
    warnings.simplefilter("ignore")
    atheris.instrument_all()
    place = Path(tempfile.mkdtemp()) / WHEEL
    read = {"binaries": read_binary, "wheels": read_wheel}[what]
    atheris.Setup([sys.argv[0], *options], lambda data: read(data, place))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
