"""`xconan cross` on made-up machines: which files, and when they are refused."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_error, assert_says, errors_of, raises_error
from tests.support.door import install_compilers, install_zig
from tests.support.elf import Elf
from tests.support.installations import headers, write_tree
from xconan.cli import main
from xconan.crossfiles import write_cross
from xconan.ground.errors import ConfigError, ErrorGroup, ToolchainError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.door import Door, FakeCMake

GCC = "aarch64-linux-gnu.2.36"
NAME = "cp311-manylinux_2_36_aarch64"
PYTHON = "python3.11"


@pytest.fixture(autouse=True)
def no_zig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ziglang", None)


@pytest.fixture(autouse=True)
def gcc(door: Door, cmake: FakeCMake, tmp_path: Path) -> FakeCMake:
    """A machine with a cross gcc."""
    toolchain = install_compilers(door, "aarch64")
    file = tmp_path / "home/cache/gcc/aarch64/toolchain.cmake"
    cmake.toolchains[str(file)] = toolchain
    return cmake


@pytest.fixture
def include(tmp_path: Path) -> Path:
    """The headers of a CPython 3.11 in an installation of its own."""
    prefix = tmp_path / "host/usr"
    write_tree(prefix / "include/python3.11", {**headers((3, 11, 2)), "data.txt": b"no header"})
    write_tree(prefix / "include/python3.11/numpy", {"ndarray.h": b""})
    return prefix / "include/python3.11"


def written(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


# --- by gcc ----------------------------------------------------------------------------------------------------------


def test_files_of_a_target(include: Path, tmp_path: Path) -> None:
    out = tmp_path / "cross"
    crosses = write_cross([NAME], out, toolchain="gcc", include_dir=include)
    assert crosses == [out / f"{GCC}.{PYTHON}.cross.toml"]
    python = f"{GCC}/{PYTHON}"
    assert written(out) == sorted(
        [
            f"{GCC}.{PYTHON}.cross.toml",
            f"{GCC}.profile.conan",
            f"{GCC}.python.toolchain.cmake",
            f"{GCC}.toolchain.cmake",
            f"{GCC}/.gitignore",
            f"{GCC}/bin/emulator",
            f"{GCC}/modules/FindPython.cmake",
            f"{GCC}/modules/FindPython3.cmake",
            f"{python}/bin/python3",
            f"{python}/include/{PYTHON}/Python.h",
            f"{python}/include/{PYTHON}/cpython/object.h",
            f"{python}/include/{PYTHON}/patchlevel.h",
            f"{python}/include/{PYTHON}/pyconfig.h",
            f"{python}/lib/{PYTHON}/build-details.json",
            f"{python}/site/_sysconfigdata__xconan.py",
            f"{python}/site/_xconan_host.py",
            f"{python}/site/_xconan_start.py",
            f"{python}/site/sitecustomize.py",
        ]
    )
    programs = [name for name in written(out) if (out / name).stat().st_mode & 0o100]
    assert programs == [f"{GCC}/bin/emulator", f"{python}/bin/python3"]
    text = (out / f"{GCC}.toolchain.cmake").read_text("utf-8")
    # found on PATH wherever the files go, so no path of this machine is in them
    assert_says(text, '"${CROSS_GNU_TRIPLE}-gcc"', '"${CROSS_GNU_TRIPLE}-g++"', lacks=[str(tmp_path)])
    for name in written(out):
        assert str(tmp_path).encode() not in (out / name).read_bytes(), name


def test_compiler_that_is_not_first_on_path(
    gcc: FakeCMake, include: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path is kept: by its name alone another would be found."""
    crosses = write_cross([NAME], tmp_path / "first", toolchain="gcc", include_dir=include)
    assert crosses
    other = tmp_path / "other"
    other.mkdir()
    (other / "aarch64-linux-gnu-ar").write_bytes(b"")
    (other / "aarch64-linux-gnu-ar").chmod(0o755)
    monkeypatch.setenv("PATH", f"{other}:{gcc.door.folder}")
    write_cross([NAME], tmp_path / "second", toolchain="gcc", include_dir=include)
    profile = (tmp_path / "second" / f"{GCC}.profile.conan").read_text("utf-8")
    assert f"{gcc.door.folder}/aarch64-linux-gnu-ar" in profile
    assert f"{gcc.door.folder}/aarch64-linux-gnu-nm" not in profile


