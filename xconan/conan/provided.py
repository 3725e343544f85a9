"""Dependencies that Conan has already provided, for the recipe of a wheel: Conan is not asked again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.build_machine.tools import same_version
from xconan.conan.hidden import hidden_names
from xconan.conan.install import HIDDEN, Dependencies, shared_libraries
from xconan.conan.linked import keep_linked
from xconan.conan.second_names import CONFIG_DEPS, Declared, add_aliases, second_names, write_second_files
from xconan.ground.errors import ConanError, ConfigError, ToolchainError
from xconan.ground.files import digest, file_digest
from xconan.project.workspace import Layout
from xconan.render.profile import abi_identity
from xconan.render.toolchain import dependencies_cmake, keep_hidden

if TYPE_CHECKING:
    from xconan.model import BuildPlan, ProvidedDependencies
    from xconan.project.config.records import CrossConfig
    from xconan.project.files import ProjectFiles
    from xconan.toolchains.records import Toolchain


def take_dependencies(plan: BuildPlan, provided: ProvidedDependencies) -> Dependencies:
    """What a recipe hands over, as if Conan had provided it here.

    Raises:
        ConanError: Conan's toolchain file is not there.
    """
    if plan.toolchain is None:
        raise ValueError("this plan has no toolchain")
    if not provided.toolchain_file.is_file():
        raise ConanError("the recipe's generate() made no toolchain file", where=str(provided.toolchain_file),
                         hint="call super().generate() in it, or CMakeToolchain and CMakeConfigDeps")  # fmt: skip
    folders = [folder.as_posix() for folder in provided.packages]
    keep_linked(plan.layout, provided.linked)
    standard = provided.settings.get("compiler.cppstd")
    hidden = hidden_names(plan, folders)
    modules = _add_second_names(provided)
    text = dependencies_cmake(
        toolchain_file=provided.toolchain_file.as_posix(),
        generators=provided.generators.as_posix(),
        packages=folders,
        toolchain=plan.toolchain,
        derived_profile=bool(provided.abi) and standard == plan.toolchain.cppstd,
        modules=modules,
    ) + keep_hidden(hidden.archives, HIDDEN if hidden.script else "")
    files = sorted(provided.generators.glob("*.cmake"))
    identity = digest(
        folders, dict(provided.env), [(path.name, file_digest(path)) for path in files], text, hidden.script
    )
    return Dependencies(
        identity=identity, text=text, env=provided.env, shared=shared_libraries(folders), hidden=hidden.script
    )


def _add_second_names(provided: ProvidedDependencies) -> list[str]:
    """Have find_package() find the libraries by the names of CMake's own modules, too; which modules these are."""
    declared = [(str(one["package"]), Declared.read(one)) for one in provided.named]
    names = [found for package, info in declared if (found := second_names(package, info))]
    if not (provided.generators / CONFIG_DEPS).is_file():  # CMakeDeps has modules of its own
        return []
    write_second_files(provided.generators, names)
    add_aliases(provided.generators, names)
    return [one.module for one in names]


def with_provided(files: ProjectFiles, provided: ProvidedDependencies) -> ProjectFiles:
    """The files of a project, with a recipe's settings and variables before its own: the package id promises them."""
    cross, cmake = files.cross, files.project.cmake
    arch = cross.target.platform.arch
    if (None if cross.native else cross.target) != provided.target:
        promised = provided.target.name if provided.target else "this machine"
        raise ConfigError(
            f"the package is for {promised}, but {cross.source} says {cross.target.name}",
            where="user.xconan:target", hint="let `xconan profile` write the profile",
        )  # fmt: skip
    profile_arch = provided.settings.get("arch", arch.conan_arch)
    if not cross.native and profile_arch != arch.conan_arch:
        raise ConfigError(
            f"the host profile's arch is {profile_arch}, but {cross.target.name} is {arch.conan_arch}",
            where="user.xconan:target", hint="let `xconan profile` write the profile",
        )  # fmt: skip
    if not same_version(provided.version, files.metadata.version):
        raise ConfigError(
            f"the package has version {provided.version}, but its wheel {files.metadata.version}",
            where="project.version, and the recipe's",
            hint="leave it out of the recipe and of --version: pyproject.toml says it",
        )
    files = replace(files, layout=Layout(root=provided.folder / cross.target.name))
    if cmake is None:
        return files
    own = [option for option in cmake.options if option[0] not in {name for name, _, _ in provided.options}]
    kind = provided.settings.get("build_type") or cmake.build_type
    cmake = replace(cmake, options=(*own, *provided.options), build_type=kind)
    return replace(files, project=replace(files.project, cmake=cmake))


def check_toolchain(cross: CrossConfig, toolchain: Toolchain, provided: ProvidedDependencies) -> None:
    """Libraries and module must be of one toolchain: the profile that the libraries were built by."""
    if not cross.native and provided.abi and provided.abi != abi_identity(cross.target.platform, toolchain):
        raise ToolchainError(
            "the host profile is of another toolchain, or of this one before it changed",
            where=f"user.xconan:abi={provided.abi}; {toolchain.file} is "
            f"{abi_identity(cross.target.platform, toolchain)} now",
            hint="let `xconan profile` write the profile again",
        )
