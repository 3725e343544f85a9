"""The files of one configuration -> Project and CrossConfig, with all errors in one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.errors import Problems, name_table
from xconan.ground.files import load_toml
from xconan.ground.record import Record
from xconan.host.platforms import parse_platform
from xconan.host.tags import FIRST_ABI3T
from xconan.project.config.announced import NOTHING, Announced, announced, unheeded
from xconan.project.config.cibuildwheel import cibuildwheel_layers
from xconan.project.config.component import BACKEND, refuse_component
from xconan.project.config.conan import read_conan
from xconan.project.config.conan_of_alpha import in_our_keys
from xconan.project.config.conditions import with_overrides
from xconan.project.config.cross import check_tables, check_target, cross_from_layers
from xconan.project.config.dialect import choose_dialect
from xconan.project.config.editable_table import EditableConfig
from xconan.project.config.free_tables import (
    FREE_TABLES,
    read_generated,
    read_providers,
    refuse_operations,
    without_free_tables,
)
from xconan.project.config.layers import (
    cross_layers,
    numbered,
    override_layers,
    project_layers,
    subtables,
    target_layers,
)
from xconan.project.config.matrix import read_matrix, selected_layers
from xconan.project.config.merge import merge
from xconan.project.config.options import flat_options
from xconan.project.config.recipe import read_recipe
from xconan.project.config.records import (
    HOST_TABLES,
    KEYS,
    SYSTEMS,
    CMakeConfig,
    CrossConfig,
    ModuleConfig,
    Project,
    SdistConfig,
    StubgenConfig,
    WheelConfig,
)
from xconan.project.config.schema import DefaultContext
from xconan.project.config.test_table import TestConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.build_machine.announcement import Announcement
    from xconan.host.targets import Target
    from xconan.project.config.conan_table import ConanConfig
    from xconan.project.config.layers import Layer
    from xconan.project.config.merge import MergedTable
    from xconan.project.config.settings import Settings


def read_project(
    root: Path, settings: Settings, *, running: Target, announcement: Announcement | None = None
) -> tuple[Project, CrossConfig]:
    """Read pyproject.toml, what goes on top of it, and the cross.toml, for one configuration.

    Args:
        root: the project's folder, absolute.
        settings: from the command line.
        running: the interpreter that runs us, whose values are the defaults.
        announcement: the environment, as far as it may name the host where nothing else does; None for nothing.

    Raises:
        ConfigError: or ErrorGroup, with every error of every file.
    """
    problems = Problems()
    pyproject = load_toml(root / "pyproject.toml")
    refuse_component(root, pyproject)
    dialect = choose_dialect(root, pyproject, problems)
    name_table(dialect.table)
    files = project_layers(root, pyproject, settings, problems, table=dialect.table)
    overrides = override_layers(settings, problems, folder=None if dialect.ours else root)
    host = target_layers(settings.target, problems)
    host += [*subtables(files, "cross"), *cross_layers(root, settings, problems)]
    if not dialect.ours:
        files, host, overrides = ([in_our_keys(layer, problems) for layer in part] for part in (files, host, overrides))
    _check_tables(without_free_tables([*files, *overrides]), problems)
    files = refuse_operations(files, problems)
    refuse_operations(overrides, problems)
    name = _project_name(pyproject, root, problems)
    context = DefaultContext(running=running, root=root, project_name=name, dialect=dialect)
    sources = _Sources(
        pyproject=pyproject, files=files, host=host, overrides=overrides, target=settings.target, context=context,
        wanted_test=settings.test,
    )  # fmt: skip
    found = announced(announcement) if announcement else NOTHING
    given = bool(host or subtables(overrides, "cross"))
    project, cross = sources.read(NOTHING if given else found, problems)
    problems.raise_if_any()
    remarks = found.remarks
    if given:
        remarks = unheeded(found, f"the host is that of {cross.source}")
    elif found is not NOTHING and project.cmake is None:
        project, cross = sources.read(NOTHING, problems)
        remarks = unheeded(found, "there is nothing for CMake to do")
    return project, replace(cross, arguments=settings.arguments, remarks=remarks)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Sources(Record):
    """All that is said of a configuration.

    Attributes:
        pyproject: the whole file.
        files: `[tool.xconan]` and the local files, weakest first.
        host: the layers of the cross table.
        overrides: what each `-C override` says, as `[tool.xconan]`.
        target: by name, None for none.
        context: what defaults are made from.
        wanted_test: what the command line asks of tests, as TestConfig.wanted.
    """

    pyproject: Mapping[str, object]
    files: Sequence[Layer]
    host: Sequence[Layer]
    overrides: Sequence[Layer]
    target: str | None
    context: DefaultContext
    wanted_test: str

    def read(self, found: Announced, problems: Problems) -> tuple[Project, CrossConfig]:
        """The project and its host, with what the environment says of it; what is wrong is noted."""
        running = self.context.running
        host = [*([found.cross] if found.cross else []), *self.host]
        selected = selected_layers(self.files, host, running, problems)
        strongest = [*subtables(selected, "cross"), *subtables(self.overrides, "cross")]
        cross, table = cross_from_layers([*host, *strongest], running, problems)
        if found.cross:
            cross = replace(cross, own_compiler=found.own_compiler)
        if found.platform:
            cross = replace(cross, target=replace(cross.target, platform=parse_platform(found.platform)))
        check_target(self.target, cross, table)
        project = _ProjectReader(
            pyproject=self.pyproject,
            layers=with_overrides(self.files, cross.target, self.context.root, problems),
            host=host,
            overrides=[*selected, *self.overrides],
            system=cross.target.platform.os if cross.native or self.target else cross.os,
            context=self.context,
            cibuildwheel=cibuildwheel_layers(self.context.root, self.pyproject, cross.target, problems),
            wanted_test=self.wanted_test,
            problems=problems,
            found=found,
        ).read()
        return project, cross


# keys of the cmake table that say what CMake is called with
_TO_CMAKE = {
    "config", "preset", "build_presets", "source_path", "options", "args", "build_args", "build_tool_args",
    "install_config", "install_args", "install_components", "compiler_cache",
}  # fmt: skip
_COMPONENT, _MAIN = "component", "main_project"  # keys of project/config/component.py, which reads them


def _check_tables(layers: Sequence[Layer], problems: Problems) -> None:
    for layer in layers:
        if _MAIN in layer.table:
            layer.report(_MAIN, "this is a key of components, and the project is none",
                         f'write build-backend = "{BACKEND}", or take the key away', problems)  # fmt: skip
        rest = replace(layer, table={name: value for name, value in layer.table.items() if name != _MAIN})
        rest.check_subtables([*KEYS, *SYSTEMS, *FREE_TABLES, _COMPONENT], problems)
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
        cibuildwheel: what its tables say of tests, as `[tool.xconan.test]`; weaker than ours.
        wanted_test: what the command line asks of tests, as TestConfig.wanted.
        found: what the environment says of the host: no request to have CMake build something.
    """

    pyproject: Mapping[str, object]
    layers: Sequence[Layer]
    host: Sequence[Layer]
    overrides: Sequence[Layer]
    system: str | None
    context: DefaultContext
    problems: Problems
    cibuildwheel: Sequence[Layer] = ()
    wanted_test: str = ""
    found: Announced = NOTHING

    def read(self) -> Project:
        """The project; what is wrong is noted."""
        several = ("cmake", "conan")
        tables = {name: self._merged(name) for name in ("module", "stubgen", *HOST_TABLES) if name not in several}
        conans = {number: merge(layers, KEYS["conan"], self.problems)
                  for number, layers in numbered(self._layers_of("conan")).items()}  # fmt: skip
        self._check_other_systems()
        wheel = tables["wheel"]
        _check_wheel(wheel)
        module = tables["module"].record(ModuleConfig, self.context)
        conan = read_conan(next(iter(conans.values())), self.context)
        pure = wheel.get("pure_python") is True
        by_recipe = not pure and self._builds_by_recipe(conan)
        cmakes = self._cmakes(pure=pure, by_recipe=by_recipe)
        return Project(
            root=self.context.root,
            pyproject=self.pyproject,
            module=replace(module, name=module.name.replace("-", "_")),
            cmake=next(iter(cmakes), None),
            more_cmakes=tuple(cmakes[1:]),
            wheel=wheel.record(WheelConfig, self.context),
            sdist=tables["sdist"].record(SdistConfig, self.context),
            conan=conan,
            more_conans=tuple(
                read_conan(conans[one.number], self.context) if one.number in conans else None for one in cmakes[1:]
            ),
            editable=tables["editable"].record(EditableConfig, self.context),
            matrix=read_matrix(subtables([*self.layers, *self.overrides], "matrix"), self.context, self.problems),
            test=tables["test"].record(TestConfig, self.context, wanted=self.wanted_test),
            places=tuple(place for name, table in tables.items() for place in table.places(f"{name}."))
            + tuple(place for config in self._cmake_tables.values() for place in config.places("cmake."))
            + tuple(place for config in conans.values() for place in config.places("conan.")),
            stubgen=tables["stubgen"].record(StubgenConfig, self.context) if tables["stubgen"].layers else None,
            dialect=self.context.dialect,
            builds_by_recipe=by_recipe,
            providers=read_providers(self.layers, self.problems),
            generated=read_generated(self.layers, self.problems),
        )

    def _merged(self, name: str) -> MergedTable:
        layers = [*(self.cibuildwheel if name == "test" else ()), *self._layers_of(name)]
        return merge(layers, KEYS[name], self.problems)

    def _layers_of(self, name: str) -> list[Layer]:
        """The tables of this name, weakest first: the project's, its system's, the host's; then each override."""
        if name not in HOST_TABLES:
            return self._of_project(subtables([*self.layers, *self.overrides], name))
        if not self.context.dialect.ours:
            said = [*self.layers, *self.overrides]
            layers = [*said, *subtables(said, self.system), *self.host, *subtables(self.overrides, "cross")]
            return self._of_project(subtables(layers, name))
        layers = [*self.layers, *subtables(self.layers, self.system), *self.host]
        for override in self.overrides:
            layers += [override, *subtables([override], self.system), *subtables([override], "cross")]
        return subtables(layers, name)

    def _of_project(self, layers: list[Layer]) -> list[Layer]:
        """The layers with paths relative to what the dialect says."""
        return layers if self.context.dialect.ours else [replace(layer, folder=self.context.root) for layer in layers]

    def _check_other_systems(self) -> None:
        """Merge the tables of the other systems, for their errors alone."""
        for system in SYSTEMS:
            tables = subtables([*self.layers, *self.overrides], system) if system != self.system else []
            check_tables(tables, self.problems)

    @cached_property
    def _cmake_tables(self) -> dict[int, MergedTable]:
        """The merged cmake table, or several where they have numbers."""
        defaults = [self.found.native] if self.found.native else []
        layers = numbered([*defaults, *self._layers_of("cmake")])
        return {number: merge(of_one, KEYS["cmake"], self.problems) for number, of_one in layers.items()}

    def _builds_by_recipe(self, conan: ConanConfig) -> bool:
        """Whether the conanfile.py makes the wheel's files: as the project says, else where nothing else could."""
        if conan.recipe_builds is False or (conan.recipe_builds is None and not self.context.dialect.ours):
            return False
        tables = self._cmake_tables.values()
        if conan.recipe_builds is None:
            recipe = read_recipe(conan.conanfile)
            named = any(table.get("source_path") for table in tables)
            lists = self.context.root / "CMakeLists.txt"
            if recipe is None or not recipe.builds or named or lists.is_file():
                return False
        for table in tables:
            for name in _TO_CMAKE & {*table.values}:
                table.report(name, "the recipe builds the wheel, and CMake is not told this",
                             "say it in the recipe, or by conf in [tool.xconan.conan]; or write "
                             "[tool.xconan.conan] recipe_builds = false")  # fmt: skip
        if conan.conanfile is None or conan.conanfile.suffix != ".py":
            self.problems.add("recipe_builds is true, and there is no conanfile.py", file=self.context.root,
                              hint="write one with build() and package(), or leave recipe_builds out")  # fmt: skip
        return True

    def _cmakes(self, *, pure: bool, by_recipe: bool) -> list[CMakeConfig]:
        """None where there is nothing for CMake to do: no CMakeLists.txt, and nobody asks for one."""
        asked = any(self.found.cross is None or layer.source != self.found.cross.source
                    for layer in self._layers_of("cmake"))  # fmt: skip
        tables = self._cmake_tables
        configs = [
            table.record(CMakeConfig, self.context, options=flat_options(table.get("options")), number=number)
            for number, table in tables.items()
        ]
        if by_recipe:
            return configs[:1]
        if not asked and (pure or not self.context.dialect.ours):
            return []
        found = []
        for config, table in zip(configs, tables.values(), strict=True):
            lists = config.source_path / "CMakeLists.txt"
            if lists.is_file():
                found.append(config)
            elif asked:
                table.report("source_path", f"there is no {lists}", "write a CMakeLists.txt, or say where it is")
        return found


def _check_wheel(table: MergedTable) -> None:
    """What the keys of the wheel table must be beside their spelling."""
    minimum = table.get("abi3_minimum_cpython_version", FIRST_ABI3T)
    if table.get("python_abi") == "abi3t" and isinstance(minimum, int) and minimum < FIRST_ABI3T:
        message = f"abi3t begins with Python 3.15, but {minimum} is to be the oldest"
        table.report("abi3_minimum_cpython_version", message, "leave it out")
    inside = PurePosixPath(str(table.get("install_dir", "")))
    if inside.is_absolute() or ".." in inside.parts:
        table.report("install_dir", f"'{inside}' leads out of the wheel", "name a folder of the wheel: pkg")
