"""The action: Conan provides the plan's dependencies, or has already done so for the very same inputs.

The work happens in driver.py, in a process of its own, under one lock for each Conan home: Conan's
cache breaks when two write to it at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan.hidden import hidden_names
from xconan.conan.inputs import cache_state, inputs_digest, note_doubts, read_files, still_there
from xconan.conan.layers import added_by_files
from xconan.conan.process import ask, write_request
from xconan.ground.errors import nearest_names
from xconan.ground.files import digest, read_json, remove_tree, write_json
from xconan.ground.report import command, remind, working_on
from xconan.project.local_folders import package_folders
from xconan.render.profile import OF_LIBRARIES
from xconan.render.toolchain import dependencies_cmake, keep_hidden, map_packages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.model import BuildPlan, ConanPlan
    from xconan.project.workspace import Layout

_SHARED = re.compile(r"\.so|\.dylib$|\.dll$", re.IGNORECASE)
HIDDEN = "hidden.map"  # beside dependencies.cmake


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """What Conan made.

    Attributes:
        identity: changes whenever CMake has to be configured again because of them.
        text: of dependencies.cmake, which the outer toolchain includes.
        env: for CMake, with ${NAME} for what the environment already says.
        shared: file names of the shared libraries in the host's packages.
        packages: what was done about each, as conan/nodes.py has it; None where Conan was not asked again.
        hidden: the version script HIDDEN, "" for none.
    """

    identity: str
    text: str
    env: Mapping[str, str]
    shared: frozenset[str]
    packages: tuple[Mapping[str, str], ...] | None = None
    hidden: str = ""


def install_dependencies(plan: BuildPlan, *, inherit: int) -> Dependencies:
    """Have the dependencies in Conan's cache and its generated files in the layout.

    Args:
        plan: whose conan part is not None.
        inherit: descriptor of the layout's lock.

    Raises:
        ConanError: Conan failed; its own words stand above.
    """
    conan_plan = plan.conan
    if conan_plan is None or plan.toolchain is None:
        raise ValueError("this plan asks nothing of Conan")
    stamp = plan.layout.conan_result
    inputs = inputs_digest(plan, conan_plan)
    done = read_json(stamp)
    asked = not (done.get("inputs") == inputs and still_there(done))
    if asked:
        stamp.unlink(missing_ok=True)
        answer = _run(plan, conan_plan, inherit)
        lines = [*_without_runner(answer), *_dropped_options(plan, answer), *added_by_files(plan, answer)]
        done = {"inputs": inputs, "result": {**answer, "lines": lines}}
        write_json(stamp, {**done, "cache": cache_state(done), "read": read_files(done)})
    result = cast("dict[str, object]", done["result"])
    for line in cast("list[str]", result.get("lines", [])):
        remind(f"xconan: {line}")
    packages = cast("list[dict[str, str]]", result["packages"])
    note_doubts(done)
    folders = [package["folder"] for package in packages if package["context"] == "host" and package["folder"]]
    hidden = hidden_names(plan, folders)
    text = dependencies_cmake(
        toolchain_file=str(result["toolchain_file"]),
        generators=str(result["generators_folder"]),
        packages=folders,
        toolchain=plan.toolchain,
        derived_profile=conan_plan.derived and result["cppstd"] == plan.toolchain.cppstd and not result["cppstd_named"],
        modules=cast("list[str]", result["modules"]),
        variables=preset_variables(Path(str(result["generators_folder"]))),
    ) + keep_hidden(hidden.archives, HIDDEN if hidden.script else "")
    if plan.local_folders:
        used = [(package["ref"], package["folder"]) for package in packages if package["folder"] in folders]
        text += map_packages(package_folders(used), plan.toolchain)
    return Dependencies(
        identity=digest(inputs, packages, text, hidden.script),
        text=text,
        env=_environment(conan_plan, result),
        shared=shared_libraries(folders),
        packages=tuple(packages) if asked else None,
        hidden=hidden.script,
    )


def kept_environment(plan: BuildPlan) -> Mapping[str, str]:
    """Dependencies.env as the plan's last build had it; {} where Conan had nothing to do."""
    result = cast("dict[str, object]", read_json(plan.layout.conan_result).get("result", {}))
    return _environment(plan.conan, result) if plan.conan and result else {}


def _environment(conan_plan: ConanPlan, result: Mapping[str, object]) -> Mapping[str, str]:
    env = cast("dict[str, str]", result["build_env"])
    return {name: value for name, value in env.items() if not (conan_plan.derived and name in OF_LIBRARIES)}


