"""What the process of a task does: `xconan task REQUEST`, for the engines alone.

A task on another machine (worker.py) has more in its request: `expected`, what its target's plan there must have in
common with that where the release is built; `worker`, its name for people; `store`, the Conan remote that libraries are
put into; `patience`, for how long one waits for that; `parent`, the process without which the task is in vain.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.buildenv import running_target
from xconan.build_machine.tools import version_key
from xconan.conan import process
from xconan.conan.install import install_dependencies
from xconan.conan.remotes import check_remote
from xconan.ground.boundary import of_machine
from xconan.ground.errors import HostPythonError, MachineError, Problems, XconanError
from xconan.ground.files import digest
from xconan.ground.report import logged
from xconan.ground.scratch import scratch
from xconan.pipeline import build_wheel, plan_wheel
from xconan.project.cmake_lists import is_plain_c
from xconan.project.config.cross import read_named
from xconan.project.workspace import working
from xconan.release.answers import write_answer
from xconan.release.claims import claim
from xconan.release.contract import check_header, check_identity
from xconan.release.matrix import Chosen, is_of_store
from xconan.release.patience import StoreAwayError, end_without, patiently
from xconan.release.prepare import can_run, interpreter_of
from xconan.toolchains.find import make_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.model import BuildPlan

    Request = Mapping[str, object]

_FIRST_NINJA = (1, 13)  # that knows the job server


def work(request: Request) -> None:
    """Do what a request says and write the answer that it names: the result, or the errors.

    Raises:
        XconanError: it can't be done; the answer has it, too.
    """
    begun = time.monotonic()
    if parent := request.get("parent"):
        end_without(int(str(parent)))
    try:
        result = _done(request)
    except XconanError as error:
        write_answer(request, begun, errors=error.facts(), away=isinstance(error, StoreAwayError))
        raise
    write_answer(request, begun, result=dict(result))


def _done(request: Request) -> Mapping[str, object]:
    """What came of it; the machine's errors are told as ours, so that the release can tell them, too."""
    try:
        return _KINDS[str(request["kind"])](request)
    except OSError as error:
        raise of_machine(error, Path(str(request["out"])) if "out" in request else None) from error


def _plan(request: Request, settings: object) -> BuildPlan:
    """The plan of a target; on another machine it must be that of the release."""
    plan = plan_wheel(Path(str(request["root"])), cast("Request", settings))[0]
    if expected := request.get("expected"):
        check_identity(plan, cast("Request", expected), where=str(request["worker"]))
    return plan


def _plans(request: Request, settings: object) -> list[BuildPlan]:
    """The same, of a universal wheel those of its architectures."""
    plan = _plan(request, settings)
    return list(plan.parts or (plan,))


def _greet(request: Request) -> Mapping[str, object]:
    """What another machine can do of a release: of each target why not, whether its wheels can be run there, and ninja.

    Raises:
        ConfigError: the plan is of another xconan, or there is no such store here.
    """
    document, where = cast("Request", request["document"]), str(request["worker"])
    check_header(document, where=where)
    root, targets, old = Path(str(request["root"])), {}, False
    if store := str(request.get("store", "")):
        check_remote(store, root, f"{where}: --store")
    for one in cast("list[Request]", document["targets"]):
        problems, agrees, runs = Problems(), True, False
        with problems.collected():
            plan = _planned(root, one, add_python=bool(request.get("add_pythons")))
            old = old or has_old_ninja(plan)
            runs = _runs(plan)
            agrees = False
            check_identity(plan, cast("Request", one["identity"]), where=where)
            agrees = True
        errors = [fact for error in problems for fact in error.facts()]
        targets[str(one["target"])] = {"errors": errors, "agrees": agrees, "runs": runs}
    return {"targets": targets, "old_ninja": old}


def _runs(plan: BuildPlan) -> bool:
    """Whether a wheel can be tried here, as _test() would."""
    try:
        interpreter_of(plan)
    except HostPythonError:
        return False
    return True


def _planned(root: Path, target: Request, *, add_python: bool) -> BuildPlan:
    """The plan of a target, for which its host Python is got first where it is missing and that is asked for."""
    settings = cast("Request", target["settings"])
    try:
        return plan_wheel(root, settings)[0]
    except HostPythonError:
        name = str(target["target"])
        if not add_python or not is_of_store(root, Chosen(name=name, settings=settings)):
            raise
        try:
            _python({"target": name, "runnable": can_run(name)})
        except (HostPythonError, MachineError) as error:
            with suppress(HostPythonError):  # its headers may be there now
                return plan_wheel(root, settings)[0]
            raise error from None
        return plan_wheel(root, settings)[0]


def has_old_ninja(plan: BuildPlan) -> bool:
    """Whether a build would be run by a ninja that does not ask the job server."""
    ninjas = [part.machine.ninja for part in plan.parts or (plan,) if part.machine]
    return any(ninja is not None and version_key(ninja.version)[:2] < _FIRST_NINJA for ninja in ninjas)


