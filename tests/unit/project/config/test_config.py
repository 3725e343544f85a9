"""pyproject.toml, its overrides and cross.toml."""

from __future__ import annotations

import os
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.support.facts import metadata, target, toolchain
from xconan.build_machine.environment import expand_env
from xconan.ground.errors import ConfigError, ErrorGroup, HostPythonError, ToolchainError, XconanError
from xconan.ground.text import Text
from xconan.project.config.cross import files_digest, read_cross, read_host_profile_config, read_named
from xconan.project.config.project import read_project
from xconan.project.config.records import HOST_TABLES, KEYS, RECORDS
from xconan.project.config.schema import Key, Kind, keys_of
from xconan.project.config.settings import Settings, parse_settings
from xconan.project.module import Module, find_module
from xconan.project.requirements import oldest_cmake
from xconan.project.workspace import find_layout
from xconan.pythons.headers import find_host_python
from xconan.toolchains.verify import verify_toolchain
from xconan.wheel.sdist import select_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.ground.record import Record
    from xconan.project.config.records import CMakeConfig, CrossConfig, Project

RUNNING = target("cp312-linux_x86_64")
BASE = '[project]\nname = "demo-project"\nversion = "1"\n'


def read(
    root: Path, tool: str = "", settings: Mapping[str, object] | None = None, **files: str
) -> tuple[Project, CrossConfig]:
    """Read a project whose pyproject.toml ends with TOOL; FILES are further ones ("cross" is xconan.cross.toml)."""
    (root / "pyproject.toml").write_text(BASE + tool, encoding="utf-8")
    (root / "CMakeLists.txt").touch()
    for name, text in files.items():
        place = {"cross": "xconan.cross.toml", "local": "xconan.local.toml"}.get(name, f"{name}.toml")
        (root / place).write_text(text, encoding="utf-8")
    chosen = parse_settings(settings, root=root)
    return read_project(root, chosen, running=RUNNING)


def cmake(
    root: Path, tool: str = "", settings: Mapping[str, object] | None = None, **files: str
) -> CMakeConfig:  # fmt: skip
    config = read(root, tool, settings, **files)[0].cmake
    assert config
    return config


def errors(root: Path, tool: str = "", settings: Mapping[str, object] | None = None, **files: str) -> list[XconanError]:
    """All errors of that project."""
    with pytest.raises(XconanError) as caught:
        read(root, tool, settings, **files)
    return caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]


# --- every key of the schema -----------------------------------------------------------------------------------------

GOOD = {
    Kind.STRING: '"x"',
    Kind.BOOL: "true",
    Kind.INT: "312",
    Kind.PATH: '"src"',
    Kind.LIST: '["x"]',
    Kind.LIST_PLUS: '["x"]',
    Kind.PROFILES: '["pyproject.toml"]',  # a file, whatever it is
    Kind.OPTIONS: "{X = true}",
    Kind.TEXTS: '{X = "y"}',
}
CHOSEN = {
    "compression_level": "9",
    "requires": '["lz4/1.9.4"]',
    "tool_requires": '["m4/1.4"]',
    "build": '"missing"',
    "minimum_version": '"3.21"',
    "build_path": '".xconan_cache/x"',
    "source_path": '"."',
    "build_tag": '"1"',
}
ALL_KEYS = [(table, name, key) for table, keys in KEYS.items() if table != "cross" for name, key in keys.items()]


def good(name: str, key: Key) -> str:
    return f'"{key.choices[0]}"' if key.choices else CHOSEN.get(name, GOOD[key.kind])


@pytest.mark.parametrize(("table", "name", "key"), ALL_KEYS, ids=[f"{table}.{name}" for table, name, _ in ALL_KEYS])
def test_every_key_is_read(root: Path, table: str, name: str, key: Key) -> None:
    (root / "src").mkdir()
    if name == "conanfile":
        (root / "src").rmdir()
        (root / "src").touch()
    if name == "recipe_builds":
        (root / "conanfile.py").touch()
    project, _ = read(root, f"[tool.xconan.{table}]\n{name} = {good(name, key)}\n")
    assert hasattr(getattr(project, table, None), name)


@pytest.mark.parametrize(("table", "name", "key"), ALL_KEYS, ids=[f"{table}.{name}" for table, name, _ in ALL_KEYS])
def test_every_key_has_a_type(root: Path, table: str, name: str, key: Key) -> None:
    (error,) = errors(root, f"[tool.xconan.{table}]\n{name} = 1.5\n")
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.{table}.{name}"
    assert "must be" in error.message
    if key.choices:
        (error,) = errors(root, f'[tool.xconan.{table}]\n{name} = "other"\n')
        assert all(choice in error.message for choice in key.choices)


@pytest.mark.parametrize("name", sorted(KEYS["cross"]))
def test_every_cross_key_has_a_type(root: Path, name: str) -> None:
    (error,) = errors(root, cross=f"{name} = true\n")
    assert error.where == f"{root / 'xconan.cross.toml'}: {name}"


def test_bool_is_no_integer(root: Path) -> None:
    (error,) = errors(root, "[tool.xconan.wheel]\nabi3_minimum_cpython_version = true\n")
    assert "int" in error.message


def test_number_for_a_version(root: Path) -> None:
    (error,) = errors(root, cross="version = 312\n")
    assert error.hint == 'write version = "312"'


# --- lists and options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("args", '["-b"]', ("-a", "-b")),
        ("args", '{"=" = ["-b"]}', ("-b",)),
        ("args", '{"+" = ["-b"]}', ("-a", "-b")),
        ("args", '{append = "-b"}', ("-a", "-b")),
        ("args", '{"-" = ["-a"]}', ()),
        ("args", '{prepend = ["-b"]}', ("-b", "-a")),
        ("args", '{"-" = "-a", "+" = "-c", prepend = "-b"}', ("-b", "-c")),
        ("config", '["B"]', ("B",)),
        ("config", '"B"', ("B",)),
        ("config", '{"+" = ["B"]}', ("A", "B")),
    ],
)
def test_list_operations(root: Path, name: str, given: str, expected: tuple[str, ...]) -> None:
    tool = '[tool.xconan.cmake]\nargs = ["-a"]\nconfig = ["A"]\n'
    assert getattr(cmake(root, tool, local=f"[cmake]\n{name} = {given}\n"), name) == expected


@pytest.mark.parametrize("given", ['"-DAA=1 -DBB=2"', '{"+" = "-DAA=1 -DBB=2"}'])
@pytest.mark.parametrize("name", ["args", "build_args"])
def test_arguments_in_one_string(root: Path, name: str, given: str) -> None:
    (error,) = errors(root, f"[tool.xconan.cmake]\n{name} = {given}\n")
    assert error.message == "'-DAA=1 -DBB=2' would be one argument"
    assert f'write {name} = ["-DAA=1", "-DBB=2"]' in error.hint
    one = '["-DCMAKE_C_FLAGS=-O1 -g"]'
    assert getattr(cmake(root, f"[tool.xconan.cmake]\n{name} = {one}\n"), name) == ("-DCMAKE_C_FLAGS=-O1 -g",)


@pytest.mark.parametrize("given", ['{"*" = ["x"]}', '{"=" = ["x"], "+" = ["y"]}', "[1]", "3"])
def test_bad_list(root: Path, given: str) -> None:
    assert len(errors(root, f"[tool.xconan.cmake]\nargs = {given}\n")) == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("true", ("X", "BOOL", "On")),
        ("false", ("X", "BOOL", "Off")),
        ('"text"', ("X", "", "text")),
        ("3", ("X", "", "3")),
        ('["a", "b"]', ("X", "", "a;b")),
        ('["a;b", "c"]', ("X", "", "a\\;b;c")),
        ('{value = "a", type = "PATH"}', ("X", "PATH", "a")),
        ('{"=" = [true, false]}', ("X", "BOOL", "On;Off")),
    ],
)
def test_option(root: Path, given: str, expected: tuple[str, str, str]) -> None:
    assert cmake(root, f"[tool.xconan.cmake.options]\nX = {given}\n").options == (expected,)


@pytest.mark.parametrize(
    ("stronger", "expected"),
    [
        ('"c"', ("X", "STRING", "c")),
        ('{"+" = "c"}', ("X", "STRING", "a;b;c")),
        ('{"-" = "a"}', ("X", "STRING", "b")),
        ('{prepend = "c"}', ("X", "STRING", "c;a;b")),
        ('{value = "c", type = "PATH", strict = false}', ("X", "PATH", "c")),
    ],
)
def test_option_is_overridden(root: Path, stronger: str, expected: tuple[str, str, str]) -> None:
    tool = '[tool.xconan.cmake.options]\nX = {value = ["a", "b"], type = "STRING"}\nY = true\n'
    options = cmake(root, tool, local=f"[cmake.options]\nX = {stronger}\n").options
    assert options == (expected, ("Y", "BOOL", "On"))


