"""Pure: the files of a package index -> its pages, as HTML and as JSON.

https://packaging.python.org/specifications/simple-repository-api/: PEP 503, 592 (yanked files), 658 and 714 (metadata
beside the files), 691 (JSON), 700 (sizes and versions).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.record import Record
from xconan.render.templates.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSION = "1.1"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexFile(Record):
    """A wheel or source distribution in the index.

    Attributes:
        name: of the file.
        url: relative to the project's page, quoted as URLs are.
        version: of the project, normalized.
        size: in bytes.
        sha256: of the content, in hexadecimal.
        requires_python: "" where the metadata does not say.
        metadata_sha256: of the file NAME.metadata beside it, "" where there is none.
        yanked: installers are to take it only where its very version is asked for.
        reason: why, "" without a reason.
    """

    name: str
    url: str
    version: str
    size: int
    sha256: str
    requires_python: str = ""
    metadata_sha256: str = ""
    yanked: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProjectPage(Template, file="index_project.html.j2"):
    """The page of one project: every file with its attributes."""

    title: str
    files: tuple[IndexFile, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RootPage(Template, file="index_root.html.j2"):
    """The page of all projects, by their normalized names."""

    projects: tuple[str, ...]


def project_json(name: str, files: Sequence[IndexFile]) -> str:
    """The page of one project for programs (application/vnd.pypi.simple.v1+json)."""
    versions = list(dict.fromkeys(file.version for file in files))
    facts = {
        "meta": {"api-version": _VERSION},
        "name": name,
        "versions": versions,
        "files": [_facts(one) for one in files],
    }
    return json.dumps(facts, indent=1) + "\n"


def root_json(projects: Sequence[str]) -> str:
    """The page of all projects for programs."""
    facts = {"meta": {"api-version": _VERSION}, "projects": [{"name": name} for name in projects]}
    return json.dumps(facts, indent=1) + "\n"


def _facts(file: IndexFile) -> dict[str, object]:
    facts: dict[str, object] = {
        "filename": file.name, "url": file.url, "size": file.size, "hashes": {"sha256": file.sha256},
        "yanked": (file.reason or True) if file.yanked else False,
    }  # fmt: skip
    if file.requires_python:
        facts["requires-python"] = file.requires_python
    if file.metadata_sha256:
        # by the new name alone (PEP 714): pip before 23.2 misreads what it finds by the old one, dist-info-metadata
        facts["core-metadata"] = {"sha256": file.metadata_sha256}
    return facts
