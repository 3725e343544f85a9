"""Which linker, archiver and so on serve a compiler: asked, looked for, tried on an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.elf import Elf
from xconan.ground.run import which
from xconan.toolchains.binutils import TOOLS, find_binutils, lacks_fortran, programs_asked, variable_of
from xconan.toolchains.records import Compiler

if TYPE_CHECKING:
    from pathlib import Path

HOST = "m68k-linux-gnu"
COMPILER = """\
#!/bin/sh
case "$*" in
  *-print-prog-name=*) echo "${0%/*}/${1#-print-prog-name=}" ;;
  *-dumpmachine*) echo m68k-linux-gnu ;;
  *) while [ "$1" != -o ]; do shift; done; cp "${0%/*}/object" "$2" ;;
esac
"""
# programs that do what they are for with an object of the host's, and those of this machine, which can't
GOOD = {
    "ar": 'cat "${0%/*}/indexed" > "$2"',
    "ranlib": 'cat "${0%/*}/indexed" > "$1"',
    "strip": 'cp "$4" "$3"',
    "nm": 'echo "0000000000000000 T of_the_probe"',
    "objcopy": 'cp "$1" "$2"',
    "ld": 'cp "$2" "$4"',
}
BAD = 'echo "file in wrong format" >&2; exit 1'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH with this machine's own programs, and an object of the host's."""
    own = tmp_path / "usr/bin"
    own.mkdir(parents=True)
    for name in ("cat", "cp"):
        (own / name).symlink_to(str(which(name)))
    monkeypatch.setenv("PATH", str(own))
    for tool in TOOLS:
        program(own / tool, BAD)
    return own


def program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
    (path.parent / "object").write_bytes(Elf(machine="68K").library())
    (path.parent / "indexed").write_bytes(b"!<arch>\n/               0           ")
    return str(path)


def compiler(path: Path) -> Compiler:
    return Compiler(path=program(path, COMPILER), id="GNU", version="12.2")


def test_names_that_are_the_hosts_are_not_asked_about(folder: Path) -> None:
    known = {variable_of(tool): f"/opt/x/bin/{HOST}-{tool}" for tool in TOOLS}
    found = find_binutils(compiler(folder / f"{HOST}-gcc"), HOST, known, {})
    assert (found.named, found.lacking) == ({}, ())


def test_a_folder_of_plain_names_is_an_sdk(folder: Path, tmp_path: Path) -> None:
    """Scripts beside the compiler are its own, and some do nothing."""
    sdk = tmp_path / "sdk/bin"
    known = {variable_of(tool): program(sdk / tool, "exit 0") for tool in TOOLS}
    assert find_binutils(compiler(sdk / "cc"), HOST, known, {}).named == {}
    known["CMAKE_STRIP"] = str(folder / "strip")
    assert find_binutils(compiler(sdk / "cc"), HOST, known, {}).lacking == ("strip",)


def test_those_that_the_compiler_names(folder: Path, tmp_path: Path) -> None:
    known = {variable_of(tool): str(folder / tool) for tool in TOOLS}
    for tool, text in GOOD.items():
        program(tmp_path / "cross" / tool, text)
    found = find_binutils(compiler(tmp_path / "cross/cc"), HOST, known, {})
    assert found.named == {variable_of(tool): str(tmp_path / "cross" / tool) for tool in TOOLS}
    assert found.lacking == ()


@pytest.mark.parametrize("name", [f"{HOST}-{{}}", "llvm-{}"])
def test_those_on_path_are_tried(name: str, folder: Path, tmp_path: Path) -> None:
    cc = compiler(tmp_path / "alone/cc")
    for tool, text in GOOD.items():
        program(folder / ("ld.lld" if (name, tool) == ("llvm-{}", "ld") else name.format(tool)), text)
    found = find_binutils(cc, HOST, {}, {})
    assert {*found.named} == {variable_of(tool) for tool in TOOLS}
    program(folder / name.format("nm"), 'echo "00 U of_the_probe"')
    assert find_binutils(cc, HOST, {}, {}).lacking == ("nm",)


