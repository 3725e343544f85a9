"""The dependencies of a project for several targets at once: locked, or looked at. Nothing is built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.conan import process
from xconan.conan.failures import failure
from xconan.ground.errors import ConfigError
from xconan.ground.files import conan_home, write_text
from xconan.ground.report import logged, step, working_on
from xconan.ground.scratch import scratch
from xconan.pipeline import plan_wheel
from xconan.project.workspace import lockfile_of, prepare
from xconan.render.graph import Graph, TargetGraph, read_packages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.ground.errors import XconanError
    from xconan.model import BuildPlan


def lock(root: Path, settings: Sequence[Mapping[str, object]], *, upgrade: bool = False) -> Path:
    """Write one conan.lock for all targets and return its path.

    What is locked already stays as it is and is used wherever it fits; what is missing is added.

    Args:
        root: the project's folder.
        settings: PEP 517 config settings, one set for each target.
        upgrade: lock everything anew, by the newest versions and revisions that the remotes have.

    Raises:
        ConanError: Conan could not resolve the requirements of a target.
        ConfigError: the project asks nothing of Conan.
    """
    plans = [plan for target in settings for plan in _plans(root, target)]
    file = lockfile_of(plans[0].project)
    known = "" if upgrade or not file.is_file() else str(file)
    answer = _ask(plans, kind="lock", known=known, update=upgrade)
    write_text(file, str(answer["lockfile"]))
    return file


def look(root: Path, settings: Sequence[Mapping[str, object]]) -> tuple[Graph, list[XconanError]]:
    """Where each target's binaries would come from, and what keeps targets from being built.

    Args:
        root: the project's folder.
        settings: PEP 517 config settings, one set for each target.

    Raises:
        ConanError: Conan could not even begin.
        ConfigError: the project asks nothing of Conan.
    """
    plans = [plan for target in settings for plan in _plans(root, target)]
    answer = _ask(plans, kind="graph")
    results = cast("list[dict[str, object]]", answer["targets"])
    errors = [failure(result, plan) for result, plan in zip(results, plans, strict=True) if result["error"]]
    targets = tuple(
        TargetGraph(
            name=plan.cross.target.name,
            wheel=plan.wheel_name,
            source=plan.cross.source,
            packages=read_packages(cast("list[dict[str, object]]", result["packages"])),
            error=str(result["error"]),
        )
        for result, plan in zip(results, plans, strict=True)
    )
    metadata = plans[0].metadata
    return Graph(name=metadata.name, version=metadata.version, targets=targets), errors


def share(plans: Sequence[BuildPlan], remote: str) -> tuple[Path, str]:
    """Put what this machine alone has of the plans' dependencies into a remote, recipes and binaries.

    Returns:
        where the project's lockfile is, or would be; and the text of one that has all dependencies: what other machines
        are to find.

    Raises:
        ConanError: the remote can't be reached, or refuses.
        ConfigError: a package is editable, in a folder of this machine.
    """
    file = lockfile_of(plans[0].project)
    answer = _ask(plans, kind="lock", known=str(file) if file.is_file() else "", update=False, share=True)
    entries = cast("list[dict[str, object]]", answer["share"])
    if editable := [str(one["package"]).partition("#")[0] for one in entries if one["editable"]]:
        raise ConfigError(
            f"an editable package is in a folder of this machine, and no worker has it: {', '.join(editable)}",
            where=str(conan_home(plans[0].project.root)),
            hint=f"conan editable remove -r {editable[0]}, or build without --on",
        )  # fmt: skip
    packages = list(dict.fromkeys(str(one["package"]) for one in entries))
    with step("store"), logged(plans[0].layout.log_of("store")), scratch("store") as folder:
        working_on(f"to {remote}")
        process.ask({"kind": "upload", "remote": remote, "packages": packages, "store": True}, plans[0], folder)
    return file, str(answer["lockfile"])


def _plans(root: Path, settings: Mapping[str, object]) -> Iterator[BuildPlan]:
    """The plans that ask something of Conan: of a universal wheel those of its architectures."""
    whole = plan_wheel(root, settings)[0]
    plans = [plan for plan in whole.parts or (whole,) if plan.conan]
    if not plans:
        raise ConfigError(
            "the project asks nothing of Conan",
            where=str(whole.project.pyproject_file),
            hint="requirements stand in a conanfile.txt or conanfile.py, or in [tool.xconan.conan]",
        )
    yield from plans


def _ask(plans: Sequence[BuildPlan], **request: object) -> dict[str, object]:
    """Ask Conan about all plans at once; what it prints goes to the first one's log, as in a build."""
    layout, kind = plans[0].layout, str(request["kind"])
    prepare(layout)
    with step("libraries"), logged(layout.log_of(kind)), scratch(kind) as name:
        working_on("asking Conan")
        targets = []
        for number, plan in enumerate(plans):
            folder = Path(name, str(number))
            folder.mkdir()
            if plan.conan:
                targets.append(process.write_request(plan, plan.conan, folder))
        return process.ask({**request, "targets": targets}, plans[0], Path(name))
