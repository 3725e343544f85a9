"""Whether a wheel is to hold Python files alone, where only a missing CMakeLists.txt suggests it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError
from xconan.project.config.recipe import read_recipe
from xconan.project.search import own_folders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xconan.project.config.records import CrossConfig, Project

# files beside pyproject.toml that build something, and what they are
_BUILDS = {"meson.build": "a project of Meson", "Cargo.toml": "a crate of Rust"}


def check_purity(project: Project, cross: CrossConfig) -> None:
    """Refuse a guess: a wheel for any machine, where a machine was named or something here is to be compiled.

    Raises:
        ConfigError: with what to write.
    """
    if project.cmake is not None or project.wheel.pure_python is not None:
        return
    lists = next((folder for folder in own_folders(project.root) if (folder / "CMakeLists.txt").is_file()), None)
    reasons = list(_reasons(project, cross, lists))
    if not reasons:
        return
    write = f"write a CMakeLists.txt{_missing_methods(project)}"
    if lists:
        write = f'write [tool.xconan.cmake] source_path = "{lists.relative_to(project.root).as_posix()}"'
    raise ConfigError(
        f"without a CMakeLists.txt beside pyproject.toml this is a wheel for any machine (py3-none-any), but "
        f"{' and '.join(reasons)}",
        where=f"{project.pyproject_file}: tool.xconan.cmake.source_path",
        hint=f"{write}; or, if there is nothing to compile, [tool.xconan.wheel] pure_python = true",
    )


def _missing_methods(project: Project) -> str:
    """What a conanfile.py lacks that could build the wheel itself.

    Raises:
        ConfigError: it is no Python, so that nobody knows.
    """
    conanfile = project.conan.conanfile
    if conanfile is None or conanfile.suffix != ".py":
        return ""
    try:
        ast.parse(conanfile.read_bytes(), filename=str(conanfile))
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        message = error.msg if isinstance(error, SyntaxError) else error
        raise ConfigError(
            f"this is no Python: {message}", where=f"{conanfile}{line}", hint="mend that line"
        ) from None  # fmt: skip
    recipe = read_recipe(conanfile)
    lacks = [f"{name}()" for name in ("build", "package") if recipe is None or name not in recipe.methods]
    return f", or {' and '.join(lacks)} in {conanfile.name}, if it is to build the wheel itself" if lacks else ""


def _reasons(project: Project, cross: CrossConfig, lists: Path | None) -> Iterator[str]:
    if not cross.native:
        yield f"one for {cross.target.name} is asked for"
    if lists:
        yield f"there is {(lists / 'CMakeLists.txt').relative_to(project.root)}"
    if project.conan.conanfile:
        yield f"there is {project.conan.conanfile.name}"
    elif project.conan.wanted:
        yield "tool.xconan.conan has requirements"
    for name, what in _BUILDS.items():
        if (project.root / name).is_file():
            yield f"there is {name}, {what}"
    if _has_extensions(project.root / "setup.py"):
        yield "setup.py has ext_modules"


def _has_extensions(setup: Path) -> bool:
    """Whether setup() is given ext_modules; by its code, not by what a comment says."""
    try:
        tree = ast.parse(setup.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        (isinstance(node, ast.keyword) and node.arg == "ext_modules")
        or (isinstance(node, ast.Constant) and node.value == "ext_modules")
        for node in ast.walk(tree)
    )
