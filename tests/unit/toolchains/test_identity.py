"""What a compiler is beside its name, version and flags; compilers are scripts that print macros here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import facts
from xconan.build_machine.tools import Tool
from xconan.host.platforms import parse_platform
from xconan.render.profile import abi_identity
from xconan.toolchains import probe as probing
from xconan.toolchains.identity import Parts, with_identities
from xconan.toolchains.question import Answer
from xconan.toolchains.records import Compiler, Toolchain

MACROS = {
    "__aarch64__": "1",
    "__ARM_FEATURE_CRC32": "1",
    "__GNUC__": "12",
    "__GNUC_MINOR__": "2",
    "__VERSION__": '"12.2"',
}
FILES = {
    "response": ("@{}", "-mcpu=cortex-a53", "-mcpu=cortex-a76"),
    "configuration": ("--config {}", "-mcpu=cortex-a53", "-mcpu=cortex-a76"),
    "configuration=": ("--config={}", "-mcpu=cortex-a53", "-mcpu=cortex-a76"),
    "specs": ("-specs={}", "*cc1: -mcpu=cortex-a53", "*cc1: -mcpu=cortex-a76"),
    "specs, long": ("--specs={}", "*cc1: -mcpu=cortex-a53", "*cc1: -mcpu=cortex-a76"),
    "header": ("-include {}", "#define BOARD 1", "#define BOARD 2"),
    "macros": ("-imacros {}", "#define BOARD 1", "#define BOARD 2"),
    "linker": ("-Wl,-T,{}", "SECTIONS {}", "SECTIONS { }"),
}


def printing(path: Path, **macros: str) -> Compiler:
    """A compiler that predefines these macros; the paths in its text are the machine's."""
    text = "".join(f"#define {name} {value}\n" for name, value in {**MACROS, **macros}.items())
    binary = path.with_name("macros.txt")
    binary.write_text(text, "utf-8")
    path.write_text(f'#!/bin/sh\nwhile read -r line; do printf "%s\\n" "$line"; done < "{binary}"\n', "utf-8")
    path.chmod(0o755)
    return Compiler(path=str(path), id="GNU", version="12.2.0")


def parts(folder: Path, flags: str = "", **macros: str) -> Parts:
    """A toolchain of one compiler that is no script in anybody's eyes, so that macros and flags alone count."""
    folder.mkdir(exist_ok=True, parents=True)
    one = replace(printing(folder / "gcc", **macros), flags=flags)
    found = replace(facts.toolchain("aarch64"), compilers={"C": one}, file=folder / "t.cmake")
    return with_identities(found, {}, ours=folder)


def abi(toolchain: Toolchain) -> str:
    return abi_identity(parse_platform("linux_aarch64"), toolchain)


def test_what_the_machine_has_is_another_id(tmp_path: Path) -> None:
    """Instructions, the size of enumerations, the way to pass floats: whatever a macro tells."""
    plain = abi(parts(tmp_path / "a").toolchain)
    for name, value in (("__ARM_FEATURE_ATOMICS", "1"), ("__ARM_SIZEOF_MINIMAL_ENUM", "1"), ("__SOFTFP__", "1")):
        assert abi(parts(tmp_path / "b", **{name: value}).toolchain) != plain, name


def test_what_says_nothing_of_the_machine_is_the_same_id(tmp_path: Path) -> None:
    """Patch releases, optimization, hardening of a distribution; and the folder that it lies in."""
    plain = abi(parts(tmp_path / "a").toolchain)
    same = {"__GNUC_MINOR__": "3", "__GNUC_PATCHLEVEL__": "1", "__VERSION__": '"12.3.1"', "__OPTIMIZE__": "1",
            "__SSP_STRONG__": "3", "_FORTIFY_SOURCE": "2", "__STDC_ISO_10646__": "201706L"}  # fmt: skip
    assert abi(parts(tmp_path / "elsewhere/b", **same).toolchain) == plain


def test_what_flags_define_counts_once(tmp_path: Path) -> None:
    """A macro of the flags' own is told by the flags, where a path does not count."""
    found = [
        abi(parts(tmp_path / name, f"-DROOT={tmp_path / name}/x", ROOT=str(tmp_path / name / "x")).toolchain)
        for name in ("a", "b")
    ]
    assert found[0] == found[1]


def wrapper(folder: Path, words: str, comment: str = "") -> str:
    """A script of a board's that calls another program with these words; both compilers print the same macros."""
    folder.mkdir(parents=True)
    real = printing(folder / "gcc")
    script = folder / "board-gcc"
    script.write_text(f'#!/bin/sh\n{comment}\nexec {real.path} {words} "$@"\n', "utf-8")
    script.chmod(0o755)
    found = replace(facts.toolchain("aarch64"), compilers={"C": replace(real, path=str(script))})
    return abi(with_identities(found, {}, ours=folder / "ours").toolchain)


def test_a_script_counts_by_its_text(tmp_path: Path) -> None:
    """-fshort-enums is in no macro on most machines; the folder and a comment change no code."""
    plain = wrapper(tmp_path / "a", "-O2")
    assert wrapper(tmp_path / "b/c", "-O2", "# of the board") == plain
    assert wrapper(tmp_path / "d", "-O2 -fshort-enums") != plain


