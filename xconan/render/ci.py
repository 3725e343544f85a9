"""Pure: the pipelines of CI services, for the targets of a matrix."""

from __future__ import annotations

from dataclasses import dataclass

from xconan.ground.record import Record
from xconan.render.templates.template import Template


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WheelJob(Record):
    """The job of a wheel.

    Attributes:
        name: of its target as `--all --target` takes it; a pattern of those on the platform that share the wheel.
        platform: its tag.
    """

    name: str
    platform: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GitHub(Template, file="github.yaml.j2"):
    """A workflow of GitHub Actions.

    Attributes:
        project: its name.
        command: that writes the file: "xconan ci github".
        python: the version that xconan runs in: "3.13".
        install: the command that installs it with what the project is built with.
        platforms: tags, each a job of libraries.
        wheels: those of wheels.
    """

    project: str
    command: str
    python: str
    install: str
    platforms: tuple[str, ...]
    wheels: tuple[WheelJob, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GitLab(Template, file="gitlab.yaml.j2"):
    """A pipeline of GitLab CI: the image of its jobs, and the rest as in GitHub."""

    project: str
    command: str
    image: str
    install: str
    platforms: tuple[str, ...]
    wheels: tuple[WheelJob, ...]
