"""Names of first projects."""

from __future__ import annotations

import pytest

from xconan.ground.errors import ConfigError
from xconan.starter.names import import_name


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("fastpack", "fastpack"),
        ("fast-pack", "fast_pack"),
        ("Fast__Pack", "fast_pack"),
        ("f", "f"),
        ("x2", "x2"),
    ],
)
def test_good_names(name: str, module: str) -> None:
    assert import_name(name, {"pytest"}) == module


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "'' can't be the name of a project"),
        ("-x", "'-x' can't be the name of a project"),
        ("x_", "'x_' can't be the name of a project"),
        ("a.b", "'a.b' is a project's name with a dot, as of a package in a package, which this does not make"),
        ("json.", "'json.' can't be the name of a project"),
        ("näme", "'näme' can't be the name of a project"),
        ("../up", "'../up' can't be the name of a project"),
        ("a b", "'a b' can't be the name of a project"),
        ("a\n", "'a\n' can't be the name of a project"),
        ("x" * 101, "can't be the name of a project"),
        ("Class", "'class' can't be the name of a package: it is a word of Python's own"),
        ("3d", "'3d' can't be the name of a package: Python's names don't begin with a digit"),
        ("json", "'json' can't be the name of a package: Python's standard library has a module of that name"),
        ("PyTest", "'pytest' can't be the name of a package: a package of that name is needed to build or test it"),
    ],
)
def test_bad_names_and_their_remedies(name: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        import_name(name, {"pytest"})
    assert caught.value.message.endswith(why)
    assert caught.value.where.startswith("NAME")
    suggested = caught.value.hint.removesuffix("; -o DIR says where it goes").rsplit(": ", 1)[-1].rsplit(" ", 1)[-1]
    assert import_name(suggested, {"pytest"})


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("my.pkg", "my-pkg"), ("ünï", "uni"), ("Größe 2", "my-project"), ("łódź", "my-project"), ("jsön", "my-json")],
)
def test_a_name_as_near_as_possible(name: str, suggested: str) -> None:
    with pytest.raises(ConfigError) as caught:
        import_name(name, {"pytest"})
    assert caught.value.hint.removesuffix("; -o DIR says where it goes").endswith(f" {suggested}")
