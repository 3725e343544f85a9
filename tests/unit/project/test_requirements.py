"""What `[build-system]` requires, where nobody but xconan looks: another backend is not needed."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import raises_error
from tests.support.crossbuild import write
from xconan.ground.errors import ConfigError
from xconan.project.requirements import check_build_requirements

if TYPE_CHECKING:
    from pathlib import Path


def build_system(root: Path, backend: str, requires: str) -> None:
    write(root / "pyproject.toml", f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n')


@pytest.mark.parametrize(
    ("backend", "project"),
    [
        ("poetry.core.masonry.api", "poetry-core"),
        ("poetry.masonry.api", "poetry"),
        ("pdm.backend", "pdm-backend"),
        ("mesonpy", "meson-python"),
        ("hatchling.build", "hatchling"),
        ("flit_core.buildapi", "flit-core"),
        ("scikit_build_core.build", "scikit-build-core"),
        ("setuptools.build_meta", "setuptools"),
        ("setuptools.build_meta:__legacy__", "setuptools"),
        ("py_build_cmake.build", "py-build-cmake"),
        ("sipbuild.api", "sip"),
    ],
)
def test_another_backend_is_not_needed(backend: str, project: str, root: Path) -> None:
    build_system(root, backend, f"{project}>=999")
    check_build_requirements(root)


@pytest.mark.parametrize("backend", ["poetry.core.masonry.api", "mesonpy", "xconan.build"])
def test_what_else_it_requires_is_needed(backend: str, root: Path) -> None:
    build_system(root, backend, "no-such-thing")
    with pytest.raises(ConfigError, match="this environment lacks no-such-thing"):
        check_build_requirements(root)


@pytest.mark.parametrize("line", ['requires = "xconan"', "requires = [1]"])
def test_what_no_frontend_takes(line: str, root: Path) -> None:
    write(root / "pyproject.toml", f'[build-system]\n{line}\nbuild-backend = "xconan.build"\n')
    with pytest.raises(ConfigError, match="must be a list of strings") as caught:
        check_build_requirements(root)
    assert caught.value.where.endswith("pyproject.toml: build-system.requires")


@pytest.mark.parametrize(
    ("line", "hint"), [('require = ["xconan"]', "did you mean it by 'require'?"), ("", 'write requires = ["xconan"]')]
)
def test_requires_that_is_not_there(line: str, hint: str, root: Path) -> None:
    write(root / "pyproject.toml", f'[build-system]\n{line}\nbuild-backend = "xconan.build"\n')
    with raises_error(ConfigError, "there is no requires", where="build-system.requires", hint=hint):
        check_build_requirements(root)


def test_a_requirement_that_is_none(root: Path) -> None:
    build_system(root, "xconan.build", "pybind 11")
    with raises_error(ConfigError, "'pybind 11' is no requirement: ", hint="write each as pip has it") as caught:
        check_build_requirements(root)
    assert "\n" not in caught.value.message


def test_another_conan_than_ours(root: Path) -> None:
    """To install it, as a missing requirement's remedy says, would end in the next error."""
    build_system(root, "xconan.build", "conan~=2.31.2")
    with raises_error(ConfigError, ("conan~=2.31.2 is required", "requires conan<"), hint="or leave conan out"):
        check_build_requirements(root)
    here = version("conan").rpartition(".")[0]
    build_system(root, "xconan.build", f"conan>={here}.90")  # of the same minor version: it may be had
    with pytest.raises(ConfigError, match="this environment lacks conan"):
        check_build_requirements(root)
    build_system(root, "xconan.build", "packaging>=999")
    with pytest.raises(ConfigError, match="this environment lacks packaging"):
        check_build_requirements(root)
