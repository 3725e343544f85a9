"""What CMake installed and the project's own files -> a wheel that is checked before it is in its place."""

from __future__ import annotations

import os
import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cmake.compiled import read_compiled
from xconan.cmake.targets import files_of_cmake, generation, read_cmake_projects
from xconan.conan.failures import damage
from xconan.conan.install import used_packages
from xconan.conan.machine_flags import split_words
from xconan.ground import reads
from xconan.ground.errors import CheckError, ConfigError, XconanError, combined
from xconan.ground.files import digest, file_digest, read_json, write_json
from xconan.ground.report import step, tell, warn
from xconan.host.platforms import parse_platform
from xconan.project.links import Reach, packable
from xconan.project.local_folders import package_folders
from xconan.project.module import find_module, python_files
from xconan.project.presets import with_preset
from xconan.project.wheel_tags import has_own_tags, required_python
from xconan.render.steps import check_line, wheel_line
from xconan.toolchains.programs import words_of_launchers
from xconan.wheel import check
from xconan.wheel import write as wheel_action
from xconan.wheel.bundle import bundled
from xconan.wheel.deserving import with_deserved_tags
from xconan.wheel.dist_info import dist_info
from xconan.wheel.licenses import with_licenses
from xconan.wheel.sbom import sbom_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from xconan.binary.finding import Finding
    from xconan.ground.files import Entry
    from xconan.ground.report import Step
    from xconan.host.platforms import Platform
    from xconan.model import BuildPlan
    from xconan.project.config.records import CMakeConfig, WheelConfig
    from xconan.project.module import Module
    from xconan.wheel.bundle import Bundle
    from xconan.wheel.check.local_paths import LocalPaths
    from xconan.wheel.check.missing import Missing

_FLAGS = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "FFLAGS")  # of the environment that CMake reads
_OWN_TAGS = "the tags that [tool.xconan.wheel] sets mean another host: take them out; or "
_SOURCE = re.compile(
    r"\.(c|cc|cpp|cxx|cu|h|hh|hpp|hxx|inc|inl|ipp|m|mm|f|f90|rs|s|asm|in|cmake|pyx|pxd|pxi|py|pyi|md|rst)$"
    r"|(^|/)(CMakeLists\.txt|README[^/]*|\.[^/]*)$", re.IGNORECASE,
)  # fmt: skip


def pack(
    plan: BuildPlan, module: Module, out: Path, shared: frozenset[str], build: Step,
    accept: Callable[[Path, str], None],
) -> str:  # fmt: skip
    """Collect, write, check, have it tried, and only then put the wheel in its place.

    Args:
        plan: what is built.
        module: its Python files.
        out: where the wheel goes.
        shared: names of Conan's shared libraries.
        build: the step that all of the build is.
        accept: is given the wheel's file, and the name that it is going to have; raises where it is not to go there.
    """
    metadata = plan.metadata
    if plan.cmake or plan.parts:  # configure_file() or a script of install() may have made files in the package
        module = find_module(plan.project, again=True)
    own = wheel_action.collect(plan, module.files)
    check_untaken(plan, module, own)
    bundle = bundled_content(plan, own, shared)
    content = bundle.content
    plan = with_deserved_tags(plan, content)
    info = dist_info(metadata, plan.tags, plan.project.root, plan.project.wheel.build_tag)
    place = out / plan.wheel_name
    folder = f"{metadata.file_name}-{metadata.version}.dist-info"
    info = with_licenses(plan, info, folder)
    wheel = wheel_action.seal([*content, *info, *sbom_entries(plan, folder, bundle.libraries)], folder)
    stamp = plan.layout.root / "packed.json"
    builds = [part.layout.build for part in plan.builds]
    content_key = digest(
        wheel.digest, plan.project.wheel.policy, plan.project.wheel.compression_level,
        [*plan.project.wheel.runtime_dispatch],
        [*plan.project.wheel.bundle_exclude], check.identity(),
        [generation(folder) for folder in builds],
    )  # fmt: skip
    if read_json(stamp) == {"content": content_key, "wheel": file_digest(place)}:
        accept(place, place.name)
        reads.made(place, keep_in=plan.layout.root / "wheel")
        tell("wheel", wheel_line(place, Path.cwd(), 0, build.took, unchanged=True))
        return place.name  # the very same wheel is there, and has passed its check
    with wheel_action.written(wheel, place, level=plan.project.wheel.compression_level) as beside:
        with step("check") as now:
            _check(plan, content, own, content_key, shared, now)
            check_written(beside, place.name, plan.project.wheel)
        accept(beside, place.name)
        beside.replace(place)
    write_json(stamp, {"content": content_key, "wheel": file_digest(place)})
    reads.made(place, keep_in=plan.layout.root / "wheel")
    tell("wheel", wheel_line(place, Path.cwd(), place.stat().st_size, build.took, unchanged=False))
    return place.name


