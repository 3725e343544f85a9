"""What CMakeLists.txt asked of places outside of the project is known in the next build, and asked again where not."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import facts
from tests.support.door import Answer
from xconan.cmake.asked import note_for_door
from xconan.cmake.build import build as carry_out
from xconan.ground import reads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.door import Call, Door, FakeCMake
    from xconan.model import BuildPlan

FIRST, AGAIN = ["configure", "build", "install"], ["build", "install"]
JUDGE = "/usr/share/cmake-4.1/Modules/FindPackageHandleStandardArgs.cmake"


@pytest.fixture
def build(plan: Callable[..., BuildPlan], lock: int, cmake: FakeCMake, door: Door) -> Callable[..., list[str]]:
    """Carry the plan out; return the stages of CMake that this took."""

    def build_it(**changes: object) -> list[str]:
        wish = plan(**changes)
        cmake.forget()
        door.scripts[str(wish.layout.python / "bin" / "python3")] = lambda _call: Answer()  # it starts
        carry_out(wish, None, inherit=lock)
        return cmake.stages

    return build_it


def write_bytes(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def doubts(plan: BuildPlan) -> list[str]:
    return list(note_for_door(plan.layout, since=0))


def test_file_elsewhere(build: Callable[..., list[str]], cmake: FakeCMake, root: Path) -> None:
    version = root.parent / "VERSION"
    version.write_text("5", "utf-8")
    cmake.asks = [("file", ["STRINGS", "../VERSION", "V"])]
    assert (build(), build()) == (FIRST, AGAIN)
    version.write_text("6", "utf-8")
    assert (build(), build()) == (FIRST, AGAIN)
    version.unlink()
    assert (build(), build()) == (FIRST, AGAIN)


def test_file_that_changes_while_cmake_configures(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], root: Path
) -> None:
    """CMake may have read what was there before."""
    version = root.parent / "VERSION"

    def change(_call: Call) -> None:
        time.sleep(0.02)  # the clock of files has ticked
        version.write_text("6", "utf-8")

    cmake.asks, cmake.does["configure"] = [("file", ["STRINGS", "../VERSION", "V"])], change
    build()
    assert doubts(plan()) == [f"{version} changed while CMake configured"]
    cmake.does.clear()
    assert (build(), build()) == (FIRST, AGAIN)
    assert not doubts(plan())


def test_places_elsewhere(build: Callable[..., list[str]], cmake: FakeCMake, root: Path) -> None:
    """A condition asks whether something is there, a list for names in folders."""
    more = root.parent / "more"
    listed = f"src/*.c;{more}/*.c"  # as the trace has a variable that holds a list
    cmake.asks = [("if", ["EXISTS", str(more)]), ("file", ["GLOB_RECURSE", "x", listed])]
    assert (build(), build()) == (FIRST, AGAIN)
    for name in ("a.c", "below/b.c"):
        (more / name).parent.mkdir(parents=True, exist_ok=True)
        (more / name).write_text("", "utf-8")
        assert (build(), build()) == (FIRST, AGAIN), name
    (more / "a.c").write_text("edited", "utf-8")
    assert build() == AGAIN  # nobody asked for what is in it


def test_too_many_names(build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan],
                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("xconan.build_machine.cmake_calls._LARGE", 2)
    cmake.asks = [("file", ["GLOB_RECURSE", "x", "../*.c"])]
    assert (build(), build()) == (FIRST, FIRST)
    assert "has too many files" in doubts(plan())[0]


def test_program_is_asked_each_time(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan]
) -> None:
    cmake.asks = [("execute_process", ["COMMAND", "uname", "-a"])]
    assert (build(), build(), build()) == (FIRST, FIRST, FIRST)
    assert doubts(plan()) == ["execute_process() in CMakeLists.txt:2 may look at anything outside of the project"]


def test_asking_again_makes_nothing_anew(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], root: Path
) -> None:
    """What the build itself wrote into the wheel is made anew only if CMake was told to do anything else."""
    wish = plan()
    made = plan().layout.staging / "swig.py"
    cmake.does["build"] = lambda _call: write_bytes(made, b"")
    cmake.asks = [("execute_process", ["COMMAND", "uname", "-a"])]
    build()
    marked = wish.layout.build / "object.o"
    marked.touch()
    assert build() == FIRST
    assert marked.exists()
    cmake.asks.append(("set", ["answer", "another"]))
    assert build() == ["configure", "build", "configure", "build", "install"]
    assert not marked.exists()
    assert root.is_dir()


NAV = ["NAV_DIR", "nav.h"]
SEARCHES = {
    "a path": ("find_path", NAV, ["NAV_DIR:PATH=NAV_DIR-NOTFOUND"], "", True),
    "a path that has to be there": ("find_path", [*NAV, "REQUIRED"], [], "", False),
    "a library": ("find_library", ["NAV", "nav"], ["NAV:FILEPATH=NAV-NOTFOUND"], "", True),
    "without a cache": ("find_program", ["NAV", "nav", "NO_CACHE"], [], "", True),
    "of a module": ("find_program", ["NAV", "nav"], ["OTHER:FILEPATH=OTHER-NOTFOUND"], "", False),
    "a package by its own files": ("find_package", ["nav"], ["nav_DIR:PATH=nav_DIR-NOTFOUND"], "", True),
    "one that was found": ("find_package", ["nav"], ["nav_DIR:PATH=/opt/nav/cmake"], "", False),
    "by a module, elsewhere first": ("find_package", ["nav"], ["nav_DIR:PATH=nav_DIR-NOTFOUND"], "TRUE", False),
    "by a module, in part": ("find_package", ["Nav"], ["NAV_DEBUG:FILEPATH=NAV_DEBUG-NOTFOUND"], "TRUE", False),
    "not by a module": ("find_package", ["Nav"], ["NAV_LIBRARY:FILEPATH=NAV_LIBRARY-NOTFOUND"], "FALSE", True),
    "not a feature": ("find_package", ["OpenMP"], ["OpenMP_C_FLAGS:STRING=NOTFOUND"], "FALSE", False),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_search(name: str, build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan]) -> None:
    """Nothing found may be found the next time; not what each build looks for in vain."""
    command, words, cmake.cache, judged, again = SEARCHES[name]
    cmake.asks = [(command, words)]
    if judged:
        cmake.asks.append(("set", [f"{words[0]}_FOUND", judged, "PARENT_SCOPE"], JUDGE))
    assert (build(), build()) == (FIRST, FIRST if again else AGAIN)
    assert bool(doubts(plan())) is again


def test_a_program_that_is_not_there_yet(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], door: Door
) -> None:
    """As ccache, for which many look: where it would be is known, so that nothing is in doubt until it is there."""
    cmake.asks, cmake.cache = [("find_program", ["NAV", "nav"])], ["NAV:FILEPATH=NAV-NOTFOUND"]
    assert (build(), build()) == (FIRST, AGAIN)
    assert not doubts(plan())
    (door.folder / "nav").touch()
    assert build() == FIRST


def test_what_was_found_is_gone(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], tmp_path: Path
) -> None:
    """CMake would keep its path in the cache."""
    header = tmp_path / "opt" / "nav.h"
    header.parent.mkdir()
    header.write_text("", "utf-8")
    cmake.asks, cmake.cache = [("find_path", NAV)], [f"NAV_DIR:PATH={header.parent}"]
    assert (build(), build()) == (FIRST, AGAIN)
    cached: list[bool] = []
    cmake.does["configure"] = lambda _call: cached.append((plan().layout.build / "CMakeCache.txt").exists())
    header.unlink()
    assert build() == FIRST
    assert cached == [False]


def test_files_that_the_project_includes(
    build: Callable[..., list[str]], cmake: FakeCMake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of CMake's elsewhere is traced once it is known by name, and its variables count."""
    extra, version = root.parent / "shared" / "extra.cmake", root.parent / "shared" / "VERSION"
    extra.parent.mkdir()
    extra.write_text('set(A "$ENV{NAV_BOARD}")', "utf-8")
    version.write_text("5", "utf-8")
    package = root.parent / "opt" / "extra2.cmake"
    cmake.reads = [str(extra), str(package)]
    cmake.asks = [
        ("include", ["../shared/extra.cmake"]),
        ("file", ["READ", str(version), "V"], str(extra)),
        ("execute_process", ["COMMAND", "uname"], str(package)),
    ]
    assert (build(), build()) == (["configure", *FIRST], AGAIN)
    for change in (
        lambda: version.write_text("6", "utf-8"),
        lambda: extra.write_text('set(B "$ENV{NAV_BOARD}")', "utf-8"),
        lambda: monkeypatch.setenv("NAV_BOARD", "rpi"),
    ):
        change()
        assert (build(), build()) == (FIRST, AGAIN)


