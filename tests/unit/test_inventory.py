"""`xconan targets` and `xconan doctor`, on machines of all kinds: PATH is a folder of the test's own."""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.compilers import compilers_of
from tests.support.installations import below, headers, write_tree
from xconan import doctor
from xconan.build_machine.buildenv import running_target
from xconan.build_machine.tools import Tool
from xconan.cli import main
from xconan.ground.run import capture
from xconan.host.platforms import Libc, parse_platform, table
from xconan.inventory import Inventory, answer, list_platforms, list_pythons, runs_here, take_inventory
from xconan.release.prepare import can_run
from xconan.toolchains.records import EMSCRIPTEN

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
GCC = """\
#!/bin/sh
echo "#define __GNUC__ 12"; echo "#define __GNUC_MINOR__ 2"; echo "#define __GNUC_PATCHLEVEL__ 0"
echo "#define __GLIBC__ 2"; echo "#define __GLIBC_MINOR__ 31"
"""
ZIG = Tool(path=Path("/z/zig"), version="0.17.1")
HEALTHY = {"cmake": "#!/bin/sh\necho cmake version 3.25.1\n", "ninja": "#!/bin/sh\necho 1.11\n",
           **dict.fromkeys(("cc", "c++"), "#!/bin/sh\nexit 0\n")}  # fmt: skip


def programs(folder: Path, scripts: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in scripts.items():
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH; the package ziglang can't be imported."""
    folder = programs(tmp_path / "bin", {})
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "ziglang", None)
    return folder


@pytest.fixture
def bare_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No programs beside the interpreter: tools come from PATH."""
    home = programs(tmp_path / "python", {})
    (home / "python3").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(home / "python3"))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(list(arguments))
    return code, capsys.readouterr().out


def state(about: str, *, online: bool = False) -> doctor.Line:
    return next(line for line in doctor.examine(online=online) if line.about == about)


def test_nothing_at_hand(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not list(path.iterdir())
    code, text = printed(capsys, "targets")
    assert code == 0
    assert re.search(r"^linux aarch64 glibc +-  +none  +-$", text, re.MULTILINE)
    assert "\nlinux loongarch64 glibc  -  " in text  # the longest
    assert "pip install 'xconan[zig]' or apt-get install g++-s390x-linux-gnu: for linux s390x glibc" in text
    by_zig_alone = next(line for line in text.splitlines() if line.startswith("pip install 'xconan[zig]': for "))
    assert {"linux musl", "mac", "windows"} <= set(by_zig_alone.partition(": for ")[2].split(", "))
    for arch, row in table()["linux"].items():  # no package is named that Debian has not
        assert (f"linux {arch} glibc" in by_zig_alone) == ("gcc" not in row.toolchains)
    assert "apt-get install qemu-user-static: to run" in text
    assert "no host Python for windows" in text


def test_gcc_at_hand(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs(path, {f"aarch64-linux-gnu-{name}": GCC for name in ("gcc", "g++")} | {"qemu-aarch64": ""})
    code, text = printed(capsys, "targets", "--json")
    rows = json.loads(text)["platforms"]
    row = next(one for one in rows if (one["arch"], one["libc"]) == ("aarch64", "glibc"))
    assert code == 0
    assert row["tag"] == "manylinux_2_31_aarch64"
    assert row["compilers"] == [
        {"name": "gcc", "version": "12.2.0", "program": str(path / "aarch64-linux-gnu-gcc"), "oldest": "2.31"}
    ]
    assert row["emulator"] == str(path / "qemu-aarch64")
    assert row["needs"] == []
    assert {frozenset(one) for one in rows} == {frozenset(row)}


def test_a_compiler_that_crashes_is_none(path: Path) -> None:
    programs(path, dict.fromkeys(("s390x-linux-gnu-gcc", "s390x-linux-gnu-g++"), "#!/bin/sh\nkill -SEGV $$\n"))
    assert take_inventory().gccs == {}


@pytest.mark.parametrize(
    ("target", "compiler", "words"),
    [
        (f"{HERE}-linux_aarch64", "gcc", ""),
        (f"{HERE}-manylinux_2_31_aarch64", "zig", ""),
        (f"{HERE}-manylinux_2_17_aarch64", "zig", ""),
        (f"{HERE}-musllinux_1_2_aarch64", "zig", ""),
        (f"{HERE}-linux_s390x", "zig", ""),
        (f"{HERE}-manylinux_2_17_ppc64le", "", "manylinux_2_19_ppc64le"),
        ("cp36-linux_aarch64", "gcc", "headers of cp36"),
    ],
)
def test_one_target(target: str, compiler: str, words: str, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs(path, {f"aarch64-linux-gnu-{name}": GCC for name in ("gcc", "g++")})
    inventory = Inventory(zig=ZIG, gccs=take_inventory().gccs, clang=None)
    found = answer(inventory, target)
    assert (found.compiler.name if found.compiler else "") == compiler
    assert found.ready == (not words)
    assert words in " ".join(found.needs)
    if not compiler:
        assert printed(capsys, "targets", target)[0] == 3


def arm_compilers(path: Path, instruction_set: str) -> Inventory:
    """What Debian names the cross gcc of ARM, and clang, which take these instructions where nothing else is said."""
    text = f'{GCC}echo "#define __clang_major__ 14"; echo "#define __ARM_ARCH {instruction_set}"\n'
    programs(
        path, dict.fromkeys([*(f"arm-linux-gnueabihf-{name}" for name in ("gcc", "g++")), "clang", "clang++"], text)
    )
    return take_inventory()


def test_debians_gcc_is_too_new_for_armv6(path: Path) -> None:
    """Its own files are ARMv7's: a build with it ends in an error, so neither it nor its package is offered."""
    inventory = arm_compilers(path, "7")
    found = answer(inventory, f"{HERE}-linux_armv6l")
    assert found.compiler is None
    assert [need for need in found.needs if "compiler" in need] == [
        "a compiler for linux_armv6l: pip install 'xconan[zig]'"
    ]
    row = next(
        row for row in list_platforms(inventory) if (row.arch, row.libc and row.libc.name) == ("armv6l", "GLIBC")
    )
    assert (row.compilers, row.needs) == ((), ("pip install 'xconan[zig]'",))
    assert names(inventory, "armv7l") == ["gcc", "clang"]
    with_zig = Inventory(zig=ZIG, gccs=inventory.gccs, clang=inventory.clang)
    assert names(with_zig, "armv6l") == ["zig"]
    assert names(with_zig, "armv7l") == ["gcc", "zig", "clang"]