def test_a_file_is_a_path(root: Path) -> None:
    """CMake has both, and the narrower one may be said later; not the other way round."""
    path, file = '{value = "a", type = "PATH"}', '{value = "b", type = "FILEPATH"}'
    options = cmake(root, f"[tool.xconan.cmake.options]\nX = {path}\n", local=f"[cmake.options]\nX = {file}\n").options
    assert options == (("X", "FILEPATH", "b"),)
    (error,) = errors(root, f"[tool.xconan.cmake.options]\nX = {file}\n", local=f"[cmake.options]\nX = {path}\n")
    assert error.message == "PATH here, but FILEPATH in a weaker file"


def test_options_one_by_one(root: Path) -> None:
    tool = '[tool.xconan.cmake.options]\nX = "x"\nY = {"+" = "y"}\n'
    local = '[cmake.options]\nX = {clear = true}\nZ = {prepend = "z"}\n'
    assert cmake(root, tool, local=local).options == (("Y", "", "y"), ("Z", "", "z"))


@pytest.mark.parametrize(
    "stronger", ["{value = true}", '{value = "c", type = "PATH"}', '{type = "OTHER"}', "[[1]]", '{"?" = "c"}']
)
def test_bad_option(root: Path, stronger: str) -> None:
    tool = '[tool.xconan.cmake.options]\nX = {value = ["a", "b"], type = "STRING"}\n'
    (error,) = errors(root, tool, local=f"[cmake.options]\nX = {stronger}\n")
    assert error.where == f"{root / 'xconan.local.toml'}: cmake.options.X"


def test_environment_is_merged(root: Path) -> None:
    tool = '[tool.xconan.cmake.env]\nA = "1"\nB = "2"\n'
    assert cmake(root, tool, local='[cmake.env]\nB = "3"\n').env == {"A": "1", "B": "3"}


# --- layers ----------------------------------------------------------------------------------------------------------


def test_layers_from_weakest_to_strongest(root: Path) -> None:
    """Each file sets its own and all stronger ones' keys; the strongest that speaks wins."""
    layers = ["base", "local", "given local", "os", "local os", "cross table", "cross file", "first", "second"]
    files = {
        "base": "[tool.xconan.cmake]\n",
        "os": "[tool.xconan.linux.cmake]\n",
        "cross table": '[tool.xconan.cross]\nos = "linux"\n[tool.xconan.cross.cmake]\n',
        "local": "[cmake]\n",
        "local os": "[linux.cmake]\n",
        "given local": "[cmake]\n",
        "cross file": "[cmake]\n",
        "first": "[cmake]\n",
        "second": "[cmake]\n",
    }
    names = ["build_type", "preset", "generator"]
    found = []
    for top in range(len(layers)):
        texts = {
            name: head + (f'args = ["{name}"]\n{names[0]} = "{name}"\n' if layers.index(name) <= top else "")
            for name, head in files.items()
        }
        tool = texts["base"] + texts["os"] + texts["cross table"]
        (root / "a.toml").write_text(texts["given local"], encoding="utf-8")
        (root / "b.toml").write_text(texts["first"], encoding="utf-8")
        (root / "c.toml").write_text(texts["second"], encoding="utf-8")
        settings = {"local": str(root / "a.toml"), "cross": [str(root / "b.toml"), str(root / "c.toml")]}
        config = cmake(root, tool, settings, local=texts["local"] + texts["local os"], cross=texts["cross file"])
        found.append(config.build_type)
        assert config.args == tuple(layers[: top + 1])
    assert found == layers


def test_native_build_inherits_from_this_system_alone(root: Path) -> None:
    tool = '[tool.xconan.linux.cmake]\npreset = "l"\n[tool.xconan.windows.cmake]\nbuild_type = "w"\n'
    config = cmake(root, tool)
    assert (config.preset, config.build_type) == ("l", None)


def test_cross_build_inherits_only_from_the_system_it_names(root: Path) -> None:
    tool = '[tool.xconan.linux.cmake]\npreset = "l"\n'
    assert cmake(root, tool, cross='arch = "linux_aarch64"\n').preset is None
    assert cmake(root, tool, cross='arch = "linux_aarch64"\nos = "linux"\n').preset == "l"


@pytest.mark.parametrize("table", ["wheel", "sdist"])
def test_other_tables_are_layered_too(root: Path, table: str) -> None:
    key, field = {"wheel": ("build_tag", "build_tag"), "sdist": ("include", "include")}[table]
    project, _ = read(
        root, f'[tool.xconan.{table}]\n{key} = "1"\n', cross=f'arch = "linux_aarch64"\n[{table}]\n{key} = "2"\n'
    )
    assert getattr(getattr(project, table), field) in ("2", ("2",))


def test_xconan_files_come_before_py_build_cmakes(root: Path) -> None:
    other = root / "py-build-cmake.cross.toml"
    other.write_text('version = "39"\n', encoding="utf-8")
    assert read(root)[1].target.version == "39"
    assert read(root, cross='version = "310"\n')[1].target.version == "310"


def test_cross_table_in_pyproject(root: Path) -> None:
    _, cross = read(root, '[tool.xconan.cross]\narch = "linux_riscv64"\nversion = "313"\n')
    assert (cross.native, cross.target.name) == (False, "cp313-cp313-linux_riscv64")
    assert cross.source == f"{root / 'pyproject.toml'}: tool.xconan.cross"


def test_nothing_given_is_native(root: Path) -> None:
    _, cross = read(root)
    assert (cross.native, cross.target) == (True, RUNNING)


def test_empty_cross_file_is_native(root: Path) -> None:
    assert read(root, cross="# nothing\n")[1].native


# --- the cross table -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('arch = "linux_aarch64"', "cp312-cp312-linux_aarch64"),
        ('version = "311"', "cp311-cp311-linux_x86_64"),
        ('version = "37"', "cp37-cp37m-linux_x86_64"),
        ('version = "38"', "cp38-cp38-linux_x86_64"),
        ('version = "313"\nabi = "cp313t"', "cp313-cp313t-linux_x86_64"),
        ('implementation = "pp"\nversion = "310"', "pp310-pypy310-linux_x86_64"),  # the rest is in its files
        ('implementation = "pp"\nversion = "310"\nabi = "pypy310_pp80"', "pp310-pypy310_pp80-linux_x86_64"),
        (
            'implementation = "pp"\nversion = "310"\nsoabi = "pypy310-pp74-x86_64-linux-gnu"',
            "pp310-pypy310_pp74-linux_x86_64",
        ),
        ('arch = "manylinux2014_i686"', "cp312-cp312-manylinux2014_i686"),
    ],
)
def test_target(root: Path, text: str, expected: str) -> None:
    assert read(root, cross=text + "\n")[1].target.name == expected


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('version = "3.12"', "version", "without a dot"),
        ('version = "312"\nabi = "cp311"', "abi", "same Python"),
        ('abi = "CP 312"', "abi", "usual one is 'cp312'"),
        ('version = "311"\nsoabi = "cpython-312-x86_64-linux-gnu"', "soabi", "leave soabi out"),
        ('version = "311"\nsoabi = "pypy311-pp73-x86_64-linux-gnu"', "soabi", "same Python"),
        ('implementation = "pp"\nversion = "311"\nsoabi = "cpython-311-x86_64-linux-gnu"', "soabi", "same Python"),
        ('version = "311"\narch = "linux_aarch64"\nsoabi = "cpython-311-x86_64-linux-gnu"', "soabi", "same Python"),
        ('version = "311"\narch = "win_amd64"\nsoabi = "cp312-win_amd64"', "soabi", "same Python"),
        ('implementation = "C P"\nabi = "cp312"', "implementation", "cp is CPython"),
        ('arch = "linux_arm64"', "arch", "did you mean 'linux_aarch64'?"),
        ('arch = "linux_aarch64"\nos = "windows"', "os", ""),
        ('toolchain_file = "none.cmake"', "toolchain_file", "relative to this file"),
        ('include_dir = "none"', "include_dir", "relative to this file"),
        ('library = "none.so"', "library", "relative to this file"),
    ],
)
def test_contradiction(root: Path, text: str, key: str, words: str) -> None:
    (error,) = errors(root, cross=text + "\n")
    assert error.where == f"{root / 'xconan.cross.toml'}: {key}"
    assert words in error.hint
    assert error.exit_code == (3 if "none" in text else 2)


