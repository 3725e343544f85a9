"""[tool.py-build-cmake]: its own meaning, beside what py-build-cmake itself makes of the same documents.

Meant differences, which the documents below leave out or `known` takes into account:

| what | py-build-cmake | here, and why |
|---|---|---|
| a text where a list+ is meant | refused | a list of one: nobody can mean otherwise |
| a number as an option | refused | its text, as CMake has it |
| remove from a variable that the table does not set | empties it | taken out of the environment's value |
| clear, then remove | as never said | an empty list |
| a cmake table with nothing in it | nothing is built | CMake builds: who writes it means it |
| build folder | .py-build-cmake_cache | .xconan_cache: a folder of another backend's builds is left alone |
| links in paths | resolved | as written: a sysroot is spoken of by its link |
"""

from __future__ import annotations

import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.facts import target
from xconan.ground.errors import ErrorGroup, XconanError
from xconan.ground.text import Text
from xconan.project.config.project import read_project
from xconan.project.config.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.project.config.records import CMakeConfig, CrossConfig, Project

RUNNING = target("cp312-linux_x86_64")


def read(
    root: Path, tool: str, settings: Mapping[str, object] | None = None, *, name: str = "My.Pkg"
) -> tuple[Project, CrossConfig]:
    (root / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n{tool}', "utf-8")
    (root / "CMakeLists.txt").touch()
    return read_project(root, parse_settings(settings, root=root), running=RUNNING)


def cmake(root: Path, tool: str, settings: Mapping[str, object] | None = None) -> CMakeConfig:
    config = read(root, tool, settings)[0].cmake
    assert config
    return config


def messages(root: Path, tool: str, settings: Mapping[str, object] | None = None) -> list[str]:
    with pytest.raises(XconanError) as caught:
        read(root, tool, settings)
    found = caught.value.errors if isinstance(caught.value, ErrorGroup) else [caught.value]
    return [error.render() for error in found]


T = "[tool.py-build-cmake.cmake]\n"


def test_its_own_meaning(root: Path) -> None:
    project, _ = read(root, "[tool.py-build-cmake]\n")
    assert (project.cmake, project.module.name) == (None, "my_pkg")
    assert read(root, "")[0].cmake is not None
    assert cmake(root, f'{T}build_type = "Debug"\n').config == ("Debug",)
    tables = f'{T}build_type = "a"\n[tool.py-build-cmake.linux.cmake]\nbuild_type = "b"\n'
    assert cmake(root, tables, {"override": "cmake.build_type=c"}).build_type == "b"
    assert cmake(root, tables, {"override": "linux.cmake.build_type=c"}).build_type == "c"


def test_a_targets_system(root: Path) -> None:
    tables = f'{T}[tool.py-build-cmake.linux.cmake]\nbuild_type = "b"\n'
    assert cmake(root, tables, {"target": "cp311-linux_aarch64"}).build_type == "b"


def test_paths_are_the_projects(root: Path) -> None:
    (root / "cpp").mkdir()
    (root / "cpp/CMakeLists.txt").touch()
    (root / "below").mkdir()
    (root / "below/a.toml").write_text('[cmake]\nsource_path = "cpp"\n', "utf-8")
    assert cmake(root, T, {"local": str(root / "below/a.toml")}).source_path == root / "cpp"


def test_pbc_files(root: Path) -> None:
    (root / "py-build-cmake.local.toml").write_text('[cmake]\nargs = ["b"]\n', "utf-8")
    (root / "py-build-cmake.local.pbc").write_text("cmake.args += [c] # from here\ncmake.options.X = True\n", "utf-8")
    (root / "host.pbc").write_text("arch=linux_aarch64\ncmake.env.P+=(path)/x\n", "utf-8")
    project, cross = read(root, f'{T}args = ["a"]\n', {"cross": str(root / "host.pbc")})
    assert project.cmake
    assert project.cmake.args == ("a", "b", "c")
    assert project.cmake.options == (("X", "BOOL", "On"),)
    assert project.cmake.env == {"P": Text(append_path="/x")}
    assert cross.target.platform.tag == "linux_aarch64"
    (root / "py-build-cmake.local.pbc").write_text("\ncmake.arg = [c]\n", "utf-8")
    (message,) = messages(root, T)
    assert f"{root / 'py-build-cmake.local.pbc'}:2: cmake.arg" in message
    assert "did you mean 'args'?" in message


def test_several_tables(root: Path) -> None:
    tool = f'{T}args = ["a"]\n0.args = ["b"]\n1.args = ["c"]\n1.build_type = "Debug"\n'
    project, _ = read(root, tool)
    assert project.cmake
    assert [(one.number, one.args, one.build_type) for one in (project.cmake, *project.more_cmakes)] == [
        (0, ("a", "b"), None), (1, ("a", "c"), "Debug"),
    ]  # fmt: skip
    assert not read(root, tool, {"override": "cmake.1=!"})[0].more_cmakes
    assert read(root, tool, {"override": "cmake=!"})[0].cmake is None


def test_conan_of_the_alpha(root: Path) -> None:
    profile = root / "mine"
    profile.write_text("[settings]\n", "utf-8")
    tool = f"""
[tool.py-build-cmake.conan]
output_folder = "out"
profile_host = ["default", "{profile}"]
args = ["--build=lz4/*", "-o", "lz4/*:shared=True", "-s:h", "compiler.cppstd=20", "-c=tools.build:jobs=3"]
[tool.py-build-cmake.conan.cmake]
build_type = "Debug"
options = {{A = true}}
[tool.py-build-cmake.conan.1]
args = ["--build=never"]
cmake.args = ["-x"]
[tool.py-build-cmake.conan.0]
"""
    project, _ = read(root, tool)
    conan, config = project.conan, project.cmake
    assert config
    assert (conan.host_profiles, conan.build, conan.options) == ((profile,), ("lz4/*",), (("lz4/*:shared", "True"),))
    assert (conan.settings, conan.conf) == ((("compiler.cppstd", "20"),), (("tools.build:jobs", "3"),))
    assert (config.build_type, config.build_path) == ("Debug", "out/{build_config}")
    assert [one.args for one in project.more_cmakes] == [("-x",)]
    assert [one.build for one in project.more_conans if one] == [("never",)]
    glued = '["-o&:with_python=True", "-c*:tools.build:skip_test=True", "-s:h=compiler.cppstd=23", "-b=never"]'
    conan = read(root, f"[tool.py-build-cmake.conan]\nargs = {glued}\n")[0].conan
    assert (conan.options, conan.conf) == ((("&:with_python", "True"),), (("*:tools.build:skip_test", "True"),))
    assert (conan.settings, conan.build) == ((("compiler.cppstd", "23"),), ("never",))
    (message,) = messages(root, '[tool.py-build-cmake.conan]\nargs = ["--no-remote"]\n')
    assert "--no-remote has no place here" in message


# --- beside py-build-cmake's own code --------------------------------------------------------------------------------

SCALARS = {"build_type": ["Debug", "Release", "X"], "preset": ["p", "q"], "generator": ["Ninja", "Unix Makefiles"],
           "minimum_version": ["3.20", "3.25"]}  # fmt: skip
LISTS = ["args", "build_args", "build_tool_args", "install_args"]
SETS = ["config", "build_presets", "install_config", "install_components"]
WORDS = ["-a", "-b", "x;y", "c d", "e", ""]
OPERATIONS = ["=", "+", "-", "prepend", "value", "append", "remove"]


class Documents:
    """Draws documents and overrides that py-build-cmake takes."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - a sample

    def maybe(self, chance: float = 0.3) -> bool:
        return self.draw.random() < chance

    def words(self) -> list[str]:
        return self.draw.sample(WORDS, self.draw.randint(0, 3))

    def list(self) -> object:
        if self.maybe():
            names = self.draw.choice(
                [["="], ["value"], ["+"], ["-"], ["prepend", "-"], ["append", "remove"], ["+", "-"]]
            )
            return {name: self.words() for name in names}
        return self.words()

    def option(self) -> object:
        value = self.draw.choice([True, False, "text", "a;b", ["x", "y"], [True, False], []])
        if self.maybe():
            table: dict[str, object] = {self.draw.choice(OPERATIONS): value}
            if self.maybe():
                table |= {"type": self.draw.choice(["STRING", "BOOL", "PATH", "FILEPATH"]), "strict": self.maybe()}
            return table
        return value

    def cmake(self) -> dict[str, object]:
        table: dict[str, object] = {}
        for name, values in SCALARS.items():
            if self.maybe():
                table[name] = self.draw.choice(values)
        for name in [*LISTS, *SETS]:
            if self.maybe(0.2):
                table[name] = self.list()
        if self.maybe(0.1):
            table["config"] = "Only"
        if self.maybe(0.5):
            table["options"] = {name: self.option() for name in self.draw.sample("ABCD", 2)}
        if self.maybe():
            table["env"] = {name: self.draw.choice(["1", "${HOME}/x", ""]) for name in self.draw.sample("PQR", 2)}
        for name in ("find_python", "find_python3"):
            if self.maybe(0.1):
                table[name] = self.maybe(0.5)
        return table

    def numbered(self) -> dict[str, object]:
        table = self.cmake()
        if self.maybe(0.25):
            table |= {number: self.cmake() for number in self.draw.sample(["0", "1", "2"], self.draw.randint(1, 2))}
        return table

    def wheel(self) -> dict[str, object]:
        choices: dict[str, list[object]] = {
            "pure_python": [True, False], "python_tag": ["py3", ["cp312"], {"+": ["cp311"]}],
            "python_abi": ["auto", "none", "abi3"], "abi3_minimum_cpython_version": [310, 312],
            "abi_tag": ["abi3", ["none"]], "platform_tag": ["any", ["linux_x86_64"]], "build_tag": ["1", "2a"],
        }  # fmt: skip
        return {name: self.draw.choice(values) for name, values in choices.items() if self.maybe(0.25)}

    def host(self) -> dict[str, object]:
        table: dict[str, object] = {}
        if self.maybe(0.6):
            table["cmake"] = self.numbered()
        if self.maybe():
            table["wheel"] = self.wheel()
        if self.maybe(0.2):
            table["sdist"] = {self.draw.choice(["include", "exclude"]): self.draw.choice([["a"], {"+": ["./b"]}])}
        return table

    def document(self) -> dict[str, object]:
        table = self.host()
        if self.maybe(0.2):
            table["module"] = {"name": self.draw.choice(["a-b", "x.y", "Z"]), "namespace": self.maybe()}
        for system in ("linux", "windows"):
            if self.maybe(0.4):
                table[system] = self.host()
        if self.maybe(0.25):
            table["cross"] = {"arch": "linux_aarch64", **self.host()}
            if self.maybe(0.6):
                table["cross"]["os"] = "linux"  # type: ignore[index]
        return table

    def override(self) -> str:
        where = self.draw.choice(["", "", "linux.", "windows."])
        word = self.draw.choice(["-a", "-Wdev", "e", '"c d"', "true"])
        lists = self.draw.choice(["[-a]", '["x;y", e]', "[]", "{+ = [-a, q]}", "[-a, -b ,]"])
        return where + self.draw.choice([
            f"cmake.build_type{self.draw.choice(['=', '+=', '=+'])}{self.draw.choice(['Debug', '-x'])}",
            f"cmake.preset{self.draw.choice(['=', '+=', '-=', '=+'])}{self.draw.choice(['p', 'q', 'zz'])}",
            f"cmake.{self.draw.choice(LISTS)}={lists}",
            f"cmake.{self.draw.choice(LISTS)}{self.draw.choice(['+=', '-=', '=+'])}[-a, -b]",
            f"cmake.{self.draw.choice([*LISTS, *SETS, *SCALARS])}=!",
            f"cmake.options.{self.draw.choice('ABCD')}{self.draw.choice(['=', '+=', '-=', '=+'])}{word}",
            f"cmake.options.{self.draw.choice('ABCD')}=!",
            f"cmake.options+={{{self.draw.choice('AB')}=True, value=x, append=y}}",
            f"cmake.env.{self.draw.choice('PQRS')}{self.draw.choice(['=', '+=', '=+', '+=(path)', '=+(path)'])}/x",
            f"cmake.env.{self.draw.choice('PQRS')}=!",
            f"cmake.0.args+={lists}", "cmake.1=!", "cmake=!", 'wheel.build_tag="3x"', "wheel.python_tag=py3",
            "sdist.include+=[a/../b]", "linux=!" if not where else "cmake.find_python=False",
        ])  # fmt: skip


def toml(value: object) -> str:
    """A value as TOML has it inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(one)}" for name, one in value.items()) + "}"
    return "[" + ", ".join(map(toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


@cache
def _platform() -> Any:  # noqa: ANN401 - their class
    from py_build_cmake.common.platform import determine_build_platform_info  # noqa: PLC0415 - may not be there

    return determine_build_platform_info()


def theirs(root: Path, overrides: list[str]) -> Any:  # noqa: ANN401 - their class
    """Their own reading of the project's pyproject.toml, on Linux with CPython; None where they refuse it."""
    load = pytest.importorskip("py_build_cmake.config.load", reason="pip install py-build-cmake==0.5.1")
    try:
        flags, parsed = load.parse_config_settings_overrides({"override": overrides}, verbose=False)
        return load.read_config(_platform(), root / "pyproject.toml", flags, parsed)
    except Exception:  # noqa: BLE001 - whatever it is, it reads nothing
        return None


def of_cmake(config: CMakeConfig) -> dict[str, object]:
    names = [*SCALARS, *LISTS, *SETS, "find_python", "find_python3"]
    values = {name: getattr(config, name) for name in names}
    values |= {name: list(values[name]) for name in [*LISTS, *SETS]}
    values["options"] = {f"{name}:{kind}" if kind else name: value for name, kind, value in config.options}
    values["env"] = {name: of_text(value) for name, value in config.env.items()}
    return values


def of_text(value: object) -> object:
    if isinstance(value, Text):
        parts = [value.value, value.append, value.prepend, value.append_path, value.prepend_path]
        return None if value.cleared and not value.parts else [part or "" for part in parts]
    return [value, "", "", "", ""]


def of_their_text(value: Any) -> object:  # noqa: ANN401 - their class
    if value.value is not None:
        return [value.finalize(), "", "", "", ""]
    parts = [value.append, value.prepend, value.append_path, value.prepend_path]
    return None if value.clear and not any(parts) else ["", *(part or "" for part in parts)]


def their_cmake(config: dict[str, Any]) -> dict[str, object]:
    names = [*SCALARS, *LISTS, *SETS, "find_python", "find_python3"]
    values = {name: config.get(name, [] if name in (*LISTS, *SETS) else None) for name in names}
    values["options"] = config.get("options", {})
    values["env"] = {name: of_their_text(text) for name, text in config.get("env", {}).items() if text is not None}
    return values


def known(mine: dict[str, object], other: dict[str, object]) -> dict[str, object]:
    """Theirs with the meant differences in place."""
    return other | {
        "generator": other["generator"] or "Ninja",
        "minimum_version": mine["minimum_version"] if other["minimum_version"] == "3.15" else other["minimum_version"],
    }


@pytest.mark.parametrize("part", range(10))
def test_effective_values_are_py_build_cmakes(part: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMAKE_GENERATOR", raising=False)
    documents = Documents(seed=part)
    compared = 0
    while compared < 50:
        table = documents.document()
        overrides = [documents.override() for _ in range(documents.draw.randint(0, 3))]
        tool = f"tool.py-build-cmake = {toml(table)}\n"
        (root / "CMakeLists.txt").touch()
        text = f'{tool}[project]\nname = "My.Pkg"\nversion = "1"\n'
        (root / "pyproject.toml").write_text(text, "utf-8")
        expected = theirs(root, overrides)
        if expected is None:
            continue
        case = f"{text}\n{overrides}"
        try:
            project, cross = read_project(
                root, parse_settings({"override": overrides}, root=root), running=RUNNING
            )  # fmt: skip
        except XconanError as error:
            pytest.fail(f"{error.render()}\n{case}")
        system = "linux" if expected.cross is None else "cross"
        if (expected.cmake or {}).get(system) == {}:
            continue
        compared += 1
        assert cross.native == (expected.cross is None), case
        configs = {int(number): one for number, one in ((expected.cmake or {}).get(system) or {}).items()}
        mine = {
            one.number: of_cmake(one) for one in (*([project.cmake] if project.cmake else []), *project.more_cmakes)
        }
        assert mine.keys() == configs.keys(), case
        for number, config in configs.items():
            assert mine[number] == known(mine[number], their_cmake(config)), case
        for name, value in expected.wheel[system].items():
            own = getattr(project.wheel, name)
            other = [value] if name == "python_tag" and value == "auto" else value
            assert (list(own) if isinstance(own, tuple) else own) == other, f"{name}\n{case}"
        assert project.module.name == expected.module["name"], case
