"""What a toolchain file looks at without including it: compared the next time, or asked again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from xconan.build_machine.cmake_calls import trace_words
from xconan.build_machine.tools import find_tool
from xconan.ground.run import capture
from xconan.toolchains.asked import names_to_trace, questions, state_of

if TYPE_CHECKING:
    from pathlib import Path


def asked(folder: Path, text: str, *, parts: dict[str, str] | None = None) -> tuple[list[str], tuple[str, ...]]:
    """The keys, with paths in the folder as from there, and the doubts, of a toolchain file that CMake has read."""
    cmake = find_tool("cmake", minimum="3.20")
    assert cmake
    for name, words in {"t.cmake": text, **(parts or {})}.items():
        (folder / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "own" / name).write_text(words, "utf-8")
    (folder / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.20)\nproject(p LANGUAGES NONE)\n", "utf-8")
    files = [folder / "own" / name for name in ("t.cmake", *(parts or {}))]
    trace = trace_words(folder / "calls.json", names_to_trace([folder / "own/t.cmake"]))
    argv = [str(cmake.path), "-S", ".", "-B", "b", f"-DCMAKE_TOOLCHAIN_FILE={folder}/own/t.cmake", *trace]
    done = capture(argv, cwd=folder)
    assert done.code == 0, done.stderr
    keys, doubts = questions(folder / "calls.json", [str(file) for file in files], folder / "b")
    return [key.replace(f"{folder}/own/", "").replace(f"{folder}/own", ".") for key in keys], doubts


HERE = "${CMAKE_CURRENT_LIST_DIR}"


@pytest.mark.parametrize(
    ("text", "key", "change"),
    [
        ('file(GLOB more "${CMAKE_CURRENT_LIST_FILE}.d/*.cmake")', "names:t.cmake.d", "t.cmake.d/new.cmake"),
        (f'file(GLOB_RECURSE more "{HERE}/d/*.cmake")', "tree:d", "d/e/new.cmake"),
        (f'include("{HERE}/local.cmake" OPTIONAL)', "kind:local.cmake", "local.cmake"),
        (f'set(at "{HERE}")\nfile(READ "${{at}}/cpu.txt" cpu)', "content:cpu.txt", "cpu.txt"),
        (f'file(STRINGS "{HERE}/cpu.txt" cpu)', "content:cpu.txt", "cpu.txt"),
        (f'if(EXISTS "{HERE}/neon")\nendif()', "kind:neon", "neon"),
        (f'find_file(found NAMES board.h PATHS "{HERE}/include")', "kind:include/board.h", "include/board.h"),
        (f'find_program(found mycc HINTS "{HERE}/bin")', "kind:bin/mycc", "bin/mycc"),
        *(
            (f"execute_process({words})", "content:cpu.txt", "cpu.txt")
            for words in (
                f'COMMAND cat "{HERE}/cpu.txt"',
                f'COMMAND cat cpu.txt WORKING_DIRECTORY "{HERE}"',
                f'WORKING_DIRECTORY "{HERE}/d/.." COMMAND cat x/../cpu.txt',
                f'COMMAND uname COMMAND head --lines=1 cpu.txt WORKING_DIRECTORY "{HERE}"',
                f'COMMAND head INPUT_FILE "{HERE}/cpu.txt"',
                f'COMMAND head INPUT_FILE cpu.txt WORKING_DIRECTORY "{HERE}"',
                f'COMMAND head @cpu.txt WORKING_DIRECTORY "{HERE}" ERROR_QUIET',
                f'COMMAND awk 1 cpu.txt WORKING_DIRECTORY "{HERE}"',
                f'COMMAND grep -v x-r cpu.txt WORKING_DIRECTORY "{HERE}"',
            )
        ),
        (f'execute_process(COMMAND ls WORKING_DIRECTORY "{HERE}")', "names:.", "new.txt"),
        (f'execute_process(COMMAND ls d WORKING_DIRECTORY "{HERE}")', "names:d", "d/new.txt"),
        (f'execute_process(COMMAND ls "{HERE}/d")', "names:d", "d/new.txt"),
    ],
)
def test_what_is_compared(text: str, key: str, change: str, tmp_path: Path) -> None:
    (tmp_path / "own/d").mkdir(parents=True)
    for name in ("cpu.txt", "tool"):
        (tmp_path / "own" / name).write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / "own" / name).chmod(0o755)
    keys, doubts = asked(tmp_path, text)
    assert key in keys
    assert doubts == ()
    how, _, place = key.partition(":")
    whole = f"{how}:{tmp_path}/own/{place}"
    before = state_of(whole)
    assert state_of(whole) == before
    changed = tmp_path / "own" / change
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text("another", "utf-8")
    assert state_of(whole) != before


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ('execute_process(COMMAND sh -c "echo $BOARD_CPU")', "execute_process() in t.cmake:1 may look at anything"),
        ("execute_process(COMMAND /bin/sh x RESULT_VARIABLE r)", "execute_process() in t.cmake:1 may look at anything"),
        *(
            (f"execute_process(COMMAND {words} ERROR_QUIET)", "execute_process() in t.cmake:1 may look at anything")
            for words in (
                "cat",
                "find d -name *.txt",
                "grep -hr BOARD d",
                "grep --recursive BOARD",
                "awk -f cpu.awk",
                "awk BEGIN{getline<F}",
                "timeout 5 ./cpu.sh",
                "uname COMMAND xargs cat",
            )
        ),
        (f'file(COPY "{HERE}/../own" DESTINATION b)', "file() in t.cmake:1 may look at anything"),
        ('set(name BOARD_CPU)\nset(cpu "$ENV{${name}}")', "t.cmake makes names of variables of the environment"),
    ],
)  # fmt: skip
def test_what_is_asked_again(text: str, doubt: str, tmp_path: Path) -> None:
    assert asked(tmp_path, text)[1] == (doubt,)


@pytest.mark.parametrize(
    "text",
    [
        'set(CMAKE_SYSTEM_NAME Linux)\nset(cpu "$ENV{BOARD_CPU}")',
        "execute_process(COMMAND uname -m OUTPUT_VARIABLE machine RESULT_VARIABLE code ERROR_QUIET)",
        f'file(WRITE "${{CMAKE_BINARY_DIR}}/x" "")\nfile(READ "${{CMAKE_BINARY_DIR}}/x" x)\ninclude("{HERE}/p.cmake")',
    ],
)
def test_what_costs_no_answer(text: str, tmp_path: Path) -> None:
    keys, doubts = asked(tmp_path, text, parts={"p.cmake": ""})
    assert doubts == ()
    assert [key for key in keys if not key.startswith("which:") and not key.endswith("/uname")] == []


def test_what_included_files_look_at(tmp_path: Path) -> None:
    """Whose names stand in the toolchain file; question.py asks again for others."""
    parts = {"p.cmake": f'if(EXISTS "{HERE}/neon")\nendif()\n'}
    assert asked(tmp_path, f'include("{HERE}/p.cmake")', parts=parts) == (["kind:neon"], ())


def test_a_program_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    keys, _ = asked(tmp_path, "find_program(found NAMES board-cc another-cc)")
    assert keys == ["which:another-cc", "which:board-cc"]
    before = state_of("which:board-cc")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/board-cc").write_text("#!/bin/sh\n", "utf-8")
    (tmp_path / "bin/board-cc").chmod(0o755)
    assert state_of("which:board-cc") != before


def test_programs_by_their_paths(tmp_path: Path) -> None:
    """One elsewhere is known by its file, as compilers are; a script beside the toolchain file may ask for anything."""
    (tmp_path / "own").mkdir()
    for name in ("tool", "own/cpu.sh"):
        (tmp_path / name).write_text("#!/bin/sh\necho $BOARD_CPU\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    text = f'execute_process(COMMAND "{HERE}/../tool" -v OUTPUT_VARIABLE said)\n'
    assert asked(tmp_path, text) == ([f"content:{tmp_path}/tool"], ())
    before = state_of(f"content:{tmp_path}/tool")
    (tmp_path / "tool").write_text("#!/bin/sh\n", "utf-8")
    assert state_of(f"content:{tmp_path}/tool") != before
    text += f'execute_process(COMMAND "{HERE}/cpu.sh" OUTPUT_VARIABLE said)\n'
    assert asked(tmp_path, text)[1] == ("execute_process() in t.cmake:2 may look at anything",)
