"""What lies in what, by the names of paths alone."""

from __future__ import annotations

import pytest

from xconan.ground.places import leads_back, lies_in


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b/c", "/a/b", True),
        ("/a/b/c", "/a/b/", True),
        ("/a/bc", "/a/b", False),
        ("/a", "/a/b", False),
        ("/a", "/", True),
        ("/", "/", True),
        ("/a", "/a/", False),
        ("src/x.c", "src", True),
        ("source", "src", False),
    ],
)
def test_lies_in(path: str, folder: str, inside: bool) -> None:  # noqa: FBT001 - a table
    assert lies_in(path, folder) is inside


def test_leads_back() -> None:
    above = frozenset({"/p", "/p/src"})
    assert leads_back("/p/src", above)
    assert leads_back("/", above)
    assert not leads_back("/p/src/deeper", above)
    assert not leads_back("/p/s", above)