def _python(request: Request) -> Mapping[str, object]:
    """Have the host Python of a target, by its name, in the store; its headers at least where it has no interpreter."""
    from xconan.fetch.pythons.add import add_python  # noqa: PLC0415 - for these tasks alone

    target, runnable = read_named(str(request["target"]), running=running_target()).target, bool(request["runnable"])
    try:
        return {"entry": add_python(target, source=None, runnable=runnable).name}
    except (HostPythonError, MachineError):
        if runnable:
            with suppress(HostPythonError, MachineError):
                add_python(target, source=None)
        raise


def _toolchain(request: Request) -> Mapping[str, object]:
    for plan in _plans(request, request["settings"]):
        if plan.toolchain and plan.cross.target.platform.tag == request["platform"]:
            make_ready(plan.cross, plan.toolchain)
    return {}


def _library(request: Request) -> Mapping[str, object]:
    """Build one package of Conan's, and put it into the store, if there is one.

    Raises:
        StoreAwayError: the store did not answer for as long as we wait for it.
    """
    plans = _plans(request, request["settings"])
    plan = next(plan for plan in plans if plan.cross.target.platform.tag == request["platform"])
    if plan.conan is None:
        return {}
    conan_plan, store, tries = plan.conan, request.get("store", ""), []
    _warm(request, plan)

    def build() -> Mapping[str, object]:
        tries.append(store)
        with scratch("library") as folder:
            target = process.write_request(plan, conan_plan, folder)
            asked = {"kind": "library", "target": target, "package": request["package"], "store": store}
            answer = process.ask(asked, plan, folder)
        # what a first try has built, and could not put into the store
        return {"built": answer["built"] or (len(tries) > 1 and answer["binary"] == "Cache")}

    return patiently(build, float(str(request.get("patience", 0))))


def _warm(request: Request, plan: BuildPlan) -> None:
    """On another machine the toolchain is made ready by the first task that needs it."""
    if "worker" in request and plan.toolchain and is_cold(plan):
        make_ready(plan.cross, plan.toolchain)


def is_cold(plan: BuildPlan) -> bool:
    """Whether the toolchain has something to make before its first use."""
    toolchain, cmake = plan.toolchain, plan.project.cmake
    if plan.cross.toolchain != "zig" or toolchain is None or cmake is None or "CXX" not in toolchain.compilers:
        return False
    from xconan.toolchains.zig_library import is_made  # noqa: PLC0415 - for zig alone

    return not is_plain_c(cmake.source_path) and not is_made(toolchain.compilers["CXX"].path)


def _libraries(request: Request) -> Mapping[str, object]:
    """Have what Conan generates for each target of a profile, so that their wheels need not ask it one by one."""
    problems = Problems()
    for settings in cast("list[object]", request["settings"]):
        with problems.collected():
            for plan in _plans(request, settings):
                if profile_of(plan) == request["profile"]:
                    with working(plan.layout) as lock, logged(plan.layout.log):
                        install_dependencies(plan, inherit=lock)
    problems.raise_if_any()
    return {}


def _wheel(request: Request) -> Mapping[str, object]:
    root, out, settings = Path(str(request["root"])), Path(str(request["out"])), cast("Request", request["settings"])
    before = {path.name: path.stat().st_ino for path in out.glob("*.whl")} if out.is_dir() else {}
    for plan in _plans(request, settings) if "worker" in request else ():
        _warm(request, plan)
    claimed = partial(claim, request)
    name = patiently(lambda: build_wheel(root, out, settings, claim=claimed), float(str(request.get("patience", 0))))
    status = (out / name).stat()
    return {"wheel": name, "size": status.st_size, "unchanged": before.get(name) == status.st_ino}


def _test(request: Request) -> Mapping[str, object]:
    """Have the host's Python import the wheel of that name, or say why it can't be run here."""
    from xconan.emulate import try_wheel  # noqa: PLC0415 - for tests alone

    plan = _plan(request, request["settings"])
    try:
        host = interpreter_of(plan)
    except HostPythonError as error:
        return {"tested": False, "why": f"{error.message}; {error.hint}"}
    with working(plan.layout):
        try_wheel(Path(str(request["out"]), str(request["wheel"])), plan.layout.root / "test", host.runner, ())
    return {"tested": True, "why": ""}


def profile_of(plan: BuildPlan) -> str:
    """A digest of what Conan is asked for a plan: the same for all Pythons of a platform; "" for nothing."""
    conan = plan.conan
    if conan is None:
        return ""
    file = "" if conan.conanfile_text is not None else str(conan.conanfile)
    return digest(
        file, conan.conanfile_text, conan.host_profile, conan.build_profile, conan.options, conan.settings,
        conan.host_profiles, conan.build_profiles, conan.build,
    )  # fmt: skip


_KINDS: Mapping[str, Callable[[Request], Mapping[str, object]]] = {
    "greet": _greet,
    "python": _python,
    "toolchain": _toolchain,
    "library": _library,
    "libraries": _libraries,
    "wheel": _wheel,
    "test": _test,
}