def test_libraries_and_build_data_of_the_python(include: Path, tmp_path: Path) -> None:
    lib = include.parents[1] / "lib"
    data = "build_time_vars = {'EXT_SUFFIX': '.cpython-311-aarch64-linux-gnu.so'}"
    write_tree(lib, {
        "libpython3.11.so": Elf().library(),
        "python3.11/_sysconfigdata__linux_aarch64-linux-gnu.py": data.encode(),
    })  # fmt: skip
    out = tmp_path / "cross"
    write_cross([NAME], out, toolchain="gcc", include_dir=include)
    python = out / GCC / PYTHON
    assert (python / "lib/libpython3.11.so").read_bytes() == Elf().library()
    found = (python / "lib/python3.11/_sysconfigdata__linux_aarch64-linux-gnu.py").read_text("utf-8")
    assert found == data
    assert_says((python / "lib/python3.11/build-details.json").read_text("utf-8"), "lib/libpython3.11.so")


# --- by zig ----------------------------------------------------------------------------------------------------------

ZIG = "aarch64-linux-gnu.2.17"


def test_wrappers_of_zig(cmake: FakeCMake, include: Path, tmp_path: Path) -> None:
    install_zig(cmake.door, cmake, "manylinux_2_17_aarch64")
    out = tmp_path / "cross"
    write_cross(["cp311-manylinux_2_17_aarch64"], out, include_dir=include)
    folder = out / ZIG / "bin"
    assert sorted(path.name for path in folder.iterdir()) == [
        "ar", "c++", "cc", "emulator", "ld.lld", "ranlib", "strip", "zig",
    ]  # fmt: skip
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o100, path
        assert str(tmp_path) not in path.read_text("utf-8"), path
    assert "0.17.1" in (folder / "zig").read_text("utf-8")


def test_header_that_wrappers_include(cmake: FakeCMake, include: Path, tmp_path: Path) -> None:
    install_zig(cmake.door, cmake, "manylinux_2_19_ppc64le")
    out = tmp_path / "cross"
    write_cross(["cp311-manylinux_2_19_ppc64le"], out, include_dir=include)
    (header,) = out.glob("*/bin/*.h")
    assert "long double" in header.read_text("utf-8")
    assert not header.stat().st_mode & 0o100


# --- several, again, refused -----------------------------------------------------------------------------------------


def test_several_targets_share_a_folder(gcc: FakeCMake, include: Path, tmp_path: Path) -> None:
    install_zig(gcc.door, gcc, "manylinux_2_17_aarch64", "musllinux_1_2_aarch64")
    names = ["cp311-manylinux_2_17_aarch64", "cp311-musllinux_1_2_aarch64"]
    crosses = write_cross(names, tmp_path / "cross", include_dir=include)
    assert [path.name for path in crosses] == [
        f"{ZIG}.{PYTHON}.cross.toml",
        f"aarch64-linux-musl.1.2.{PYTHON}.cross.toml",
    ]


def test_all_targets_that_can_not_be(include: Path, tmp_path: Path) -> None:
    out = tmp_path / "cross"
    with pytest.raises(ErrorGroup) as caught:
        write_cross(["cp311-plan9_mips", NAME, "cp311-manylinux_2_17_s390x"], out, include_dir=include)
    found = errors_of(caught.value)
    assert [error.exit_code for error in found] == [2, 3, 3]  # zig is missing for what promises an old C library
    assert_error(found[2], ToolchainError, "there is no toolchain for manylinux_2_17_s390x")
    assert not out.exists()


