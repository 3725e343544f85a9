"""The environment of pyodide build: its compilers are the host's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.build_machine.pyodide import has_wrappers, without_wrappers
from xconan.ground.run import program_path, which

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PLATFORM, DATA = "_PYTHON_HOST_PLATFORM", "_PYTHON_SYSCONFIGDATA_NAME"
BUILD = {
    "COMPILER_WRAPPER_DIR": "/work/w", "PATH": "/work/w:/venv/bin:/usr/bin", "CC": "/work/w/cc", "CXX": "/work/w/c++",
    "AR": "/work/w/ar", "CMAKE_TOOLCHAIN_FILE": "/tools/Emscripten.cmake", PLATFORM: "emscripten_3_1_58_wasm32",
    DATA: "_data", "SIDE_MODULE_CFLAGS": "-fPIC", "MINE": "/work/whole/cc",
}  # fmt: skip


def test_programs_of_this_machine_have_its_own_compilers() -> None:
    assert without_wrappers(BUILD) == {
        "COMPILER_WRAPPER_DIR": "/work/w", "PATH": "/venv/bin:/usr/bin", "SIDE_MODULE_CFLAGS": "-fPIC",
        "MINE": "/work/whole/cc",
    }  # fmt: skip
    assert has_wrappers(BUILD)
    assert program_path({**BUILD, "COMPILER_WRAPPER_DIR": "/work/w/"}) == "/venv/bin:/usr/bin"


def test_any_other_environment_is_as_it_is() -> None:
    other = {
        "PATH": "/usr/bin:",
        "CMAKE_TOOLCHAIN_FILE": "/x.cmake",
        "CC": "/usr/bin/gcc",
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
    }
    assert without_wrappers(other) == other
    assert not has_wrappers(other)
    assert program_path(other) == "/usr/bin:"


def test_programs_are_this_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("wrappers", "bin"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cmake").write_text("#!/bin/sh\n", "utf-8")
        (tmp_path / folder / "cmake").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/wrappers:{tmp_path}/bin")
    assert which("cmake") == tmp_path / "wrappers/cmake"
    monkeypatch.setenv("COMPILER_WRAPPER_DIR", str(tmp_path / "wrappers"))
    assert which("cmake") == tmp_path / "bin/cmake"
