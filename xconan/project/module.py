"""The project's own Python files: where the package or module lies, and which files of it the wheel takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, Problems, printable
from xconan.ground.report import warn
from xconan.project.belongs import is_secret
from xconan.project.links import Reach, packable, portable_name
from xconan.project.listing import is_unpacked, project_files_of_git
from xconan.project.packages import named_packages, suggested_packages
from xconan.project.search import holds_helpers, own_folders

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.config.records import Project

_MOST = 10  # of files that can't be packed; the next build says the rest


@dataclass(frozen=True, kw_only=True)
class Module:
    """The Python part of a project.

    Attributes:
        files: (place in the wheel with forward slashes, file), sorted.
        main: the file that holds the docstring and `__version__`, None for namespaces.
        untaken: a folder of the module's name without `__init__.py`, of which nothing is taken: it may be a package
            that lacks the file, or hold the sources of a module that CMake makes.
    """

    files: tuple[tuple[str, Path], ...]
    main: Path | None
    untaken: Path | None = None


def find_module(project: Project, *, again: bool = False) -> Module:
    """Find the package NAME/ or module NAME.py (or .pyi beside a generated one).

    Without `directory`, the project's folder and then `src` in it are searched. A project may have none: then
    the wheel holds what CMake installs, and has to bring the module.

    Args:
        project: its configuration.
        again: it was found before CMake ran, which may have made files in it; what was said then is not repeated.

    Raises:
        ConfigError: `directory` or `namespace` name something that isn't there, there are two, or files that can't be
            packed: links that lead nowhere or out of the project, pipes, names that are no UTF-8.
    """
    config, root = project.module, project.root
    _check_name(project)
    if config.packages is not None:
        return _named(project, quiet=again)
    places = [config.directory] if config.directory else [root, root / "src"]
    relative = config.name.replace(".", "/")
    packages = folders = [(place, place / relative) for place in places if (place / relative).is_dir()]
    if not config.namespace:
        packages = [
            (place, folder) for place, folder in packages if (folder / "__init__.py").is_file() or config.generated
        ]
    modules = [(place, place / f"{relative}.py") for place in places if (place / f"{relative}.py").is_file()]
    candidates = [*packages, *modules]
    table = f"{project.pyproject_file}: tool.xconan.module"
    where = project.place("module.directory") if config.directory else table
    if len(candidates) > 1:
        names = " and ".join(str(path) for _, path in candidates)
        beside = len({place for place, _ in candidates}) == 1
        raise ConfigError(f"there are {names}", where=where, hint="rename or remove one of them: an import finds the "
                          "folder" if beside else "name the folder of the right one by directory")  # fmt: skip
    if not candidates:
        return _nothing_found(project, places, [folder for _, folder in folders], where)
    place, path = candidates[0]
    reach = Reach(root=root, more=(config.directory,) if config.directory else ())
    if path.is_dir():
        files = _files_in(project, path, path.relative_to(place).as_posix(), reach, where, quiet=again)
        if not any(name.endswith((".py", ".pyi")) for name, _ in files):
            _refuse_elsewhere(project, relative, where)
        main = path / "__init__.py"
        return Module(files=files, main=main if main.is_file() else None)
    own = (path.relative_to(place).as_posix(), path)
    files = tuple(sorted((own, *_stubs([place], relative))))
    _refuse({file: why for _, file in files if (why := reach.refusal(file))}, where)
    return Module(files=files, main=path)


def _named(project: Project, *, quiet: bool) -> Module:
    """The packages and modules that `module.packages` names."""
    where = project.place("module.packages")
    _check_among(project)
    reach = Reach(root=project.root)
    files: list[tuple[str, Path]] = []
    mains: list[Path] = []
    for name, path in named_packages(project):
        if path.is_dir():
            files += _files_in(project, path, name, reach, where, quiet=quiet)
            mains += [path / "__init__.py"] if (path / "__init__.py").is_file() else []
        else:
            _refuse({path: why} if (why := reach.refusal(path)) else {}, where)
            files += [(name, path), *_stubs([path.parent], path.stem)]
            mains.append(path)
    return Module(files=tuple(sorted(files)), main=next(iter(mains), None))


def _check_among(project: Project) -> None:
    """Refuse a `module.name` that is none of `module.packages`: which of the two is meant, nobody can tell."""
    config = project.module
    tops = [name.partition(".")[0] for name, _path in named_packages(project)]
    if (
        tops
        and not config.generated
        and "module.name" in dict(project.places)
        and config.name.split(".")[0] not in tops
    ):
        raise ConfigError(
            f"name is {config.name}, and packages has {', '.join(tops)} alone", where=project.place("module.packages"),
            hint=f"leave name out, add the folder of {config.name} to packages, or, if CMake makes it, set generated",
        )  # fmt: skip


def _files_in(
    project: Project, folder: Path, prefix: str, reach: Reach, where: str, *, quiet: bool
) -> tuple[tuple[str, Path], ...]:
    """The files of a package, by their places below PREFIX in the wheel."""
    inside, refused = packable(folder, reach)
    _refuse({folder / name: why for name, why in refused.items()}, where)
    inside = _without_secrets(project, folder, inside, prefix, quiet=quiet)
    return tuple((f"{prefix}/{portable_name(name)}", folder / name) for name in inside)


def _nothing_found(project: Project, places: list[Path], folders: list[Path], where: str) -> Module:
    """No package and no module: CMake is to bring it, unless the project says or shows that it should be there.

    Args:
        project: its configuration.
        places: where it was looked for.
        folders: of its name, without `__init__.py`.
        where: for errors.
    """
    config = project.module
    relative = config.name.replace(".", "/")
    if config.directory or config.namespace or project.cmake is None:
        tried = " or ".join(str(place / relative) for place in places)
        hint = "set name and directory, or generated if CMake makes it"
        if not config.directory and not config.namespace:
            hint = suggested_packages(project.root)
        if elsewhere := _elsewhere(project, relative):
            hint = f'write directory = "{elsewhere}"'
        for folder in folders:
            if python_files(folder):
                hint = f"write {folder / '__init__.py'}, or set tool.xconan.module.namespace = true"
        raise ConfigError(f"there is no package {config.name}: no {tried}", where=where, hint=hint)
    if not config.generated:
        _refuse_elsewhere(project, relative, where)
        _refuse_other_spelling(project, places, where)
    return Module(files=_stubs(places, relative), main=None, untaken=folders[0] if folders else None)


def _elsewhere(project: Project, relative: str) -> str:
    """The folder, relative to the project, that holds a package or module of this name where nobody looks; or ""."""
    for folder in own_folders(project.root):
        module = (folder / f"{relative}.py").is_file() and not holds_helpers(folder, project.root)
        if (folder / relative / "__init__.py").is_file() or module:
            return folder.relative_to(project.root).as_posix()
    return ""


def _refuse_elsewhere(project: Project, relative: str, where: str) -> None:
    """Refuse a package without a Python file where another folder holds one of the same name with them."""
    if elsewhere := _elsewhere(project, relative):
        raise ConfigError(
            f"the package {project.module.name} has its Python files in {elsewhere}/{relative}, and they would be "
            "missing in the wheel", where=where, hint=f'write [tool.xconan.module] directory = "{elsewhere}"',
        )  # fmt: skip


def _refuse_other_spelling(project: Project, places: list[Path], where: str) -> None:
    """Refuse a package whose folder is the module's name in other letters: "My-Pkg" or "my_pkg" for My_Pkg."""
    name = project.module.name
    alike = [
        folder for place in places if place.is_dir() for folder in sorted(place.iterdir())
        if folder.name.lower().replace("-", "_") == name.lower() and (folder / "__init__.py").is_file()
    ]  # fmt: skip
    if not alike:
        return
    folder = alike[0].relative_to(project.root).as_posix()
    better = alike[0].with_name(name).relative_to(project.root).as_posix()
    dashed = "-" in alike[0].name
    why = "Python can't import a name with -" if dashed else "its name is spelled otherwise"
    also = "" if dashed else f', or write [tool.xconan.module] name = "{alike[0].name}"'
    raise ConfigError(f"the package {name} would be missing: there is the folder {folder}, but {why}", where=where,
                      hint=f"rename the folder to {better}{also}")  # fmt: skip


