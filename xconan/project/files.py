"""What the files of a project say for one configuration, before anything is run."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan.build_machine.announcement import read_announcement
from xconan.build_machine.buildenv import running_target
from xconan.ground.errors import ConfigError
from xconan.ground.files import is_ours, plain_path
from xconan.ground.report import warn
from xconan.host.platforms import part_of
from xconan.project.config.project import read_project
from xconan.project.config.settings import parse_settings
from xconan.project.foreign import check_foreign
from xconan.project.generated import write_generated
from xconan.project.metadata import read_metadata
from xconan.project.module import find_module
from xconan.project.packages import check_included
from xconan.project.presets import SEVERAL_CONFIGURATIONS, preset_choices, preset_configurations, preset_toolchain
from xconan.project.purity import check_purity
from xconan.project.workspace import find_layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xconan.project.config.records import CMakeConfig, CrossConfig, Project
    from xconan.project.metadata import Metadata
    from xconan.project.module import Module
    from xconan.project.workspace import Layout


@dataclass(frozen=True, kw_only=True)
class ProjectFiles:
    """The project, the host it is built for, its Python files and metadata, and the folders to work in."""

    project: Project
    cross: CrossConfig
    module: Module
    metadata: Metadata
    layout: Layout


def read_project_files(
    root: Path, settings: Mapping[str, object] | None = None, *, layout: Layout | None = None
) -> ProjectFiles:
    """Read the files of a project for one configuration; `layout` is for those who build elsewhere than usual.

    Raises:
        ConfigError: or ErrorGroup.
    """
    root = plain_path(root)
    if odd := re.search(r'[;"\\\n\r]|\$\{', str(root)):
        raise ConfigError(
            f"CMake can't work in a folder whose path has {odd.group()!r} in it",
            where=str(root),
            hint="build in another folder",
        )
    own = layout is None  # a recipe says all that counts
    chosen = parse_settings(settings, root=root, environ=os.environ if own else None)
    announcement = read_announcement() if own else None
    project, cross = read_project(root, chosen, running=running_target(), announcement=announcement)
    project = _with_preset(project)
    cross = _with_toolchain_option(project, cross)
    layout = layout or find_layout(project, cross)
    check_purity(project, cross)
    module = find_module(project)
    check_foreign(project, module)
    cache = layout.root if is_ours(layout.root) else None  # not there before the first build
    metadata = read_metadata(project, module, cache=cache)
    if write_generated(project, metadata, "source", root) or project.providers:  # they may have written files, too
        module = find_module(project, again=True)
    check_included(project)
    return ProjectFiles(project=project, cross=cross, module=module, metadata=metadata, layout=layout)


def configurations(files: ProjectFiles) -> tuple[ProjectFiles, ...]:
    """What is built into one wheel, `[cmake.0]` and `[cmake.1]`: each configuration as if it were the only one."""
    project = files.project
    found = []
    for config, conan in zip(project.more_cmakes, project.more_conans, strict=True):
        one = replace(project, cmake=config, conan=conan or project.conan, more_cmakes=())
        found.append(replace(files, project=one, layout=find_layout(one, files.cross)))
    return (replace(files, project=replace(project, more_cmakes=())), *found)


def architectures(files: ProjectFiles) -> tuple[ProjectFiles, ...]:
    """The architectures of a universal wheel, each as if it were asked for alone; none where one build makes all."""
    cross = files.cross
    platform = cross.target.platform
    if cross.native or cross.toolchain_file or files.project.cmake is None:
        return ()
    targets = [replace(cross.target, platform=part_of(platform, name)) for name in platform.arch.parts]
    crosses = [replace(cross, target=target) for target in targets]
    return tuple(replace(files, cross=part, layout=find_layout(files.project, part)) for part in crosses)


def _with_preset(project: Project) -> Project:
    """A configure preset chooses generator and build type, unless the project's table or the environment does."""
    configs = [
        _chosen_by_preset(config, keep_generator="cmake.generator" in dict(project.places))
        for config in (project.cmake, *project.more_cmakes)
        if config
    ]
    return replace(project, cmake=next(iter(configs), None), more_cmakes=tuple(configs[1:]))


def _chosen_by_preset(config: CMakeConfig, *, keep_generator: bool) -> CMakeConfig:
    if config.preset is None:
        return config
    generator, build_type = preset_choices(config.preset, source=config.source_path)
    keep_generator = keep_generator or bool(os.environ.get("CMAKE_GENERATOR"))
    generator = config.generator if keep_generator or not generator else generator
    installed = config.install_config
    if not installed and generator.startswith(SEVERAL_CONFIGURATIONS):  # of which CMake installs the first
        installed = preset_configurations(config.build_presets, source=config.source_path)
    return replace(
        config, generator=generator, build_type=config.build_type or build_type or None, install_config=installed
    )


def _with_toolchain_option(project: Project, cross: CrossConfig) -> CrossConfig:
    """CMAKE_TOOLCHAIN_FILE among the options means the same as toolchain_file, as that of a preset does.

    CMake by hand reads that variable of the environment as well (cmake-env-variables(7)); a cross-build has its own and
    does not see it.
    """
    config = project.cmake
    if config is None:
        return cross
    options = {name: value for name, _kind, value in config.options}
    preset = preset_toolchain(config.preset, source=config.source_path, variables=config.env) if config.preset else None
    inherited = os.environ.get("CMAKE_TOOLCHAIN_FILE") if cross.native else None
    chosen = options.get("CMAKE_TOOLCHAIN_FILE", preset or inherited or None)
    if cross.toolchain_file is not None:
        if preset and preset != cross.toolchain_file:
            warn(f"the preset {config.preset} names the toolchain file {preset}, but the host is built by "
                 f"{cross.toolchain_file} ({cross.place('toolchain_file')})")  # fmt: skip
        return cross
    if chosen is None:
        return cross
    return replace(cross, toolchain_file=project.root / chosen)
