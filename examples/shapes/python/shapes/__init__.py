"""Polygons in the plane, read from and written as GeoJSON."""

from ._shapes import Polygon, from_geojson, library_version, to_geojson

__all__ = ["Polygon", "from_geojson", "library_version", "to_geojson"]
__version__ = "0.2.0"
