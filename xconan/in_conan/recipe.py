"""What recipes of wheels ask of us: `xconan conan-recipe REQUEST.json`, run by in_conan/files/conanfile.py.

The recipe lives in Conan's process, which may have no xconan, and Conan has resolved its dependencies already.
So it hands over what there is as JSON, and we build by the same straight line as everybody else.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan import __version__
from xconan.build_machine.buildenv import running_target
from xconan.conan.contradictions import CONFS, EXECUTABLES, SETTINGS, contradictions
from xconan.conan.install import preset_variables
from xconan.emulate import RunOptions, find_runner, try_wheel
from xconan.ground.errors import ConfigError, HostPythonError, Problems, ToolchainError
from xconan.ground.files import load_toml, read_json, remove_tree
from xconan.ground.report import warn
from xconan.host.targets import parse_target
from xconan.in_conan.profile import find_host
from xconan.model import ProvidedDependencies
from xconan.pipeline import build_wheel, plan_wheel
from xconan.project.config.cross import files_digest, read_cross, read_named
from xconan.project.files import read_project_files
from xconan.project.requirements import check_build_requirements
from xconan.render.profile import HostProfile
from xconan.toolchains.find import with_toolchain_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.project.config.records import CrossConfig
    from xconan.toolchains.records import Toolchain

PROTOCOL = 2  # of requests; raised when an older recipe would be misunderstood
_NOT_YET = {"generators": "", "packages": [], "env": {}}  # of a build, when its profile is checked
_PYTHON = ("implementation", "version", "abi")
_OF_ONE_PYTHON = ("prefix", "library", "sabi_library", "include_dir", "soabi")


def answer(request: Path) -> dict[str, object]:
    """Do what a recipe asks: describe the interpreter and a project, check a profile, build a wheel, or try one.

    Returns:
        what `describe` found; nothing for the others.

    Raises:
        XconanError: the request is of another xconan; or as building and importing a wheel may fail.
    """
    asked = read_json(request)
    if asked.get("protocol") != PROTOCOL:
        raise ConfigError(
            f"the recipe xconan/{asked.get('version', '?')} does not go with xconan {__version__}",
            where=str(request),
            hint=f"conan remove -c 'xconan/*', and have the recipe of {__version__} fetched or exported again",
        )  # fmt: skip
    actions = {"describe": describe, "check": check, "build": build, "test": test}
    return actions[str(asked["action"])](asked)


def describe(asked: Mapping[str, object]) -> dict[str, object]:
    """The Python that native wheels are for, "cp311", what `check` asks of profiles, a project's name and version."""
    found: dict[str, object] = {
        "version": __version__,
        "python": running_target().interpreter,
        "settings": list(SETTINGS),
        "confs": [name for name in (*CONFS, EXECUTABLES) if name != "user.xconan:abi"],
    }
    if asked.get("project"):
        metadata = read_project_files(Path(str(asked["project"]))).metadata
        found |= {"name": metadata.name, "project_version": metadata.version}
    return found


def check(asked: Mapping[str, object]) -> dict[str, object]:
    """Refuse a host, or a profile, that the wheel can't be built by, before any library is."""
    _check_host(asked)
    if asked["project"]:
        root = Path(str(asked["project"]))
        check_build_requirements(root)
        plan, _module = plan_wheel(
            root, _settings(asked), provided=_provided({**_NOT_YET, **asked, "folder": str(root)})
        )
        cross, toolchain = plan.cross, plan.toolchain
    elif _target(asked):
        cross = _cross(asked)
        toolchain, _python = find_host(cross)
    else:
        return {"checked": True}
    if toolchain and not cross.native:
        _check_profile(asked, cross, toolchain)
    return {"checked": True}


def build(asked: Mapping[str, object]) -> dict[str, object]:
    """Build the wheel of the recipe's sources with the dependencies that Conan has provided."""
    root, out = Path(str(asked["project"])), Path(str(asked["out"]))
    if not (root / "pyproject.toml").is_file():
        raise ConfigError("pyproject.toml is not among the sources", where=str(root),
                          hint="name it in the recipe's exports_sources")  # fmt: skip
    check_build_requirements(root)
    _check_host(asked)
    remove_tree(out)  # an earlier wheel may have another name
    build_wheel(root, out, _settings(asked), provided=_provided(asked))
    return {}


def test(asked: Mapping[str, object]) -> dict[str, object]:
    """Import a wheel, or run scripts that do, by the host's Python; say why where that can't be done.

    Raises:
        HostPythonError: it can't be done and the profile insists (`tools.build.cross_building:can_run`).
        HostTestError: it failed.
    """
    cross = _cross(asked)
    toolchain, python = find_host(cross)
    runner = find_runner(cross, python, toolchain, RunOptions.read(cast("dict[str, object]", asked["ways"])))
    if isinstance(runner, str):
        if asked["insist"]:
            raise HostPythonError(f"the wheel can't be imported here: {runner}", where=cross.target.name,
                                  hint="leave out tools.build.cross_building:can_run")  # fmt: skip
        warn(f"the wheel is not imported: {runner}")
        return {}
    scripts = [Path(name) for name in cast("list[str]", asked["scripts"])]
    try_wheel(Path(str(asked["wheel"])), Path(str(asked["folder"])), runner, scripts)
    return {}


