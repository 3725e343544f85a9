"""Keys of conan-py-build's table -> ours, where that is no mere change of names."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from xconan.project.config.conan_of_alpha import ARGUMENTS, argument_pairs
from xconan.project.config.recipe import read_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.migrate.records import Outcome, Values


def _arguments(value: object) -> Values | None:
    values: Values = {}
    for name, given in argument_pairs(cast("list[str]", value)):
        key = ARGUMENTS.get(name)
        if key is None or not given:
            return None
        if key in ("build", "host_profiles", "build_profiles"):
            values[f"conan.{key}"] = [*cast("list[str]", values.get(f"conan.{key}", [])), given]
        else:
            said, _, text = given.partition("=")
            values[f"conan.{key}"] = {**cast("dict[str, object]", values.get(f"conan.{key}", {})), said: text}
    return values


def _everywhere(value: object) -> Values:
    return {"conan.host_profiles": [value], "conan.build_profiles": [value]}


def _at_any_depth(value: object) -> list[str]:
    """Its globs are of names, and of paths in the package; ours of paths in the wheel."""
    return [f"**/{pattern}" for pattern in cast("list[str]", value)]


def _version(value: object) -> Values | None:
    table = cast("dict[str, str]", value)
    if file := table.get("file"):
        return {"metadata.version": {"provider": "module", "input": file}}
    return {"metadata.version": {"provider": "setuptools_scm"}} if "provider" in table else None


CONVERTED: Mapping[str, Callable[[object], Values | None]] = {
    "conanfile-path": lambda value: {} if value == "." else {"conan.conanfile": value},
    "extra-arguments": _arguments,
    "extra-profile": lambda value: {"conan.host_profiles": [value]},
    "extra-profile-host": lambda value: {"conan.host_profiles": [value]},
    "extra-profile-build": lambda value: {"conan.build_profiles": [value]},
    "extra-profile-all": _everywhere,
    "version": _version,
    "wheel.packages": lambda value: {"module.packages": value},
    "wheel.exclude": lambda value: {"wheel.exclude": _at_any_depth(value)},
    "sdist.exclude": lambda value: {"sdist.exclude": _at_any_depth(value)},
}  # key -> our values; None where this value of it has none


def finish(outcome: Outcome, name: str) -> None:
    """What the backend does where its table says nothing: the recipe builds, and the package is src/NAME."""
    file = str(outcome.values.get("conan.conanfile", "conanfile.py"))
    conanfile = outcome.root / file
    recipe = read_recipe(conanfile / "conanfile.py" if conanfile.is_dir() else conanfile)
    by_cmake = (outcome.root / "CMakeLists.txt").is_file()
    if recipe and recipe.builds and (not by_cmake or "source" in recipe.methods):
        outcome.values["conan.recipe_builds"] = True
        outcome.moved.append((f"build() of {file}", "conan.recipe_builds"))
    elif by_cmake:
        why = "xconan builds CMakeLists.txt itself; conan.recipe_builds = true has the recipe do it"
        outcome.dropped.append((f"build() of {file}", why))
    folder = f"src/{name.lower().replace('-', '_').replace('.', '_')}"
    if "module.packages" not in outcome.values and (outcome.root / folder).is_dir():
        outcome.values["module.packages"] = [folder]
        outcome.moved.append((f"the package {folder}", "module.packages"))
