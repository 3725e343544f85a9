"""Each error says what, where and what to do, ends with its exit code, and leaves nothing half-written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.crossbuild import lz4_project, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.crossbuild import Host, Workshop


@dataclass(frozen=True)
class Mistake:
    """One mistake: what is changed in the cross.toml or in the project, and what the error must hold."""

    code: int
    words: tuple[str, ...]
    cross: tuple[str, str] = ("", "")
    """A line of the cross.toml by its beginning, and what stands there instead."""
    file: str = ""
    text: str = ""
    """A file of the project and its new text."""


FAILING_RECIPE = """\
from conan import ConanFile
class Failing(ConanFile):
    requires = "lz4/1.9.4"
    def generate(self):
        raise Exception("the generator is out of order")
"""
MISTAKES = {
    "unknown key": Mistake(
        2, ("unknown key 'arhc'", "did you mean 'arch'?", ".cross.toml: arhc"), ("abi", "arhc = 'x'")
    ),
    "malformed": Mistake(2, ("not valid TOML", ".cross.toml:3"), ("abi", "abi = = 'cp311'")),
    "no toolchain file": Mistake(
        3,
        ("there is no ", "nowhere.cmake", "toolchain_file", "check the path"),
        ("toolchain_file", "toolchain_file = 'nowhere.cmake'"),
    ),
    "no compiler": Mistake(
        3,
        ("no-such-gcc", "missing.cmake", "install that compiler"),
        ("toolchain_file", "toolchain_file = 'missing.cmake'"),
    ),
    "other version": Mistake(
        3,
        ("version is '312' (3.12)", "headers are of 3.11", "patchlevel.h"),
        ("version", "version = '312'\nabi = 'cp312'"),
    ),
    "other compiler": Mistake(3, ("arch is 'linux_s390x'", "aarch64-linux-gnu"), ("arch", "arch = 'linux_s390x'")),
    "C++ that does not compile": Mistake(
        5, ("the build failed", "cmake --build"), file="plain.c", text="int main( {\n"
    ),
    "failing CMakeLists.txt": Mistake(
        5, ("the configuration failed", "cmake"), file="CMakeLists.txt", text='message(FATAL_ERROR "no")\n'
    ),
    "failing recipe": Mistake(
        4, ("the generator is out of order", "conanfile.py"), file="conanfile.py", text=FAILING_RECIPE
    ),
    "unknown requirement": Mistake(
        4,
        ("nosuchlibrary/1.0", "not resolved", "conan remote list"),
        file="conanfile.txt",
        text="[requires]\nnosuchlibrary/1.0\n",
    ),
}


def mistaken(mistake: Mistake, target: Host, folder: Path) -> tuple[Path, Path]:
    """The project and its cross.toml with a mistake."""
    project = lz4_project(folder / "project")
    if mistake.file.startswith("conanfile"):
        pyproject = project / "pyproject.toml"
        pyproject.write_text(pyproject.read_text("utf-8").split("[tool.xconan.conan]")[0], "utf-8")
    if mistake.file:
        write(project / mistake.file, mistake.text)
    cross = target.cross(folder)
    write(folder / "missing.cmake", "set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_C_COMPILER no-such-gcc)\n")
    begins, instead = mistake.cross
    if begins:
        lines = [line for line in cross.read_text("utf-8").splitlines() if line.split(" ")[0] not in (begins, "abi")]
        write(cross, "\n".join([*lines[:2], instead, *lines[2:]]) + "\n")
    return project, cross


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name: str, host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    mistake = MISTAKES[name]
    project, cross = mistaken(mistake, host("aarch64"), tmp_path)
    failed = workshop.build(project, cross, fails=True)
    failed.assert_ended(mistake.code, "xconan: error:", "\n  where:", *mistake.words)
    assert not list((project / "dist").rglob("*")) if (project / "dist").exists() else True


def test_headers_of_64_bits_for_a_host_of_32(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    small, large = host("armv7l"), host("aarch64")
    cross = small.cross(tmp_path, headers=False, extra=f"include_dir = '{large.python.include_dir}'")
    failed = workshop.build(lz4_project(tmp_path / "project"), cross, fails=True)
    failed.assert_ended(3, "arch is 'linux_armv7l' (arm-linux-gnueabihf), but the headers are for aarch64-linux-gnu")


def test_library_of_another_machine(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    target, other = host("aarch64"), host("s390x")
    cross = target.cross(tmp_path, extra=f"library = '{other.python.library}'")
    failed = workshop.build(lz4_project(tmp_path / "project"), cross, fails=True)
    failed.assert_ended(
        3,
        "it is for S390, 64 bits, big-endian, but the host aarch64 is AARCH64, 64 bits, little-endian",
        "library = ",
    )


def test_leftover_of_another_machine_is_refused(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    project, target = lz4_project(tmp_path / "project"), host("aarch64")
    package = project / "plain_tools"
    write(package / "__init__.py", "")
    (package / "_fast.so").write_bytes(host("s390x").python.library.read_bytes())
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace('generated = "module"', 'name = "plain_tools"'), "utf-8")
    failed = workshop.build(project, target.cross(tmp_path), fails=True)
    failed.assert_ended(6, "plain_tools/_fast.so: it is for S390")
    assert not list((project / "dist").iterdir())
