"""The action: CMake configures, builds and installs into staging.

What was configured is remembered by digests of everything that it depended on. The same again is not configured
again. What the plan says anew is configured afresh, so that nothing of the old cache survives. Where the project's
files, variables that it names, or git's commit are others, CMake configures the same folder again: objects stay.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import time
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.buildenv import NUMPY_CONFIG
from xconan.build_machine.environment import expand_env, search_path
from xconan.build_machine.pyodide import NEW_IN_EACH_BUILD
from xconan.cmake import staging, targets
from xconan.cmake.asked import asks_again, calls_made, forget_asked, has_lost, note_asked, trace_words, variables_asked
from xconan.cmake.failures import failure, unwritten
from xconan.cmake.flags import refuse_other_machine, tell_misspelt_build_type
from xconan.cmake.headers import verify_headers
from xconan.cmake.inputs import changed_unseen, note_inputs
from xconan.cmake.made_from import read_made_from
from xconan.cmake.remarks import of_toolchain_files, warnings
from xconan.conan.install import HIDDEN, kept_environment
from xconan.ground import reads
from xconan.ground.errors import ConfigError, XconanError
from xconan.ground.files import digest, file_digest, read_json, relative_names, remove_tree, write_json, write_text
from xconan.ground.report import last_failure, place, say, warn, working_on
from xconan.ground.run import stream
from xconan.ground.switches import means_yes
from xconan.plan import INSTALLED_ELSEWHERE, expand_conan_env, without_cleared
from xconan.project.generated import write_generated
from xconan.project.presets import PresetInputs, preset_inputs
from xconan.project.revision import revision
from xconan.project.sources import Snapshot
from xconan.render.profile import pkg_config_libdir
from xconan.render.templates.template import write_templates
from xconan.render.toolchain import numpy_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.conan.install import Dependencies
    from xconan.model import BuildPlan, CMakePlan

# the environment that CMake or a compiler reads
_ENVIRONMENT = re.compile(
    r"(CC|CXX|FC|C(PP|XX)?FLAGS|LDFLAGS|FFLAGS|ASFLAGS|CPATH|C(PLUS)?_INCLUDE_PATH|LIBRARY_PATH|COMPILER_PATH|"
    r"GCC_EXEC_PREFIX|SDKROOT|MACOSX_DEPLOYMENT_TARGET|ARCHFLAGS|PKG_CONFIG_\w+|CMAKE_\w+|\w+_(ROOT|DIR))"
)
_ASKED_BY_FIND_PYTHON = ("sysconfig", "distutils")  # by name; other modules are loaded before a folder is looked at
# no part of what is built
_UNSTABLE = ("CMAKE_BUILD_PARALLEL_LEVEL", "CMAKE_COLOR_DIAGNOSTICS", *NEW_IN_EACH_BUILD)
_CONFIGURED = "configured.json"
_VERSIONED = re.compile(
    r"^set\((?:(?:XCONAN|PY_BUILD_CMAKE)_(?:PROJECT|PACKAGE)_VERSION|SKBUILD_(?:PROJECT_VERSION\w*|\w+_DIR)) .*\n",
    re.MULTILINE,
)


class _Step(Enum):
    """The calls of CMake, as messages name them."""

    CONFIGURE = "the configuration"
    CLEAN = "cleaning before the build"
    BUILD = "the build"
    INSTALL = "the installation"


_CHANCES = 4  # files included by included files, all of them outside of the project
_CROSS_FILES = Path(__file__).parents[1] / "crosspython"
# what the live line says of a call, until the program's own output does; the others do nothing where all is as it was
_DOING = {
    _Step.CONFIGURE: "configuring", _Step.CLEAN: "cleaning", _Step.BUILD: "building", _Step.INSTALL: "installing"
}  # fmt: skip


def check_flags(plan: BuildPlan) -> None:
    """Refuse flags that make code for another machine, before libraries are built: those that are known then.

    Raises:
        ConfigError: with both sides; an ErrorGroup where there are several.
    """
    if plan.cmake:
        refuse_other_machine(plan, _environment(plan, plan.cmake, {}))


def build(plan: BuildPlan, dependencies: Dependencies | None, *, inherit: int) -> None:
    """Configure where needed, compile what changed, and install into a fresh staging folder.

    Args:
        plan: whose cmake part is not None.
        dependencies: what Conan made, None if it had nothing to do.
        inherit: descriptor of the layout's lock.

    Raises:
        CMakeError: CMake or a compiler failed; their own words stand above.
    """
    cmake_plan = plan.cmake
    if cmake_plan is None:
        raise ValueError("this plan asks nothing of CMake")
    since = time.time_ns()
    texts = write_files(plan, cmake_plan, dependencies)
    snapshot = Snapshot.take(plan.project.root, plan.layout.root)
    reads.variables(snapshot.variables)
    env = _environment(plan, cmake_plan, dependencies.env if dependencies else {})
    refuse_other_machine(plan, env)
    run = _Runner(plan=plan, cmake_plan=cmake_plan, texts=texts, env=env, snapshot=snapshot, inherit=inherit)
    with _unfinished(plan.layout.root / "unfinished") as killed:
        kept = staging.is_known(plan.layout) and staging.withdraw(plan.layout)
        generation, calls = targets.generation(plan.layout.build), calls_made(plan.layout)
        if unseen := changed_unseen(plan.layout):
            say(f"xconan: {unseen} is another than the last build has read, and all is made anew")
        fresh = _configure(run, dependencies, anew=killed or bool(unseen) or not staging.is_known(plan.layout))
        # then CMake has the same files to write as before, so none is left over
        if snapshot.only_edited() or (snapshot.is_same() and calls and calls == calls_made(plan.layout)):
            generation = targets.generation(plan.layout.build)
        try:
            _compile(run, fresh=fresh)
            if kept and not fresh and targets.generation(plan.layout.build) != generation:
                say(
                    "xconan: CMakeLists.txt or what it reads has changed, and what it wrote into the wheel is made anew"
                )
                _configure(run, dependencies, anew=True)
                _compile(run, fresh=True)
            if script := targets.empty_script(plan.layout.build):
                (plan.layout.root / _CONFIGURED).unlink(missing_ok=True)  # all is made anew
                raise unwritten(plan, script)
            made_from = read_made_from(plan)
            verify_headers(plan, made_from, run.env)
            note_inputs(plan, cmake_plan, made_from, run.env, since=since)
        finally:
            snapshot.save()  # also of a failed build: it has made objects from these sources
        _refuse_outside(plan)  # again, as CMakeLists.txt may have changed
        with staging.installing(plan.layout):
            for argv in cmake_plan.installs:
                run(argv, _Step.INSTALL)
                staging.refuse_installed_outside(plan)


def install_elsewhere(plan: BuildPlan, folder: Path, *, build: bool) -> None:
    """Have CMake install what is built into another folder, made afresh; nothing is configured.

    Args:
        plan: of a build that is done, with the calls of CMake that are wanted now; the caller holds its lock.
        folder: takes the place of the plan's staging folder.
        build: its calls that build come first.

    Raises:
        CMakeError: CMake or a compiler failed, or something would be installed outside of the folder.
        ConfigError: the project has no CMake.
    """
    config = plan.project.cmake
    if plan.cmake is None or config is None:
        raise ConfigError("the main project has nothing that CMake installs", where=str(plan.project.pyproject_file),
                          hint="name a project with a CMakeLists.txt as main_project")  # fmt: skip
    staging.refuse_outside(plan, targets.read_cmake_project(plan.layout.build, config.install_config).rules, folder)
    env = _environment(plan, plan.cmake, kept_environment(plan))
    snapshot = Snapshot.take(plan.project.root, plan.layout.root)
    run = _Runner(plan=plan, cmake_plan=plan.cmake, texts={}, env=env, snapshot=snapshot, inherit=None)
    for argv in plan.cmake.builds if build else ():
        run(argv, _Step.BUILD)
    remove_tree(folder)
    folder.mkdir(parents=True)
    staging.forget_installed(plan.layout)
    usual = str(plan.layout.staging)
    for argv in plan.cmake.installs:
        run([str(folder) + word.removeprefix(usual) if word.startswith(usual) else word for word in argv],
            _Step.INSTALL)  # fmt: skip
        staging.refuse_installed_outside(plan, folder)


def _compile(run: _Runner, *, fresh: bool) -> None:
    if fresh:
        _refuse_outside(run.plan)  # before minutes of compiling
    elif run.snapshot.changed_unseen():
        run(_clean(run.cmake_plan), _Step.CLEAN)
    for argv in run.cmake_plan.builds:
        run(argv, _Step.BUILD)


def _refuse_outside(plan: BuildPlan) -> None:
    config = plan.project.cmake
    found = targets.read_cmake_project(plan.layout.build, config.install_config if config else ())
    staging.refuse_outside(plan, found.rules)


@dataclass(frozen=True, kw_only=True)
class _Runner:
    """Calls CMake for one plan."""

    plan: BuildPlan
    cmake_plan: CMakePlan
    texts: Mapping[str, str]
    env: Mapping[str, str]
    snapshot: Snapshot
    inherit: int | None

    def __call__(self, argv: Sequence[str], step: _Step, traced: Sequence[str] = ()) -> None:
        working_on(_DOING[step], really=step in (_Step.CONFIGURE, _Step.CLEAN))
        if means_yes(os.environ.get("XCONAN_VERBOSE_ENV")):
            say("\n".join(f"{name}={value}" for name, value in sorted(self.env.items())))
        heard = _tell if step is _Step.CONFIGURE else None
        code = stream(
            (*argv, *traced),
            cwd=_working_folder(self.plan),
            env=self.env,
            inherit=() if self.inherit is None else (self.inherit,),
            heard=heard,
        )
        if code != 0:
            raise failure(self.plan, step.value, code=code, where=place(shlex.join(argv)), output=last_failure())


def _working_folder(plan: BuildPlan) -> Path:
    """Where CMake runs: the project, unless a module there would be Python's own to FindPython's `python -c`."""
    root = plan.project.root
    shadowed = any((root / name).exists() or (root / f"{name}.py").exists() for name in _ASKED_BY_FIND_PYTHON)
    return plan.layout.root if shadowed else root


def _tell(printed: str) -> None:
    """Say what the configuration has to say though it succeeded."""
    for line in of_toolchain_files(printed):
        say(f"xconan: {line}")
    for line in warnings(printed):
        warn(line)


@contextmanager
def _unfinished(marker: Path) -> Iterator[bool]:
    """Mark the work as unfinished until we leave, well or with an error; yield whether the last was killed.

    Only being killed outright leaves the mark: then no file of the build folder can be trusted.
    """
    killed = marker.exists()
    marker.touch()
    try:
        yield killed
    except (XconanError, KeyboardInterrupt, SystemExit):
        # then CMake and Ninja have left things in order, as both do after SIGINT and SIGTERM
        marker.unlink()
        raise
    marker.unlink()


def _configure(run: _Runner, dependencies: Dependencies | None, *, anew: bool) -> bool:
    """Configure unless that has been done with all the same inputs; return whether the folder was fresh."""
    plan = run.plan
    folder, stamp = plan.layout.build, plan.layout.root / _CONFIGURED
    cache = folder / "CMakeCache.txt"
    inputs, again = _inputs(run, dependencies), _inputs_again(run)
    done = read_json(stamp)
    same = done.get("inputs") == inputs and not anew and _is_whole(cache)
    torn = any("\n" in word for word in run.cmake_plan.configure)  # the cache keeps the first line, should CMake rerun
    if same and done == {"inputs": inputs, **again} and not torn and not asks_again(plan.layout):
        return False
    if same:  # should it fail, the objects are still good, but nothing counts as configured
        write_json(stamp, {"inputs": inputs, "env": done.get("env", "")})
        if done.get("env") != again["env"] or has_lost(plan.layout):
            cache.unlink()  # set(… $ENV{NAME} CACHE …) and find_library() keep what another value led to
    else:
        stamp.unlink(missing_ok=True)
        remove_tree(folder)
        staging.empty(plan.layout)
    targets.ask(folder)
    write_generated(plan.project, plan.metadata, "build", folder)
    _trace(run)
    tell_misspelt_build_type(plan)
    write_json(stamp, {"inputs": inputs, **again, "env": _variables(run)})  # it may name others now
    return not same


def _trace(run: _Runner) -> None:
    """Call CMake so that it tells what it asks; again where files of the project's came up that nobody knew of."""
    forget_asked(run.plan.layout)
    for _chance in range(_CHANCES):
        words, since = trace_words(run.plan, run.snapshot.files_of_cmake), time.time_ns()
        run(run.cmake_plan.configure, _Step.CONFIGURE, words)
        if not note_asked(run.plan, words, since=since):
            return


