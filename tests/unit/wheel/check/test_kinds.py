"""What a file's name says that it is, and what it is where it is no library."""

from __future__ import annotations

import pytest

from xconan.wheel.check.kinds import check_other_file, is_importable, is_tagged, stem_and_suffix

SUFFIX = ".cpython-311-aarch64-linux-gnu.so"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (f"_core{SUFFIX}", ("_core", SUFFIX)),
        ("demo/_core.abi3.so", ("_core", ".abi3.so")),
        (f"a/demo/__init__{SUFFIX}", ("demo", SUFFIX)),
        ("demo/__init__.so", ("demo", ".so")),
        ("__init__.so", ("__init__", ".so")),  # there is no package that it could be
        ("demo/data", ("data", "")),
    ],
)
def test_names_of_modules(name: str, parts: tuple[str, str]) -> None:
    assert stem_and_suffix(name) == parts


@pytest.mark.parametrize(
    ("name", "tagged", "importable"),
    [
        (f"_core{SUFFIX}", True, True),
        ("demo/_core.abi3.so", True, True),
        ("lib_core.abi3.so", True, True),
        ("_core.pypy310-pp73-x86_64-linux-gnu.so", True, True),
        ("_core.cp311-win_amd64.pyd", True, True),
        ("_core.pyd", True, True),
        ("_core.so", False, True),
        ("libdemo.so", False, False),
        ("plug-in.so", False, False),
        ("a.b.so", False, False),
        ("demo.so.1", False, False),
        ("x.abi3.so/data.txt", False, False),
    ],
)
def test_what_import_takes(name: str, tagged: bool, importable: bool) -> None:  # noqa: FBT001 - a table
    assert (is_tagged(name), is_importable(name)) == (tagged, importable)


BINARY = b"\x00\x01\x02"
SCRIPT = b"/* GNU ld script */\nGROUP ( libc.so.6 AS_NEEDED ( ld.so ) )\n"
DATA = "; if it is data, name it otherwise"


@pytest.mark.parametrize(
    ("name", "data", "message", "hint"),
    [
        ("_core.so", b"", "it is an empty file, but named as a module", ""),
        ("libx.so", b"", "it is an empty file, but named as a library", ""),
        ("libx.so", b"!<arch>\n", "it is a static library, but named as a library", "make the target MODULE or SHARED"),
        ("_core.so", SCRIPT, "it is a linker script, but named as a module", DATA),
        ("_core.so", SCRIPT + b"\0", "it is no library at all, but named", DATA),
        ("_core.so", b"#" * 4096 + BINARY, "it is a text file, but named as a module", DATA),
        ("_core.so", b"#" * 4095 + BINARY, "it is no library at all", DATA),
        (f"_core{SUFFIX}", b"text", "it is a text file, but named as a module", ""),
        ("libx.so", SCRIPT, "", ""),
        ("plug-in.so", BINARY, "", ""),
    ],
)
def test_what_is_no_library(name: str, data: bytes, message: str, hint: str) -> None:
    finding = check_other_file(name, data)
    assert (finding is None) == (not message), finding
    if finding:
        assert finding.message.startswith(message)
        assert hint in finding.hint
        assert (DATA in finding.hint) == (hint == DATA)
