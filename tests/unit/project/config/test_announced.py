"""What the environment says of the host, on every system; cibuildwheel itself in test_announced_cibuildwheel.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import write
from xconan.build_machine.announcement import Announcement, read_announcement
from xconan.host.platforms import parse_platform
from xconan.host.targets import Target
from xconan.plan import build_type
from xconan.project.config.project import read_project
from xconan.project.config.settings import parse_settings

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.config.records import CrossConfig, Project

BASE = '[project]\nname = "demo"\nversion = "1"\n'


SPARC = (
    "DIST_EXTRA_CONFIG (plat_name win-sparc) is not looked at, because it is none of win32, win-amd64, win-arm32, "
    "win-arm64"
)


def python(tag: str, *, version: str = "312", abi: str = "cp312") -> Target:
    return Target(implementation="cp", version=version, abi=abi, platform=parse_platform(tag))


def windows(**environ: str) -> Announcement:
    return Announcement(environ=environ, platform="win-amd64", machine="AMD64", running=python("win_amd64"))


def mac(machine: str = "x86_64", **environ: str) -> Announcement:
    """As python.org's installer has it: a universal Python."""
    tag = {"x86_64": "macosx_10_9_x86_64", "arm64": "macosx_11_0_arm64"}[machine]
    return Announcement(
        environ=environ, platform="macosx-10.9-universal2", machine=machine, running=python(tag)
    )  # fmt: skip


def read(
    root: Path, announcement: Announcement, tool: str = "", settings: dict[str, object] | None = None
) -> tuple[Project, CrossConfig]:
    write(root / "pyproject.toml", BASE + tool)
    write(root / "CMakeLists.txt", "")
    chosen = parse_settings(settings, root=root)
    return read_project(root, chosen, running=announcement.running, announcement=announcement)


def options(project: Project) -> dict[str, str]:
    assert project.cmake
    return {name: value for name, _kind, value in project.cmake.options}


# --- Windows ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def libs(tmp_path: Path) -> Path:
    """A Python for another machine, as NuGet's packages have it."""
    for name in ("python312.lib", "python312t.lib", "python312_d.lib", "python3.lib", "python3t.lib"):
        write(tmp_path / "pythonarm64/tools/libs" / name, "")
    write(tmp_path / "pythonarm64/tools/include/Python.h", "")
    return tmp_path / "pythonarm64/tools/libs"


def distutils(tmp_path: Path, name: str, *lines: str) -> str:
    text = "\n".join(["[build_ext]", f"plat_name={name}", *lines, "[bdist_wheel]", "plat_name=another"])
    return str(write(tmp_path / "extra-setup.cfg", text + "\n"))


@pytest.mark.parametrize(("name", "tag", "generator_platform", "processor"), [
    ("win32", "win32", "Win32", "x86"),
    ("win-arm32", "win_arm32", "ARM", "ARM"),
    ("win-arm64", "win_arm64", "ARM64", "ARM64"),
])  # fmt: skip
def test_windows(  # noqa: PLR0913, PLR0917 - a row
    root: Path, tmp_path: Path, libs: Path, name: str, tag: str, generator_platform: str, processor: str
) -> None:
    file = distutils(tmp_path, name, f"library_dirs={libs}")
    project, cross = read(root, windows(DIST_EXTRA_CONFIG=file))
    assert (cross.native, cross.own_compiler, cross.target) == (False, True, python(tag))
    assert (cross.os, cross.generator_platform) == ("windows", generator_platform)
    assert (cross.library, cross.sabi_library) == (libs / "python312.lib", libs / "python3.lib")
    assert cross.include_dir == libs.parent / "include"
    assert options(project) == {"CMAKE_SYSTEM_NAME": "Windows", "CMAKE_SYSTEM_PROCESSOR": processor}
    assert cross.remarks == (f"the host is {tag}: DIST_EXTRA_CONFIG ({file}) says plat_name {name}",)


