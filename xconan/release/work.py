"""What the process of a task does: `xconan task REQUEST`, for the engines alone."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.buildenv import running_target
from xconan.conan import process
from xconan.conan.install import install_dependencies
from xconan.ground.errors import Problems, XconanError
from xconan.ground.files import digest, read_json, write_json
from xconan.ground.report import logged
from xconan.ground.scratch import scratch
from xconan.pipeline import build_wheel, plan_wheel
from xconan.project.config.cross import read_named
from xconan.project.workspace import working
from xconan.toolchains.find import make_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xconan.model import BuildPlan

Request = dict[str, object]


def work(request: Path) -> None:
    """Do what a request says and write the answer that it names: the result, or the errors.

    Raises:
        XconanError: it can't be done; the answer has it, too.
    """
    asked = read_json(request)
    answer = Path(str(asked["answer"]))
    begun = time.monotonic()
    try:
        result = _KINDS[str(asked["kind"])](asked)
    except XconanError as error:
        write_json(answer, {"errors": error.facts(), **_took(begun)})
        raise
    write_json(answer, {"result": dict(result), **_took(begun)})


def _took(begun: float) -> dict[str, object]:
    """The time of all processors that we and our programs took, and the most memory that one of us had."""
    if sys.platform == "win32":
        return {"cpu": time.monotonic() - begun, "memory": 0}
    import resource  # noqa: PLC0415 - not on Windows

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu": round(sum(one.ru_utime + one.ru_stime for one in used), 2),
        "memory": max(one.ru_maxrss for one in used) * unit,
    }


def _plans(request: Request, settings: object) -> list[BuildPlan]:
    """The plan of a target, of a universal wheel those of its architectures."""
    plan = plan_wheel(Path(str(request["root"])), cast("Request", settings))[0]
    return list(plan.parts or (plan,))


def _python(request: Request) -> Mapping[str, object]:
    """Have the host Python of a target, by its name, in the store."""
    from xconan.fetch.pythons.add import add_python  # noqa: PLC0415 - for these tasks alone

    target = read_named(str(request["target"]), running=running_target()).target
    return {"entry": add_python(target, source=None).name}


def _toolchain(request: Request) -> Mapping[str, object]:
    for plan in _plans(request, request["settings"]):
        if plan.toolchain and plan.cross.target.platform.tag == request["platform"]:
            make_ready(plan.cross, plan.toolchain)
    return {}


def _library(request: Request) -> Mapping[str, object]:
    """Build one package of Conan's, for the plan of this profile."""
    plan = next(plan for plan in _plans(request, request["settings"]) if profile_of(plan) == request["profile"])
    if plan.conan is None:
        return {}
    with scratch("library") as folder:
        target = process.write_request(plan, plan.conan, folder)
        return process.ask({"kind": "library", "target": target, "package": request["package"]}, plan, folder)


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
    name = build_wheel(root, out, settings)
    status = (out / name).stat()
    return {"wheel": name, "size": status.st_size, "unchanged": before.get(name) == status.st_ino}


def _test(request: Request) -> Mapping[str, object]:
    """Have the host's Python import the wheel, or say why it can't be run here."""
    from xconan.emulate import RunOptions, find_runner, try_wheel  # noqa: PLC0415 - for tests alone

    plan = plan_wheel(Path(str(request["root"])), cast("Request", request["settings"]))[0]
    part = plan.parts[0] if plan.parts else plan
    runner = find_runner(part.cross, part.python, part.toolchain, RunOptions())
    if isinstance(runner, str):
        return {"tested": False, "why": runner}
    with working(plan.layout):
        try_wheel(Path(str(request["out"]), plan.wheel_name), plan.layout.root / "test", runner, ())
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
    "python": _python,
    "toolchain": _toolchain,
    "library": _library,
    "libraries": _libraries,
    "wheel": _wheel,
    "test": _test,
}
