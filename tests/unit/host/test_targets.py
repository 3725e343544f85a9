"""Targets by name, and the toolchains and headers behind them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.build_machine.tools import Tool
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.host.platforms import parse_platform
from xconan.host.targets import parse_target
from xconan.pythons.adapted import adapt
from xconan.toolchains.zig import write_zig_toolchain, zig_target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("cp311-manylinux_2_17_aarch64", ("cp", "311", "manylinux_2_17_aarch64", "cp311")),
        ("cp313t-musllinux_1_2_x86_64", ("cp", "313", "musllinux_1_2_x86_64", "cp313t")),
        ("cp37-linux_armv6l", ("cp", "37", "linux_armv6l", "cp37m")),
        ("cp311-cp311-linux_riscv64", ("cp", "311", "linux_riscv64", "cp311")),
    ],
)
def test_target(name: str, keys: tuple[str, ...]) -> None:
    found = parse_target(name)
    assert tuple(found[key] for key in ("implementation", "version", "arch", "abi")) == keys


def test_pypys_abi_is_not_guessed() -> None:
    assert "abi" not in parse_target("pp311-manylinux_2_28_x86_64")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cp311-manylinux_2_17_arm64", "did you mean 'cp311-manylinux_2_17_aarch64'?"),
        ("cp-311-linux_aarch64", "for example"),
        ("ccp311-linux_aarch64", "did you mean 'cp311-linux_aarch64'?"),
        ("linux_aarch64", f"did you mean 'cp{sys.version_info.major}{sys.version_info.minor}-linux_aarch64'?"),
        ("aarch64-linux-gnu", "-linux_aarch64'?"),
        ("arm-linux-gnueabihf", "-linux_armv7l'?"),
        ("x86_64-linux-musl", "-musllinux_1_2_x86_64'?"),
        ("python3.13t-linux_aarch64", "did you mean 'cp313t-linux_aarch64'?"),
        ("3.11-linux_aarch64", "did you mean 'cp311-linux_aarch64'?"),
        ("313t-linux_aarch64", "did you mean 'cp313t-linux_aarch64'?"),
        ("rpi.cross.toml", "did you mean --cross rpi.cross.toml?"),
        ("", "for example"),
    ],
)
def test_misspelt_target(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_target(name)
    assert hint in caught.value.hint
    assert caught.value.where == f"target {name}"


@pytest.mark.parametrize(
    ("tag", "target"),
    [
        ("manylinux_2_28_x86_64", "x86_64-linux-gnu.2.28"),
        ("linux_aarch64", "aarch64-linux-gnu.2.17"),
        ("manylinux2014_armv7l", "arm-linux-gnueabihf.2.17"),
        ("musllinux_1_2_armv7l", "arm-linux-musleabihf"),
        ("manylinux_2_19_ppc64le", "powerpc64le-linux-gnu.2.19"),
        ("linux_loongarch64", "loongarch64-linux-gnu.2.36"),
        ("musllinux_1_2_loongarch64", "loongarch64-linux-musl"),
    ],
)
def test_target_of_zig(tag: str, target: str) -> None:
    assert zig_target(parse_platform(tag)) == target


def test_zig_has_no_older_glibc() -> None:
    with pytest.raises(ToolchainError, match=r"2\.19.*2\.17") as caught:
        zig_target(parse_platform("manylinux_2_17_ppc64le"))
    assert "manylinux_2_19_ppc64le" in caught.value.hint


def test_capitals() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_target("CP311-Manylinux_2_17_AARCH64")
    assert caught.value.hint == "did you mean 'cp311-manylinux_2_17_aarch64'?"


def test_wrappers_of_zig(tmp_path: Path) -> None:
    zig = tmp_path / "zig"
    zig.write_text('#!/bin/sh\nprintf "[%s]" "$ZIG_GLOBAL_CACHE_DIR" "$@"\n', "utf-8")
    zig.chmod(0o755)
    cache = tmp_path / "ca che"
    file = write_zig_toolchain(parse_platform("linux_armv6l"), Tool(path=zig, version="9.9"), cache)
    said = facts.say([str(file.parent / "cc"), "-c", "a b.c", "-march=armv8-a", "-Wl,--exclude-libs,ALL", "-O2"])
    assert (
        said == f"[{cache}/zig/cache][cc][-target][arm-linux-gnueabihf.2.17][-mcpu=arm1176jzf_s][-fPIC]"
        "[-fno-sanitize=undefined][-Wno-date-time][-UNDEBUG][-c][a b.c][-O2]"
    )


def test_adapted_macros_follow_the_compiler() -> None:
    base = "#define SIZEOF_LONG 8\n#define HAVE_GCC_ASM_FOR_X64 1\n/* #undef WORDS_BIGENDIAN */\n#define HAVE_FORK 1\n"
    text = adapt(base, triplet="", wide_time=False)
    assert "#undef SIZEOF_LONG\n#define SIZEOF_LONG __SIZEOF_LONG__\n" in text
    assert "#undef HAVE_GCC_ASM_FOR_X64\n#if defined(__x86_64__)\n# define HAVE_GCC_ASM_FOR_X64 1\n#endif\n" in text
    assert "#undef WORDS_BIGENDIAN" in text
    assert "SIZEOF_PTHREAD_T" not in text
    assert "SOABI_PLATFORM" not in text
    assert text.count("HAVE_FORK") == 1


def test_adapted_macros_of_newer_pythons() -> None:
    base = (
        '#define SOABI_PLATFORM "x86_64-linux-gnu"\n#define ALIGNOF_MAX_ALIGN_T 16\n'
        "#define _Py_FFI_SUPPORT_C_COMPLEX 1\n/* #undef _Py_WITH_FRAME_POINTERS */\n"
    )
    text = adapt(base, triplet="loongarch64-linux-gnu", wide_time=False)
    assert '#undef SOABI_PLATFORM\n#define SOABI_PLATFORM "loongarch64-linux-gnu"\n' in text
    assert "#if __BIGGEST_ALIGNMENT__ < 16\n# define ALIGNOF_MAX_ALIGN_T 8\n" in text
    absent = "#if defined(__riscv) || defined(__loongarch__)\n# undef _Py_FFI_SUPPORT_C_COMPLEX\n#endif\n"
    assert absent in text
    assert "define _Py_WITH_FRAME_POINTERS" not in text, "the build machine's headers have none"
