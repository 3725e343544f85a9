"""Ordinary mistakes of a new user: exit code, sentence and remedy; and the remedy, followed literally, works.

Each row makes one mistake in a project that builds, runs the command, follows what `help:` says, and builds the wheel.
Those that need a real compiler, Conan or CMake are in tests/e2e/test_mistakes.py and tests/conan/test_mistakes.py.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.door import install_zig
from tests.support.elf import Elf
from tests.support.installations import headers, write_tree
from tests.support.workbench import LZ4, MODULE, Workbench
from tests.support.workbench import PYPROJECT as PROJECT
from xconan.build_machine.buildenv import running_target
from xconan.cli import main
from xconan.fetch.pythons.trees import Fetched
from xconan.pythons.store import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.host.targets import Target

Change = str | tuple[str, str] | None
"""A file's new text, a part of it and what stands in its place, or None: it is not there."""

READ_ONLY = Path("/proc/self")
PYPROJECT = "pyproject.toml"
BUILD = "build --cross {cross}"
CROSS = "implementation = 'cp'\nversion = '311'\narch = 'linux_aarch64'\n"
OTHER_MODULE = MODULE.replace("demo/", "{}/")
RUNNING = f"cp{sys.version_info.major}{sys.version_info.minor}"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


def tool(text: str) -> dict[str, Change]:
    """pyproject.toml with more lines at its end."""
    return {PYPROJECT: ('version = "1.2"\n', f'version = "1.2"\n{text}\n')}


