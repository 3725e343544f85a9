"""Pipelines for CI services, from the matrix: each platform's libraries once, wheels in parallel jobs, publishing."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from xconan.ground.errors import ConfigError, Problems
from xconan.ground.files import load_toml, write_text
from xconan.ground.report import warn
from xconan.project.files import read_project_files
from xconan.project.requirements import requirements_anywhere
from xconan.project.wheel_tags import pure, wheel_tags
from xconan.release.matrix import described_by, matrix_targets
from xconan.release.prepare import contradiction
from xconan.render.ci import GitHub, GitLab, WheelJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xconan.project.files import ProjectFiles
    from xconan.release.matrix import Chosen

PLACES = {"github": ".github/workflows/wheels.yml", "gitlab": ".gitlab-ci.yml"}  # where each service looks
PYTHON = "3.13"  # that xconan runs in there, where nobody says
_EXTRAS = ("zig", "standalone")  # of xconan: compilers for other machines, and host Pythons of other versions
_MOST = {"github": 256, "gitlab": 200}  # jobs that a service makes of one matrix
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a pipeline is to be.

    Attributes:
        service: one of PLACES.
        python: the version of the Python that xconan runs in there.
        source: where pip gets xconan: an address, or a folder of the project that has its wheel; "" for what the
            project's `[build-system] requires` says.
    """

    service: str
    python: str = PYTHON
    source: str = ""

    @property
    def words(self) -> str:
        """The command that asks for it."""
        python = ["--python", self.python] if self.python != PYTHON else []
        source = ["--xconan", self.source] if self.source else []
        return shlex.join(["xconan", "ci", self.service, *python, *source])


def pipeline(root: Path, wish: Wish) -> str:
    """The text of a service's file.

    Raises:
        ConfigError: the project has no matrix, something is wrong with it, or it has more targets than the service
            makes jobs; a cross.toml lies outside of the project; xconan's source is no address, and no folder of the
            project that has its wheel.
    """
    pyproject = load_toml(root / "pyproject.toml")
    chosen = matrix_targets(root, {})
    _check_inside(root, chosen)
    files = {one.name: read_project_files(root, one.settings) for one in chosen}
    wheels = _jobs(files)
    if len(wheels) > _MOST[wish.service]:
        raise ConfigError(
            f"the matrix has {len(wheels)} wheels, and {wish.service} makes at most {_MOST[wish.service]} jobs of one",
            where=f"{root / 'pyproject.toml'}: tool.xconan.matrix", hint="leave some out, by exclude",
        )  # fmt: skip
    further = dict.fromkeys(need for one in files.values() for need in requirements_anywhere(one.project))
    install = _install(root, pyproject, wish, list(further))
    platforms = tuple(dict.fromkeys(wheel.platform for wheel in wheels))
    name = str(cast("dict[str, object]", pyproject["project"]).get("name", ""))
    if wish.service == "github":
        return GitHub(
            project=name, command=wish.words, python=wish.python, install=install, platforms=platforms, wheels=wheels
        ).text
    return GitLab(
        project=name, command=wish.words, image=f"python:{wish.python}", install=install, platforms=platforms,
        wheels=wheels,
    ).text  # fmt: skip


def write_pipeline(root: Path, wish: Wish, *, place: Path | None = None, force: bool = False) -> Path:
    """Write a service's file and return its path.

    Args:
        root: the project's folder.
        wish: what is to be in it.
        place: of the file; None for where the service looks for it.
        force: replace a file that xconan has not written.

    Raises:
        ConfigError: another file is there, which `force` would replace; or as pipeline() has it.
    """
    text = pipeline(root, wish)
    place = place or root / PLACES[wish.service]
    if place.exists() and place.read_text("utf-8", "replace") != text and not (force or _is_ours(place)):
        raise ConfigError("there is another file already", where=str(place), hint="--force replaces it; -o - prints")
    write_text(place, text)
    return place


def _is_ours(place: Path) -> bool:
    return "written by `xconan ci " in place.read_text("utf-8", "replace").partition("\n")[0]


