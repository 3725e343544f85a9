"""What recipes of wheels ask of us: `xconan conan-recipe REQUEST.json`, run by in_conan/files/conanfile.py.

The recipe lives in Conan's process, which may have no xconan, and Conan has resolved its dependencies already.
So it hands over what there is as JSON, and we build by the same straight line as everybody else.
"""

from __future__ import annotations

import json
import os
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
from xconan.ground.report import logged, step, warn, working_on
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
_NOT_YET = {"generators": "", "packages": [], "linked": [], "env": {}}  # of a build, when its profile is checked
_PYTHON = ("implementation", "version", "abi")
_OF_ONE_PYTHON = ("prefix", "library", "sabi_library", "include_dir", "soabi")


def answer(file: Path) -> dict[str, object]:
    """Do what a recipe asks: describe the interpreter and a project, check a profile, build a wheel, or try one.

    Args:
        file: the request, JSON; in_conan/files/conanfile.py writes it.

    Returns:
        what `describe` says; nothing for the others.

    Raises:
        XconanError: the request is of another xconan; or as building and importing a wheel may fail.
    """
    request = read_json(file)
    if request.get("protocol") != PROTOCOL:
        raise ConfigError(
            f"the recipe xconan/{request.get('version', '?')} does not go with xconan {__version__}",
            where=str(file),
            hint=f"conan remove -c 'xconan/*', and have the recipe of {__version__} fetched or exported again",
        )  # fmt: skip
    if request.get("crossing"):
        _restore_environment(cast("dict[str, str | None]", request.get("before_profile", {})))
    actions = {"describe": describe, "check": check, "build": build, "test": test}
    return actions[str(request["action"])](request)


def _restore_environment(before: Mapping[str, str | None]) -> None:
    """Compilers that the profile's [buildenv] has for libraries: the toolchain file is asked as without them."""
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def describe(request: Mapping[str, object]) -> dict[str, object]:
    """The Python that native wheels are for, "cp311", what `check` asks of profiles, a project's name and version."""
    description: dict[str, object] = {
        "version": __version__,
        "python": running_target().interpreter,
        "settings": list(SETTINGS),
        "confs": [name for name in (*CONFS, EXECUTABLES) if name != "user.xconan:abi"],
    }
    if request.get("project"):
        metadata = read_project_files(Path(str(request["project"]))).metadata
        description |= {"name": metadata.name, "project_version": metadata.version}
    return description


def check(request: Mapping[str, object]) -> dict[str, object]:
    """Refuse a host, or a profile, that the wheel can't be built by, before any library is."""
    _check_host(request)
    if request["project"]:
        root = Path(str(request["project"]))
        check_build_requirements(root)
        plan, _module = plan_wheel(
            root, _settings(request), provided=_provided({**_NOT_YET, **request, "folder": str(root)})
        )
        cross, toolchain = plan.cross, plan.toolchain
    elif _target(request):
        cross = _cross(request)
        toolchain, _python = find_host(cross)
    else:
        return {"checked": True}
    if toolchain and not cross.native:
        _check_profile(request, cross, toolchain)
    return {"checked": True}


def build(request: Mapping[str, object]) -> dict[str, object]:
    """Build the wheel of the recipe's sources with the dependencies that Conan has provided."""
    root, out = Path(str(request["project"])), Path(str(request["out"]))
    if not (root / "pyproject.toml").is_file():
        raise ConfigError("pyproject.toml is not among the sources", where=str(root),
                          hint="name it in the recipe's exports_sources")  # fmt: skip
    check_build_requirements(root)
    _check_host(request)
    remove_tree(out)  # an earlier wheel may have another name
    build_wheel(root, out, _settings(request), provided=_provided(request))
    return {}


def test(request: Mapping[str, object]) -> dict[str, object]:
    """Import a wheel, or run scripts that do, by the host's Python; say why where that can't be done.

    Raises:
        HostPythonError: it can't be done and the profile insists (`tools.build.cross_building:can_run`).
        HostTestError: it failed.
    """
    cross = _cross(request)
    toolchain, python = find_host(cross)
    runner = find_runner(cross, python, toolchain, RunOptions.read(cast("dict[str, object]", request["ways"])))
    if isinstance(runner, str):
        if request["insist"]:
            raise HostPythonError(f"the wheel can't be imported here: {runner}", where=cross.target.name,
                                  hint="leave out tools.build.cross_building:can_run")  # fmt: skip
        warn(f"the wheel is not imported: {runner}")
        return {}
    scripts = [Path(name) for name in cast("list[str]", request["scripts"])]
    wheel, folder = Path(str(request["wheel"])), Path(str(request["folder"]))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with step("test") as now, logged(folder.with_name("test.log")):
        working_on(wheel.name)
        try_wheel(wheel, folder, runner, scripts)
        now.end(f"{wheel.name} in {now.took}")
    return {}


def _check_host(request: Mapping[str, object]) -> None:
    """What the host profile says must be of this machine, and of today."""
    _check_files(request)
    _check_toolchain_file(request)
    _check_platform(request)


def _check_files(request: Mapping[str, object]) -> None:
    """The package id promises what the cross.tomls said when the profile was written."""
    files = _files(request)
    recorded = request["written_from"]
    where, hint = ", ".join(map(str, files)), "write the profile again: xconan profile"
    if gone := [str(file) for file in files if not file.is_file()]:
        raise ConfigError("the host profile was written from a file that is gone",
                          where=f"user.xconan:cross: {', '.join(gone)}", hint=hint)  # fmt: skip
    if recorded and files and recorded != files_digest(files):
        raise ConfigError("the file has changed since the host profile was written from it", where=where,
                          hint=f"{hint} {shlex.join(map(str, files))} -o FILE")  # fmt: skip


