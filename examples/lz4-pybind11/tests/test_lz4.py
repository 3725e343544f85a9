"""The wheel's own tests: they run wherever the wheel does, emulated hosts included."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import lz4_pybind11
import pytest

WORDS = b"the quick brown fox jumps over the lazy dog".split()


def text(seed: int, words: int = 20_000) -> bytes:
    """Make text that compresses well, always the same for a seed."""
    return b" ".join(random.Random(seed).choices(WORDS, k=words))  # noqa: S311 (nothing secret)


@pytest.mark.parametrize("data", [b"", b"a", b"\0" * 5_000_000, text(1)], ids=["empty", "one", "zeros", "text"])
@pytest.mark.parametrize("acceleration", [1, 20])
def test_data_comes_back(data: bytes, acceleration: int) -> None:
    assert lz4_pybind11.decompress(lz4_pybind11.compress(data, acceleration=acceleration)) == data


def test_text_gets_smaller_and_less_so_when_accelerated() -> None:
    data = text(2)
    best, fast = (len(lz4_pybind11.compress(data, acceleration=step)) for step in (1, 50))
    assert best < fast < len(data)


def test_frames_are_those_of_the_lz4_program() -> None:
    # The magic number of the frame format is little-endian, on whatever machine.
    assert lz4_pybind11.compress(b"data").startswith(b"\x04\x22\x4d\x18")


@pytest.mark.parametrize("damage", [b"", b"not a frame at all", b"\x04\x22\x4d\x18"])
def test_what_is_no_frame_is_an_error(damage: bytes) -> None:
    with pytest.raises(ValueError, match="not a valid LZ4 frame"):
        lz4_pybind11.decompress(damage)


def test_damaged_frames_are_errors() -> None:
    frame = lz4_pybind11.compress(text(3))
    middle = len(frame) // 2
    flipped = frame[:middle] + bytes([frame[middle] ^ 0xFF]) + frame[middle + 1 :]
    for damaged in (frame[:-1], frame[:middle], frame + b"more", flipped):
        with pytest.raises(ValueError, match="not a valid LZ4 frame"):
            lz4_pybind11.decompress(damaged)


def test_acceleration_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="acceleration"):
        lz4_pybind11.compress(b"data", acceleration=0)


def test_threads_compress_at_once() -> None:
    data = [text(seed) for seed in range(8)]
    with ThreadPoolExecutor() as threads:
        frames = list(threads.map(lz4_pybind11.compress, data))
        assert list(threads.map(lz4_pybind11.decompress, frames)) == data


def test_the_library_is_the_one_that_conanfile_names() -> None:
    assert lz4_pybind11.lz4_version() == "1.9.4"
