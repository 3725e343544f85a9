"""Emscripten as a toolchain: alone, and as pyodide build has it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.compare import raises_error
from tests.support.crossbuild import write
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.run import capture
from xconan.host.platforms import parse_platform
from xconan.toolchains.emscripten import verify_emscripten, with_emscripten

if TYPE_CHECKING:
    from xconan.project.config.records import CrossConfig

FILE = "cmake/Modules/Platform/Emscripten.cmake"
SIDE_MODULE = "-O2 -g0 -fPIC -I/x/include/python3.12"


PYTHONS = {"pyodide_2025_0": "cp313", "pyemscripten_2026_0": "cp314"}


def host(tag: str = "pyodide_2024_0_wasm32", python: str = "") -> CrossConfig:
    python = python or PYTHONS.get(tag.removesuffix("_wasm32"), "cp312")
    return facts.cross(facts.target(f"{python}-{tag}"), toolchain_file=None)


@pytest.fixture
def emsdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Emscripten of empty programs, but for the one that says where it is."""
    root = tmp_path / "emsdk"
    for name in ("emcc", "em++", "em-config"):
        text = f"#!/bin/sh\necho {root}\n" if name == "em-config" else "#!/bin/sh\n"
        write(root / name, text).chmod(0o755)
    write(root / FILE, "")
    monkeypatch.setenv("PATH", str(root))
    monkeypatch.delenv("COMPILER_WRAPPER_DIR", raising=False)
    return root


def written(cross: CrossConfig) -> str:
    assert cross.toolchain == "emscripten"
    assert cross.toolchain_file
    assert cross.toolchain_file.parts[-2:] == ("Platform", "Emscripten.cmake")  # as CMake looks for it
    return cross.toolchain_file.read_text("utf-8")


@pytest.mark.parametrize(
    ("tag", "flags"),
    [
        ("pyodide_2024_0_wasm32", "-fexceptions"),
        ("pyodide_2025_0_wasm32", "-fwasm-exceptions -sSUPPORT_LONGJMP=wasm"),
        ("pyemscripten_2026_0_wasm32", "-fwasm-exceptions -sSUPPORT_LONGJMP=wasm"),
        ("pyemscripten_2031_0_wasm32", "-fwasm-exceptions -sSUPPORT_LONGJMP=wasm"),
        ("emscripten_3_1_46_wasm32", "-fexceptions"),
        ("emscripten_4_0_9_wasm32", "-fwasm-exceptions -sSUPPORT_LONGJMP=wasm"),
    ],
)
def test_emscripten_alone(tmp_path: Path, emsdk: Path, tag: str, flags: str) -> None:
    text = written(with_emscripten(host(tag), tmp_path, {}))
    assert f'set(CMAKE_C_COMPILER "{emsdk}/emcc" CACHE' in text
    assert f'include("{emsdk}/{FILE}")' in text
    assert "TARGET_SUPPORTS_SHARED_LIBS TRUE" in text
    for variable in ("C_FLAGS", "CXX_FLAGS"):
        assert f'string(APPEND CMAKE_{variable}_INIT " -fPIC {flags}")' in text
    for variable, kind in (("MODULE", 2), ("SHARED", 1)):
        words = f"-sSIDE_MODULE={kind} -sWASM_BIGINT {flags}"
        assert f'string(APPEND CMAKE_{variable}_LINKER_FLAGS_INIT " {words}")' in text
    assert "--export-if-defined=" in text


def test_no_emscripten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COMPILER_WRAPPER_DIR", raising=False)
    with raises_error(ToolchainError, "there is no Emscripten", where="PATH", hint="emsdk install 3.1.58"):
        with_emscripten(host(), tmp_path, {})


