"""Which names of Conan's static libraries modules keep to themselves, and how each linker is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.unit.binary.test_archive import archive
from xconan.conan.hidden import Hidden, hidden_names
from xconan.render.toolchain import keep_hidden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xconan.model import BuildPlan


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """A package with a static library, and one with a shared one."""
    (tmp_path / "z" / "lib").mkdir(parents=True)
    names = b"deflate\0_ZTI3Foo\0_ZTS3Foo\0odd name\0"
    (tmp_path / "z/lib/libz.a").write_bytes(archive("/", b"\0\0\0\4" + b"\0\0\0D" * 4 + names))
    (tmp_path / "y" / "lib").mkdir(parents=True)
    (tmp_path / "y/lib/liby.so").touch()
    return [str(tmp_path / "z"), str(tmp_path / "y"), str(tmp_path / "none")]


def test_by_name(plan: Callable[..., BuildPlan], folders: list[str]) -> None:
    assert hidden_names(plan(), folders) == Hidden(archives=("libz.a",))
    assert hidden_names(plan(native=True), folders) == Hidden(archives=("libz.a",))
    assert hidden_names(plan(), folders[1:]) == Hidden()


def test_by_a_version_script(plan: Callable[..., BuildPlan], folders: list[str]) -> None:
    """Zig refuses --exclude-libs; type_infos stay, as LLVM's C++ library compares their addresses."""
    made = plan()
    made = replace(made, cross=replace(made.cross, toolchain="zig"))
    found = hidden_names(made, folders)
    assert found == Hidden(archives=("libz.a",), script="{\n  local:\n    deflate;\n};\n")
    assert hidden_names(made, folders[1:]) == Hidden()


def test_where_nothing_is_hidden(plan: Callable[..., BuildPlan], folders: list[str], root: Path) -> None:
    config = facts.cmake_config(source_path=root, export_dependencies=True)
    assert hidden_names(plan(cmake=config), folders) == Hidden()
    assert hidden_names(plan("cp311-macosx_11_0_arm64"), folders) == Hidden()
    assert hidden_names(plan("cp311-win_amd64"), folders) == Hidden()


def test_options() -> None:
    module, shared = keep_hidden(["libz.a", "libb.a"], "").splitlines()
    assert "MODULE_LIBRARY>:LINKER:--exclude-libs,libz.a:libb.a>" in module
    assert "SHARED_LIBRARY>:LINKER:-Bsymbolic-functions>" in shared
    module, shared = keep_hidden(["libz.a"], "hidden.map").splitlines()
    assert "MODULE_LIBRARY>:-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/hidden.map" in module
    assert "SHARED_LIBRARY>:-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/hidden.map" in shared
    assert keep_hidden([], "") == ""