def test_windows_of_amd64_on_arm64(root: Path, tmp_path: Path) -> None:
    here = replace(windows(DIST_EXTRA_CONFIG=distutils(tmp_path, "win-amd64")), platform="win-arm64", machine="ARM64")
    _, cross = read(root, here)
    assert (cross.target.platform.tag, cross.generator_platform) == ("win_amd64", "x64")


def test_the_libraries_of_its_own_kind(root: Path, tmp_path: Path, libs: Path) -> None:
    """Without a GIL; in the second of two folders; without headers beside it."""
    file = distutils(tmp_path, "win-arm64", f"library_dirs={tmp_path};{libs}")
    free = replace(windows(DIST_EXTRA_CONFIG=file), running=python("win_amd64", abi="cp312t"))
    assert read(root, free)[1].library == libs / "python312t.lib"
    alone = write(tmp_path / "lib/python312.lib", "").parent
    file = distutils(tmp_path, "win-arm64", f"library_dirs={alone}")
    _, cross = read(root, windows(DIST_EXTRA_CONFIG=file))
    assert (cross.library, cross.sabi_library, cross.include_dir) == (alone / "python312.lib", None, None)


def test_no_library(root: Path, tmp_path: Path) -> None:
    _, cross = read(root, windows(DIST_EXTRA_CONFIG=distutils(tmp_path, "win-arm64", f"library_dirs={tmp_path}")))
    assert cross.library is None
    assert cross.remarks[1:] == (f"there is no python312.lib in {tmp_path}",)


def test_this_very_windows(root: Path, tmp_path: Path) -> None:
    for file in (
        distutils(tmp_path, "win-amd64"),
        str(write(tmp_path / "empty.cfg", "[build]\nplat_name=win-arm64\n")),
    ):
        _, cross = read(root, windows(DIST_EXTRA_CONFIG=file))
        assert (cross.native, cross.remarks) == (True, ())


@pytest.mark.parametrize(("text", "said"), [
    (None, "DIST_EXTRA_CONFIG names {file}, which is not there"),
    ("[build_ext]\nplat_name=win-sparc\n", SPARC),
    ("no ini\n", None),
])  # fmt: skip
def test_files_that_say_nothing(root: Path, tmp_path: Path, text: str | None, said: str | None) -> None:
    file = tmp_path / "extra.cfg"
    if text:
        write(file, text)
    _, cross = read(root, windows(DIST_EXTRA_CONFIG=str(file)))
    assert cross.native
    assert cross.remarks == ((said.format(file=file),) if said else ())


def test_windows_table_is_inherited(root: Path, tmp_path: Path) -> None:
    tool = '[tool.xconan.windows.cmake]\nargs = ["-Wdev"]\n[tool.xconan.windows.cmake.options]\nMINE = "1"\n'
    tool += '[tool.xconan.mac.cmake.options]\nOTHER = "1"\n'
    project, _ = read(root, windows(DIST_EXTRA_CONFIG=distutils(tmp_path, "win-arm64")), tool)
    assert options(project) == {"MINE": "1", "CMAKE_SYSTEM_NAME": "Windows", "CMAKE_SYSTEM_PROCESSOR": "ARM64"}
    assert project.cmake
    assert project.cmake.args == ("-Wdev",)