def _check_inside(root: Path, chosen: Iterable[Chosen]) -> None:
    """Refuse cross.tomls that no other machine has.

    Raises:
        ConfigError: or ErrorGroup: they lie outside of the project.
    """
    problems = Problems()
    for file in dict.fromkeys(file for one in chosen for file in described_by(one)):
        if not Path(file).resolve().is_relative_to(root.resolve()):
            problems.add(
                f"{file} lies outside of the project, so that no pipeline has it",
                file=root / "pyproject.toml", key="tool.xconan.matrix.include",
                hint='move it in, and name it relative to the project: include = ["hosts/*.cross.toml"]',
            )  # fmt: skip
    problems.raise_if_any()


def _jobs(described: Mapping[str, ProjectFiles]) -> tuple[WheelJob, ...]:
    """The wheels, each with the targets that it is tried for: of those that share it, the ones of one platform.

    Raises:
        ConfigError: or ErrorGroup: some that share a wheel say other things of it.
    """
    sharing: dict[str, list[str]] = {}
    for name, files in described.items():
        tags = str(wheel_tags(files.cross.target, files.project.wheel, pure=pure(files.project)))
        sharing.setdefault(tags, []).append(name)
    problems, jobs = Problems(), []
    for tags, names in sharing.items():
        maker = min(names, key=lambda name: int(described[name].cross.target.version))
        for one in names:
            pair = {one: described[one], maker: described[maker]}
            if one != maker and (error := contradiction(pair, tags)):
                problems.found.append(error)
        platform = maker.rpartition("-")[2]
        pythons = [python for python, _, other in (name.rpartition("-") for name in names) if other == platform]
        name = f"{{{','.join(pythons)}}}-{platform}" if pythons[1:] else maker
        jobs.append(WheelJob(name=name, platform=platform))
    problems.raise_if_any()
    return tuple(jobs)


def _install(root: Path, pyproject: Mapping[str, object], wish: Wish, further: Sequence[str]) -> str:
    """The command that installs xconan, with zig and all that it takes, and what the project is built with.

    Args:
        root: the project's folder.
        pyproject: its pyproject.toml.
        wish: where xconan comes from.
        further: what the build needs beside `[build-system] requires`.
    """
    system = cast("dict[str, list[str]]", pyproject.get("build-system", {}))
    given = [*system.get("requires", []), *further]
    mine = [one for text in given if (one := _of_xconan(text))]
    xconan = next((one for one in mine if one.url), None) or (mine or [Requirement("xconan")])[0]
    xconan.extras = {*_EXTRAS, *(extra for one in mine for extra in one.extras)}
    xconan.marker = None
    options: list[str] = []
    if _ADDRESS.match(wish.source):
        xconan.url, xconan.specifier = wish.source, SpecifierSet()
    elif wish.source:
        options, xconan.url = ["--find-links", _folder_of_wheels(root, wish.source)], None
    elif not xconan.url:
        warn(_NOWHERE.format(service=wish.service))
    others = [text for text in given if not _of_xconan(text)]
    return shlex.join(["python", "-m", "pip", "install", *options, str(xconan), *others])


_NOWHERE = (
    "the Python Package Index has no xconan yet, so that the pipeline's pip finds none unless its own settings name "
    "another index; name a place: xconan ci {service} --xconan git+https://HOST/PATH@COMMIT, or --xconan FOLDER for a "
    "folder of the project that has its wheel; or write that address into pyproject.toml, [build-system] "
    'requires = ["xconan @ git+https://HOST/PATH@COMMIT"]'
)


def _folder_of_wheels(root: Path, source: str) -> str:
    """A folder of the project that has a wheel of xconan's, relative to it.

    Raises:
        ConfigError: it is none.
    """
    folder = (root / source).resolve()
    if not folder.is_relative_to(root.resolve()) or not any(folder.glob("xconan-*.whl")):
        raise ConfigError(
            f"'{source}' is neither an address nor a folder of the project that has a wheel of xconan",
            where="--xconan",
            hint=f"pip wheel --no-deps /path/to/xconan -w {shlex.quote(str(root / 'wheels'))}, and commit it; then "
            "--xconan wheels",
        )  # fmt: skip
    return folder.relative_to(root.resolve()).as_posix()


def _of_xconan(text: str) -> Requirement | None:
    """A requirement that is xconan's; None for others, and for what is none."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return requirement if canonicalize_name(requirement.name) == "xconan" else None