def _check_host(asked: Mapping[str, object]) -> None:
    """What the host profile says must be of this machine, and of today."""
    _check_files(asked)
    _check_toolchain_file(asked)
    _check_platform(asked)


def _check_files(asked: Mapping[str, object]) -> None:
    """The package id promises what the cross.tomls said when the profile was written."""
    files = _files(asked)
    recorded = asked["written_from"]
    where, hint = ", ".join(map(str, files)), "write the profile again: xconan profile"
    if gone := [str(file) for file in files if not file.is_file()]:
        raise ConfigError("the host profile was written from a file that is gone",
                          where=f"user.xconan:cross: {', '.join(gone)}", hint=hint)  # fmt: skip
    if recorded and files and recorded != files_digest(files):
        raise ConfigError("the file has changed since the host profile was written from it", where=where,
                          hint=f"{hint} {shlex.join(map(str, files))} -o FILE")  # fmt: skip


def _check_toolchain_file(asked: Mapping[str, object]) -> None:
    """A profile holds paths of the machine that it was written on; those in profiles/ are examples."""
    file, target = str(asked["toolchain_file"]), _target(asked)
    if file and target and not Path(file).is_file():
        raise ConfigError(
            f"there is no {file}", where="tools.cmake.cmaketoolchain:user_toolchain, in the host profile",
            hint=f"write a profile on this machine: xconan profile --target {target} -o FILE, or from its cross.toml",
        )  # fmt: skip


def _check_platform(asked: Mapping[str, object]) -> None:
    """`-c user.xconan:target=…` names another Python for the profile's platform, not another platform."""
    target, platform = _target(asked), str(asked["abi"]).rpartition("-")[0]
    if target and platform and not target.endswith(f"-{platform}"):
        raise ConfigError(
            f"the host profile is for {platform}, but the target is {target}", where="user.xconan:target",
            hint=f"name the Python alone, user.xconan:target={target.partition('-')[0]}, or write a profile of it: "
            f"xconan profile --target {target} -o FILE",
        )  # fmt: skip


def _check_profile(asked: Mapping[str, object], cross: CrossConfig, toolchain: Toolchain) -> None:
    """What Conan has of the host profile must be what the toolchain says: the libraries are built by it."""
    text = HostProfile(platform=cross.target.platform, toolchain=toolchain).text()
    ours: dict[str, dict[str, object]] = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = ours.setdefault(match[1], {})
        elif (parts := line.partition("="))[1] and ours:
            section[parts[0]] = _conf_value(parts[2])
    theirs = cast("dict[str, dict[str, object]]", asked["profile"])
    problems = Problems()
    for one in contradictions(ours, {**theirs, "build_type": None}, "Release"):
        problems.add(f"{one['key']} is {one['profile']} in the host profile, but {one['toolchain']} by the toolchain",
                     file=cross.toolchain_file or cross.source, hint=one["hint"])  # fmt: skip
    problems.raise_if_any()


def _conf_value(text: str) -> object:
    """A value of a profile: a list or a table as JSON has it, else a text."""
    return json.loads(text) if text.startswith(("[", "{")) else text


def _settings(asked: Mapping[str, object]) -> dict[str, object]:
    """The profile's host as config settings: none for this machine."""
    target = _target(asked)
    return {"target": target, "cross": _files(asked), "override": _override(asked)} if target else {}


def _cross(asked: Mapping[str, object]) -> CrossConfig:
    """The profile's host, without a project."""
    return read_cross(_files(asked), running=running_target(), target=_target(asked), override=_override(asked))


def _override(asked: Mapping[str, object]) -> list[str]:
    """What a profile says otherwise than its cross.tomls: a toolchain file, or another Python (user.xconan:target)."""
    toolchain = _toolchain_file(asked)
    found = [f"cross.toolchain_file={json.dumps(toolchain)}"] if toolchain else []
    if (target := _target(asked)) is None:
        return found
    stated: dict[str, object] = {}
    for file in _files(asked):
        stated |= load_toml(file)
    named = parse_target(target)
    others = {key: value for key, value in named.items() if key in _PYTHON and stated.get(key, value) != value}
    if not others:
        return found
    found += [f"cross.{key}={json.dumps(named[key])}" if key in named else f"cross.{key}=!" for key in _PYTHON]
    return [*found, *(f"cross.{key}=!" for key in _OF_ONE_PYTHON)]


def _files(asked: Mapping[str, object]) -> list[Path]:
    return [Path(name) for name in cast("list[str]", asked["cross"])]


def _target(asked: Mapping[str, object]) -> str | None:
    """The host by name, None for this machine."""
    target, running = str(asked["target"]), running_target().interpreter
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


def _provided(asked: Mapping[str, object]) -> ProvidedDependencies:
    generators, name = Path(str(asked["generators"])), _target(asked)
    return ProvidedDependencies(
        target=read_named(name, running=running_target()).target if name else None,
        toolchain_file=generators / "conan_toolchain.cmake",
        generators=generators,
        packages=tuple(Path(folder) for folder in cast("list[str]", asked["packages"])),
        options=tuple((name, "", value) for name, value in preset_variables(generators)) if asked["generators"] else (),
        settings=cast("dict[str, str]", asked["settings"]),
        folder=Path(str(asked["folder"])),
        abi=str(asked["abi"]),
        env=cast("dict[str, str]", asked["env"]),
        version=str(asked["package_version"]),
    )
