"""The action: the project's own conanfile.py makes the wheel's files by source(), build() and package().

Its build folder stays as long as what decides the build is the same, so that what it runs there builds what has
changed alone. Nothing is run where no file of the project has changed since.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, cast

from xconan.build_machine.environment import expand_env
from xconan.conan.inputs import cache_state, inputs_digest, read_files, still_there
from xconan.conan.install import Dependencies, shared_libraries
from xconan.conan.process import ask, write_request
from xconan.ground import reads
from xconan.ground.files import digest, file_digest, read_json, relative_names, remove_tree, write_json, write_text
from xconan.ground.report import command, working_on
from xconan.plan import without_cleared
from xconan.project.config.recipe import read_recipe
from xconan.project.revision import revision
from xconan.project.sources import Snapshot
from xconan.render.profile import MACHINE_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.model import BuildPlan, ConanPlan, RecipePlan

_KEPT = ("conaninfo.txt", "conanmanifest.txt")  # of Conan's own packages; some recipes copy theirs


def build_by_recipe(plan: BuildPlan, *, inherit: int) -> Dependencies:
    """Have the wheel's files in staging.

    Args:
        plan: whose conan part has a recipe.
        inherit: descriptor of the layout's lock.

    Raises:
        ConanError: Conan or the recipe failed; its own words stand above.
    """
    conan_plan, layout = plan.conan, plan.layout
    if conan_plan is None or conan_plan.recipe is None or plan.cmake is None:
        raise ValueError("this plan has no recipe that builds")
    reads.doubt("what a recipe's build() reads is not known")
    if conan_plan.recipe.source:
        _provide_sources(plan, conan_plan, conan_plan.recipe, inherit)
    stamp = layout.conan_result
    snapshot = Snapshot.take(plan.project.root, layout.root)
    env = expand_env(plan.cmake.env, without_cleared(plan, os.environ))
    given = {name: value for name, value in env.items() if name in plan.cmake.env}
    named = {name: os.environ.get(name) for name in snapshot.variables}
    inputs = digest(inputs_digest(plan, conan_plan), conan_plan.recipe.profile, conan_plan.recipe.version, given)
    sources = digest(snapshot.contents, named, revision(plan.project.root))
    done = read_json(stamp)
    same = done.get("inputs") == inputs and still_there(done)
    if not same or done.get("sources") != sources or done.get("staged") != _staged(layout.staging):
        stamp.unlink(missing_ok=True)
        result = _run(plan, conan_plan, conan_plan.recipe, inherit, anew=not same, env=given)
        done = {"inputs": inputs, "result": result}
        more = {"sources": sources, "staged": _staged(layout.staging)}
        write_json(stamp, {**done, **more, "cache": cache_state(done), "read": read_files(done)})
        snapshot.save()
    packages = cast("list[dict[str, str]]", cast("dict[str, object]", done["result"])["packages"])
    folders = [package["folder"] for package in packages if package["context"] == "host" and package["folder"]]
    return Dependencies(identity=inputs, text="", env={}, shared=shared_libraries(folders), packages=tuple(packages))


def _run(
    plan: BuildPlan,
    conan_plan: ConanPlan,
    recipe: RecipePlan,
    inherit: int,
    *,
    anew: bool,
    env: dict[str, str],
) -> dict[str, object]:
    layout = plan.layout
    if anew:
        remove_tree(layout.conan)
    layout.conan.mkdir(parents=True, exist_ok=True)
    remove_tree(layout.staging)
    layout.staging.mkdir(parents=True)
    working_on("building by conanfile.py")
    command(f"conan build {conan_plan.conanfile} -of {layout.conan}")
    request = {**_request(plan, conan_plan, recipe), "kind": "install", "output_folder": str(layout.conan)}
    result = ask(request, plan, layout.root, inherit=(inherit,), env=env)
    for name in _KEPT:
        (layout.staging / name).unlink(missing_ok=True)
    return result


def _request(plan: BuildPlan, conan_plan: ConanPlan, recipe: RecipePlan) -> dict[str, object]:
    folder = plan.layout.root
    profile = folder / "recipe.profile"
    found = shutil.which("pkg-config")
    # in a cross-build Meson takes none by itself; a pkgconf in tool_requires comes first, by a conf
    more = f"&:PKG_CONFIG={found}\n" if found else ""
    write_text(profile, recipe.profile + more)  # which ends with its [buildenv]
    write_text(folder / MACHINE_FILE, recipe.machine_file)
    told = {"name": recipe.name, "version": recipe.version, "profile": str(profile), "prefix": str(recipe.prefix)}
    return {**write_request(plan, conan_plan, folder), "recipe": told}


def _provide_sources(plan: BuildPlan, conan_plan: ConanPlan, recipe: RecipePlan, inherit: int) -> None:
    """Run source() in the project's folder, once for each text of it, conandata.yml and version.

    A second time, patches could not be put in. It is run again where something that it made is gone.
    """
    own, root = plan.layout.root, plan.project.root
    stamp = (own if own.parent == root else own.parent) / "source.json"  # all targets share the sources
    data = conan_plan.conanfile.with_name("conandata.yml")
    written = read_recipe(conan_plan.conanfile)
    source = written.source if written and written.source else file_digest(conan_plan.conanfile)
    state = digest(source, file_digest(data), recipe.version)
    done = read_json(stamp)
    made = cast("list[str]", done.get("made", []))
    if done.get("state") == state and all((root / name).exists() for name in made):
        return
    stamp.unlink(missing_ok=True)
    before = {*Snapshot.take(root, own).now}
    working_on("getting sources by conanfile.py")
    command(f"conan source {conan_plan.conanfile}")
    ask({**_request(plan, conan_plan, recipe), "kind": "source"}, plan, own, inherit=(inherit,))
    after = {*Snapshot.take(root, own).now}
    names = sorted(os.path.relpath(name, root) for name in after - before)
    write_json(stamp, {"state": state, "made": names})


def _staged(staging: Path) -> str:
    """A digest of what is there: who it is by, one sees by the time stamps."""
    names = relative_names(staging) if staging.is_dir() else []
    states = [(name, (staging / name).lstat()) for name in names]
    return digest([(name, state.st_size, state.st_mtime_ns) for name, state in states])
