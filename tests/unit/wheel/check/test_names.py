"""The names that a wheel's files need: where they are looked for, and how many of them a finding lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.elf import Elf
from xconan.ground.files import Entry
from xconan.project.config.records import WheelConfig
from xconan.project.wheel_tags import wheel_tags
from xconan.wheel.check.modules import Host, check_entries

if TYPE_CHECKING:
    from pathlib import Path

LINUX, MUSL, MAC = "cp311-linux_aarch64", "cp311-musllinux_1_2_aarch64", "cp311-macosx_11_0_arm64"
OF_GLIBC, OF_MUSL, OF_BOTH = "xdr_void", "_IO_getc_unlocked", "qsort"
LATER = ("PyBytes_Join", "PyConfig_Get", "PyConfig_GetInt", "PyConfig_Names")  # of Python 3.14
IN_3_14 = "which came with Python 3.14, and the host has 3.11"


def messages(
    *undefined: str,
    host: str = LINUX,
    needed: tuple[str, ...] = ("libc.so.6",),
    versions: tuple[tuple[str, str, str], ...] = (),
    module: str = "",
    python_library: Path | None = None,
    **wheel: object,
) -> list[str]:
    """What the checks say of a module that needs these names; libpython is the host's, where it has one."""
    target = facts.target(host)
    python = facts.python(target, library=python_library)
    data = Elf().library("PyInit__core", needed=needed, undefined=undefined, versions=versions)
    tags = wheel_tags(target, WheelConfig(**wheel), pure=False)  # type: ignore[arg-type]
    file = Entry(name=module or f"_core{python.ext_suffix}", source=data)
    return [finding.message for finding in check_entries([file], Host(tags=tags, target=target, python=python))]


# --- how many names a finding lists: three ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "listed"),
    [
        (2, "own_0, own_1"), (3, "own_0, own_1, own_2"), (4, "own_0, own_1, own_2 and 1 more"),
        (9, "own_0, own_1, own_2 and 6 more"),
    ],
)  # fmt: skip
def test_how_many_undefined_names_are_listed(count: int, listed: str) -> None:
    assert messages(*(f"own_{number}" for number in range(count))) == [f"nothing that is loaded defines {listed}"]


@pytest.mark.parametrize(
    ("count", "listed"),
    [
        (1, "PyBytes_Join"), (3, "PyBytes_Join, PyConfig_Get, PyConfig_GetInt"),
        (4, "PyBytes_Join, PyConfig_Get, PyConfig_GetInt and 1 more"),
    ],
)  # fmt: skip
def test_how_many_names_of_a_later_python_are_listed(count: int, listed: str) -> None:
    assert messages(*LATER[:count]) == [f"it needs {listed}, {IN_3_14}"]


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, " and 1 more")])
def test_how_many_names_outside_of_the_stable_abi_are_listed(count: int, more: str) -> None:
    names = ("PyDict_GetItemRef", "PyDict_GetItemStringRef", "PyEval_GetFrameBuiltins", "PyEval_GetFrameGlobals")
    listed = ", ".join(f"{name} (3.13)" for name in names[:3])
    assert messages(*names[:count], module="_core.abi3.so", python_abi="abi3", abi3_minimum_cpython_version=311) == [
        f"it needs {listed}{more}, which the stable ABI of Python 3.11 lacks (tag cp311-abi3-linux_aarch64)"
    ]


@pytest.mark.parametrize(("count", "listed"), [(3, "a0, a1, a2"), (4, "a0, a1, a2 and 1 more")])
def test_how_many_names_of_a_newer_glibc_are_listed(count: int, listed: str) -> None:
    versions = tuple(("libc.so.6", "GLIBC_2.34", f"a{number}") for number in range(count))
    assert messages(host="cp311-manylinux_2_17_aarch64", versions=versions) == [
        f"it needs GLIBC_2.34 of libc.so.6 (for {listed}), which is newer than manylinux_2_17_aarch64 promises"
    ]