def _inputs(run: _Runner, dependencies: Dependencies | None) -> str:
    """A digest of what makes another build folder."""
    plan, machine = run.plan, run.plan.machine
    argv = [word for word in run.cmake_plan.configure if machine is None or word != str(machine.cmake.path)]
    files = {name: text for name, text in run.texts.items() if not name.startswith("python/bin/")}
    ninja = str(machine.ninja.path) if machine and machine.ninja else ""
    stable = {name: text.replace(ninja, "ninja") if ninja else text for name, text in files.items()}
    # a new version is told to CMake by force; it alone is no reason to compile everything again
    stable["preload.cmake"] = _VERSIONED.sub("", stable["preload.cmake"])
    return digest(
        targets.QUESTIONS,
        argv,
        stable,
        {name: value for name, value in run.env.items() if _matters(name)},
        machine.cmake.version if machine else "",
        plan.toolchain.content if plan.toolchain else "",
        file_digest(plan.python.pyconfig) if plan.python.pyconfig else "",
        _presets(run).files,  # the cache keeps a variable that a preset no longer sets
        dependencies.identity if dependencies else "",
    )


def _inputs_again(run: _Runner) -> dict[str, str]:
    """Digests of what the same build folder is configured again for."""
    return {
        "tools": digest(run.cmake_plan.configure[0], run.texts["preload.cmake"]),
        "files": run.snapshot.contents,
        "env": _variables(run),
        "revision": revision(run.plan.project.root),
    }


