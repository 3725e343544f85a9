"""WebAssembly modules: what they say, and what of it would not work."""

from __future__ import annotations

import pytest

from tests.support import wasm
from xconan.binary.wasm import check_wasm, read_wasm
from xconan.host.platforms import parse_platform

HOST = parse_platform("pyodide_2025_0_wasm32")
NAME = "demo/_core.cpython-313-wasm32-emscripten.so"


def features(*names: str) -> bytes:
    rows = (name[:1].encode() + wasm.name(name[1:]) for name in names)
    return wasm.section(0, wasm.name("target_features") + wasm.row(*rows))


def messages(data: bytes, tag: str = "pyodide_2025_0_wasm32", inside: frozenset[str] = frozenset()) -> list[str]:
    return [finding.message for finding in check_wasm(NAME, read_wasm(data), parse_platform(tag), inside)]


def test_what_a_side_module_says() -> None:
    data = wasm.library(
        "PyInit__core", "table", data=("table",), undefined=("PyLong_FromLong", "free"),
        addresses=("PyExc_OSError", "table"), weak=("free",), needed=("libone.so", "libtwo.so"),
    )  # fmt: skip
    found = read_wasm(data)
    assert (found.machine, found.side_module, found.linked, found.threads) == ("wasm32", True, True, False)
    assert found.exported == ("PyInit__core", "table", "__wasm_call_ctors")
    assert found.data == ("table",)
    assert found.undefined == ("PyLong_FromLong", "PyExc_OSError")
    assert found.needed == ("libone.so", "libtwo.so")
    assert found.unwinding == ()


def test_the_older_section_of_the_dynamic_linker() -> None:
    older = wasm.section(0, wasm.name("dylink") + b"\x10\x04\x00\x00" + wasm.row(wasm.name("libone.so")))
    found = read_wasm(wasm.library("PyInit__core", dynamic="", first=older))
    assert (found.side_module, found.needed) == (True, ("libone.so",))


def test_only_the_first_section_is_the_dynamic_linkers() -> None:
    """As Emscripten's loader has it, which refuses such a file."""
    data = wasm.library("PyInit__core", first=wasm.section(0, wasm.name("producers")))
    assert not read_wasm(data).side_module


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (wasm.library("PyInit__core", memory=4), "it is for wasm64, but the host pyodide_2025_0_wasm32 is wasm32"),
        (wasm.library("PyInit__core", dynamic=""), "it is a WebAssembly program, which no Python can load"),
        (wasm.library("PyInit__core", memory=3), "it is compiled for threads"),
        (wasm.library("PyInit__core", more=features("+atomics", "+bulk-memory")), "it is compiled for threads"),
        (wasm.library("PyInit__core", needed=("libm.so",)), "it needs libm.so, which is not in the wheel"),
        (wasm.library("PyInit__core", undefined=("invoke_viii",)), "go by JavaScript, but those of pyodide_2025_0_"),
    ],
)
def test_what_would_not_load(data: bytes, message: str) -> None:
    (found,) = messages(data)
    assert message in found


@pytest.mark.parametrize(
    ("tag", "ways"),
    [
        ("pyodide_2024_0_wasm32", {"javascript"}),
        ("pyemscripten_2024_0_wasm32", {"javascript"}),
        ("pyodide_2025_0_wasm32", {"wasm"}),
        ("pyemscripten_2026_0_wasm32", {"wasm"}),
        ("emscripten_3_1_58_wasm32", {"javascript", "wasm"}),  # of which nothing is said
    ],
)
def test_how_exceptions_go(tag: str, ways: set[str]) -> None:
    modules = {
        "javascript": wasm.library("PyInit__core", undefined=("invoke_viii", "__cxa_find_matching_catch_3")),
        "wasm": wasm.library("PyInit__core", tags=("__cpp_exception",)),
    }
    assert {way for way, data in modules.items() if not messages(data, tag)} == ways


def test_features_that_are_not_used() -> None:
    assert messages(wasm.library("PyInit__core", more=features("-atomics", "+bulk-memory"))) == []


def test_libraries_of_the_wheel() -> None:
    assert messages(wasm.library("PyInit__core", needed=("libm.so",)), inside=frozenset({"libm.so"})) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0asm\2\0\0\0", "no head of WebAssembly"),
        (b"\0asm", "no head of WebAssembly"),
        (wasm.library("PyInit__core")[:-1], "goes on behind its end"),
        (wasm.HEAD + b"\2" + b"\xff" * 20, "has no end"),
        (wasm.HEAD + wasm.section(2, wasm.row(wasm.name("env") + wasm.name("x") + b"\x09")), "of the kind 9"),
        (wasm.HEAD + wasm.section(7, b"\xff\xff\xff\xff\x0f"), "goes on behind its end"),
    ],
)
def test_damaged(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_wasm(data)