# --- macOS -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("machine", "flags", "told", "tag"), [
    ("x86_64", "-arch arm64", "", "macosx_11_0_arm64"),
    ("x86_64", "-arch arm64", "10.13", "macosx_11_0_arm64"),
    ("x86_64", "-g -arch arm64 -arch arm64", "12.3", "macosx_12_0_arm64"),
    ("arm64", "-arch x86_64", "", "macosx_10_9_x86_64"),
    ("arm64", "-arch  x86_64", "10.15", "macosx_10_15_x86_64"),
    ("arm64", "-arch x86_64", "13", "macosx_13_0_x86_64"),
])  # fmt: skip
def test_mac(root: Path, machine: str, flags: str, told: str, tag: str) -> None:
    environ = {"ARCHFLAGS": flags, **({"MACOSX_DEPLOYMENT_TARGET": told} if told else {})}
    project, cross = read(root, mac(machine, **environ))
    version = ".".join(tag.split("_")[1:3])
    arch = "arm64" if "arm64" in tag else "x86_64"
    assert (cross.native, cross.own_compiler, cross.os, cross.target.platform.tag) == (False, True, "mac", tag)
    assert options(project) == {
        "CMAKE_SYSTEM_NAME": "Darwin", "CMAKE_OSX_ARCHITECTURES": arch, "CMAKE_OSX_DEPLOYMENT_TARGET": version,
    }  # fmt: skip
    assert project.cmake
    assert project.cmake.env["SETUPTOOLS_EXT_SUFFIX"] == ".cpython-312-darwin.so"
    assert project.cmake.env["MACOSX_DEPLOYMENT_TARGET"] == version
    assert cross.remarks == (f"the host is {tag}: ARCHFLAGS says {flags}",)


def test_mac_without_a_gil_and_pypy(root: Path) -> None:
    free = replace(mac(ARCHFLAGS="-arch arm64"), running=python("macosx_10_9_x86_64", version="313", abi="cp313t"))
    project, cross = read(root, free)
    assert cross.target.abi == "cp313t"
    assert project.cmake
    assert project.cmake.env["SETUPTOOLS_EXT_SUFFIX"] == ".cpython-313t-darwin.so"
    pypy = Target(implementation="pp", version="310", abi="pypy310_pp73", platform=parse_platform("macosx_10_9_x86_64"))
    project, cross = read(root, replace(mac(ARCHFLAGS="-arch arm64"), running=pypy))
    assert cross.target.interpreter == "pp310"
    assert project.cmake
    assert "SETUPTOOLS_EXT_SUFFIX" not in project.cmake.env


@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
def test_universal(root: Path, machine: str) -> None:
    """One of them is this machine: no cross-compilation, and CMake builds both."""
    project, cross = read(root, mac(machine, ARCHFLAGS="-arch arm64 -arch x86_64", MACOSX_DEPLOYMENT_TARGET="10.13"))
    assert (cross.native, cross.target.platform.tag) == (True, "macosx_10_13_universal2")
    assert options(project) == {
        "CMAKE_OSX_ARCHITECTURES": "arm64;x86_64", "CMAKE_OSX_DEPLOYMENT_TARGET": "10.13",
    }  # fmt: skip
    tool = '[tool.xconan.cmake.options]\nCMAKE_OSX_ARCHITECTURES = "x86_64"\n'
    assert options(read(root, mac(machine, ARCHFLAGS="-arch arm64 -arch x86_64"), tool)[0])[
        "CMAKE_OSX_ARCHITECTURES"] == "x86_64"  # fmt: skip


def test_this_very_mac(root: Path) -> None:
    for flags in ("", "-arch x86_64", "-O2"):
        _, cross = read(root, mac("x86_64", ARCHFLAGS=flags))
        assert (cross.native, cross.remarks) == (True, ())


def test_an_architecture_of_old_macs(root: Path) -> None:
    _, cross = read(root, mac("x86_64", ARCHFLAGS="-arch ppc64"))
    assert cross.native
    assert cross.remarks == ("ARCHFLAGS (-arch ppc64) is not looked at, because known are x86_64 and arm64",)


def test_mac_table_is_inherited(root: Path) -> None:
    tool = '[tool.xconan.mac.cmake]\nbuild_type = "Debug"\n[tool.xconan.windows.cmake.options]\nOTHER = "1"\n'
    project, _ = read(root, mac(ARCHFLAGS="-arch arm64"), tool)
    assert project.cmake
    assert build_type(project.cmake) == "Debug"
    assert "OTHER" not in options(project)


# --- everywhere ------------------------------------------------------------------------------------------------------


