"""cross.toml files, or a target by name -> CrossConfig: which host Python, on which platform, by which toolchain."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, HostPythonError, Problems, ToolchainError
from xconan.ground.files import digest, load_toml
from xconan.host.platforms import parse_platform
from xconan.host.platforms import table as platforms
from xconan.host.targets import Target, parse_target
from xconan.project.config.layers import file_layers, named_layer, numbered, override_layers, subtables, target_layers
from xconan.project.config.merge import merge
from xconan.project.config.options import conan_options, flat_options
from xconan.project.config.records import HOST_TABLES, KEYS, CrossConfig, HostProfileConfig, TargetConfig
from xconan.project.config.schema import DefaultContext, Kind
from xconan.project.config.settings import Settings, invoked_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.host.platforms import Platform
    from xconan.project.config.layers import Layer
    from xconan.project.config.merge import MergedTable

_KEYS = KEYS["cross"]
# what package ids know by other means: target, toolchain and paths; and [conan], whose libraries have ids of their own.
# [test] changes no file.
_KNOWN_TO_PACKAGE_IDS = frozenset(_KEYS) - {"soabi", "generator_platform"} | {"conan", "test"}


def read_cross(
    files: Sequence[Path], *, running: Target, target: str | None = None, override: Sequence[str] = ()
) -> CrossConfig:
    """Read cross.toml files alone, without a project; they may say more about a target by name.

    Args:
        files: absolute; a later one is stronger.
        running: the interpreter that runs us.
        target: "cp311-manylinux_2_17_aarch64".
        override: on top of the files, as `-C override` has it: "cross.soabi=!".

    Raises:
        ConfigError: or ErrorGroup, with every error of every file.
    """
    problems = Problems()
    settings = Settings(override=tuple(override), folder=invoked_from())
    layers = target_layers(target, problems) + file_layers(files, problems)
    strongest = subtables(override_layers(settings, problems), "cross")
    cross, _ = cross_from_layers([*layers, *strongest], running, problems)
    check_tables(layers, problems)
    problems.raise_if_any()
    rest = [
        item for layer in layers for item in sorted(layer.table.items()) if item[0] not in _KNOWN_TO_PACKAGE_IDS
    ]  # fmt: skip
    return replace(cross, settings_digest=_conf_digest(rest) if rest else "")


def read_named(
    name: str,
    *,
    running: Target,
    toolchain: str | None = None,
    toolchain_package: str | None = None,
    include_dir: Path | None = None,
) -> CrossConfig:
    """A target by name alone, without a project.

    Args:
        name: "cp311-manylinux_2_17_aarch64".
        running: the interpreter that runs us.
        toolchain: by name, None for the usual one.
        toolchain_package: Conan's package that brings it, None for none.
        include_dir: the host Python's headers, absolute; None for those at hand.

    Raises:
        ConfigError: or ErrorGroup; the name means no target.
    """
    problems = Problems()
    further = {
        "toolchain": toolchain,
        "toolchain_package": toolchain_package,
        "include_dir": str(include_dir) if include_dir else None,
    }
    table = parse_target(name) | {key: value for key, value in further.items() if value}
    cross, _ = cross_from_layers([named_layer(name, table)], running, problems)
    problems.raise_if_any()
    return cross


def read_host_profile_config(files: Sequence[Path]) -> HostProfileConfig:
    """What cross.toml files, which read_cross() finds in order, say of Conan's host profile."""
    problems = Problems()
    layers = file_layers(files, problems)
    conan = merge(subtables(layers, "conan"), KEYS["conan"], problems)
    cmake = merge(_first_cmake(layers), KEYS["cmake"], problems)
    return HostProfileConfig(
        options=conan_options(conan.get("options")),
        build_type=cast("str | None", cmake.get("build_type")),
        host_profiles=cast("tuple[str, ...]", conan.get("host_profiles", ())),
    )


def files_digest(files: Sequence[Path]) -> str:
    """A conf of Conan's for all that TOML files say, comments aside.

    Raises:
        ConfigError: one is missing, or no TOML.
    """
    return _conf_digest([load_toml(file) for file in files])


def _conf_digest(value: object) -> str:
    """Short, and no number: Conan reads 248863645e13 as one."""
    return f"x{digest(value)[:12]}"


