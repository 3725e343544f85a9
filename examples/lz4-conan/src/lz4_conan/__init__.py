"""LZ4 blocks: compress() and decompress() of bytes."""

from ._block import VERSION, compress, decompress

__all__ = ["VERSION", "compress", "decompress"]