def _variables(run: _Runner) -> str:
    names = run.snapshot.variables | _presets(run).variables | variables_asked(run.plan.layout)
    return digest({name: run.env.get(name) for name in names})


def _presets(run: _Runner) -> PresetInputs:
    config = run.plan.project.cmake
    if config is None or config.preset is None:
        return PresetInputs(files={}, variables=frozenset())
    return preset_inputs(config.source_path)


def _is_whole(cache: Path) -> bool:
    return cache.is_file() and b"\nCMAKE_GENERATOR:" in cache.read_bytes()


def _matters(name: str) -> bool:
    return _ENVIRONMENT.fullmatch(name) is not None and name not in _UNSTABLE


def _environment(plan: BuildPlan, cmake_plan: CMakePlan, of_conan: Mapping[str, str]) -> dict[str, str]:
    seen = without_cleared(plan, os.environ)
    base = expand_conan_env(of_conan, {**seen, "PATH": search_path(seen)})
    if not plan.cross.native and plan.toolchain:
        chosen = {name: os.environ[name] for name in ("PKG_CONFIG_LIBDIR",) if name in os.environ}
        base |= chosen or {"PKG_CONFIG_LIBDIR": pkg_config_libdir(plan.toolchain)}
    base = {name: value for name, value in base.items() if name not in INSTALLED_ELSEWHERE}
    # what the project's own variables are made of is the project's affair: "${LZ4_ROOT}/share" means that folder
    expanded = expand_env(
        cmake_plan.env, {**{name: os.environ[name] for name in plan.cleared if name in os.environ}, **base}
    )
    return {
        name: value for name, value in expanded.items() if name not in plan.cleared or name in {*cmake_plan.env, *base}
    }


