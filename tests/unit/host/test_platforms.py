"""platforms.toml and the tags that name its rows."""

from __future__ import annotations

import pytest

from tests.support.facts import PROBES, toolchain
from xconan.ground.errors import ConfigError
from xconan.host.platforms import Libc, parse_platform, part_of, table

ROWS = sorted(table()["linux"])
# (conan_arch, triplet, debian, qemu, ELF machine, bits, endian), from reference documents, not from the table
EXPECTED = {
    "aarch64": ("armv8", "aarch64-linux-gnu", "arm64", "aarch64", "AARCH64", 64, "little"),
    "armv6l": ("armv6", "arm-linux-gnueabihf", "armhf", "arm", "ARM", 32, "little"),
    "armv7l": ("armv7hf", "arm-linux-gnueabihf", "armhf", "arm", "ARM", 32, "little"),
    "i686": ("x86", "i686-linux-gnu", "i386", "i386", "386", 32, "little"),
    "ppc64le": ("ppc64le", "powerpc64le-linux-gnu", "ppc64el", "ppc64le", "PPC64", 64, "little"),
    "riscv64": ("riscv64", "riscv64-linux-gnu", "riscv64", "riscv64", "RISCV", 64, "little"),
    "s390x": ("s390x", "s390x-linux-gnu", "s390x", "s390x", "S390", 64, "big"),
    "x86_64": ("x86_64", "x86_64-linux-gnu", "amd64", "x86_64", "X86_64", 64, "little"),
}


def test_every_row_is_expected() -> None:
    assert sorted(EXPECTED) == ROWS


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    row = table()["linux"][name]
    assert (row.conan_arch, row.triplet, row.debian, row.qemu, row.machine, row.bits, row.endian) == EXPECTED[name]
    assert row.name == row.processor == name
    assert row.multiarch == {"i686": "i386-linux-gnu"}.get(name, row.triplet)
    assert row.hard_float == name.startswith("arm")


@pytest.mark.parametrize("name", ROWS)
def test_macros_tell_the_rows_apart(name: str) -> None:
    macros = toolchain(name).macros

    def fits(other: str) -> bool:
        wanted = table()["linux"][other].macros
        return all((one[1:] not in macros) if one.startswith("!") else one in macros for one in wanted)

    assert (PROBES / f"{name}.json").is_file()
    assert {other for other in ROWS if fits(other)} == ({"armv6l", "armv7l"} if "arm" in name else {name})


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
    ],
)
def test_mac_and_windows(tag: str, os: str, arch: str, floor: tuple[int, int] | None) -> None:
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
