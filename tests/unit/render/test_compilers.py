"""The toolchain files and compiler scripts behind names."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.golden import REPOSITORY
from tests.support.hostile import HOSTILE
from xconan.build_machine.tools import Tool
from xconan.ground.run import which
from xconan.host.platforms import parse_platform
from xconan.render.compilers import CompilerScript, Program, SystemToolchain
from xconan.render.written_out import toolchain_file
from xconan.toolchains.zig import write_zig_toolchain

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {
    "manylinux_2_17_aarch64": {"cc", "c++", "ar", "ranlib", "strip", "ld.lld"},
    "macosx_11_0_arm64": {"cc", "c++", "ar", "ranlib", "strip", "install_name_tool"},
    "win_amd64": {"cc", "c++", "ar", "ranlib", "strip", "dlltool", "windres"},
}


LIKE_OTHERS = "[-fno-sanitize=undefined][-Wno-date-time]"  # what gcc and clang do where nobody says otherwise
LEFT_OUT = "xconan: left out, as zig's linker has none of these and they change no code:"


def fake_zig(folder: Path) -> Tool:
    """A program that says its cache, its own name and its arguments."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "zig"
    path.write_text('#!/bin/sh\nprintf "[%s]" "$ZIG_GLOBAL_CACHE_DIR" "$@"\n', "utf-8")
    path.chmod(0o755)
    return Tool(path=path, version="9.9")


