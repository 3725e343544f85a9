"""The straight line: facts, a plan, actions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xconan import cmake as cmake_action
from xconan.build_machine.buildenv import find_meson, read_build_machine, running_target
from xconan.build_machine.tools import cmake_and_ninja, find_tool, same_version, version_key
from xconan.conan import install as conan_action
from xconan.conan.failures import damage
from xconan.ground.errors import CheckError, CMakeError, ConfigError, ErrorGroup, HostPythonError, ToolchainError
from xconan.ground.files import cache_folder, digest, file_digest, read_json, write_json
from xconan.ground.run import say
from xconan.host.platforms import part_of
from xconan.host.targets import short_name
from xconan.model import Facts
from xconan.plan import make_plan, needs_headers, pure
from xconan.project.config.reader import (
    MINIMUM_CMAKE,
    files_digest,
    parse_settings,
    read_cross,
    read_project,
    read_wishes,
)
from xconan.project.metadata import read_metadata
from xconan.project.module import find_module
from xconan.project.wheel_tags import wheel_tags
from xconan.project.workspace import Layout, find_layout, working
from xconan.pythons.headers import find_host_python
from xconan.render.toolchain import abi_identity, host_profile
from xconan.toolchains.find import find_toolchain, with_toolchain_file
from xconan.wheel import check
from xconan.wheel import write as wheel_action
from xconan.wheel.universal import join_staging

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.build_machine.buildenv import BuildMachine
    from xconan.ground.files import Entry
    from xconan.model import BuildPlan, GivenDependencies
    from xconan.project.config.records import CMakeConfig, CrossConfig, Project
    from xconan.project.metadata import Metadata
    from xconan.project.module import Module
    from xconan.pythons.records import HostPython
    from xconan.toolchains.records import Toolchain


_REQUIRED = re.compile(r'^\s*cmake_minimum_required\s*\(\s*VERSION\s+"?(\d+(?:\.\d+)*)', re.IGNORECASE | re.MULTILINE)


def build_wheel(
    root: Path, out: Path, settings: Mapping[str, object] | None = None, *, given: GivenDependencies | None = None
) -> str:
    """Build one wheel and return its name.

    Args:
        root: the project's folder.
        out: where the wheel goes.
        settings: PEP 517 config settings: cross, local.
        given: the dependencies, where Conan has provided them already; what the project says of them is not read.

    Raises:
        XconanError: with file, key and remedy; nothing half-written stays.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError("the wheel's folder is a file", where=str(out), hint="name another folder")
    plan, module = plan_wheel(root, settings, given=given)
    out.mkdir(parents=True, exist_ok=True)  # what can't be there is known before minutes of compiling
    with working(plan.layout) as lock:
        if plan.parts:
            shared = frozenset().union(*(_build_part(part) for part in plan.parts))
            join_staging([part.layout.staging for part in plan.parts], plan.layout.staging)
        else:
            shared = _build(plan, lock, given)
        return _pack(plan, module, out, shared)


def upload(root: Path, remote: str, settings: Mapping[str, object] | None = None) -> list[str]:
    """Upload the dependencies of a wheel that has been built, as far as this machine built them.

    Returns:
        NAME/VERSION of those that the remote did not have.

    Raises:
        ConanError: the remote can't be reached, or refuses.
    """
    plan, _module = plan_wheel(root, settings)
    plans = [part for part in (plan, *plan.parts) if part.conan]
    return [name for part in plans for name in conan_action.upload(part, remote)]


def plan_wheel(
    root: Path, settings: Mapping[str, object] | None = None, *, given: GivenDependencies | None = None
) -> tuple[BuildPlan, Module]:
    """Gather the facts and plan one wheel; nothing is built.

    Raises:
        XconanError: configuration, toolchain or host Python are not in order.
    """
    files = read_files(root, settings, layout=Layout(root=given.folder) if given else None)
    if given:
        return _plan(_with_given(files, given), given=given), files.module
    parts = tuple(_plan(part) for part in _parts(files))
    return _plan(files, parts), files.module


