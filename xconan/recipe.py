"""What recipes of wheels ask of us: `xconan conan-recipe REQUEST.json`, run by conan_files/conanfile.py.

The recipe lives in Conan's process, which may have no xconan, and Conan has resolved its dependencies already.
So it hands over what there is as JSON, and we build by the same straight line as everybody else.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan import __version__
from xconan.buildenv import running_target
from xconan.config.reader import read_cross, read_named
from xconan.emulate import Ways, find_runner, try_wheel
from xconan.errors import ConfigError, HostPythonError, ToolchainError
from xconan.files import read_json
from xconan.model import GivenDependencies
from xconan.pipeline import build_wheel, find_host, read_files
from xconan.requirements import check_build_requirements
from xconan.run import say
from xconan.toolchains.find import with_toolchain_file

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL = 1  # of requests; raised when an older recipe would be misunderstood


def answer(request: Path) -> dict[str, object]:
    """Do what a recipe asks: describe the interpreter and a project, build a wheel, or try one.

    Returns:
        what `describe` found; nothing for the others.

    Raises:
        XconanError: the request is of another xconan; or as building and importing a wheel may fail.
    """
    asked = read_json(request)
    if asked.get("protocol") != PROTOCOL:
        raise ConfigError(
            f"the recipe xconan/{asked.get('version', '?')} does not go with xconan {__version__}",
            where=str(request), hint=f"python_requires = 'xconan/{__version__}', or install that version of xconan",
        )  # fmt: skip
    actions = {"describe": describe, "build": build, "test": test}
    return actions[str(asked["action"])](asked)


def describe(asked: Mapping[str, object]) -> dict[str, object]:
    """The Python that native wheels are for, "cp311", and a project's name and version."""
    running = running_target()
    found: dict[str, object] = {
        "version": __version__,
        "python": running.python_tag + ("t" if running.free_threaded else ""),
    }
    if asked.get("project"):
        metadata = read_files(Path(str(asked["project"]))).metadata
        found |= {"name": metadata.name, "project_version": metadata.version}
    return found


def build(asked: Mapping[str, object]) -> dict[str, object]:
    """Build the wheel of the recipe's sources with the dependencies that Conan has provided."""
    root, out = Path(str(asked["project"])), Path(str(asked["out"]))
    check_build_requirements(root)
    _check_overrides(asked)
    build_wheel(root, out, _settings(asked), given=_given(asked))
    return {}


def test(asked: Mapping[str, object]) -> dict[str, object]:
    """Import a wheel, or run scripts that do, by the host's Python; say why where that can't be done.

    Raises:
        HostPythonError: it can't be done and the profile insists (`tools.build.cross_building:can_run`).
        HostTestError: it failed.
    """
    cross = read_cross(_files(asked), running=running_target(), target=_target(asked))
    if file := _toolchain_file(asked):
        cross = replace(cross, toolchain_file=Path(file))
    toolchain, python = find_host(cross)
    runner = find_runner(cross, python, toolchain, Ways.read(cast("dict[str, object]", asked["ways"])))
    if isinstance(runner, str):
        if asked["insist"]:
            raise HostPythonError(f"the wheel can't be imported here: {runner}", where=cross.target.name,
                                  hint="leave out tools.build.cross_building:can_run")  # fmt: skip
        say(f"xconan: warning: the wheel is not imported: {runner}")
        return {}
    scripts = [Path(name) for name in cast("list[str]", asked["scripts"])]
    try_wheel(Path(str(asked["wheel"])), Path(str(asked["folder"])), runner, scripts)
    return {}


def _check_overrides(asked: Mapping[str, object]) -> None:
    """The package id promises what the cross.toml said when the profile was written."""
    if files := _files(asked):
        cross = read_cross(files, running=running_target(), target=_target(asked))
        if cross.overrides != asked["overrides"]:
            raise ConfigError(
                "the file has changed since the host profile was written from it", where=cross.source,
                hint=f"write the profile again: xconan profile {' '.join(map(str, files))} -o FILE",
            )  # fmt: skip


def _settings(asked: Mapping[str, object]) -> dict[str, object]:
    """The profile's host as config settings: none for this machine."""
    settings: dict[str, object] = {"target": target, "cross": _files(asked)} if (target := _target(asked)) else {}
    if file := _toolchain_file(asked):
        settings["override"] = [f"cross.toolchain_file={json.dumps(file)}"]
    return settings


def _files(asked: Mapping[str, object]) -> list[Path]:
    return [Path(name) for name in cast("list[str]", asked["cross"])]


def _target(asked: Mapping[str, object]) -> str | None:
    """The host by name, None for this machine."""
    target, running = str(asked["target"]), str(describe({})["python"])
    if "-" in target:
        return target
    if asked["crossing"]:
        raise ConfigError(
            "the host profile does not say which host the wheel is for", where="user.xconan:target",
            hint="let `xconan profile` write the profile, or add -c user.xconan:target=cp311-manylinux_2_28_aarch64",
        )  # fmt: skip
    if target != running:
        raise ConfigError(
            f"the profile asks for {target} on this machine, but xconan runs on {running}", where="user.xconan:target",
            hint=f"let user.xconan:python name a {target} that has xconan, or name the platform: {target}-linux_x86_64",
        )  # fmt: skip
    return None


def _toolchain_file(asked: Mapping[str, object]) -> str:
    """The profile's own toolchain file, "" where cross.tomls or the target's name stand for it."""
    file, target = str(asked["toolchain_file"]), _target(asked)
    if not (file and target) or asked["cross"]:
        return ""
    try:
        named = with_toolchain_file(read_named(target, running=running_target()))
    except ToolchainError:
        return file
    return "" if named.toolchain_file == Path(file) else file


def _given(asked: Mapping[str, object]) -> GivenDependencies:
    generators, name = Path(str(asked["generators"])), _target(asked)
    return GivenDependencies(
        target=read_named(name, running=running_target()).target if name else None,
        toolchain_file=generators / "conan_toolchain.cmake",
        generators=generators,
        packages=tuple(Path(folder) for folder in cast("list[str]", asked["packages"])),
        options=_preset_variables(generators / "CMakePresets.json"),
        settings=cast("dict[str, str]", asked["settings"]),
        folder=Path(str(asked["folder"])),
        abi=str(asked["abi"]),
        env=cast("dict[str, str]", asked["env"]),
    )


def _preset_variables(presets: Path) -> tuple[tuple[str, str, str], ...]:
    """What a recipe sets by `CMakeToolchain.cache_variables`, which Conan hands on by CMakePresets.json alone."""
    found = cast("list[dict[str, dict[str, object]]]", read_json(presets).get("configurePresets", []))
    variables = {name: value for one in found for name, value in one.get("cacheVariables", {}).items()}
    return tuple(
        (name, "", str(value["value"] if isinstance(value, dict) else value))
        for name, value in variables.items()
        if name not in ("CMAKE_BUILD_TYPE", "CMAKE_POLICY_DEFAULT_CMP0091")  # Conan's own, and ours already
    )
