"""The cross table -> CrossConfig: which host Python, on which platform, by which toolchain."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError, HostPythonError, Problems, ToolchainError
from xconan.host.platforms import parse_platform
from xconan.host.tags import abi_of
from xconan.host.targets import Target
from xconan.project.config.layers import Layer, flat, merge, report_unknown
from xconan.project.config.records import CrossConfig
from xconan.project.config.schema import CROSS, OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def cross_from_layers(layers: Sequence[Layer], running: Target, problems: Problems) -> CrossConfig:
    """Read the cross table; without any layer the running interpreter is the host.

    Args:
        layers: the tables that speak of it, weakest first.
        running: the interpreter that runs us, whose values are the defaults.
        problems: takes what is wrong.
    """
    if not layers:
        return CrossConfig(target=running, native=True, source="this machine")
    plain = [replace(layer, table={k: v for k, v in layer.table.items() if k in CROSS}) for layer in layers]
    for layer in layers:
        for name in layer.table:
            if name not in CROSS and name not in OVERRIDES:
                report_unknown(layer, name, {**CROSS, **OVERRIDES}, problems)
    values = merge(plain, CROSS, problems)
    for layer in layers:
        for name in OVERRIDES:
            if name in layer.table and layer.sub(name) is None:
                problems.add("this must be a table", file=layer.file, key=layer.key(name))
    target = _read_target(values, layers, running, problems)
    options = merge([sub for layer in layers if (sub := layer.sub("cmake"))], OVERRIDES["cmake"], Problems())
    last = layers[-1]
    cross = CrossConfig(
        target=target,
        native=False,
        source=f"{last.file}: {last.path}" if last.path else str(last.file),
        os=cast("str | None", values.get("os")),
        toolchain=cast("str | None", values.get("toolchain")),
        soabi=cast("str | None", values.get("soabi")),
        generator_platform=cast("str | None", values.get("generator_platform")),
        toolchain_options=flat(options.get("options")),
    )
    paths = {key: values.get(key) for key in ("toolchain_file", "library", "sabi_library", "include_dir", "prefix")}
    _check_paths(layers, paths, problems)
    return replace(cross, **paths)  # type: ignore[arg-type]  # merge() makes paths of Kind.PATH


def _read_target(values: Mapping[str, object], layers: Sequence[Layer], running: Target, problems: Problems) -> Target:
    def bad(key: str, message: str, hint: str = "") -> None:
        layer = next((layer for layer in reversed(layers) if key in layer.table), layers[-1])
        problems.add(message, file=layer.file, key=layer.key(key), hint=hint)

    implementation = str(values.get("implementation", running.implementation))
    version = str(values.get("version", running.version))
    sound = re.fullmatch(r"[a-z]+", implementation) and re.fullmatch(r"[23]\d{1,2}", version)
    if not re.fullmatch(r"[a-z]+", implementation):
        bad("implementation", f"'{implementation}' is no implementation", "cp is CPython, pp is PyPy")
    if not re.fullmatch(r"[23]\d{1,2}", version):
        bad("version", f"'{version}' is no Python version", "major and minor without a dot: '312' for 3.12")
        version = running.version
    abi = str(values.get("abi") or _default_abi(implementation, version, running))
    if implementation == "pp" and not values.get("abi") and re.match(rf"pypy{version}-pp\d+-", named_suffix := str(
        values.get("soabi", ""))):  # fmt: skip
        abi = abi_of(named_suffix)
    named = re.fullmatch(r"cp(\d+)[a-z]*", abi)
    if sound and not re.fullmatch(r"[a-z0-9_]+", abi):
        bad("abi", f"'{abi}' is no ABI tag", f"the usual one is '{_default_abi(implementation, version, running)}'")
    elif sound and named and implementation == "cp" and named[1] != version:
        bad("abi", f"abi is '{abi}' but version is '{version}'", "they must name the same Python")
    if not re.fullmatch(r"[\w.-]+", soabi := str(values.get("soabi", "x"))):
        bad("soabi", f"'{soabi}' can't be part of a module's name", "for example cpython-312-aarch64-linux-gnu")
    platform = running.platform
    try:
        platform = parse_platform(str(values["arch"])) if "arch" in values else platform
    except ConfigError as error:
        bad("arch", error.message, error.hint)
    if (os_ := values.get("os")) and os_ != platform.os:
        bad("os", f"os is '{os_}' but arch is '{platform.tag}'")
    return Target(implementation=implementation, version=version, abi=abi, platform=platform)


def _default_abi(implementation: str, version: str, running: Target) -> str:
    if (implementation, version) == (running.implementation, running.version):
        return running.abi
    if implementation == "cp":
        return f"cp{version}m" if int(version) < 38 else f"cp{version}"  # noqa: PLR2004 - 3.8 dropped the m
    # the whole of PyPy's tag has the version of PyPy in it, which its headers know
    return f"pypy{version}" if implementation == "pp" else implementation + version


def _check_paths(layers: Sequence[Layer], paths: Mapping[str, object], problems: Problems) -> None:
    for key, path in paths.items():
        if not isinstance(path, Path) or path.exists():
            continue
        layer = next((layer for layer in reversed(layers) if key in layer.table), layers[-1])
        kind = ToolchainError if key == "toolchain_file" else HostPythonError
        problems.found.append(kind(
            f"there is no {path}", where=f"{layer.file}: {layer.key(key)}",
            hint="check the path; it is relative to this file",
        ))  # fmt: skip
