"""ELF headers, from bytes made up here."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.elf import ARM_HARD, ARM_SOFT, REL, Elf, archive
from xconan.binary import elf
from xconan.binary.dynamic import Dynamic, read_dynamic
from xconan.host.platforms import table

if TYPE_CHECKING:
    from pathlib import Path

ROWS = table()["linux"]
NATIVE = {
    name: Elf(machine=row.machine, bits=row.bits, endian=row.endian, flags=ARM_HARD if row.hard_float else 0)
    for name, row in ROWS.items()
}


def header(data: bytes) -> elf.Header:
    found = elf.read_header(io.BytesIO(data))
    assert found
    return found


@pytest.mark.parametrize("name", sorted(ROWS))
def test_header(name: str) -> None:
    row, made = ROWS[name], NATIVE[name]
    found = header(made.library())
    assert (found.machine, found.bits, found.endian, found.flags, found.kind) == (
        row.machine, row.bits, row.endian, made.flags, 3,
    )  # fmt: skip


@pytest.mark.parametrize("host", sorted(ROWS))
def test_only_the_hosts_own_fits(host: str) -> None:
    fitting = {name for name, made in NATIVE.items() if elf.mismatch(header(made.library()), ROWS[host]) is None}
    assert fitting == ({"armv6l", "armv7l"} if host.startswith("arm") else {host})


@pytest.mark.parametrize("name", sorted(ROWS))
def test_what_loads_a_program(name: str, tmp_path: Path) -> None:
    program, made = tmp_path / "program", NATIVE[name].program("/lib/ld-musl-x.so.1")
    program.write_bytes(made)
    assert elf.loader(program) == "/lib/ld-musl-x.so.1"
    for data in (NATIVE[name].library(), NATIVE[name].header(), b"#!/bin/sh\n", b"", made[:70]):
        program.write_bytes(data)
        assert elf.loader(program) == ""


def test_mismatch_shows_both_sides() -> None:
    reason = elf.mismatch(header(NATIVE["x86_64"].library()), ROWS["aarch64"])
    assert reason
    assert "X86_64, 64 bits, little-endian" in reason
    assert "aarch64" in reason


@pytest.mark.parametrize(
    "wrong", [{"bits": 32}, {"endian": "big"}, {"machine": "X86_64"}], ids=["class", "byte order", "machine"]
)
def test_each_field_counts(wrong: dict[str, object]) -> None:
    made = Elf(**{"machine": "AARCH64", "bits": 64, "endian": "little", **wrong})  # type: ignore[arg-type]
    assert elf.mismatch(header(made.library()), ROWS["aarch64"])


@pytest.mark.parametrize(("flags", "fits"), [(ARM_HARD, True), (ARM_SOFT, False), (0x05000000, True)])
def test_float_abi(flags: int, *, fits: bool) -> None:
    found = header(Elf(machine="ARM", bits=32, flags=flags).library())
    assert (elf.mismatch(found, ROWS["armv7l"]) is None) is fits


def test_unknown_machine_is_a_number() -> None:
    data = bytearray(NATIVE["x86_64"].library())
    data[18:20] = (9999).to_bytes(2, "little")
    assert header(bytes(data)).machine == "9999"


@pytest.mark.parametrize("data", [b"", b"\x7fELF", NATIVE["x86_64"].library()[:51], b"MZ" + bytes(100), bytes(100)])
def test_no_header(data: bytes) -> None:
    assert elf.read_header(io.BytesIO(data)) is None


@pytest.mark.parametrize("name", ["aarch64", "armv7l", "s390x"])
def test_dynamic(name: str) -> None:
    data = NATIVE[name].library("PyInit_demo", "other", needed=("libc.so.6", "liblz4.so.1"))
    found = read_dynamic(io.BytesIO(data))
    assert found.exported == ("PyInit_demo", "other")
    assert found.needed == ("libc.so.6", "liblz4.so.1")
    assert read_dynamic(io.BytesIO(NATIVE[name].library())) == Dynamic(linked=True, stack=False)
    assert read_dynamic(io.BytesIO(NATIVE[name].header())) == Dynamic()


@pytest.mark.parametrize("name", ["aarch64", "armv7l", "s390x"])
def test_every_truncation_is_damaged_or_empty(name: str) -> None:
    data = replace(NATIVE[name], stripped=True).library("PyInit_demo", needed=("libc.so.6",))
    whole = read_dynamic(io.BytesIO(data))
    for end in range(52, len(data)):
        with suppress(ValueError):
            assert read_dynamic(io.BytesIO(data[:end])) != whole


def test_static_library(tmp_path: Path) -> None:
    file = tmp_path / "lib.a"
    member = Elf(machine="RISCV", kind=REL).library()
    file.write_bytes(archive(("", b"\0\0\0\1x"), ("note.txt", b"odd"), ("a.o", member)))
    found = elf.read_library(file)
    assert found
    assert (found.machine, found.kind) == ("RISCV", REL)
    assert elf.mismatch(found, ROWS["riscv64"]) is None


def test_shared_library(tmp_path: Path) -> None:
    file = tmp_path / "lib.so"
    file.write_bytes(NATIVE["s390x"].library())
    found = elf.read_library(file)
    assert found
    assert found.endian == "big"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"!<arch>\n",
        b"!<arch>\nshort",
        b"!<arch>\n" + b"x" * 60,
        b"!<arch>\n" + b" " * 60,
        archive(("a.o", b"")),
        archive(("a.o", NATIVE["x86_64"].library()))[:90],
        archive(("a.o", NATIVE["x86_64"].library()), thin=True),
        b"/* GNU ld script */ INPUT(libpython3.so)",
    ],
    ids=["empty", "magic", "short", "letters", "blanks", "empty member", "truncated", "thin", "linker script"],
)
def test_neither_library(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "lib.a"
    file.write_bytes(data)
    assert elf.read_library(file) is None


@pytest.mark.parametrize(
    ("loader", "musl"),
    [
        ("/lib/ld-musl-x86_64.so.1", True), ("/nix/store/x-musl-1.2.5/lib/ld-musl-x86_64.so.1", True),
        ("/lib64/ld-linux-x86-64.so.2", False), ("/nix/store/x-musl-glibc/lib/ld-linux-x86-64.so.2", False),
        ("", False),
    ],
)  # fmt: skip
def test_whose_dynamic_linker(loader: str, *, musl: bool) -> None:
    assert elf.is_of_musl(loader) == musl