@pytest.mark.usefixtures("emsdk")
@pytest.mark.parametrize(
    ("python", "tag", "hint"),
    [
        ("cp311", "pyodide_2024_0_wasm32", "; the Pyodide with Python 3.11 has the tag emscripten_3_1_46_wasm32"),
        ("cp312", "pyodide_2025_0_wasm32", "; the Pyodide with Python 3.12 has the tag pyodide_2024_0_wasm32"),
        ("cp39", "pyodide_2024_0_wasm32", "the target cp312-pyodide_2024_0_wasm32"),
        ("cp313t", "pyodide_2025_0_wasm32", "the target cp313-pyodide_2025_0_wasm32"),
        ("pp311", "pyemscripten_2026_0_wasm32", "the target cp314-pyemscripten_2026_0_wasm32"),
    ],
)
def test_another_python_than_the_tags(tmp_path: Path, python: str, tag: str, hint: str) -> None:
    """No Pyodide installs such a wheel. pyodide build is believed: the Python that runs there is the host's."""
    with raises_error(ConfigError, f"takes no wheel for {python}", hint=hint) as caught:
        with_emscripten(host(tag, python), tmp_path, {})
    assert caught.value.hint.endswith(hint)
    with_emscripten(host(tag, python), tmp_path, of_pyodide_build(tmp_path))


