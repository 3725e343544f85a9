"""WebAssembly modules: what they say, and what of it would not work."""

from __future__ import annotations

import pytest

from tests.support import wasm
from xconan.binary.wasm import check_wasm, read_wasm
from xconan.binary.wasm_edit import relink
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


@pytest.mark.parametrize(
    ("tag", "place", "path", "wrong"),
    [
        ("pyodide_2024_0_wasm32", "libm.so", (), ""),  # it is loaded before the module, wherever it is
        ("emscripten_3_1_46_wasm32", "libm.so", (), ""),
        ("pyodide_2025_0_wasm32", "demo/libm.so", ("$ORIGIN",), ""),
        ("pyodide_2025_0_wasm32", "demo.libs/libm.so", ("/conan/lib", "$ORIGIN/../demo.libs"), ""),
        ("pyodide_2025_0_wasm32", "libm.so", ("$ORIGIN/..",), ""),
        ("pyodide_2025_0_wasm32", "demo/libm.so", (), "LINKER:-rpath,$ORIGIN in"),
        ("emscripten_4_0_9_wasm32", "demo.libs/libm.so", ("$ORIGIN",), "LINKER:-rpath,$ORIGIN/../demo.libs in"),
        ("pyemscripten_2026_0_wasm32", "libm.so", ("/conan/lib",), "LINKER:-rpath,$ORIGIN/.. in"),
    ],
)
def test_libraries_of_the_wheel(tag: str, place: str, path: tuple[str, ...], wrong: str) -> None:
    """Pyodide's loader follows the search path since 2025, and looks nowhere else."""
    module = read_wasm(wasm.library("PyInit__core", needed=("libm.so",), path=path))
    host, names = parse_platform(tag), {NAME, place}
    found = [*check_wasm(NAME, module, host, names)]
    assert len(found) == bool(wrong)
    for finding in found:
        assert finding.message == f"it needs libm.so, and its RPATH does not lead to {place}"
        assert wrong in finding.hint
    assert not [*check_wasm(NAME, module, host, names, by_python=True)]


def relinked(data: bytes, path: tuple[str, ...], names: dict[str, str]) -> tuple[bytes, list[tuple[str, ...]]]:
    seen: list[tuple[str, ...]] = []

    def path_of(before: tuple[str, ...]) -> tuple[str, ...]:
        seen.append(before)
        return path

    return relink(data, names, path_of), seen


@pytest.mark.parametrize("before", [(), ("/conan/lib",)])
@pytest.mark.parametrize("folder", ["$ORIGIN", f"$ORIGIN/../{'long' * 40}.libs"])
def test_other_names_of_libraries(before: tuple[str, ...], folder: str) -> None:
    """All else stays, to the byte: what is weak, the sizes of memory, the sections behind."""

    def module(*needed: str, path: tuple[str, ...]) -> bytes:
        imported = ("free", "PyLong_FromLong")
        return wasm.library("PyInit__core", weak=("free",), undefined=imported, needed=needed, path=path)

    new = {"libone.so": "libone-12345678.so", "libno.so": "x"}
    data, seen = relinked(module("libone.so", "libtwo.so", path=before), (folder,), new)
    assert seen == [before]
    assert data == module("libone-12345678.so", "libtwo.so", path=(folder,))
    bare = wasm.library("PyInit__core")
    assert relinked(bare, (), {})[0] == bare
    assert read_wasm(relinked(bare, (folder,), {})[0]).path == (folder,)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0asm\2\0\0\0", "no head of WebAssembly"),
        (wasm.HEAD, "goes on behind its end"),
        (wasm.HEAD + b"\0\x7f", "goes on behind its end"),
        (wasm.library("PyInit__core", dynamic="dylink"), "does not begin with a section dylink.0"),
        (wasm.library("PyInit__core", dynamic=""), "does not begin with a section dylink.0"),
        (wasm.HEAD + wasm.section(0, wasm.name("dylink.0") + wasm.section(5, b"\0") * 2), "two parts of the kind 5"),
    ],
)
def test_no_other_names(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        relinked(data, (), {})


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
