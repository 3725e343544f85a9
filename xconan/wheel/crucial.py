"""The files that every source distribution needs to be built, whatever `sdist.include` and `sdist.exclude` say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import Problems
from xconan.ground.files import Entry
from xconan.project.links import Reach, packable, portable_name
from xconan.project.packages import included
from xconan.project.providers import files_of_provider
from xconan.wheel.check.imports import read_imports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xconan.project.config.records import Project
    from xconan.project.metadata import Metadata


def crucial_files(project: Project, metadata: Metadata) -> list[str]:
    """pyproject.toml and what it names: readme, licences, templates, further files, and what says its dynamic keys.

    The module of a provider, or of a backend in the project itself, is taken with what it imports beside it.

    Raises:
        ConfigError: or ErrorGroup: one lies outside of the project.
    """
    names = ["pyproject.toml", *metadata.license_files, *([metadata.readme] if metadata.readme else [])]
    named = [*included(project, "data").values(), *(file.template_path for file in project.generated)]
    names += [name_in(path, project.root) for path in named if path and path.is_relative_to(project.root)]
    problems = Problems()
    for name in names:
        if name.startswith("../"):
            problems.add(f"{name} lies outside of the project, so a source distribution can't hold it",
                         file=project.pyproject_file, key="project.readme",
                         hint=f"ln -s {name} . and name the link")  # fmt: skip
    for path, place in [*_of_providers(project), *_of_backend(project)]:
        name = name_in(path, project.root)
        if not name.startswith("../"):
            names.append(name)
        elif place.startswith(str(project.pyproject_file)):  # what a file of one user names is that user's matter
            problems.add(f"the build reads {path}, outside of the project: a source distribution can't hold it",
                         file=place, hint="put it below pyproject.toml, and name it there")  # fmt: skip
    problems.raise_if_any()
    return [*dict.fromkeys(names)]


def name_in(path: Path, root: Path) -> str:
    """A file's name relative to the project, with forward slashes, as archives have it."""
    name = os.path.relpath(path, root).replace(os.sep, "/")
    return portable_name(name) or name


def _of_providers(project: Project) -> Iterator[tuple[Path, str]]:
    """The files that say the dynamic keys, and of plugins in the project their own: (file, who names it)."""
    for provider in project.providers:
        found = files_of_provider(provider, project)
        if provider.path:
            found += _module_files(provider.path, provider.name, project.root)
        yield from ((path, provider.place) for path in found)


def _of_backend(project: Project) -> Iterator[tuple[Path, str]]:
    """The files of a backend that lies in the project: `backend-path` of PEP 517."""
    table = project.pyproject.get("build-system")
    table = cast("dict[str, object]", table if isinstance(table, dict) else {})
    folders, backend = table.get("backend-path"), table.get("build-backend")
    if isinstance(folders, list) and isinstance(backend, str):
        where = f"{project.pyproject_file}: build-system.backend-path"
        for folder in folders:
            found = _module_files(project.root / str(folder), backend.partition(":")[0], project.root)
            yield from ((path, where) for path in found)


def _module_files(folder: Path, name: str, root: Path) -> list[Path]:
    """The files of a module or package of this folder, and those of the modules beside it that it imports."""
    found: dict[Path, None] = {}
    waiting, seen = [name.partition(".")[0]], set()
    while waiting:
        top = waiting.pop()
        if top in seen or not top:
            continue
        seen.add(top)
        files = {f"{top}.py": folder / f"{top}.py"} if (folder / f"{top}.py").is_file() else {}
        if (folder / top).is_dir():
            inside, _refused = packable(folder / top, Reach(root=root))
            files |= {f"{top}/{one}": folder / top / one for one in inside}
        found |= dict.fromkeys(files.values())
        imports = read_imports([Entry(name=one, source=path) for one, path in files.items()])
        waiting += [one.partition(".")[0] for one in {**imports.firm, **imports.optional}]
    return [*found]
