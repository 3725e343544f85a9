"""LZ4 frames in memory, by the LZ4 library itself."""

from ._core import compress, decompress, lz4_version

__all__ = ["compress", "decompress", "lz4_version"]
__version__ = "0.1.0"