def _check_toolchain_file(request: Mapping[str, object]) -> None:
    """A profile holds paths of the machine that it was written on; those in profiles/ are examples."""
    file, target = str(request["toolchain_file"]), _target(request)
    if file and target and not Path(file).is_file():
        raise ConfigError(
            f"there is no {file}", where="tools.cmake.cmaketoolchain:user_toolchain, in the host profile",
            hint=f"write a profile on this machine: xconan profile --target {target} -o FILE, or from its cross.toml",
        )  # fmt: skip


def _check_platform(request: Mapping[str, object]) -> None:
    """`-c user.xconan:target=…` names another Python for the profile's platform, not another platform."""
    target, platform = _target(request), str(request["abi"]).rpartition("-")[0]
    if target and platform and not target.endswith(f"-{platform}"):
        raise ConfigError(
            f"the host profile is for {platform}, but the target is {target}", where="user.xconan:target",
            hint=f"name the Python alone, user.xconan:target={target.partition('-')[0]}, or write a profile of it: "
            f"xconan profile --target {target} -o FILE",
        )  # fmt: skip


def _check_profile(request: Mapping[str, object], cross: CrossConfig, toolchain: Toolchain) -> None:
    """What Conan has of the host profile must be what the toolchain says: the libraries are built by it."""
    text = HostProfile(platform=cross.target.platform, toolchain=toolchain).text()
    ours: dict[str, dict[str, object]] = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = ours.setdefault(match[1], {})
        elif (entry := re.fullmatch(r"(.*?)(?:\*=|=\+|=)(.*)", line)) and ours:
            section[entry[1]] = _conf_value(entry[2])
    theirs = cast("dict[str, dict[str, object]]", request["profile"])
    problems = Problems()
    for fact in contradictions(ours, {**theirs, "build_type": None}, "Release"):
        problems.add(
            f"{fact['key']} is {fact['profile']} in the host profile, but {fact['toolchain']} by the toolchain",
            file=cross.toolchain_file or cross.source, hint=fact["hint"],
        )  # fmt: skip
    problems.raise_if_any()


def _conf_value(text: str) -> object:
    """A value of a profile: a list or a table as JSON has it, else a text."""
    return json.loads(text) if text.startswith(("[", "{")) else text


def _settings(request: Mapping[str, object]) -> dict[str, object]:
    """The profile's host as config settings: none for this machine."""
    target = _target(request)
    return {"target": target, "cross": _files(request), "override": _override(request)} if target else {}


def _cross(request: Mapping[str, object]) -> CrossConfig:
    """The profile's host, without a project."""
    return read_cross(_files(request), running=running_target(), target=_target(request), override=_override(request))


def _override(request: Mapping[str, object]) -> list[str]:
    """What a profile says otherwise than its cross.tomls: a toolchain file, or another Python (user.xconan:target)."""
    toolchain = _toolchain_file(request)
    overrides = [f"cross.toolchain_file={json.dumps(toolchain)}"] if toolchain else []
    if (target := _target(request)) is None:
        return overrides
    stated: dict[str, object] = {}
    for file in _files(request):
        stated |= load_toml(file)
    named = parse_target(target)
    others = {key: value for key, value in named.items() if key in _PYTHON and stated.get(key, value) != value}
    if not others:
        return overrides
    overrides += [f"cross.{key}={json.dumps(named[key])}" if key in named else f"cross.{key}=!" for key in _PYTHON]
    return [*overrides, *(f"cross.{key}=!" for key in _OF_ONE_PYTHON)]


def _files(request: Mapping[str, object]) -> list[Path]:
    return [Path(name) for name in cast("list[str]", request["cross"])]


def _target(request: Mapping[str, object]) -> str | None:
    """The host by name, None for this machine."""
    target, running = str(request["target"]), running_target().interpreter
    if "-" in target:
        return target
    if request["crossing"]:
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


def _toolchain_file(request: Mapping[str, object]) -> str:
    """The profile's own toolchain file, "" where cross.tomls or the target's name stand for it."""
    file, target = str(request["toolchain_file"]), _target(request)
    if not (file and target) or request["cross"]:
        return ""
    try:
        named = with_toolchain_file(read_named(target, running=running_target()))
    except ToolchainError:
        return file
    return "" if named.toolchain_file == Path(file) else file


def _provided(request: Mapping[str, object]) -> ProvidedDependencies:
    generators, name = Path(str(request["generators"])), _target(request)
    return ProvidedDependencies(
        target=read_named(name, running=running_target()).target if name else None,
        toolchain_file=generators / "conan_toolchain.cmake",
        generators=generators,
        packages=tuple(Path(folder) for folder in cast("list[str]", request["packages"])),
        linked=tuple(cast("list[dict[str, object]]", request.get("linked", []))),
        named=tuple(cast("list[dict[str, object]]", request.get("named", []))),
        options=tuple((name, "", value) for name, value in preset_variables(generators))
        if request["generators"]
        else (),
        settings=cast("dict[str, str]", request["settings"]),
        folder=Path(str(request["folder"])),
        abi=str(request["abi"]),
        env=cast("dict[str, str]", request["env"]),
        version=str(request["package_version"]),
    )
