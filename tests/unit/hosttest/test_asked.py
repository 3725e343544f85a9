"""What a host's Python says of itself, and the tags that it takes: packaging, which knows the running one, agrees."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from tests.support import facts
from tests.support.door import Answer
from tests.support.elf import Elf
from tests.support.installations import write_tree
from xconan import emulate
from xconan.build_machine.buildenv import running_target
from xconan.emulate import Runner
from xconan.ground.errors import HostPythonError
from xconan.hosttest import asked
from xconan.hosttest.asked import ask_python

if TYPE_CHECKING:
    from tests.support.door import Door

HERE = Runner(argv=(sys.executable,), env={})
OLDEST = (3, 7)  # of the Pythons that wheels are built for


def test_the_running_python() -> None:
    """Its tags and markers are those that installers know, by the same library as theirs."""
    answer = ask_python(Path(sys.executable), os.environ, running_target(), HERE)
    tags = [tag for tag in sys_tags() if tag.interpreter == running_target().interpreter]
    assert {*answer.abis} == {tag.abi for tag in tags}
    assert {*answer.platforms} == {tag.platform for tag in tags} - {"any"}
    assert answer.markers == default_environment()


@pytest.mark.parametrize("script", [asked._ASK, emulate._IMPORT, emulate._LOAD, emulate.WITHOUT_FOLDER])  # noqa: SLF001 - what hosts run
def test_what_hosts_run_is_for_old_ones_too(script: str) -> None:
    """The standard library of the oldest host alone, in its syntax: libraries of today do without old Pythons."""
    tree = ast.parse(script, feature_version=OLDEST)
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("name", "libc", "platforms"),
    [
        ("cp39-linux_aarch64", "glibc 2.18", ["manylinux_2_18", "manylinux_2_17", "manylinux2014", "linux"]),
        ("cp39-linux_armv7l", "glibc 2.17-2014.11", ["manylinux_2_17", "manylinux2014", "linux"]),
        ("cp39-linux_armv6l", "glibc 2.31", ["linux"]),
        ("cp39-linux_x86_64", "glibc 2.6", ["manylinux_2_6", "manylinux_2_5", "manylinux1", "linux"]),
        ("cp39-linux_aarch64", "", ["linux"]),
        ("cp39-win_amd64", "", ["win"]),
    ],
)
def test_platforms(name: str, libc: str, platforms: list[str], door: Door) -> None:
    answer = _asked(door, name, {"libc": libc})
    arch = name.split("-")[1].partition("_")[2]
    assert answer.platforms == tuple(f"{kind}_{arch}" for kind in platforms)
    assert answer.abis == ("cp39", "abi3", "none")


@pytest.mark.parametrize("root", [False, True])
def test_musls_loader_says_its_version(root: bool, door: Door, tmp_path: Path) -> None:  # noqa: FBT001
    """It is run as the program is: by the emulator, below the host's root; or it is what runs the program."""
    program = tmp_path / "python3.12"
    program.write_bytes(Elf().program("/lib/ld-musl-aarch64.so.1"))
    says = "musl libc (aarch64)\nVersion 1.2.3\nDynamic Program Loader\n"
    loader = str(tmp_path / "lib/ld-musl-aarch64.so.1")
    write_tree(tmp_path, {"lib/ld-musl-aarch64.so.1": b""})
    emulator = door.install("qemu-aarch64", lambda _: Answer(code=1, stderr=says))
    door.scripts[loader] = lambda _: Answer(code=1, stderr=says)
    before = (str(emulator), "-L", str(tmp_path)) if root else (loader,)
    answer = _asked(door, "cp312-linux_aarch64", {"libc": ""}, Runner(argv=(*before, str(program)), env={}))
    assert answer.platforms == tuple(
        f"{kind}_aarch64" for kind in ("musllinux_1_2", "musllinux_1_1", "musllinux_1_0", "linux")
    )
    assert not root or door.called("qemu-aarch64")[0].argv[1:] == (*before[1:], loader)


def test_pypys_abi(door: Door) -> None:
    answer = _asked(door, "pp39-linux_x86_64", {"suffix": ".pypy39-pp73-x86_64-linux-gnu.so"})
    assert answer.abis == ("pypy39_pp73", "none")


def test_a_python_that_does_not_run(door: Door) -> None:
    with pytest.raises(HostPythonError, match="does not run: no libc"):
        _asked(door, "cp39-linux_aarch64", {}, code=127)


def _asked(
    door: Door, name: str, said: dict[str, str], runner: Runner = HERE, code: int = 0
) -> asked.Answer:  # fmt: skip
    whole = {"libc": "", "macos": "", "suffix": "", "markers": {}, **said}
    program = door.install("python", lambda _: Answer(code=code, stdout=json.dumps(whole), stderr="no libc\n"))
    program.write_text("#!/bin/sh\nexec it\n")
    return ask_python(program, {}, facts.target(name), runner)