def test_linux_has_no_such_variables(root: Path, tmp_path: Path) -> None:
    file = distutils(tmp_path, "win-arm64")
    here = Announcement(
        environ={"ARCHFLAGS": "-arch arm64", "DIST_EXTRA_CONFIG": file, "MACOSX_DEPLOYMENT_TARGET": "11.0"},
        platform="linux-x86_64", machine="x86_64", running=python("linux_x86_64"),
    )  # fmt: skip
    project, cross = read(root, here)
    assert (cross.native, cross.target, options(project)) == (True, python("linux_x86_64"), {})
    assert cross.remarks == (
        "ARCHFLAGS (-arch arm64) is not looked at, because it is macOS's, and this is linux-x86_64",
        "DIST_EXTRA_CONFIG (plat_name win-arm64) is not looked at, because it is Windows', and this is linux-x86_64",
    )
    quiet = replace(here, environ={"ARCHFLAGS": "-Wno-error", "DIST_EXTRA_CONFIG": str(tmp_path / "none")})
    assert read(root, quiet)[1].remarks == ()


@pytest.mark.parametrize("how", ["table", "file", "setting", "target", "override"])
def test_a_host_that_is_given_holds(root: Path, tmp_path: Path, how: str) -> None:
    """In whichever way; and a line says so."""
    text = "implementation = 'cp'\nversion = '311'\narch = 'linux_aarch64'\n"
    settings: dict[str, object] = {}
    tool = f"[tool.xconan.cross]\n{text}" if how == "table" else ""
    if how == "file":
        write(root / "xconan.cross.toml", text)
    if how == "setting":
        settings = {"cross": str(write(tmp_path / "a.toml", text))}
    if how == "target":
        settings = {"target": "cp311-linux_aarch64"}
    if how == "override":
        settings = {"override": ["cross.arch=linux_aarch64", "cross.version='311'", "cross.abi='cp311'"]}
    project, cross = read(root, mac(ARCHFLAGS="-arch arm64"), tool, settings)
    assert cross.target.name == "cp311-cp311-linux_aarch64"
    assert "CMAKE_OSX_ARCHITECTURES" not in options(project)
    assert cross.remarks == (
        f"ARCHFLAGS (-arch arm64) is not looked at, because the host is that of {cross.source}",
    )  # fmt: skip


def test_nothing_for_cmake_to_do(root: Path, tmp_path: Path) -> None:
    """A wheel of Python files stays one for any machine: cibuildwheel builds such projects too."""
    write(root / "pyproject.toml", BASE)
    write(root / "demo.py", "")
    for here in (mac(ARCHFLAGS="-arch arm64"), windows(DIST_EXTRA_CONFIG=distutils(tmp_path, "win-arm64"))):
        project, cross = read_project(root, parse_settings(None, root=root), running=here.running, announcement=here)
        assert (project.cmake, cross.native) == (None, True)
        (line,) = cross.remarks
        assert line.endswith(" is not looked at, because there is nothing for CMake to do")


def test_of_py_build_cmakes_table(root: Path) -> None:
    """Its own conditions: it is for projects that have a cmake table."""
    tool = '[tool.py-build-cmake.module]\nname = "demo"\n[tool.py-build-cmake.cmake]\nbuild_type = "Debug"\n'
    tool += '[tool.py-build-cmake.mac.cmake.options]\nMINE = "1"\n'
    project, cross = read(root, mac(ARCHFLAGS="-arch arm64"), tool)
    assert cross.target.platform.tag == "macosx_11_0_arm64"
    assert options(project)["MINE"] == "1"


# --- a Python that pretends ------------------------------------------------------------------------------------------


def crossenv(tmp_path: Path, **environ: str) -> Announcement:
    return Announcement(
        environ=environ, platform="linux-aarch64", machine="aarch64", running=python("linux_aarch64"), pretends=True,
        ext_suffix=".cpython-312-aarch64-linux-gnu.so", include_dir=str(tmp_path),
    )  # fmt: skip