def cross_from_layers(layers: Sequence[Layer], running: Target, problems: Problems) -> tuple[CrossConfig, MergedTable]:
    """Read the cross table; without any layer the running interpreter is the host.

    Args:
        layers: the cross tables, weakest first.
        running: the interpreter that runs us, whose values are the defaults.
        problems: takes what is wrong.

    Returns:
        The host, and the merged table, which knows where each of its values came from.
    """
    table = merge(layers, _KEYS, problems, subtables=HOST_TABLES)
    if not layers:
        return CrossConfig(target=running, native=True, source="this machine"), table
    target = _read_target(table, running)
    _check_paths(table, problems)
    for other in ("toolchain_file", "toolchain"):
        if table.get("toolchain_package") and table.get(other):
            table.report(other, f"{other} and toolchain_package are both set", "leave one of them out")
    cmake = merge(_first_cmake(layers), KEYS["cmake"], Problems())  # whose errors are noted by the callers
    strongest = layers[-1]
    cross = table.record(
        CrossConfig,
        DefaultContext(running=running),
        target=target,
        native=False,
        source=f"{strongest.source}: {strongest.path}" if strongest.path else strongest.source,
        toolchain_options=flat_options(cmake.get("options")),
        toolchain_args=tuple(cast("list[str]", cmake.get("args", []))),
        toolchain_env=cast("dict[str, str]", cmake.get("env", {})),
        places=tuple(table.places()),
    )
    return cross, table


def check_tables(layers: Sequence[Layer], problems: Problems) -> None:
    """Note what is wrong in the tables that a cross.toml, or the table of a system, may hold."""
    for name, keys in HOST_TABLES.items():
        tables = subtables(layers, name)
        for one in numbered(tables).values() if name in ("cmake", "conan") else [tables]:
            merge(one, keys, problems)


def _first_cmake(layers: Sequence[Layer]) -> list[Layer]:
    """The cmake tables, of several the first."""
    return next(iter(numbered(subtables(layers, "cmake")).values()))


def _read_target(table: MergedTable, running: Target) -> Target:
    keys = table.record(TargetConfig, DefaultContext(running=running))
    named = re.fullmatch(r"cp(\d+)[a-z]*", keys.abi)
    sound = not {"implementation", "version"} & set(table.wrong)
    if sound and named and keys.implementation == "cp" and named[1] != keys.version:
        message = f"abi is '{keys.abi}' but version is '{keys.version}'"
        table.report("abi", message, "they must name the same Python")
    platform = running.platform
    if "arch" in table.values:
        try:
            platform = parse_platform(keys.arch)
        except ConfigError as error:
            table.report("arch", error.message, error.hint)
    if (system := table.get("os")) and system != platform.os:
        table.report("os", f"os is '{system}' but arch is '{platform.tag}'")
    if sound and "arch" not in table.wrong and (other := _other_pythons(str(table.get("soabi") or ""), keys, platform)):
        table.report("soabi", f"soabi is '{table.get('soabi')}' but {other}",
                     "they must name the same Python; leave soabi out to have the usual one")  # fmt: skip
    return Target(implementation=keys.implementation, version=keys.version, abi=keys.abi, platform=platform)


def _other_pythons(soabi: str, keys: TargetConfig, platform: Platform) -> str:
    """The key that the middle of a module suffix contradicts: the host's Python would never look for such a file.

    What does not look like one of CPython's or PyPy's own is somebody's who knows.
    """
    named = re.match(r"(cpython-|cp|pypy)(\d+)[a-z]*-(?:pp\d+-)?([^-]*)", soabi)
    if named is None:
        return ""
    implementation = "pp" if named[1] == "pypy" else "cp"
    if keys.implementation in ("cp", "pp") and implementation != keys.implementation:
        return f"implementation is '{keys.implementation}'"
    if named[2] != keys.version:
        return f"version is '{keys.version}'"
    processors = {arch.multiarch.partition("-")[0] for arch in platforms()["linux"].values()}
    own = platform.arch.multiarch.partition("-")[0]
    return f"arch is '{platform.tag}'" if named[3] in processors - {own} else ""


def _check_paths(table: MergedTable, problems: Problems) -> None:
    for name, key in _KEYS.items():
        path = table.get(name)
        if key.kind is not Kind.PATH or not isinstance(path, Path):
            continue
        error = ToolchainError if name == "toolchain_file" else HostPythonError
        place = table.layer_of(name).place(name)
        if not path.exists():
            problems.found.append(
                error(f"there is no {path}", where=place, hint="check the path; it is relative to this file")
            )
        elif name == "toolchain_file" and path.is_dir():
            problems.found.append(error(f"{path} is a folder", where=place, hint="name the file in it"))


def check_target(name: str | None, cross: CrossConfig, table: MergedTable) -> None:
    """Files may say more about a target by name, and not another host: nobody would get what they asked for.

    Args:
        name: the target that was asked for, None for none.
        cross: what all layers together say.
        table: the same, merged; takes what contradicts the target.
    """
    if name is None or table.problems.found:
        return
    asked: Mapping[str, object] = parse_target(name)
    if "arch" in asked:
        asked = {**asked, "arch": parse_platform(str(asked["arch"])).tag}
    host = cross.target
    for key, value in (
        ("implementation", host.implementation), ("version", host.version), ("arch", host.platform.tag),
    ):  # fmt: skip
        if asked.get(key, value) != value:
            table.report(key, f"{key} is '{value}', but the target is {name}", f"leave out {key} there, or the target")