def used_packages(layout: Layout) -> list[tuple[str, str]]:
    """(reference, folder) of the host's packages that the last build used: ("lz4/1.9.4", "/home/me/.conan2/…/p")."""
    result = cast("dict[str, object]", read_json(layout.conan_result).get("result", {}))
    packages = cast("list[dict[str, str]]", result.get("packages", []))
    return [(one["ref"], one["folder"]) for one in packages if one["context"] == "host" and one["folder"]]


def preset_variables(generators: Path) -> tuple[tuple[str, str], ...]:
    """What a recipe sets by `CMakeToolchain.cache_variables`, which Conan hands on by CMakePresets.json alone."""
    presets = cast(
        "list[dict[str, dict[str, object]]]", read_json(generators / "CMakePresets.json").get("configurePresets", [])
    )
    variables = {name: value for preset in presets for name, value in preset.get("cacheVariables", {}).items()}
    return tuple(
        (name, str(value["value"] if isinstance(value, dict) else value))
        for name, value in variables.items()
        if name not in ("CMAKE_BUILD_TYPE", "CMAKE_POLICY_DEFAULT_CMP0091")  # Conan's own, and ours already
    )


def shared_libraries(folders: Sequence[str]) -> frozenset[str]:
    """File names of the shared libraries in packages' folders: of Linux, macOS and Windows."""
    places = [Path(folder) / below for folder in folders for below in ("lib", "lib64", "bin")]
    return frozenset(
        path.name for place in places if place.is_dir() for path in place.iterdir() if _SHARED.search(path.name)
    )


def _without_runner(answer: Mapping[str, object]) -> list[str]:
    """A line about [runner] of a profile, by which `conan create` builds in a container or on another machine."""
    runner = cast("Mapping[str, str]", answer["beside"])["runner"]
    if not runner:
        return []
    line = f"[runner] of a profile, {runner}, is for `conan create` alone: Conan builds the libraries on this machine, "
    return [f"{line}as `conan install` does; to have them built in a container, run xconan in it"]


def _dropped_options(plan: BuildPlan, answer: Mapping[str, object]) -> Iterator[str]:
    """A line about each option of the configuration that no package has."""
    for one in cast("list[dict[str, object]]", answer["dropped"]):
        pattern, option = str(one["pattern"]), str(one["option"])
        known, packages = cast("list[str]", one["known"]), cast("list[str]", one["packages"])
        if packages:
            why, near = "this target needs no such package", nearest_names(pattern.split("/", maxsplit=1)[0], packages)
            advice = f"; did you mean {near[0]}/*?" if near else f", but {', '.join(packages)}"
        else:
            why, near = "no such option is in the recipe", nearest_names(option, known)
            advice = f"; did you mean {near[0]}?" if near else f", which has {', '.join(known) or 'none'}"
        place = plan.project.place("conan.options", f"{pattern}:{option}")
        yield f"{place}: {pattern}:{option} changes nothing: {why}{advice}"


def _run(plan: BuildPlan, conan_plan: ConanPlan, inherit: int) -> dict[str, object]:
    layout = plan.layout
    remove_tree(layout.conan)
    layout.conan.mkdir(parents=True)
    request = {"kind": "install", **write_request(plan, conan_plan, layout.root), "output_folder": str(layout.conan)}
    working_on("asking Conan")
    command(_equivalent(conan_plan, request, layout.conan))
    return ask(request, plan, layout.root, inherit=(inherit,))


def _equivalent(conan_plan: ConanPlan, request: Mapping[str, object], folder: Path) -> str:
    host, build = str(request["host_profile"]), str(request["build_profile"])
    hosts = [host] if conan_plan.derived else ["default", host]
    hosts += [str(path) for path in conan_plan.host_profiles]
    builds = ["default", build, *(str(path) for path in conan_plan.build_profiles)]
    words = ["conan", "install", str(request["conanfile"])]
    words += [word for profile in hosts for word in ("-pr:h", profile)] + [
        word for profile in builds for word in ("-pr:b", profile)
    ]
    words += ["-of", str(folder), *(f"--build={mode}" for mode in cast("list[str]", request["build"]))]
    words += [word for option in conan_plan.options for word in ("-o:h", option)]
    words += [word for conf in conan_plan.conf for word in ("-c:h", conf)]
    words += ["--lockfile", str(request["lockfile"])] if request["lockfile"] else []
    return " ".join(words)