def test_source_folder_above_the_project(build: Callable[..., list[str]], cmake: FakeCMake, root: Path) -> None:
    lists, version = root.parent / "CMakeLists.txt", root.parent / "VERSION"
    lists.write_text("project(big)", "utf-8")
    version.write_text("5", "utf-8")
    config = facts.cmake_config(source_path=root.parent)
    cmake.reads, cmake.asks = [str(lists)], [("file", ["STRINGS", "VERSION", "V"])]
    assert (build(cmake=config), build(cmake=config)) == (FIRST, AGAIN)
    version.write_text("6", "utf-8")
    assert (build(cmake=config), build(cmake=config)) == (FIRST, AGAIN)


def test_cmake_that_tells_nothing(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], root: Path
) -> None:
    config = facts.cmake_config(source_path=root, args=("--trace",))
    assert (build(cmake=config), build(cmake=config)) == (FIRST, FIRST)
    assert cmake.call("configure").argv[-1] == "--trace"
    assert "does not tell what CMakeLists.txt asked" in doubts(plan(cmake=config))[0]


def test_door_is_told(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], root: Path
) -> None:
    more = root.parent / "more"
    more.mkdir()
    version = root.parent / "VERSION"
    version.write_text("5", "utf-8")
    cmake.asks = [
        ("file", ["READ", "../VERSION", "V"]), ("if", ["EXISTS", "../none"]), ("file", ["GLOB", "x", "../more/*"])
    ]  # fmt: skip
    build()
    noted = reads.watch()
    try:
        assert not doubts(plan())
    finally:
        reads.unwatch()
    assert noted.files[str(version)] == reads.state(str(version))
    assert noted.kinds[str(root.parent / "none")] == ""
    assert str(more) in noted.folders
    version.write_text("6", "utf-8")
    assert doubts(plan()) == [f"{version} changed while the build ran"]


def test_cmake_that_configures_by_itself(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan]
) -> None:
    """Then it asked what nobody traced."""
    build()
    cmake.regenerates = True
    assert build() == AGAIN
    assert doubts(plan()) == ["CMake has configured again while it built"]
    cmake.regenerates = False
    assert (build(), build()) == (FIRST, AGAIN)


def test_programs_of_a_toolchain_file_in_the_project(
    build: Callable[..., list[str]], cmake: FakeCMake, plan: Callable[..., BuildPlan], root: Path
) -> None:
    """What they answer is compared where the toolchain is asked; what else the file asks stays in doubt."""
    file = root / "board.cmake"
    file.write_text("# of the board\n", "utf-8")
    toolchain = replace(facts.toolchain("aarch64"), file=file)
    cmake.reads = [str(file)]
    for call, doubtful in (("execute_process", False), ("site_name", True)):
        cmake.asks = [(call, ["COMMAND", "/opt/board/flags"], str(file))]
        file.write_text(f"# {call}\n", "utf-8")  # so that CMake configures
        build(toolchain=toolchain)
        assert bool(doubts(plan(toolchain=toolchain))) == doubtful