def _with_given(files: Files, given: GivenDependencies) -> Files:
    """A recipe's settings and variables come before the project's own: its package id promises them."""
    cross, cmake = files.cross, files.project.cmake
    arch = cross.target.platform.arch
    if (None if cross.native else cross.target) != given.target:
        raise ConfigError(
            f"the package is for {given.target.name if given.target else 'this machine'}, but {cross.source} says "
            f"{cross.target.name}", where="user.xconan:target", hint="let `xconan profile` write the profile",
        )  # fmt: skip
    said = given.settings.get("arch", arch.conan_arch)
    if not cross.native and said != arch.conan_arch:
        raise ConfigError(
            f"the host profile's arch is {said}, but {cross.target.name} is {arch.conan_arch}",
            where="user.xconan:target", hint="let `xconan profile` write the profile",
        )  # fmt: skip
    if not same_version(given.version, files.metadata.version):
        raise ConfigError(
            f"the package has version {given.version}, but its wheel {files.metadata.version}",
            where="project.version, and the recipe's",
            hint="leave it out of the recipe and of --version: pyproject.toml says it",
        )
    files = replace(files, layout=Layout(root=given.folder / cross.target.name))
    if cmake is None:
        return files
    own = [option for option in cmake.options if option[0] not in {name for name, _, _ in given.options}]
    kind = given.settings.get("build_type") or cmake.build_type
    cmake = replace(cmake, options=(*own, *given.options), build_type=kind)
    return replace(files, project=replace(files.project, cmake=cmake))


def _check_given(cross: CrossConfig, toolchain: Toolchain, given: GivenDependencies) -> None:
    """Libraries and module must be of one toolchain: the profile that the libraries were built by."""
    if not cross.native and given.abi and given.abi != abi_identity(cross.target.platform, toolchain):
        raise ToolchainError(
            "the host profile is of another toolchain, or of this one before it changed",
            where=f"user.xconan:abi={given.abi}; {toolchain.file} is "
            f"{abi_identity(cross.target.platform, toolchain)} now",
            hint="let `xconan profile` write the profile again",
        )


def _plan(files: Files, parts: tuple[BuildPlan, ...] = (), *, given: GivenDependencies | None = None) -> BuildPlan:
    project, cross = files.project, files.cross
    machine = toolchain = None
    if project.cmake and not parts:
        machine = _read_machine(project.cmake)
        cross = with_toolchain_file(cross)
        toolchain = find_toolchain(cross, cmake=machine.cmake, ninja=machine.ninja, generator=project.cmake.generator)
        if given:
            _check_given(cross, toolchain, given)
    needed = needs_headers(project)
    python = parts[0].python if parts else find_host_python(cross, toolchain, needed=needed)
    cross = replace(cross, target=replace(cross.target, abi=python.abi or cross.target.abi))
    facts = Facts(
        project=project,
        cross=cross,
        toolchain=toolchain,
        python=python,
        machine=machine,
        metadata=files.metadata,
        layout=files.layout,
    )
    plan = make_plan(facts, parts, resolved=given is not None)
    if not cross.target.abi_known and cross.target.abi in plan.tags.abi:
        raise HostPythonError(
            f"the version of this PyPy {cross.target.dotted_version} is not known, and its ABI tag has it",
            where=cross.source,
            hint=f"set abi, as '{cross.target.abi}_pp73', or name its headers by include_dir",
        )
    return plan


def _parts(files: Files) -> Iterator[Files]:
    """The architectures of a universal wheel, each as if it were asked for alone; none where one build makes all."""
    cross = files.cross
    arch = cross.target.platform.arch
    if cross.native or cross.toolchain_file or files.project.cmake is None:
        return
    for name in arch.parts:
        target = replace(cross.target, platform=part_of(cross.target.platform, name))
        part = replace(cross, target=target)
        yield replace(files, cross=part, layout=find_layout(files.project, part))


def _build_part(plan: BuildPlan) -> frozenset[str]:
    with working(plan.layout) as lock:
        return _build(plan, lock)


def _build(plan: BuildPlan, lock: int, given: GivenDependencies | None = None) -> frozenset[str]:
    """Have Conan and CMake fill the plan's staging folder; return the names of Conan's shared libraries."""
    _warm(plan)
    dependencies = None
    if plan.cmake:
        dependencies = conan_action.take_dependencies(plan, given) if given else None
        dependencies = conan_action.install_dependencies(plan, inherit=lock) if plan.conan else dependencies
    if plan.cmake:
        try:
            cmake_action.build(plan, dependencies, inherit=lock)
        except CMakeError:
            if found := damage(plan) if dependencies else None:
                raise found from None
            raise
    return dependencies.shared if dependencies else frozenset()


@dataclass(frozen=True, kw_only=True)
class Files:
    """What the files of a project say, before anything is run."""

    project: Project
    cross: CrossConfig
    module: Module
    metadata: Metadata
    layout: Layout


