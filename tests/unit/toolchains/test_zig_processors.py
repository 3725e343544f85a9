"""Options for processors, as gcc and clang have them: zig has other names, and refuses those."""

from __future__ import annotations

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
]


@pytest.mark.parametrize(("tag", "word", "given"), WORDS)
def test_what_zig_is_given(tag: str, word: str, given: str, tmp_path: Path) -> None:
    cc = write_zig_toolchain(parse_platform(tag), fake_zig(tmp_path), tmp_path / "cache").with_name("cc")
    words = f"[{given}]" if given else ""
    assert said(cc, word, "-c", "a.c").endswith(f"{words}[-c][a.c]")
