"""The environment of pyodide build: its compilers are the host's."""

from __future__ import annotations

from xconan.build_machine.pyodide import has_wrappers, path_without_wrappers, without_wrappers

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
    assert path_without_wrappers({**BUILD, "COMPILER_WRAPPER_DIR": "/work/w/"}) == "/venv/bin:/usr/bin"


def test_any_other_environment_is_as_it_is() -> None:
    other = {
        "PATH": "/usr/bin:",
        "CMAKE_TOOLCHAIN_FILE": "/x.cmake",
        "CC": "/usr/bin/gcc",
        "_PYTHON_HOST_PLATFORM": "linux-aarch64",
    }
    assert without_wrappers(other) == other
    assert not has_wrappers(other)
    assert path_without_wrappers(other) == "/usr/bin:"
