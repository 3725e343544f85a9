"""The SKBUILD_ variables, beside those that scikit-build-core sets."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version

from tests.support import facts
from xconan.plan import make_plan
from xconan.project.config.records import WheelConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ["demo", "my-demo", "my.demo", "My.Demo-x_y", "a--b"]
VERSIONS = ["1", "1.2.3", "1.2.3.4.5", "2!1.2", "1.2rc1", "1.2.dev3", "1.2+local.4", "2024.1.5.post1"]


def ours(name: str, version: str, wheel: WheelConfig) -> Mapping[str, str]:
    """The variables that a project of this name and version is told."""
    metadata = facts.metadata(name=name, version=version)
    host = facts.target(f"cp{sys.version_info[0]}{sys.version_info[1]}-linux_x86_64")
    plan = make_plan(facts.facts(host, project=facts.project(wheel=wheel), metadata=metadata))
    assert plan.cmake
    variables: Mapping[str, tuple[str, str]] = plan.cmake.files["preload.cmake"].variables  # type: ignore[attr-defined]
    return {one: value for one, (_kind, value) in variables.items() if one.startswith("SKBUILD")}


def theirs(name: str, version: str, py_api: str) -> dict[str, Any]:
    """What scikit-build-core puts into the cache for them, without a CMake."""
    builder = pytest.importorskip("scikit_build_core.builder.builder", reason="pip install scikit-build-core")
    from scikit_build_core.settings.skbuild_model import ScikitBuildSettings  # noqa: PLC0415 - may not be there

    settings = ScikitBuildSettings()
    settings.wheel.py_api = py_api
    settings.cmake.python_hints = False
    told: dict[str, Any] = {}
    config = SimpleNamespace(
        env={}, prefix_dirs=[], prefix_roots={}, module_dirs=[], find_root_path=[], single_config=True,
        init_cache=told.update, configure=lambda **_: None, get_generator=lambda *_, **_more: "Ninja",
        source_dir=None, build_dir=None, build_type="Release",
        cmake=SimpleNamespace(version=Version("3.30")),
    )  # fmt: skip
    made = builder.Builder(settings=settings, config=config)
    made.configure(defines={}, name=name, version=Version(version))
    return told


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert ours(name, "1", WheelConfig())["SKBUILD_PROJECT_NAME"] == theirs(name, "1", "")["SKBUILD_PROJECT_NAME"]


@pytest.mark.parametrize("version", VERSIONS)
def test_versions(version: str) -> None:
    mine, other = ours("demo", version, WheelConfig()), theirs("demo", version, "")
    for one in ("SKBUILD_PROJECT_VERSION", "SKBUILD_PROJECT_VERSION_FULL"):
        assert mine[one] == other[one]


@pytest.mark.parametrize("minimum", [None, 310])
def test_stable_abi(minimum: int | None) -> None:
    wheel = WheelConfig(python_abi="abi3", abi3_minimum_cpython_version=minimum) if minimum else WheelConfig()
    mine, other = ours("demo", "1", wheel), theirs("demo", "1", f"cp{minimum}" if minimum else "")
    names = ["SKBUILD", "SKBUILD_SABI_COMPONENT", "SKBUILD_SABI_VERSION", *(["SKBUILD_SOABI"] if minimum else [])]
    for one in names:
        assert mine[one] == other[one]