def wrong(right: str, wrong: str, then: str = BUILD) -> tuple[dict[str, Change], dict[str, Change], str]:
    """Lines of pyproject.toml with a mistake, the same without it, and the command."""
    return tool(wrong), {PYPROJECT: (wrong, right)}, then


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake.

    Attributes:
        change: the project's files that have it.
        run: the command; {cross} is the path of a cross.toml that works.
        code, says, remedy: exit code, what the error says, and what `help:` says.
        mend: the files as the remedy has them.
        then: the command that the remedy names; "" for the same again.
        installed: what CMake installs where the mistake is in CMakeLists.txt, before and after.
        where: what `where:` says; "" where that is of no matter.
        again: the first command works, too, then.
    """

    change: Mapping[str, Change] = field(default_factory=dict)
    run: str = BUILD
    code: int = 2
    says: str
    remedy: str
    mend: Mapping[str, Change] = field(default_factory=dict)
    then: str = ""
    installed: tuple[str, str] = ("", "")
    where: str = ""
    again: bool = False


def key(written: str, says: str, remedy: str, mended: str) -> Mistake:
    """A wrong line of pyproject.toml, and the right one."""
    return Mistake(change=tool(written), says=says, remedy=remedy, mend={PYPROJECT: (written, mended)})


MISTAKES = {
    # the command line
    "misspelt verb": Mistake(run="biuld --cross {cross}", says="no verb 'biuld'", remedy="did you mean 'build'?",
                             then=BUILD),
    "no verb": Mistake(run="", says="which verb?", remedy="xconan --help lists them", then="--help"),
    "misspelt action": Mistake(run="python lst", says="there is no action 'lst'", remedy="did you mean 'list'?",
                               then="python list"),
    "no action": Mistake(run="python", says="which action?",
                         remedy="xconan python --help lists them: add, list, path, remove", then="python --help"),
    "misspelt option": Mistake(run="build --crss {cross}", says="there is no option --crss",
                               remedy="did you mean --cross?", then=BUILD),
    "misspelt choice": Mistake(run="new fast --kind pybind", says="--kind can't be 'pybind'",
                               remedy="did you mean 'pybind11'?", then="new fast --kind pybind11"),
    "misspelt setting": Mistake(run="build -C corss={cross}", says="unknown setting 'corss'",
                                remedy="did you mean 'cross'?", then="build -C cross={cross}"),
    "setting without value": Mistake(run="build -C cross", says="'cross' is not KEY=VALUE",
                                     remedy="-C cross=FILE", then="build -C cross={cross}"),
    "two projects": Mistake(run="build . aarch64 --cross {cross}", says="'aarch64' is one word too many",
                            remedy="xconan build --help shows what it takes", then="build . --cross {cross}"),
    # which project
    "no project here": Mistake(change={"sub/x": ""}, run="build sub --cross {cross}", says="it has no pyproject.toml",
                               remedy="name the project's folder: {root}", then="build {root} --cross {cross}"),
    "project below": Mistake(change={"a/pyproject.toml": "{project}", "a/demo/__init__.py": "", PYPROJECT: None},
                             run="build", says="it has no pyproject.toml",
                             remedy="name the project's folder: {root}/a", then="build {root}/a -o dist"),
    "no such folder": Mistake(run="build nowhere --cross {cross}", says="there is no such folder",
                              remedy="name the folder of pyproject.toml", then="build . --cross {cross}"),
    "file as project": Mistake(run="build pyproject.toml --cross {cross}",
                               says="this is a file, not the project's folder",
                               remedy="name the folder of pyproject.toml", then="build . --cross {cross}"),
    "cross.toml as project": Mistake(run="build {cross}", says="this is a file, not the project's folder",
                                     remedy="did you mean --cross {cross}?", then=BUILD),
    "target as project": Mistake(run=f"build {RUNNING}-manylinux_2_17_aarch64", says="there is no such folder",
                                 remedy=f"did you mean --target {RUNNING}-manylinux_2_17_aarch64?",
                                 then=f"build --target {RUNNING}-manylinux_2_17_aarch64"),
    # which host
    "target with another name": Mistake(run=f"build --target {RUNNING}-manylinux_2_17_arm64",
                                        says="'manylinux_2_17_arm64' is not a known platform tag",
                                        remedy=f"did you mean '{RUNNING}-manylinux_2_17_aarch64'?",
                                        then=f"build --target {RUNNING}-manylinux_2_17_aarch64"),
    "triplet as target": Mistake(run="build --target aarch64-linux-gnu", says="'aarch64-linux-gnu' is no target",
                                 remedy=f"did you mean '{RUNNING}-linux_aarch64'?",
                                 then=f"build --target {RUNNING}-linux_aarch64"),
    "version in a target": Mistake(run=f"build --target {PYTHON}-manylinux_2_17_aarch64", says="is no target",
                                   remedy=f"did you mean '{RUNNING}-manylinux_2_17_aarch64'?",
                                   then=f"build --target {RUNNING}-manylinux_2_17_aarch64"),
    "platform as target": Mistake(run="build --target manylinux_2_17_aarch64", says="is no target",
                                  remedy=f"did you mean '{RUNNING}-manylinux_2_17_aarch64'?",
                                  then=f"build --target {RUNNING}-manylinux_2_17_aarch64"),
    "file as target": Mistake(run="build --target {cross}", says="is no target", remedy="did you mean --cross {cross}?",
                              then=BUILD),
    "target as file": Mistake(run=f"build --cross {RUNNING}-manylinux_2_17_aarch64", says="there is no such file",
                              remedy=f"did you mean --target {RUNNING}-manylinux_2_17_aarch64?",
                              then=f"build --target {RUNNING}-manylinux_2_17_aarch64"),
    "cross.toml elsewhere": Mistake(change={"cross/rpi.cross.toml": CROSS + "{files}"},
                                    run="build --cross rpi.cross.toml", says="there is no such file",
                                    remedy="did you mean cross/rpi.cross.toml?",
                                    then="build --cross cross/rpi.cross.toml"),
    "target as file of a profile": Mistake(run="profile cp311-manylinux_2_17_aarch64", says="there is no file",
                                           remedy="did you mean --target cp311-manylinux_2_17_aarch64?",
                                           then="profile --target cp311-manylinux_2_17_aarch64"),
    # cross.toml
    "version with a dot": Mistake(change={"xconan.cross.toml": CROSS.replace("311", "3.11") + "{files}"}, run="build",
                                  says="'3.11' is no Python version", remedy="major and minor without a dot",
                                  mend={"xconan.cross.toml": ("'3.11'", "'311'")}),
    "version as a number": Mistake(change={"xconan.cross.toml": CROSS.replace("'311'", "311") + "{files}"}, run="build",
                                   says="this must be a string, not an integer (311)", remedy='version = "311"',
                                   mend={"xconan.cross.toml": ("version = 311", 'version = "311"')}),
    "Debian's name of a machine": Mistake(change={"xconan.cross.toml": CROSS.replace("aarch64", "arm64") + "{files}"},
                                          run="build", says="'linux_arm64' is not a known platform tag",
                                          remedy="did you mean 'linux_aarch64'?",
                                          mend={"xconan.cross.toml": ("linux_arm64", "linux_aarch64")}),
    "machine without a system": Mistake(change={"xconan.cross.toml": CROSS.replace("linux_", "") + "{files}"},
                                        run="build", says="'aarch64' is not a known platform tag",
                                        remedy="did you mean 'linux_aarch64'?",
                                        mend={"xconan.cross.toml": ("'aarch64'", "'linux_aarch64'")}),
    "misspelt key of a cross.toml": Mistake(change={"xconan.cross.toml": CROSS.replace("arch", "arhc") + "{files}"},
                                            run="build", says="unknown key 'arhc'", remedy="did you mean 'arch'?",
                                            mend={"xconan.cross.toml": ("arhc", "arch")}),
    "a table above a cross.toml": Mistake(change={"xconan.cross.toml": "[cross]\n" + CROSS + "{files}"}, run="build",
                                          says="unknown key 'cross'", remedy="leave out [cross]",
                                          mend={"xconan.cross.toml": ("[cross]\n", "")}),
    "misspelt toolchain": Mistake(change={"xconan.cross.toml": CROSS + "toolchain = 'zigg'\n{files}"}, run="build",
                                  says="'zigg' is not one of zig, gcc, clang", remedy="did you mean 'zig'?",
                                  mend={"xconan.cross.toml": ("toolchain = 'zigg'\n", "")}),
    "toolchain file that is not there": Mistake(
        change={"xconan.cross.toml": CROSS + "toolchain_file = 'no.cmake'\n{include}"}, run="build", code=3,
        says="there is no {root}/no.cmake", remedy="it is relative to this file",
        mend={"xconan.cross.toml": ("toolchain_file = 'no.cmake'\n", "{toolchain}")}),
    "headers that are not there": Mistake(change={"xconan.cross.toml": CROSS + "{toolchain}include_dir = '/nowhere'\n"},
                                          run="build", code=3, says="there is no /nowhere", remedy="check the path",
                                          mend={"xconan.cross.toml": ("include_dir = '/nowhere'\n", "{include}")}),
    # pyproject.toml
    "no [project]": Mistake(change={PYPROJECT: ("[project]", "[projekt]")}, says="there is no [project] table",
                            remedy="write [project] with name", mend={PYPROJECT: ("[projekt]", "[project]")}),
    "no name": Mistake(change={PYPROJECT: ('name = "demo"\n', "")}, says="there is no name", remedy='write name = "…"',
                       mend={PYPROJECT: ("[project]", '[project]\nname = "demo"')}),
    "no version": Mistake(change={PYPROJECT: ('version = "1.2"\n', "")}, says='"project.version" missing',
                          remedy='write version = "1.0"',
                          mend={PYPROJECT: ("[project]", '[project]\nversion = "1.2"')}),
    "no version, the other way": Mistake(
        change={PYPROJECT: ('version = "1.2"\n', 'dynamic = ["version"]\n')}, says="__init__.py has no __version__",
        remedy="add it to {root}/demo/__init__.py",
        mend={"demo/__init__.py": '__version__ = "1.2"\nfrom . import _core\n'}),
    "version that is none": Mistake(change={PYPROJECT: ('"1.2"', '"1.x"')}, says="PEP 440 version",
                                    remedy='write version = "1.0"', mend={PYPROJECT: ('"1.x"', '"1.2"')}),
    "version without quotes": Mistake(change={PYPROJECT: ('"1.2"', "1.2")}, says="this must be a string, not 1.2",
                                      remedy="write it as a string", mend={PYPROJECT: ("= 1.2", '= "1.2"')}),
    "no TOML": Mistake(change={PYPROJECT: ('"1.2"', "1.2.3")}, says="this is not valid TOML", remedy="mend that line",
                       mend={PYPROJECT: ("1.2.3", '"1.2"')}),
    "underscore for a dash": key('requires_python = ">=3.8"', "Extra keys present in \"project\": 'requires_python'",
                                 "did you mean 'requires-python'", 'requires-python = ">=3.8"'),
    "Python's versions": key('requires-python = "3.8+"', "specifier",
                             'requires-python = ">=3.10"', 'requires-python = ">=3.10"'),
    "requirement of pip's": key('dependencies = ["numpy 1.2"]', "invalid PEP 508 requirement", '"numpy>=1.26"',
                                'dependencies = ["numpy>=1.26"]'),
    "readme that is not there": key('readme = "README.md"', "Readme file not found", "leave readme out", ""),
    "command without function": Mistake(
        change=tool('scripts.demo = "demo.cli"'), says="'demo.cli' names no function",
        remedy='write it as "package.module:function"',
        mend={PYPROJECT: ('"demo.cli"', '"demo:main"'), "demo/__init__.py": "from ._core import main\n"}),
    "misspelt key": key("[tool.xconan.cmake]\noption = {A = 1}", "unknown key 'option'", "did you mean 'options'?",
                        "[tool.xconan.cmake]\noptions = {A = 1}"),
    "misspelt table": key("[tool.xconan.cmkae]", "unknown key 'cmkae'", "did you mean 'cmake'?", "[tool.xconan.cmake]"),
    "misspelt tool": key("[tool.xconam.cmake]", "nobody reads this table", "did you mean [tool.xconan]?",
                         "[tool.xconan.cmake]"),
    "Conan's requirements in the wrong table": key(
        "[tool.conan]\nrequires = ['lz4/1.9.4']", "nobody reads this table", "did you mean [tool.xconan.conan]?",
        "[tool.xconan.conan]\nrequires = ['lz4/1.9.4']"),
    "wrong type": key("[tool.xconan.cmake]\nfind_python = 'yes'", "this must be a bool, not a string ('yes')",
                      "write find_python = true, or false", "[tool.xconan.cmake]\nfind_python = true"),
    "list for a table": key("[tool.xconan.cmake]\noptions = ['-DA=1']", "this must be a table of options",
                            "write options = {WITH_X = true}", "[tool.xconan.cmake]\noptions = {A = true}"),
    "wrong choice": key("[tool.xconan.wheel]\npolicy = 'warn'", "'warn' is not one of error, warning",
                        "did you mean 'warning'?", "[tool.xconan.wheel]\npolicy = 'warning'"),
    "local file with pyproject.toml's tables": Mistake(
        change={"xconan.local.toml": "[tool.xconan.cmake]\nbuild_type = 'Debug'\n"}, says="unknown key 'tool'",
        remedy="leave out [tool.xconan]", mend={"xconan.local.toml": "[cmake]\nbuild_type = 'Debug'\n"}),
    "missing build requirement": Mistake(
        change={PYPROJECT: ('["xconan"]', '["xconan", "no-such-thing"]')}, says="this environment lacks no-such-thing",
        remedy="pip install 'no-such-thing'", mend={PYPROJECT: (', "no-such-thing"', "")}),
    # Conan
    "requires in pip's words": key('[tool.xconan.conan]\nrequires = ["lz4==1.9.4"]', "'lz4==1.9.4' is not one req",
                                   "write NAME/VERSION", '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]'),
    "requires without a version": key('[tool.xconan.conan]\nrequires = ["lz4"]', "'lz4' is not one requirement",
                                      "write NAME/VERSION", '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]'),
    "requires as one string": key(
        '[tool.xconan.conan]\nrequires = "lz4/1.9.4, zlib/1.3"', "is not one requirement", "each in its own quotes",
        '[tool.xconan.conan]\nrequires = ["lz4/1.9.4", "zlib/1.3"]'),
    "both conanfiles": Mistake(
        change={"conanfile.txt": "[requires]\nlz4/1.9.4\n", "conanfile.py": "x = 1\n"},
        says="there are conanfile.py and conanfile.txt", remedy="remove one", mend={"conanfile.py": None}),
    "both conanfiles, the other way": Mistake(
        change={"conanfile.txt": "[requires]\nlz4/1.9.4\n", "conanfile.py": "x = 1\n"},
        says="there are conanfile.py and conanfile.txt", remedy='conanfile = "conanfile.py"',
        mend=tool('[tool.xconan.conan]\nconanfile = "conanfile.py"')),
    "conanfile and requires": Mistake(
        change={"conanfile.txt": "[requires]\nlz4/1.9.4\n", **tool(LZ4)},
        says="the project has conanfile.txt and this as well", remedy="name the requirements in conanfile.txt",
        mend={PYPROJECT: (LZ4, "")}),
    "options as a list": key(
        '[tool.xconan.conan]\noptions = ["lz4/*:shared=True"]', "this must be a table of options",
        'write options = {"lz4/*:shared" = true}', '[tool.xconan.conan]\noptions = {"lz4/*:shared" = true}'),
    "package to build": Mistake(
        change=tool(LZ4), run="build -b lz4 --cross {cross}", says="'lz4' is neither a pattern of packages nor",
        remedy="for a package write 'lz4/*'", where="-b lz4", then="build -b lz4/* --cross {cross}"),
    "misspelt mode": Mistake(
        change=tool(LZ4), run="build -b mising --cross {cross}", says="'mising' is neither a pattern",
        remedy="did you mean 'missing'?", where="-b mising", then="build -b missing --cross {cross}"),
    "misspelt remote": Mistake(
        change=tool(LZ4), run="build --upload shard --cross {cross}", says="Conan has no remote 'shard'",
        remedy="did you mean 'shared'?", then="build --upload shared --cross {cross}"),
    "nothing for Conan": Mistake(
        run="lock --cross {cross}", says="the project asks nothing of Conan", remedy="in [tool.xconan.conan]",
        mend=tool(LZ4)),
    # Python files and CMakeLists.txt
    "no CMakeLists.txt": Mistake(
        change={"CMakeLists.txt": None}, says="without a CMakeLists.txt beside pyproject.toml",
        remedy="write a CMakeLists.txt", mend={"CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n"}),
    "forgotten CMakeLists.txt": Mistake(
        change={"CMakeLists.txt": None, "demo/__init__.py": "from . import _core\n"}, run="build", code=6,
        says="demo/__init__.py:1 imports demo._core, and no file of the wheel is that module",
        remedy="by a CMakeLists.txt beside pyproject.toml that has install(TARGETS _core DESTINATION demo)",
        mend={"demo/_core.py": ""}),
    "CMakeLists.txt that is not asked": Mistake(
        change={"demo/__init__.py": "from . import _core\n", **tool("[tool.xconan.wheel]\npure_python = true")},
        run="build", code=6, says="demo/__init__.py:1 imports demo._core, and no file of the wheel is that module",
        remedy="take tool.xconan.wheel.pure_python = true away", mend={"demo/_core.py": ""}),
    "CMakeLists.txt elsewhere": Mistake(
        change={"CMakeLists.txt": None, "native/CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n"},
        says="without a CMakeLists.txt beside pyproject.toml", remedy='[tool.xconan.cmake] source_path = "native"',
        mend=tool('[tool.xconan.cmake]\nsource_path = "native"')),
    "folder with a dash": Mistake(
        change={PYPROJECT: ('"demo"', '"My-Pkg"'), "My-Pkg/__init__.py": "", "demo/__init__.py": None},
        says="there is the folder My-Pkg, but Python can't import a name with -",
        remedy="rename the folder to My_Pkg", mend={"My-Pkg/__init__.py": None, "My_Pkg/__init__.py": ""},
        installed=(OTHER_MODULE.format("My_Pkg"),) * 2),
    "folder in other letters": Mistake(
        change={PYPROJECT: ('"demo"', '"My-Pkg"'), "my_pkg/__init__.py": "", "demo/__init__.py": None},
        says="the package My_Pkg would be missing: there is the folder my_pkg",
        remedy='write [tool.xconan.module] name = "my_pkg"', mend={PYPROJECT: (
            '"My-Pkg"\nversion = "1.2"\n', '"My-Pkg"\nversion = "1.2"\n[tool.xconan.module]\nname = "my_pkg"\n')},
        installed=(OTHER_MODULE.format("my_pkg"),) * 2),
    "package in another folder": Mistake(
        change={"python/demo/__init__.py": "", "demo/__init__.py": None},
        says="has its Python files in python/demo", remedy='[tool.xconan.module] directory = "python"',
        mend=tool('[tool.xconan.module]\ndirectory = "python"')),
    "forgotten install()": Mistake(
        code=6, says="no file in it is a binary", remedy="install(TARGETS … DESTINATION demo)",
        installed=("", MODULE)),
    "wrong destination": Mistake(
        code=6, says="lib/ has no Python file, and no file of the wheel imports from it",
        remedy="DESTINATION demo)", installed=(OTHER_MODULE.format("lib"), MODULE)),
    "installed at the top": Mistake(
        code=6, says="it lies at the top of the wheel", remedy="DESTINATION demo)",
        installed=(MODULE.partition("/")[2], MODULE)),
    "folder of wheels is a file": Mistake(
        change={"out": ""}, run="build -o out --cross {cross}", says="the wheel's folder is a file",
        remedy="name another folder", then="build -o out2 --cross {cross}"),
    # host Pythons, toolchains, first projects
    "version with a patch": Mistake(
        run="python add 3.11.2 --for manylinux_2_17_aarch64 --from {hosts}/aarch64",
        says="'3.11.2' is no Python version", remedy="major and minor are enough: 3.11",
        then="python add 3.11 --for manylinux_2_17_aarch64 --from {hosts}/aarch64"),
    "Python for no host": Mistake(
        run="python add 3.11", says="for which host?", remedy="xconan python add 3.11 --for manylinux_2_17_aarch64",
        then="python add 3.11 --for manylinux_2_17_aarch64"),
    "host for no Python": Mistake(
        run="python add --for manylinux_2_17_aarch64", says="which Python?",
        remedy="xconan python add 3.13 --for manylinux_2_17_aarch64",
        then="python add 3.13 --for manylinux_2_17_aarch64"),
    "misspelt source": Mistake(
        run="python add 3.11 --for manylinux_2_17_aarch64 --from debain", says="there is no {root}/debain",
        remedy=f"give {', '.join(SOURCES)}, a folder, an archive, or an address",
        then="python add 3.11 --for manylinux_2_17_aarch64 --from {hosts}/aarch64"),
    "empty store": Mistake(
        run="python path cp311-linux-aarch64", says="the store has no cp311-linux-aarch64",
        remedy="it is empty; `xconan python add 3.11 --for linux_aarch64` adds it",
        then="python add 3.11 --for linux_aarch64", again=True),
    "empty store, musl": Mistake(
        run="python path cp312-linux-x86_64-musl", says="the store has no cp312-linux-x86_64-musl",
        remedy="it is empty; `xconan python add 3.12 --for musllinux_1_2_x86_64` adds it",
        then="python add 3.12 --for musllinux_1_2_x86_64", again=True),
    "empty store, and a name that is none": Mistake(
        run="python path cp313-x", says="the store has no cp313-x",
        remedy="it is empty; `xconan python add 3.13 --for manylinux_2_17_aarch64` adds a Python",
        then="python add 3.13 --for manylinux_2_17_aarch64"),
    "bundle without its kind": Mistake(
        change={"bundles/x-tools/aarch64-rpi3-linux-gnu/bin/aarch64-rpi3-linux-gnu-gcc": ""},
        run="toolchain path aarch64-rpi3-linux-gnu", says="'aarch64-rpi3-linux-gnu' names no bundle",
        remedy="did you mean x-tools:aarch64-rpi3-linux-gnu?", then="toolchain path x-tools:aarch64-rpi3-linux-gnu"),
    "name that is no name": Mistake(
        run="new 1fast", says="'1fast' can't be the name of a package", remedy="my-1fast", then="new my-1fast"),
    "folder that is full": Mistake(
        change={"fast/x.py": ""}, run="new fast", says="there are files in the project's folder already",
        remedy="another folder with -o", then="new fast -o other"),
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A project that builds, and what stands for {…} in a row."""

    bench: Workbench
    words: Mapping[str, str]

    def fill(self, text: str) -> str:
        """A text of a row, with the paths of this machine."""
        for name, value in self.words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def edit(self, changes: Mapping[str, Change]) -> None:
        """Change the project's files."""
        for name, change in changes.items():
            path = self.bench.root / name
            if change is None:
                path.unlink()
            elif isinstance(change, tuple):
                text = path.read_text("utf-8")
                assert change[0] in text
                path.write_text(text.replace(change[0], self.fill(change[1])), "utf-8")
            else:
                self.bench.write(name, self.fill(change))

    def install(self, name: str) -> None:
        """Have CMake install the module there; "" for nothing."""
        module = Elf().library("PyInit__core", needed=("libc.so.6",))
        self.bench.cmake.installs[""] = {name: module} if name else {}

    def run(self, command: str) -> int:
        """Run xconan with these words; for a target by name CMake makes what the running Python's headers have it."""
        installs = self.bench.cmake.installs.get("", {})
        if f" {RUNNING}-" in command and MODULE in installs:
            self.bench.cmake.installs[""] = {MODULE.replace("311", RUNNING[2:]): installs[MODULE]}
        try:
            return main(shlex.split(self.fill(command)))
        except SystemExit as ended:
            return int(ended.code or 0)


