"""The C++ standard that a compiler takes by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import facts
from xconan.build_machine.tools import Tool
from xconan.host.platforms import parse_platform
from xconan.host.targets import Target
from xconan.project.config.records import CrossConfig
from xconan.toolchains import find
from xconan.toolchains.standards import default_standard, known_standard


@pytest.mark.parametrize(
    ("value", "standard"),
    [
        ("1", "98"),  # gcc before 4.7
        ("199711L", "98"),
        ("201300L", "14"),  # gcc 4.9's -std=c++1y
        ("201406L", "17"),  # clang 4's -std=c++1z
        ("201500L", "17"),
        ("201703L", "17"),
        ("201709L", "20"),  # gcc 10's -std=c++20
        ("202002L", "20"),
        ("202100L", "23"),  # gcc 12's -std=c++23
        ("202101L", "23"),  # clang 14's -std=c++2b
        ("202302L", "23"),
        ("202400L", "26"),  # gcc 14's -std=c++26
        ("", "17"),
    ],
)
def test_a_draft_is_the_next_standard(value: str, standard: str) -> None:
    macros = {"__cplusplus": value} if value else {}
    assert default_standard(macros, "") == f"gnu{standard}"
    assert default_standard({**macros, "__STRICT_ANSI__": "1"}, "") == standard
    assert default_standard(macros, "20") == "gnu20", "CMAKE_CXX_STANDARD"


@pytest.mark.parametrize(
    ("compiler", "version", "standard", "known"),
    [
        ("GNU", "12.2.0", "gnu23", "gnu23"),
        ("GNU", "12.2.0", "gnu26", "gnu23"),
        ("GNU", "10.2.1", "20", "20"),
        ("GNU", "10.2.1", "23", "20"),
        ("GNU", "4.9.2", "gnu17", "gnu14"),
        ("Clang", "16.0.6", "26", "23"),
        ("Clang", "17.0.1", "26", "26"),
        ("AppleClang", "15.0.0.15000040", "gnu26", "gnu23"),
        ("MSVC", "19.29.30133", "23", "23"),
    ],
)
def test_what_conan_knows(compiler: str, version: str, standard: str, known: str) -> None:
    assert known_standard(standard, compiler, version) == known


@pytest.mark.parametrize("own", ["gnu26", "gnu23", None])
def test_another_standard_than_the_compilers_is_told(
    own: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line; not where it is the same, nor without C++."""
    cppstd = "gnu23" if own else None
    probed = replace(facts.toolchain("aarch64"), cppstd=cppstd, own_cppstd=own)
    monkeypatch.setattr(find, "probe", lambda *_, **_named: probed)  # no compiler here
    target = Target(implementation="cp", version="311", abi="cp311", platform=parse_platform("linux_aarch64"))
    cross = CrossConfig(target=target, native=False, source="x", toolchain_file=probed.file)
    find.find_toolchain(cross, cmake=Tool(path=Path("cmake"), version="3.30"), ninja=None)
    told = capsys.readouterr().err
    assert told.count("\n") == (own == "gnu26")
    assert ("compiler.cppstd=gnu26 of gcc 12.2.0" in told and "with gnu23" in told) == (own == "gnu26")
