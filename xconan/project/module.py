"""The project's own Python files: where the package or module lies, and which files of it the wheel takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.ground.files import relative_names

if TYPE_CHECKING:
    from pathlib import Path

    from xconan.project.config.records import Project


@dataclass(frozen=True, kw_only=True)
class Module:
    """The Python part of a project.

    Attributes:
        files: (place in the wheel with forward slashes, file), sorted.
        main: the file that holds the docstring and `__version__`, None for namespaces.
    """

    files: tuple[tuple[str, Path], ...]
    main: Path | None


def find_module(project: Project) -> Module:
    """Find the package NAME/ or module NAME.py (or .pyi beside a generated one).

    Without `directory`, the project's folder and then `src` in it are searched. A project may have none: then
    the wheel holds what CMake installs, and has to bring the module.

    Raises:
        ConfigError: `directory` or `namespace` name something that isn't there, or there are two.
    """
    config, root = project.module, project.root
    places = [config.directory] if config.directory else [root, root / "src"]
    relative = config.name.replace(".", "/")
    packages = [(place, place / relative) for place in places if (place / relative).is_dir()]
    if not config.namespace:
        packages = [one for one in packages if (one[1] / "__init__.py").is_file() or config.generated]
    modules = [(place, place / f"{relative}.py") for place in places if (place / f"{relative}.py").is_file()]
    found = [*packages, *modules]
    where = f"{project.pyproject_file}: tool.xconan.module"
    if len(found) > 1:
        names = " and ".join(str(path) for _, path in found)
        raise ConfigError(f"there are {names}", where=where, hint="name the folder of the right one by directory")
    if not found:
        if config.directory or config.namespace or project.cmake is None:
            tried = " or ".join(str(place / relative) for place in places)
            raise ConfigError(f"there is no package {config.name}: no {tried}", where=where,
                              hint="set name and directory, or generated if CMake makes it")  # fmt: skip
        return Module(files=_stubs(places, relative), main=None)
    place, path = found[0]
    if path.is_dir():
        prefix = path.relative_to(place).as_posix()
        files = tuple((f"{prefix}/{name}", path / name) for name in relative_names(path))
        main = path / "__init__.py"
        return Module(files=files, main=main if main.is_file() else None)
    own = (path.relative_to(place).as_posix(), path)
    return Module(files=tuple(sorted((own, *_stubs([place], relative)))), main=path)


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
