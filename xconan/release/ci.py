"""Pipelines for CI services, from the matrix: each platform's libraries once, wheels in parallel jobs, publishing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ConfigError
from xconan.ground.files import load_toml, write_text
from xconan.project.files import read_project_files
from xconan.project.wheel_tags import pure, wheel_tags
from xconan.release.matrix import matrix_targets
from xconan.render.ci import GitHub, GitLab, PlatformJob, WheelJob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xconan.host.targets import Target
    from xconan.release.matrix import Chosen

PLACES = {"github": ".github/workflows/wheels.yml", "gitlab": ".gitlab-ci.yml"}  # where each service looks
PYTHON = "3.13"  # that xconan runs in there, where nobody says
_NOTHING = ":"  # a shell's command that does nothing


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A target that gets a job of its own: words of xconan's command line, and the host."""

    name: str
    words: tuple[str, ...]
    target: Target
    by_name: bool


def pipeline(root: Path, service: str, *, python: str = PYTHON) -> str:
    """The text of a service's file.

    Args:
        root: the project's folder.
        service: one of PLACES.
        python: the version of the Python that xconan runs in there.

    Raises:
        ConfigError: the project has no matrix, or something is wrong with it.
    """
    jobs = _jobs(root, matrix_targets(root, {}))
    wheels = tuple(
        WheelJob(
            name=job.name, platform=job.target.platform.tag, pythons=_pythons([job], python),
            words=shlex.join(job.words),
        )
        for job in jobs
    )  # fmt: skip
    platforms = tuple(
        PlatformJob(
            tag=tag, pythons=_pythons(mine, python), words=shlex.join(word for job in mine for word in job.words)
        )
        for tag in dict.fromkeys(wheel.platform for wheel in wheels)
        for mine in [[job for job in jobs if job.target.platform.tag == tag]]
    )  # fmt: skip
    pyproject = load_toml(root / "pyproject.toml")
    name = str(cast("dict[str, object]", pyproject["project"]).get("name", ""))
    install = _install(pyproject)
    if service == "github":
        return GitHub(project=name, python=python, install=install, platforms=platforms, wheels=wheels).text
    image = f"python:{python}"
    return GitLab(project=name, image=image, install=install, platforms=platforms, wheels=wheels).text


def write_pipeline(
    root: Path, service: str, *, place: Path | None = None, python: str = PYTHON, force: bool = False
) -> Path:
    """Write a service's file and return its path.

    Args:
        root: the project's folder.
        service: one of PLACES.
        place: of the file; None for where the service looks for it.
        python: the version of the Python that xconan runs in there.
        force: replace a file that xconan has not written.

    Raises:
        ConfigError: another file is there, which `force` would replace.
    """
    text = pipeline(root, service, python=python)
    place = place or root / PLACES[service]
    if place.exists() and place.read_text("utf-8", "replace") != text and not (force or _is_ours(place)):
        raise ConfigError("there is another file already", where=str(place), hint="--force replaces it; -o - prints")
    write_text(place, text)
    return place


def _is_ours(place: Path) -> bool:
    return "written by `xconan ci " in place.read_text("utf-8", "replace").partition("\n")[0]


def _jobs(root: Path, chosen: Sequence[Chosen]) -> list[_Job]:
    """The targets that get a job: of those that share a wheel (the stable ABI) the one with the oldest Python."""
    jobs: dict[str, _Job] = {}
    order: list[str] = []
    for one in chosen:
        files = read_project_files(root, one.settings)
        tags = str(wheel_tags(files.cross.target, files.project.wheel, pure=pure(files.project)))
        job = _Job(
            name=one.name, words=_words(one, root), target=files.cross.target, by_name="target" in one.settings
        )  # fmt: skip
        order += [tags] if tags not in jobs else []
        if tags not in jobs or int(job.target.version) < int(jobs[tags].target.version):
            jobs[tags] = job
    return [jobs[tags] for tags in order]


def _words(one: Chosen, root: Path) -> tuple[str, ...]:
    if "target" in one.settings:
        return ("--target", str(one.settings["target"]))
    files = [Path(str(file)) for file in cast("list[object]", one.settings["cross"])]
    relative = [file.relative_to(root) if file.is_relative_to(root) else file for file in files]
    return tuple(word for file in relative for word in ("--cross", file.as_posix()))


def _pythons(jobs: Sequence[_Job], python: str) -> str:
    """The commands that get host Pythons: all but the one that runs xconan, whose headers serve other machines."""
    commands = dict.fromkeys(
        shlex.join(["xconan", "python", "add", job.target.python_version, "--for", job.target.platform.tag])
        for job in jobs
        if job.by_name and job.target.python_version != python
    )
    return " && ".join(commands) or _NOTHING


def _install(pyproject: Mapping[str, object]) -> str:
    """The command that installs xconan, with zig and all that it takes, and what the project is built with."""
    system = cast("dict[str, list[str]]", pyproject.get("build-system", {}))
    others = [one for one in system.get("requires", []) if not _is_xconan(one)]
    return shlex.join(["python", "-m", "pip", "install", "xconan[zig,standalone]", *others])


def _is_xconan(requirement: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - for this alone

    try:
        return Requirement(requirement).name == "xconan"
    except InvalidRequirement:
        return False