@pytest.mark.parametrize(
    "text",
    [
        'version = "311"\nsoabi = "cpython-311d-x86_64-linux-gnu"',
        'version = "311"\narch = "linux_armv7l"\nsoabi = "cpython-311-arm-linux-gnueabihf"',
        'version = "311"\narch = "macosx_11_0_arm64"\nsoabi = "cpython-311-darwin"',
        'version = "311"\narch = "win_amd64"\nsoabi = "cp311-win_amd64"',
        'version = "311"\nsoabi = "cpython-311-own"',
        'version = "311"\nsoabi = "mine"',
    ],
)
def test_suffixes_of_the_host_or_of_nobody_known(root: Path, text: str) -> None:
    assert read(root, cross=text + "\n")[1].soabi == text.rpartition('"')[0].rpartition('"')[2]


def test_error_names_the_file_that_spoke_last(root: Path) -> None:
    (error,) = errors(root, "", {"cross": str(root / "b.toml")}, cross='version = "x"\n', b='arch = "linux_s390x"\n')
    assert error.where == f"{root / 'xconan.cross.toml'}: version"


# --- errors ----------------------------------------------------------------------------------------------------------


def test_items_of_a_table_are_told_with_the_file_that_has_each(root: Path) -> None:
    tool = '[tool.xconan.conan.settings]\narch = "x86"\nos = "Linux"\n[tool.xconan.cmake.env]\nCFLAGS = "-O1"\n'
    more = '[conan.settings]\nos = "Macos"\n[cmake.env]\nCXXFLAGS = "-O1"\n'
    project = read(root, tool, {"override": 'conan.settings.build_type="Debug"'}, local=more)[0]
    ours, local = f"{root}/pyproject.toml: tool.xconan.", f"{root}/xconan.local.toml: "
    assert project.place("conan.settings", "arch") == f"{ours}conan.settings"
    assert project.place("conan.settings", "os") == f"{local}conan.settings"
    assert project.place("conan.settings", "build_type").startswith("-C override=conan.settings.build_type=")
    assert project.place("conan.settings", "none") == project.place("conan.settings", "build_type")
    assert project.place("cmake.env", "CFLAGS") == f"{ours}cmake.env"
    assert project.place("cmake.env", "CXXFLAGS") == f"{local}cmake.env"


def test_all_errors_at_once(root: Path) -> None:
    found = errors(
        root,
        "[tool.xconan.cmake]\nbuild_typ = 'x'\nargs = 3\n[tool.xconan.wheell]\n",
        local="[module]\nnam = 'x'\n",
        cross="version = 'x'\narch = 'y'\ntoolchain_file = 'z'\n[wheel]\npure_python = 1\n",
    )
    keys = {error.where.rpartition(": ")[2] for error in found}
    assert keys == {
        "tool.xconan.cmake.build_typ", "tool.xconan.cmake.args", "tool.xconan.wheell", "module.nam",
        "version", "arch", "toolchain_file", "wheel.pure_python",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "meant"),
    [
        ("[tool.xconan.cmak]", "cmake"),
        ("[tool.xconan.cmake]\nbuildtype = 'x'", "build_type"),
        ("[tool.xconan.linux.cmak]", "cmake"),
        ("[tool.xconan.linux.cmake]\nbuildtype = 'x'", "build_type"),
        ("[tool.xconan.cross]\nversoin = 'x'", "version"),
        ("[tool.xconan.cross.cmak]", "cmake"),
        ("[tool.xconan.cross.cmake]\nbuildtype = 'x'", "build_type"),
        ("[tool.xconan.windows.cmake]\nbuildtype = 'x'", "build_type"),
    ],
)
def test_near_miss(root: Path, tool: str, meant: str) -> None:
    (error,) = errors(root, tool + "\n")
    assert error.hint == f"did you mean '{meant}'?"


@pytest.mark.parametrize(
    "text",
    [
        "[tool]\nxconan = 3",
        "[tool.xconan]\ncmake = 3",
        "[tool.xconan.linux]\ncmake = 3",
        "[tool.xconan]\nlinux = 3",
        "[tool.xconan]\ncross = 3",
        "[tool.xconan.cross]\ncmake = 3",
    ],
)
def test_table_that_is_none(root: Path, text: str) -> None:
    (error,) = errors(root, text + "\n")
    assert "must be a table" in error.message


def test_no_project_table(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.xconan]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no \[project\]"):
        read_project(root, parse_settings(None, root=root), running=RUNNING)


def test_malformed_toml_names_its_line(root: Path) -> None:
    (error,) = errors(root, cross='version = "312"\n\narch = linux\n')
    assert error.where == f"{root / 'xconan.cross.toml'}:3"


def test_missing_pyproject(root: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_project(root, parse_settings(None, root=root), running=RUNNING)
    assert caught.value.where == str(root / "pyproject.toml")


def test_byte_order_mark(root: Path) -> None:
    (root / "xconan.cross.toml").write_text('version = "311"\n', encoding="utf-8-sig")
    assert read(root)[1].target.version == "311"


def test_utf_16(root: Path) -> None:
    (root / "xconan.cross.toml").write_text('version = "311"\n', encoding="utf-16")
    (error,) = errors(root)
    assert "not UTF-8" in error.message


def test_cross_file_that_is_a_folder(root: Path) -> None:
    with pytest.raises(ConfigError):
        read_cross([root], running=RUNNING)


def test_missing_cmakelists(root: Path) -> None:
    (root / "sub").mkdir()
    (error,) = errors(root, '[tool.xconan.cmake]\nsource_path = "sub"\n')
    assert str(root / "sub" / "CMakeLists.txt") in error.message


def test_conanfile_and_requires(root: Path) -> None:
    (root / "conanfile.txt").touch()
    (error,) = errors(root, '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n')
    assert error.where.endswith("tool.xconan.conan.requires")


# --- paths -----------------------------------------------------------------------------------------------------------


def test_relative_paths_follow_the_file_that_names_them(root: Path, tmp_path: Path) -> None:
    for folder in (root, tmp_path / "hosts"):
        folder.mkdir(exist_ok=True)
        (folder / "t.cmake").touch()
    (tmp_path / "hosts" / "rpi.toml").write_text('toolchain_file = "./x/../t.cmake"\n', encoding="utf-8")
    settings = {"cross": str(tmp_path / "hosts" / "rpi.toml")}
    assert read(root, "", settings)[1].toolchain_file == tmp_path / "hosts" / "t.cmake"
    assert read(root, cross='toolchain_file = "t.cmake"\n')[1].toolchain_file == root / "t.cmake"


def test_home(root: Path, tmp_path: Path) -> None:
    (tmp_path / "home" / "t.cmake").touch()
    assert read(root, cross='toolchain_file = "~/t.cmake"\n')[1].toolchain_file == tmp_path / "home" / "t.cmake"


def test_home_of_nobody(root: Path) -> None:
    (error,) = errors(root, cross='toolchain_file = "~nobody-of-this-name/t.cmake"\n')
    assert error.where.endswith("toolchain_file")


def test_links_stay_as_written(root: Path) -> None:
    (root / "real").mkdir()
    (root / "link").symlink_to("real")
    assert read(root, cross='prefix = "link"\n')[1].prefix == root / "link"


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cross", "--cross", "-cross"])
def test_settings_spellings(root: Path, name: str) -> None:
    (root / "a.toml").touch()
    (root / "b.toml").touch()
    assert parse_settings({name: "a.toml"}, root=root).cross == (root / "a.toml",)
    assert parse_settings({name: ["a.toml", "b.toml"]}, root=root).cross == (root / "a.toml", root / "b.toml")


def test_settings_are_relative_to_where_the_command_was_given(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.toml").touch()
    monkeypatch.setenv("PWD", str(tmp_path))
    assert parse_settings({"local": "a.toml"}, root=root).local == (tmp_path / "a.toml",)


def test_settings_of_the_environment(root: Path) -> None:
    """Where a frontend sets variables and no settings, as cibuildwheel does; weaker than settings."""
    for name in ("a.toml", "b.toml", "c.toml"):
        (root / name).touch()
    environ = {
        "XCONAN_TARGET": "cp311-linux_aarch64", "XCONAN_LOCAL": f"a.toml{os.pathsep}b.toml",
        "XCONAN_OVERRIDE": 'cmake.build_type="Debug"\n\n cmake.args+=["-Wdev"]\n',
    }  # fmt: skip
    found = parse_settings({"local": "c.toml"}, root=root, environ=environ)
    assert (found.target, found.cross) == ("cp311-linux_aarch64", ())
    assert found.local == (root / "a.toml", root / "b.toml", root / "c.toml")
    assert found.override == ('cmake.build_type="Debug"', 'cmake.args+=["-Wdev"]')
    assert parse_settings(None, root=root, environ={"XCONAN_CROSS": "a.toml"}).cross == (root / "a.toml",)
    for given in ({"target": "cp312-linux_armv7l"}, {"--cross": "c.toml"}):
        chosen = parse_settings(given, root=root, environ={**environ, "XCONAN_CROSS": "a.toml"})
        assert chosen == parse_settings(
            {**given, "local": ["a.toml", "b.toml"], "override": [*found.override]}, root=root
        )
    assert parse_settings({"cross": []}, root=root, environ={"XCONAN_TARGET": "t"}).target == "t", "none is named"
    assert parse_settings(None, root=root, environ={"XCONAN_TARGET": "", "XCONAN_CROSS": ""}) == parse_settings(
        {}, root=root
    )
    with pytest.raises(ConfigError) as caught:
        parse_settings(None, root=root, environ={"XCONAN_CROSS": "d.toml"})
    assert caught.value.where.endswith(": XCONAN_CROSS=d.toml")


def test_unknown_settings(root: Path) -> None:
    assert parse_settings({"--build-option": "x"}, root=root).cross == ()  # another backend's
    with pytest.raises(ConfigError) as caught:
        parse_settings({"--corss": "x"}, root=root)
    assert caught.value.hint == "did you mean 'cross'?"


def test_settings_that_name_two_targets(root: Path) -> None:
    (error,) = errors(root, "", {"target": ["cp312-linux_s390x", "cp312-linux_i686"]})
    assert (error.message, error.where) == ("2 targets are given", "-C target")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(), ()),
        (Settings(target="cp312-linux_i686"), ("--target", "cp312-linux_i686")),
        (Settings(cross=(Path("/a"),)), ("--cross", "/a")),
        (Settings(cross=(Path("/a"), Path("/b"))), ("-C", "cross=/a", "-C", "cross=/b")),
        (
            Settings(local=(Path("/c"),), override=("cmake.preset=x", "y=z")),
            ("-C", "local=/c", "-C", "override=cmake.preset=x", "-C", "override=y=z"),
        ),
    ],
)
def test_settings_as_words_of_the_command_line(settings: Settings, words: tuple[str, ...]) -> None:
    assert settings.arguments == words


