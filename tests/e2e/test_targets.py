"""Targets by name: toolchains behind a name, and the running interpreter's headers adapted to the host."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import lz4_project
from tests.support.debian import host_python
from tests.support.needs import need_package, need_program
from xconan.fetch.pythons.apt import AptError
from xconan.fetch.pythons.debian import MOVING
from xconan.host.platforms import parse_platform, table
from xconan.pythons.adapted import adapt
from xconan.toolchains.zig import zig_target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
ANSWER = "import ctypes, plain; print(plain.answer()[0] > 0, ctypes.CDLL(plain.__file__).version_of_lz4())"
ONLY_311 = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the emulated hosts have Python 3.11")
# Debian's suite and architecture: the compiler that reads its macros
READERS = {
    ("bookworm", "arm64"): ["aarch64-linux-gnu-gcc"],
    ("bookworm", "armhf"): ["arm-linux-gnueabihf-gcc"],
    ("bookworm", "i386"): ["gcc", "-m32"],
    ("bookworm", "ppc64el"): ["powerpc64le-linux-gnu-cpp"],
    ("bookworm", "s390x"): ["s390x-linux-gnu-gcc"],
}
# a newer Python, and what Debian's compilers do not reach
BY_ZIG = ("arm64", "armhf", "ppc64el", "s390x", "riscv64", "loong64")


@ONLY_311
@pytest.mark.parametrize("arch", ["aarch64", "armv7l", "s390x"])
def test_gcc_by_name(arch: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target = host(arch)
    project = lz4_project(tmp_path / "project")
    built = workshop.build(project, None, "--target", f"{HERE}-linux_{arch}")
    assert built.names == [f"plain{target.suffix}"]
    assert target.run(built.wheel, ANSWER) == "True 10904"


def test_gcc_is_too_new_for_the_tag(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    host("aarch64")
    project = lz4_project(tmp_path / "project")
    cross = tmp_path / "gcc.cross.toml"
    cross.write_text("toolchain = 'gcc'\n", "utf-8")
    failed = workshop.build(project, cross, "--target", f"{HERE}-manylinux_2_17_aarch64", fails=True)
    failed.assert_ended(3, "manylinux_2_17_aarch64 promises glibc 2.17, but", "toolchain = 'zig'")


@ONLY_311
def test_zig(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """A C module for an old glibc, without a cross compiler or headers of the host."""
    pytest.importorskip("ziglang")
    target = host("aarch64")
    project = lz4_project(tmp_path / "project")
    built = workshop.build(project, None, "--target", f"{HERE}-manylinux_2_17_aarch64")
    assert built.wheel.name.endswith("-manylinux_2_17_aarch64.whl")
    assert target.run(built.wheel, ANSWER) == "True 10904"
    newest = subprocess.run(
        ["objdump", "-T", str(built.wheel.with_suffix(".unpacked") / built.names[0])],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    versions = {tuple(map(int, word[7:-1].split("."))) for word in newest.stdout.split() if word.startswith("(GLIBC_")}
    assert versions
    assert max(versions) <= (2, 17)


@pytest.mark.parametrize(("suite", "debian"), READERS)
def test_adapted_macros_are_debians(suite: str, debian: str, kept: Path) -> None:
    """The build machine's pyconfig.h, adapted, says what Debian's own says, as the compiler sees it."""
    reader = READERS[suite, debian]
    need_program(reader[0])
    _compare(suite, debian, reader, kept)


@pytest.mark.parametrize("debian", BY_ZIG)
def test_adapted_macros_of_the_newest_python(debian: str, kept: Path) -> None:
    need_package("ziglang")
    row = next(row for row in table()["linux"].values() if row.debian == debian)
    target = zig_target(parse_platform(f"linux_{row.name}"))
    try:
        _compare(MOVING, debian, [sys.executable, "-m", "ziglang", "cc", "-target", target, "-x", "c"], kept)
    except AptError as error:
        pytest.skip(f"{MOVING} has moved on: {error}")


def _compare(suite: str, debian: str, reader: list[str], kept: Path) -> None:
    amd64 = host_python(suite, "amd64", kept / "roots" / f"{suite}-amd64")
    real = host_python(suite, debian, kept / "roots" / f"{suite}-{debian}")
    wide = (suite, debian) == (MOVING, "armhf")  # since 2024 Debian's time_t has 64 bits there
    text = adapt(amd64.pyconfig.read_text("utf-8"), triplet=real.multiarch, wide_time=wide)
    assert _macros(reader, text) == _macros(reader, real.pyconfig.read_text("utf-8"))


def _macros(reader: list[str], text: str) -> dict[str, str]:
    """What each macro of a pyconfig.h expands to."""
    names = sorted(set(re.findall(r"#[ \t]*define[ \t]+(\w+)", text)))
    argv = [*reader, "-E", "-P", "-"]
    plain = subprocess.run([*reader, "-E", "-dM", "-"], input=text, check=True, capture_output=True, text=True).stdout
    known = {line.split()[1] for line in plain.splitlines()}
    asked = text + "".join(f'\n"{name}" = {name}' for name in names if name in known)
    said = subprocess.run(argv, input=asked, check=True, capture_output=True, text=True).stdout
    pairs = (line.partition(" = ") for line in said.splitlines() if line.startswith('"'))
    return {name.strip('"'): value for name, _, value in pairs}
