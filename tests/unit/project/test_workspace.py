"""Build folders, and that nothing of ours gets into folders of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from xconan.ground.errors import ConfigError
from xconan.ground.files import is_ours, mark_as_ours
from xconan.project.files import read_project_files
from xconan.project.workspace import find_layout, working

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.files import ProjectFiles

PYPROJECT = '[project]\nname = "nav"\nversion = "1"\n[tool.xconan.cmake]\nbuild_path = "{}"\n'


def layout_root(root: Path, build_path: str) -> Path:
    """The build folder of a project with this build_path."""
    config = facts.cmake_config(source_path=root, build_path=build_path)
    return find_layout(facts.project(root, cmake=config), facts.cross()).root


def test_a_build_folder_is_marked_before_it_is_used(root: Path) -> None:
    folder = root / "build"
    with working(read(root, "build").layout):
        assert is_ours(folder)
    (folder / "more").touch()
    assert layout_root(root, "build") == folder


def read(root: Path, build_path: str) -> ProjectFiles:
    """A project of one module, with this build_path."""
    (root / "pyproject.toml").write_text(PYPROJECT.format(build_path), "utf-8")
    (root / "CMakeLists.txt").touch()
    (root / "nav.py").touch()
    return read_project_files(root)


@pytest.mark.parametrize("name", ["lock", "CACHEDIR.TAG", "metadata.json", "cmake/CMakeCache.txt"])
def test_a_folder_of_others_is_not_used(root: Path, name: str) -> None:
    file = root / "build" / name
    file.parent.mkdir(parents=True)
    file.write_text("mine", "utf-8")
    with pytest.raises(ConfigError, match="not ours, which a build would remove"):
        layout_root(root, "build")
    assert file.read_text("utf-8") == "mine"


@pytest.mark.parametrize("build_path", ["build", "build/{build_config}", "out/x"])
def test_a_file_of_the_users_beside_the_build_folder_stays(root: Path, build_path: str) -> None:
    mine = [root / "metadata.json", root / "metadata.json.x"]
    for file in mine:
        file.write_text("{}", "utf-8")
    for _ in range(2):
        found = read(root, build_path)
        with working(found.layout):
            pass
    assert all(file.read_text("utf-8") == "{}" for file in mine)
    assert (found.layout.root / "metadata.json").is_file()
    made = {path.name for path in root.iterdir()} - {file.name for file in mine}
    assert made == {"pyproject.toml", "CMakeLists.txt", "nav.py", build_path.partition("/")[0]}


def test_our_own_folder_is_known_by_its_name(root: Path) -> None:
    old = root / ".xconan_cache" / facts.cross().target.name
    old.mkdir(parents=True)
    (old / "lock").touch()
    assert layout_root(root, ".xconan_cache/{build_config}") == old


def test_the_mark(tmp_path: Path) -> None:
    mark_as_ours(tmp_path / "a" / "b")
    assert is_ours(tmp_path / "a" / "b")
    assert not is_ours(tmp_path / "a")
    text = (tmp_path / "a/b/CACHEDIR.TAG").read_text("utf-8")
    assert text.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


@pytest.mark.parametrize("native", [True, False])
def test_a_toolchain_file_of_the_environment_is_for_native_builds(
    native: bool,  # noqa: FBT001 - two cases
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As CMake by hand reads it; a cross-build has its own."""
    monkeypatch.setenv("CMAKE_TOOLCHAIN_FILE", "/opt/distribution.cmake")
    read(root, "build")
    settings = {} if native else {"target": "cp311-manylinux_2_28_aarch64"}
    chosen = read_project_files(root, settings).cross.toolchain_file
    assert (str(chosen) == "/opt/distribution.cmake") == native