def test_settings_that_name_no_file(root: Path) -> None:
    with pytest.raises(ErrorGroup) as caught:
        parse_settings({"cross": ["a", "b"]}, root=root)
    assert [error.where.rpartition(": ")[2] for error in caught.value.errors] == ["-C cross=a", "-C cross=b"]


@pytest.mark.parametrize(
    ("override", "name", "expected"),
    [
        ('cmake.build_type="Debug"', "build_type", "Debug"),
        ("cmake.build_type = Debug", "build_type", "Debug"),
        ('cmake.args += "-b"', "args", ("-a", "-b")),
        ('cmake.args =+ ["-b"]', "args", ("-b", "-a")),
        ('cmake.args =- "-a"', "args", ()),
        ('cmake.args = "-b"', "args", ("-b",)),
        ("cmake.args =!", "args", ()),
        ("cmake.find_python = false", "find_python", False),
        ("cmake.options.X = true", "options", (("X", "BOOL", "On"),)),
        ('cmake.options.X += "v"', "options", (("X", "", "u;v"),)),
        ('cmake.env.P +=(path) "/b"', "env", {"P": "/a:/b"}),
        ('cmake.env.P =+(path) "/b"', "env", {"P": "/b:/a"}),
        ("cmake.env.P =!", "env", {"P": Text(cleared=True)}),
        ("cmake.env.Q =!", "env", {"P": "/a", "Q": Text(cleared=True)}),
        ("cmake.options.X =!", "options", ()),
        ("cmake.options.Y =!", "options", (("X", "", "u"),)),
        ('cmake.options.X -= "u"', "options", (("X", "", ""),)),
        ('cmake.options.X =+ "t"', "options", (("X", "", "t;u"),)),
    ],
)
def test_override(root: Path, override: str, name: str, expected: object) -> None:
    option = "" if "= true" in override else '[tool.xconan.cmake.options]\nX = "u"\n'
    tool = f'[tool.xconan.cmake]\nargs = ["-a"]\n[tool.xconan.cmake.env]\nP = "/a"\n{option}'
    local = '[cmake]\nbuild_type = "Release"\n'
    assert getattr(cmake(root, tool, {"override": override}, local=local), name) == expected


def test_override_is_stronger_than_every_file(root: Path) -> None:
    settings = {"override": ["cross.version=310", "cross.arch=linux_s390x"]}
    with pytest.raises(ConfigError):  # 310 is a number, and stays one
        read(root, "", settings, cross='version = "311"\n')
    settings = {"override": ['cross.version="310"', "cross.arch=linux_s390x"]}
    assert read(root, "", settings, cross='version = "311"\n')[1].target.name == "cp310-cp310-linux_s390x"


@pytest.mark.parametrize("name", ["cmake", "linux.cmake", "cross.cmake"])
def test_override_is_stronger_than_tables_of_the_host(root: Path, name: str) -> None:
    tool = '[tool.xconan.cmake]\nbuild_type = "a"\n[tool.xconan.linux.cmake]\nbuild_type = "b"\n'
    cross = 'os = "linux"\n[cmake]\nbuild_type = "c"\nargs = ["-c"]\n'
    settings = {"override": [f'{name}.build_type = "d"', f'{name}.args += "-d"']}
    config = cmake(root, tool, settings, cross=cross)
    assert (config.build_type, config.args) == ("d", ("-c", "-d"))


@pytest.mark.parametrize("override", ["cmake", "=x", "cmake.bogus=1", "bogus.x=1"])
def test_bad_override(root: Path, override: str) -> None:
    assert errors(root, "", {"override": override})


def test_override_names_a_file_of_a_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PWD", str(root / "here"))
    (root / "here/below").mkdir(parents=True)
    (root / "here/below/t.cmake").touch()
    settings = {"override": ["cross.toolchain_file=below/t.cmake", "cross.arch=linux_s390x"]}
    assert read(root, "", settings)[1].toolchain_file == root / "here/below/t.cmake"


# --- what Conan is told ----------------------------------------------------------------------------------------------


def test_profiles_by_file_and_by_name(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / "profiles/team").mkdir(parents=True)
    (home / "profiles/team/fast").write_text("[settings]\nbuild_type=Debug\n", "utf-8")
    monkeypatch.setenv("CONAN_HOME", str(home))
    (root / "own").touch()
    tool = '[tool.xconan.conan]\nhost_profiles = ["own"]\nbuild_profiles = "team/fast"\n'
    project = read(root, tool, cross='arch = "linux_s390x"\n[conan]\nhost_profiles = ["team/fast"]\n')[0]
    assert project.conan.host_profiles == (root / "own", home / "profiles/team/fast")
    assert project.conan.build_profiles == (home / "profiles/team/fast",)
    assert project.conan.build_type == "Debug"
    operation = '[tool.xconan.conan]\nhost_profiles = {"+" = ["own"], prepend = ["team/fast"]}\n'
    assert read(root, operation, cross="")[0].conan.host_profiles == (home / "profiles/team/fast", root / "own")
    (error,) = errors(root, '[tool.xconan.conan]\nhost_profiles = ["team/fats"]\n')
    assert "team/fast" in error.hint
    assert error.where.endswith("tool.xconan.conan.host_profiles")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[settings]\nos=Linux\nbuild_type = Debug\n[conf]\n", "Debug"),
        ("include(x)\n[settings]\nbuild_type=Debug\nbuild_type=MinSizeRel\n", "MinSizeRel"),
        ("[settings]\nlz4/*:build_type=Debug\n", None),
        ("[settings]\n# build_type=Debug\n", None),
        ("[settings]\nbuild_type={{ x }}\n", None),
        ("[buildenv]\nbuild_type=Debug\n", None),
    ],
)
def test_build_type_of_a_profile(root: Path, text: str, expected: str | None) -> None:
    (root / "p").write_text(text, "utf-8")
    assert read(root, '[tool.xconan.conan]\nhost_profiles = ["p"]\n')[0].conan.build_type == expected


