"""Toolchain files that profiles and tool_requires add to the toolchain's own: asked together, as CMake reads them.

Conan has CMake include one after the other, so that a later one may name another compiler. Autotools, Make and Meson
read none of them: libraries and modules of one wheel would be made by several toolchains, and nobody be told.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.machine_flags import machine_words
from xconan.ground.errors import ConfigError, ToolchainError
from xconan.ground.report import working_on
from xconan.plan import build_type
from xconan.project.presets import with_preset
from xconan.render.compilers import SeveralToolchains
from xconan.render.templates.template import write_templates
from xconan.toolchains.find import find_toolchain
from xconan.toolchains.programs import adds_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.model import BuildPlan
    from xconan.toolchains.records import Toolchain


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """Files that are read after the toolchain's own.

    Attributes:
        package: the first that gets them, "" for the project.
        files: in Conan's order, the toolchain's own among them.
        more: without that.
        tools: packages that bring some of them.
    """

    package: str
    files: tuple[str, ...]
    more: tuple[str, ...]
    tools: tuple[str, ...]


def added_by_files(plan: BuildPlan, result: Mapping[str, object]) -> list[str]:
    """Lines about what further toolchain files add for CMake alone.

    Args:
        plan: whose toolchain is not None.
        result: Conan's answer, which has `beside`.

    Raises:
        ConfigError: with them, CMake has another compiler or compiles for another machine.
    """
    if plan.toolchain is None or plan.conan is None or not plan.conan.derived:
        return []
    return [line for layer in _layers(plan.toolchain, result) if (line := _compared(plan, plan.toolchain, layer))]


def _layers(toolchain: Toolchain, result: Mapping[str, object]) -> Iterator[_Layer]:
    own = str(toolchain.include)
    beside = cast("Mapping[str, object]", result["beside"])
    for entry in cast("list[dict[str, object]]", beside["toolchain_files"]):
        files = tuple(str(Path(file)) for file in cast("Sequence[str]", entry["files"]))
        more = tuple(file for file in files if file != own)
        tools = tuple(cast("Sequence[str]", entry["tools"]))
        if own in files and more:
            yield _Layer(package=str(entry["package"]), files=files, more=more, tools=tools)


def _compared(plan: BuildPlan, toolchain: Toolchain, layer: _Layer) -> str:
    """The line about one, "" where it adds nothing to the compilers' calls."""
    try:
        both = _asked(plan, layer)
    except ToolchainError as error:
        raise _refusal(plan, layer, error.message) from error
    for language, compiler in toolchain.compilers.items():
        other = both.compilers.get(language)
        if other is None:
            raise _refusal(plan, layer, f"there is no compiler for {language} with them")
        if (other.path, other.behind) != (compiler.path, compiler.behind):
            theirs, ours = f"{other.path} {other.behind}".strip(), f"{compiler.path} {compiler.behind}".strip()
            raise _refusal(plan, layer, f"the compiler for {language} is {theirs} with them, but {ours} without")
        launchers = [f"{one.launcher} {one.link_launcher}".strip() for one in (other, compiler)]
        if launchers[0] != launchers[1] and not all(adds_nothing(shlex.split(one)) for one in launchers):
            theirs, ours = (one or "nothing" for one in launchers)
            raise _refusal(plan, layer, f"{language} is compiled through {theirs} with them, but {ours} without")
        theirs, ours = (_machine(one.flags) for one in (other, compiler))
        if theirs != ours:
            raise _refusal(
                plan, layer, f"{language} is compiled {theirs or 'plainly'} with them, but {ours or 'plainly'} without"
            )
    if both.sysroot != toolchain.sysroot:
        raise _refusal(
            plan, layer, f"the sysroot is {both.sysroot or 'none'} with them, but {toolchain.sysroot or 'none'} without"
        )
    added = _added(both, toolchain)
    if not added:
        return ""
    words = f"{', '.join(layer.more)}: CMake alone gets {shlex.join(added)}"
    return f"{words}; what is built by Autotools, Make and Meson does not"


def _asked(plan: BuildPlan, layer: _Layer) -> Toolchain:
    """The toolchain of all files together."""
    if plan.machine is None or plan.project.cmake is None:
        raise ValueError("this plan has nothing for CMake")
    config = plan.project.cmake
    template = SeveralToolchains(files=layer.files)
    name = "several.toolchain.cmake"
    write_templates(plan.layout.root / "several" / template.identity[:16], {name: template})
    file = plan.layout.root / "several" / template.identity[:16] / name
    working_on(f"asking CMake about {layer.more[0]}")
    return find_toolchain(
        replace(plan.cross, toolchain_file=file),
        cmake=plan.machine.cmake,
        ninja=plan.machine.ninja,
        config=with_preset(config) if config.preset else config,
        build_type=build_type(config, plan.project.conan),
    )


def _machine(flags: str) -> str:
    """The words that make a machine."""
    return " ".join(word for _, (word, _) in sorted(machine_words(shlex.split(flags)).items()))


def _added(both: Toolchain, toolchain: Toolchain) -> list[str]:
    """Words of the compilers' lines that the toolchain alone has not."""
    words = []
    for language, compiler in toolchain.compilers.items():
        for name in ("launcher", "link_launcher", "flags", "exe_flags", "shared_flags", "libraries"):
            known = shlex.split(getattr(compiler, name))
            words += [one for one in shlex.split(getattr(both.compilers[language], name)) if one not in known]
    return list(dict.fromkeys(words))


def _refusal(plan: BuildPlan, layer: _Layer, what: str) -> ConfigError:
    who = layer.package or "the project"
    if layer.tools:
        hint = f"let the package be the toolchain: toolchain_package = '{layer.tools[0]}' in the cross.toml; or take "
        hint += f"{layer.tools[0]} out of tool_requires"
    else:
        hint = "include it in toolchain_file, where all libraries and modules have it, or take it out of the profile"
    return ConfigError(
        f"toolchain files for {who} contradict the toolchain: {what}",
        where=f"{', '.join(layer.more)}, and {plan.cross.toolchain_file}",
        hint=hint,
    )
