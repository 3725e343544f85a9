"""The files of one configuration -> Project and CrossConfig, with all errors in one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.errors import Problems
from xconan.ground.files import load_toml
from xconan.host.tags import FIRST_ABI3T
from xconan.project.config.conan import read_conan
from xconan.project.config.cross import check_target, cross_from_layers
from xconan.project.config.layers import cross_layers, override_layers, project_layers, subtables, target_layers
from xconan.project.config.matrix import read_matrix, selected_layers
from xconan.project.config.merge import flat_options, merge
from xconan.project.config.records import (
    HOST_TABLES,
    KEYS,
    SYSTEMS,
    CMakeConfig,
    CrossConfig,
    ModuleConfig,
    Project,
    SdistConfig,
    WheelConfig,
)
from xconan.project.config.schema import DefaultContext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.host.targets import Target
    from xconan.project.config.layers import Layer
    from xconan.project.config.merge import MergedTable
    from xconan.project.config.settings import Settings


def read_project(root: Path, settings: Settings, *, running: Target) -> tuple[Project, CrossConfig]:
    """Read pyproject.toml, what goes on top of it, and the cross.toml, for one configuration.

    Args:
        root: the project's folder, absolute.
        settings: from the command line.
        running: the interpreter that runs us, whose values are the defaults.

    Raises:
        ConfigError: or ErrorGroup, with every error of every file.
    """
    problems = Problems()
    pyproject = load_toml(root / "pyproject.toml")
    files = project_layers(root, pyproject, settings, problems)
    overrides = override_layers(settings, problems)
    host = target_layers(settings.target, problems)
    host += [*subtables(files, "cross"), *cross_layers(root, settings, problems)]
    _check_tables([*files, *overrides], problems)
    selected = selected_layers(files, host, running, problems)
    strongest = [*subtables(selected, "cross"), *subtables(overrides, "cross")]
    cross, cross_table = cross_from_layers([*host, *strongest], running, problems)
    check_target(settings.target, cross, cross_table)
    name = _project_name(pyproject, root, problems)
    project = _ProjectReader(
        pyproject=pyproject,
        layers=files,
        host=host,
        overrides=[*selected, *overrides],
        system=cross.target.platform.os if cross.native else cross.os,
        context=DefaultContext(running=running, root=root, project_name=name),
        problems=problems,
    ).read()
    problems.raise_if_any()
    return project, replace(cross, arguments=settings.arguments)


def _check_tables(layers: Sequence[Layer], problems: Problems) -> None:
    for layer in layers:
        layer.check_subtables([*KEYS, *SYSTEMS], problems)
        for system in SYSTEMS:
            for table in subtables([layer], system):
                table.check_subtables(HOST_TABLES, problems)


def _project_name(pyproject: Mapping[str, object], root: Path, problems: Problems) -> str:
    """The name in [project]; "" where it is missing, which is an error of the metadata."""
    project = pyproject.get("project")
    if not isinstance(project, dict):
        problems.add(
            "there is no [project] table", file=root / "pyproject.toml", key="project",
            hint='write [project] with name = "…" and version = "1.0"',
        )  # fmt: skip
        return ""
    name = project.get("name")
    if name is None:
        problems.add("there is no name", file=root / "pyproject.toml", key="project.name", hint='write name = "…"')
    return name if isinstance(name, str) else ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _ProjectReader:
    """Reads the Project from the layers of every table.

    Attributes:
        layers: `[tool.xconan]` and the local files, weakest first.
        host: the layers of the cross table.
        overrides: what the matrix's overrides for this target and each `-C override` say, as `[tool.xconan]`.
        system: the operating system whose table holds, None for none.
    """

    pyproject: Mapping[str, object]
    layers: Sequence[Layer]
    host: Sequence[Layer]
    overrides: Sequence[Layer]
    system: str | None
    context: DefaultContext
    problems: Problems

    def read(self) -> Project:
        """The project; what is wrong is noted."""
        tables = {name: self._merged(name) for name in ("module", *HOST_TABLES)}
        self._check_other_systems()
        wheel = tables["wheel"]
        _check_wheel(wheel)
        module = tables["module"].record(ModuleConfig, self.context)
        return Project(
            root=self.context.root,
            pyproject=self.pyproject,
            module=replace(module, name=module.name.replace("-", "_")),
            cmake=self._cmake(tables["cmake"], pure=wheel.get("pure_python") is True),
            wheel=wheel.record(WheelConfig, self.context),
            sdist=tables["sdist"].record(SdistConfig, self.context),
            conan=read_conan(tables["conan"], self.context),
            matrix=read_matrix(subtables([*self.layers, *self.overrides], "matrix"), self.context, self.problems),
            places=tuple(place for name, table in tables.items() for place in table.places(f"{name}.")),
        )

    def _merged(self, name: str) -> MergedTable:
        return merge(self._layers_of(name), KEYS[name], self.problems)

    def _layers_of(self, name: str) -> list[Layer]:
        """The tables of this name, weakest first: the project's, its system's, the host's; then each override."""
        if name not in HOST_TABLES:
            return subtables([*self.layers, *self.overrides], name)
        layers = [*self.layers, *subtables(self.layers, self.system), *self.host]
        for override in self.overrides:
            layers += [override, *subtables([override], self.system), *subtables([override], "cross")]
        return subtables(layers, name)

    def _check_other_systems(self) -> None:
        """Merge the tables of the other systems, for their errors alone."""
        for system in SYSTEMS:
            tables = subtables([*self.layers, *self.overrides], system) if system != self.system else []
            for name, keys in HOST_TABLES.items():
                merge(subtables(tables, name), keys, self.problems)

    def _cmake(self, table: MergedTable, *, pure: bool) -> CMakeConfig | None:
        """None where there is nothing for CMake to do: no CMakeLists.txt, and nobody asks for one."""
        asked = subtables([*self.layers, *self.host, *self.overrides, *subtables(self.overrides, "cross")], "cmake")
        config = table.record(CMakeConfig, self.context, options=flat_options(table.get("options")))
        lists = config.source_path / "CMakeLists.txt"
        if not asked and (pure or not lists.is_file()):
            return None
        if not lists.is_file():
            table.report("source_path", f"there is no {lists}", "write a CMakeLists.txt, or say where it is")
        return config


def _check_wheel(table: MergedTable) -> None:
    """What the keys of the wheel table must be beside their spelling."""
    minimum = table.get("abi3_minimum_cpython_version", FIRST_ABI3T)
    if table.get("python_abi") == "abi3t" and isinstance(minimum, int) and minimum < FIRST_ABI3T:
        message = f"abi3t begins with Python 3.15, but {minimum} is to be the oldest"
        table.report("abi3_minimum_cpython_version", message, "leave it out")
    inside = PurePosixPath(str(table.get("install_dir", "")))
    if inside.is_absolute() or ".." in inside.parts:
        table.report("install_dir", f"'{inside}' leads out of the wheel", "name a folder of the wheel: pkg")