def test_a_gcc_that_is_old_enough_for_armv6(path: Path) -> None:
    inventory = arm_compilers(path, "6")
    assert names(inventory, "armv6l") == ["gcc", "clang"]
    assert names(Inventory(zig=ZIG, gccs=inventory.gccs, clang=inventory.clang), "armv6l") == ["zig", "gcc", "clang"]


def names(inventory: Inventory, arch: str) -> list[str]:
    """The compilers that are offered for a tag without a C library, the usual one first."""
    return [compiler.name for compiler in inventory.compilers(parse_platform(f"linux_{arch}"))]


def test_a_stored_python_serves(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(path, {f"aarch64-linux-gnu-{name}": GCC for name in ("gcc", "g++")})
    monkeypatch.setenv("XCONAN_PYTHONS", str(tmp_path / "pythons"))
    needs = answer(take_inventory(), "cp36-linux_aarch64").needs
    assert [need for need in needs if "xconan python add 3.6 --for linux_aarch64" in need]
    entry = tmp_path / "pythons" / "cp36-linux-aarch64"
    write_tree(entry, below("include/python3.6m", headers((3, 6, 9))))
    record = {"version": "3.6.9", "include": "include/python3.6m", "source": "debian buster", "files": {}}
    (entry / "xconan-python.json").write_text(json.dumps(record), "utf-8")
    assert answer(take_inventory(), "cp36-linux_aarch64").ready
    assert list_pythons()[-1].hosts == ("linux aarch64 glibc",)


def test_an_old_enough_gcc_serves_a_tag(path: Path) -> None:
    programs(path, {f"aarch64-linux-gnu-{name}": GCC for name in ("gcc", "g++")})
    inventory = take_inventory()
    assert answer(inventory, f"{HERE}-manylinux_2_31_aarch64").ready
    assert not answer(inventory, f"{HERE}-manylinux_2_30_aarch64").ready


def test_a_target_that_is_none(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert path.is_dir()
    with pytest.raises(SystemExit) as caught:
        main(["targets", f"{HERE}-linux_arm64", "--json"])
    assert caught.value.code == 2
    assert "linux_aarch64" in json.loads(capsys.readouterr().out)["errors"][0]["hint"]


def test_all_that_the_table_names_is_offered(path: Path) -> None:
    """For each host what its row names, and no more: the names of `toolchain` that reach it."""
    rows = [arch for os in ("linux", "windows") for arch in table()[os].values() if arch.gcc_package]
    every = {name for arch in rows for name in arch.toolchains}
    every.add("emscripten")
    compilers = {program for arch in rows for name in every for program in compilers_of(name, arch.triplet)}
    text = f'{GCC}echo "#define __clang_major__ 14"; echo "#define __ARM_ARCH 7"\n'  # as Debian's for armhf
    text += "".join(f'echo "#define {name} {number}"\n' for name, number in zip(EMSCRIPTEN, (3, 1, 6), strict=True))
    programs(path, dict.fromkeys(compilers, text))
    found = list_platforms(replace(take_inventory(), zig=ZIG))
    offered = {(row.os, row.arch): {one.name for one in row.compilers} for row in found if row.libc is not Libc.MUSL}
    assert offered == {
        (os, arch.name): set(arch.toolchains) if not arch.parts else {"zig"}
        for os, arches in table().items() for arch in arches.values() if arch.toolchains or arch.parts
    }  # fmt: skip


def test_zig_is_at_hand_for_all() -> None:
    rows = list_platforms(Inventory(zig=ZIG, gccs={}, clang=None))
    assert {row.os for row in rows if row.needs} == {"pyodide"}
    assert {row.tag for row in rows} >= {"manylinux_2_17_aarch64", "manylinux_2_19_ppc64le", "musllinux_1_2_armv7l"}
    assert "linux_armv6l" in {row.tag for row in rows}


@pytest.mark.usefixtures("path")
def test_musl_of_this_processor_needs_no_emulator(capsys: pytest.CaptureFixture[str]) -> None:
    """Its loader comes with it; whose own C library is musl runs no wheels for glibc."""
    arch = running_target().platform.arch.name
    rows = {(row.arch, row.libc): row.here for row in list_platforms(take_inventory()) if row.os == "linux"}
    assert {key for key, here in rows.items() if here} == {(arch, Libc.GLIBC), (arch, Libc.MUSL)}
    assert can_run(f"{HERE}-musllinux_1_2_{arch}")
    assert not can_run(f"{HERE}-musllinux_1_2_loongarch64")
    assert main(["targets"]) == 0
    told = next(line for line in capsys.readouterr().out.splitlines() if "to run what was built for" in line)
    assert f" {arch}," not in told


@pytest.mark.parametrize(
    ("told", "here"), [("x86_64-pc-linux-gnu", "manylinux_2_17"), ("x86_64-alpine-linux-musl", "musllinux_1_2")]
)
def test_wheels_for_another_c_library_run_elsewhere(told: str, here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arch, get = running_target().platform.arch.name, sysconfig.get_config_var
    values = {"HOST_GNU_TYPE": told, "SOABI": f"cpython-311-{arch}-linux-gnu"}  # older ones of Alpine are named so
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: values.get(name) or get(name))
    tags = ("manylinux_2_17", "musllinux_1_2", "linux")
    assert [tag for tag in tags if runs_here(parse_platform(f"{tag}_{arch}"))] == [here, "linux"]


def test_emscripten(path: Path) -> None:
    """It serves the tags of its own version; what another one needs is said."""
    text = "#!/bin/sh\n" + "".join(
        f'echo "#define {name} {n}"\n' for name, n in zip(EMSCRIPTEN, (4, 0, 9), strict=True)
    )
    programs(path, {"emcc": text, "em++": text})
    inventory = take_inventory()
    (row,) = (row for row in list_platforms(inventory) if row.os == "pyodide")
    assert (row.tag, [(one.name, one.version) for one in row.compilers]) == (
        "pyodide_2025_0_wasm32", [("emscripten", "4.0.9")],
    )  # fmt: skip
    assert (row.here, row.emulator) == (False, None)
    for tag in ("pyodide_2025_0_wasm32", "emscripten_4_0_9_wasm32", "pyemscripten_2031_0_wasm32"):
        assert answer(inventory, f"{HERE}-{tag}").compiler == row.compilers[0]
    found = answer(inventory, f"{HERE}-pyodide_2024_0_wasm32")
    assert found.compiler is None
    assert "emsdk install 3.1.58" in found.needs[0]


@pytest.mark.usefixtures("bare_python")
def test_a_healthy_machine(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs(path, HEALTHY)
    code, text = printed(capsys, "doctor", "--json")
    lines = {line["about"]: line for line in json.loads(text)["lines"]}
    assert code == 0, text
    assert json.loads(text)["healthy"] is True
    assert lines["cmake"]["says"] == f"3.25.1, {path / 'cmake'}"
    assert lines["cross compilers"]["state"] == "warning"
    assert lines["cross compilers"]["remedy"] == "pip install 'xconan[zig]'"
    assert all(line["remedy"] for line in lines.values() if line["state"] != "ok")


@pytest.mark.usefixtures("bare_python")
def test_an_empty_machine(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not list(path.iterdir())
    code, text = printed(capsys, "doctor")
    assert code == 3
    for about in ("cmake", "ninja", "C compiler", "C++ compiler"):
        assert f"problem  {about} " in text


@pytest.mark.usefixtures("bare_python")
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/bin/sh\nkill -SEGV $$\n", "does not work (exit code -11)"),
        ("#!/bin/sh\necho broken >&2; exit 3\n", "does not work (broken)"),
        ("#!/bin/sh\necho cmake version 3.10.2\n", "is 3.10.2, older than 3.20"),
        ("#!/nowhere\n", "does not work"),
        ("#!/bin/sh\nexec sleep 60\n", "no answer within"),
    ],
)
def test_a_broken_cmake(script: str, words: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(path, {**HEALTHY, "cmake": script})
    (path / "sleep").symlink_to("/bin/sleep")
    monkeypatch.setattr(doctor, "_TIMEOUT", 0.3)
    line = state("cmake")
    assert line.state == "problem"
    assert words in line.says
    assert "pip install cmake" in line.remedy


def test_a_compiler_without_a_c_library(path: Path) -> None:
    programs(path, {**HEALTHY, "cc": "#!/bin/sh\necho 'ld: cannot find -lc' >&2; exit 1\n"})
    line = state("C compiler")
    assert line.state == "problem"
    assert "ld: cannot find -lc" in line.says


def test_a_cc_that_no_shell_could_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(path, HEALTHY)
    monkeypatch.setenv("CC", "'gcc")
    assert state("compilers").state == "problem"


def test_conans_home_is_not_made_by_looking(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(path, HEALTHY)
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "none"))
    assert state("Conan").state == "ok"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("variables", "about", "expected"),
    [
        ({"CONAN_HOME": "{file}"}, "Conan", "problem"),
        ({"XCONAN_CACHE": "{file}/cache"}, "cache", "warning"),
        ({"HOME": "/nonexistent", "XCONAN_CACHE": ""}, "Python", "ok"),
        ({"TMPDIR": "/nonexistent"}, "C compiler", "ok"),
    ],
)
def test_odd_environments(
    variables: dict[str, str], about: str, expected: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(path, HEALTHY)
    (tmp_path / "file").touch()
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(file=tmp_path / "file"))
    assert state(about).state == expected


def test_no_home_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs(path, HEALTHY)
    for name in ("HOME", "XCONAN_CACHE", "CONAN_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert {line.state for line in doctor.examine(online=False)} <= {"ok", "warning", "problem"}


def test_a_program_that_never_ends(tmp_path: Path) -> None:
    script = programs(tmp_path / "bin", {"slow": "#!/bin/sh\nsleep 60 &\nwait\n"}) / "slow"
    start = time.monotonic()
    done = capture([str(script)], timeout=0.2, env={"PATH": os.defpath})
    assert done.code == 124
    assert time.monotonic() - start < 10
