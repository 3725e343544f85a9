"""Projects of the kinds that other backends keep for their tests: what they expect is in the wheel, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.native import GOOD, HEAD, native_project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.crossbuild import Built, Workshop

PROGRAM = "int main(void) { return 0; }\n"
PLAIN = "cmake_minimum_required(VERSION 3.20)\nproject(nav LANGUAGES C)\n"
NONE = "[tool.xconan.module]\npackages = []\n"


def names(built: Built) -> set[str]:
    """The wheel's files, modules without their suffix."""
    return {f"{name.partition('.')[0]}.so" if name.endswith(".so") else name for name in built.names}


RUN = "add_executable(run run.c)\ninstall(TARGETS run DESTINATION ${SKBUILD_SCRIPTS_DIR})\n"
FOLDERS = """\
foreach(one PLATLIB DATA HEADERS SCRIPTS)
  file(WRITE "${SKBUILD_${one}_DIR}/${one}.txt" "x")
endforeach()
"""
TEMPLATES = """\
[[tool.xconan.generate]]
path = "core.c"
location = "build"
template-path = "core.in"
[[tool.xconan.generate]]
path = "over.cmake"
location = "source"
template = "set(NAME $name)"
[[tool.xconan.generate]]
path = "nav/_version.py"
template = "v = '$version'"
"""
INCLUDING = GOOD.replace("core.c", "${CMAKE_BINARY_DIR}/core.c").replace(HEAD, f"{HEAD}include(over.cmake)\n")
NOTED = 'install(CODE [[file(WRITE "${CMAKE_INSTALL_PREFIX}/nav/${CMAKE_INSTALL_CONFIG_NAME}" x)]])\n'
KINDS: dict[str, tuple[Mapping[str, str], str, set[str]]] = {
    "several packages": (
        {"CMakeLists.txt": GOOD, "lib/more/__init__.py": "x = 1\n", "one.py": "x = 1\n"},
        '[tool.xconan.module]\npackages = ["src/nav", "lib/more", "one.py"]\n',
        {"nav/__init__.py", "nav/_core.so", "more/__init__.py", "one.py"},
    ),
    "a namespace with a dot": (
        {"CMakeLists.txt": GOOD.replace("DESTINATION nav", "DESTINATION my/nav"), "src/nav/__init__.py": "",
         "src/my/nav/__init__.py": "from . import _core\n"},
        '[tool.xconan.module]\nname = "my.nav"\n', {"my/nav/__init__.py", "my/nav/_core.so"},
    ),
    "a module of another name": (
        {"CMakeLists.txt": GOOD.replace("DESTINATION nav", "DESTINATION ."), "src/nav/__init__.py": ""}, NONE,
        {"_core.so"},
    ),
    "a program": (
        {"CMakeLists.txt": PLAIN + RUN, "run.c": PROGRAM, "src/nav/__init__.py": ""},
        f'{NONE}[tool.xconan.wheel]\npython_abi = "none"\npython_tag = ["py3"]\n', {"nav-1.0.data/scripts/run"},
    ),
    "files in all places": (
        {"CMakeLists.txt": PLAIN + FOLDERS, "src/nav/__init__.py": ""},
        f"{NONE}[tool.xconan.wheel]\npure_python = false\n",
        {"PLATLIB.txt", *(f"nav-1.0.data/{one}/{one.upper()}.txt" for one in ("data", "headers", "scripts"))},
    ),
    "files from templates": (
        {"CMakeLists.txt": INCLUDING, "core.in": '#include "../../../core.c"\n#define VERSION "$version"\n'}, TEMPLATES,
        {"nav/__init__.py", "nav/_core.so", "nav/_version.py"},
    ),
    "two configurations": (
        {"CMakeLists.txt": GOOD + NOTED},
        '[tool.xconan.cmake]\nconfig = ["Release", "Debug"]\ngenerator = "Ninja Multi-Config"\n',
        {"nav/__init__.py", "nav/_core.so", "nav/Release", "nav/Debug"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_the_wheel(kind: str, native: Workshop, tmp_path: Path) -> None:
    files, tool, expected = KINDS[kind]
    assert names(native.build(native_project(tmp_path / "p", files, tool=tool))) == expected


REFUSED: dict[str, tuple[Mapping[str, str], str, str]] = {
    "a module of another name": (
        {"CMakeLists.txt": GOOD.replace("DESTINATION nav", "DESTINATION ."), "src/nav/__init__.py": ""},
        "nothing in the wheel can be imported as nav", "packages = []",
    ),
    "a package of another name": (
        {"CMakeLists.txt": GOOD.replace("DESTINATION nav", "DESTINATION other"), "src/nav/__init__.py": "",
         "src/other/__init__.py": "from . import _core\n"},
        "nothing in the wheel can be imported as nav", 'packages = ["src/other"]',
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_with_the_key(kind: str, native: Workshop, tmp_path: Path) -> None:
    files, says, hint = REFUSED[kind]
    failed = native.build(native_project(tmp_path / "p", files), fails=True)
    failed.assert_ended(6, says, hint)
    remedy = f"[tool.xconan.module]\n{hint}\n"
    assert any(name.endswith(".so") for name in native.build(native_project(tmp_path / "q", files, tool=remedy)).names)
