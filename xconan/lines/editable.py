"""Editable installs: the straight line up to what CMake installs, then a tree that imports lead to; again when asked.

pip install -e .    build_editable: the tree, and a wheel with the hook that finds it
import project      the hook (wheel/files/editable_hook.py) compares what the last build has read, and has rebuild()
                    run where something is another: in an environment that stays, as it was at the installation

"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.build_machine.announcement import read_announcement
from xconan.build_machine.buildenv import running_target
from xconan.build_machine.lasting import lasting_environment, passing_roots
from xconan.ground import reads
from xconan.ground.door import doubts, files, listed
from xconan.ground.errors import ConfigError
from xconan.ground.files import digest, read_json, write_json
from xconan.ground.lock import cache_in_use
from xconan.ground.report import build_timer, remind, step
from xconan.ground.run import stream
from xconan.lines.untried import refuse_test
from xconan.pipeline import plan_wheel, tell_toolchain
from xconan.project.config.project import read_project
from xconan.project.config.settings import invoked_from, parse_settings
from xconan.wheel.editable import make_tree, write_editable
from xconan.wheel.files.editable_hook import AGAIN, SKIPPED, is_told_of
from xconan.wheel.stage import staging_filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xconan.build_machine.lasting import LastingEnvironment
    from xconan.ground.reads import Reads
    from xconan.model import BuildPlan
    from xconan.project.config.records import Project
    from xconan.wheel.editable import Tree

# variables that a build reads; at an import they are as they were at the installation
_MATTERS = (
    r"(CC|CXX|FC|AR|LD|C(PP|XX)?FLAGS|LDFLAGS|FFLAGS|ASFLAGS|CPATH|C(PLUS)?_INCLUDE_PATH|LIBRARY_PATH|COMPILER_PATH|"
    r"GCC_EXEC_PREFIX|SDKROOT|MACOSX_DEPLOYMENT_TARGET|ARCHFLAGS|PKG_CONFIG_\w+|CMAKE_\w+|\w+_(ROOT|DIR)|PATH|PWD|"
    r"CONAN_\w+|SOURCE_DATE_EPOCH|PY_BUILD_CMAKE_\w+|PYTHON(PATH|HOME)|XCONAN_(?!QUIET|VERBOSE|TRACEBACK|REBUILD|"
    r"EDITABLE_SKIP)\w+)"
)
_SECRET = re.compile(r"CONAN_(LOGIN|PASSWORD)\w*")
_REBUILD = (
    "import json, sys; question = json.loads(sys.argv[1]); sys.path[:] = question['path'] or sys.path; "
    "from xconan.build import {name}; {name}(question)"
)


@cache_in_use()
def build_editable(root: Path, out: Path, settings: Mapping[str, object] | None = None) -> str:
    """Build the project for the Python that runs here, and write the wheel that makes it importable in its folder.

    Args:
        root: the project's folder.
        out: where the wheel goes.
        settings: PEP 517 config settings.

    Raises:
        XconanError: or ErrorGroup; ConfigError where the host is another machine or Python.
    """
    project = _own_project(root, settings)
    refuse_test(project.test.wanted, "an editable install is this folder itself, and no wheel that could be tried",
                f"once it is installed, run the tests here; to have a wheel tried: xconan build --test "
                f"{shlex.quote(str(project.root))}")  # fmt: skip
    if not project.editable.build_hook:
        return _build(root, out, settings, None)
    environment = lasting_environment()
    build = _start_of_builds(root, settings, environment)
    if environment.kept:  # so that the first build is like the later ones
        return _build_there(root, out, settings, environment, build)
    return _build(root, out, settings, build)


def build_for(question: Mapping[str, object]) -> None:
    """What build_editable() has another environment do: the name of the wheel goes into the file `answer`."""
    root, settings = Path(str(question["root"])), _settings(question)
    build = question["build"]
    name = _build(root, Path(str(question["out"])), settings, build if isinstance(build, dict) else None)
    write_json(Path(str(question["answer"])), {"wheel": name})


@cache_in_use()
def rebuild(question: Mapping[str, object]) -> None:
    """Make the tree of an editable install anew where something has changed.

    Args:
        question: `root` and `settings` of the installation.

    Raises:
        XconanError: or ErrorGroup, as build_editable.
    """
    _make(Path(str(question["root"])), _settings(question), noted=reads.watch())


def _settings(question: Mapping[str, object]) -> Mapping[str, object]:
    settings = question["settings"]
    return settings if isinstance(settings, dict) else {}


def _own_project(root: Path, settings: Mapping[str, object] | None) -> Project:
    """The project, if it is built for the Python that runs here."""
    root = root.absolute()
    chosen = parse_settings(settings, root=root, environ=os.environ)
    project, cross = read_project(root, chosen, running=running_target(), announcement=read_announcement())
    if not cross.native:
        raise ConfigError(
            f"an editable install is for the Python that it is made by, and this is for {cross.target.name}",
            where=cross.source,
            hint="take that away to have one for this machine, or build a wheel for the host: pip wheel .",
        )
    return project


# --- the tree --------------------------------------------------------------------------------------------------------


def _build(root: Path, out: Path, settings: Mapping[str, object] | None, build: dict[str, object] | None) -> str:
    """Make the tree and the wheel in this process."""
    plan, tree = _make(root, settings, noted=reads.watch() if build else None)
    out.mkdir(parents=True, exist_ok=True)
    return write_editable(plan, tree, out, inputs=_inputs_file(tree.folder), build=build)


def _make(root: Path, settings: Mapping[str, object] | None, *, noted: Reads | None) -> tuple[BuildPlan, Tree]:
    """Build what has changed, and have it in the tree; what was read is written down if it was noted."""
    with build_timer():
        with step("toolchain", held=True) as now:
            plan, module = plan_wheel(root, settings)
            tell_toolchain(plan, now)
        folder = plan.layout.root / "editable" / digest(settings or {})[:8]
        with staging_filled(plan) as shared:
            _inputs_file(folder).unlink(missing_ok=True)
            tree = make_tree(plan, module, shared, folder)
            if noted:
                _note_inputs(plan, tree, noted)
    return plan, tree


def _inputs_file(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.json")


def _note_inputs(plan: BuildPlan, tree: Tree, noted: Reads) -> None:
    """Write down what the build has read, without what is xconan's own and what is gone after it."""
    reads.unwatch()
    _tell_stale(plan, tree)
    passing = (*passing_roots(), *_kept_folder())

    def counts(path: str) -> bool:
        return not (noted.is_own(path) or f"{path}{os.sep}".startswith(tuple(f"{root}{os.sep}" for root in passing)))

    for path in [path for path in noted.folders if not counts(path)]:
        del noted.folders[path]
    record = {
        "doubt": next(doubts(noted), ""),
        "files": {path: state for path, state in files(noted) if counts(path)},
        "kinds": {path: kind for path, kind in noted.kinds.items() if counts(path)},
        "folders": {path: [state, [*filter(is_told_of, names)]] for path, state, names in listed(noted)},
    }
    write_json(_inputs_file(tree.folder), record)


