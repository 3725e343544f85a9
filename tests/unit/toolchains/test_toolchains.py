"""A toolchain against the platform, and what is read from a compiler's answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.compilers import compilers_of
from xconan.build_machine.tools import Tool
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.host.platforms import Libc, parse_platform, table
from xconan.project.config.records import KEYS
from xconan.toolchains import choose, emscripten, question
from xconan.toolchains import probe as probe_module
from xconan.toolchains.choose import with_toolchain
from xconan.toolchains.probe import record_of, toolchain_from_record
from xconan.toolchains.verify import verify_name, verify_toolchain

if TYPE_CHECKING:
    from xconan.toolchains.records import Toolchain

ROWS = sorted(table()["linux"])


def usual(name: str) -> Toolchain:
    """The stored answer of a toolchain for a row of Linux: Debian's gcc where it has one, else zig."""
    return facts.toolchain_for(parse_platform(f"linux_{name}"))


@pytest.mark.parametrize("name", ROWS)
def test_records_survive_json(name: str) -> None:
    toolchain = usual(name)
    record = json.loads(json.dumps(record_of(toolchain)))
    assert toolchain_from_record(record) == toolchain


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("host", ROWS)
def test_only_the_hosts_own_compiler(name: str, host: str) -> None:
    cross = facts.cross(facts.target(f"cp311-linux_{host}"))
    if name == host or (name, host) == ("armv6l", "armv7l"):  # what is older runs there as well
        verify_toolchain(usual(name), cross)
        return
    with pytest.raises(ToolchainError) as caught:
        verify_toolchain(usual(name), cross)
    assert f"arch is 'linux_{host}'" in caught.value.message
    assert usual(name).triplet in caught.value.message


def test_all_macros_that_rows_name_are_kept(tmp_path: Path) -> None:
    """A compiler that predefines whatever any row asks for, and a thousand more."""
    rows = [row for rows in table().values() for row in rows.values()]
    asked = {macro.removeprefix("!") for row in rows for macro in row.macros}
    found = described(tmp_path, *sorted(asked | {f"OTHER{number}" for number in range(1000)}))
    assert found.macros.keys() == asked


@pytest.mark.parametrize(
    ("macros", "version"),
    [(("__GLIBC__", "__GLIBC_MINOR__"), (1, 1)), (("__GLIBC_MINOR__",), None), (("__GLIBC__",), None), ((), None)],
)
def test_version_of_glibc(macros: tuple[str, ...], version: tuple[int, int] | None, tmp_path: Path) -> None:
    """zig says the minor one of machines whose headers it has not."""
    assert described(tmp_path, *macros, "__linux__").libc_version == version


def described(folder: Path, *macros: str) -> Toolchain:
    """What is made of the answer of a C compiler that predefines these macros as 1."""
    compiler = folder / "cc"
    lines = "".join(f"#define {name} 1\n" for name in macros)
    compiler.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}END\n", "utf-8")
    compiler.chmod(0o755)
    answer = {f"{language}/COMPILER": "" for language in ("C", "CXX")}
    names = ("COMPILER_ID", "COMPILER_VERSION")
    values = {**answer, "C/COMPILER": str(compiler), **{f"C/{name}": "x" for name in names}, "CMAKE_SYSROOT": "",
              "CMAKE_SYSTEM_NAME": "Linux", "CMAKE_CXX_STANDARD": ""}  # fmt: skip
    return probe_module._describe(None, question.Answer(values=values), {})  # noqa: SLF001 - no CMake here


def verify(tag: str, **changes: object) -> None:
    target = facts.target(f"cp311-{tag}")
    toolchain = replace(facts.toolchain_for(target.platform), **changes)  # type: ignore[arg-type]
    verify_toolchain(toolchain, facts.cross(target))


