"""A toolchain against the platform, and what is read from a compiler's answers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support import facts
from xconan.errors import ToolchainError
from xconan.model import Libc
from xconan.platforms import table
from xconan.toolchains.probe import record_of, toolchain_from_record
from xconan.toolchains.verify import verify_toolchain

ROWS = sorted(table()["linux"])


@pytest.mark.parametrize("name", ROWS)
def test_records_survive_json(name: str) -> None:
    toolchain = facts.toolchain(name)
    record = json.loads(json.dumps(record_of(toolchain)))
    assert toolchain_from_record(record) == toolchain


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("host", ROWS)
def test_only_the_hosts_own_compiler(name: str, host: str) -> None:
    cross = facts.cross(facts.target(f"cp311-linux_{host}"))
    if name == host or {name, host} == {"armv6l", "armv7l"}:  # one compiler for both, with other flags
        verify_toolchain(facts.toolchain(name), cross)
        return
    with pytest.raises(ToolchainError) as caught:
        verify_toolchain(facts.toolchain(name), cross)
    assert f"arch is 'linux_{host}'" in caught.value.message
    assert facts.toolchain(name).triplet in caught.value.message


def verify(tag: str, **changes: object) -> None:
    target = facts.target(f"cp311-{tag}")
    toolchain = replace(facts.toolchain_for(target.platform), **changes)  # type: ignore[arg-type]
    verify_toolchain(toolchain, facts.cross(target))


def test_instructions_that_are_too_new(capsys: pytest.CaptureFixture[str]) -> None:
    verify("linux_armv6l", macros={**facts.toolchain("armv6l").macros, "__ARM_ARCH": "7"})
    said = capsys.readouterr().err
    assert "instructions of ARMv7" in said
    assert "-march=armv6" in said


def test_soft_float_compiler() -> None:
    macros = {name: value for name, value in facts.toolchain("armv7l").macros.items() if name != "__ARM_PCS_VFP"}
    with pytest.raises(ToolchainError):
        verify("linux_armv7l", macros=macros)


def test_toolchain_file_that_does_not_cross() -> None:
    with pytest.raises(ToolchainError, match="CMAKE_SYSTEM_NAME"):
        verify("linux_aarch64", variables={})


@pytest.mark.parametrize(
    ("tag", "libc", "fits"),
    [
        ("musllinux_1_2_aarch64", Libc.GLIBC, False),
        ("musllinux_1_2_aarch64", Libc.MUSL, True),
        ("manylinux_2_36_aarch64", Libc.MUSL, False),
        ("linux_aarch64", Libc.MUSL, True),
        ("musllinux_1_2_aarch64", None, True),
    ],
)
def test_libc(tag: str, libc: Libc | None, *, fits: bool) -> None:
    if fits:
        verify(tag, libc=libc)
        return
    with pytest.raises(ToolchainError, match="musl"):
        verify(tag, libc=libc)


def test_native_builds_are_not_verified() -> None:
    verify_toolchain(facts.toolchain("s390x"), facts.cross(native=True))
