"""Headers that a package and zig's C library have by one name: the package's are meant, as with gcc and clang."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest

from tests.support.crossbuild import write
from tests.unit.render.test_compilers import fake_zig, said
from xconan.ground.files import load_toml
from xconan.host.platforms import parse_platform
from xconan.toolchains import zig
from xconan.toolchains.zig import find_zig, write_zig_toolchain, zig_scripts

TABLE = Path(zig.__file__).with_name("zig_headers.toml")
FOLDERS = {
    "linux": ("generic-glibc", "generic-musl", "any-linux-any"),
    "mac": ("any-darwin-any",),
    "windows": ("any-windows-any",),
}
OF_A_C_LIBRARY = {"stdio.h", "bits", "gnu"}


@pytest.mark.parametrize("system", FOLDERS)
def test_the_names_are_zigs(system: str) -> None:
    found = find_zig()
    if found is None:
        pytest.skip("zig is not installed")
    library = found.path.resolve().parent / "lib" / "libc" / "include"
    there = {path.name for name in FOLDERS[system] for path in (library / name).iterdir()}
    names = cast("dict[str, dict[str, list[str]]]", load_toml(TABLE))[system]["names"]
    assert not set(names) - there
    if system != "windows":  # which has 1500
        assert set(names) == {name for name in there if not name.startswith("_")} - OF_A_C_LIBRARY


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, str]:
    """Include folders by what is in them."""
    files = {
        "plain": "lz4.h", "hiding one": "iconv.h", "deep": "linux/gpio.h", "whole": "stdio.h", "part": "bits/types.h",
    }  # fmt: skip
    for name, file in files.items():
        write(tmp_path / name / file, "")
    for name in ("whole", "part"):
        write(tmp_path / name / "iconv.h", "")
    return {name: str(tmp_path / name) for name in files}


def test_a_header_of_a_package_comes_first(folders: dict[str, str], tmp_path: Path) -> None:
    """By -I, behind the other folders of -I, where one hides a header of zig's C library."""
    platform = parse_platform("manylinux_2_17_aarch64")
    cc = write_zig_toolchain(platform, fake_zig(tmp_path), tmp_path / "cache").with_name("cc")
    given = said(
        cc, "-isystem", folders["hiding one"], "-isystem", folders["plain"], f"-isystem{folders['deep']}",
        "-isystem", folders["whole"], "-isystem", folders["part"], "-I/own", "-c", "a.c",
    )  # fmt: skip
    assert given.endswith(
        f"[-isystem][{folders['plain']}][-isystem][{folders['whole']}][-isystem][{folders['part']}][-I/own][-c][a.c]"
        f"[-I{folders['hiding one']}][--system-header-prefix=iconv.h]"
        f"[-I{folders['deep']}][--system-header-prefix=linux/]"
    )
    assert said(cc, "-isystem", folders["deep"], "-c", "a.s").endswith(f"[-c][a.s][-I{folders['deep']}]")


@pytest.mark.parametrize(("tag", "name"), [("macosx_11_0_arm64", "zlib.h"), ("musllinux_1_2_aarch64", "iconv.h"),
                                           ("win_amd64", "pthread.h")])  # fmt: skip
def test_zig_reads_the_packages_header(tag: str, name: str, tmp_path: Path) -> None:
    found = find_zig()
    if found is None:
        pytest.skip("zig is not installed")
    script = zig_scripts(parse_platform(tag), zig=str(found.path))["cc"]
    cc = write(tmp_path / "cc", script.text)
    cc.chmod(0o755)
    write(tmp_path / "package" / name, "#define OF_THE_PACKAGE 1\n")
    source = write(tmp_path / "a.c", f"#include <{name}>\nint ours = OF_THE_PACKAGE;\n")
    words = [str(cc), "-isystem", str(tmp_path / "package"), "-c", str(source), "-o", str(tmp_path / "a.o")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["cc", "c++"])
def test_a_packages_warnings_are_its_own(name: str, tmp_path: Path) -> None:
    """Under -Wall and -Werror, for all its headers; the project's own are told of."""
    found = find_zig()
    if found is None:
        pytest.skip("zig is not installed")
    script = zig_scripts(parse_platform("manylinux_2_17_aarch64"), zig=str(found.path))[name]
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
