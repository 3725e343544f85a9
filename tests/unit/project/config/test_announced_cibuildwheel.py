"""What cibuildwheel sets in the environment, by its own code, and what we make of it; nox -s peers installs it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests.support.crossbuild import write
from tests.unit.project.config.test_announced import BASE, options, python
from xconan.build_machine.announcement import Announcement
from xconan.project.config.project import read_project
from xconan.project.config.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

    from xconan.project.config.records import CrossConfig, Project

macos = pytest.importorskip("cibuildwheel.platforms.macos", reason="pip install cibuildwheel")
windows = pytest.importorskip("cibuildwheel.platforms.windows", reason="pip install cibuildwheel")
environment = pytest.importorskip("cibuildwheel.environment", reason="pip install cibuildwheel")


def read(root: Path, announcement: Announcement) -> tuple[Project, CrossConfig]:
    write(root / "pyproject.toml", BASE)
    write(root / "CMakeLists.txt", "")
    settings = parse_settings(None, root=root, environ=announcement.environ)
    return read_project(root, settings, running=announcement.running, announcement=announcement)


@pytest.mark.parametrize(("identifier", "tag"), [("cp312-win_arm64", "win_arm64"), ("cp312-win32", "win32")])
def test_windows(root: Path, tmp_path: Path, identifier: str, tag: str) -> None:
    """Its function for setuptools, on the runner for amd64."""
    libs = write(tmp_path / "python/tools/libs/python312.lib", "").parent
    write(tmp_path / "python/tools/libs/python3.lib", "")
    write(tmp_path / "python/tools/include/Python.h", "")
    environ: dict[str, str] = {}
    chosen = windows.PythonConfiguration(version="3.12", identifier=identifier, url=None, sha256=None)
    windows.setup_setuptools_cross_compile(tmp_path, chosen, libs, environ)
    said = Announcement(environ=environ, platform="win-amd64", machine="AMD64", running=python("win_amd64"))
    project, cross = read(root, said)
    assert (cross.native, cross.target) == (False, python(tag))
    assert (cross.library, cross.sabi_library) == (libs / "python312.lib", libs / "python3.lib")
    assert cross.include_dir == libs.parent / "include"
    assert options(project)["CMAKE_SYSTEM_NAME"] == "Windows"
    assert environ["SETUPTOOLS_EXT_SUFFIX"] == f".{identifier}.pyd"


def variables_of_macos(tmp_path: Path, identifier: str, version: str, user: Mapping[str, str]) -> dict[str, str]:
    """What setup_python() hands to builds, without the downloads that it makes and the programs that it asks."""
    venv = tmp_path / "work/venv/bin"
    base = write(tmp_path / "python3", "")

    def virtualenv(*_arguments: object, **_options: object) -> dict[str, str]:
        for name in ("python", "pip"):
            write(venv / name, "")
        return {"PATH": str(venv)}

    def call(*argv: str | PurePosixPath, **_options: object) -> str:
        return str(venv / str(argv[1])) if argv[0] == "which" else ""

    parsed = environment.parse_environment(" ".join(f"{name}={value!r}" for name, value in user.items()))
    chosen = macos.PythonConfiguration(version=version, identifier=identifier, url="", sha256="")
    with (
        mock.patch.object(macos, "install_cpython", return_value=base),
        mock.patch.object(macos, "virtualenv", virtualenv),
        mock.patch.object(macos, "call", call),
        mock.patch.object(macos, "get_macos_version", return_value=(14, 0)),
    ):
        shutil.rmtree(tmp_path / "work", ignore_errors=True)
        _python, env = macos.setup_python(tmp_path / "work", chosen, None, parsed, "build")
    return dict(env)


@pytest.mark.parametrize(("identifier", "machine", "native", "tag"), [
    ("cp312-macosx_arm64", "x86_64", False, "macosx_11_0_arm64"),
    ("cp312-macosx_x86_64", "arm64", False, "macosx_10_13_x86_64"),
    ("cp312-macosx_universal2", "arm64", True, "macosx_10_13_universal2"),
    ("cp312-macosx_arm64", "arm64", True, "macosx_11_0_arm64"),
])  # fmt: skip
def test_macos(root: Path, tmp_path: Path, identifier: str, machine: str, *, native: bool, tag: str) -> None:
    environ = variables_of_macos(tmp_path, identifier, "3.12", {"XCONAN_OVERRIDE": "cmake.build_type=Debug"})
    running = python({"arm64": "macosx_11_0_arm64", "x86_64": "macosx_10_13_x86_64"}[machine])
    platform = environ["_PYTHON_HOST_PLATFORM"]  # sysconfig.get_platform() answers it
    project, cross = read(root, Announcement(environ=environ, platform=platform, machine=machine, running=running))
    assert (cross.native, cross.target.platform.tag) == (native, tag)
    assert project.cmake
    assert project.cmake.build_type == "Debug"
    assert options(project).get("CMAKE_OSX_DEPLOYMENT_TARGET", "") == (
        environ["MACOSX_DEPLOYMENT_TARGET"] if "OSX" in str(options(project)) else ""
    )  # fmt: skip


def test_a_target_in_its_environment(root: Path, tmp_path: Path) -> None:
    """`CIBW_ENVIRONMENT` takes the place of what it announces."""
    environ = variables_of_macos(
        tmp_path, "cp312-macosx_arm64", "3.12", {"XCONAN_TARGET": "cp312-macosx_12_0_universal2"}
    )  # fmt: skip
    running = python("macosx_10_13_x86_64")
    said = Announcement(environ=environ, platform="macosx-11.0-arm64", machine="x86_64", running=running)
    _, cross = read(root, said)
    assert cross.target.platform.tag == "macosx_12_0_universal2"
    assert cross.remarks == (
        "ARCHFLAGS (-arch arm64) is not looked at, because the host is that of target cp312-macosx_12_0_universal2",
    )
