"""Kinds and libraries of first projects."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from tests.support.golden import REPOSITORY
from xconan.ground.errors import ConfigError
from xconan.starter.choices import choose_library, kinds, libraries

TEMPLATES = REPOSITORY / "xconan" / "starter" / "templates"


def test_kinds() -> None:
    assert [*kinds()] == ["pybind11", "nanobind", "capi", "cython"]
    for kind in kinds().values():
        assert (TEMPLATES / f"{kind.name}.j2").is_file()
        assert all(Requirement(one).specifier for one in kind.requires)


def test_the_version_may_be_left_out() -> None:
    assert choose_library("lz4") == libraries()["lz4"]
    assert choose_library("lz4").reference == "lz4/1.9.4"
    assert choose_library("lz4/1.10.0").reference == "lz4/1.10.0"
    assert choose_library("lz4/1.10.0").target == "lz4::lz4"


@pytest.mark.parametrize("name", libraries())
def test_every_library_has_a_recipe_to_test_it_with(name: str) -> None:
    versions = REPOSITORY / "recipes" / "recipes" / name / "config.yml"
    assert libraries()[name].version in versions.read_text("utf-8")


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("lz5", "no first project is made with the library 'lz5'", "did you mean 'lz4'?"),
        ("openssl/3.2.0", "no first project is made with the library 'openssl'", "there are lz4, bzip2; for another"),
        ("lz4/", "'' is no version of a Conan recipe", "write lz4/1.9.4, or lz4 alone"),
        ("lz4/[>1]", "'[>1]' is no version of a Conan recipe", "write lz4/1.9.4, or lz4 alone"),
        ('lz4/1"', "'1\"' is no version of a Conan recipe", "write lz4/1.9.4, or lz4 alone"),
        ("lz4/1\n", "'1\n' is no version of a Conan recipe", "write lz4/1.9.4, or lz4 alone"),
    ],
)
def test_other_libraries(reference: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_library(reference)
    assert caught.value.message == message
    assert caught.value.hint.startswith(hint)