def said(program: Path, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != "ZIG_GLOBAL_CACHE_DIR"}
    return subprocess.run([program, *arguments], env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("tag", sorted(SCRIPTS))
def test_scripts(tag: str, tmp_path: Path) -> None:
    file = write_zig_toolchain(parse_platform(tag), fake_zig(tmp_path), tmp_path / "cache")
    assert {path.name for path in file.parent.iterdir() if os.access(path, os.X_OK)} == SCRIPTS[tag]
    named = {
        name for name in SCRIPTS[tag] if f"/{name}" in file.read_text("utf-8") or f" {name}" in file.read_text("utf-8")
    }
    assert named == SCRIPTS[tag]


@pytest.mark.parametrize("folder", [*(name[1:] for name in HOSTILE), "a}b"])
def test_scripts_call_zig_in_any_folder(folder: str, tmp_path: Path) -> None:
    cache = tmp_path / folder
    file = write_zig_toolchain(parse_platform("win_amd64"), fake_zig(tmp_path / "zig"), cache)
    assert said(file.parent / "cc", "a b.c") == (
        f"[{cache}/zig/cache][cc][-target][x86_64-windows-gnu]{LIKE_OTHERS}[-Wl,-Brepro][-UNDEBUG][a b.c]"
    )
    assert said(file.parent / "ar", "q", "$x") == f"[{cache}/zig/cache][ar][q][$x]"
    assert said(file.parent / "windres", "-DX=1", "in.rc", "out.o").startswith(f"[{cache}/zig/cache][rc]")


@pytest.mark.parametrize(
    ("words", "given", "left"),
    [
        ("-O2 -DX a.c", "-O2 -DX a.c", ""),
        ("-Wl,-z,relro,-z,now a.o", "-Wl,-z -Wl,relro -Wl,-z -Wl,now a.o", ""),
        ("-Wl,-soname -Wl,a.so -Xlinker -rpath -Xlinker /x,y", "-Wl,-soname -Wl,a.so -Wl,-rpath -Xlinker /x,y", ""),
        ("-Wl,--exclude-libs,ALL,-z,defs", "-Wl,-z -Wl,defs", "--exclude-libs,ALL"),
        ("-Wl,-Map -Wl,a.map a.o", "a.o", "-Map,a.map"),
        ("-Wl,-Map=a.map,--icf=all,--gc-sections", "-Wl,--gc-sections", "-Map=a.map --icf=all"),
        ("-Xlinker --icf=safe -z separate-code -z text", "", "--icf=safe -z separate-code -z text"),
        ("-Wl,--warn-common,-O1 -Wl,-z -Wl,combreloc", "", "--warn-common -O1 -z combreloc"),
        ("-Wl,-h,a.so,--undefined=f,--require-defined,g", "-Wl,-soname -Wl,a.so -Wl,-u -Xlinker f -Wl,-u -Wl,g", ""),
        ("-Wl,--unresolved-symbols=ignore-all", "-Wl,-z,undefs", ""),
        ("-Wl,--unresolved-symbols=report-all", "-Wl,-z,defs", ""),
        ("-Wl,--dynamic-list=a.txt,--export-dynamic-symbol,f a.o", "-Wl,-E -Wl,-E a.o", ""),
        ("-Wl,-(,-lm,-L/x,-)", "-Wl,--start-group -lm -L/x -Wl,--end-group", ""),
        ("-Wl,--library,m,-L,/x,--library-path=/y", "-lm -L/x -L/y", ""),
        ("-Wl,--start-group,a.a,b.a,--end-group", "-Wl,--start-group a.a b.a -Wl,--end-group", ""),
        ("-Wl,-soname,a.so,b.a", "-Wl,-soname -Wl,a.so b.a", ""),
        ("-Wl,-z,now,a.a a.o -Wl,-rpath,/x", "-Wl,-z -Wl,now a.a a.o -Wl,-rpath -Wl,/x", ""),
        (
            "-Wl,--push-state,--whole-archive a.a -Wl,--pop-state b.a",
            "-Wl,--whole-archive a.a -Wl,--no-whole-archive -Wl,--as-needed -Wl,-Bdynamic b.a",
            "",
        ),
        (
            "-Wl,--no-as-needed,--push-state,--as-needed,--pop-state",
            "-Wl,--no-as-needed -Wl,--as-needed -Wl,--no-whole-archive -Wl,--no-as-needed -Wl,-Bdynamic",
            "",
        ),
    ],
)
def test_what_a_linker_is_asked(words: str, given: str, left: str, tmp_path: Path) -> None:
    """Options that zig refuses are left out or said in its way; all others come as they were."""
    file = write_zig_toolchain(parse_platform("manylinux_2_17_aarch64"), fake_zig(tmp_path), tmp_path / "cache")
    done = subprocess.run([file.parent / "cc", *words.split()], check=True, capture_output=True, text=True)
    ours = f"{LIKE_OTHERS}[-UNDEBUG]"
    assert done.stdout.partition(ours)[2] == "".join(f"[{word}]" for word in given.split())
    assert done.stderr.split() == ([*LEFT_OUT.split(), *left.split()] if left else [])


def test_words_of_a_response_file(tmp_path: Path) -> None:
    """What is said in another way by zig is so in a file, too; a file of objects alone is zig's to read."""
    file = write_zig_toolchain(parse_platform("manylinux_2_17_aarch64"), fake_zig(tmp_path), tmp_path / "cache")
    package = tmp_path / "a package"
    package.mkdir()
    (package / "iconv.h").touch()
    (tmp_path / "words.rsp").write_text(
        f'-isystem "{package}"\n-DA=\\"b\\ c\\" \'-DD=e "f"\' -mcpu=cortex-a72 -flto\r\n -I/i', "utf-8"
    )
    (tmp_path / "objects.rsp").write_text("a.o b.o", "utf-8")
    (tmp_path / "link.rsp").write_text("--start-group a.a --end-group --icf=all", "utf-8")
    given = said(file.parent / "cc", f"@{tmp_path}/words.rsp", "-c", "a.c")
    more = f"[-I{package}][--system-header-prefix=iconv.h]"
    assert given.endswith(f'[-DA="b c"][-DD=e "f"][-mcpu=cortex_a72][-I/i][-c][a.c]{more}')
    assert said(file.parent / "cc", f"@{tmp_path}/objects.rsp").endswith(f"[@{tmp_path}/objects.rsp]")
    assert said(file.parent / "cc", f"@{tmp_path}/none.rsp").endswith(f"[@{tmp_path}/none.rsp]")
    assert said(file.parent / "cc", f"-Wl,@{tmp_path}/link.rsp").endswith("[-Wl,--start-group][a.a][-Wl,--end-group]")


@pytest.mark.parametrize(("word", "there"), [("@{}", []), ("@{}", ["grep"]), ("-Wl,@{}", ["grep"])])
def test_words_that_nothing_reads(word: str, there: list[str], tmp_path: Path) -> None:
    """A machine without grep or awk: an error, and no command without these words."""
    file = write_zig_toolchain(parse_platform("manylinux_2_17_aarch64"), fake_zig(tmp_path), tmp_path / "cache")
    path = tmp_path / "bin"
    path.mkdir()
    for name in there:
        (path / name).symlink_to(str(which(name)))
    words = tmp_path / "words.rsp"
    words.write_text("-flto -DNEEDED", "utf-8")
    call = [str(file.parent / "cc"), word.format(words), "-c", "a.c"]
    done = subprocess.run(call, env={"PATH": str(path)}, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"xconan: error: can't read the words of {words}: " in done.stderr


@pytest.mark.parametrize(
    ("words", "named", "reason"),
    [
        ("-Wl,-z,nodlopen", "-z nodlopen", "dynamic linker"),
        ("-Wl,-z -Wl,pac-plt", "-z pac-plt", "protect"),
        ("-Xlinker --defsym=a=b", "--defsym=a=b", "what is linked"),
        ("-Wl,-init,start", "-init", "constructor"),
        ("-Wl,--fix-cortex-a8", "--fix-cortex-a8", "processor"),
        ("-z muldefs", "-z muldefs", "one name"),
    ],
)
def test_what_a_linker_must_be_asked(words: str, named: str, reason: str, tmp_path: Path) -> None:
    """What would be lost without an option is said in place of zig's error."""
    file = write_zig_toolchain(parse_platform("manylinux_2_17_aarch64"), fake_zig(tmp_path), tmp_path / "cache")
    done = subprocess.run([file.parent / "cc", *words.split()], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"xconan: error: zig's linker has no {named}: ")
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("-xc - -o a", "by echo -DX -lrt_of_board -xc - -o a -I/sdk -lm"),  # a program by standard input
        ("-c a.c -Ilib", "-DX -c a.c -Ilib -I/sdk"),
        ("-shared a.o -Llib", "by echo -DX -Wl,-z,now -shared a.o -Llib -I/sdk -L/sdk -lm"),
        ("a.o -x c -", "by echo -DX -lrt_of_board a.o -x c - -I/sdk -lm"),
        ("-v", "-DX -v -I/sdk"),
        ("-x c-header a.h -o a.h.gch", "-DX -x c-header a.h -o a.h.gch -I/sdk"),
        ("a.hpp -o a.hpp.gch", "-DX a.hpp -o a.hpp.gch -I/sdk"),
        ("@shared", "by echo -DX -Wl,-z,now @shared -I/sdk -L/sdk -lm"),
        ("@objects a.o", "by echo -DX -lrt_of_board @objects a.o -I/sdk -lm"),
        ("@compile", "-DX @compile -I/sdk"),
        ("@gone", "by echo -DX -lrt_of_board @gone -I/sdk -lm"),
    ],
)
def test_script_that_is_a_compiler(words: str, given: str, tmp_path: Path) -> None:
    """What is linked alone gets what the toolchain file says of linking; folders come after the caller's own."""
    files = {"shared": "a.o\n-shared b.o", "objects": "*.o\n-shared_not\n", "compile": "'-c' \"a.c\"\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    script = CompilerScript(
        about="x", launcher=("echo", "by"), compile=("echo", "-DX"), includes=("-I/sdk",), exe_flags=("-lrt_of_board",),
        shared_flags=("-Wl,-z,now",), exe_libraries=("-lm",), shared_libraries=("-L/sdk", "-lm"),
    )  # fmt: skip
    (tmp_path / "cc").write_text(script.text, "utf-8")
    done = subprocess.run(["sh", "cc", *words.split()], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == given


def test_files_of_assembly_know_no_macros(tmp_path: Path) -> None:
    file = write_zig_toolchain(parse_platform("manylinux_2_17_aarch64"), fake_zig(tmp_path), tmp_path / "cache")
    assert "-UNDEBUG" not in said(file.parent / "cc", "-c", "a.s")
    assert "-UNDEBUG" in said(file.parent / "cc", "-c", "a.S")


def test_options_of_apples_linker(tmp_path: Path) -> None:
    """One hyphen is another linker's; what begins with two comes from build files for GNU's."""
    file = write_zig_toolchain(parse_platform("macosx_11_0_arm64"), fake_zig(tmp_path), tmp_path / "cache")
    given = said(file.parent / "cc", "-Wl,--icf=all,-dead_strip,-t", "-Wl,-install_name,@rpath/a.dylib")
    assert given.endswith("[-UNDEBUG][-Wl,-dead_strip][-Wl,-t][-Wl,-install_name][-Wl,@rpath/a.dylib]")


UNCHANGED = """
import sys
from pathlib import Path
from xconan.build_machine.tools import Tool
from xconan.ground.run import which
from xconan.host.platforms import parse_platform
from xconan.render.compilers import Program, SystemToolchain
from xconan.render.written_out import toolchain_file
from xconan.toolchains.zig import write_zig_toolchain
write_zig_toolchain(parse_platform("linux_aarch64"), Tool(path=Path("/zig"), version="9.9"), Path(sys.argv[1]))
print("jinja2" in sys.modules)
"""


def test_unchanged_scripts_need_no_jinja2(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", UNCHANGED, str(tmp_path)]
    done = [subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True) for _ in range(2)]
    assert [one.stdout.strip() for one in done] == ["True", "False"]


def test_programs_that_are_found_by_name() -> None:
    """With the triplet in a variable where it begins the name; others stay where they are."""
    platform = parse_platform("linux_aarch64")
    template = SystemToolchain(
        about="x", system_name="Linux", processor="aarch64", library_architecture="", compiler_target="", static=False,
        c=Program(path="/usr/bin/aarch64-linux-gnu-gcc"), cxx=Program(path="/opt/$x/g++"),
        tools=(("CMAKE_AR", Program(path="/usr/bin/llvm-ar")),),
    )  # fmt: skip
    names = {path: path.rpartition("/")[2] for path in ("/usr/bin/aarch64-linux-gnu-gcc", "/usr/bin/llvm-ar")}
    text = toolchain_file(template, platform, facts.toolchain("aarch64"), names)
    assert 'set(CMAKE_C_COMPILER "${CROSS_GNU_TRIPLE}-gcc")\n' in text
    assert 'set(CMAKE_CXX_COMPILER "/opt/\\$x/g++")\n' in text
    assert 'set(CMAKE_AR "llvm-ar")\n' in text
