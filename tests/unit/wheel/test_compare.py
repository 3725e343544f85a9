"""Two wheels: the same, or what tells them apart."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.elf import Elf
from xconan.wheel.compare import compare_wheels

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.wheel.compare import Comparison


def compared(tmp_path: Path, one: dict[str, bytes], other: dict[str, bytes]) -> Comparison:
    places = [tmp_path / name / "demo-1-py3-none-any.whl" for name in ("folder", "sdist")]
    for place, content in zip(places, (one, other), strict=True):
        place.parent.mkdir()
        with zipfile.ZipFile(place, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
    return compare_wheels(*places)


def test_same(tmp_path: Path) -> None:
    """RECORD follows from the rest."""
    found = compared(
        tmp_path,
        {"a": b"1", "b": b"2", "demo-1.dist-info/RECORD": b"x"},
        {"b": b"2", "a": b"1", "demo-1.dist-info/RECORD": b"y"},
    )
    assert (found.errors, found.notes) == ((), ())


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"a": b"", "b": b""}, {"a": b""}, "b: it is missing"),
        ({"a": b""}, {"a": b"", "b": b""}, "b: it is there"),
        ({"a": b"1"}, {"a": b"2"}, "a: it has other content"),
        ({"a.so": b"\x7fELF1"}, {"a.so": b"\x7fELF2"}, "a.so: it has other content"),
    ],
)
def test_another(tmp_path: Path, one: dict[str, bytes], other: dict[str, bytes], words: str) -> None:
    (error,) = compared(tmp_path, one, other).errors
    assert words in error.message
    assert error.exit_code == 6
    assert error.where == "demo-1-py3-none-any.whl"
    assert error.hint


@pytest.mark.parametrize("same", [True, False])
def test_binaries_are_what_they_say_of_themselves(tmp_path: Path, *, same: bool) -> None:
    """The folder's name in debug information is no difference, another exported or needed name is one."""
    one = Elf().library("PyInit_x", needed=("libc.so.6",))
    other = Elf().library("PyInit_x", needed=("libc.so.6",) if same else ("libm.so.6",))
    found = compared(tmp_path, {"x.so": one + b"/src/one"}, {"x.so": other + b"/src/other"})
    assert len(found.notes) == same
    assert len(found.errors) == (not same)
