"""Headers of an installation for another machine are an error that says how to have them adapted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.elf import Elf
from tests.unit.pythons.test_headers import DISPATCH, failures, find, tree
from xconan.cli import main
from xconan.ground.errors import HostPythonError
from xconan.host.platforms import table
from xconan.pythons.adapted import stored_for_another

if TYPE_CHECKING:
    from pathlib import Path

OF_AARCH64 = "cp39-linux_aarch64"  # no Python that runs these tests, so that its own headers never serve
DATA = "_sysconfigdata__linux_x86_64-linux-gnu.py"


def beside(root: Path, name: str, content: bytes | str = "") -> Path:
    """A file of the installation that tree() has the headers of."""
    file = root / "usr/lib" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    ("name", "content", "machine"),
    [
        ("libpython3.9.so.1.0", Elf(machine="X86_64").library(), "x86_64"),
        ("libpython3.9.so.1.0", Elf(machine="S390", endian="big").library(), "s390x"),
        (f"python3.9/{DATA}", "", "x86_64"),
        ("python3.9/_sysconfigdata__x86_64-linux-gnu.py", "", "x86_64"),
        ("python3.9/_sysconfigdata_x86_64_conda_cos6_linux_gnu.py", "", "x86_64"),
        ("python3.9/_sysconfigdata__darwin_darwin.py", "", "macOS"),
        ("python3.9/config-3.9-riscv64-linux-gnu/Makefile", "MULTIARCH=\triscv64-linux-gnu\n", "riscv64"),
        ("python3.9/config-3.9/Makefile", "MULTIARCH=\t\nHOST_GNU_TYPE=  s390x-ibm-linux-gnu\n", "s390x"),
    ],
)
def test_of_another_machine(root: Path, name: str, content: bytes | str, machine: str) -> None:
    include = tree(root, (3, 9, 1))
    file = beside(root, name, content)
    (error,) = failures(include, OF_AARCH64)
    assert error.message == (
        f"arch is 'linux_aarch64', but the headers are of a Python for {machine}, as {file.name} says"
    )
    assert str(file) in error.where
    assert "leave include_dir out of" in error.hint
    known = machine in table()["linux"]
    assert (f"xconan python add 3.9 --for linux_{machine} --from {root / 'usr'}`" in error.hint) == known


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("python3.9/_sysconfigdata__linux_aarch64-linux-gnu.py", ""),
        ("python3.9/_sysconfigdata__linux_aarch64-linux-musl.py", ""),
        ("python3.9/_sysconfigdata__linux_.py", ""),
        ("python3.9/config-3.9/Makefile", "HOST_GNU_TYPE=aarch64-poky-linux-gnu\n"),
        ("python3.9/config-3.9/Makefile", "CC=gcc\n"),
        ("python3.10/" + DATA, ""),
    ],
)
def test_of_this_machine_or_none(root: Path, name: str, content: str) -> None:
    include = tree(root, (3, 9, 1))
    beside(root, name, content)
    assert find(include, OF_AARCH64).include_dir == include


def test_library_is_trusted_before_names(root: Path) -> None:
    """Redistributors that cross-compile have left the build machine's names in what Python writes about itself."""
    include = tree(root, (3, 9, 1))
    beside(root, f"python3.9/{DATA}")
    beside(root, "libpython3.9.so", Elf(machine="AARCH64").library())
    assert find(include, OF_AARCH64).include_dir == include


def test_several_machines_in_one_folder(root: Path) -> None:
    """Debian's, where pyconfig.h of each architecture stands in a folder of its own."""
    include = tree(root)
    (include / "pyconfig.h").write_text(DISPATCH, "utf-8")
    own = include.parent / "aarch64-linux-gnu/python3.11/pyconfig.h"
    own.parent.mkdir(parents=True)
    own.write_text("#define SIZEOF_VOID_P 8\n", "utf-8")
    beside(root, f"python3.11/{DATA}")
    assert find(include).pyconfig == own


def test_what_the_error_says_works(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    include = tree(root, (3, 9, 1))
    beside(root, f"python3.9/{DATA}")
    monkeypatch.setenv("XCONAN_PYTHONS", str(root / "store"))
    monkeypatch.setenv("XCONAN_CACHE", str(root / "cache"))
    (error,) = failures(include, OF_AARCH64)
    command = error.hint.split("`")[1].split()
    assert main(command[1:]) == os.EX_OK
    target = facts.target(OF_AARCH64)
    assert stored_for_another(target)
    adapted = find(None, OF_AARCH64)
    assert adapted.origin.endswith("adapted to the host")
    assert adapted.pyconfig
    assert "__SIZEOF_POINTER__" in adapted.pyconfig.read_text("utf-8")


@pytest.mark.parametrize(
    ("tag", "its", "words"),
    [
        ("manylinux_2_17_aarch64", "musl", "is for glibc, but the Python is of a system with musl"),
        ("musllinux_1_2_aarch64", "gnu", "is for musl, but the Python is of a system with glibc"),
    ],
)
def test_of_another_c_library(root: Path, tag: str, its: str, words: str) -> None:
    """Its modules would have a name that the host's Python does not look for."""
    include = tree(root)
    data = f"build_time_vars = {{'EXT_SUFFIX': '.cpython-311-aarch64-linux-{its}.so'}}\n"
    file = beside(root, f"python3.11/_sysconfigdata__linux_aarch64-linux-{its}.py", data)
    with raises_error(HostPythonError, f"'{tag}' {words}", where=str(file)):
        find(include, f"cp311-{tag}")
    assert find(include, "cp311-linux_aarch64").ext_suffix == f".cpython-311-aarch64-linux-{its}.so"
