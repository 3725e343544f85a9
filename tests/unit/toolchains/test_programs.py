"""What compilers that are scripts read of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xconan.toolchains.programs import compiler_env, script_reads
from xconan.toolchains.records import Compiler

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {
    "shell": ('#!/bin/sh\nexec "${SDK_ROOT:-/x}/cc" $SDK_FLAGS "$@"\n', {"SDK_ROOT", "SDK_FLAGS"}),
    "perl": ("#!/usr/bin/perl\nexec $ENV{SDK_CC}, @ARGV;\n", {"SDK_CC"}),
    "python": ("#!/usr/bin/python3\nimport os\nos.environ['A1'], os.getenv(\"B2\"), os.environ.get('C3')\n",
               {"A1", "B2", "C3"}),
    "no script": ("\x7fELF $SDK_ROOT\n", set()),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_reads(name: str, tmp_path: Path) -> None:
    text, names = SCRIPTS[name]
    (tmp_path / "cc").write_text(text, "utf-8")
    assert script_reads(tmp_path / "cc") == names


def test_variables_that_are_set(tmp_path: Path) -> None:
    """Not a session's own; not those of our own scripts; nothing of a compiler that is gone."""
    (tmp_path / "ours").mkdir()
    for place, name in ((tmp_path, "BOARD"), (tmp_path / "ours", "OURS")):
        (place / "cc").write_text(f"#!/bin/sh\nPATH=$PATH exec gcc -D${name} $UNSET\n", "utf-8")
    paths = {"C": tmp_path / "cc", "CXX": tmp_path / "ours/cc", "Fortran": tmp_path / "gone"}
    compilers = {name: Compiler(path=str(path), id="GNU", version="12") for name, path in paths.items()}
    seen = {"BOARD": "1", "OURS": "2", "PATH": "/bin"}
    assert compiler_env(compilers, seen, ours=tmp_path / "ours") == (("BOARD", "1"),)
