"""What the host's loader and processor would refuse, at the limits of what they take."""

from __future__ import annotations

import pytest

from xconan.binary.dynamic import Dynamic
from xconan.host.platforms import parse_platform
from xconan.wheel.check.running import check_running

GLIBC, MUSL = "manylinux_2_28_x86_64", "musllinux_1_2_x86_64"
ARM6, ARM7, RISCV = "linux_armv6l", "linux_armv7l", "manylinux_2_35_riscv64"
STACK = "it asks for an executable stack"
NO_STACK = f"{STACK} (PT_GNU_STACK is missing), which"
BASE = ("i", "m", "a", "f", "d", "c", "g", "zicsr", "zifencei", "zicntr", "zihpm", "zmmul", "zaamo", "zalrsc", "zca",
        "zcd")  # fmt: skip

ROWS: list[tuple[str, dict[str, object], str, str]] = [
    # platform, what the file says, the finding's beginning, what kind it is
    (GLIBC, {"stack": False}, "", ""),
    (GLIBC, {"stack": True}, f"{STACK}, which glibc 2.41", "breaks the tag"),
    (GLIBC, {"stack": None}, NO_STACK, "breaks the tag"),
    ("linux_i686", {"stack": None}, NO_STACK, "breaks the tag"),
    (ARM7, {"stack": None}, NO_STACK, "breaks the tag"),
    ("linux_s390x", {"stack": None}, NO_STACK, "breaks the tag"),
    ("linux_aarch64", {"stack": None}, "", ""),
    (MUSL, {"stack": True}, "", ""),
    (GLIBC, {"static_tls": 512}, "", ""),
    (GLIBC, {"static_tls": 513}, "it wants 513 bytes of static thread-local storage, of the 1664", "warning"),
    (GLIBC, {"static_tls": 1664}, "it wants 1664 bytes", "warning"),
    (GLIBC, {"static_tls": 1665}, "it wants 1665 bytes", ""),
    (MUSL, {"static_tls": 1}, "it wants 1 bytes of static thread-local storage, which musl gives to no", ""),
    (GLIBC, {"x86_level": 1}, "", ""),
    (GLIBC, {"x86_level": 2}, "it needs x86-64-v2 (SSE4.2 and more), which not every host of the tag manylinux_2_28_x8",
     "breaks the tag"),
    (GLIBC, {"x86_level": 3}, "it needs x86-64-v3 (AVX2 and more)", "breaks the tag"),
    (GLIBC, {"x86_level": 4}, "it needs x86-64-v4 (AVX-512 and more)", "breaks the tag"),
    (GLIBC, {"x86_level": 5}, "it needs x86-64-v5 (newer and more)", "breaks the tag"),
    ("linux_i686", {"x86_level": 2, "stack": False}, "it needs x86-64-v2", "breaks the tag"),
    ("linux_aarch64", {"x86_level": 2}, "", ""),
    (ARM6, {"arm": 6, "stack": False}, "", ""),
    (ARM6, {"arm": 7, "stack": False}, "it is compiled for ARMv7, which not every armv6l host runs", "warning"),
    (ARM6, {"arm": 8, "stack": False}, "it is compiled for ARMv8, which not every armv6l host runs", ""),
    (ARM7, {"arm": 7, "stack": False}, "", ""),
    (ARM7, {"arm": 8, "stack": False}, "it is compiled for ARMv8, which not every armv7l host runs", "warning"),
    (ARM7, {"arm": 9, "stack": False}, "it is compiled for ARMv9", ""),
    ("linux_aarch64", {"arm": 9}, "", ""),
    (RISCV, {"riscv": BASE}, "", ""),
    (RISCV, {"riscv": ("i", "zba", "m", "v")}, "it is compiled for zba, v, which not every", "warning"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "says", "message", "kind"), ROWS)
def test_limits(tag: str, says: dict[str, object], message: str, kind: str) -> None:
    dynamic = Dynamic(**{"linked": True, "stack": False, **says})  # type: ignore[arg-type]
    findings = list(check_running({"demo/_core.so": dynamic}, parse_platform(tag)))
    assert len(findings) == bool(message), findings
    for finding in findings:
        assert finding.file == "demo/_core.so"
        assert finding.message.startswith(message), finding.message
        assert (finding.warning, finding.breaks_tag) == (kind == "warning", kind == "breaks the tag"), finding


@pytest.mark.parametrize(
    ("file", "linked", "loaded"),
    [("a.so", True, True), ("liba.so.1.2", True, True), ("a.so", False, False), ("a.o", False, False),
     ("bin/tool", True, False)],
)  # fmt: skip
def test_stack_and_storage_are_of_libraries_alone(file: str, linked: bool, loaded: bool) -> None:  # noqa: FBT001
    """A processor is asked of objects too: they are linked on the host's."""
    dynamic = Dynamic(linked=linked, stack=True, static_tls=4096, x86_level=3)
    findings = [finding.message[:8] for finding in check_running({file: dynamic}, parse_platform(GLIBC))]
    assert findings == (["it asks ", "it wants", "it needs"] if loaded else ["it needs"])