@pytest.mark.parametrize(("count", "end"), [(3, ""), (4, " (and 1 more file)"), (5, " (and 2 more files)")])
def test_how_many_files_that_cannot_be_compiled_are_listed(count: int, end: str) -> None:
    target = facts.target()
    host = Host(tags=wheel_tags(target, WheelConfig(), pure=False), target=target, python=facts.python(target))
    files = [Entry(name=f"a{number}.py", source=b"def f(:\n") for number in range(count)]
    findings = check_entries(files, host)
    assert [finding.file for finding in findings] == ["a0.py", "a1.py", "a2.py"]
    bare = findings[0].message
    assert bare.startswith("Python 3.11 can't compile it: line 1: ")
    assert [finding.message for finding in findings[1:]] == [bare, bare + end]


# --- names of the stable ABI ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["PyModuleDef_Init", "PyModule_Create2", "PyModule_FromDefAndSpec2"])
def test_a_module_definition_is_no_affair_of_abi3t(name: str) -> None:
    target = facts.target("cp315-linux_aarch64")
    data = Elf().library("PyModExport__core", needed=("libc.so.6",), undefined=(name,))
    for abi, words in (("abi3t", [f"it needs {name}, so it is for abi3 alone"]), ("abi3", [])):
        tags = wheel_tags(target, WheelConfig(python_abi=abi, abi3_minimum_cpython_version=315), pure=False)
        host = Host(tags=tags, target=target, python=facts.python(target))
        findings = check_entries([Entry(name=f"_core.{abi}.so", source=data)], host)
        assert [finding.message.partition(", but")[0] for finding in findings] == words


# --- the names of the host's own libpython ----------------------------------------------------------------------------


def test_what_the_hosts_libpython_exports_it_has(tmp_path: Path) -> None:
    """A vendor's Python may have names of a later version: its library knows better than the table."""
    lacking = [f"it needs PyConfig_Get, {IN_3_14}"]
    patched, plain = tmp_path / "libpython3.11.so.1.0", tmp_path / "libpython3.11-plain.so"
    patched.write_bytes(Elf().library("PyConfig_Get"))
    plain.write_bytes(Elf().library("Py_Initialize"))
    assert messages("PyConfig_Get") == lacking
    assert messages("PyConfig_Get", python_library=patched) == []
    assert messages("PyConfig_Get", python_library=plain) == lacking


@pytest.mark.parametrize("data", [None, b"!<arch>\n", b"INPUT(libpython3.11.so.1.0)\n", b"\x7fELF"])
def test_a_libpython_that_cannot_be_read_adds_no_names(tmp_path: Path, data: bytes | None) -> None:
    library = tmp_path / "libpython3.11.so"
    if data is not None:
        library.write_bytes(data)
    assert messages("PyConfig_Get", python_library=library) == [f"it needs PyConfig_Get, {IN_3_14}"]


# --- the names of the C library ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "needed", "lost"),
    [
        (LINUX, ("libc.so.6",), [OF_MUSL]),
        (LINUX, ("libm.so.6",), [OF_MUSL]),  # the interpreter has loaded the rest of glibc
        (MUSL, ("libc.so",), [OF_GLIBC]),
        (MUSL, ("libc.musl-aarch64.so.1",), [OF_GLIBC]),
        (LINUX, (), []),  # it names no C library, so that either will do
        (MUSL, (), []),
    ],
)
def test_which_c_library_has_a_name(host: str, needed: tuple[str, ...], lost: list[str]) -> None:
    expected = [f"nothing that is loaded defines {', '.join(sorted(['own', *lost]))}"]
    assert messages(OF_GLIBC, OF_MUSL, OF_BOTH, "own", host=host, needed=needed) == expected


def test_names_of_long_double_are_not_taken_for_granted() -> None:
    """glibc.txt has them, but on one machine alone, and there from 2.32 on."""
    assert messages("__acoshieee128", "acoshl") == ["nothing that is loaded defines __acoshieee128"]
