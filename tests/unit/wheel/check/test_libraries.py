"""Which libraries are whose, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xconan.binary.dynamic import Dynamic
from xconan.wheel.check import libraries

if TYPE_CHECKING:
    import re


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        (
            libraries.GLIBC,
            ["libc.so.6", "libm.so.6", "libmvec.so.1", "ld-linux-aarch64.so.1", "ld64.so.2", "libnss_files.so.2",
             "libpthread.so.0", "libBrokenLocale.so.1"],
            ["libc.so", "libcrypto.so.3", "xlibc.so.6", "libc.so.6.1", "libc.musl-x86_64.so.1", "libz.so.1"],
        ),
        (
            libraries.MUSL,
            ["libc.so", "libc.so.1", "libc.musl-x86_64.so.1", "ld-musl-aarch64.so.1", "libpthread.so", "libxnet.so"],
            ["libc.so.6", "libpthread.so.0", "libm.so.6", "xlibc.so", "libz.so"],
        ),
        (
            libraries.COMPILERS,
            ["libstdc++.so.6", "libgcc_s.so.1", "libc++.so.1.0", "libc++abi.so", "libgfortran.so.5", "libomp.so"],
            ["libstdc++.a", "xlibgcc_s.so.1", "libgcc.so.1", "libc.so.6", "libomp.so.x"],
        ),
        (
            libraries.VERSIONED,
            ["libstdc++.so.6", "libgcc_s.so.1", "libatomic.so.1", "libgomp.so.1"],
            ["libgfortran.so.5", "libc++.so.1", "libstdc++.so", "xlibgomp.so.1", "libgomp.so.1.0"],
        ),
        (
            libraries.IN_C,
            ["libz.so.1", "libX11.so.6", "libXext.so.6", "libglib-2.0.so.0", "libssl.so.1.1", "libzstd.so.1.5.5"],
            ["libz.so", "libX.so.6", "libstdc++.so.6", "xlibz.so.1", "libglibmm-2.4.so.1"],
        ),
        (
            libraries.PYTHON,
            ["libpython3.so", "libpython3.11.so.1.0", "libpypy3.10-c.so"],
            ["libboost_python311.so", "xlibpython3.so", "libpython2.7.so.1.0"],
        ),
    ],
)  # fmt: skip
def test_names(pattern: re.Pattern[str], names: list[str], others: list[str]) -> None:
    assert [name for name in [*names, *others] if pattern.fullmatch(name)] == names


def test_libraries_with_names_of_python() -> None:
    needed = ("/opt/lib/libshiboken6.abi3.so.6.8", "libPySide6.so", "libnumpy_helpers.so", "libpython3.11.so.1.0",
              "libqt6.so", "libmine.abi3.so")  # fmt: skip
    found = libraries.with_python_names(Dynamic(needed=needed), {"libmine.abi3.so", "other.py"})
    assert found == ["libshiboken6.abi3.so.6.8", "libPySide6.so", "libnumpy_helpers.so"]
