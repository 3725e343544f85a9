"""What objects were made from, by Ninja's log and compilers' files."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.door import Answer, Call
from xconan.cmake.made_from import read_made_from
from xconan.ground import reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.door import FakeCMake
    from xconan.model import BuildPlan

LOG = """\
CMakeFiles/_core.dir/src/core.c.o: #deps 2, deps mtime 17 (VALID)
    ../src/core.c
    /usr/include/a folder/stdio.h

CMakeFiles/_core.dir/src/old.c.o: #deps 1, deps mtime 17 (STALE)
    /usr/include/old.h

CMakeFiles/_core.dir/src/none.c.o: deps not found
CMakeFiles/_core.dir/src/more.c.o: #deps 2, deps mtime 18 (VALID)
    ../src/more.c
    /usr/include/a folder/stdio.h
"""
OBJECTS = {
    "CMakeFiles/_core.dir/src/core.c.o": ("../src/core.c", "/usr/include/a folder/stdio.h"),
    "CMakeFiles/_core.dir/src/more.c.o": ("../src/more.c", "/usr/include/a folder/stdio.h"),
}


@pytest.fixture
def made(plan: Callable[..., BuildPlan], cmake: FakeCMake) -> BuildPlan:
    """A plan whose Ninja tells LOG."""
    cmake.door.install("ninja", lambda _: Answer(stdout=LOG))
    made = plan()
    made.layout.build.mkdir(parents=True)
    (made.layout.build / ".ninja_deps").write_bytes(b"log")
    return made


@pytest.fixture
def asked(cmake: FakeCMake) -> Callable[[], list[Call]]:
    return lambda: [call for call in cmake.door.called("ninja") if "deps" in call.argv]


@pytest.fixture(autouse=True)
def _unwatched() -> Iterator[None]:
    yield
    reads.unwatch()


def test_ninja(made: BuildPlan, asked: Callable[[], list[Call]]) -> None:
    assert read_made_from(made).objects == OBJECTS
    (call,) = asked()
    assert call.argv[1:] == ("-C", str(made.layout.build), "-t", "deps")


def test_asked_only_where_something_was_compiled(made: BuildPlan, asked: Callable[[], list[Call]]) -> None:
    first = read_made_from(made)
    again = read_made_from(made)
    assert (again.state, again.objects) == (first.state, OBJECTS)
    assert len(asked()) == 1
    log = made.layout.build / ".ninja_deps"
    before = log.stat()
    log.write_bytes(b"gol")  # as large as before, and as old
    os.utime(log, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read_made_from(made).state != first.state
    assert len(asked()) == 2


@pytest.mark.parametrize("name", ["build.ninja", "build-Debug.ninja", "CMakeFiles/impl-Debug.ninja"])
def test_asked_again_where_ninja_has_other_rules(name: str, made: BuildPlan, asked: Callable[[], list[Call]]) -> None:
    """It leaves objects out that no target has any longer, and its log is as it was."""
    rules = made.layout.build / name
    rules.parent.mkdir(exist_ok=True)
    rules.write_text("build core.o: CC core.c\n", "utf-8")
    read_made_from(made)
    rules.write_text("build core.o: CC core.c\n", "utf-8")  # CMake has generated the same anew
    read_made_from(made)
    assert len(asked()) == 1
    rules.write_text("build more.o: CC more.c\n", "utf-8")
    read_made_from(made)
    assert len(asked()) == 2


def test_a_log_that_ninja_can_not_read(made: BuildPlan, cmake: FakeCMake) -> None:
    cmake.door.install("ninja", lambda _: Answer(code=1, stdout=LOG))
    noted = reads.watch()
    assert read_made_from(made).objects == {}
    assert noted.doubts == ["Ninja does not say what objects were made from"]
    reads.unwatch()
    cmake.door.install("ninja", lambda _: Answer(stdout=LOG))
    assert read_made_from(made).objects == OBJECTS  # what failed is not kept


def test_no_ninja(made: BuildPlan) -> None:
    assert made.machine
    assert read_made_from(replace(made, machine=replace(made.machine, ninja=None))).objects == {}
    assert read_made_from(replace(made, machine=None)).objects == {}


def test_files_of_compilers(plan: Callable[..., BuildPlan], asked: Callable[[], list[Call]]) -> None:
    made = plan()
    rule: Path = made.layout.build / "sub/CMakeFiles/_core.dir/src/core.c.o.d"
    rule.parent.mkdir(parents=True)
    rule.write_text("a/core.c.o: ../src/core.c \\\n /usr/include/a\\ folder/stdio.h \\\n b.h\n", "utf-8")
    (made.layout.build / "CMakeFiles/_core.dir").mkdir(parents=True)
    (made.layout.build / "other.d").write_text("x: y.h\n", "utf-8")
    objects = {str(rule): ("../src/core.c", "/usr/include/a folder/stdio.h", "b.h")}
    assert read_made_from(made).objects == objects
    assert read_made_from(made).objects == objects
    rule.write_text("a/core.c.o: ../src/core.c\n", "utf-8")
    assert read_made_from(made).objects == {str(rule): ("../src/core.c",)}
    assert asked() == []
