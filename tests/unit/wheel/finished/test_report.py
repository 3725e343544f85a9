"""Wheels' files that are not in order, each with the sentence that says so; and what their bytes deserve."""

# ruff: noqa: E501 - each sentence as it is said

from __future__ import annotations

import json
import os
import stat
import warnings
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import macho, pe
from tests.support.elf import EXECUTABLE_STACK, Elf
from tests.support.wheels import CORE, GLIBC, X86, Wheel, module, row
from xconan.check import check_wheel
from xconan.cli import main
from xconan.ground.errors import CheckError, ErrorGroup
from xconan.project.config.records import WheelConfig
from xconan.wheel.finished.report import check_file
from xconan.wheel.pack import check_written

if TYPE_CHECKING:
    from pathlib import Path

INFO = "demo-1.0.dist-info"
NEWER = ("libc.so.6", "GLIBC_2.34", "dlopen")
PURE = {"demo/__init__.py": b"x = 1\n"}
ANY = "py3-none-any"


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def metadata(*lines: str, version: str = "2.4") -> str:
    return "\n".join([f"Metadata-Version: {version}", "Name: demo", "Version: 1.0", *lines, ""])


GOOD = {
    "platform wheel": Wheel(),
    "pure wheel": Wheel(tags=ANY, files=PURE),
    "Python files that none of the Pythons of its tags that may install it fails at": Wheel(
        tags="cp36-abi3-manylinux_2_17_x86_64", metadata=metadata("Requires-Python: >=3.9"),
        files={"demo/__init__.py": b"(x := 1)\n", "demo/_core.abi3.so": module()},
    ),
    "names that can be imported": Wheel(
        metadata=metadata(
            "Import-Name: demo", "Import-Name: demo._core; private", "Import-Name: ns.deep.one", "Import-Name: other",
            "Import-Name: six.moves", "Import-Name: byte.code",
            "Import-Namespace: ns", "Import-Namespace: ns.deep", version="2.5",
        ),
        files={CORE: module(), **PURE, "ns/deep/one.py": b"", "six.py": b"", "byte/code.pyc": b"", "demo-1.0.data/purelib/other/__init__.py": b""},
    ),
    "names that a .pth file may give": Wheel(
        metadata=metadata("Import-Name: away", version="2.5"), files={**PURE, "demo.pth": b"/some/where\n"}, tags=ANY
    ),
    "entry points": Wheel(
        tags=ANY, files={
            **PURE, "demo/cli.py": b"main = y = 1\n", "demo/more.py": b"from .cli import *\n", "demo/sub/x.py": b"", "six.py": b"", "ns/a/__init__.py": b"", "demo/c.pyc": b"",
            f"{INFO}/entry_points.txt": b"[console_scripts]\na = demo.cli:main [all]\nb = demo:x.y\nc = six.moves:x\n"
            b"d = other.cli:main\n[g]\ne = demo.sub.y\nf = ns.b.c\ng = demo.cli.x:y\nh = demo.c\ni = a b\nj = demo:cli\nk = demo.more:any\n",
        },
    ),
    "an entry point to a module of C": Wheel(files={
        **PURE, CORE: module(GLIBC), f"{INFO}/entry_points.txt": b"[g]\na = demo._core:f\n",
        "demo-1.0.data/platlib/demo/more.py": b"",
    }),
    "an entry point to a module that is found by other means": Wheel(
        tags=ANY, files={
            "demo/__init__.py": b"__path__.append('x')\n", f"{INFO}/entry_points.txt": b"[g]\na = demo.cli:f\n"
        },
    ),
    "an entry point of an editable wheel": Wheel(
        tags=ANY, files={**PURE, "x.pth": b"/some/where\n", f"{INFO}/entry_points.txt": b"[g]\na = demo.cli:f\n"}
    ),
    "several platforms": Wheel(tags="cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64"),
    "all digests that may be": Wheel(record={"demo/__init__.py": row("demo/__init__.py", b"x = 1\n", "sha512")}),
    "licences": Wheel(metadata=metadata("License-File: LICENSE"), files={**PURE, CORE: module(GLIBC), f"{INFO}/licenses/LICENSE": b"MIT"}),
    "an old licence file": Wheel(metadata=metadata("License-File: LICENSE", version="2.1")),
    "a name of other spelling": Wheel(folder="Demo-1.0.dist-info", metadata="Metadata-Version: 2.1\nName: Demo\nVersion: 1.0.0\n"),
    "data of all schemes": Wheel(files={"demo-1.0.data/platlib/demo/__init__.py": b"", f"demo-1.0.data/platlib/{CORE}": module(GLIBC), "demo-1.0.data/scripts/demo": b"#!python\n"}),
    "Requires-Python": Wheel(metadata=metadata("Requires-Python: >=3.11.4")),
    "macOS": Wheel(tags="cp311-cp311-macosx_11_0_arm64", files={"demo/_core.cpython-311-darwin.so": macho.library("ARM64", "PyInit__core")}),
    "Windows": Wheel(tags="cp311-cp311-win_amd64", files={"demo/_core.cp311-win_amd64.pyd": pe.library("AMD64", "PyInit__core")}),
    "Python of its time": Wheel(tags=ANY, metadata=metadata("Requires-Python: >=3.10"), files={"demo/__init__.py": b"match 1:\n  case _: pass\n"}),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_wheels(tmp_path: Path, name: str) -> None:
    assert check_wheel(GOOD[name].write(tmp_path)).findings == ()


BROKEN = [
    # the archive
    (Wheel(files={"/etc/demo": b""}), "its name is an absolute path"),
    (Wheel(files={"C:/demo.py": b""}), "its name is an absolute path"),
    (Wheel(files={"demo/../../x.py": b""}), "its name leads out of its folder"),
    (Wheel(files={"demo//x.py": b""}), "its name has an empty part"),
    (Wheel(files={"./demo.py": b""}), "its name has an empty part, or one that is a dot"),
    (Wheel(files={"demo\\x.py": b""}), "its name has a backslash"),
    (Wheel(files={"demo/\x1b[31m.py": b""}), "its name has a control character"),
    (Wheel(files={"d/" * 9000 + "x.py": b""}), "no file system has room for its name of 18004 characters, 4 bytes between"),
    (Wheel(files={f"demo/{'é' * 200}.py": b""}), "no file system has room for its name of 208 characters, 403 bytes between"),
    (Wheel(more=((link("demo/link.py"), b"__init__.py"),)), "it is a symbolic link"),
    (Wheel(more=((zipfile.ZipInfo("demo/__init__.py"), b"x = 1\n"),)), "2 files of the wheel have this name"),
    (Wheel(files={"demo": b"", "demo/x.py": b""}), "it is a file and, for others, their folder"),
    (Wheel(files={"demo/x.py": b"", "demo-1.0.data/platlib/demo/x.py": b""}), "2 files of the wheel have this name"),
    (Wheel(files={"demo-1.0.data/bin/demo": b""}), "no installer knows where bin/ of demo-1.0.data goes"),
    # .dist-info
    (Wheel(folder="other-1.0.dist-info"), "it is not named demo-1.0"),
    (Wheel(folder="demo-1.1.dist-info"), "it is not named demo-1.0"),
    (Wheel(folder="demo"), "one folder NAME-VERSION.dist-info; it has none"),
    (Wheel(files={"x-1.0.dist-info/METADATA": b""}), "it has demo-1.0.dist-info, x-1.0.dist-info"),
    (Wheel(left_out=("METADATA",)), f"{INFO}/METADATA: it is missing"),
    (Wheel(left_out=("WHEEL",)), f"{INFO}/WHEEL: it is missing"),
    (Wheel(left_out=("RECORD",)), f"{INFO}/RECORD: it is missing"),
    # WHEEL
    (Wheel(wheel="Wheel-Version: 2.0\n"), "Wheel-Version is '2.0'"),
    (Wheel(wheel="Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n"), "Root-Is-Purelib is 'maybe'"),
    (Wheel(wheel="Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"), "Root-Is-Purelib is true, but the wheel is tagged"),
    (Wheel(wheel="Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp312-cp312-manylinux_2_17_x86_64\n"), "the wheel's name has cp311-cp311-manylinux_2_17_x86_64; the wheel's name lacks cp312-cp312"),
    (Wheel(stem="demo-1.0-2"), "Build is '', and '2' in the wheel's name"),
    # METADATA
    (Wheel(metadata="Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"), "Name is 'other', and 'demo' in the wheel's name"),
    (Wheel(metadata="Metadata-Version: 2.1\nName: demo\nVersion: 2\n"), "Version is '2', and '1.0' in the wheel's name"),
    (Wheel(metadata=metadata("Requires-Dist: not a requirement !")), "'not a requirement !' is invalid for 'requires-dist'"),
    (Wheel(metadata=metadata("License-File: LICENSE")), "License-File names LICENSE, and licenses/ does not have it"),
    (Wheel(metadata=metadata("Import-Name: demo", "Import-Name: gone.sub", "Import-Namespace: away", version="2.5")), "it says that gone.sub, away can be imported, and the wheel has nothing of that name"),
    (Wheel(metadata=metadata("Colour: blue")), "fields that no tool knows, or that can't be read: colour"),
    (Wheel(metadata=metadata("Requires-Python: >=3.12")), "it is tagged cp311, and Requires-Python is >=3.12"),
    (Wheel(files={**PURE, f"{INFO}/entry_points.txt": b"demo = x"}), "entry_points.txt: it can't be read"),
    *((Wheel(tags=ANY, files={**files, f"{INFO}/entry_points.txt": points}), said) for files, points, said in (
        (PURE, b"[console_scripts]\nx = demo.cli:main\n",
         "x of console_scripts names demo.cli, and no file of the wheel is the module demo.cli"),
        (PURE, b"[console_scripts]\nx = demo:main.run\n",
         "x of console_scripts names demo:main, and demo/__init__.py has no main"),
        ({"demo.py": b"import main.x as y\n"}, b"[g]\nx = demo:main\n", "x of g names demo:main, and demo.py has no main"),
        (PURE, b"[some.group]\nx = demo.sub.p [all]\n", "names demo.sub.p, and no file of the wheel is the module demo.sub"),
        ({"ns/a/__init__.py": b""}, b"[g]\nx = ns.a.cli:main\n", "is the module ns.a.cli"),
        ({"demo-1.0.data/purelib/demo/__init__.py": b""}, b"[g]\nx = demo.cli:main\n", "is the module demo.cli"),
    )),
    (Wheel(metadata="Name: demo\nVersion: 1.0\n"), "Metadata-Version is missing, or there are several"),
    (Wheel(metadata=metadata(version="9" * 5000)), "is not a valid metadata version"),
    # RECORD
    (Wheel(record={"demo/__init__.py": None}), "it does not list demo/__init__.py"),
    (Wheel(record={"x": "demo/gone.py,sha256=x,1"}), "it lists demo/gone.py, which the wheel does not have"),
    (Wheel(record={"demo/__init__.py": row("demo/__init__.py", b"x = 2\n")}), "demo/__init__.py: its digest is sha256="),
    (Wheel(record={"demo/__init__.py": row("demo/__init__.py", b"x = 1\n")[:-1] + "7"}), "it has 6 bytes, and 7 by RECORD"),
    (Wheel(record={"demo/__init__.py": row("demo/__init__.py", b"x = 1\n", "md5")}), "the digest of demo/__init__.py is of no algorithm"),
    (Wheel(record={"demo/__init__.py": "demo/__init__.py,rot13=x,6"}), "the digest of demo/__init__.py is of no algorithm"),
    (Wheel(record={"demo/__init__.py": "demo/__init__.py,,"}), "it has no digest of demo/__init__.py"),
    (Wheel(record={"demo/__init__.py": "demo/__init__.py"}), "a row of it is not path, digest and size: demo/__init__.py"),
    (Wheel(record={"x": row("demo/__init__.py", b"x = 1\n")}), "it lists demo/__init__.py more than once"),
    # tags
    (Wheel(tags="cp3x-cp311-manylinux_2_17_x86_64"), "'cp3x' is no Python tag"),
    (Wheel(tags="cp3\u0661-cp311-manylinux_2_17_x86_64"), "'cp3\u0661' is no Python tag"),
    (Wheel(tags="cp312-cp311-manylinux_2_17_x86_64"), "its ABI cp311 is of none of its Pythons (cp312)"),
    (Wheel(tags="py3-abi3-manylinux_2_17_x86_64"), "its ABI abi3 is CPython's, and its Pythons are py3"),
    (Wheel(tags="cp311-cp311-manylinux_2_17"), "'manylinux_2_17' is no platform tag"),
    (Wheel(tags="cp311-cp311-macosx_11_3_arm64"), "'macosx_11_3_arm64' is no platform tag"),
    (Wheel(tags="cp311-cp311-any.linux_x86_64"), "it is tagged for any platform, and for some"),
    (Wheel(tags="cp311-cp311-linux_x86_64"), "the Python Package Index refuses the tag linux_x86_64"),
    (Wheel(tags="cp311-cp311-manylinux_2_36_loongarch64"), "the Python Package Index refuses the tag manylinux_2_36_loongarch64"),
    (Wheel(tags="cp311-cp311-linux_mips"), "neither xconan nor the Python Package Index knows the platform linux_mips"),
    (Wheel(tags="cp313-cp313-android_24_arm64_v8a"), "xconan knows no platform android_24_arm64_v8a"),
    # what builds check
    (Wheel(tags="cp311-cp311-win_amd64"), "it is a Linux file, but the wheel is for win_amd64"),
    (Wheel(tags="cp312-cp312-manylinux_2_17_x86_64"), "its suffix is .cpython-311-x86_64-linux-gnu.so"),
    (Wheel(files={CORE: module(NEWER)}), "it needs GLIBC_2.34 of libc.so.6"),
    (Wheel(tags=ANY), "a binary in a wheel that is tagged for any platform"),
    (Wheel(tags=ANY, metadata=metadata("Requires-Python: >=3.9"), files={"demo/__init__.py": b"match 1:\n  case _: pass\n"}), "Python 3.9 can't compile it"),
]  # fmt: skip


FIRST_OF_BINARIES = "it is a Linux file, but the wheel is for win_amd64"
OF_ALL_NAMES = ("2 files of the wheel have this name", "it is a file and, for others, their folder")


@pytest.mark.parametrize(("wheel", "sentence"), BROKEN)
def test_broken_wheels(tmp_path: Path, wheel: Wheel, sentence: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, of two files of one name
        path = wheel.write(tmp_path)
    report = check_wheel(path)
    assert [one for one in report.findings if sentence in f"{one.file}: {one.message}"], report.findings
    assert all(one.hint and one.file for one in report.findings)
    assert [*report.findings] == [*report.errors, *report.warnings]


@pytest.mark.parametrize(("wheel", "sentence"), BROKEN)
def test_builds_refuse_what_the_command_refuses(tmp_path: Path, wheel: Wheel, sentence: str) -> None:
    """All of a wheel's file but its binaries, which builds compare with what they know of the host."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = wheel.write(tmp_path)
    beside = path.rename(tmp_path / f".{path.name}.part")
    of_file = [one for one in check_file(beside, path.name) if sentence in f"{one.file}: {one.message}"]
    of_binaries = BROKEN.index((wheel, sentence)) >= [one for _, one in BROKEN].index(FIRST_OF_BINARIES)
    assert bool(of_file) != (of_binaries or sentence in OF_ALL_NAMES)
    if not of_file or of_file[0].warning:
        return
    with pytest.raises((CheckError, ErrorGroup)) as caught:
        check_written(beside, path.name, WheelConfig())
    errors = caught.value.errors if isinstance(caught.value, ErrorGroup) else (caught.value,)
    assert [one for one in errors if sentence in f"{one.where}: {one.message}"]
    assert all(one.where == path.name and one.hint for one in errors)


def test_builds_do_not_repeat_warnings(tmp_path: Path) -> None:
    wheel = Wheel(tags="cp311-cp311-linux_x86_64").write(tmp_path)
    assert check_wheel(wheel).warnings
    check_written(wheel, wheel.name, WheelConfig())


OLDER = "manylinux_2_17_x86_64"
BY_HAND = {
    "another machine's": (WheelConfig(platform_tag=("linux_aarch64",)), "linux_aarch64", "it is for X86_64"),
    "another Python's": (WheelConfig(python_tag=("cp312",), abi_tag=("cp312",)), "cp312-cp312-linux_x86_64",
                         "its suffix is .cpython-311-x86_64-linux-gnu.so, but cp312"),
    "an older machine's": (WheelConfig(platform_tag=(OLDER,)), OLDER, "GLIBC_2.34"),
    "true": (WheelConfig(platform_tag=("manylinux_2_34_x86_64",)), "manylinux_2_34_x86_64", ""),
    "a warning": (WheelConfig(platform_tag=(OLDER,), policy="warning"), OLDER, ""),
    "no word of the project's": (WheelConfig(), "linux_aarch64", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_HAND)
def test_tags_by_hand_are_held_to_the_binaries(tmp_path: Path, case: str) -> None:
    config, tags, sentence = BY_HAND[case]
    files = {"demo/__init__.py": b"", CORE: module(NEWER)}
    wheel = Wheel(tags=tags if tags.startswith("cp") else f"cp311-cp311-{tags}", files=files).write(tmp_path)
    if not sentence:
        check_written(wheel, wheel.name, config)
        return
    with pytest.raises(CheckError) as caught:
        check_written(wheel, wheel.name, config)
    assert sentence in caught.value.message
    assert caught.value.where == wheel.name
    assert caught.value.hint.startswith("the tags that [tool.xconan.wheel] sets mean another host: take them out; or ")


UNREADABLE = {
    "no name": ("demo.zip", b"PK", "its name does not end in .whl"),
    "half a name": ("demo-1.0.whl", b"PK", "it is not named as a wheel is"),
    "empty": ("demo-1.0-py3-none-any.whl", b"", "it is no wheel: the file is empty"),
    "text": ("demo-1.0-py3-none-any.whl", b"<html>not found</html>", "it is no wheel: it is no zip archive"),
    "cut off": ("demo-1.0-py3-none-any.whl", None, "the archive is damaged or cut off"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_no_wheel(tmp_path: Path, case: str) -> None:
    name, data, sentence = UNREADABLE[case]
    if data is None:
        data = Wheel(tags=ANY, files=PURE).write(tmp_path).read_bytes()[:-30]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CheckError, match=sentence) as caught:
        check_wheel(tmp_path / name)
    assert caught.value.hint
    assert caught.value.where == str(tmp_path / name)


def test_entries_that_are_nowhere(tmp_path: Path) -> None:
    """Their names are empty, or they lie before the file's start; Python's zipfile believes both."""
    path = Wheel(tags=ANY, files=PURE).write(tmp_path)
    whole = path.read_bytes()
    first = whole.index(b"PK\x01\x02")
    nameless = bytearray(whole)
    nameless[first + 28 : first + 30] = bytes(2)
    nameless[first + 32 : first + 34] = len("demo/__init__.py").to_bytes(2, "little")
    before = bytearray(whole)
    before[-6:-2] = (int.from_bytes(whole[-6:-2], "little") + 999).to_bytes(4, "little")
    for data, reason in ((nameless, "no name"), (before, "before its start")):
        path.write_bytes(data)
        with pytest.raises(CheckError, match=f"damaged or cut off: .*{reason}"):
            check_wheel(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_that_not_every_installer_unpacks(tmp_path: Path, method: int) -> None:
    packed = zipfile.ZipInfo("demo/x.txt")
    packed.compress_type = method
    path = Wheel(tags=ANY, files=PURE, more=((packed, b"x" * 99),)).write(tmp_path)
    said = [f"{one.file}: {one.message}" for one in check_wheel(path).findings]
    assert said == ["demo/x.txt: it can't be unpacked: it is compressed by a method that not every installer has"]
    path.write_bytes(path.read_bytes().replace(b"BZh9", b"BZh\xff"))  # what bz2 has an error of its own for
    assert check_wheel(path).errors


def changed(path: Path, flags: int, name: bytes = b"") -> Path:
    """A wheel whose first entry has other flags, and a name that begins with other bytes."""
    data = bytearray(path.read_bytes())
    for magic, flags_at, name_at in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        start = data.index(magic)
        data[start + flags_at : start + flags_at + 2] = flags.to_bytes(2, "little")
        data[start + name_at : start + name_at + len(name)] = name
    path.write_bytes(data)
    return path


def test_a_file_that_asks_for_a_password(tmp_path: Path) -> None:
    path = changed(Wheel(tags=ANY, files=PURE).write(tmp_path), 1)
    found = [(one.file, one.message) for one in check_wheel(path).findings]
    assert found == [("demo/__init__.py", "it can't be unpacked: it is encrypted")]


def test_a_name_that_is_not_utf8_as_it_says(tmp_path: Path) -> None:
    path = changed(Wheel(tags=ANY, files=PURE).write(tmp_path), 1 << 11, b"\xff\xfe")
    with pytest.raises(CheckError, match="damaged or cut off: the name of a file in it is not UTF-8, as it says"):
        check_wheel(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = Wheel(tags=ANY, files={"demo.py": bytes(80 << 20)}).write(tmp_path)
    with pytest.raises(CheckError, match="it is a zip bomb"):
        check_wheel(path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    path = Wheel(tags=ANY, files={"demo.py": b"".join(b"%d\n" % number for number in range(2000))}).write(tmp_path)
    data = bytearray(path.read_bytes())
    data[60:160] = bytes(100)
    path.write_bytes(data)
    found = check_wheel(path).findings
    assert [one.file for one in found] == ["demo.py"]
    assert found[0].message.startswith("it can't be unpacked: ")


@pytest.mark.parametrize("kept", range(0, 1400, 37))
def test_cut_off_anywhere(tmp_path: Path, kept: int) -> None:
    path = Wheel().write(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    if kept < len(whole):
        with pytest.raises(CheckError):
            check_wheel(path)


@pytest.mark.parametrize("place", range(0, 1900, 23))
def test_any_byte_may_be_wrong(tmp_path: Path, place: int) -> None:
    path = Wheel().write(tmp_path)
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 0xFF
    path.write_bytes(data)
    try:
        report = check_wheel(path)
    except CheckError:
        return
    assert all(one.message for one in report.findings)


DESERVED = [
    (Wheel(files={CORE: module(GLIBC)}), "manylinux_2_17_x86_64", "GLIBC_2.17"),
    (Wheel(files={CORE: module(("libc.so.6", "GLIBC_2.2.5", "x"))}), "manylinux_2_5_x86_64", ""),
    (Wheel(tags="cp311-cp311-linux_x86_64", files={CORE: module(NEWER)}), "manylinux_2_34_x86_64", "GLIBC_2.34"),
    (Wheel(files={CORE: X86.library("PyInit__core", needed=("libfoo.so.1",))}), "linux_x86_64", "libfoo.so.1"),
    (Wheel(files={CORE: Elf(machine="X86_64", x86_level=3).library("PyInit__core")}), "linux_x86_64", "x86-64-v3"),
    (Wheel(files={CORE: Elf(machine="X86_64", stack=EXECUTABLE_STACK).library("PyInit__core")}), "linux_x86_64", "executable stack"),
    (Wheel(tags="cp311-cp311-linux_armv6l", files={"demo/_core.cpython-311-arm-linux-gnueabihf.so": Elf(machine="ARM", bits=32, flags=0x05000400).library("PyInit__core")}), "linux_armv6l", "no policy has armv6l"),
    (Wheel(tags="cp311-cp311-linux_x86_64", files={"demo/_core.cpython-311-x86_64-linux-musl.so": X86.library("PyInit__core", needed=("libc.so",))}), "musllinux_1_1_x86_64", ""),
    (Wheel(tags=ANY, files=PURE), "any", ""),
    (Wheel(tags=ANY), "", ""),
    (Wheel(files=PURE), "any", ""),
    (Wheel(tags="cp311-cp311-macosx_14_0_arm64", files={"demo/_core.cpython-311-darwin.so": macho.library("ARM64", "PyInit__core", minimum=(12, 3))}), "macosx_13_0_arm64", "macOS 12.3"),
    (Wheel(tags="cp311-cp311-macosx_14_0_x86_64", files={"demo/_core.cpython-311-darwin.so": macho.library("X86_64", "PyInit__core", minimum=(10, 13))}), "macosx_10_13_x86_64", "macOS 10.13"),
    (Wheel(tags="cp311-cp311-win_amd64", files={"demo/_core.cp311-win_amd64.pyd": pe.library("ARM64", "PyInit__core")}), "win_arm64", ""),
    (Wheel(tags="cp311-cp311-win_arm64", files={"demo/_core.cp311-win_arm64.pyd": pe.library("ARM64", "PyInit__core")}), "win_arm64", ""),
]  # fmt: skip


@pytest.mark.parametrize(("wheel", "tag", "because"), DESERVED)
def test_what_bytes_deserve(tmp_path: Path, wheel: Wheel, tag: str, because: str) -> None:
    found = check_wheel(wheel.write(tmp_path)).deserved
    assert found.tag == tag
    assert because in " ".join(found.because)


def run(*arguments: object) -> int:
    return main(["check", *map(str, arguments)])


def test_several_wheels_are_all_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = Wheel().write(tmp_path), Wheel(tags=ANY).write(tmp_path)
    none = tmp_path / "x-1-py3-none-any.whl"
    none.write_bytes(b"")
    assert run(none, bad, good, "--suggest") == 6
    said = capsys.readouterr().out
    assert f"{none.name}: it is no wheel: the file is empty\n  help: build it again" in said
    assert f"{bad.name}: 1 error\n  error: {CORE}: a binary in a wheel that is tagged for any" in said
    assert (
        f"{good.name}: in order\n  deserves manylinux_2_17_x86_64, as it is tagged\n    no wider: {CORE}: it needs"
        in said
    )
    assert run(good) == 0
    assert run(Wheel(tags="cp311-cp311-linux_x86_64").write(tmp_path)) == 0  # a warning


def test_what_is_suggested_is_not_offered_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = Wheel(tags="cp311-cp311-linux_x86_64").write(tmp_path)
    offer = "help: xconan check --suggest names the tag that its bytes deserve"
    assert run(wheel) == 0
    assert offer in capsys.readouterr().out
    assert run(wheel, "--suggest") == 0
    said = capsys.readouterr().out
    assert "warning: the Python Package Index refuses the tag linux_x86_64\n  deserves " in said
    mac = Wheel(tags="cp311-cp311-macosx_14_0_arm64.linux_aarch64").write(tmp_path)
    run(mac, "--suggest")
    assert "    help: " in capsys.readouterr().out  # other hints stay


def test_names_that_a_terminal_would_obey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(Wheel(tags="py3-none-\x1b[31many").write(tmp_path), "--suggest")
    said = capsys.readouterr()
    assert "tagged \\x1b[31many" in said.out
    assert "\x1b" not in said.out + said.err


def test_what_is_no_wheel_is_told_as_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo-1.0.tar.gz").touch()
    assert run(tmp_path / "demo-1.0.tar.gz") == 6
    assert "it is a source distribution, not a wheel\n  help: name the wheel that is built" in capsys.readouterr().out
    for verb in ("check", "test"):
        with pytest.raises(SystemExit):
            main([verb, str(tmp_path / "dist/*.whl")])
        assert "help:  xconan build makes a wheel, and says its path" in capsys.readouterr().err


@pytest.mark.parametrize(("before", "behind"), [(b"MZ junk", b""), (b"", b"more")])
def test_bytes_beside_the_archive(
    before: bytes, behind: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One tool takes the first archive of a file, another the last."""
    path = Wheel().write(tmp_path)
    assert run(path) == 0
    path.write_bytes(before + path.read_bytes() + behind)
    assert run(path) == 6
    assert (
        f"1 error\n  error: there are bytes {'before' if before else 'behind'} the archive" in capsys.readouterr().out
    )


def test_a_pipe_is_no_wheel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads it would wait for ever."""
    pipe = tmp_path / "demo-1.0-py3-none-any.whl"
    os.mkfifo(pipe)
    with pytest.raises(SystemExit) as caught:
        run(pipe)
    assert caught.value.code == 2
    assert "this is no regular file, but a pipe or a device" in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = tmp_path / "x-1-py3-none-any.whl"
    none.write_bytes(b"")
    assert run(Wheel(stem="demo-1.0-7").write(tmp_path), none, "--json") == 6
    facts = json.loads(capsys.readouterr().out)
    first, second = facts["wheels"]
    assert (first["name"], first["version"], first["build"], first["ok"]) == ("demo", "1.0", "7", False)
    assert first["tags"] == {"python": ["cp311"], "abi": ["cp311"], "platform": ["manylinux_2_17_x86_64"]}
    assert first["findings"][0]["level"] == "error"
    assert first["deserved"]["platform"] == "manylinux_2_17_x86_64"
    assert second["ok"] is False
    assert second["errors"][0]["code"] == 6
    assert facts["tables"]["manylinux"].startswith("auditwheel 6")
    assert len(facts["tables"]) == 5


def test_what_is_not_there_is_said_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(Wheel().write(tmp_path), tmp_path / "gone.whl", tmp_path)
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert "there is no such file" in said.err
    assert f"name its wheels: {tmp_path}/*.whl" in said.err
    assert said.out == ""