@pytest.mark.parametrize(
    "build", ['"never"', '["missing"]', '["lz4/*", "~snappy/*"]', '"missing:lz4/*"', '["cascade", "editable"]', '"*"']
)
def test_what_conan_may_build(root: Path, build: str) -> None:
    assert read(root, f"[tool.xconan.conan]\nbuild = {build}\n")[0].conan.build


@pytest.mark.parametrize(
    ("build", "hint"),
    [('"nevr"', "'never'"), ('"lz4"', "lz4/*"), ("[]", "never"), ('["never", "lz4/*"]', "take it out"), ('""', "/*")],
)
def test_what_conan_can_not_build(root: Path, build: str, hint: str) -> None:
    (error,) = errors(root, f"[tool.xconan.conan]\nbuild = {build}\n")
    assert hint in error.hint


def test_target_and_file_of_different_hosts(root: Path) -> None:
    """Who names a target gets that host; what else a file says about it counts."""
    text = "implementation = 'cp'\nversion = '312'\narch = 'linux_armv7l'\n[wheel]\nbuild_tag = '1'\n"
    (root / "xconan.cross.toml").write_text(text, "utf-8")
    (root / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\n', "utf-8")
    for host, key in (("cp312-linux_aarch64", "arch"), ("cp313-linux_armv7l", "abi"), ("pp312-linux_armv7l", "impl")):
        with pytest.raises(ConfigError) as caught:
            read_project(root, Settings(target=host), running=RUNNING)
        assert caught.value.where.rpartition(": ")[2].startswith(key)
    project, cross = read_project(root, Settings(target="cp312-linux_armv7l"), running=RUNNING)
    assert (project.wheel.build_tag, cross.target.platform.tag) == ("1", "linux_armv7l")


@pytest.mark.parametrize("table", ["soabi = 'x'\n", "[wheel]\nbuild_tag = '1'\n"])
def test_digests_of_a_cross_toml(root: Path, table: str) -> None:
    """One for package ids, of what is in no other one; one that tells a change. Neither looks like a number."""
    file = root / "a.toml"
    seen = []
    for head, tail in (("", ""), (f"include_dir = '{root}'\n", "[conan]\nbuild = 'never'\n")):
        for more in ("", table):
            file.write_text(f"arch = 'linux_ppc64le'\n{head}{more}{tail}", "utf-8")
            seen.append((read_cross([file], running=RUNNING).settings_digest, files_digest([file])))
    assert [one[0] for one in seen] == ["", seen[1][0], "", seen[1][0]]
    assert len({one[1] for one in seen}) == 4
    assert all(re.fullmatch("x[0-9a-f]{12}", one) for pair in seen for one in pair if one)
    assert seen[1][0]
    assert read_cross([file], running=RUNNING, override=['cross.soabi = "y"']).soabi == "y"


def test_digest_knows_what_the_files_say(root: Path) -> None:
    file = root / "a.toml"
    digests = set()
    for text in ("soabi = 'x'", "soabi = 'y'", "generator_platform = 'x'", "[wheel]\nbuild_tag = '1'"):
        file.write_text(f"arch = 'linux_ppc64le'\n{text}\n", "utf-8")
        digests.add(read_cross([file], running=RUNNING).settings_digest)
    assert len(digests - {""}) == 4


def test_read_cross_alone(root: Path) -> None:
    file = root / "a.toml"
    file.write_text('arch = "linux_ppc64le"\n[cmake.options]\nA = "1"\n[wheel]\nbuild_tagg = "1"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_cross([file], running=RUNNING)
    assert caught.value.where == f"{file}: wheel.build_tagg"
    file.write_text('arch = "linux_ppc64le"\n[cmake.options]\nA = "1"\n', encoding="utf-8")
    cross = read_cross([file], running=RUNNING)
    assert (cross.target.platform.tag, cross.toolchain_options) == ("linux_ppc64le", (("A", "", "1"),))


TYPES = {
    Kind.STRING: {"str", "str | None"},
    Kind.BOOL: {"bool", "bool | None"},
    Kind.INT: {"int", "int | None"},
    Kind.PATH: {"Path", "Path | None"},
    Kind.LIST: {"tuple[str, ...]", "tuple[str, ...] | None"},
    Kind.LIST_PLUS: {"tuple[str, ...]"},
    Kind.PROFILES: {"tuple[Path, ...]"},
    Kind.OPTIONS: {"tuple[tuple[str, str, str], ...]", "tuple[tuple[str, str], ...]"},
    Kind.TEXTS: {"Mapping[str, str]", "Mapping[str, str | Text]"},
}


@pytest.mark.parametrize("record", [record for records in RECORDS.values() for record in records])
def test_every_field_agrees_with_its_key(record: type[Record]) -> None:
    """Its type is what its kind becomes, and it has one default: the field's own, or one that is computed."""
    for name, key in keys_of(record).items():
        (field,) = (field for field in fields(cast("type", record)) if field.name == name)
        assert field.type in TYPES[key.kind], name
        assert key.doc.endswith("."), name
        own = field.default is not MISSING or field.default_factory is not MISSING
        assert not key.choices or field.default in (None, *key.choices), name
        if key.compute:
            assert key.default, f"{name}: say in words what is computed"
            assert not own or field.default is None, name
        else:
            assert own, name


def test_tables_of_a_host_are_tables_of_the_project() -> None:
    assert set(HOST_TABLES) < set(KEYS)


def test_default_generator(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cmake(root).generator == "Ninja"
    monkeypatch.setenv("CMAKE_GENERATOR", "Unix Makefiles")
    assert cmake(root).generator == "Unix Makefiles"
    assert cmake(root, '[tool.xconan.cmake]\ngenerator = "Xcode"\n').generator == "Xcode"


def test_pure_projects_need_no_cmake(root: Path) -> None:
    assert read(root, "[tool.xconan.wheel]\npure_python = true\n")[0].cmake is None
    assert read(root)[0].cmake is not None
    (root / "CMakeLists.txt").unlink()
    (root / "pyproject.toml").write_text(BASE, encoding="utf-8")
    assert read_project(root, parse_settings(None, root=root), running=RUNNING)[0].cmake is None


def test_module_name(root: Path) -> None:
    assert read(root)[0].module.name == "demo_project"
    assert read(root, '[tool.xconan.module]\nname = "a-b.c"\n')[0].module.name == "a_b.c"


def test_conan_options(root: Path) -> None:
    project, _ = read(root, '[tool.xconan.conan.options]\n"lz4/*:shared" = true\n"x/*:level" = 3\n')
    assert project.conan.options == (("lz4/*:shared", "True"), ("x/*:level", "3"))


def test_conan_confs(root: Path) -> None:
    """A list is one for Conan, too, of one item or with a semicolon in it; a text stays what it is."""
    keys = ['"tools.build:cflags" = ["-O1"]', '"tools.build:defines" = ["A=b;c", "D"]', '"tools.build:jobs" = 4']
    keys += ['"tools.build:skip_test" = true', '"tools.build:cxxflags" = "[\'-g\']"']
    project, _ = read(root, "[tool.xconan.conan.conf]\n" + "\n".join(keys) + "\n")
    assert project.conan.conf == (
        ("tools.build:cflags", "['-O1']"), ("tools.build:defines", "['A=b;c', 'D']"), ("tools.build:jobs", "4"),
        ("tools.build:skip_test", "True"), ("tools.build:cxxflags", "['-g']"),
    )  # fmt: skip
    override = {"override": 'conan.conf."tools.build:cflags"+=["-g"]'}
    more, _ = read(root, "[tool.xconan.conan.conf]\n" + keys[0] + "\n", override)
    assert more.conan.conf == (("tools.build:cflags", "['-O1', '-g']"),)
    alone, _ = read(root, '[tool.xconan.conan.conf]\n"tools.build:cflags" = {append = "-O1"}\n', override)
    assert alone.conan.conf == (("tools.build:cflags+", "['-O1', '-g']"),)


def test_abi3t_has_no_older_python(root: Path) -> None:
    table = '[tool.xconan.wheel]\npython_abi = "abi3t"\nabi3_minimum_cpython_version = '
    (error,) = errors(root, table + "312\n")
    assert "3.15" in error.message
    assert "312" in error.message
    assert read(root, table + "316\n")[0].wheel.abi3_minimum_cpython_version == 316


# --- an error found after merging names the layer that the value came from --------------------------------------------

WRONG_WHEN_MERGED = [
    # table, line, and what must stand in pyproject.toml for it to be wrong
    ("wheel", 'build_tag = "abc"', ""),
    ("wheel", 'python_tag = ["cp 3"]', ""),
    ("wheel", 'abi_tag = ["a-b"]', ""),
    ("wheel", 'platform_tag = ["../x"]', ""),
    ("wheel", 'install_dir = "../x"', ""),
    ("wheel", "abi3_minimum_cpython_version = 99", ""),
    ("wheel", "abi3_minimum_cpython_version = 312", '[tool.xconan.wheel]\npython_abi = "abi3t"\n'),
    ("cmake", 'minimum_version = "new"', ""),
    ("cmake", 'source_path = "nowhere"', "[tool.xconan.cmake]\nfind_python = false\n"),
    ("conan", 'conanfile = "nowhere.py"', ""),
    ("conan", 'host_profiles = ["nobodys"]', ""),
    ("conan", 'build_profiles = ["nobodys"]', '[tool.xconan.conan]\nbuild_profiles = ["pyproject.toml"]\n'),
    ("conan", 'build = "nevr"', ""),
    ("conan", "build = []", ""),
]


def parts(line: str) -> tuple[str, str]:
    name, _, value = line.partition(" = ")
    return name, value


@pytest.mark.parametrize(("table", "line", "tool"), WRONG_WHEN_MERGED, ids=[line for _, line, _ in WRONG_WHEN_MERGED])
def test_error_after_merging_names_its_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, line: str, tool: str
) -> None:
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "home"))
    name, value = parts(line)
    text = f"[{table}]\n{line}\n"
    further = root / "further.toml"
    further.write_text(text, "utf-8")

    (error,) = errors(root, tool, local=text)
    assert error.where == f"{root / 'xconan.local.toml'}: {table}.{name}"
    (root / "xconan.local.toml").unlink()

    (error,) = errors(root, tool, {"local": str(further)})
    assert error.where == f"{further}: {table}.{name}"

    (error,) = errors(root, f"{tool}[tool.xconan.linux.{table}]\n{line}\n")
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.linux.{table}.{name}"

    override = f"{table}.{name} = {value}"
    (error,) = errors(root, tool, {"override": override})
    assert error.where == f"-C override={override}: {table}.{name}"

    (error,) = errors(root, tool, cross=f'arch = "linux_s390x"\n{text}')
    assert error.where == f"{root / 'xconan.cross.toml'}: {table}.{name}"


