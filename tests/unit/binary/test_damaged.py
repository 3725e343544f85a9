"""Files that nobody's linker wrote: each ends in an answer or in ValueError, soon and in little memory.

`python -m tests.support.fuzz` looks for more with atheris.
"""

from __future__ import annotations

import base64
import random
import struct
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import macho, pe, wasm
from tests.support.elf import Elf
from tests.support.fuzz import read_binary
from xconan.binary.budget import Budget
from xconan.binary.dynamic import read_dynamic
from xconan.binary.macho import join, read_macho
from xconan.binary.pe import read_pe
from xconan.binary.wasm import read_wasm

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).parents[2] / "data" / "damaged_binaries.txt"
KEPT = [zlib.decompress(base64.b64decode(line)) for line in CORPUS.read_text("utf-8").splitlines() if line[0] != "#"]
SEEDS = [
    *(Elf(machine=name).library("PyInit__core", needed=("libc.so.6",)) for name in ("X86_64", "ARM", "RISCV", "S390")),
    join([macho.library("ARM64", "PyInit__core"), macho.library("X86_64", "PyInit__core")]),
    *(pe.library(name, "PyInit__core", needed=("python311.dll",)) for name in ("AMD64", "I386")),
    wasm.library("PyInit__core", undefined=("PyLong_FromLong",), weak=("free",), needed=("libone.so",)),
]
SOON_S, LITTLE = 20.0, 64 << 20


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_what_a_fuzzer_kept(tmp_path: Path, number: int) -> None:
    read_binary(KEPT[number], tmp_path / "file")


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_bytes_that_are_wrong(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    start = time.process_time()
    for _ in range(150):
        data = bytearray(SEEDS[seed])
        for _ in range(chance.choice((1, 2, 8))):
            place = chance.randrange(len(data) - 8)
            data[place : place + chance.choice((1, 4, 8))] = chance.choice(
                (b"\0", b"\xff", b"\xff" * 4, b"\0" * 8, chance.randbytes(4))
            )
        read_binary(bytes(data), tmp_path / "file")
    assert time.process_time() - start < 3 * SOON_S


def macho_symbols(count: int, name: int, *, tables: int = 1) -> bytes:
    """A Mach-O file whose symbols all have one long name."""
    commands = b"".join(
        struct.pack("<6I", 2, 24, 32 + 24 * tables, count, 32 + 24 * tables + 16 * count, name + 1)
        for _ in range(tables)
    )
    head = struct.pack("<8I", 0xFEEDFACF, 0x0100000C, 0, 6, tables, len(commands), 0, 0)
    return head + commands + struct.pack("<IBBHQ", 0, 0x0F, 1, 0, 0) * count + b"A" * name + b"\0"


def pe_names(count: int, name: int) -> bytes:
    """A PE file that exports one long name many times."""
    base = 0x1000
    data = struct.pack("<10I", 0, 0, 0, 0, 1, count, count, base + 40, base + 40, base + 40)
    data += struct.pack("<I", base + 40 + 4 * count) * count + b"A" * name + b"\0"
    head = (
        b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2000)
    )
    optional = struct.pack("<H", 0x20B) + bytes(106) + struct.pack("<I", 16) + struct.pack("<II", base, 40) + bytes(120)
    start = len(head) + len(optional) + 40
    section = (
        bytes(8) + struct.pack("<4I", len(data), base, len(data), start) + bytes(12) + struct.pack("<I", 0x40000040)
    )
    return head + optional + section + data


def elf_notes(count: int) -> bytes:
    """An ELF file of which each of many segments is all of its notes."""
    notes = struct.pack("<3I", 4, 0, 1) + b"XXX\0"
    start = 64 + 56 * count
    rows = b"".join(struct.pack("<IIQQQQQQ", 4, 4, start, 0, 0, 16 * count, 0, 0) for _ in range(count))
    head = (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, count, 64, 0, 0)
    )
    return head + rows + notes * count


def many_sections() -> bytes:
    """An ELF file with 2^56 sections of no size, by what its first one says."""
    data = bytearray(Elf(machine="RISCV").library("PyInit__core"))
    (start,) = struct.unpack_from("<Q", data, 40)
    struct.pack_into("<HH", data, 58, 0, 0)
    struct.pack_into("<Q", data, start + 32, 1 << 56)
    return bytes(data)


COSTLY: dict[str, Callable[[], object]] = {
    "symbols of one name": lambda: read_macho(macho_symbols(40_000, 400_000)),
    "one table many times": lambda: read_macho(macho_symbols(4_000, 1, tables=5_000)),
    "architectures over each other": lambda: read_macho(
        struct.pack(">II", 0xCAFEBABE, 20_000) + struct.pack(">5I", 0x0100000C, 0, 0, 400_000, 0) * 20_000
    ),
    "exports of one name": lambda: read_pe(pe_names(40_000, 400_000)),
    "notes over each other": lambda: read_dynamic_of(elf_notes(10_000)),
    "imports of nothing": lambda: read_wasm(wasm.HEAD + wasm.section(2, wasm.number(100_000) + b"\0\0\0\0" * 100_000)),
    "exports of nothing": lambda: read_wasm(wasm.HEAD + wasm.section(7, wasm.number(100_000) + b"\0\0\0" * 100_000)),
    "libraries of no name": lambda: read_wasm(
        wasm.HEAD + wasm.section(0, wasm.name("dylink.0") + wasm.section(2, wasm.number(100_000) + bytes(100_000)))
    ),
}


def read_dynamic_of(data: bytes) -> object:
    from io import BytesIO  # noqa: PLC0415

    return read_dynamic(BytesIO(data))


@pytest.mark.parametrize("case", COSTLY)
def test_tables_that_go_over_the_same_places(case: str) -> None:
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(ValueError, match="over"):
            COSTLY[case]()
        assert time.process_time() - start < SOON_S
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()


def test_sections_without_end() -> None:
    start = time.process_time()
    read_dynamic_of(many_sections())
    assert time.process_time() - start < SOON_S


def test_what_linkers_write_is_within_the_budget() -> None:
    budget = Budget(10)
    budget.spend(1 << 20)
    with pytest.raises(ValueError, match="over and over"):
        budget.spend(100)
