"""What compilers that are scripts read of the environment, and what they are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from xconan.build_machine.tools import Tool
from xconan.ground import reads
from xconan.toolchains import probe as probing
from xconan.toolchains.inputs import Inputs
from xconan.toolchains.programs import adds_nothing, scripts_of, variables_of, words_of_launchers
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


def compiler(path: Path | str, flags: str = "") -> Compiler:
    return Compiler(path=str(path), id="GNU", version="12", flags=flags)


def variables(path: Path | str, ours: Path, flags: str = "") -> tuple[str, ...]:
    return variables_of(scripts_of(compiler(path, flags), ours=ours).texts.values())


@pytest.mark.parametrize(
    ("launcher", "nothing"),
    [
        ((), True),
        (("ccache",), True),
        (("/opt/bin/cmake", "-E", "env", "CCACHE_DIR=/a b", "--", "ccache"), True),
        (("/sdk/board.sh",), False),
        (("ccache", "/sdk/board.sh"), False),
        (("env", "CC=x", "/sdk/ccache-of-the-board"), False),
    ],
)
def test_launchers_that_change_no_call(launcher: tuple[str, ...], nothing: bool) -> None:  # noqa: FBT001 - a table
    assert adds_nothing(launcher) == nothing


def test_what_launchers_say_of_processors(tmp_path: Path) -> None:
    script = tmp_path / "board.sh"
    script.write_text(
        '#!/bin/sh\n# -march=armv6\nexec "$@" -march=armv8.1-a "-mcpu=cortex-a72" -DX=a-march=no\n', "utf-8"
    )
    launched = replace(compiler("gcc"), launcher=f"'{script}' -mfpu=neon")
    assert words_of_launchers(launched) == [str(script), "-mfpu=neon", "-march=armv8.1-a", "-mcpu=cortex-a72"]
    assert words_of_launchers(compiler("gcc")) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_reads(name: str, tmp_path: Path) -> None:
    text, names = SCRIPTS[name]
    (tmp_path / "cc").write_text(text, "utf-8")
    assert {*variables(tmp_path / "cc", tmp_path / "ours")} == names


def test_what_scripts_read(tmp_path: Path) -> None:
    """Set or not; not a session's own; not those of our own scripts; nothing of a compiler that is gone."""
    (tmp_path / "ours").mkdir()
    for place, name in ((tmp_path, "BOARD"), (tmp_path / "ours", "OURS")):
        (place / "cc").write_text(f"#!/bin/sh\nPATH=$PATH exec gcc -D${name} $OTHER\n", "utf-8")
    assert variables(tmp_path / "cc", tmp_path / "ours") == ("BOARD", "OTHER")
    assert variables(tmp_path / "ours/cc", tmp_path / "ours") == ()
    assert variables(tmp_path / "gone", tmp_path / "ours") == ()


def test_a_script_behind_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as ccache; by its path, or by its name."""
    script = tmp_path / "board-cc"
    script.write_text('#!/bin/sh\nexec gcc $BOARD "$@"\n', "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for word in (str(script), script.name):
        assert variables("/usr/bin/ccache", tmp_path / "ours", f"{word} -O1") == ("BOARD",)


HERE = {
    "dirname": 'exec "$(dirname "$0")/../real/g++" "$@"',
    "backticks": "exec `dirname $0`/../real/g++ $*",
    "cut off": 'exec "${0%/*}/../real/g++" "$@"',
    "a variable": 'here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)\nexec "$here"/../real/g++ "$@"',
    "variables": 'self=${BASH_SOURCE[0]}\nhere=`dirname "$self"`\nroot="${here}/.."\nexec $root/real/g++ "$@"',
    "absolute": 'exec "ROOT/real/g++" -march=x',
    "perl": 'exec "ROOT/real/g++", "-march=x", @ARGV;',
}


@pytest.mark.parametrize("name", HERE)
def test_what_a_script_ends_in(name: str, tmp_path: Path) -> None:
    """A script is followed into another one, and to the program behind that."""
    tmp_path /= "a b"
    for folder in ("", "bin", "real", "libexec"):
        (tmp_path / folder).mkdir()
    script, real, program = tmp_path / "bin/g++", tmp_path / "real/g++", tmp_path / "libexec/g++-12"
    script.write_text(f"#!/bin/bash\n{HERE[name].replace('ROOT', str(tmp_path))}\n", "utf-8")
    real.write_text('#!/bin/sh\nexec "$(dirname "$0")/../libexec/g++-12" -std=gnu++14 "$@"\n', "utf-8")
    program.write_bytes(b"\x7fELF\0")
    for path in (script, real, program):
        path.chmod(0o755)
    found = scripts_of(compiler(script), ours=tmp_path / "ours")
    assert [*found.texts] == [script, real]
    assert "-std=gnu++14" in found.texts[real]
    assert found.programs == (str(program),)


def test_what_a_script_sources_or_reads(tmp_path: Path) -> None:
    """By its path or a variable, another's variables too; not what it writes, and not what it only speaks of."""
    for name in ("add-flags.sh", "board.flags", "log.txt", "notes.txt"):
        (tmp_path / name).write_text("flags=$NIX_CFLAGS_COMPILE\n", "utf-8")
    lines = [
        "#!/bin/sh",
        "# read notes.txt",
        f". {tmp_path}/add-flags.sh",
        f"file={tmp_path}/board.flags",
        f"echo $* >> {tmp_path}/log.txt",
        f': "{tmp_path}/notes.txt"',
        'exec gcc $flags $(cat "$file") "$@"',
    ]
    (tmp_path / "cc").write_text("\n".join(lines), "utf-8")
    found = scripts_of(compiler(tmp_path / "cc"), ours=tmp_path / "ours")
    assert {path.name for path in found.texts} == {"cc", "add-flags.sh", "board.flags"}
    assert "notes" not in found.texts[tmp_path / "cc"].splitlines()[0], "comments change no code"
    assert "NIX_CFLAGS_COMPILE" in variables_of(found.texts.values())


def test_names_on_path_and_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("path", "sdk"):
        (tmp_path / folder).mkdir()
    for name in ("path/arm-gcc", "path/echo", "sdk/arm-gcc.real"):
        (tmp_path / name).write_bytes(b"\x7fELF\0")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    (tmp_path / "sdk/cc").write_text('#!/bin/sh\necho hi\narm-gcc "$@"\narm-gcc.real "$@"\n', "utf-8")
    found = scripts_of(compiler(tmp_path / "sdk/cc"), ours=tmp_path / "ours")
    assert found.programs == ("arm-gcc", str(tmp_path / "sdk/arm-gcc.real"))


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