def _check_name(project: Project) -> None:
    name = project.module.name
    if not name or not all(part.isidentifier() for part in name.split(".")):
        raise ConfigError(
            f"'{name}' can't be imported: it is no name of a Python module",
            where=f"{project.place('module.name')}, else project.name",
            hint='set tool.xconan.module.name = "…" to what import says: letters, digits, _, and dots between packages',
        )


def _refuse(refused: dict[Path, tuple[str, str]], where: str) -> None:
    problems = Problems()
    for path, (why, remedy) in sorted(refused.items())[:_MOST]:
        problems.add(f"{path} can't be a part of the wheel: {why}", file=where, hint=remedy)
    problems.raise_if_any()


def python_files(folder: Path) -> list[str]:
    """The Python files in a folder and in the packages below it, relative to it: what could be imported."""
    return [name for name in packable(folder, Reach(root=folder))[0] if name.endswith(".py")
            and ("/" not in name or (folder / name).with_name("__init__.py").is_file())]  # fmt: skip


def _without_secrets(project: Project, folder: Path, names: list[str], place: str, *, quiet: bool) -> list[str]:
    """Without what seems to be a secret, unless version control or a source distribution has it; and say so.

    Args:
        project: its configuration.
        folder: of the package.
        names: of its files, relative to it.
        place: of the package in the wheel.
        quiet: it has been said.
    """
    suspects = {name for name in names if is_secret(name, folder / name)}
    if not suspects or not folder.is_relative_to(project.root):
        return [name for name in names if name not in suspects]
    prefix = folder.relative_to(project.root).as_posix()
    tracked: set[str] = set()
    by_git = True
    try:
        if git := project_files_of_git(project.root):
            tracked = git.tracked
        elif is_unpacked(project.root):
            return names
        else:
            by_git = False
    except ConfigError:  # git distrusts the repository: what it tracks is not known
        pass
    suspects = {name for name in suspects if f"{prefix}/{name}" not in tracked}
    named = {project.root / str(text) for text in project.wheel.include.values()}
    for name in () if quiet else sorted(suspects):
        if named & {folder / name, *(folder / name).parents}:
            continue  # `wheel.include` packs it
        remedy = "have git track it (git add -f)"
        if not by_git:
            own = f'"{place}/{name}" = "{prefix}/{name}"'
            remedy = f"write [tool.xconan.wheel] include = {{{printable(own)}}}"
        shown = printable(str(folder / name))
        warn(f"{shown} is left out of the wheel, because it looks like a secret; to pack it, {remedy}")
    return [name for name in names if name not in suspects]


def _stubs(places: list[Path], relative: str) -> tuple[tuple[str, Path], ...]:
    return tuple(
        (f"{relative}.pyi", place / f"{relative}.pyi") for place in places if (place / f"{relative}.pyi").is_file()
    )


def read_dynamic(main: Path) -> tuple[str | None, str | None]:
    """`__version__` and the first paragraph of the docstring, read without importing the module.

    Raises:
        ConfigError: the file isn't Python.
    """
    import ast  # noqa: PLC0415 - the result is kept with the metadata

    try:
        tree = ast.parse(main.read_bytes(), filename=str(main))
    except (SyntaxError, ValueError) as error:
        raise ConfigError(f"cannot read version and description: {error}", where=str(main)) from None
    version = None
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        named = any(isinstance(target, ast.Name) and target.id == "__version__" for target in targets)
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            version = value.value
    docstring = ast.get_docstring(tree) or ""
    summary = " ".join(docstring.split("\n\n")[0].split())
    return version, summary or None
