"""pyproject.toml, its overrides and cross.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.facts import target
from xconan.ground.errors import ConfigError, ErrorGroup, XconanError
from xconan.project.config.reader import Settings, files_digest, parse_settings, read_cross, read_project
from xconan.project.config.schema import CMAKE, CROSS, OVERRIDES, TABLES, Key, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
    "build": '"missing"',
    "minimum_version": '"3.21"',
    "build_path": '".xconan_cache/x"',
    "source_path": '"."',
    "build_tag": '"1"',
}
ALL_KEYS = [(table, name, key) for table, keys in TABLES.items() for name, key in keys.items()]


def good(name: str, key: Key) -> str:
    return f'"{key.choices[0]}"' if key.choices else CHOSEN.get(name, GOOD[key.kind])


@pytest.mark.parametrize(("table", "name", "key"), ALL_KEYS, ids=[f"{table}.{name}" for table, name, _ in ALL_KEYS])
def test_every_key_is_read(root: Path, table: str, name: str, key: Key) -> None:
    (root / "src").mkdir()
    if name == "conanfile":
        (root / "src").rmdir()
        (root / "src").touch()
    project, _ = read(root, f"[tool.xconan.{table}]\n{name} = {good(name, key)}\n")
    record = getattr(project, table, None)
    if table != "editable":
        assert hasattr(record, name)


@pytest.mark.parametrize(("table", "name", "key"), ALL_KEYS, ids=[f"{table}.{name}" for table, name, _ in ALL_KEYS])
def test_every_key_has_a_type(root: Path, table: str, name: str, key: Key) -> None:
    (error,) = errors(root, f"[tool.xconan.{table}]\n{name} = 1.5\n")
    assert error.where == f"{root / 'pyproject.toml'}: tool.xconan.{table}.{name}"
    assert "must be" in error.message
    if key.choices:
        (error,) = errors(root, f'[tool.xconan.{table}]\n{name} = "other"\n')
        assert all(choice in error.message for choice in key.choices)


@pytest.mark.parametrize("name", sorted(CROSS))
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


@pytest.mark.parametrize(
    "stronger", ["true", '{value = "c", type = "PATH"}', '{type = "OTHER"}', "[[1]]", '{"?" = "c"}']
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


def test_error_names_the_file_that_spoke_last(root: Path) -> None:
    (error,) = errors(root, "", {"cross": str(root / "b.toml")}, cross='version = "x"\n', b='arch = "linux_s390x"\n')
    assert error.where == f"{root / 'xconan.cross.toml'}: version"


# --- errors ----------------------------------------------------------------------------------------------------------


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


def test_unknown_settings(root: Path) -> None:
    assert parse_settings({"--build-option": "x"}, root=root).cross == ()  # another backend's
    with pytest.raises(ConfigError) as caught:
        parse_settings({"--corss": "x"}, root=root)
    assert caught.value.hint == "did you mean 'cross'?"


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
            seen.append((read_cross([file], running=RUNNING).overrides, files_digest([file])))
    assert [one[0] for one in seen] == ["", seen[1][0], "", seen[1][0]]
    assert len({one[1] for one in seen}) == 4
    assert all(one.startswith("x") for pair in seen for one in pair if one)


def test_read_cross_alone(root: Path) -> None:
    file = root / "a.toml"
    file.write_text('arch = "linux_ppc64le"\n[cmake.options]\nA = "1"\n[wheel]\nbuild_tagg = "1"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_cross([file], running=RUNNING)
    assert caught.value.where == f"{file}: wheel.build_tagg"
    file.write_text('arch = "linux_ppc64le"\n[cmake.options]\nA = "1"\n', encoding="utf-8")
    cross = read_cross([file], running=RUNNING)
    assert (cross.target.platform.tag, cross.toolchain_options) == ("linux_ppc64le", (("A", "", "1"),))


def test_schema_is_documented() -> None:
    assert all(key.doc for keys in (*TABLES.values(), CROSS) for key in keys.values())
    assert set(OVERRIDES) < set(TABLES)
    assert CMAKE["args"].kind is Kind.LIST_PLUS


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


def test_abi3t_has_no_older_python(root: Path) -> None:
    table = '[tool.xconan.wheel]\npython_abi = "abi3t"\nabi3_minimum_cpython_version = '
    (error,) = errors(root, table + "312\n")
    assert "3.15" in error.message
    assert "312" in error.message
    assert read(root, table + "316\n")[0].wheel.abi3_minimum_cpython_version == 316
