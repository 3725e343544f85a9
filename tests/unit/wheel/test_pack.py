"""A folder of the module's name that has no __init__.py: what its files mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.crossbuild import write
from xconan.ground.errors import ConfigError
from xconan.ground.files import Entry, write_json
from xconan.plan import make_plan
from xconan.project.config.records import ModuleConfig
from xconan.project.local_folders import LocalFolder
from xconan.project.module import find_module
from xconan.project.workspace import Layout
from xconan.wheel.pack import _kept_packages, _local_paths, check_untaken

if TYPE_CHECKING:
    from pathlib import Path

CORE = "demo/_core.so"
FOLDERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str | None, str, str]] = {
    # files of the project, of the wheel, `generated`; the error, the warning
    "Python files": (
        ("demo/api.py", "demo/d/x.json"), (CORE,), None,
        "demo/ has Python files and no __init__.py, so demo/api.py would not be in the wheel", "",
    ),
    "in src": (("src/demo/api.py",), (CORE,), None, "demo/ has Python files and no __init__.py", ""),
    "a subpackage": (("demo/sub/__init__.py",), (CORE,), None, "so demo/sub/__init__.py would not", ""),
    "data": (("demo/data.txt",), (CORE,), None, "", "demo/data.txt is not in the wheel, because"),
    "sources": (("demo/core.cpp", "demo/CMakeLists.txt", "demo/tools/gen.py"), (CORE,), None, "", ""),
    "CMake installs them": (("demo/api.py", "demo/a.txt"), (CORE, "demo/api.py", "demo/a.txt"), None, "", ""),
    "CMake makes the package": (("demo/gen.py",), (CORE, "demo/__init__.py"), None, "", ""),
    "sources of a module": (("demo/gen.py", "demo/core.c"), ("demo.so",), None, "", ""),
    "it is meant": (("demo/api.py",), (CORE,), "package", "", ""),
    "no folder": ((), (CORE,), None, "", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_without_init(tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    files, packed, generated, error, warning = FOLDERS[case]
    for name in files:
        write(tmp_path / name, "x = 1\n")
    project = facts.project(tmp_path, module=ModuleConfig(name="demo", generated=generated))
    module = find_module(project)
    content = [Entry(name=name, source=b"") for name in packed]
    said = ""
    try:
        check_untaken(make_plan(facts.facts(project=project)), module, content)
    except ConfigError as caught:
        said = f"{caught.message}; {caught.hint}"
    assert error in said
    assert bool(said) == bool(error)
    assert not error or said.endswith("write one, or set tool.xconan.module.namespace = true")
    told = capsys.readouterr().err
    assert warning in told
    assert bool(told) == bool(warning)


def test_where_it_is_named_by_directory(tmp_path: Path) -> None:
    write(tmp_path / "python" / "demo" / "api.py", "x = 1\n")
    project = facts.project(tmp_path, module=ModuleConfig(name="demo", directory=tmp_path / "python"))
    with pytest.raises(ConfigError) as caught:
        find_module(project)
    assert "__init__.py, or set tool.xconan.module.namespace = true" in str(caught.value.hint)


def test_what_cmake_made_is_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "demo" / "__init__.py", "")
    write(tmp_path / "demo" / ".env", "TOKEN=1\n")
    project = facts.project(tmp_path)
    assert [name for name, _ in find_module(project).files] == ["demo/__init__.py"]
    assert "looks like a secret" in capsys.readouterr().err
    write(tmp_path / "demo" / "_version.py", "")
    assert [name for name, _ in find_module(project, again=True).files] == ["demo/__init__.py", "demo/_version.py"]
    assert not capsys.readouterr().err


def test_packages_of_further_configurations(root: Path) -> None:
    """Names that a module exports of `[conan.1]`'s libraries, and paths of theirs, are looked for, too."""
    first = facts.plan_at(root)
    conan = LocalFolder(path="/conan/p/of/this/machine", name="conan", what="Conan's cache")
    further = replace(first, layout=Layout(root=root / "further"), local_folders=(conan,))
    further.layout.root.mkdir()
    plan = replace(first, more=(further,))
    for one, name in ((first, "lz4/1.9.4"), (further, "zlib/1.3.1")):
        package = {"ref": name, "folder": f"{conan.path}/{name[:3]}/p", "context": "host"}
        write_json(one.layout.conan_result, {"result": {"packages": [package]}})
    assert [name for name, _ in _kept_packages(plan)] == ["lz4/1.9.4", "zlib/1.3.1"]
    told = _local_paths(plan).check(
        [Entry(name="demo/_more.so", source=f"\x7fELF {conan.path}/zli/p/share/x\0".encode())], {}
    )
    assert ["zlib/1.3.1" in finding.message for finding in told] == [True]
    exporting = facts.cmake_config(export_dependencies=True)
    freed = replace(further, project=replace(further.project, cmake=exporting))
    assert [name for name, _ in _kept_packages(replace(first, more=(freed,)))] == ["lz4/1.9.4"]
