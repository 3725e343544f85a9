"""A component: a second wheel from what the CMake of another project installs, such as its debug symbols.

    [build-system]
    requires = ["xconan"]
    build-backend = "xconan.build_component"

    [project]
    name = "nav-debug"
    version = "1.0"

    [tool.xconan]
    main_project = ".."

    [tool.xconan.component]
    install_components = ["debug"]

The keys are py-build-cmake's, whose table is read as well. `[tool.xconan.component.1]` is for `[tool.xconan.cmake.1]`
of the main project.
"""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, Problems, nearest_names
from xconan.ground.files import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BACKEND = "xconan.build_component"
TABLES = ("xconan", "py-build-cmake")
LISTS = ("build_presets", "build_args", "build_tool_args", "install_args", "install_components")
"""Keys whose value takes the place of the main project's for the component."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """What a component's pyproject.toml says.

    Attributes:
        root: its folder.
        pyproject: the parsed document.
        main: folder of the project whose CMake installs it.
        lists: by the number of the main project's CMake table, the keys of LISTS that are given.
        install_only: by the same, whether nothing is built for it: the main project has been.
    """

    root: Path
    pyproject: Mapping[str, object]
    main: Path
    lists: Mapping[int, Mapping[str, list[str]]]
    install_only: Mapping[int, bool]

    def overrides(self, numbers: tuple[int, ...]) -> Iterator[str]:
        """The same for `-C override` of the main project, whose CMake tables have these numbers, (0,) for one alone."""
        for number, values in self.lists.items():
            table = f"cmake.{number}" if len(numbers) > 1 else "cmake"
            for name, value in values.items():
                yield f"{table}.{name} = {json.dumps(value)}"


def read_component(root: Path) -> Component:
    """The component of a folder.

    Raises:
        ConfigError: or ErrorGroup: it names no main project, has keys that are none, or dynamic metadata.
    """
    file = root / "pyproject.toml"
    pyproject = load_toml(file)
    problems = Problems()
    tables = cast("dict[str, object]", pyproject.get("tool", {}))
    table = next((name for name in TABLES if name in tables), TABLES[0])
    said = tables.get(table, {})
    own = cast("dict[str, object]", said) if isinstance(said, dict) else {}
    where = f"{file}: tool.{table}"
    for key in own:
        if key not in ("main_project", "component"):
            problems.add(f"a component has no key '{key}'", key=f"{where}.{key}", hint="it belongs to the main project")
    main = _main_project(root, own.get("main_project"), where, problems)
    lists, install_only = _numbered(own.get("component", {}), f"{where}.component", problems)
    project = pyproject.get("project")
    if not isinstance(project, dict):
        problems.add("[project] is missing", key=str(file), hint="write its name and version")
    elif project.get("dynamic"):
        problems.add(
            "a component has no module to read its metadata from", key=f"{file}: project.dynamic",
            hint='write version = "1.0" into [project]',
        )  # fmt: skip
    problems.raise_if_any()
    return Component(root=root, pyproject=pyproject, main=main, lists=lists, install_only=install_only)


def _main_project(root: Path, value: object, where: str, problems: Problems) -> Path:
    if not isinstance(value, str) or not value:
        problems.add(
            "main_project is missing", key=where, hint='name the folder of the main project: main_project = ".."'
        )
        return root
    main = root.joinpath(os.path.normpath(root / value))
    if not (main / "pyproject.toml").is_file():
        problems.add(f"there is no {main / 'pyproject.toml'}", key=f"{where}.main_project",
                     hint="name the folder of the main project")  # fmt: skip
    elif main == root:
        problems.add("it is the component's own folder", key=f"{where}.main_project", hint='"..", say')
    return main


def _numbered(
    value: object, where: str, problems: Problems
) -> tuple[dict[int, dict[str, list[str]]], dict[int, bool]]:  # fmt: skip
    table = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    several = bool(table) and all(key.isdigit() for key in table)
    lists: dict[int, dict[str, list[str]]] = {}
    install_only: dict[int, bool] = {}
    for number, said in table.items() if several else [("0", table)]:
        place = f"{where}.{number}" if several else where
        lists[int(number)], install_only[int(number)] = _read_one(
            cast("dict[str, object]", said) if isinstance(said, dict) else {}, place, problems
        )
    return lists, install_only


def _read_one(table: Mapping[str, object], where: str, problems: Problems) -> tuple[dict[str, list[str]], bool]:
    lists: dict[str, list[str]] = {}
    for key, value in table.items():
        place = f"{where}.{key}"
        if key == "install_only":
            if not isinstance(value, bool):
                problems.add("must be true or false", key=place, hint="install_only = true")
        elif key not in LISTS:
            close = nearest_names(key, (*LISTS, "install_only"))
            hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(LISTS)} and install_only"
            problems.add(f"unknown key '{key}'", key=place, hint=hint)
        elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            problems.add("must be a list of strings", key=place, hint=f'{key} = ["debug"]')
        else:
            lists[key] = value
    return lists, table.get("install_only") is True


def is_component(root: Path) -> bool:
    """Whether a folder's wheel is a component of another project."""
    file = root / "pyproject.toml"
    return file.is_file() and _says_component(load_toml(file))


def _says_component(pyproject: Mapping[str, object]) -> bool:
    table = pyproject.get("build-system")
    return isinstance(table, dict) and table.get("build-backend") == BACKEND


def refuse_component(root: Path, pyproject: Mapping[str, object]) -> None:
    """Refuse to take a component for a project: it has a wheel, and nothing else of its own.

    Raises:
        ConfigError: it is one, with the folder of its main project; or what read_component() finds wrong.
    """
    if _says_component(pyproject):
        main = shlex.quote(str(read_component(root).main))
        raise ConfigError(
            "this is a component: it has a wheel, built for one target at a time, and nothing else of its own",
            where=f"{root / 'pyproject.toml'}: build-system.build-backend",
            hint=f"name the main project: {main}",
        )


def check_numbers(component: Component, numbers: tuple[int, ...]) -> None:
    """Refuse a table for a CMake table that the main project has not.

    Raises:
        ConfigError: it has none of this number.
    """
    for number in component.lists:
        if number not in numbers:
            raise ConfigError(
                f"the main project has no [tool.xconan.cmake.{number}]",
                where=f"{component.root / 'pyproject.toml'}: component.{number}",
                hint=f"it has {', '.join(map(str, numbers))}",
            )