def test_a_pretending_python(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "Python.h", "")
    project, cross = read(root, crossenv(tmp_path), '[tool.xconan.linux.cmake.options]\nMINE = "1"\n')
    assert (cross.native, cross.own_compiler, cross.target) == (False, False, python("linux_aarch64"))
    assert (cross.include_dir, cross.soabi, cross.os) == (tmp_path, "cpython-312-aarch64-linux-gnu", "linux")
    assert options(project) == {"MINE": "1"}
    file = write(tmp_path / "host.cmake", "")
    assert read(root, crossenv(tmp_path, CMAKE_TOOLCHAIN_FILE=str(file)))[1].toolchain_file == file


def test_what_this_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read_announcement().pretends
    monkeypatch.setattr("sys.cross_compiling", True, raising=False)
    assert read_announcement().pretends
    monkeypatch.undo()
    monkeypatch.setenv("_PYTHON_HOST_PLATFORM", "linux-aarch64")
    told = read_announcement()
    assert (told.pretends, told.running.platform.tag) == (True, "linux_aarch64")


# --- Pyodide ---------------------------------------------------------------------------------------------------------

PYODIDE = ["emscripten_3_1_58_wasm32", "pyodide_2024_0_wasm32", "pyemscripten_2026_0_wasm32"]


def pyodide(tag: str, suffix: str = ".cpython-312-wasm32-emscripten.so", **environ: str) -> Announcement:
    """As pyodide build has it: its variables, and the build machine's Python with Pyodide's answers."""
    return Announcement(
        environ={"PYODIDE": "1", "CMAKE_TOOLCHAIN_FILE": "/tools/Emscripten.cmake", **environ}, platform=tag,
        machine="x86_64", running=python(tag), pretends=True, ext_suffix=suffix, include_dir="/usr/include/python3.12",
    )  # fmt: skip


@pytest.mark.parametrize("tag", PYODIDE)
def test_pyodide(tmp_path: Path, tag: str) -> None:
    write(tmp_path / "include/Python.h", "")
    tool = '[tool.xconan.pyodide.cmake.options]\nMINE = "1"\n[tool.xconan.linux.cmake.options]\nOTHER = "1"\n'
    project, cross = read(tmp_path, pyodide(tag, PYTHONINCLUDE=str(tmp_path / "include")), tool)
    assert (cross.native, cross.os, cross.target) == (False, "pyodide", python(tag))
    assert (cross.toolchain, cross.toolchain_file) == ("emscripten", None)
    assert (cross.include_dir, cross.soabi) == (tmp_path / "include", "cpython-312-wasm32-emscripten")
    assert options(project) == {"MINE": "1"}
    assert cross.remarks == (
        f"the host is {tag}: the Python that runs here answers as Pyodide's (_PYTHON_HOST_PLATFORM)",
    )  # fmt: skip


def test_a_pyodide_that_says_little(tmp_path: Path) -> None:
    """Without its data sysconfig has the build machine's suffix; without headers those of the store are looked for."""
    announcement = pyodide(PYODIDE[0], ".cpython-312-x86_64-linux-gnu.so", PYTHONINCLUDE="/nowhere")
    cross = read(tmp_path, announcement)[1]
    assert (cross.soabi, cross.include_dir) == (None, None)


def test_another_host_in_an_environment_of_pyodide(tmp_path: Path) -> None:
    _, cross = read(tmp_path, pyodide(PYODIDE[0]), settings={"target": "cp312-linux_aarch64"})
    assert cross.target.platform.tag == "linux_aarch64"
    (remark,) = cross.remarks
    assert "is not looked at, because the host is that of target cp312-linux_aarch64" in remark


@pytest.mark.parametrize("tag", ["emscripten_3_1_58_wasm32", "emscripten-3.1.58-wasm32", "pyemscripten-2026.0-wasm32"])
def test_the_variable_of_pyodide_build(monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    monkeypatch.setenv("_PYTHON_HOST_PLATFORM", tag)
    told = read_announcement()
    assert (told.pretends, told.running.platform.os) == (True, "pyodide")
    assert told.running.platform.tag == tag.replace("-", "_").replace(".", "_")