def test_requirements_beside_a_conanfile_name_their_file(root: Path) -> None:
    (root / "conanfile.txt").touch()
    (error,) = errors(root, local='[conan]\ntool_requires = ["cmake/3.30.0"]\n')
    assert error.where == f"{root / 'xconan.local.toml'}: conan.tool_requires"


def test_conanfile_that_is_named_counts(root: Path) -> None:
    (root / "conanfile.txt").touch()
    (root / "conanfile.py").touch()
    for name in ("conanfile.py", "conanfile.txt"):
        tool = f'[tool.xconan.conan]\nconanfile = "{name}"\n'
        assert read(root, tool)[0].conan.conanfile == root / name


def test_conanfile_that_is_a_folder(root: Path) -> None:
    (root / "conanfile.py").mkdir()
    (error,) = errors(root)
    assert error.where == str(root / "conanfile.py")


def test_conanfile_that_may_not_be_read(root: Path, forbid: Callable[[Path], None]) -> None:
    (root / "conanfile.txt").touch()
    forbid(root / "conanfile.txt")
    (error,) = errors(root)
    assert (error.exit_code, error.where) == (1, str(root / "conanfile.txt"))


def test_a_list_of_several_files_is_blamed_item_by_item(root: Path) -> None:
    good, bad = 'python_tag = {"+" = ["cp311"]}\n', 'python_tag = {"+" = ["a-b"]}\n'
    settings = {"cross": str(root / "b.toml")}
    (error,) = errors(root, "", settings, local=f"[wheel]\n{bad}", cross=f"[wheel]\n{good}", b=f"[wheel]\n{good}")
    assert error.where == f"{root / 'xconan.local.toml'}: wheel.python_tag"
    found = errors(root, f"[tool.xconan.wheel]\n{bad}", local='[wheel]\npython_tag = {prepend = "c-d"}\n')
    assert [error.where.rpartition(": ")[2] for error in found] == ["wheel.python_tag", "tool.xconan.wheel.python_tag"]


def test_a_wrong_value_that_a_stronger_layer_replaces_is_none(root: Path) -> None:
    tool = '[tool.xconan.wheel]\nbuild_tag = "abc"\npython_tag = ["a-b"]\n'
    local = '[wheel]\nbuild_tag = "1"\npython_tag = ["auto"]\n'
    assert read(root, tool, local=local)[0].wheel.build_tag == "1"
    assert read(root, tool, {"override": ["wheel.build_tag=!", "wheel.python_tag=!"]})[0].wheel.build_tag is None


@pytest.mark.parametrize(
    ("line", "exit_code"),
    [
        ('version = "3.12"', 2),
        ('implementation = "C P"', 2),
        ('implementation = "cpython"', 2),
        ('abi = "C P"', 2),
        ('abi = "cp310"', 2),
        ('soabi = "a/b"', 2),
        ('arch = "linux_arm64"', 2),
        ('os = "windows"', 2),
        ('toolchain_file = "none.cmake"', 3),
        ('include_dir = "none"', 3),
        ('prefix = "none"', 3),
        ('library = "none"', 3),
        ('sabi_library = "none"', 3),
    ],
)
def test_error_in_the_cross_table_names_its_file(root: Path, line: str, exit_code: int) -> None:
    name, value = parts(line)
    weaker, stronger = 'generator_platform = "x"\n', '[cmake]\nargs = ["-x"]\n'
    settings = {"cross": [str(root / "b.toml"), str(root / "c.toml")]}
    (error,) = errors(root, "", settings, cross=weaker, b=line + "\n", c=stronger)
    assert (error.where, error.exit_code) == (f"{root / 'b.toml'}: {name}", exit_code)
    (root / "xconan.cross.toml").unlink()
    (error,) = errors(root, f"[tool.xconan.cross]\n{line}\n")
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.cross.{name}"
    override = f"cross.{name} = {value}"
    (error,) = errors(root, "", {"override": override})
    assert error.where == f"-C override={override}: cross.{name}"


def test_a_target_and_several_files_of_another_host(root: Path) -> None:
    settings = {"target": "cp312-linux_aarch64", "cross": str(root / "b.toml")}
    (error,) = errors(root, "", settings, cross='arch = "linux_armv7l"\n', b='[wheel]\nbuild_tag = "1"\n')
    assert error.where == f"{root / 'xconan.cross.toml'}: arch"


def test_places_of_keys(root: Path) -> None:
    """What is found later, when programs have been asked, is blamed on the right file as well."""
    tool = "[tool.xconan.cmake]\nfind_python = false\n"
    (root / "host").mkdir()
    project, cross = read(
        root, tool, {"cross": str(root / "b.toml")}, local='[cmake]\nbuild_path = "b"\n',
        cross='prefix = "host"\n', b='arch = "linux_s390x"\n[wheel]\nexclude = ["x"]\n',
    )  # fmt: skip
    assert project.place("cmake.find_python") == f"{root / 'pyproject.toml'}: tool.xconan.cmake.find_python"
    assert project.place("cmake.build_path") == f"{root / 'xconan.local.toml'}: cmake.build_path"
    assert project.place("wheel.exclude") == f"{root / 'b.toml'}: wheel.exclude"
    assert project.place("module.name") == f"{root / 'pyproject.toml'}: tool.xconan.module.name"
    assert cross.source_of("prefix") == str(root / "xconan.cross.toml")
    assert cross.place("prefix") == f"{root / 'xconan.cross.toml'}: prefix"
    assert cross.place("arch") == f"{root / 'b.toml'}: arch"
    assert cross.place("library") == f"{root / 'b.toml'}: library"