def read_files(root: Path, settings: Mapping[str, object] | None = None, *, layout: Layout | None = None) -> Files:
    """Read the files of a project for one configuration; `layout` is for those who build elsewhere than usual.

    Raises:
        ConfigError: or ErrorGroup.
    """
    root = root.absolute()
    if odd := re.search(r'[;"\\\n\r]|\$\{', str(root)):
        raise ConfigError(
            f"CMake can't work in a folder whose path has {odd.group()!r} in it",
            where=str(root),
            hint="build in another folder",
        )
    chosen = parse_settings(settings, root=root)
    project, cross = read_project(root, chosen, running=running_target())
    cross = _with_toolchain_option(project, cross)
    layout = layout or find_layout(project, cross)
    module = find_module(project)
    cache = layout.root.parent if layout.root.parent.is_dir() else None
    return Files(
        project=project,
        cross=cross,
        module=module,
        metadata=read_metadata(project, module, cache=cache),
        layout=layout,
    )


def build_sdist(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Build the source distribution and return its name."""
    from xconan.wheel.sdist import write_sdist  # noqa: PLC0415 - only here, and tarfile is slow to import

    files = read_files(root, settings)
    return write_sdist(files.project, files.metadata, out)


def write_metadata(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Write the wheel's .dist-info without RECORD (PEP 517) and return the folder's name."""
    files = read_files(root, settings)
    target = files.cross.target
    if not (target.abi_known or pure(files.project)):
        target = plan_wheel(root, settings)[0].cross.target  # PyPy's own files know its tag
    tags = wheel_tags(target, files.project.wheel, pure=pure(files.project))
    for entry in wheel_action.dist_info(files.metadata, tags, files.project.root, files.project.wheel.build_tag):
        path = out / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.read())
    return f"{files.metadata.file_name}-{files.metadata.version}.dist-info"


def requirements(root: Path, settings: Mapping[str, object] | None = None) -> list[str]:
    """What the build needs from PyPI beside xconan: cmake and ninja, where this machine has none new enough."""
    chosen = parse_settings(settings, root=root)
    project, _cross = read_project(root.absolute(), chosen, running=running_target())
    if project.cmake is None:
        return []
    minimum, _origin = _minimum(project.cmake)
    wanted = [] if find_tool("cmake", minimum=minimum) else [f"cmake>={minimum}"]
    ninja = not project.cmake.generator.startswith("Ninja") or find_tool("ninja")
    return wanted if ninja else [*wanted, "ninja"]


def profile(files: Sequence[Path], *, target: str | None = None) -> str:
    """The Conan host profile for cross.toml files, or a target by name; recipes of wheels read their Python from it.

    Args:
        files: absolute; a later one overrides.
        target: "cp311-manylinux_2_17_aarch64"; the files may say more about it.

    Raises:
        XconanError: the files or the toolchain are not in order.
    """
    cross = with_toolchain_file(read_cross(files, running=running_target(), target=target))
    wheel: dict[str, object] = {"user.xconan:target": short_name(cross.target)}
    wheel |= {"user.xconan:cross": [str(file) for file in files]} if files else {}
    wheel |= {"user.xconan:written_from": files_digest(files)} if files else {}
    wheel |= {"user.xconan:overrides": cross.overrides} if cross.overrides else {}
    # editable packages are built in their own folders, where one host must not meet the objects of another
    wheel["tools.cmake.cmake_layout:build_folder_vars"] = [f"const.{cross.target.platform.tag}"]
    cmake, ninja = cmake_and_ninja(MINIMUM_CMAKE)
    toolchain = find_toolchain(cross, cmake=cmake, ninja=ninja)
    found = {"cmake": cmake, "ninja": ninja, "meson": find_meson()}
    tools = [(name, tool) for name, tool in found.items() if tool]
    wishes = read_wishes(files)
    for name in wishes.host_profiles:
        say(f"xconan: {name} is not a part of this profile: give it after it, -pr:h PROFILE -pr:h {name}")
    kind = wishes.build_type or "Release"
    users = conan_action.default_tools()
    return host_profile(
        cross.target.platform, toolchain, tools, kind, options=wishes.options, users=users, wheel=wheel
    )  # fmt: skip


def find_host(cross: CrossConfig) -> tuple[Toolchain, HostPython]:
    """The toolchain and the Python of a host, verified, without a project; headers may be missing.

    Raises:
        XconanError: they are not in order.
    """
    cross = with_toolchain_file(cross)
    cmake, ninja = cmake_and_ninja(MINIMUM_CMAKE)
    toolchain = find_toolchain(cross, cmake=cmake, ninja=ninja)
    try:
        return toolchain, find_host_python(cross, toolchain, needed=True)
    except HostPythonError:
        return toolchain, find_host_python(cross, toolchain, needed=False)


