"""Shared libraries of Conan's in wheels for macOS and Windows, by zig, looked at by tools that are not ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import PROJECTS, copy_project, unpack, write
from tests.support.needs import missing, need_package
from xconan.binary.macho import read_macho, split
from xconan.check import check_wheel

if TYPE_CHECKING:
    from tests.support.crossbuild import Workshop

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
LLVM = sorted(Path("/usr/lib").glob("llvm-*/bin"), reverse=True)
# delocate speaks to Apple's otool, which knows one word more than LLVM's
OTOOL = """#!/bin/bash
words=(); for word; do [ "$word" = -m ] || words+=("$word"); done
exec {otool} "${{words[@]}}"
"""


@pytest.fixture(scope="module")
def zig_workshop(workshop: Workshop) -> Workshop:
    need_package("ziglang")
    return workshop


def peer(*argv: str, path: str = "") -> str:
    """What a program beside our interpreter says."""
    program = Path(sys.executable).with_name(argv[0])
    if not program.is_file():
        missing(f"{argv[0]} (the dependency group test has it)")
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([program, *argv[1:]], check=True, capture_output=True, text=True, env=environment)
    return done.stdout


def apples_tools(folder: Path) -> Path:
    """A folder with otool and lipo, as delocate calls them."""
    otool = next((place / "llvm-otool" for place in LLVM if (place / "llvm-otool").is_file()), None)
    if otool is None:
        missing("llvm-otool (apt-get install llvm)")
    write(folder / "otool", OTOOL.format(otool=otool)).chmod(0o755)
    (folder / "lipo").symlink_to(otool.with_name("llvm-lipo"))
    return folder


@pytest.mark.parametrize("arch", [pytest.param("arm64", marks=pytest.mark.whole_matrix), "universal2"])
def test_mac(arch: str, zig_workshop: Workshop, tmp_path: Path) -> None:
    """LZ4 is shared by two modules in two folders; names lead from each file to it, and signatures are right."""
    project = copy_project(PROJECTS / "two-libraries", tmp_path / "project")
    built = zig_workshop.build(project, None, "--target", f"{HERE}-macosx_11_0_{arch}")
    libraries = [name for name in built.names if ".dylibs/" in name]
    assert [re.sub("-[0-9a-f]{8}", "", name) for name in libraries] == [
        "two/.dylibs/liblz4.1.9.4.dylib", "two/.dylibs/libsnappy.1.1.9.dylib",
    ]  # fmt: skip
    said = peer("delocate-listdeps", "--all", "--depending", str(built.wheel), path=str(apples_tools(tmp_path / "bin")))
    users = {head.rstrip(":"): set(rest.split()) for head, rest in
             re.findall(r"^(\S+:)\n((?:    \S+\n)+)", said, re.MULTILINE)}  # fmt: skip
    modules = [name for name in built.names if name.endswith(".so")]
    assert users[libraries[0]] == set(modules)
    assert users[libraries[1]] == {name for name in modules if "snap" in name}
    assert all(file in libraries or file.startswith("/usr/lib/") for file in users)
    assert not check_wheel(built.wheel).errors
    site = unpack(built.wheel)
    for name in [*libraries, *modules]:
        data = (site / name).read_bytes()
        assert len(read_macho(data)) == (2 if arch == "universal2" else 1)
        for part in split(data):
            assert_signed_over(part, name)
    again = zig_workshop.build(project, None, "--target", f"{HERE}-macosx_11_0_{arch}")
    assert_says(again.log, "unchanged")


def assert_signed_over(data: bytes, name: str) -> None:
    """The digests in the signature are those of the bytes; counted by the structures of <kern/cs_blobs.h>."""
    from hashlib import sha256  # noqa: PLC0415
    from struct import unpack_from  # noqa: PLC0415

    place = 32
    signature = 0
    for _ in range(unpack_from("<I", data, 16)[0]):
        kind, size = unpack_from("<2I", data, place)
        signature = unpack_from("<I", data, place + 8)[0] if kind == 0x1D else signature
        place += size
    if not signature and data[4:8] == b"\x07\0\0\x01":
        return  # of x86_64, which runs unsigned: zig does not sign it, and there was nothing to mend
    assert signature, name
    start = signature + unpack_from(">I", data, signature + 16)[0]
    magic, _, _, _, digests, _, _, count, limit = unpack_from(">9I", data, start)
    assert (magic, limit) == (0xFADE0C02, signature)
    page = 1 << data[start + 39]
    for number in range(count):
        wanted = sha256(data[number * page : min((number + 1) * page, limit)]).digest()
        assert data[start + digests + 32 * number :][:32] == wanted, f"page {number} of {name}"
    assert count == -(-limit // page)


def test_windows(zig_workshop: Workshop, tmp_path: Path) -> None:
    """Two modules find lz4 in one folder, which the package names to Windows when it is imported."""
    need_package("delvewheel")
    argv = [sys.executable, "-m", "xconan", "python", "add", "3.11", "--for", "win_amd64", "--from", "debian"]
    subprocess.run(argv, env=zig_workshop.environment, check=True, capture_output=True)
    project = copy_project(PROJECTS / "two-libraries", tmp_path / "project")
    built = zig_workshop.build(project, None, "--target", "cp311-win_amd64")
    libraries = [name for name in built.names if ".libs/" in name]
    assert [re.sub("-[0-9a-f]{8}", "", name) for name in libraries] == [
        "two_libraries.libs/liblz4.dll", "two_libraries.libs/libsnappy.dll",
    ]  # fmt: skip
    assert not check_wheel(built.wheel).errors
    shown = peer("delvewheel", "show", "--ignore-existing", str(built.wheel))
    assert_says(shown, "will be copied into the wheel.\n    None", lacks=["Not Found"])
    site = unpack(built.wheel)
    bases = [name.rpartition("/")[2] for name in libraries]
    for name, wanted in (("two/quick", bases[:1]), ("two/deeper/snap", bases)):
        needed = peer("delvewheel", "needed", str(site / f"{name}.cp311-win_amd64.pyd")).split()
        assert [one for one in needed if "-" in one and one.startswith("lib")] == wanted
    code = (site / "two/__init__.py").read_text("utf-8").partition("# end of")[0]
    probe = f"import os; os.add_dll_directory = print; __file__ = {str(site / 'two/__init__.py')!r}\n{code}"
    probe = probe.replace("from __future__ import annotations\n", "")
    told = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout
    assert told.strip() == str(site / "two_libraries.libs")
    shutil.rmtree(site)
    fails = zig_workshop.build(
        project, None, "--target", "cp311-win_amd64", "-C", 'override=wheel.bundle="never"', fails=True
    )
    fails.assert_ended(6, "it needs liblz4.dll, a shared library from Conan that is not", 'bundle = "auto"')