def test_target_of_another_toolchain_in_the_same_place(gcc: FakeCMake, include: Path, tmp_path: Path) -> None:
    """Two targets may say different things of one file."""
    other = write_tree(tmp_path / "other/include/python3.11", headers((3, 11, 9)))
    write_cross([NAME], tmp_path / "cross", toolchain="gcc", include_dir=include)
    with raises_error(ConfigError, "there already are files that say something else", where=str(tmp_path / "cross"),
                      hint="--force"):  # fmt: skip
        write_cross([NAME], tmp_path / "cross", toolchain="gcc", include_dir=other)
    assert gcc.stages == []


def test_files_that_say_the_same_are_left_alone(include: Path, tmp_path: Path) -> None:
    out = tmp_path / "cross"
    write_cross([NAME], out, toolchain="gcc", include_dir=include)
    before = {path: path.stat().st_ino for path in out.rglob("*")}
    assert write_cross([NAME], out, toolchain="gcc", include_dir=include) == [out / f"{GCC}.{PYTHON}.cross.toml"]
    assert {path: path.stat().st_ino for path in out.rglob("*")} == before


def test_files_that_say_something_else(include: Path, tmp_path: Path) -> None:
    out = tmp_path / "cross"
    write_cross([NAME], out, toolchain="gcc", include_dir=include)
    changed = sorted(out.glob("*.*"))
    mine = [path for path in changed if path.is_file()]
    for path in mine:
        path.write_text("mine\n", "utf-8")
    (out / GCC / ".gitignore").unlink()
    with raises_error(ConfigError, (", and 1 more", mine[0].name), where=str(out), hint="replace them by --force"):
        write_cross([NAME], out, toolchain="gcc", include_dir=include)
    assert {path.read_text("utf-8") for path in mine} == {"mine\n"}
    assert not (out / GCC / ".gitignore").exists()  # nothing at all was written
    mine[0].unlink()
    with raises_error(ConfigError, "something else: ") as caught:
        write_cross([NAME], out, toolchain="gcc", include_dir=include)
    assert "more" not in caught.value.message
    write_cross([NAME], out, toolchain="gcc", include_dir=include, force=True)
    assert "mine\n" not in {path.read_text("utf-8") for path in mine}


def test_folder_in_place_of_a_file(include: Path, tmp_path: Path) -> None:
    out = tmp_path / "cross"
    (out / f"{GCC}.toolchain.cmake").mkdir(parents=True)
    with raises_error(ConfigError, f"something else: {GCC}.toolchain.cmake"):
        write_cross([NAME], out, toolchain="gcc", include_dir=include)


def test_out_that_is_a_file(gcc: FakeCMake, tmp_path: Path) -> None:
    (tmp_path / "cross").touch()
    with raises_error(ConfigError, "the folder for the files is a file", where=f"{tmp_path}/cross"):
        write_cross([NAME], tmp_path / "cross")
    assert gcc.door.calls == []


def test_leftovers_of_a_killed_run_go(include: Path, tmp_path: Path) -> None:
    out = tmp_path / "cross"
    folder = out / GCC / "bin"
    folder.mkdir(parents=True)
    for name in (".emulator.123.new", ".mine.new", ".x.y.new", "emulator.123.new"):
        (folder / name).touch()
    write_cross([NAME], out, toolchain="gcc", include_dir=include)
    assert sorted(path.name for path in folder.iterdir()) == [".mine.new", ".x.y.new", "emulator", "emulator.123.new"]


def test_verb(include: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cross"
    argv = ["cross", NAME, "-o", str(out), "--toolchain", "gcc", "--include-dir", str(include)]
    assert main(argv) == 0
    assert capsys.readouterr().out == f"{out / f'{GCC}.{PYTHON}.cross.toml'}\n"
    assert re.search("arch", (out / f"{GCC}.{PYTHON}.cross.toml").read_text("utf-8"))
