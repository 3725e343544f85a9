"""The versions that pyproject.toml asks for are those that the code knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from xconan.conan.process import CONAN_VERSIONS
from xconan.ground.files import load_toml
from xconan.project.config.records import MINIMUM_CMAKE

PROJECT: dict[str, Any] = load_toml(Path(__file__).parents[2] / "pyproject.toml")
LISTS = {
    "project.dependencies": PROJECT["project"]["dependencies"],
    "optional-dependencies.zig": PROJECT["project"]["optional-dependencies"]["zig"],
    "dependency-groups.test": PROJECT["dependency-groups"]["test"],
}


@pytest.mark.parametrize(
    ("where", "name", "versions"),
    [
        ("project.dependencies", "conan", f">={CONAN_VERSIONS[0]},<{CONAN_VERSIONS[1]}"),
        ("optional-dependencies.zig", "cmake", f">={MINIMUM_CMAKE}"),
        ("dependency-groups.test", "cmake", f">={MINIMUM_CMAKE}"),
    ],
)
def test_versions(where: str, name: str, versions: str) -> None:
    requirements = {found.name: found for found in map(Requirement, LISTS[where])}
    assert requirements[name].specifier == Requirement(f"{name}{versions}").specifier
