"""What compilers that are scripts read of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xconan.build_machine.tools import Tool
from xconan.ground import reads
from xconan.toolchains import probe as probing
from xconan.toolchains.inputs import Inputs
from xconan.toolchains.programs import compiler_reads, script_reads
from xconan.toolchains.question import Answer
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


def test_what_scripts_read(tmp_path: Path) -> None:
    """Set or not; not a session's own; not those of our own scripts; nothing of a compiler that is gone."""
    (tmp_path / "ours").mkdir()
    for place, name in ((tmp_path, "BOARD"), (tmp_path / "ours", "OURS")):
        (place / "cc").write_text(f"#!/bin/sh\nPATH=$PATH exec gcc -D${name} $OTHER\n", "utf-8")
    paths = {"C": tmp_path / "cc", "CXX": tmp_path / "ours/cc", "Fortran": tmp_path / "gone"}
    compilers = {name: Compiler(path=str(path), id="GNU", version="12") for name, path in paths.items()}
    assert compiler_reads(compilers, ours=tmp_path / "ours") == ("BOARD", "OTHER")


def test_a_script_behind_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as ccache; by its path, or by its name."""
    script = tmp_path / "board-cc"
    script.write_text('#!/bin/sh\nexec gcc $BOARD "$@"\n', "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for word in (str(script), script.name):
        compiler = Compiler(path="/usr/bin/ccache", id="GNU", version="12", behind=word, flags=f"{word} -O1")
        assert compiler_reads({"C": compiler}, ours=tmp_path / "ours") == ("BOARD",)


@pytest.mark.parametrize("before", [None, "-DA"])
@pytest.mark.parametrize("behind", [False, True])
def test_a_variable_that_only_a_script_reads_counts(
    before: str | None,
    behind: bool,  # noqa: FBT001 - a table
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next probe has its value, though the last one had another, or none; each build asks for it by its name."""
    script, file = tmp_path / "cc", tmp_path / "board.cmake"
    script.write_text('#!/bin/sh\n: "$BOARD_FLAGS"\n', "utf-8")
    script.chmod(0o755)
    file.write_text("set(CMAKE_SYSTEM_NAME Linux)\n", "utf-8")
    values = {"C/COMPILER": str(script), "C/COMPILER_ID": "GNU", "C/COMPILER_VERSION": "12", "CMAKE_SYSROOT": "",
              "CMAKE_SYSTEM_NAME": "Linux", "CMAKE_CXX_STANDARD": ""}  # fmt: skip
    if behind:
        values |= {"C/COMPILER": "/bin/true", "C/COMPILER_ARG1": str(script), "C/FLAGS_INIT": str(script)}
    answer = Answer(values=values, inputs=(str(file),))
    monkeypatch.setattr(probing, "ask", lambda *_, **_named: answer)  # no CMake here

    def probed(value: str | None) -> tuple[tuple[tuple[str, str], ...], str]:
        inputs = Inputs(env={"BOARD_FLAGS": value} if value is not None else {})
        tool = Tool(path=tmp_path / "cmake", version="3.30")
        noted = reads.watch()
        found = probing.probe(file, inputs=inputs, cmake=tool, ninja=None, cache=tmp_path / "cache/probes")
        reads.unwatch()
        assert "BOARD_FLAGS" in noted.variables
        return found.compiler_env, found.content

    first = probed(before)
    assert first[0] == ((("BOARD_FLAGS", before),) if before is not None else ())
    assert probed(before) == first
    for value in ("-DB", ""):
        after = probed(value)
        assert after[0] == (("BOARD_FLAGS", value),)
        assert after[1] != first[1]
    assert probed(before) == first
