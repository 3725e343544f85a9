"""A module over three libraries."""

from threelibs._core import snappy_bound, versions

__version__ = "1.0"
__all__ = ["snappy_bound", "versions"]
