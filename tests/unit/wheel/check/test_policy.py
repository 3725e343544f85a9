"""What a wheel's files need against what its platform tags promise."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.elf import EXEC, Elf
from xconan.binary.dynamic import read_dynamic
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.check.modules import Host, check_entries

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.binary.finding import Finding

LIBC = "libc.so.6"
CXX = "libstdc++.so.6"


def check(
    *libraries: bytes,
    tag: str = "manylinux_2_27_aarch64",
    tags: tuple[str, ...] = (),
    beside: tuple[tuple[str, bytes], ...] = (),
) -> list[Finding]:
    target = facts.target(f"cp311-{tag}")
    entries = [Entry(name=f"demo/lib{number}.so", source=data) for number, data in enumerate(libraries)]
    entries += [Entry(name=name, source=data) for name, data in beside]
    wheel = wheel_tags(target, WheelConfig(platform_tag=tags or None), pure=False)
    found = check_entries(entries, Host(tags=wheel, target=target, python=facts.python(target)))
    assert all((one.breaks_tag or one.warning) and one.hint for one in found)
    return found


def needs(*versions: tuple[str, str, str], made: Elf | None = None, undefined: tuple[str, ...] = ()) -> bytes:
    needed = tuple(dict.fromkeys(library for library, _, _ in versions))
    return (made or Elf()).library(needed=needed, versions=versions, undefined=undefined)


@pytest.mark.parametrize(
    "made", [Elf(), Elf(machine="ARM", bits=32), Elf(machine="S390", endian="big"), Elf(kind=EXEC)]
)
def test_versions_are_read(made: Elf) -> None:
    asked = ((LIBC, "GLIBC_2.17", "memcpy"), (LIBC, "GLIBC_2.34", "dlopen"), (CXX, "GLIBCXX_3.4.29", "_ZSt1x"))
    found = read_dynamic(io.BytesIO(needs(*asked, made=made, undefined=("Py_Initialize",))))
    assert [(one.library, one.name, one.symbols[0]) for one in found.versions] == list(asked)
    assert found.undefined == ("Py_Initialize", "memcpy", "dlopen", "_ZSt1x")


@pytest.mark.parametrize(
    ("version", "tag", "fits"),
    [
        ("GLIBC_2.27", "manylinux_2_27_aarch64", True),
        ("GLIBC_2.28", "manylinux_2_27_aarch64", False),
        ("GLIBC_2.17", "manylinux2014_aarch64", True),
        ("GLIBC_2.18", "manylinux2014_aarch64", True),  # the policy's own exception
        ("GLIBC_2.18", "manylinux2014_x86_64", False),
        ("GLIBC_2.2.5", "manylinux1_x86_64", True),
        ("GLIBC_2.6", "manylinux1_i686", False),
        ("GLIBC_2.34", "linux_aarch64", True),
        ("GLIBC_2.30", "manylinux_2_30_armv6l", True),
        ("GLIBC_2.31", "manylinux_2_30_armv6l", False),
        ("GLIBC_2.99", "manylinux_2_98_x86_64", False),
        ("GLIBC_2.99", "manylinux_2_99_x86_64", True),
        ("GLIBC_PRIVATE", "manylinux_2_41_x86_64", False),
        ("GLIBC_ABI_DT_RELR", "manylinux_2_35_x86_64", False),
        ("GLIBC_ABI_DT_RELR", "manylinux_2_36_x86_64", True),
        ("OPENSSL_3.0.0", "manylinux_2_17_x86_64", True),
    ],
)
def test_glibc(version: str, tag: str, *, fits: bool) -> None:
    arch = {"aarch64": Elf(), "x86_64": Elf(machine="X86_64"), "i686": Elf(machine="386", bits=32)}
    made = next((one for name, one in arch.items() if tag.endswith(name)), Elf(machine="ARM", bits=32))
    found = check(needs((LIBC, version, "dlopen"), made=made), tag=tag)
    assert (not found) == fits
    assert all(version in one.message and "dlopen" in one.message and tag in one.message for one in found)


@pytest.mark.parametrize(
    ("version", "floor", "fits"),
    [
        ("GLIBCXX_3.4.24", 27, True),
        ("GLIBCXX_3.4.25", 28, False),
        ("GLIBCXX_3.4.25", 31, True),
        ("GLIBCXX_3.4.29", 34, True),
        ("GLIBCXX_3.4.29", 33, False),
        ("GLIBCXX_3.4.34", 41, False),
        ("CXXABI_1.3.13", 28, False),
        ("CXXABI_TM_1", 17, True),
        ("CXXABI_LDBL_1.3", 41, False),  # of other machines
        ("GCC_4.5.0", 17, True),
        ("GCC_7.0.0", 17, False),
        ("GCC_3.0", 5, False),  # there was no aarch64 then
    ],
)
def test_compilers_libraries(version: str, floor: int, *, fits: bool) -> None:
    library = "libgcc_s.so.1" if version.startswith("GCC") else CXX
    found = check(needs((library, version, "_ZSt1x")), tag=f"manylinux_2_{floor}_aarch64")
    assert (not found) == fits
    assert all("-static-lib" in one.hint for one in found)


def test_the_oldest_tag_that_fits_the_whole_wheel() -> None:
    newer, newest = needs((LIBC, "GLIBC_2.29", "exp")), needs((LIBC, "GLIBC_2.33", "stat"), (LIBC, "GLIBC_2.17", "a"))
    found = check(newer, newest, tag="manylinux_2_17_aarch64")
    assert [one.file for one in found] == ["demo/lib0.so", "demo/lib1.so"]
    assert all("manylinux_2_34_aarch64 is the oldest tag that fits" in one.hint for one in found)
    assert all("toolchain = 'zig'" in one.hint for one in found)
    (found_never, *_) = check(newer, needs((LIBC, "GLIBC_PRIVATE", "x")), tag="manylinux_2_17_aarch64")
    assert "no manylinux tag fits" in found_never.hint


def test_one_finding_a_family_names_some_symbols() -> None:
    many = tuple((LIBC, f"GLIBC_2.3{number % 5}", f"symbol{number}") for number in range(9))
    (found,) = check(needs(*many))
    assert "GLIBC_2.34 of libc.so.6 (for symbol0, symbol1, symbol2 and 6 more)" in found.message


def test_every_platform_tag_counts() -> None:
    data = needs((LIBC, "GLIBC_2.30", "x"))
    assert not check(data, tag="linux_aarch64")
    (found,) = check(data, tag="linux_aarch64", tags=("guess", "manylinux_2_28_aarch64", "manylinux_2_31_aarch64"))
    assert "manylinux_2_28_aarch64" in found.message
    assert not check(data, tag="linux_aarch64", tags=("some_day_we_know_it",))


@pytest.mark.parametrize(
    ("library", "fits"),
    [
        ("libc.so.6", True), ("libGL.so.1", True), ("ld-linux-aarch64.so.1", True), ("libz.so.1", True),
        ("libssl.so.3", False), ("libpython3.11.so.1.0", False), ("libc.so", False), ("libmvec.so.1", False),
    ],
)  # fmt: skip
def test_libraries(library: str, *, fits: bool) -> None:
    found = check(Elf().library(needed=(library,)), tag="manylinux_2_17_aarch64")
    assert (not found) == fits
    assert all(library in one.message for one in found)


def test_libpython_has_a_remedy_of_its_own() -> None:
    (found,) = check(Elf().library(needed=("libpython3.11.so.1.0",)))
    assert "Python::Module" in found.hint


def test_what_is_in_the_wheel_is_the_wheels() -> None:
    taken = (("libfoo.so.1", "GLIBCXX_3.4.33", "foo"),)
    assert check(needs(*taken))
    data = Elf().library(needed=("libfoo.so.1",), versions=taken, runpath="$ORIGIN/../demo.libs")
    assert not check(data, beside=(("demo.libs/libfoo.so.1", Elf().library("foo")),))


def test_hidden_symbols() -> None:
    data = Elf().library(needed=("libz.so.1",), undefined=("uncompress2", "inflate"))
    (found,) = check(data)
    assert "uncompress2 of libz.so.1" in found.message
    assert not check(data, tag="manylinux_2_34_aarch64")
    assert not check(data, beside=(("demo/libown.so", Elf().library("uncompress2")),))


@pytest.mark.parametrize(
    ("tag", "symbol", "fits"),
    [
        ("musllinux_1_2_aarch64", "statx", False),
        ("musllinux_1_2_aarch64", "qsort_r", False),
        ("musllinux_1_2_aarch64", "gettid", True),
        ("musllinux_1_1_aarch64", "gettid", False),
        ("musllinux_1_1_aarch64", "__time64", False),
        ("musllinux_1_2_aarch64", "__time64", True),
        ("musllinux_1_2_aarch64", "printf", True),
    ],
)
def test_musl(tag: str, symbol: str, *, fits: bool) -> None:
    data = Elf().library(needed=("libc.so",), undefined=(symbol,))
    found = check(data, tag=tag)
    assert (not found) == fits
    assert all(symbol in one.message and "musl 1." in one.message for one in found)
    # a tag names a series of musl: what came within it is said, what came later refused
    assert all(one.warning == tag.startswith("musllinux_1_2") for one in found)
    assert all(one.breaks_tag != one.warning for one in found)
    assert not check(data, tag=tag, beside=(("demo/libown.so", Elf().library(symbol)),))


@pytest.mark.parametrize(
    ("library", "fits"),
    [
        ("libc.so", True), ("libc.musl-aarch64.so.1", True), ("libm.so", True), ("libz.so.1", True),
        ("ld-musl-aarch64.so.1", True), ("libc.so.6", False), ("libstdc++.so.6", False), ("libgcc_s.so.1", False),
    ],
)  # fmt: skip
def test_libraries_on_musl(library: str, *, fits: bool) -> None:
    found = check(Elf().library(needed=(library,)), tag="musllinux_1_2_aarch64")
    assert (not found) == fits


def test_glibc_on_musl() -> None:
    (found,) = check(needs((LIBC, "GLIBC_2.17", "memcpy")), tag="musllinux_1_2_aarch64")
    assert "GLIBC_2.17" in found.message


def test_programs_keep_the_promise_too(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.write_bytes(needs((LIBC, "GLIBC_2.34", "__libc_start_main"), made=Elf(kind=EXEC)))
    program.chmod(0o755)
    target = facts.target("cp311-manylinux_2_17_aarch64")
    tags = wheel_tags(target, WheelConfig(), pure=False)
    entries = [Entry(name="demo-1.data/scripts/tool", source=program)]
    (found,) = check_entries(entries, Host(tags=tags, target=target, python=facts.python(target)))
    assert "__libc_start_main" in found.message


def test_a_damaged_table_of_versions_ends() -> None:
    """Each byte of its section header and of itself, spoilt: a wrong count must not keep us busy."""
    data = needs((LIBC, "GLIBC_2.17", "memcpy"), (LIBC, "GLIBC_2.34", "dlopen"))
    header = len(data) - 2 * 64  # the last section but one
    table = int.from_bytes(data[header + 24 : header + 32], "little")
    for place in (*range(table, table + 64), *range(header, header + 64)):
        spoilt = data[:place] + b"\xff" + data[place + 1 :]
        with suppress(ValueError):
            read_dynamic(io.BytesIO(spoilt))


@pytest.mark.parametrize(("floor", "zig"), [(12, False), (17, True)])
def test_remedies_that_work(floor: int, *, zig: bool) -> None:
    data = needs((LIBC, "GLIBC_2.28", "fcntl64"), made=Elf(machine="X86_64"))
    (found,) = check(data, tag=f"manylinux_2_{floor}_x86_64")
    assert ("zig" in found.hint) == zig