def _kept_folder() -> list[str]:
    """The kept environment that runs us, which changes not."""
    return [sys.prefix] if Path(sys.prefix).parent.name == "environments" else []


def _tell_stale(plan: BuildPlan, tree: Tree) -> None:
    """Say where the installation says something else than the project does now: an import can't change that."""
    stamp = tree.folder.with_name(f"{tree.folder.name}-metadata.json")
    data = [(entry.name, digest(entry.read().hex())) for entry in tree.data]
    now = digest(plan.metadata.text, plan.metadata.entry_points, tree.names, data)
    installed = read_json(stamp).get("metadata")
    if SKIPPED not in os.environ or installed is None:
        write_json(stamp, {"metadata": now})
    elif installed != now:
        remind(f"xconan: name, version, scripts, headers or packages of {plan.metadata.name} have changed: {AGAIN} "
               f"{shlex.quote(str(plan.project.root))} again")  # fmt: skip


# --- another process -------------------------------------------------------------------------------------------------


def _start_of_builds(
    root: Path, settings: Mapping[str, object] | None, environment: LastingEnvironment
) -> dict[str, object]:
    """How the hook starts a build: arguments, and variables of the environment."""
    question = {"root": str(root), "settings": dict(settings or {}), "path": list(environment.search_path)}
    return {
        "argv": _argv(environment, "rebuild_editable", question),
        "matters": _MATTERS,
        "environ": _environ(environment),
    }


def _argv(environment: LastingEnvironment, name: str, question: Mapping[str, object]) -> list[str]:
    import json  # noqa: PLC0415 - of few bytes

    return [str(environment.python), "-I", "-c", _REBUILD.format(name=name), json.dumps(question)]


def _environ(environment: LastingEnvironment) -> dict[str, str]:
    passing = tuple(f"{root}{os.sep}" for root in passing_roots())
    # a cmake beside the interpreter that runs us is found without PATH, and no other one is installed for the build
    beside = [str(Path(sys.executable).parent)] if environment.kept else []
    path = [entry for entry in [*beside, *os.environ.get("PATH", os.defpath).split(os.pathsep)]
            if not f"{entry}{os.sep}".startswith(passing)]  # fmt: skip
    matters = re.compile(_MATTERS)
    found = {name: value for name, value in os.environ.items()
             if matters.fullmatch(name) and not _SECRET.fullmatch(name) and not name.startswith("PYTHON")}  # fmt: skip
    path = [*([str(environment.programs)] if environment.kept else []), *path]
    return {**found, "PATH": os.pathsep.join(path), "PWD": str(invoked_from())}


def _build_there(
    root: Path, out: Path, settings: Mapping[str, object] | None, environment: LastingEnvironment,
    build: dict[str, object],
) -> str:  # fmt: skip
    """Have the kept environment build; its own words are shown."""
    out.mkdir(parents=True, exist_ok=True)
    answer = out / ".xconan-editable.json"
    question = {"root": str(root), "settings": dict(settings or {}), "path": [], "out": str(out.absolute()),
                "answer": str(answer.absolute()), "build": build}  # fmt: skip
    env = {**os.environ, **_environ(environment)}
    env.pop("PYTHONPATH", None)
    try:
        code = stream(_argv(environment, "build_editable_for", question), cwd=root, env=env, echo=False)
        if code:
            raise SystemExit(code)
        return str(read_json(answer)["wheel"])
    finally:
        answer.unlink(missing_ok=True)
