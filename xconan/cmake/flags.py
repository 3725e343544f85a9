"""Flags that a project gives its own modules: of no other machine, and some for its build type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.cmake.targets import files_of_cmake
from xconan.conan.machine_flags import other_machine, remedy, split_words
from xconan.ground.errors import ConfigError, XconanError, combined, nearest_names
from xconan.ground.report import warn
from xconan.plan import build_type
from xconan.render.toolchain import flags_given

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xconan.model import BuildPlan

# what CMake takes from the environment where nothing else gives it: cmake-env-variables(7)
_VARIABLES = {"CFLAGS": "C", "CXXFLAGS": "CXX", "FFLAGS": "Fortran"}
# a wish for newer processors, where the toolchain says nothing of them; modules may ask for one in CMakeLists.txt, too
# what CMake itself has flags for
_BUILD_TYPES = {one.lower(): one for one in ("Debug", "Release", "RelWithDebInfo", "MinSizeRel")}
_WISH = re.compile(r"-m(?:arch|cpu|fpu)=.+")


def refuse_other_machine(plan: BuildPlan, env: Mapping[str, str]) -> None:
    """Refuse flags of the project and of the environment that contradict the toolchain's.

    Args:
        plan: whose toolchain says what machine it is.
        env: CMake's environment.

    Raises:
        ConfigError: with both sides; an ErrorGroup where there are several.
    """
    if plan.cross.native or plan.toolchain is None or plan.project.cmake is None:
        return
    toolchain, platform = plan.toolchain, plan.cross.target.platform
    settings = {"arch": platform.arch.conan_arch, "compiler.libcxx": toolchain.libcxx}
    errors: list[XconanError] = []
    for place, name, text in _given(plan, env):
        compiler = toolchain.compilers.get(_language(name), toolchain.compiler)
        ours = split_words(compiler.flags)
        for word, said in other_machine(split_words(text), ours, settings, toolchain.sysroot):
            if said or not _WISH.fullmatch(word):
                known = f"the toolchain says {said}" if said else f"the toolchain is for {platform.tag}"
                usual = f"take {word} out of it, or write it into the toolchain file, where libraries have it too"
                errors.append(ConfigError(
                    f"{name} makes code for another machine: {word}, and {known}", where=place,
                    hint=remedy(word, usual),
                ))  # fmt: skip
    if errors:
        raise combined(errors)


def tell_misspelt_build_type(plan: BuildPlan) -> None:
    """Warn of a build type that nobody has flags for, and that is like one of CMake's: all is compiled without any."""
    cache = (plan.layout.build / "CMakeCache.txt").read_text("utf-8", "replace")
    kind = next(iter(re.findall(r"^CMAKE_BUILD_TYPE:\w+=(.+)$", cache, re.MULTILINE)), "")
    near = nearest_names(kind.lower(), _BUILD_TYPES)
    flags = rf"^CMAKE_\w+_FLAGS_{re.escape(kind.upper())}:\w+=."
    if not near or kind.lower() in _BUILD_TYPES or re.search(flags, cache, re.MULTILINE):
        return
    for file in map(Path, files_of_cmake(plan.layout.build)):
        if not file.is_relative_to(plan.layout.root) and kind.lower() in file.read_text("utf-8", "replace").lower():
            return  # the project knows that type
    named = plan.project.cmake is not None and plan.project.cmake.build_type == kind
    place = plan.project.place("cmake.build_type") if named else "CMAKE_BUILD_TYPE"
    warn(f"{place} is {kind}, for which there are no flags, so that nothing is optimized; did you mean "
         f"{_BUILD_TYPES[near[0]]}?")  # fmt: skip


def _given(plan: BuildPlan, env: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Where flags are given, by which variable, and what they are."""
    if plan.project.cmake:
        config = plan.preset or plan.project.cmake
        kinds = {*config.config, build_type(config, plan.project.conan)}
        own = flags_given(plan.project.cmake, kinds)
        for name, text in flags_given(config, kinds).items():
            place = "pyproject.toml" if own.get(name) == text else f"preset '{plan.project.cmake.preset}'"
            yield str(plan.project.root / place) if place == "pyproject.toml" else place, name, text
    for name in _VARIABLES:
        if name in env:
            yield "the environment", name, env[name]


def _language(name: str) -> str:
    return _VARIABLES.get(name, name.removeprefix("CMAKE_").partition("_")[0])
