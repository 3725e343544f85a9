"""Packages by the names of CMake's own modules."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import xconan
from xconan.conan.second_names import Declared, add_aliases, second_files, second_names


@dataclass
class Info:
    """A cpp_info, as far as it is used."""

    properties: dict[str, object]
    components: dict[str, Info] = field(default_factory=dict)

    def get_property(self, name: str) -> object:
        return self.properties.get(name)


EXPAT = Info({
    "cmake_find_mode": "both", "cmake_module_file_name": "EXPAT", "cmake_module_target_name": "EXPAT::EXPAT",
    "cmake_file_name": "expat", "cmake_target_name": "expat::expat",
})  # fmt: skip
JPEG = Info(
    {"cmake_find_mode": "both", "cmake_module_file_name": "JPEG", "cmake_file_name": "libjpeg-turbo"},
    {
        "jpeg": Info({
            "cmake_module_target_name": "JPEG::JPEG", "cmake_target_name": "libjpeg-turbo::jpeg-static",
        }),
        "turbojpeg": Info({"cmake_target_name": "libjpeg-turbo::turbojpeg-static"}),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "info",
    [Info({}), Info({"cmake_file_name": "X"}), Info({"cmake_find_mode": "none", "cmake_module_file_name": "X"})],
)
def test_packages_of_one_name(info: Info) -> None:
    assert second_names("x", info) is None


def test_two_names() -> None:
    names = second_names("expat", EXPAT)
    assert names
    assert (names.module, names.file, names.targets) == ("EXPAT", "expat", (("EXPAT::EXPAT", "expat::expat"),))
    files = second_files(names)
    assert set(files) == {"EXPATConfig.cmake", "EXPATConfigVersion.cmake", "xconan-modules/FindEXPAT.cmake"}
    assert 'include("${CMAKE_CURRENT_LIST_DIR}/expat-config.cmake")' in files["EXPATConfig.cmake"]
    assert "INTERFACE_LINK_LIBRARIES expat::expat" in files["EXPATConfig.cmake"]
    assert "/expat-config-version.cmake" in files["EXPATConfigVersion.cmake"]
    assert "/../EXPATConfig.cmake" in files["xconan-modules/FindEXPAT.cmake"]


def test_components() -> None:
    names = second_names("libjpeg-turbo", JPEG)
    assert names
    assert names.targets == (("JPEG::JPEG", "libjpeg-turbo::jpeg-static"),)


def test_one_file_and_two_targets() -> None:
    """CMakeConfigDeps is told of the second; only who insists on CMake's module needs a file."""
    info = Info({
        "cmake_find_mode": "module", "cmake_file_name": "LZO", "cmake_module_target_name": "LZO::LZO",
        "cmake_target_aliases": ["lzo"],
    })  # fmt: skip
    names = second_names("lzo", info)
    assert names
    assert names.aliases == {"lzo": ["lzo", "LZO::LZO"]}
    assert set(second_files(names)) == {"xconan-modules/FindLZO.cmake"}


def declared(info: Info) -> dict[str, object]:
    """As a recipe of a wheel hands it over."""
    parts = {name: {"properties": one.properties} for name, one in info.components.items()}
    return {"properties": info.properties, "components": parts}


@pytest.mark.parametrize("info", [EXPAT, JPEG, Info({})])
def test_names_that_a_recipe_hands_over(info: Info) -> None:
    found, usual = second_names("x", Declared.read(declared(info))), second_names("x", info)
    assert (found and second_files(found)) == (usual and second_files(usual))


def test_recipes_hand_over_all_that_is_asked() -> None:
    asked: set[str] = set()

    class Asked(Info):
        def get_property(self, name: str) -> object:
            asked.add(name)
            return super().get_property(name)

    second_names("expat", Asked(EXPAT.properties))
    text = (Path(xconan.__file__).parent / "in_conan/files/conanfile.py").read_text("utf-8")
    named = re.search(r"^NAMES = (\([^)]*\))", text, re.MULTILINE)
    assert named
    assert asked <= set(ast.literal_eval(named[1]))


def test_targets_of_one_file(tmp_path: Path) -> None:
    """Added to what CMakeConfigDeps has written, once."""
    properties: dict[str, object] = {"cmake_find_mode": "both", "cmake_file_name": "JPEG"}
    properties |= {"cmake_target_name": "JPEG::static", "cmake_module_target_name": "JPEG::JPEG"}
    names = second_names("libjpeg", Info(properties))
    assert names
    file = tmp_path / "JPEGConfig.cmake"
    file.write_text("# by Conan\n", "utf-8")
    add_aliases(tmp_path, [names])
    once = file.read_text("utf-8")
    assert once.startswith("# by Conan\n")
    assert "if(TARGET JPEG::static AND NOT TARGET JPEG::JPEG)" in once
    add_aliases(tmp_path, [names])
    assert file.read_text("utf-8") == once