def write_files(plan: BuildPlan, cmake_plan: CMakePlan, dependencies: Dependencies | None) -> dict[str, str]:
    """Write what CMake reads into the layout, and return the plan's part of it."""
    root = plan.layout.root
    programs = [name for name in cmake_plan.files if name.startswith("python/bin/")]
    texts = write_templates(root, cmake_plan.files, programs=programs)
    if dependencies:
        write_text(root / "dependencies.cmake", dependencies.text)
        if dependencies.hidden:
            write_text(root / HIDDEN, dependencies.hidden)
    if not plan.cross.native:
        for file in _CROSS_FILES.glob("*.py"):
            write_text(plan.layout.python / "site" / file.name, file.read_text("utf-8"))
    _write_headers(plan)
    return texts


def _write_headers(plan: BuildPlan) -> None:
    """Headers of which one is the build machine's, or only points at others: copies with the host's in its place."""
    include, pyconfig, folder = plan.python.include_dir, plan.python.pyconfig, plan.layout.python
    if include and pyconfig and pyconfig != include / "pyconfig.h":  # Debian's, see shown_include
        _copy_headers(include, folder / "include", {"pyconfig.h": pyconfig.read_bytes()})
    if plan.machine and plan.machine.numpy and not plan.cross.native:
        config = numpy_config((plan.machine.numpy / NUMPY_CONFIG).read_text("utf-8"))
        _copy_headers(plan.machine.numpy, folder / "numpy", {NUMPY_CONFIG: config.encode()})


def _copy_headers(source: Path, folder: Path, replaced: Mapping[str, bytes]) -> None:
    """Copy a tree unless the copy is of the very same files. No links: gcc follows them in its include path."""
    names = relative_names(source)
    state = digest(
        [(name, file_digest(source / name)) for name in names],
        {name: hashlib.sha256(data).hexdigest() for name, data in replaced.items()},
    )
    stamp = folder.with_name(f"{folder.name}.json")
    if read_json(stamp).get("state") == state:
        return
    stamp.unlink(missing_ok=True)
    remove_tree(folder)
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(replaced[name] if name in replaced else (source / name).read_bytes())
    write_json(stamp, {"state": state})


def _clean(cmake_plan: CMakePlan) -> tuple[str, ...]:
    first = cmake_plan.builds[0]
    ends = [first.index(word) for word in ("--target", "-t", "--") if word in first]
    return (*first[: min(ends, default=None)], "--target", "clean")