@pytest.mark.parametrize("kind", FILES)
def test_files_that_flags_name_count_by_their_content(kind: str, tmp_path: Path) -> None:
    """Not by the folder that they lie in, of which the id knows nothing."""
    flag, one, other = FILES[kind]
    found = []
    for name, text in (("a", one), ("b", one), ("c", other)):
        file = tmp_path / name / "board.x"
        file.parent.mkdir()
        file.write_text(text + "\n", "utf-8")
        made = parts(tmp_path / name, flag.format(file))
        assert str(file) in made.files, "what the answer depends on"
        found.append(abi(made.toolchain))
    assert found[0] == found[1] != found[2]


def test_files_that_such_files_name(tmp_path: Path) -> None:
    """By their own folder; one that names itself ends nothing."""
    (tmp_path / "more.cfg").write_text("-mcpu=x @board.cfg\n", "utf-8")
    (tmp_path / "board.cfg").write_text("# of the board\n@more.cfg -O1\n", "utf-8")
    made = parts(tmp_path, f"--config {tmp_path}/board.cfg")
    assert {str(tmp_path / "board.cfg"), str(tmp_path / "more.cfg")} <= {*made.files}


def test_a_program_among_flags_is_no_text(tmp_path: Path) -> None:
    """A library's content changes with each release of its own: the next question has it, the id has not."""
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "crt.o").write_bytes(b"\x7fELF\0" + name.encode())
        made = parts(tmp_path / name, f"-O1 {tmp_path}/{name}/crt.o")
        assert str(tmp_path / name / "crt.o") in made.files
        found.append(abi(made.toolchain))
    assert found[0] == found[1]


def test_an_edit_is_seen_by_the_next_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that a flag names, of a script behind the compiler, of what this sources; then all is as before."""
    (tmp_path / "sdk").mkdir()
    printing(tmp_path / "sdk/real-gcc")
    (tmp_path / "sdk/flags.sh").write_text("flags=-DA\n", "utf-8")
    inner, outer, response, file = (tmp_path / name for name in ("sdk/inner-gcc", "gcc", "board.rsp", "board.cmake"))
    inner.write_text(f'#!/bin/sh\n. {tmp_path}/sdk/flags.sh\nexec {tmp_path}/sdk/real-gcc "$@"\n', "utf-8")
    outer.write_text('#!/bin/sh\nexec "$(dirname "$0")/sdk/inner-gcc" "$@"\n', "utf-8")
    outer.chmod(0o755)
    inner.chmod(0o755)
    response.write_text("-DA\n", "utf-8")
    file.write_text("set(CMAKE_SYSTEM_NAME Linux)\n", "utf-8")
    values = {"C/COMPILER": str(outer), "C/COMPILER_ID": "GNU", "C/COMPILER_VERSION": "12", "CMAKE_SYSROOT": "",
              "CMAKE_SYSTEM_NAME": "Linux", "CMAKE_CXX_STANDARD": "", "C/FLAGS_INIT": f"@{response}"}  # fmt: skip
    asked: list[int] = []

    def ask(*_: object, **_named: object) -> Answer:
        asked.append(1)
        return Answer(values=values, inputs=(str(file),))

    monkeypatch.setattr(probing, "ask", ask)  # no CMake here

    def probed() -> tuple[str, str]:
        tool = Tool(path=tmp_path / "cmake", version="3.30")
        found = probing.probe(file, cmake=tool, ninja=None, cache=tmp_path / "cache/probes")
        return found.content, abi(found)

    first = probed()
    assert probed() == first
    assert len(asked) == 1, "the stored answer"
    for edited in (response, inner, tmp_path / "sdk/flags.sh"):
        before = edited.read_text("utf-8")
        edited.write_text(before + "-DB\n", "utf-8")
        content, identity = probed()
        assert content != first[0], edited
        assert identity != first[1], edited
        edited.write_text(before, "utf-8")
    assert probed() == first


@pytest.mark.parametrize("says", ["Reading specs from {}", "Configuration file: {}"])
def test_files_that_a_compiler_reads_by_itself(says: str, tmp_path: Path) -> None:
    """Specs in gcc's own folder, a file of flags beside clang: nobody names them, the compiler tells of them."""
    found = []
    for name, text in (("a", "-fno-short-enums"), ("b", "-fshort-enums")):
        (tmp_path / name).mkdir()
        flags = tmp_path / name / "board.cfg"
        flags.write_text(text, "utf-8")
        one = printing(tmp_path / name / "gcc")
        script = Path(one.path)
        told = f'case "$*" in *-v*) echo "{says.format(flags)}" >&2; echo "COLLECT_GCC=/sdk/gcc.br_real" >&2;; esac'
        script.write_text(
            f"#!/bin/sh\n{told}\nwhile read -r x; do echo $x; done < {tmp_path}/{name}/macros.txt\n", "utf-8"
        )
        toolchain = replace(facts.toolchain("aarch64"), compilers={"C": one})
        made = with_identities(toolchain, {}, ours=tmp_path / "ours")
        assert str(flags) in made.files
        assert "/sdk/gcc.br_real" in made.programs, "which a wrapper that is a binary runs"
        script.write_text(script.read_text("utf-8").replace("-v", "-W"), "utf-8")
        other = with_identities(toolchain, {}, ours=tmp_path / "ours")
        assert str(flags) not in other.files
        found.append(made.toolchain.compiler.identity)
    assert found[0] != found[1]
