"""What runs inside of Conan goes with the xconan that it came with, and profiles say which Python."""

from __future__ import annotations

import ast
import json
import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import xconan
from tests.support import facts, macho, pe
from tests.support.elf import Elf
from xconan.cli import main
from xconan.emulate import module_names
from xconan.ground.errors import ConfigError
from xconan.host.targets import parse_target, short_name
from xconan.in_conan import recipe
from xconan.in_conan.config import config_files, write_conan_config
from xconan.plan import make_plan, platform_tools
from xconan.render import profile as render

if TYPE_CHECKING:
    from tests.support.golden import Golden

RECIPE = (Path(xconan.__file__).parent / "in_conan/files/conanfile.py").read_text("utf-8")


def test_the_recipe_is_of_this_version() -> None:
    assert f'\nVERSION = "{xconan.__version__}"\n' in RECIPE
    assert re.search(rf"^PROTOCOL = {recipe.PROTOCOL}\b", RECIPE, re.MULTILINE)
    named = re.search(r"^OF_LIBRARIES = (.*)$", RECIPE, re.MULTILINE)
    assert named
    assert ast.literal_eval(named[1]) == render.OF_LIBRARIES


def test_compilers_of_the_profile_are_for_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toolchain file is asked in the environment that Conan was called in."""
    monkeypatch.setenv("CC", "/of/the/profile")
    monkeypatch.setenv("CXX", "/of/the/profile++")
    request = {"protocol": recipe.PROTOCOL, "action": "describe", "before_profile": {"CC": "mine", "CXX": None}}
    file = tmp_path / "request.json"
    for crossing, seen in ((False, ("/of/the/profile", "/of/the/profile++")), (True, ("mine", None))):
        file.write_text(json.dumps({**request, "crossing": crossing}), "utf-8")
        recipe.answer(file)
        assert (os.environ.get("CC"), os.environ.get("CXX")) == seen


def test_the_examples_ask_for_this_version() -> None:
    examples = Path(xconan.__file__).parents[1] / "examples/lz4-conan"
    for file in examples.rglob("conanfile.py"):
        assert f'python_requires = "xconan/{xconan.__version__}"' in file.read_text("utf-8")


def test_recipes_index(compare_golden: Golden) -> None:
    """recipes/ of the repository holds the very recipe that is installed."""
    index = {name: text for name, text in config_files().items() if name.startswith("xconan/")}
    assert len(index) == 2
    for name, text in index.items():
        compare_golden(name.replace("xconan/", "recipes/", 1), text)


def test_commands_use_nothing_of_xconan() -> None:
    """They run where xconan is not installed."""
    for name, text in config_files().items():
        assert set(re.findall(r"^\s*(?:from|import) (xconan\S*)", text, re.MULTILINE)) <= {"xconan.cmd_wheel"}, name


def test_written_twice(tmp_path: Path) -> None:
    assert write_conan_config(tmp_path / "a b", []) == []
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a b").rglob("*")}
    write_conan_config(tmp_path / "a b", [])
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "a b").rglob("*")} == before
    assert len(before) > 4


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(ConfigError, match="file"):
        write_conan_config(tmp_path / "x", [])


def test_folder_of_something_else(tmp_path: Path) -> None:
    """A fresh repository is taken."""
    sources, fresh = tmp_path / "src", tmp_path / "fresh"
    for file in (sources / "demo.py", fresh / ".git" / "HEAD"):
        file.parent.mkdir(parents=True)
        file.touch()
    with pytest.raises(ConfigError, match="something else in it"):
        write_conan_config(sources, [])
    assert [path.name for path in sources.iterdir()] == ["demo.py"]
    write_conan_config(fresh, [])
    (fresh / "remotes.json").touch()
    write_conan_config(fresh, [])


def test_name_that_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no target"):
        write_conan_config(tmp_path / "x", ["../cp311"])
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["cp311-linux_aarch64", "cp313t-musllinux_1_2_x86_64", "pp310-linux_x86_64"])
def test_short_names(name: str) -> None:
    assert short_name(facts.target(name)) == name


def test_short_name_of_an_odd_abi() -> None:
    target = replace(facts.target("cp311-linux_aarch64"), abi="cp311d")
    assert parse_target(short_name(target))["abi"] == "cp311d"


def test_the_wheels_python_is_in_no_librarys_package_id() -> None:
    target = facts.target("cp311-linux_aarch64")
    toolchain, tools = facts.toolchain("aarch64"), platform_tools(facts.machine())
    wheel = {"user.xconan:target": "cp311-linux_aarch64", "user.xconan:cross": ["/a b/x.toml"]}
    profile = render.HostProfile(platform=target.platform, toolchain=toolchain, tools=tools)
    plain = profile.text().splitlines()
    lines = replace(profile, wheel=wheel).text().splitlines()
    assert [line for line in lines if line not in plain] == [
        "user.xconan:target=cp311-linux_aarch64",
        'user.xconan:cross=["/a b/x.toml"]',
    ]
    confs = next(line for line in lines if line.startswith("tools.info.package_id:confs="))
    assert "target" not in confs


def test_plan_with_given_dependencies() -> None:
    plan = make_plan(facts.facts(), provided=True)
    assert plan.conan is None
    assert plan.cmake is not None
    assert "dependencies.cmake" in plan.cmake.files["toolchain.cmake"].text


def test_request_of_another_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("{}", '{"protocol": 0, "version": "9.9"}', "rubbish"):
        (tmp_path / "request.json").write_text(text, "utf-8")
        with pytest.raises(SystemExit) as caught:
            main(["conan-recipe", str(tmp_path / "request.json")])
        assert caught.value.code == 2
        assert "conan remove -c" in capsys.readouterr().err


def test_description(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "De-mo"\nversion = "1.0.0rc1"\n', "utf-8")
    (tmp_path / "De_mo.py").write_text("", "utf-8")
    request = {"protocol": recipe.PROTOCOL, "action": "describe", "project": str(tmp_path)}
    (tmp_path / "request.json").write_text(json.dumps(request), "utf-8")
    assert main(["conan-recipe", str(tmp_path / "request.json")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["project_version"]) == ("De-mo", "1.0.0rc1")
    assert re.fullmatch(r"(cp|pp)3\d+t?", found["python"])


def test_what_is_imported(tmp_path: Path) -> None:
    names = "pkg/__init__.py pkg/_core.cpython-311-aarch64-linux-gnu.so pkg/sub/x.abi3.so one.py two.pyd pkg/inner.py"
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        for name in [*names.split(), "data/readme.txt", "pkg-1.0.dist-info/METADATA", "pkg.libs/libz.so"]:
            archive.writestr(name, "")
    assert module_names(tmp_path / "x.whl") == ["one", "pkg", "pkg._core", "pkg.sub.x", "two"]


def test_libraries_that_are_no_modules(tmp_path: Path) -> None:
    """A bare .so or .pyd is a module if it has its init function; another one is opened by ctypes."""
    files = {
        "pkg/__init__.py": b"",
        "pkg/libcore.so": Elf().library("core_new"),
        "pkg/plugin.so": Elf().library("PyInit_other"),
        "pkg/mac.so": macho.library("ARM64", "core_new"),
        "pkg/windows.pyd": pe.library("AMD64", "core_new"),
        "pkg/libscript.so": b"INPUT(libcore.so)",
        "pkg/plain.so": Elf().library("PyInit_plain"),
        "pkg/libown.so": Elf().library("PyModExport_libown"),
        "pkg/müll.so": Elf().library("PyInitU_mll_hoa"),
        "pkg/lost.abi3.so": Elf().library("core_new"),
    }
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    modules = ["pkg", "pkg.libown", "pkg.lost", "pkg.müll", "pkg.plain"]
    assert module_names(tmp_path / "x.whl") == modules