def bundled_content(plan: BuildPlan, own: Sequence[Entry], shared: frozenset[str]) -> Bundle:
    """What bundled() says, or that a package in Conan's cache is damaged, where that is why it fails."""
    try:
        return bundled(plan, own, shared)
    except XconanError:
        if found := damage(plan):
            raise found from None
        raise


def check_untaken(plan: BuildPlan, module: Module, content: Sequence[Entry]) -> None:
    """Refuse a package of CMake's modules alone where the project has Python files for it and no __init__.py.

    Raises:
        ConfigError: there are such files; data alone is told as a warning.
    """
    folder, prefix = module.untaken, plan.project.module.name.replace(".", "/")
    names = {entry.name for entry in content}
    if not folder or f"{prefix}/__init__.py" in names or not any(name.startswith(f"{prefix}/") for name in names):
        return
    remedy = "write one, or set tool.xconan.module.namespace = true"
    if missing := [name for name in python_files(folder) if f"{prefix}/{name}" not in names]:
        raise ConfigError(
            f"{folder.name}/ has Python files and no __init__.py, so {prefix}/{missing[0]} would not be in the wheel",
            where=str(folder), hint=remedy,
        )  # fmt: skip
    inside = packable(folder, Reach(root=plan.project.root))[0]
    data = [name for name in inside if f"{prefix}/{name}" not in names and not _SOURCE.search(name)]
    if data:
        warn(f"{prefix}/{data[0]} is not in the wheel, because {folder} has no __init__.py: {remedy}; "
             "or have CMake install it")  # fmt: skip


def _check(
    plan: BuildPlan, content: Sequence[Entry], own: Sequence[Entry], content_digest: str, shared: frozenset[str],
    now: Step,
) -> None:  # fmt: skip
    """Refuse what would not work on the host; the very same content is not looked at twice.

    `own` is the content before libraries of Conan's came to it: what CMake made is compared with that.
    """
    stamp = plan.layout.root / "checked.json"
    passed = digest(content_digest, str(plan.tags), plan.python.ext_suffix, plan.cross.target.name, sorted(shared),
                    plan.project.wheel.bundle_exclude)  # fmt: skip
    if read_json(stamp).get("passed") == passed:
        return
    from xconan.wheel.check.loading import paths_told  # noqa: PLC0415
    from xconan.wheel.check.modules import Host, examine  # noqa: PLC0415 - an unchanged wheel needs none of it

    beside = build_check(plan, own)
    missing = beside.check()
    host = Host(
        tags=plan.tags, target=plan.cross.target, python=plan.python, unavailable=shared, roots=_host_roots(plan),
        not_installed=beside.outside, packages=_kept_packages(plan), expected=plan.project.wheel.bundle_exclude,
        requires_python=required_python(plan.metadata.text),
    )  # fmt: skip
    examined = examine(content, host)
    told = {name: paths_told(dynamic) for name, dynamic in examined.wheel.binaries.items()}
    findings = [*examined.findings, *_local_paths(plan).check(content, told), *_instructions(plan, content)]
    warnings = [
        finding
        for finding in findings
        if finding.warning or (finding.breaks_tag and plan.project.wheel.policy == "warning")
    ]
    for finding in warnings:
        warn(f"{finding.file}: {finding.message}; {finding.hint}")
    faults = [finding for finding in findings if finding not in warnings]
    if faults or missing:
        if damage_error := damage(plan):  # a library of Conan's that is empty links, too
            raise damage_error
        errors = [
            CheckError(f"{finding.file}: {finding.message}", where=plan.wheel_name, hint=finding.hint)
            for finding in faults
        ]
        errors = [*missing, *errors]
        raise combined(errors)
    write_json(stamp, {"passed": passed})
    now.end(_checked(plan, content))


