"""What ELF files tell the loader, with and without section headers."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.support.elf import EXECUTABLE_STACK, FUNCTION, GLOBAL, HIDDEN, LOCAL, OBJECT, Elf
from xconan.binary.dynamic import Dynamic, Version, read_dynamic

MADE = [
    Elf(), Elf(machine="X86_64"), Elf(machine="ARM", bits=32), Elf(machine="S390", endian="big"),
    Elf(machine="386", bits=32), Elf(machine="PPC64"),
]  # fmt: skip
LIBC = ("libc.so.6", "GLIBC_2.34", "dlopen")


def read(data: bytes) -> Dynamic:
    return read_dynamic(io.BytesIO(data))


@pytest.mark.parametrize("stripped", [False, True])
@pytest.mark.parametrize("gnu_hash", [False, True])
@pytest.mark.parametrize("made", MADE, ids=lambda one: one.machine)
def test_all_that_it_says(made: Elf, *, gnu_hash: bool, stripped: bool) -> None:
    made = replace(made, gnu_hash=gnu_hash, stripped=stripped)
    data = made.library(
        "one", "two", needed=("liba.so", "libb.so"), undefined=("gone",), versions=(LIBC,), runpath="$ORIGIN:/b"
    )
    assert read(data) == Dynamic(
        exported=("one", "two"), undefined=("gone", "dlopen"), needed=("liba.so", "libb.so"),
        versions=(Version(library="libc.so.6", name="GLIBC_2.34", symbols=("dlopen",)),),
        search=("$ORIGIN", "/b"), linked=True, stack=False,
    )  # fmt: skip


def test_hash_table_of_lld_for_s390x() -> None:
    """lld writes entries of 32 bits into DT_HASH, where the psABI has 64; DT_GNU_HASH is read there."""
    data = Elf(machine="S390", endian="big", gnu_hash=True, odd_hash=True).library("one", "two")
    assert read(data).exported == ("one", "two")


def test_what_others_find() -> None:
    made = Elf(
        symbols=(
            ("data", GLOBAL, OBJECT, 0, 1), ("PyInit_a", GLOBAL, FUNCTION, HIDDEN, 1), ("local", LOCAL, FUNCTION, 0, 1),
            ("weak", 2, FUNCTION, 0, 0),
        ),
        local=("PyInit_b", "other"),
    )  # fmt: skip
    found = read(made.library("function"))
    assert (found.exported, found.data) == (("function", "data"), ("data",))
    assert found.hidden == ("PyInit_a", "PyInit_b")
    assert found.undefined == ()
    assert read(made.library("PyInit_c")).hidden == (), "there is one, so that nobody asks for others"


def test_what_it_wants_of_the_machine() -> None:
    assert read(Elf(stack=EXECUTABLE_STACK).library()).stack is True
    assert read(Elf(stack=None).library()).stack is None
    assert read(Elf(static_tls=72, stripped=True).library()).static_tls == 72
    assert [read(Elf(machine="X86_64", x86_level=one).library()).x86_level for one in (0, 1, 3)] == [0, 1, 3]
    assert [read(Elf(machine="ARM", bits=32, arm=one).library()).arm for one in (0, 6, 10, 14)] == [0, 6, 7, 8]
    assert read(Elf(machine="RISCV", riscv="rv64i2p1_m2p0_zba1p0").library()).riscv == ("i", "m", "zba")


def test_rpaths_that_are_lent() -> None:
    assert read(Elf(search=15).library(runpath="$ORIGIN")).lent == ("$ORIGIN",)
    assert read(Elf().library(runpath="$ORIGIN")).lent == ()


@pytest.mark.parametrize("made", MADE, ids=lambda one: one.machine)
def test_damaged_files_end(made: Elf) -> None:
    """Any bytes changed: an answer or a ValueError, soon."""
    made = replace(made, gnu_hash=made.machine == "X86_64", local=("PyInit_b",))
    data = made.library("one", needed=("liba.so",), undefined=("gone",), versions=(LIBC,))
    chance = random.Random(7)  # noqa: S311
    for _ in range(400):
        changed = bytearray(data)
        for _ in range(3):
            changed[chance.randrange(6, len(data))] = chance.randrange(256)
        with suppress(ValueError):
            read(bytes(changed))
