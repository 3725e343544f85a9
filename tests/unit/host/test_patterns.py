"""Patterns of names."""

from __future__ import annotations

import pytest

from xconan.host.patterns import expand_braces, is_pattern, matches


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("cp311", ["cp311"]),
        ("cp3{11,12}-*", ["cp311-*", "cp312-*"]),
        ("{cp,pp}3{9,10}", ["cp39", "cp310", "pp39", "pp310"]),
        ("a{b,c{d,e}}f", ["abf", "acdf", "acef"]),
        ("cp313{,t}", ["cp313", "cp313t"]),
        ("{}", ["{}"]),
        ("a{b}", ["a{b}"]),
        ("a{b,c", ["a{b,c"]),
        ("a}b", ["a}b"]),
    ],
)
def test_braces(text: str, expanded: list[str]) -> None:
    assert list(expand_braces(text)) == expanded


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("cp3*-manylinux_*", True),
        ("cp3{11,12}-*", True),
        ("cp31[12]-*aarch64", True),
        ("CP311-*", False),
        ("cp3{10,12}-*", False),
        ("cp311", False),
    ],
)
def test_matches(pattern: str, *, meant: bool) -> None:
    assert matches("cp311-manylinux_2_17_aarch64", pattern) is meant
    assert is_pattern(pattern) is (pattern != "cp311")
