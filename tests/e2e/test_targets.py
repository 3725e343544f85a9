"""Targets by name: toolchains behind a name, and the running interpreter's headers adapted to the host."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import lz4_project
from tests.support.debian import host_python
from tests.support.needs import need_program
from xconan.pythons.adapted import adapt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
ANSWER = "import ctypes, plain; print(plain.answer()[0] > 0, ctypes.CDLL(plain.__file__).version_of_lz4())"
ONLY_311 = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the emulated hosts have Python 3.11")
# Debian's architecture: the compiler that reads its macros
READERS = {
    "arm64": ["aarch64-linux-gnu-gcc"],
    "armhf": ["arm-linux-gnueabihf-gcc"],
    "i386": ["gcc", "-m32"],
    "ppc64el": ["powerpc64le-linux-gnu-cpp"],
    "s390x": ["s390x-linux-gnu-gcc"],
}


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


@pytest.mark.parametrize("debian", READERS)
def test_adapted_macros_are_debians(debian: str, kept: Path) -> None:
    """The build machine's pyconfig.h, adapted, says what Debian's own says, as the compiler sees it."""
    need_program(READERS[debian][0])
    amd64 = host_python("bookworm", "amd64", kept / "roots" / "bookworm-amd64")
    real = host_python("bookworm", debian, kept / "roots" / f"bookworm-{debian}")
    adapted = _macros(READERS[debian], adapt(amd64.pyconfig.read_text("utf-8"), wide_time=False))
    assert adapted == _macros(READERS[debian], real.pyconfig.read_text("utf-8"))


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
