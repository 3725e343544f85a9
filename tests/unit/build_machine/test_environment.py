"""What of the environment speaks of the build machine, and is kept from a build for another one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.crossbuild import write
from xconan.build_machine.environment import cleared_variables, expand_env, leading_to, names_read, search_path


@pytest.mark.parametrize(
    "name",
    [
        "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
        "GCC_EXEC_PREFIX", "LD_RUN_PATH", "CMAKE_PREFIX_PATH", "CMAKE_INCLUDE_PATH", "CMAKE_LIBRARY_PATH",
        "CMAKE_TOOLCHAIN_FILE", "PKG_CONFIG_PATH", "CONFIG_SITE", "CPP", "CXXCPP", "AS", "LD",
    ],
)  # fmt: skip
def test_cleared(name: str) -> None:
    assert cleared_variables({name: "/opt/x"}, native=False) == (name,)
    assert not cleared_variables({name: "/opt/x"}, native=True)
    assert not cleared_variables({name: "/opt/x"}, native=False, passthrough=(name,))
    assert not cleared_variables({name: "/opt/x"}, native=False, read=(name,))


@pytest.mark.parametrize(
    "name",
    [
        "PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "CFLAGS", "LDFLAGS", "CC", "SDKROOT", "CMAKE_GENERATOR",
        "CMAKE_BUILD_PARALLEL_LEVEL", "CMAKE_PROGRAM_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR", "MYCPATH",
    ],
)  # fmt: skip
def test_kept(name: str, tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    assert not cleared_variables({name: str(tmp_path)}, native=False)


@pytest.mark.parametrize("name", ["LZ4_ROOT", "Python3_ROOT_DIR", "fmt_DIR", "BOOST_INCLUDEDIR"])
@pytest.mark.parametrize("content", ["include/zlib.h", "lib/libz.so", "fmtConfig.cmake", "fmt-config.cmake", "zlib.h"])
def test_folder_of_a_package(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / content).parent.mkdir(exist_ok=True)
    (tmp_path / content).touch()
    assert cleared_variables({name: str(tmp_path)}, native=False) == (name,)


@pytest.mark.parametrize("name", ["XDG_RUNTIME_DIR", "ANDROID_NDK_ROOT", "XCONAN_TEST_DIR", "CONAN_USER_DIR"])
def test_folder_that_is_no_packages(name: str, tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    assert not cleared_variables({name: str(tmp_path)}, native=False)
    assert not cleared_variables({"CCACHE_DIR": str(tmp_path / "cache")}, native=False)
    assert not cleared_variables({"NAME_DIR": "include", "OTHER_ROOT": "", "MORE_DIR": "a\0b"}, native=False)


def test_names_that_a_toolchain_file_reads() -> None:
    text = 'set(CMAKE_SYSROOT $ENV{SDK_ROOT})\nif(DEFINED ENV{X})\nlist(APPEND a "$ENV{CPATH}/x")\n'
    assert names_read(text) == {"SDK_ROOT", "X", "CPATH"}


def test_variables_that_lead_to_a_file() -> None:
    environ = {
        "A": "/usr", "CPATH": "/opt/py/include/python3.13:/opt", "CFLAGS": "-O2 -I/opt/py/include", "HOME": "/root",
        "OTHER": "/opt/python", "EMPTY": "",
    }  # fmt: skip
    assert leading_to(environ, Path("/opt/py/include/python3.13/Python.h")) == ["CPATH", "CFLAGS"]
    assert leading_to({"CXXFLAGS": "-isystem/a/b"}, Path("/a/b/Python.h")) == ["CXXFLAGS"]


def test_variables_that_lead_nobody_to_headers(tmp_path: Path) -> None:
    """They name a folder around the file, as a project's own is around what it brings."""
    header = write(tmp_path / "third" / "python" / "Python.h", "")
    names = ("PWD", "OLDPWD", "HOME", "TMPDIR", "CI_PROJECT_DIR")
    assert not leading_to(dict.fromkeys(names, str(tmp_path)), header)
    assert leading_to({"Python_ROOT_DIR": str(header.parent)}, header) == ["Python_ROOT_DIR"]


def test_variables_of_the_project_are_made_of_others() -> None:
    wanted = {"A": "${BASE}/a", "B": "${A}:${NONE}", "C": "$$HOME", "D": "$BASE"}
    found = expand_env(wanted, {"BASE": "/b"})
    assert found == {"BASE": "/b", "A": "/b/a", "B": "/b/a:${NONE}", "C": "$HOME", "D": "/b"}


PREFIX = "/work/venv"


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    {
        "not activated": (PREFIX, "/usr/bin:/bin", f"{PREFIX}/bin:/usr/bin:/bin"),
        "activated": (PREFIX, f"/home/bin:{PREFIX}/bin:/usr/bin", f"/home/bin:{PREFIX}/bin:/usr/bin"),
        "none": ("/usr", "/usr/bin", "/usr/bin"),
        "pip's, of an environment that is not activated": (
            PREFIX, "/work/one/overlay/bin:/work/one/normal/bin:/usr/bin",
            f"/work/one/overlay/bin:/work/one/normal/bin:{PREFIX}/bin:/usr/bin",
        ),
        "nothing else": (PREFIX, "/work/one/overlay/bin", f"/work/one/overlay/bin:{PREFIX}/bin"),
    }.values(),
)  # fmt: skip
def test_programs_of_the_environment(prefix: str, path: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"prefix": prefix, "base_prefix": "/usr", "executable": f"{prefix}/bin/python3"}.items():
        monkeypatch.setattr(sys, name, value)
    monkeypatch.setattr(
        sys, "path", [f"{prefix}/lib/python3.11/site-packages", "/work/one/overlay/lib/python3.11/site-packages"]
    )
    assert search_path({"PATH": path}) == expected