def test_later_readers_name_the_file_of_a_key(root: Path) -> None:
    local = '[cmake]\nbuild_path = "mine"\nminimum_version = "3.30"\n[module]\ndirectory = "nowhere"\n[sdist]\n'
    local += 'include = ["/x"]\n'
    settings = {"cross": [str(root / "b.toml"), str(root / "c.toml")]}
    files = {"b": 'arch = "linux_s390x"\ninclude_dir = "."\n', "c": '[wheel]\nexclude = ["x"]\n'}
    project, cross = read(root, "", settings, local=local, **files)
    local_file = root / "xconan.local.toml"
    (root / "mine").mkdir()
    (root / "mine/file").touch()
    with pytest.raises(XconanError) as caught:
        find_layout(project, cross)
    assert caught.value.where == f"{local_file}: cmake.build_path: {root / 'mine'}"
    assert project.cmake
    place = project.place("cmake.minimum_version")
    assert oldest_cmake(project.cmake, place=place) == ("3.30", f"{local_file}: cmake.minimum_version")
    with pytest.raises(XconanError) as caught:
        find_module(project)
    assert caught.value.where == f"{local_file}: module.directory"
    with pytest.raises(XconanError) as caught:
        select_files(project, metadata(), Module(files=(), main=None), out=root / "out")
    assert caught.value.where == f"{local_file}: sdist.include"
    with pytest.raises(XconanError) as caught:
        verify_toolchain(toolchain("aarch64"), cross)
    assert caught.value.where.startswith(f"{root / 'b.toml'}: arch, and ")
    with pytest.raises(XconanError) as caught:
        find_host_python(cross, None, needed=True)
    assert caught.value.where == f"{root / 'b.toml'}: include_dir"


# --- defaults --------------------------------------------------------------------------------------------------------


def test_defaults(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a project without any table gets, key by key."""
    monkeypatch.delenv("CMAKE_GENERATOR", raising=False)
    project, cross = read(root)
    shown = {
        f"{table}.{name}": getattr(getattr(project, table), name)
        for table in ("module", "cmake", "wheel", "sdist", "conan")
        for name in KEYS[table]
    }
    assert shown == {
        "module.name": "demo_project", "module.directory": None, "module.namespace": False, "module.generated": None,
        "cmake.minimum_version": "3.20", "cmake.build_type": None, "cmake.config": (), "cmake.preset": None,
        "cmake.build_presets": (), "cmake.generator": "Ninja", "cmake.source_path": root,
        "cmake.build_path": ".xconan_cache/{build_config}", "cmake.options": (), "cmake.args": (),
        "cmake.find_python": True, "cmake.find_python3": True, "cmake.find_python_build_artifacts_prefix": None,
        "cmake.find_python3_build_artifacts_prefix": None, "cmake.build_args": (), "cmake.build_tool_args": (),
        "cmake.install_config": (), "cmake.install_args": (), "cmake.install_components": ("",), "cmake.env": {},
        "cmake.compiler_cache": None, "cmake.emulate": False, "cmake.env_passthrough": (),
        "cmake.export_dependencies": False, "cmake.file_prefix_map": True,
        "wheel.pure_python": None, "wheel.python_tag": ("auto",), "wheel.python_abi": "auto",
        "wheel.abi3_minimum_cpython_version": 32, "wheel.abi_tag": None, "wheel.platform_tag": None,
        "wheel.build_tag": None, "wheel.policy": "error", "wheel.sbom": False,
        "wheel.bundle": ("auto",), "wheel.bundle_exclude": (), "wheel.conan_licenses": False,
        "wheel.install_dir": "", "wheel.include": {}, "wheel.compression_level": 6, "wheel.exclude": (),
        "module.packages": None,
        "wheel.runtime_dispatch": (),
        "sdist.include": (), "sdist.exclude": (),
        "conan.conanfile": None, "conan.requires": (), "conan.tool_requires": (), "conan.options": (),
        "conan.settings": (), "conan.conf": (),
        "conan.host_profiles": (), "conan.build_profiles": (), "conan.build": ("missing",), "conan.recipe_builds": None,
    }  # fmt: skip
    _, cross = read(root, cross='generator_platform = "x"\n')
    assert cross.target == RUNNING
    rest = [name for name in KEYS["cross"] if name not in ("implementation", "version", "abi", "arch")]
    assert {name: getattr(cross, name) for name in rest} == {**dict.fromkeys(rest), "generator_platform": "x"}
    assert read(root, cross='soabi = "x"\n')[1].generator_platform is None


def test_computed_defaults_follow_other_keys(root: Path) -> None:
    config = cmake(root, '[tool.xconan.cmake]\nconfig = ["A", "B"]\n')
    assert config.install_config == ("A", "B")
    assert cmake(root, '[tool.xconan.cmake]\nconfig = "A"\ninstall_config = "B"\n').install_config == ("B",)
    (root / "conanfile.txt").touch()
    assert read(root)[0].conan.conanfile == root / "conanfile.txt"
    (root / "conanfile.py").touch()
    (error,) = errors(root)
    assert error.where == str(root / "conanfile.py")
    (root / "conanfile.txt").unlink()
    assert read(root)[0].conan.conanfile == root / "conanfile.py"


@pytest.mark.parametrize(
    "text",
    ["zlib/1.3", "zlib/[>=1.2 <2]", "zlib/[~1.3]@me/stable", "zlib/1.3#0a1b", "boost/1.84.0@", "a.b+c/cci.20240101"],
)
def test_requirement(root: Path, text: str) -> None:
    assert read(root, f'[tool.xconan.conan]\nrequires = "{text}"\n')[0].conan.requires == (text,)


@pytest.mark.parametrize("text", ["zlib", "zlib==1.3", "zlib>=1", "zlib/1.3 lz4/1.9.4", "zlib/1.3, lz4/1.9.4", "zlib/"])
def test_what_is_not_one_requirement(root: Path, text: str) -> None:
    (error,) = errors(root, f'[tool.xconan.conan]\nrequires = "{text}"\n')
    assert error.message == f"'{text}' is not one requirement of Conan's"
    assert "each in its own quotes" in error.hint


def test_systems_do_not_contradict_each_other(root: Path) -> None:
    """Each other system's table is looked at by itself: no build reads two of them."""
    tool = (
        '[tool.xconan.windows.cmake.options]\nX = true\n[tool.xconan.mac.cmake.options]\nX = {value="a", type="PATH"}\n'
    )
    assert read(root, tool)
    (error,) = errors(root, '[tool.xconan.windows.wheel]\nbuild_tag = "abc"\n')
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.windows.wheel.build_tag"


# --- operations, one by one ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"b"', "b"),
        ('{"=" = "b"}', "b"),
        ('{value = "b"}', "b"),
        ('{"+" = "b"}', "ab"),
        ('{append = "b"}', "ab"),
        ('{prepend = "b"}', "ba"),
        ('{"-" = "a"}', ""),
        ('{append_path = "b"}', "a:b"),
        ('{prepend_path = "b"}', "b:a"),
    ],
)
def test_environment_operations(root: Path, written: str, expected: str) -> None:
    assert cmake(root, '[tool.xconan.cmake.env]\nA = "a"\n', local=f"[cmake.env]\nA = {written}\n").env == {
        "A": expected
    }


def test_environment_operations_on_nothing(root: Path) -> None:
    """What no file says stands for what the environment has."""
    tool = '[tool.xconan.cmake.env]\nA = {prepend = "x"}\nB = {append_path = "y"}\n'
    assert cmake(root, tool).env == {"A": Text(prepend="x"), "B": Text(append_path="y")}
    assert expand_env(cmake(root, tool).env, {"A": "a"}) == {"A": "xa", "B": "y"}


@pytest.mark.parametrize("written", ['{"+" = "b", "-" = "a"}', '{"?" = "b"}', "{append = 3}", "3"])
def test_bad_environment_operation(root: Path, written: str) -> None:
    (error,) = errors(root, f"[tool.xconan.cmake.env]\nA = {written}\n")
    assert error.where.endswith("tool.xconan.cmake.env")
    assert "A must be a string" in error.message


# --- hosts without a project -----------------------------------------------------------------------------------------