def check_written(written: Path, name: str, config: WheelConfig) -> None:
    """Refuse a wheel whose archive, lists or tags `xconan check` would refuse.

    Its warnings are left to that command: that the index takes no linux_ tag is no news to whoever asked for one.
    Binaries have been compared with the host that they were built for; tags by hand may say another.
    """
    from xconan.wheel.finished.report import check_file  # noqa: PLC0415 - an unchanged wheel needs none of it

    own = has_own_tags(config)
    errors = [
        CheckError(finding.message if finding.file == name else f"{finding.file}: {finding.message}", where=name,
                   hint=f"{_OWN_TAGS}{finding.hint}" if own and ".dist-info/" not in finding.file else finding.hint)
        for finding in check_file(written, name, binaries=own, expected=config.bundle_exclude)
        if not (finding.warning or (finding.breaks_tag and config.policy == "warning"))
    ]  # fmt: skip
    if errors:
        raise combined(errors)


def _kept_packages(plan: BuildPlan) -> tuple[tuple[str, str], ...]:
    """Conan's packages whose static libraries no module is to export."""
    packages: dict[bool, dict[tuple[str, str], None]] = {True: {}, False: {}}  # by whether they may be exported
    for part in plan.builds:
        if config := part.project.cmake:
            packages[config.export_dependencies] |= dict.fromkeys(used_packages(part.layout))
    return tuple(package for package in packages[False] if package not in packages[True])


def _local_paths(plan: BuildPlan) -> LocalPaths:
    """The folders of this machine, whose paths no file of the wheel should have; none where they may stay."""
    from xconan.wheel.check.local_paths import LocalPaths  # noqa: PLC0415 - an unchanged wheel needs none of it

    packages = [package for part in plan.builds for package in used_packages(part.layout)]
    return LocalPaths(
        folders=[*dict.fromkeys(folder for part in (plan, *plan.builds) for folder in part.local_folders)],
        packages=package_folders(dict.fromkeys(packages)),
    )


def _instructions(plan: BuildPlan, content: Sequence[Entry]) -> Iterator[Finding]:
    """What CMake has compiled for newer processors than the tags promise; a native linux_ wheel is this machine's."""
    from xconan.wheel.check.instructions import Instructions  # noqa: PLC0415 - an unchanged wheel needs none of it

    project = plan.project
    if plan.tags.pure:
        return
    inside = {entry.name.rpartition("/")[2]: entry.name for entry in content}
    for part in plan.builds:
        config = part.project.cmake
        if config is None or not part.cmake:
            continue
        platforms = {platform.tag: platform for tag in plan.tags.platform if (platform := _known_platform(tag))}
        if plan.parts:
            platforms = {part.cross.target.platform.tag: part.cross.target.platform}
        compilers = part.toolchain.compilers if part.toolchain else {}
        launchers = {language: words_of_launchers(compiler) for language, compiler in compilers.items()}
        by_launchers = {
            f"the launcher {one.launcher}": launchers[name] for name, one in compilers.items() if one.launcher
        }
        compiled = read_compiled(part.layout.build, config.install_config, launchers)
        ours = f"{part.layout.root}{os.sep}"
        cmake_files = [file for file in files_of_cmake(part.layout.build) if not file.startswith(ours)]
        for platform in platforms.values():
            if plan.cross.native and platform.os == "linux" and not platform.libc:
                continue
            yield from Instructions(
                targets=compiled, platform=platform, inside=inside, source=config.source_path, files=cmake_files,
                dispatch=project.wheel.runtime_dispatch, dispatch_place=project.place("wheel.runtime_dispatch"),
                toolchain=_toolchain_words(part, launchers), given={**_given_words(part, config), **by_launchers},
            ).check()  # fmt: skip