def test_system_root_that_is_no_folder(tmp_path: Path) -> None:
    """gcc takes its own folders in its place, and says nothing."""
    variables = facts.toolchain("aarch64").variables
    verify("linux_aarch64", variables={**variables, "CMAKE_SYSROOT": str(tmp_path)})
    file = tmp_path / "t.cmake"
    with raises_error(
        ToolchainError, f"CMAKE_SYSROOT is {tmp_path}/none, and there is no such folder", where=str(file)
    ):
        verify("linux_aarch64", file=file, variables={**variables, "CMAKE_SYSROOT": f"{tmp_path}/none"})


def test_instructions_that_are_too_new() -> None:
    macros = facts.toolchain("armv6l").macros
    verify("linux_armv6l", macros=macros)
    with pytest.raises(ToolchainError, match="with instructions of ARMv7") as error:
        verify("linux_armv6l", macros={**macros, "__ARM_ARCH": "7"})
    assert "-march=armv6+fp -marm" in (error.value.hint or "")


def test_soft_float_compiler() -> None:
    macros = {name: value for name, value in facts.toolchain("armv7l").macros.items() if name != "__ARM_PCS_VFP"}
    with pytest.raises(ToolchainError):
        verify("linux_armv7l", macros=macros)


def test_toolchain_file_that_does_not_cross() -> None:
    with pytest.raises(ToolchainError, match="CMAKE_SYSTEM_NAME"):
        verify("linux_aarch64", variables={})


@pytest.mark.parametrize(
    ("tag", "libc", "fits"),
    [
        ("musllinux_1_2_aarch64", Libc.GLIBC, False),
        ("musllinux_1_2_aarch64", Libc.MUSL, True),
        ("manylinux_2_36_aarch64", Libc.MUSL, False),
        ("linux_aarch64", Libc.MUSL, True),
        ("musllinux_1_2_aarch64", None, True),
    ],
)
def test_libc(tag: str, libc: Libc | None, *, fits: bool) -> None:
    if fits:
        verify(tag, libc=libc)
        return
    with pytest.raises(ToolchainError, match="musl"):
        verify(tag, libc=libc)


def test_native_builds_are_not_verified() -> None:
    verify_toolchain(facts.toolchain("s390x"), facts.cross(native=True))


@pytest.mark.parametrize(("name", "fits"), [("gcc", True), ("zig", False), ("clang", False), (None, True)])
def test_name_beside_a_file(name: str | None, fits: bool) -> None:  # noqa: FBT001 - a table
    """The file's compilers are gcc's."""
    cross = replace(facts.cross(facts.target("cp311-linux_aarch64")), toolchain=name)
    if fits:
        verify_name(facts.toolchain("aarch64"), cross)
        return
    with raises_error(ToolchainError, f"toolchain is '{name}', but ", hint=("take toolchain out",)):
        verify_name(facts.toolchain("aarch64"), cross)


def _programs(folder: Path, *names: str) -> None:
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\n", "utf-8")
        (folder / name).chmod(0o755)


CROSS_GCC = [f"aarch64-linux-gnu-{tool}" for tool in ("gcc", "g++", "ar", "ranlib", "strip", "nm", "objcopy")]


