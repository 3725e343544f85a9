"""Options for processors, as gcc and clang have them: zig has other names, and refuses those."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.render.test_compilers import fake_zig, said
from xconan.host.platforms import parse_platform
from xconan.toolchains.zig import write_zig_toolchain

if TYPE_CHECKING:
    from pathlib import Path

ARM, X86, POWER = "manylinux_2_17_aarch64", "manylinux_2_17_x86_64", "manylinux_2_19_ppc64le"
WORDS = [
    (ARM, "-march=armv8-a", ""),
    (ARM, "-march=armv8.2-a+dotprod+fp16", "-mcpu=generic+v8_2a+dotprod+fullfp16"),
    (ARM, "-march=armv8-a+crc+nosimd", "-mcpu=generic+v8a+crc-neon"),
    (ARM, "-march=armv9-a+sve2-bitperm", "-mcpu=generic+v9a+sve2_bitperm"),
    (ARM, "-mcpu=cortex-a72+crypto", "-mcpu=cortex_a72+aes+sha2"),
    (ARM, "-mcpu=neoverse-n1+nocrypto", "-mcpu=neoverse_n1-aes-sha2"),
    (ARM, "-mtune=cortex-a72", ""),
    ("macosx_11_0_arm64", "-mcpu=apple-m2", "-mcpu=apple_m2"),
    (X86, "-march=x86-64-v3", "-mcpu=x86_64_v3"),
    (X86, "-march=skylake-avx512", "-mcpu=skylake_avx512"),
    (X86, "-march=haswell", "-mcpu=haswell"),
    (X86, "-mcpu=x86_64_v3-avx", "-mcpu=x86_64_v3-avx"),  # zig's own words: without
    (X86, "-mcpu=x86_64_v3+aes-avx2", "-mcpu=x86_64_v3+aes-avx2"),
    (ARM, "-mcpu=baseline-neon", "-mcpu=baseline-neon"),
    (ARM, "-mcpu=cortex_a72-crypto", "-mcpu=cortex_a72-crypto"),
    (X86, "-mtune=generic", ""),
    (X86, "-mavx2", "-mavx2"),
    (POWER, "-mcpu=power9", "-mcpu=pwr9"),
    ("manylinux_2_17_s390x", "-march=z14", "-march=z14"),
    (ARM, "-mcpu=generic-armv8-a", "-mcpu=generic+v8a"),
    (ARM, "-mcpu=generic+simd", "-mcpu=generic+neon"),
]
ARM32, ARMV6 = "manylinux_2_17_armv7l", "linux_armv6l"
WORDS_OF_ARM32 = [
    (ARM32, "-march=armv7-a", "-mcpu=generic+v7a-neon-d32"),
    (ARM32, "-march=armv7-a+fp", "-mcpu=generic+v7a-neon-d32"),
    (ARM32, "-march=armv7-a -mfpu=neon", "-mcpu=generic+v7a+neon"),
    (ARM32, "-march=armv7-a+neon-vfpv4", "-mcpu=generic+v7a+neon+vfp4"),
    (ARM32, "-march=armv7ve+vfpv4-d16", "-mcpu=generic+v7ve+vfp4d16-neon-d32"),
    (ARM32, "-march=armv8.2-a+dotprod+fp16", "-mcpu=generic+v8_2a+dotprod+fullfp16"),
    (ARM32, "-march=armv8-a+crc -mfpu=crypto-neon-fp-armv8", "-mcpu=generic+v8a+fp_armv8+neon+aes+sha2+crc"),
    (ARM32, "-mcpu=cortex-a9", "-mcpu=cortex_a9"),
    (ARM32, "-mfpu=vfpv3-d16 -mcpu=cortex-a9", "-mcpu=cortex_a9-neon-d32"),
    (ARM32, "-mcpu=cortex-a15+nosimd", "-mcpu=cortex_a15-neon"),
    (ARM32, "-mcpu=generic-armv7-a", "-mcpu=generic+v7a-neon-d32"),
    (ARM32, "-mfpu=neon-vfpv4", "-mcpu=baseline+neon+vfp4"),
    (ARM32, "-mfpu=vfp", "-mcpu=baseline-neon-d32"),
    (ARM32, "-mcpu=baseline-neon", "-mcpu=baseline-neon"),  # zig's own words
    (ARM32, "-mcpu=cortex_a9+fp16", "-mcpu=cortex_a9+fullfp16"),
    (ARMV6, "-march=armv6", "-mcpu=generic+v6+vfp2"),
    (ARMV6, "-march=armv6kz+fp", "-mcpu=generic+v6kz+vfp2"),
    (ARMV6, "-mfpu=vfp", "-mcpu=arm1176jzf_s"),
    (ARMV6, "-mcpu=arm1176jzf-s -mfpu=vfp", "-mcpu=arm1176jzf_s"),
]


@pytest.mark.parametrize(("tag", "word", "given"), WORDS)
def test_what_zig_is_given(tag: str, word: str, given: str, tmp_path: Path) -> None:
    cc = write_zig_toolchain(parse_platform(tag), fake_zig(tmp_path), tmp_path / "cache").with_name("cc")
    words = f"[{given}]" if given else ""
    assert said(cc, word, "-c", "a.c").endswith(f"{words}[-c][a.c]")


@pytest.mark.parametrize(("tag", "words", "given"), WORDS_OF_ARM32)
def test_arm_with_32_bits(tag: str, words: str, given: str, tmp_path: Path) -> None:
    """One word at the end: zig knows no -mfpu, and names features in place of architectures."""
    cc = write_zig_toolchain(parse_platform(tag), fake_zig(tmp_path), tmp_path / "cache").with_name("cc")
    assert said(cc, *words.split(), "-c", "a.c").endswith(f"[-c][a.c][{given}]")


def test_floating_point_unit_that_zig_lacks(tmp_path: Path) -> None:
    cc = write_zig_toolchain(parse_platform(ARM32), fake_zig(tmp_path), tmp_path / "cache").with_name("cc")
    done = subprocess.run([cc, "-mfpu=maverick", "-c", "a.c"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "zig has no -mfpu=maverick: name a processor by -mcpu" in done.stderr