def _known_platform(tag: str) -> Platform | None:
    try:
        return parse_platform(tag)
    except ConfigError:
        return None  # a tag that xconan does not know has no baseline


def _toolchain_words(plan: BuildPlan, launchers: Mapping[str, Sequence[str]]) -> tuple[str, tuple[str, ...]]:
    if plan.toolchain is None:
        return "", ()
    flags = (split_words(compiler.flags) for compiler in plan.toolchain.compilers.values())
    return str(plan.toolchain.file or ""), tuple(chain(*flags, *launchers.values()))


def _given_words(plan: BuildPlan, config: CMakeConfig) -> dict[str, list[str]]:
    """The words of flags that reach CMake from outside of CMakeLists.txt, by where they are said."""
    given = {f"{name} of the environment": split_words(os.environ.get(name, "")) for name in _FLAGS}
    said = [("cmake.env", name, config.env.get(name, "")) for name in _FLAGS]
    said += [("cmake.options", name, value) for name, _, value in config.options if "FLAGS" in name]
    for table, name, value in said:
        given.setdefault(plan.project.place(table, name), []).extend(split_words(str(value)))
    for key, arguments in {"cmake.args": config.args, "cmake.preset": with_preset(config).args}.items():
        values = [argument.partition("=")[2] for argument in arguments if "FLAGS" in argument.partition("=")[0]]
        given[plan.project.place(key)] = [word for value in values for word in split_words(value)]
    return given


def _checked(plan: BuildPlan, content: Sequence[Entry]) -> str:
    from xconan.wheel.check.kinds import LIBRARY, is_importable  # noqa: PLC0415 - an unchanged wheel needs none of it

    names = [entry.name for entry in content if LIBRARY.search(entry.name)]
    modules = sum(map(is_importable, names))
    return check_line(modules, len(names) - modules, () if plan.tags.pure else (plan.cross.target.platform,))


def _host_roots(plan: BuildPlan) -> tuple[Path, ...]:
    """Folders of the host's own files, as far as they are at hand."""
    if plan.cross.native:
        return (Path("/"),)
    toolchain = plan.toolchain
    if toolchain is None:
        return ()
    roots = [toolchain.sysroot, *toolchain.variables.get("CMAKE_FIND_ROOT_PATH", "").split(";")]
    roots += toolchain.implicit_roots
    if f"/usr/{toolchain.triplet}" in roots:
        roots.append("/")  # of Debian's cross compilers, which also search /usr/lib/TRIPLET
    return tuple(Path(root) for root in dict.fromkeys(roots) if root)


def build_check(plan: BuildPlan, content: Sequence[Entry]) -> Missing:
    """The wheel beside what CMake made."""
    from xconan.wheel.check.missing import Missing  # noqa: PLC0415 - an unchanged wheel needs none of it

    config = plan.project.cmake
    alone = plan.tags.pure or not (plan.cmake or plan.parts)
    builds = [] if alone else [part.layout.build for part in plan.builds]
    cmake_project = read_cmake_projects(builds, config.install_config if config else ())
    return Missing(
        entries=content, project=plan.project, made=cmake_project, tags=str(plan.tags), python_alone=alone,
        entry_points=plan.metadata.entry_points,
    )  # fmt: skip
