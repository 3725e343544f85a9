"""Packages that a project names by their folders, and further files that it puts into places of the wheel."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, Problems
from xconan.project.cmake_lists import leaves_sources
from xconan.project.links import Reach, packable
from xconan.project.search import own_folders

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from xconan.project.config.records import Project

_ROOTS = ("src", "python", "lib")  # folders of packages that are none themselves
_SCHEMES = ("scripts", "data", "headers")  # of a wheel's .data folder; the binary distribution format has them
_SCHEME = re.compile(r"\{(\w*)\}")


def named_packages(project: Project) -> list[tuple[str, Path]]:
    """What `module.packages` names: (name in the wheel, folder or file), in its order.

    Raises:
        ConfigError: something named is not there, is no package or module, or two have one name.
    """
    where = project.place("module.packages")
    found: dict[str, Path] = {}
    if project.module.directory and project.module.packages:
        raise ConfigError("packages name their folders, and directory is not looked at", where=where,
                          hint="leave directory out")  # fmt: skip
    for text in project.module.packages or ():
        path = _inside(project, text, where)
        if path.is_file() and path.suffix != ".py":
            raise ConfigError(f"{text} is no Python module", where=where,
                              hint=f'put data beside packages by [tool.xconan.wheel] include = {{"{path.name}" = '
                              f'"{text}"}}')  # fmt: skip
        if not path.stem.isidentifier() or (path.is_dir() and not path.name.isidentifier()):
            raise ConfigError(f"{text} can't be imported: '{path.name}' is no name of a Python module", where=where,
                              hint="rename it: letters, digits and _")  # fmt: skip
        if other := next((one for one in found.values() if one.stem == path.stem), None):
            what = "have one place in the wheel" if other.name == path.name else "be imported by one name"
            raise ConfigError(f"{text} and {other} would {what}", where=where, hint="take one of them out")
        found[path.name] = path
    return [*found.items()]


def included(project: Project, data_folder: str) -> dict[str, Path]:
    """What `wheel.include` puts into the wheel: (place, file).

    Args:
        project: its configuration.
        data_folder: the wheel's .data folder, of which {scripts}, {data} and {headers} are parts.

    Raises:
        ConfigError: a file is not there, can't be packed, or its place is none in a wheel.
    """
    where = project.place("wheel.include")
    files: dict[str, Path] = {}
    for place, text in project.wheel.include.items():
        path = _inside(project, str(text), where)
        top = _place(place, data_folder, where)
        if path.is_file():
            files[f"{top}{path.name}" if place.endswith("/") else top] = path
            continue
        names, refused = packable(path, Reach(root=project.root))
        for name, (why, remedy) in sorted(refused.items()):
            raise ConfigError(f"{path / name} can't be a part of the wheel: {why}", where=where, hint=remedy)
        files |= {f"{top.rstrip('/')}/{name}".lstrip("/"): path / name for name in names}
    return files


def check_included(project: Project) -> None:
    """Refuse what `wheel.include` names and no build will find, before one begins.

    Raises:
        ConfigError: or ErrorGroup: as included() does later for what the build itself may make.
    """
    where, problems = project.place("wheel.include"), Problems()
    for place, text in project.wheel.include.items():
        with problems.collected():
            _place(place, "data", where)
            if (project.root / str(text)).exists() or not _may_be_made(project, project.root / str(text)):
                _inside(project, str(text), where)
    problems.raise_if_any()


def _may_be_made(project: Project, path: Path) -> bool:
    """Whether the build may write a file of the project."""
    conanfile = project.conan.conanfile
    configs = [one for one in (project.cmake, *project.more_cmakes) if one]
    return (
        project.builds_by_recipe
        or bool(conanfile and conanfile.suffix == ".py")
        or any(path.is_relative_to(project.root / one.build_path.partition("{")[0]) for one in configs)
        or any(one.preset or not leaves_sources(one.source_path) for one in configs)
        or any(str(project.root) in text for one in configs for text in (*one.args, *(str(o[2]) for o in one.options)))
    )


def packages_nearby(root: Path) -> list[str]:
    """The packages of a project that lie where their names say, relative to it: ["src/nav", "tools"].

    Of a namespace it is the topmost folder.
    """
    found: dict[str, None] = {}
    for folder in own_folders(root):
        if not (folder / "__init__.py").is_file() or (folder.parent / "__init__.py").is_file():
            continue
        parts = list(folder.relative_to(root).parts)
        top = next((at for at, part in enumerate(parts[:-1]) if part not in _ROOTS), len(parts) - 1)
        found.setdefault("/".join(parts[: top + 1]))
    return [*found]


def suggested_packages(root: Path) -> str:
    """What to write for the packages that are there; for none, what makes a wheel without any."""
    nearby = ", ".join(f'"{name}"' for name in packages_nearby(root))
    if nearby:
        return f"write [tool.xconan.module] packages = [{nearby}]"
    return "write [tool.xconan.module] packages = [], if the wheel is to hold no package and no module"


def siblings_left_out(project: Project, names: Iterator[str]) -> list[str]:
    """Packages beside the project's own, in its folder `src` or the like, of which nothing is in the wheel."""
    if project.module.packages is not None:
        return []
    inside = {name.partition("/")[0] for name in names}
    places = [project.module.directory] if project.module.directory else [project.root / name for name in _ROOTS]
    folders = [
        folder for place in places if place != project.root and place.is_dir() for folder in sorted(place.iterdir())
        if folder.name not in inside and (folder / "__init__.py").is_file()
    ]  # fmt: skip
    return [folder.relative_to(project.root).as_posix() for folder in folders if folder.is_relative_to(project.root)]


def parents_left_out(project: Project, names: Container[str]) -> list[str]:
    """`__init__.py` of the packages that the project's own lies in, "src/ns/__init__.py" of "ns.foo", if left out."""
    config, root = project.module, project.root
    if config.packages is not None:
        return []
    places = [config.directory] if config.directory else [root, root / "src"]
    parts = config.name.split(".")
    above = ["/".join([*parts[:count], "__init__.py"]) for count in range(1, len(parts))]
    found = [place / file for place in places for file in above if file not in names and (place / file).is_file()]
    return [path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path) for path in found]


def _inside(project: Project, text: str, where: str) -> Path:
    path = Path(text)
    if path.is_absolute() or ".." in path.parts:
        raise ConfigError(f"{text} is not in the project's folder", where=where,
                          hint="name it relative to the project; what lies elsewhere, CMake may install")  # fmt: skip
    path = project.root / path
    if not path.exists():
        nearby = packages_nearby(project.root)
        close = [name for name in nearby if name.rpartition("/")[2] == path.name]
        hint = f'did you mean "{close[0]}"?' if close else "correct its name; it is relative to the project's folder"
        raise ConfigError(f"there is no {text}", where=where, hint=hint)
    return path


def _place(place: str, data_folder: str, where: str) -> str:
    match = _SCHEME.match(place)
    if match and match[1] not in _SCHEMES:
        raise ConfigError(f"a wheel has no part {match.group()}", where=where,
                          hint=f"known are {', '.join(f'{{{name}}}' for name in _SCHEMES)}")  # fmt: skip
    text = f"{data_folder}/{match[1]}{place[match.end() :]}" if match else place
    parts = PurePosixPath(text).parts
    if text.startswith("/") or ".." in parts or "\\" in text:
        raise ConfigError(f"'{place}' is no place in the wheel", where=where,
                          hint='write "pkg/data/file", with forward slashes; or "{scripts}/name"')  # fmt: skip
    return "" if text in (".", "./") else text.removeprefix("./")