def _warm(plan: BuildPlan) -> None:
    """Zig makes a target's C++ library when it is first used: do that aloud, unless the project is plain C."""
    compilers = plan.toolchain.compilers if plan.toolchain else {}
    if plan.cross.toolchain != "zig" or not plan.project.cmake or "CXX" not in compilers:
        return
    from xconan.toolchains.zig import warm_zig  # noqa: PLC0415 - only here

    lists = (plan.project.cmake.source_path / "CMakeLists.txt").read_text("utf-8", "replace")
    if not re.search(r"project\s*\([^)]*\bLANGUAGES\s+C\s*\)", lists, re.IGNORECASE):
        warm_zig(compilers["CXX"].path, what=plan.cross.target.platform.tag)


def _pack(plan: BuildPlan, module: Module, out: Path, shared: frozenset[str]) -> str:
    """Collect, write, check, and only then put the wheel in its place."""
    metadata = plan.metadata
    content = wheel_action.collect(plan, module.files)
    info = wheel_action.dist_info(metadata, plan.tags, plan.project.root, plan.project.wheel.build_tag)
    place = out / plan.wheel_name
    wheel = wheel_action.seal([*content, *info], f"{metadata.file_name}-{metadata.version}.dist-info")
    stamp = plan.layout.root / "packed.json"
    asked = digest(wheel.digest, plan.project.wheel.policy, check.identity())
    if read_json(stamp) == {"content": asked, "wheel": file_digest(place)}:
        return place.name  # the very same wheel is there, and has passed its check
    with wheel_action.written(wheel, place) as beside:
        _check(plan, content, asked, shared)
        beside.replace(place)
    write_json(stamp, {"content": asked, "wheel": file_digest(place)})
    return place.name


def _check(plan: BuildPlan, content: Sequence[Entry], content_digest: str, shared: frozenset[str]) -> None:
    """Refuse what would not work on the host; the very same content is not looked at twice."""
    stamp = plan.layout.root / "checked.json"
    passed = digest(content_digest, str(plan.tags), plan.python.ext_suffix, plan.cross.target.name, sorted(shared))
    if read_json(stamp).get("passed") == passed:
        return
    from xconan.wheel.check.modules import Host, check_entries  # noqa: PLC0415 - an unchanged wheel needs none of it

    host = Host(tags=plan.tags, target=plan.cross.target, python=plan.python, unavailable=shared)
    findings = check_entries(content, host)
    if plan.project.wheel.policy == "warning":
        for one in findings:
            if one.promise:
                say(f"xconan: warning: {one.file}: {one.message}; {one.hint}")
        findings = [one for one in findings if not one.promise]
    if findings:
        if harm := damage(plan):  # a library of Conan's that is empty links, too
            raise harm
        errors = [CheckError(f"{one.file}: {one.message}", where=plan.wheel_name, hint=one.hint) for one in findings]
        raise errors[0] if len(errors) == 1 else ErrorGroup(list(errors))
    write_json(stamp, {"passed": passed})


def _read_machine(config: CMakeConfig) -> BuildMachine:
    minimum, origin = _minimum(config)
    cmake, ninja = cmake_and_ninja(minimum, origin=origin)
    if ninja is None and config.generator.startswith("Ninja"):
        raise ToolchainError("there is no ninja", where="PATH", hint="pip install ninja, or set cmake.generator")
    return read_build_machine(cmake=cmake, ninja=ninja, store=cache_folder() / "packages", stable=True)


def _minimum(config: CMakeConfig) -> tuple[str, str]:
    """The oldest CMake that will do, for the project's own first line as well, and who asks for it."""
    lists = config.source_path / "CMakeLists.txt"
    asked = _REQUIRED.search(lists.read_text("utf-8-sig", "replace"))
    said = {
        "": MINIMUM_CMAKE,
        "tool.xconan.cmake.minimum_version": config.minimum_version,
        f"{lists}: cmake_minimum_required": asked[1] if asked else MINIMUM_CMAKE,
    }
    origin = max(said, key=lambda one: version_key(said[one]))
    return said[origin], origin


def _with_toolchain_option(project: Project, cross: CrossConfig) -> CrossConfig:
    """CMAKE_TOOLCHAIN_FILE among the options means the same as toolchain_file."""
    options = {name: value for name, _kind, value in project.cmake.options} if project.cmake else {}
    chosen = options.get("CMAKE_TOOLCHAIN_FILE")
    if chosen is None or cross.toolchain_file is not None:
        return cross
    return replace(cross, toolchain_file=project.root / chosen)
