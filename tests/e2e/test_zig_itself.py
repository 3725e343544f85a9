"""The zig that is installed: what the wrappers give it and what the tables say of it is as it takes it and has it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest

from tests.support.crossbuild import write
from tests.support.needs import missing
from tests.unit.toolchains.test_zig_processors import WORDS, WORDS_OF_ARM32
from xconan.ground.files import load_toml
from xconan.host.platforms import parse_platform
from xconan.toolchains import zig
from xconan.toolchains.zig import find_zig, zig_scripts

TABLE = Path(zig.__file__).with_name("zig_headers.toml")
FOLDERS = {
    "linux": ("generic-glibc", "generic-musl", "any-linux-any"),
    "mac": ("any-darwin-any",),
    "windows": ("any-windows-any",),
}
OF_A_C_LIBRARY = {"stdio.h", "bits", "gnu"}


@pytest.fixture
def program() -> Path:
    found = find_zig()
    if found is None:
        missing("zig (pip install ziglang)")
    return found.path


@pytest.mark.parametrize("system", FOLDERS)
def test_the_names_are_zigs(system: str, program: Path) -> None:
    library = program.resolve().parent / "lib" / "libc" / "include"
    there = {path.name for name in FOLDERS[system] for path in (library / name).iterdir()}
    names = cast("dict[str, dict[str, list[str]]]", load_toml(TABLE))[system]["names"]
    assert not set(names) - there
    if system != "windows":  # which has 1500
        assert set(names) == {name for name in there if not name.startswith("_")} - OF_A_C_LIBRARY


@pytest.mark.parametrize(("tag", "word"), [row[:2] for row in (*WORDS, *WORDS_OF_ARM32)])
def test_zig_takes_it(tag: str, word: str, tmp_path: Path, program: Path) -> None:
    cc = write(tmp_path / "cc", zig_scripts(parse_platform(tag), zig=str(program))["cc"].text)
    write(tmp_path / "long_double.h", "")
    cc.chmod(0o755)
    source = write(tmp_path / "a.c", "int a(int b) { return b; }\n")
    words = [str(cc), *word.split(), "-c", str(source), "-o", str(tmp_path / "a.o")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("tag", "name"), [("macosx_11_0_arm64", "zlib.h"), ("musllinux_1_2_aarch64", "iconv.h"),
                                           ("win_amd64", "pthread.h")])  # fmt: skip
def test_zig_reads_the_packages_header(tag: str, name: str, tmp_path: Path, program: Path) -> None:
    script = zig_scripts(parse_platform(tag), zig=str(program))["cc"]
    cc = write(tmp_path / "cc", script.text)
    cc.chmod(0o755)
    write(tmp_path / "package" / name, "#define OF_THE_PACKAGE 1\n")
    source = write(tmp_path / "a.c", f"#include <{name}>\nint ours = OF_THE_PACKAGE;\n")
    words = [str(cc), "-isystem", str(tmp_path / "package"), "-c", str(source), "-o", str(tmp_path / "a.o")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["cc", "c++"])
def test_a_packages_warnings_are_its_own(name: str, tmp_path: Path, program: Path) -> None:
    """Under -Wall and -Werror, for all its headers; the project's own are told of."""
    script = zig_scripts(parse_platform("manylinux_2_17_aarch64"), zig=str(program))[name]
    compiler = write(tmp_path / name, script.text)
    compiler.chmod(0o755)
    package, sloppy = tmp_path / "a package", "static int {}(void) {{ int unused; return 0; }}\n"
    write(package / "iconv.h", '#include "part.h"\n#define OF_THE_PACKAGE 1\n' + sloppy.format("one"))
    write(package / "part.h", sloppy.format("two"))
    write(package / "other" / "deep.h", sloppy.format("three"))
    write(package / "sys" / "types.h", "#include_next <sys/types.h>\n" + sloppy.format("four"))
    write(tmp_path / "own.h", "")
    source = write(
        tmp_path / "a.cpp",
        '#include <iconv.h>\n#include <other/deep.h>\n#include <sys/types.h>\n#include "own.h"\n'
        "pid_t ours = OF_THE_PACKAGE;\n",
    )
    words = [str(compiler), "-Wall", "-Wextra", "-Werror", "-isystem", str(package), "-c", str(source),
             "-o", str(tmp_path / "a.o")]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    write(tmp_path / "own.h", sloppy.format("own"))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "own.h" in done.stderr
    assert str(package) not in done.stderr
    assembly = write(tmp_path / "a.s", "")
    words = [str(compiler), "-Werror", "-isystem", str(package), "-c", str(assembly), "-o", str(tmp_path / "b.o")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