def _fetched(hosts: Path) -> Callable[..., Fetched]:
    def fetch(target: Target, work: Path, *, runnable: bool) -> Fetched:
        del runnable
        minor = int(target.version[1:])
        tree = write_tree(work / "tree" / f"include/python3.{minor}", headers((3, minor, 0))).parents[1]
        return Fetched(tree=tree, source=f"standalone, beside {hosts}", files={})

    return fetch


@pytest.fixture
def scene(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The project demo, whose cross.toml, toolchain and headers are there, on a machine with zig for aarch64."""
    monkeypatch.delenv("XCONAN_VERBOSE")
    monkeypatch.setenv("XCONAN_OFFLINE", "1")
    monkeypatch.setitem(sys.modules, "ziglang", None)
    monkeypatch.setenv("XCONAN_TOOLCHAINS", str(bench.root / "bundles"))
    # the network, which a unit test does not reach: what standalone builds are, from a folder
    monkeypatch.setattr("xconan.fetch.pythons.standalone.fetch_standalone", _fetched(bench.hosts))
    cross = bench.cross()
    install_zig(bench.door, bench.cmake, "manylinux_2_17_aarch64")
    by_name = Path(os.environ["XCONAN_CACHE"], "gcc/aarch64/toolchain.cmake")
    bench.cmake.toolchains[str(by_name)] = bench.cmake.toolchains[str(bench.hosts / "aarch64.cmake")]
    bench.conan.report = replace(
        bench.conan.report, stdout='{"remotes": [{"name": "shared", "url": "https://conan.test", "enabled": true}]}\n'
    )
    toolchain = f"toolchain_file = '{bench.hosts / 'aarch64.cmake'}'\n"
    include = f"include_dir = '{bench.hosts / 'aarch64/include/python3.11'}'\n"
    words = {"cross": str(cross), "root": str(bench.root), "hosts": str(bench.hosts)}
    words |= {"project": PROJECT}
    words |= {"toolchain": toolchain, "include": include, "files": toolchain + include}
    return Scene(bench, words)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str, scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    mistake = MISTAKES[name]
    before, after = mistake.installed
    scene.edit(mistake.change)
    if after:
        scene.install(before)
    assert scene.run(mistake.run) == mistake.code
    said = capfd.readouterr().err
    assert "xconan: error: " in said
    assert scene.fill(mistake.says) in said
    assert scene.fill(mistake.remedy) in said
    assert "Traceback" not in said
    assert not mistake.where or f"where: {scene.fill(mistake.where)}" in said
    # the remedy, followed literally
    scene.edit(mistake.mend)
    if after:
        scene.install(after)
    command = mistake.then or mistake.run
    assert scene.run(command) == 0, capfd.readouterr().err
    assert not command.startswith("build") or list(scene.bench.root.glob("*/*.whl"))
    assert not mistake.again or scene.run(mistake.run) == 0


def test_there_are_forty() -> None:
    assert len(MISTAKES) >= 40


# --- what the machine lacks ------------------------------------------------------------------------------------------


def test_no_zig(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    scene.bench.door.remove("zig")
    command = f"build --target {RUNNING}-manylinux_2_17_aarch64"
    assert scene.run(command) == 3
    said = capfd.readouterr().err
    assert "there is no toolchain for manylinux_2_17_aarch64" in said
    assert "help:  pip install 'xconan[zig]'" in said
    install_zig(scene.bench.door, scene.bench.cmake, "manylinux_2_17_aarch64")
    assert scene.run(command) == 0


def test_no_compiler(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Natively: the package to install, and what works without root."""
    scene.bench.door.install("apt-get", lambda _: None)
    scene.edit(tool('[tool.xconan.wheel]\npython_abi = "none"'))
    scene.edit({"demo/__init__.py": ""})
    assert scene.run("build") == 3
    said = capfd.readouterr().err
    assert "where: the compilers of this machine" in said
    assert "help:  `apt-get install g++` as root; or, without root, xconan build --target " in said
    assert f"--target {running_target().interpreter}-{running_target().platform.tag}" in said
    assert "toolchain file" not in said
    scene.bench.door.remove("zig")
    assert scene.run("build") == 3
    assert "or, without root, pip install 'xconan[zig]' and xconan build --target " in capfd.readouterr().err
    scene.bench.native()
    scene.bench.cmake.installs[""] = {"demo/libx.so": Elf(machine="X86_64").library()}
    assert scene.run("build") == 0


def test_no_path(scene: Scene, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """As by `env -i`: CMake finds no compiler, which is not for want of one."""
    scene.edit(tool('[tool.xconan.wheel]\npython_abi = "none"'))
    scene.edit({"demo/__init__.py": ""})
    before = os.environ["PATH"]
    monkeypatch.setenv("PATH", "")
    assert scene.run("build") == 3
    said = capfd.readouterr().err
    assert f"help:  compilers are looked for on PATH, which is not set: export PATH={os.defpath}\n" in said
    monkeypatch.setenv("PATH", before)
    scene.bench.native()
    scene.bench.cmake.installs[""] = {"demo/libx.so": Elf(machine="X86_64").library()}
    assert scene.run("build") == 0


def test_compiler_of_the_environment(scene: Scene, monkeypatch: pytest.MonkeyPatch,
                                     capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setenv("CC", "no-such-gcc")
    assert scene.run("build") == 3
    assert "help:  correct CC and CXX in the environment, or install a C++ compiler" in capfd.readouterr().err


def test_gcc_that_is_not_installed(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """The package is Debian's: tests/e2e asks apt whether it is there."""
    for name in [name for name in scene.bench.door.programs if name.startswith("aarch64-linux-gnu-g")]:
        scene.bench.door.remove(name)
    scene.edit({"xconan.cross.toml": CROSS.replace("linux_", "manylinux_2_17_") + "toolchain = 'gcc'\n{include}"})
    assert scene.run("build") == 3
    said = capfd.readouterr().err
    assert "there is no gcc for manylinux_2_17_aarch64" in said
    assert "help:  apt-get install g++-aarch64-linux-gnu, or toolchain = 'zig'" in said
    scene.edit({"xconan.cross.toml": ("'gcc'", "'zig'")})
    install_zig(scene.bench.door, scene.bench.cmake, "manylinux_2_17_aarch64")
    assert scene.run("build") == 0


@pytest.mark.parametrize(("table", "sentence"), [
    ('[build-system]\nrequires = ["xconan"]\nbuild-backend = "xconan.build"\n', "is missing"),
    ('build-backend = "xconan.build"\n', "names no build-backend"),
    ('"xconan.build"', "names xconan"),
])  # fmt: skip
def test_other_build_backend(table: str, sentence: str, scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """xconan builds what it is asked for; pip would ask another backend, and that is said."""
    instead = '"xconan"' if table == '"xconan.build"' else ""
    scene.edit({PYPROJECT: (table, instead)})
    assert scene.run(BUILD) == 0
    said = capfd.readouterr().err
    assert f"xconan: warning: [build-system] in {scene.bench.root / PYPROJECT} {sentence}" in said
    assert 'write [build-system] requires = ["xconan"] and build-backend = "xconan.build"' in said
    text = (scene.bench.root / PYPROJECT).read_text("utf-8")
    written = '[build-system]\nrequires = ["xconan"]\nbuild-backend = "xconan.build"\n'
    scene.bench.write(PYPROJECT, written + text[text.index("[project]") :])
    assert scene.run(BUILD) == 0
    assert "build-system" not in capfd.readouterr().err


def test_backend_whose_place_xconan_takes(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """It need not be here, while what else the project requires must be; and no frontend would ask xconan then."""
    system = '[build-system]\nrequires = ["xconan"]\nbuild-backend = "xconan.build"\n'
    other = '[build-system]\nrequires = ["no.such-backend~=0.5"{}]\nbuild-backend = "no_such_backend.build"\n'
    scene.edit({PYPROJECT: (system, other.format(', "no-such-thing"'))})
    assert scene.run(BUILD) == 2
    said = capfd.readouterr().err
    assert "this environment lacks no-such-thing\n" in said
    assert "help:  pip install 'no-such-thing'\n" in said
    scene.edit({PYPROJECT: (', "no-such-thing"', "")})
    assert scene.run(BUILD) == 0
    assert "names no_such_backend.build" in capfd.readouterr().err


@pytest.mark.skipif(not READ_ONLY.exists(), reason="this system has no /proc")
def test_cache_that_can_not_be_written(scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                       capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Of a cache that nobody has named, the variable that names another one."""
    monkeypatch.delenv("XCONAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(READ_ONLY))
    command = f"build --target {RUNNING}-manylinux_2_17_aarch64"
    assert scene.run(command) == 1
    said = capfd.readouterr().err
    assert f"where: {READ_ONLY}/xconan" in said
    assert "help:  set XCONAN_CACHE to a folder that can be written" in said
    monkeypatch.setenv("XCONAN_CACHE", str(tmp_path / "elsewhere"))
    install_zig(scene.bench.door, scene.bench.cmake, "manylinux_2_17_aarch64")
    assert scene.run(command) == 0