def test_cross_file_says_more_about_a_target(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PWD", str(root))
    file = root / "a.toml"
    file.write_text('soabi = "weak"\ninclude_dir = "."\n', "utf-8")
    (root / "prefix").mkdir()
    cross = read_cross(
        [file], running=RUNNING, target="cp311-linux_s390x", override=["cross.soabi = strong", "cross.prefix = prefix"]
    )
    assert (cross.target.name, cross.soabi) == ("cp311-cp311-linux_s390x", "strong")
    assert (cross.include_dir, cross.prefix) == (root, root / "prefix")
    assert read_cross([file], running=RUNNING, override=["cross.soabi=!"]).soabi is None
    with pytest.raises(ErrorGroup) as caught:
        read_cross([root / "none.toml"], running=RUNNING, target="cp311", override=["nothing"])
    assert [error.where for error in caught.value.errors][1:] == [str(root / "none.toml"), "-C override"]


def test_host_by_name(root: Path) -> None:
    cross = read_named("cp311-linux_s390x", running=RUNNING, toolchain="gcc", include_dir=root)
    assert (cross.target.name, cross.toolchain, cross.include_dir) == ("cp311-cp311-linux_s390x", "gcc", root)
    assert (cross.native, cross.source) == (False, "target cp311-linux_s390x")
    assert read_named("cp311-linux_s390x", running=RUNNING).toolchain is None
    with pytest.raises(ErrorGroup) as caught:
        read_named("cp311-linux_s390x", running=RUNNING, toolchain="tcc", include_dir=root / "none")
    assert [error.where for error in caught.value.errors] == [
        "target cp311-linux_s390x: toolchain", "target cp311-linux_s390x: include_dir",
    ]  # fmt: skip


def test_what_files_say_of_the_host_profile(root: Path) -> None:
    (root / "own").touch()
    texts = (
        '[cmake]\nbuild_type = "Debug"\n[conan]\nhost_profiles = "own"\noptions = {"a/*:b" = true, "a/*:c" = "x"}\n',
        '[conan]\nhost_profiles = "team"\noptions = {"a/*:b" = false}\n',
    )
    files = [root / "a.toml", root / "b.toml"]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    config = read_host_profile_config(files)
    assert config.options == (("a/*:b", "False"), ("a/*:c", "x"))
    assert (config.build_type, config.host_profiles) == ("Debug", (str(root / "own"), "team"))
    nothing = read_host_profile_config([])
    assert (nothing.options, nothing.build_type, nothing.host_profiles) == ((), None, ())


# --- what messages say -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("preset = 3", "this must be a string, not an integer (3)", 'write preset = "3"'),
        ("preset = true", "this must be a string, not a bool (True)", 'write preset = "…", or leave preset out'),
        ("preset = 1.5", "this must be a string, not a float (1.5)", 'write preset = "1.5"'),
        ('preset = ["x"]', "this must be a string, not a list (['x'])", 'write preset = "…"'),
        ("preset = {x = 1}", "this must be a string, not a table ({'x': 1})", 'write preset = "…"'),
        ("preset = 1979-05-27", "this must be a string, not a date (1979-05-27)", 'write preset = "…"'),
        ("find_python = 1", "this must be a bool, not an integer (1)", "write find_python = true, or false"),
        ('find_python = "x"', "this must be a bool, not a string ('x')", "write find_python = true, or false"),
        ("config = 3", "this must be a list of strings, not an integer (3)", 'write config = ["…", "…"]'),
        ("config = [3]", "this must be a list of strings, not a list ([3])", 'write config = ["…", "…"]'),
        ('config = {"?" = "x"}', "unknown operation '?'", 'known are "=", "+", "-" and "prepend"'),
        ('config = {"=" = "x", "+" = "y"}', '"=" (value) replaces the list, so nothing can stand beside it', ""),
        (
            "options = 3",
            "this must be a table of options, not an integer (3)",
            "write options = {WITH_X = true}, with your names and values",
        ),
        (
            "options.X = [[1]]",
            "this must be a bool, a string, a number or a list of them, not a list ([1])",
            'write "X" = "…", or true, 1, ["…", "…"]',
        ),
        (
            "options.X = 2020-01-01",
            "this must be a bool, a string, a number or a list of them, not a date (2020-01-01)",
            'write "X" = "…", or true, 1, ["…", "…"]',
        ),
        (
            "options.X = [07:32:00]",
            "this must be a bool, a string, a number or a list of them, not a time (07:32:00)",
            'write "X" = "…", or true, 1, ["…", "…"]',
        ),
        ('build_path = "a\\u0000b"', "there is a NUL character in it", r"take \u0000 out of it"),
        ('options.X = {type = "INT"}', "'INT' is not one of STRING, BOOL, PATH, FILEPATH", ""),
        ("env = 3", "this must be a table of strings, not an integer (3)", 'write env = {NAME = "…"}'),
        ("env.X = 3", "X must be a string, not an integer (3)", 'write "X" = "…"'),
        ('env."" = "x"', "'' can't be the name of an environment variable", "write a name, without ="),
        ('source_path = ""', "this must not be empty", "leave it out"),
        ('xyz = "x"', "unknown key 'xyz'", f"known keys: {', '.join(sorted(KEYS['cmake']))}"),
    ],
)
def test_message(root: Path, line: str, message: str, hint: str) -> None:
    (error,) = errors(root, f"[tool.xconan.cmake]\n{line}\n")
    assert (error.message, error.hint) == (message, hint)
    key = line.partition(" = ")[0].removesuffix(".X").removesuffix('.""')
    key += ".X" if line.startswith("options.X") else ""
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.cmake.{key}"


def test_an_option_of_a_package_in_a_table_of_its_own(root: Path) -> None:
    (error,) = errors(root, "[tool.xconan.conan]\noptions = {lz4 = {shared = true}}\n")
    assert error.hint.startswith('for an option of a package write "lz4/*:shared"; known are ')


def test_message_of_types_that_differ(root: Path) -> None:
    (error,) = errors(
        root,
        '[tool.xconan.cmake]\noptions.X = {value = "a", type = "PATH"}\n',
        local="[cmake]\noptions.X.value = true\noptions.X.strict = true\n",
    )
    assert error.message == "BOOL here, but PATH in a weaker file"
    assert error.hint == "give it the same type, or strict = false"


def test_source_of_a_key_with_colons_in_it(root: Path) -> None:
    folder = root / "a: b"
    folder.mkdir()
    (folder / "h.toml").write_text('arch = "linux_s390x"\n', "utf-8")
    cross = read_cross([folder / "h.toml"], running=RUNNING)
    assert cross.source_of("arch") == str(folder / "h.toml")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('version = "x"\nabi = "cp310"', "'x' is no Python version", "major and minor without a dot: '312' for 3.12"),
        ('version = 310\nabi = "cp310"', "this must be a string, not an integer (310)", 'write version = "310"'),
        ('implementation = "C"\nabi = "cp310"', "'C' is no implementation", "cp is CPython, pp is PyPy"),
        ('abi = "cp310"', "abi is 'cp310' but version is '312'", "they must name the same Python"),
        ('os = "windows"', "os is 'windows' but arch is 'linux_x86_64'", ""),
    ],
)
def test_message_of_the_cross_table(root: Path, text: str, message: str, hint: str) -> None:
    (error,) = errors(root, cross=text + "\n")
    assert (error.message, error.hint) == (message, hint)


@pytest.mark.parametrize(("name", "kind"), [("toolchain_file", ToolchainError), ("library", HostPythonError)])
def test_message_of_a_path_that_is_not_there(root: Path, name: str, kind: type[XconanError]) -> None:
    (error,) = errors(root, cross=f'{name} = "none"\n')
    assert type(error) is kind
    assert (error.message, error.hint) == (
        f"there is no {root / 'none'}",
        "check the path; it is relative to this file",
    )


def test_a_folder_as_toolchain_file(root: Path) -> None:
    (error,) = errors(root, cross='toolchain_file = "."\n')
    assert type(error) is ToolchainError
    assert error.message == f"{root} is a folder"
    assert error.where is not None
    assert error.where.endswith("toolchain_file")


def test_no_path_leads_above_the_root(root: Path) -> None:
    assert read(root, cross='prefix = "/../usr"\n')[1].prefix == Path("/../usr")
    assert read(root, cross='prefix = "/usr/../usr/."\n')[1].prefix == Path("/usr")


def test_profile_that_a_weaker_file_names(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONAN_HOME", str(tmp_path / "home"))
    (root / "own").touch()
    tool = '[tool.xconan.conan]\nhost_profiles = ["nobodys"]\n'
    (error,) = errors(root, tool, local='[conan]\nhost_profiles = ["own"]\n')
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.conan.host_profiles"


def test_key_that_no_file_sets_is_missed_in_the_weakest(root: Path) -> None:
    (root / "pyproject.toml").write_text(BASE + "[tool.xconan.cmake]\nfind_python = false\n", "utf-8")
    (root / "xconan.local.toml").write_text("[cmake]\nfind_python3 = false\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_project(root, Settings(), running=RUNNING)
    assert caught.value.where == f"{root / 'pyproject.toml'}: tool.xconan.cmake.source_path"
