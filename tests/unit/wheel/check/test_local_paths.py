"""Paths of the build machine in files of a wheel: which, where they come from, and what only looks like one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from xconan.ground.files import Entry
from xconan.project.local_folders import LocalFolder, package_folders
from xconan.wheel.check.local_paths import LocalPaths

if TYPE_CHECKING:
    from pathlib import Path

ELF = b"\x7fELF\0\0"
CASES: dict[str, tuple[bytes, str, str]] = {
    # what a file has, with {} for the machine's top folder; how the sentence goes on, and its hint; "" for none
    "debug info": (ELF + b"\0{}/me/proj/core.c\0", "it names {}/me/proj/core.c, in the project's folder: debug info",
                   "-ffile-prefix-map"),
    "a flag": (ELF + b"\0-g -I{}/me/proj/include -O2\0", "{}/me/proj/include, in the project's folder: it was compil",
               "relative to the package"),
    "the build folder": (ELF + b"\0{}/me/proj/.b/t/cmake/made.cpp\0", "in the build folder: debug info", "prefix-map"),
    "a value": (b"# made\nROOT = '{}/me/proj/data'\n", "it names {}/me/proj/data, in the project's folder: line 2",
                "wheel.exclude"),
    "a library": (ELF + b"\0{}/conan/p/b/lz4f00d/b/src/lz4.c\0", "in Conan's home: the package lz4/1.9.4 has it from",
                  "conan remove -c lz4/1.9.4"),
    "options that a library keeps": (
        ELF + b"\0cc -O3 -ffile-prefix-map={}/conan/p/b/lz4f00d/b=/xconan/lz4/1.9.4/b -g\0",
        "it names {}/conan/p/b/lz4f00d/b, in Conan's home: the package lz4/1.9.4 keeps the options of its compiler",
        "build where CONAN_HOME is a folder such as /opt/conan"),
    "options that a module keeps": (
        ELF + b"\0cc -fdebug-prefix-map={}/me/proj=/xconan/demo\0",
        "it names {}/me/proj, in the project's folder: it keeps the options of its compiler, and -fdebug-prefix-map",
        "build where the folder is one such as /src/demo"),
    "a package that is used no more": (ELF + b"\0{}/conan/p/b/oldf00d/b/src/x.c\0", "in Conan's home: debug info", ""),
    "a file of the home": (ELF + b"\0{}/me/other/there.h\0", "it names {}/me/other/there.h, in a home folder", ""),
    "a lost one beside it": (ELF + b"\0{}/me/other/gone.h\0", "it names {}/me/other/gone.h, in a home folder", ""),
    "the home alone": (b"cd {}/me\n", "", ""),
    "no file of this home": (b"see {}/me/.config/tool/settings\n", "", ""),
    "a longer name": (ELF + b"\0{}/me/project/core.c\0", "", ""),
    "a name that ends so": (b"lib{}/me/proj/core.c\n", "", ""),
    "an address": (b"https://example.org{}/me/proj/x\n", "", ""),
    "what is mapped": (ELF + b"\0/xconan/demo/core.c\0", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_path(tmp_path: Path, case: str) -> None:
    content, says, hint = CASES[case]
    top = str(tmp_path)
    write(tmp_path / "me" / "other" / "there.h", "")
    folders = [
        LocalFolder(path=f"{top}/me", name="/xconan/home", what="a home folder"),
        LocalFolder(path=f"{top}/conan", name="/xconan/conan", what="Conan's home"),
        LocalFolder(path=f"{top}/me/proj", name="/xconan/demo", what="the project's folder"),
        LocalFolder(path=f"{top}/me/proj/.b/t", name="/xconan/demo/.build", what="the build folder"),
    ]
    packages = package_folders([("lz4/1.9.4", f"{top}/conan/p/b/lz4f00d/p")])
    entry = Entry(name="demo/_core.so", source=content.replace(b"{}", top.encode()))
    found = list(LocalPaths(folders=folders, packages=packages).check([entry], {}))
    assert [finding.warning for finding in found] == ([True] if says else [])
    if found:
        assert found[0].file == "demo/_core.so"
        assert says.format(top) in found[0].message if "{}" in says else says in found[0].message
        assert hint in found[0].hint


def test_nothing_is_looked_for_where_paths_may_stay() -> None:
    assert not list(LocalPaths(folders=()).check([Entry(name="a.so", source=ELF)], {}))


def test_what_other_checks_speak_of_is_said_once(tmp_path: Path) -> None:
    """An RPATH is in the file once; the same folder elsewhere in it is a value of its own."""
    top = f"{tmp_path}/my proj"
    local = LocalPaths(folders=[LocalFolder(path=top, name="/xconan/demo", what="the project's folder")])
    rpath = f"{top}/a lib"
    searched = b"\0" + os.fsencode(f"$ORIGIN:{rpath}:{top}") + b"\0"
    told = {"demo/_core.so": [rpath, top]}

    def found(data: bytes) -> list[str]:
        return [finding.message for finding in local.check([Entry(name="demo/_core.so", source=ELF + data)], told)]

    assert not found(searched)
    assert len(found(searched + os.fsencode(top) + b"\0")) == 1
    assert len(found(searched + os.fsencode(f"{top}/b") + b"\0")) == 1
