"""What `[build-system]` requires, where nobody but xconan looks: another backend is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.parametrize("line", ['requires = "xconan"', "requires = [1]", ""])
def test_what_no_frontend_takes(line: str, root: Path) -> None:
    write(root / "pyproject.toml", f'[build-system]\n{line}\nbuild-backend = "xconan.build"\n')
    with pytest.raises(ConfigError, match="must be a list of strings") as caught:
        check_build_requirements(root)
    assert caught.value.where.endswith("pyproject.toml: build-system.requires")
