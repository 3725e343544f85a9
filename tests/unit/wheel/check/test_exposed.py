"""Names of Conan's static libraries that a module exports all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from tests.support.elf import FUNCTION, GLOBAL, Elf
from tests.unit.binary.test_archive import archive
from xconan.binary.archive import static_libraries
from xconan.binary.dynamic import read_dynamic
from xconan.wheel.check.exposed import check_exposed

if TYPE_CHECKING:
    from pathlib import Path

from io import BytesIO

WEAK, UNIQUE = 2, 10
LIBRARY = "libcore.so"
MODULE = "nav/_core.so"


@pytest.fixture
def packages(tmp_path: Path) -> tuple[tuple[str, str], ...]:
    write(tmp_path / "y" / "lib" / "liby.so", "")
    names = b"deflate\0_ZTI3Foo\0inline\0once\0"
    library = tmp_path / "z" / "lib" / "libz.a"
    library.parent.mkdir(parents=True)
    library.write_bytes(archive("/", b"\0\0\0\4" + b"\0\0\0D" * 4 + names))
    assert static_libraries(tmp_path / "z") == [library]
    return ("zlib/1.3.1", str(tmp_path / "z")), ("y/1", str(tmp_path / "y"))


def said(packages: tuple[tuple[str, str], ...], *names: str, weak: tuple[str, ...] = (), bind: int = WEAK) -> list[str]:
    made = Elf(symbols=tuple((name, bind, FUNCTION, 0, 1) for name in weak))
    dynamic = read_dynamic(BytesIO(made.library(*names)))
    found = list(check_exposed({MODULE: dynamic}, packages))
    assert all(finding.warning and finding.file == MODULE for finding in found)
    assert all("export_dependencies = true" in finding.hint for finding in found)
    return [finding.message for finding in found]


def test_a_module_that_exports_a_library(packages: tuple[tuple[str, str], ...]) -> None:
    assert said(packages, "PyInit__core", "deflate", "own") == [
        "it exports deflate of zlib/1.3.1: an interpreter that has another zlib loaded runs that one in its place"
    ]


def test_what_is_exported_on_purpose(packages: tuple[tuple[str, str], ...]) -> None:
    """Type_infos, inline functions, and what is no module but a library of the project, which others share."""
    assert said(packages, "PyInit__core", "own", "_ZTI3Foo") == []
    assert said(packages, "PyInit__core", weak=("inline",)) == []
    assert said(packages, "PyInit__core", weak=("once",), bind=UNIQUE) == []
    assert said(packages, "PyInit__core", weak=("inline",), bind=GLOBAL) != []
    assert said(packages, "deflate") == []
    assert said((), "PyInit__core", "deflate") == []
