"""Which options of compilers leave what every host of a platform tag has."""

from __future__ import annotations

import pytest

from xconan.host.instructions import baseline_of, beyond, is_native
from xconan.host.platforms import parse_platform, table

X86, ARM64, S390X = "manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "manylinux_2_17_s390x"
MAC, MAC_ARM, RISCV = "macosx_10_13_x86_64", "macosx_11_0_arm64", "manylinux_2_39_riscv64"
# (tag, words, those that leave the baseline)
ROWS = [
    (X86, "-O3 -g -fPIC -m64 -mtune=native -mtune=haswell -msse2 -mfpmath=sse", ""),
    (X86, "-march=x86-64 -mprefer-vector-width=512", ""),
    (X86, "-march=native", "-march=native"),
    (X86, "-march=x86-64-v3", "-march=x86-64-v3"),
    (X86, "-march=x86-64-v1", ""),
    (X86, "-march=haswell -march=x86-64", ""),
    (X86, "-march=x86-64 -march=haswell", "-march=haswell"),
    (X86, "-mcpu=x86_64_v3", "-mcpu=x86_64_v3"),
    (X86, "-mcpu=baseline", ""),
    (X86, "-mavx2 -mfma -mbmi2", "-mavx2 -mfma -mbmi2"),
    (X86, "-mavx2 -mno-avx2", ""),
    (X86, "-msse4.2 -mpopcnt -mcx16", "-msse4.2 -mpopcnt -mcx16"),
    (X86, "-mavx512vl -maes", "-mavx512vl -maes"),
    (X86, "-xHost", "-xHost"),
    (X86, "-Xarch_arm64 -mavx2", ""),
    (X86, "-mno-red-zone -mcmodel=large -mstackrealign", ""),
    ("manylinux_2_17_i686", "-march=i686 -msse2", ""),
    ("manylinux_2_17_i686", "-march=pentium4 -m32", ""),
    ("manylinux_2_17_i686", "-msse3 -march=core2", "-msse3 -march=core2"),
    (ARM64, "-march=armv8-a -mtune=cortex-a72 -mbranch-protection=standard -moutline-atomics", ""),
    (ARM64, "-march=armv8-a+simd -mcpu=generic", ""),
    (ARM64, "-march=armv8-a+crc", "-march=armv8-a+crc"),
    (ARM64, "-march=armv8.2-a+dotprod", "-march=armv8.2-a+dotprod"),
    (ARM64, "-mcpu=native", "-mcpu=native"),
    (ARM64, "-mcpu=neoverse-n1", "-mcpu=neoverse-n1"),
    ("linux_armv7l", "-march=armv7-a -mfpu=vfpv3-d16 -mfloat-abi=hard -mthumb", ""),
    ("linux_armv7l", "-march=armv7-a+fp", ""),
    ("linux_armv7l", "-march=armv6+fp -marm", ""),
    ("linux_armv7l", "-march=armv7-a -mfpu=neon", "-mfpu=neon"),
    ("linux_armv7l", "-march=armv8-a", "-march=armv8-a"),
    ("linux_armv7l", "-mcpu=cortex-a53", "-mcpu=cortex-a53"),
    ("linux_armv6l", "-march=armv6+fp -marm -mfpu=vfp", ""),
    ("linux_armv6l", "-mcpu=arm1176jzf-s", ""),
    ("linux_armv6l", "-mcpu=arm1176jzf_s", ""),
    ("linux_armv6l", "-march=armv7-a", "-march=armv7-a"),
    ("linux_armv6l", "-march=armv6t2", "-march=armv6t2"),
    ("manylinux_2_19_ppc64le", "-mcpu=power8 -maltivec -mvsx", ""),
    ("manylinux_2_19_ppc64le", "-mcpu=power9", "-mcpu=power9"),
    ("manylinux_2_19_ppc64le", "-mpower10-vector -mmma", "-mpower10-vector -mmma"),
    (S390X, "-march=z196 -mtune=zEC12", ""),
    (S390X, "-march=arch9", ""),
    (S390X, "-march=z13 -mvx", "-march=z13 -mvx"),
    (S390X, "-march=zEC12", "-march=zEC12"),
    (RISCV, "-march=rv64gc -mabi=lp64d", ""),
    (RISCV, "-march=rv64imafdc_zicsr_zifencei", ""),
    (RISCV, "-march=rv64gcv", "-march=rv64gcv"),
    (RISCV, "-march=rv64gc_zba_zbb", "-march=rv64gc_zba_zbb"),
    (RISCV, "-march=rva23u64", "-march=rva23u64"),
    ("manylinux_2_36_loongarch64", "-march=loongarch64 -mlsx", ""),
    ("manylinux_2_36_loongarch64", "-mlasx -march=la664", "-mlasx -march=la664"),
    (MAC, "-msse4.1 -mssse3 -march=penryn -arch x86_64", ""),
    (MAC, "-arch x86_64h", "x86_64h"),
    (MAC, "-mavx2 -march=native", "-mavx2 -march=native"),
    (MAC_ARM, "-mcpu=apple-m1 -arch arm64", ""),
    (MAC_ARM, "-march=armv8.4-a+crypto", ""),
    (MAC_ARM, "-mcpu=apple-m2", "-mcpu=apple-m2"),
    (MAC_ARM, "-Xarch_x86_64 -msse4.2", ""),
    ("win_amd64", "-mcx16 -msahf /arch:SSE2", ""),
    ("win_amd64", "/arch:AVX2", "/arch:AVX2"),
    ("win_amd64", "/arch:AVX2 /arch:SSE2", ""),
    ("win32", "-msse2 /arch:IA32", ""),
    ("win_arm64", "/arch:armv8.2", "/arch:armv8.2"),
    ("win_arm64", "/arch:armv8.0", ""),
    ("pyodide_2024_0_wasm32", "-msimd128 -mcpu=generic -mbulk-memory", ""),
    ("pyodide_2024_0_wasm32", "-mcpu=bleeding-edge -mrelaxed-simd", "-mcpu=bleeding-edge -mrelaxed-simd"),
]


@pytest.mark.parametrize(("tag", "words", "leaving"), ROWS)
def test_words(tag: str, words: str, leaving: str) -> None:
    given = words.split()
    assert " ".join(given[place] for place in beyond(given, parse_platform(tag))) == leaving


def test_every_architecture_has_a_row() -> None:
    prefixes = {"linux": "linux_", "mac": "macosx_11_0_", "windows": "win_", "pyodide": "pyemscripten_2026_0_"}
    for os, rows in table().items():
        for arch in rows.values():
            platform = parse_platform(f"{prefixes[os]}{arch.name}".replace("win_win32", "win32"))
            assert (baseline_of(platform) is None) == bool(arch.parts), arch.name


def test_a_platform_of_several_architectures_has_no_baseline() -> None:
    assert beyond(["-march=native"], parse_platform("macosx_11_0_universal2")) == []
    assert is_native("-march=native")
    assert not is_native("-mtune=native")