def test_clang_by_name_has_the_cross_binutils(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CMake by itself would take this machine's ar where there is no llvm-ar."""
    _programs(tmp_path / "bin", "clang", "clang++", "ar", *CROSS_GCC)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    cross = facts.cross(facts.target("cp311-manylinux_2_36_aarch64"), toolchain="clang")
    file = with_toolchain(cross, tmp_path / "cache").toolchain_file
    text = file.read_text("utf-8") if file else ""
    assert "set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)" in text
    assert f'set(CMAKE_AR "{tmp_path}/bin/aarch64-linux-gnu-ar")' in text


@pytest.mark.parametrize("name", KEYS["cross"]["toolchain"].choices)
def test_every_name_that_a_cross_toml_may_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own compiler: a name that is forgotten on the way must not mean another one's."""
    programs = compilers_of(name, "aarch64-linux-gnu")
    _programs(tmp_path / "bin", "clang", "clang++", "zig", *{*CROSS_GCC, *programs})
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(choose, "find_zig", lambda: Tool(path=tmp_path / "bin/zig", version="9.9"))
    monkeypatch.setattr(choose, "write_zig_toolchain", lambda *_: tmp_path / "bin/zig")
    monkeypatch.setattr(emscripten, "_own_file", lambda _where: tmp_path / "Emscripten.cmake")
    tag = "pyodide_2024_0_wasm32" if name == "emscripten" else "linux_aarch64"
    cross = facts.cross(facts.target(f"cp312-{tag}"), toolchain=name)
    chosen = with_toolchain(cross, tmp_path / "cache")
    assert chosen.toolchain == name
    assert chosen.toolchain_file
    assert (chosen.toolchain_file.name == "zig") == (name == "zig")
    for program in programs:
        assert f'"{tmp_path}/bin/{program}"' in chosen.toolchain_file.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "tag", "hint"),
    [
        ("zig", "pyodide_2024_0_wasm32", "Pyodide's is emscripten"),
        ("gcc", "emscripten_3_1_58_wasm32", "Pyodide's is emscripten"),
        ("emscripten", "linux_aarch64", "Emscripten is for Pyodide"),
    ],
)
def test_pyodide_has_a_toolchain_of_its_own(name: str, tag: str, hint: str, tmp_path: Path) -> None:
    cross = facts.cross(facts.target(f"cp311-{tag}"), toolchain=name, toolchain_file=None)
    with raises_error(ConfigError, f"{name} makes nothing for {tag}", where="host.cross.toml", hint=hint):
        with_toolchain(cross, tmp_path)


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        ("musllinux_1_2_aarch64", "toolchain = 'zig'"),
        ("linux_armv6l", "use toolchain = 'zig', or give"),
        ("linux_loongarch64", "use toolchain = 'zig', or give"),
        ("win_amd64", "toolchain = 'zig'"),
        ("macosx_11_0_arm64", "toolchain = 'zig'"),
        ("linux_s390x", "apt-get install g++-s390x-linux-gnu clang"),
    ],
)
def test_clang_where_it_can_not(tag: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _programs(tmp_path / "bin", "clang", "clang++", *CROSS_GCC, "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-g++")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ToolchainError, match="there is no clang") as caught:
        with_toolchain(facts.cross(facts.target(f"cp311-{tag}"), toolchain="clang"), tmp_path / "cache")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("newest", "zig", "chosen"), [("6", False, "gcc"), ("7", False, ""), ("7", True, "zig"), ("6", True, "zig")]
)
def test_what_builds_for_armv6(newest: str, zig: bool, chosen: str, tmp_path: Path,  # noqa: FBT001 - a table
                               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A gcc whose own instructions are newer than the host's is not taken where nobody names it."""
    _programs(tmp_path / "bin", *(f"arm-linux-gnueabihf-{name}" for name in ("gcc", "g++")))
    text = f"#!/bin/sh\necho '#define __ARM_ARCH {newest}'\n"
    (tmp_path / "bin/arm-linux-gnueabihf-gcc").write_text(text, "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(choose, "find_zig", lambda: Tool(path=Path("/z/zig"), version="9.9") if zig else None)
    monkeypatch.setattr(choose, "write_zig_toolchain", lambda *_: tmp_path / "zig.cmake")
    cross = facts.cross(facts.target("cp311-linux_armv6l"))
    if chosen:
        assert with_toolchain(cross, tmp_path / "cache").toolchain == chosen
        return
    with pytest.raises(ToolchainError, match="no toolchain for linux_armv6l") as caught:
        with_toolchain(cross, tmp_path / "cache")
    assert "pip install 'xconan[zig]'" in caught.value.hint
    assert "apt-get" not in caught.value.hint