@pytest.mark.parametrize(
    ("python", "tag", "words"),
    [
        ("cp312", "pyodide_2024_0_wasm32", ""),
        ("cp311", "emscripten_3_1_46_wasm32", ""),
        ("cp312", "emscripten_3_1_58_wasm32", ""),
        ("cp312", "emscripten_3_1_46_wasm32", "of Emscripten 3.1.46 has Python 3.11: it takes no wheel for cp312"),
        ("cp311", "emscripten_3_1_6_wasm32", "no Pyodide is known to be made with Emscripten 3.1.6"),
        ("cp314", "pyemscripten_2031_0_wasm32", "the ABI of pyemscripten_2031_0_wasm32 is newer than this xconan"),
    ],
)
def test_wheels_that_no_pyodide_takes(python: str, tag: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    toolchain = replace(facts.toolchain("aarch64"), macros={})
    verify_emscripten(toolchain, host(tag, python), {"COMPILER_WRAPPER_DIR": "/x"})
    assert not capsys.readouterr().err
    verify_emscripten(toolchain, host(tag, python), {})
    said = capsys.readouterr().err
    assert words in said
    assert bool(said) == bool(words)


def test_an_emscripten_without_its_file(tmp_path: Path, emsdk: Path) -> None:
    (emsdk / FILE).unlink()
    with raises_error(ToolchainError, "Emscripten's CMake file", where=str(emsdk), hint="emsdk install"):
        with_emscripten(host(), tmp_path, {})


def of_pyodide_build(folder: Path, **environ: str) -> dict[str, str]:
    arguments = {
        "cflags": f"{SIDE_MODULE} ",
        "cxxflags": " ",
        "ldflags": "-O2 -s SIDE_MODULE=1",
        "builddir": str(folder),
    }
    return {
        "COMPILER_WRAPPER_DIR": str(folder),
        "PYWASMCROSS_ARGS": json.dumps(arguments), "SIDE_MODULE_CFLAGS": SIDE_MODULE,
        "CMAKE_TOOLCHAIN_FILE": "/tools/Platform/Emscripten.cmake", **environ,
    }  # fmt: skip


def test_pyodide_build(tmp_path: Path) -> None:
    """Its folder is another one in each build, and the toolchain stays the same."""
    one, other = (
        with_emscripten(host(), tmp_path, of_pyodide_build(Path(folder))) for folder in ("/work/a", "/work/b")
    )
    assert one == other
    text = written(one)
    assert "/work/a" not in text
    assert 'include("/tools/Platform/Emscripten.cmake")' in text
    assert "APPEND" not in text  # the file reads SIDE_MODULE_CFLAGS itself
    assert "TARGET_SUPPORTS_SHARED_LIBS" not in text
    for name, program in (("emcc", "cc"), ("em++", "c++")):
        script = tmp_path / "emscripten" / "pyodide-build" / name
        assert f'set(CMAKE_{"C" if program == "cc" else "CXX"}_COMPILER "{script}" CACHE' in text
        assert script.stat().st_mode & 0o100
        assert script.read_text("utf-8").endswith(f'/"{program} "$@"\n')


def test_a_compiler_of_pyodide_build_is_found_where_this_build_has_it(tmp_path: Path) -> None:
    """It is a script for the Python of the build environment, wherever that stands on PATH."""
    with_emscripten(host(), tmp_path, of_pyodide_build(tmp_path))
    for name, text in (("wrappers/cc", '#!/usr/bin/env python3\necho "$@"\n'), ("venv/python3", "#!/bin/sh\n. $1\n")):
        write(tmp_path / name, text).chmod(0o755)
    env = {"PATH": "/usr/bin:/bin", "BUILD_ENV_SCRIPTS_DIR": str(tmp_path / "venv")}
    argv = [str(tmp_path / "emscripten/pyodide-build/emcc"), "a  b"]
    done = capture(argv, env={**env, "COMPILER_WRAPPER_DIR": str(tmp_path / "wrappers")})
    assert (done.code, done.stderr) == (0, "")
    lost = capture(argv, env=env)
    assert lost.code != 0
    assert "COMPILER_WRAPPER_DIR: is not set; this is a compiler of pyodide build" in lost.stderr


def test_flags_that_pyodide_build_was_given(tmp_path: Path) -> None:
    """CFLAGS of the environment go into its compilers; libraries must be told apart by them."""
    arguments = {"cflags": f"{SIDE_MODULE} -fwasm-exceptions", "cxxflags": "-frtti", "ldflags": ""}
    environ = of_pyodide_build(tmp_path, PYWASMCROSS_ARGS=json.dumps(arguments))
    text = written(with_emscripten(host(), tmp_path, environ))
    assert 'string(APPEND CMAKE_C_FLAGS_INIT " -fwasm-exceptions")' in text
    assert 'string(APPEND CMAKE_CXX_FLAGS_INIT " -fwasm-exceptions")' in text
    assert 'string(APPEND CMAKE_CXX_FLAGS_INIT " -frtti")' in text


@pytest.mark.parametrize("option", ["-s", "-I", "-isystem", "-include"])
def test_flags_of_two_words(tmp_path: Path, option: str) -> None:
    """What the CMake file takes from a variable is left out whole, and another of the same option stays whole."""
    arguments = {"cflags": f"{option} A=1 {option} B=2 -fPIC", "cxxflags": "", "ldflags": ""}
    environ = of_pyodide_build(tmp_path, PYWASMCROSS_ARGS=json.dumps(arguments), SIDE_MODULE_CFLAGS=f"{option} A=1")
    text = written(with_emscripten(host(), tmp_path, environ))
    assert f'string(APPEND CMAKE_C_FLAGS_INIT " {option} B=2 -fPIC")' in text


@pytest.mark.parametrize("arguments", ["", "{", "[]", '{"cflags": 3}'])
def test_what_pyodide_build_says_in_no_way_that_we_know(tmp_path: Path, arguments: str) -> None:
    environ = of_pyodide_build(tmp_path, PYWASMCROSS_ARGS=arguments, SIDE_MODULE_CFLAGS="")
    assert "-fPIC" in written(with_emscripten(host(), tmp_path, environ))


def test_another_emscripten_than_the_tags() -> None:
    macros = {"__EMSCRIPTEN_major__": "3", "__EMSCRIPTEN_minor__": "1", "__EMSCRIPTEN_tiny__": "6"}
    toolchain = replace(facts.toolchain("aarch64"), macros=macros)
    verify_emscripten(toolchain, host("emscripten_3_1_6_wasm32"), {})
    verify_emscripten(toolchain, host("pyemscripten_2031_0_wasm32"), {})  # of which nothing is known
    verify_emscripten(toolchain, host(), {"COMPILER_WRAPPER_DIR": "/x"})  # which has compared it itself
    verify_emscripten(replace(toolchain, macros={}), host(), {})
    with raises_error(ToolchainError, "is of Emscripten 3.1.58, but", hint="emscripten_3_1_6_wasm32"):
        verify_emscripten(toolchain, host(), {})
    assert parse_platform("emscripten_3_1_6_wasm32").os == "pyodide"
