"""What Conan's recipes see of our environment."""

from __future__ import annotations

import pytest

from tests.support import facts
from xconan.conan import process as conan
from xconan.plan import make_plan


@pytest.mark.parametrize("native", [False, True])
def test_flags_are_the_projects_alone_in_a_cross_build(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - two cases
    names = {"CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS"}
    for name in names:
        monkeypatch.setenv(name, "/only/for/the/project")
    monkeypatch.setenv("HOME_OF_NOTHING", "kept")
    target = facts.target("cp311-linux_aarch64")
    plan = make_plan(facts.facts(target, cross=facts.cross(target, native=native)))
    seen = conan._environment(plan)  # noqa: SLF001 - the rule, without Conan
    assert names & seen.keys() == (names if native else set())
    assert seen["HOME_OF_NOTHING"] == "kept"


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("name", ["DESTDIR", "CMAKE_INSTALL_MODE"])
def test_packages_are_installed_where_conan_looks_for_them(
    name: str,
    native: bool,  # noqa: FBT001 - two cases
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A recipe's install() would go below DESTDIR, and the package would be empty."""
    monkeypatch.setenv(name, "/image")
    target = facts.target("cp311-linux_aarch64")
    plan = make_plan(facts.facts(target, cross=facts.cross(target, native=native)))
    assert name not in conan._environment(plan)  # noqa: SLF001 - the rule, without Conan
