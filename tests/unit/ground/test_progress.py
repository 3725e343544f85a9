"""What programs' output tells of how far they are, and of why they failed."""

from __future__ import annotations

import pytest

from xconan.ground.progress import Progress, counted, telling_lines

CONAN = """\
======== Computing dependency graph ========
======== Installing packages ========
lz4/1.9.4: Already installed! (1 of 2)

-------- Installing package snappy/1.1.9 (2 of 2) --------
snappy/1.1.9: Building from source
[1/2] Building CXX object CMakeFiles/snappy.dir/snappy.cc.o
[2/2] Linking CXX static library libsnappy.a
"""


@pytest.mark.parametrize(
    ("line", "text", "made"),
    [
        ("[7/12] Building CXX object CMakeFiles/_core.dir/src/core.cpp.o", "[7/12] core.cpp", 1),
        ("[8/12] Linking CXX shared module _core.cpython-311.so", "[8/12] _core.cpython-311.so", 1),
        ("[1/2] Generating table.c", "[1/2] Generating table.c", 1),
        ("[ 50%] Building C object CMakeFiles/_core.dir/core.c.obj", "[50%] core.c", 1),
        ("[100%] Built target _core", "[100%] Built target _core", 0),
        ("[0/2] Re-checking globbed directories...", "[0/2] Re-checking globbed directories...", 0),
        ("[3/5] cd /p/a b/cmake && /v/bin/cmake -E copy x y", "[3/5] cmake -E copy x y", 1),
        (f"[4/5] cd /p && /v/bin/python {'x' * 200} && true", f"[4/5] python {'x' * 53}…", 1),
        ("[5/5] cd /p", "[5/5] cd /p", 1),
        ("ninja: no work to do.", "", 0),
        ("xconan: a Conan remote does not answer, the next try is in 2.0 s", "waiting for a Conan remote", 0),
    ],
)
def test_ninja_and_make(line: str, text: str, made: int) -> None:
    progress = Progress()
    progress.read(line, 0.0)
    assert (progress.text, progress.made) == (text, made)


def test_conan() -> None:
    progress, texts = Progress(), []
    for at, line in enumerate(CONAN.splitlines()):
        progress.read(line, float(at))
        texts.append(progress.text)
    progress.end(14.0)
    assert list(dict.fromkeys(texts)) == [
        "resolving", "installing", "snappy/1.1.9 (2 of 2)", "snappy/1.1.9 (2 of 2) [1/2] snappy.cc",
        "snappy/1.1.9 (2 of 2) [2/2] libsnappy.a",
    ]  # fmt: skip
    assert (progress.took, progress.made) == ({"snappy/1.1.9": 10.0}, 0)


def test_telling_lines() -> None:
    many = [f"line {number}" for number in range(100)]
    assert telling_lines("\n".join(many)) == many[-30:]
    assert telling_lines("-- ok\nCMake Error at CMakeLists.txt:3:\n  no x\n") == [
        "CMake Error at CMakeLists.txt:3:", "  no x",
    ]  # fmt: skip
    assert telling_lines("[1/2] x\nFAILED: [code=1] x.o\ncc -c x.c\nx.c:1:2: error: what\n") == [
        "FAILED: [code=1] x.o", "x.c:1:2: error: what",
    ]  # fmt: skip
    traced = "Put cmake in trace mode, but with variables expanded.\nTrace will be written to /b/asked.trace\n"
    assert telling_lines(f"{traced}CMake Error: no x\n{traced}") == ["CMake Error: no x"]
    cut = telling_lines("\n".join(["x.c:1:1: fatal error: no y.h", *many]))
    assert (len(cut), cut[0], cut[-1]) == (41, "x.c:1:1: fatal error: no y.h", "line 99")
    assert cut[35] == "... 61 more lines ..."
    assert telling_lines("-- error_handler.c\n-- Werror: -Wno-error\n") == [
        "-- error_handler.c",
        "-- Werror: -Wno-error",
    ]
    assert telling_lines("x\nImportError: no y\n")[0] == "ImportError: no y"


def test_counted() -> None:
    assert [counted(number, "wheel") for number in (0, 1, 2)] == ["0 wheels", "1 wheel", "2 wheels"]
