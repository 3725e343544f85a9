"""The wheel's own tests: they run wherever the wheel does, emulated hosts included."""

from __future__ import annotations

import json

import pytest
import shapes

OUTER = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]
HOLE = [(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0)]


def test_measures() -> None:
    frame = shapes.Polygon([OUTER, HOLE])
    assert frame.area == pytest.approx(11)
    assert frame.perimeter == pytest.approx(18)
    assert frame.bounds == (0, 0, 4, 3)
    assert frame.rings == [OUTER, HOLE]


def test_points_inside_in_the_hole_and_outside() -> None:
    frame = shapes.Polygon([OUTER, HOLE])
    assert [frame.contains(x, y) for x, y in ((3, 1.5), (1.5, 1.5), (5, 1))] == [True, False, False]


def test_geojson_goes_out_and_comes_back() -> None:
    text = shapes.to_geojson(shapes.Polygon([OUTER]))
    closed = [list(point) for point in (*OUTER, OUTER[0])]
    assert json.loads(text) == {"type": "Polygon", "coordinates": [closed]}
    (back,) = shapes.from_geojson(text)
    assert back.rings == [OUTER]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type": "Polygon", "coordinates": [[[0, 0]]]}'])
def test_what_is_no_geojson_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"no GeoJSON|at least three points"):
        shapes.from_geojson(text)


def test_the_package_and_the_library_within_are_of_one_version() -> None:
    assert shapes.__version__ == shapes.library_version()