def test_nothing_serves(folder: Path, tmp_path: Path) -> None:
    known = {variable_of(tool): str(folder / tool) for tool in TOOLS}
    found = find_binutils(compiler(tmp_path / "alone/cc"), HOST, known, {})
    assert (found.named, found.lacking) == ({}, TOOLS)
    assert set(programs_asked(HOST, found.lacking)) >= {f"{HOST}-ld", "ld.lld", "llvm-objcopy", "gfortran"}


def test_fortran_of_another_machine(folder: Path, tmp_path: Path) -> None:
    assert which("gfortran") is None or lacks_fortran(None, HOST)
    program(folder / "gfortran", "echo x86_64-linux-gnu")
    assert lacks_fortran(None, HOST)
    assert not lacks_fortran(None, "x86_64-pc-linux-gnu")
    assert not lacks_fortran(
        Compiler(path=program(tmp_path / "f", "echo armv7l-linux"), id="", version=""), "arm-linux"
    )
    assert lacks_fortran(Compiler(path=program(tmp_path / "g", "exit 1"), id="", version=""), HOST)


@pytest.mark.parametrize(
    ("own", "host", "lent"),
    [
        ("x86_64-linux-gnu", "x86_64-w64-mingw32", True),
        ("x86_64-linux-gnu", "x86_64-w64-windows-gnu", True),
        ("x86_64-linux-gnu", "x86_64-apple-darwin", True),
        ("x86_64-linux-gnu", "x86_64-linux-musl", True),
        ("x86_64-alpine-linux-musl", "x86_64-linux-gnu", True),
        ("aarch64-linux-gnu", "aarch64-linux-android21", True),
        ("x86_64-linux-gnu", "x86_64-unknown-freebsd14", True),
        ("x86_64-portbld-freebsd14.1", "x86_64-unknown-freebsd14.0", False),
        ("aarch64-apple-darwin23", "arm64-apple-macosx11.0.0", False),
        ("x86_64-w64-mingw32", "x86_64-w64-windows-gnu", False),
        ("x86_64-redhat-linux", "x86_64-pc-linux-gnu", False),
        ("i386-linux-gnu", "i686-pc-linux-gnu", False),
        ("arm-linux-gnueabihf", "armv7l-linux-gnueabihf", False),
        ("arm-linux-gnueabihf", "arm64-linux-gnu", True),
    ],
)
def test_fortran_of_another_system(own: str, host: str, *, lent: bool, folder: Path) -> None:
    program(folder / "gfortran", f"echo {own}")
    assert lacks_fortran(None, host) == lent


LTO = """\
  *-fno-lto*) KNOWN ;;
  *-flto*) while [ "$1" != -o ]; do shift; done; echo BC > "$2"; exit ;;
"""


@pytest.mark.parametrize("known", ["", "exit 1"])
def test_tools_are_tried_on_machine_code(known: str, folder: Path, tmp_path: Path) -> None:
    """An object by the toolchain's -flto has none, and no plain tool reads it; without that option, as it is."""
    copied = 'while [ "$1" != -o ]; do shift; done; cp "${0%/*}/object" "$2"'
    text = COMPILER.replace("  *) while", f"{LTO.replace('KNOWN', known or copied)}  *) while")
    cc = Compiler(path=program(tmp_path / "alone/cc", text), id="GNU", version="12.2", flags="" if known else "-flto")
    for tool, does in GOOD.items():
        program(folder / f"{HOST}-{tool}", does)
    program(folder / f"{HOST}-nm", f'case "$(cat "$1")" in *ELF*) {GOOD["nm"]} ;; esac')
    found = find_binutils(cc, HOST, {}, {})
    assert ({*found.named}, found.lacking) == ({variable_of(tool) for tool in TOOLS}, ())
