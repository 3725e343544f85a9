"""platforms.toml and the tags that name its rows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from tests.support.elf import Elf
from tests.support.facts import toolchain_for
from tests.support.needs import missing
from xconan.binary.elf import mismatch, read_header
from xconan.ground.errors import ConfigError
from xconan.host.platforms import Libc, parse_platform, part_of, table
from xconan.project.config.records import KEYS

ROWS = sorted(table()["linux"])
DPKG = Path("/usr/share/dpkg")
ARM = ("armv6l", "armv7l")


def dpkg_table(name: str) -> dict[str, list[str]]:
    """One of dpkg's tables of processors and systems, by its first column."""
    if not (DPKG / name).is_file():
        missing("Debian's dpkg")
    lines = (DPKG / name).read_text("utf-8").splitlines()
    return {words[0]: words[1:] for words in map(str.split, lines) if words and not words[0].startswith("#")}


@pytest.mark.parametrize("name", ROWS)
def test_row_is_dpkgs(name: str) -> None:
    """Debian's own tables: the architecture is a system and a processor, and each has its GNU name."""
    row = table()["linux"][name]
    named = {debian: tuple_ for tuple_, (debian,) in dpkg_table("tupletable").items()}
    system, _, cpu = named.get(row.debian, f"base-gnu-linux-{row.debian}").rpartition("-")
    gnu, _pattern, bits, endian = dpkg_table("cputable")[cpu]
    assert row.triplet == f"{gnu}-{dpkg_table('ostable')[system][0]}"
    assert (row.bits, row.endian) == (int(bits), endian)


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    row = table()["linux"][name]
    assert row.name == row.processor == name
    # CPython's configure says i386 whatever the generation
    assert row.multiarch == {"i686": "i386-linux-gnu"}.get(name, row.triplet)
    assert row.hard_float == (name in ARM)
    head = Elf(machine=row.machine, bits=row.bits, endian=row.endian).header()
    header = read_header(BytesIO(head))
    assert header
    assert mismatch(header, row) is None


@pytest.mark.parametrize(("os", "name"), [(os, name) for os, rows in table().items() for name in rows])
def test_toolchains_of_a_row(os: str, name: str) -> None:
    row = table()[os][name]
    assert set(row.toolchains) <= set(KEYS["cross"]["toolchain"].choices)
    assert ("zig" in row.toolchains) == bool(row.zig)
    assert "gcc" in row.toolchains or "clang" not in row.toolchains, "clang takes gcc's libraries"
    assert bool(row.gcc_package) == ("gcc" in row.toolchains)


@pytest.mark.parametrize("name", ROWS)
def test_macros_tell_the_rows_apart(name: str) -> None:
    macros = toolchain_for(parse_platform(f"linux_{name}")).macros

    def fits(other: str) -> bool:
        wanted = table()["linux"][other].macros
        return all((macro[1:] not in macros) if macro.startswith("!") else macro in macros for macro in wanted)

    assert {other for other in ROWS if fits(other)} == ({*ARM} if name in ARM else {name})


@pytest.mark.parametrize(
    ("tag", "libc", "floor"),
    [
        ("linux_{}", None, None),
        ("manylinux1_{}", Libc.GLIBC, (2, 5)),
        ("manylinux2010_{}", Libc.GLIBC, (2, 12)),
        ("manylinux2014_{}", Libc.GLIBC, (2, 17)),
        ("manylinux_2_17_{}", Libc.GLIBC, (2, 17)),
        ("manylinux_2_36_{}", Libc.GLIBC, (2, 36)),
        ("musllinux_1_2_{}", Libc.MUSL, (1, 2)),
    ],
)
@pytest.mark.parametrize("arch", ROWS)
def test_tag(tag: str, arch: str, libc: Libc | None, floor: tuple[int, int] | None) -> None:
    found = parse_platform(tag.format(arch))
    assert (found.tag, found.os, found.arch.name) == (tag.format(arch), "linux", arch)
    assert (found.libc, found.floor) == (libc, floor)


@pytest.mark.parametrize(
    ("tag", "os", "arch", "floor"),
    [
        ("macosx_10_13_x86_64", "mac", "x86_64", (10, 13)),
        ("macosx_11_0_arm64", "mac", "arm64", (11, 0)),
        ("macosx_11_0_universal2", "mac", "universal2", (11, 0)),
        ("win32", "windows", "win32", None),
        ("win_amd64", "windows", "amd64", None),
        ("win_arm64", "windows", "arm64", None),
        ("emscripten_3_1_58_wasm32", "pyodide", "wasm32", None),
        ("pyodide_2024_0_wasm32", "pyodide", "wasm32", None),
        ("pyemscripten_2026_0_wasm32", "pyodide", "wasm32", None),
    ],
)
def test_other_systems(tag: str, os: str, arch: str, floor: tuple[int, int] | None) -> None:
    found = parse_platform(tag)
    assert (found.tag, found.os, found.arch.name, found.libc, found.floor) == (tag, os, arch, None, floor)


def test_parts() -> None:
    joined = parse_platform("macosx_11_0_universal2")
    assert [part_of(joined, arch).tag for arch in joined.arch.parts] == ["macosx_11_0_x86_64", "macosx_11_0_arm64"]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("linux_arm64", "linux_aarch64"),
        ("linux_amd64", "linux_x86_64"),
        ("manylinux_2_28_arm64", "manylinux_2_28_aarch64"),
        ("manylinux_2_31_armv8", "manylinux_2_31_aarch64"),
        ("manylinux2014_armhf", None),
        ("linux_ppc64el", "linux_ppc64le"),
        ("musllinux_1_2_amd64", "musllinux_1_2_x86_64"),
        ("linux_i386", "linux_i686"),
        ("linux_x86", "linux_i686"),
        ("linux_armv7", "linux_armv7l"),
        ("manylinux_2_17_x86-64", "manylinux_2_17_x86_64"),
        ("linux_x8664", "linux_x86_64"),
        ("linux_aarch46", "linux_aarch64"),
        ("windows_x86_64", "win_amd64"),
        ("win64", "win_amd64"),
        ("win_win32", "win32"),
        ("macos_14_arm64", "macosx_14_0_arm64"),
        ("darwin_arm64", "macosx_11_0_arm64"),
        ("macosx_11_0_aarch64", "macosx_11_0_arm64"),
        ("macosx_11_3_arm64", "macosx_11_0_arm64"),
        ("macosx_14_2_x86_64", "macosx_14_0_x86_64"),
        ("manylinux_2_017_aarch64", None),
        ("manylinux_3_0_aarch64", None),
        ("musllinux_2_0_x86_64", None),
        ("pyodide_2025_wasm32", "pyodide_2025_0_wasm32"),
        ("emscripten_3_1_wasm32", None),
        ("pyodide_2024_0_wasm64", "pyodide_2025_0_wasm32"),
        ("pyodide_2023_0_wasm32", "pyodide_2025_0_wasm32"),  # there is none before 2024
    ],
)
def test_nearest_name(wrong: str, meant: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_platform(wrong)
    assert wrong in caught.value.message
    if meant:
        assert caught.value.hint == f"did you mean '{meant}'?"
    assert caught.value.hint


@pytest.mark.parametrize(
    "wrong", ["", "any", "linux", "LINUX_aarch64", "linux_aarch64 ", "manylinux_2_aarch64", "win_win32", "zzzz"]
)
def test_unknown_tag(wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_platform(wrong)
    assert caught.value.hint
