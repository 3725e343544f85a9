"""Builds that are killed, interrupted, run twice at once, or misled by time stamps: the next one is right."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.compare import assert_says
from tests.support.crossbuild import calls, counting_compilers, plain_project, write
from tests.support.matrix import combination

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.support.crossbuild import Host, Workshop

LISTS = """\
cmake_minimum_required(VERSION 3.18...4.2)
project(plain LANGUAGES C)
while(EXISTS "${CMAKE_SOURCE_DIR}/../hold-configure")
  file(TOUCH "${CMAKE_SOURCE_DIR}/../reached-configure")
  execute_process(COMMAND sleep 0.1)
endwhile()
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(lz4 CONFIG REQUIRED)
Python_add_library(plain MODULE WITH_SOABI plain.c lz4.c)
target_link_libraries(plain PRIVATE lz4::lz4)
install(TARGETS plain LIBRARY DESTINATION .)
"""
REQUIRES = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
LZ4 = "#include <lz4.h>\nint version_of_lz4(void) { return LZ4_versionNumber(); }\n"
ANSWER = "import ctypes, plain; print(plain.answer(), ctypes.CDLL(plain.__file__).version_of_lz4())"
PATIENCE_S = 240.0


class Stage:
    """A project whose build can be stopped in each of its phases."""

    def __init__(self, target: Host, workshop: Workshop, folder: Path) -> None:
        self.target, self.workshop, self.folder = target, workshop, folder
        self.compilers = counting_compilers(target, folder / "bin")
        self.toolchain = target.toolchain(folder, compilers=self.compilers)
        self.cross = target.cross(folder, toolchain=self.toolchain)
        self.project = plain_project(folder / "project", LISTS, pyproject=REQUIRES)
        write(self.project / "lz4.c", LZ4)

    @property
    def wheels(self) -> list[str]:
        """What lies where wheels go."""
        folder = self.project / "dist"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def reach(self, phase: str) -> subprocess.Popen[str]:
        """Start a build and return when it stands in PHASE: probe, conan, configure, compile or pack."""
        if phase == "conan":
            self.want_new_library()
        if phase in {"conan", "compile"}:
            # what comes before has been done, and the compiler is first called in this phase
            self._build_before(phase)
        hold, reached = self._marks(phase)
        hold.touch()
        process = self.workshop.start(self.project, self.cross, self.folder / f"{phase}.log")
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            assert process.poll() is None, (self.folder / f"{phase}.log").read_text("utf-8")[-4000:]
            assert time.monotonic() < deadline, f"{phase} was not reached"
            time.sleep(0.01)
        return process

    def release(self, phase: str) -> None:
        """Let what is stopped in PHASE go on."""
        self._marks(phase)[0].unlink()

    def build_right(self) -> None:
        """The next build succeeds, alone in its folder, and its wheel answers."""
        built = self.workshop.build(self.project, self.cross)
        assert self.target.run(built.wheel, ANSWER) == "(8, 11) 10904"
        assert self.wheels == [f"plain-1.0-{self.target.tag}.unpacked", f"plain-1.0-{self.target.tag}.whl"]

    def want_new_library(self) -> None:
        """Make Conan build the library again: other flags make another package."""
        with self.toolchain.open("a", encoding="utf-8") as stream:
            stream.write(f'set(CMAKE_C_FLAGS_INIT "-DTEST_{self.folder.name}")\n')

    def _build_before(self, phase: str) -> None:
        broken = self.project / ("pyproject.toml" if phase == "conan" else "plain.c")
        text = broken.read_text("utf-8")
        broken.write_text(text.replace("lz4/1.9.4", "absent/1.0") + "#error\n", "utf-8")
        self.workshop.build(self.project, self.cross, fails=True)
        broken.write_text(text, "utf-8")

    def _marks(self, phase: str) -> tuple[Path, Callable[[], bool]]:
        if phase == "configure":
            return self.folder / "hold-configure", (self.folder / "reached-configure").exists
        if phase == "pack":
            # a large file makes the packing last
            with (self.project / "large.py").open("wb") as large:
                large.write(b"#" + os.urandom(40_000_000).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n")
            lists = self.project / "CMakeLists.txt"
            lists.write_text(LISTS + "install(FILES large.py DESTINATION .)\n", "utf-8")
            part = self.project / "dist"
            return self.folder / "hold-nothing", lambda: part.is_dir() and any(part.glob(".*"))
        return self.compilers / "hold", (self.compilers / "reached").exists


@pytest.fixture
def stage(
    host: Callable[..., Host], workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """A stage for aarch64, with programs that print into the log; whatever is still stopped at the end is let go."""
    monkeypatch.delenv("XCONAN_VERBOSE")
    made = Stage(host("aarch64"), workshop, tmp_path)
    yield made
    for hold in (made.compilers / "hold", tmp_path / "hold-configure"):
        hold.unlink(missing_ok=True)


def family(process: int) -> list[int]:
    """A process and all that descend from it, children first seen last."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text("utf-8").rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found = [process]
    for one in found:
        found += children.get(one, [])
    return found


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill a process and its descendants, as when the machine's power fails."""
    for one in family(process.pid):
        os.kill(one, signal.SIGSTOP)
    for one in family(process.pid):
        os.kill(one, signal.SIGKILL)
    process.wait()


def await_waiting(process: subprocess.Popen[str], log: Path) -> None:
    """Return when a build says that it waits for another one."""
    deadline = time.monotonic() + PATIENCE_S
    while "waiting for another xconan" not in (said := log.read_text("utf-8")):
        assert process.poll() is None, f"it did not wait:\n{said[-4000:]}"
        assert time.monotonic() < deadline, said[-4000:]
        time.sleep(0.1)


PHASES = ["probe", "conan", "configure", "compile", "pack"]
ENDINGS = [
    combination(phase, number, rest=number == signal.SIGTERM and i % 2 == 1)
    for number in (signal.SIGINT, signal.SIGTERM)
    for i, phase in enumerate(PHASES)
]


@pytest.mark.parametrize("phase", PHASES)
def test_whole_tree_killed(phase: str, stage: Stage) -> None:
    kill_all(stage.reach(phase))
    assert f"plain-1.0-{stage.target.tag}.whl" not in stage.wheels
    stage.release(phase)
    stage.build_right()


@pytest.mark.parametrize("phase", PHASES)
def test_xconan_alone_killed(phase: str, stage: Stage) -> None:
    """What it had started lives on, and the next build waits for it."""
    process = stage.reach(phase)
    process.kill()
    process.wait()
    assert f"plain-1.0-{stage.target.tag}.whl" not in stage.wheels
    second = stage.workshop.start(stage.project, stage.cross, stage.folder / "second.log")
    if phase not in {"probe", "pack"}:
        await_waiting(second, stage.folder / "second.log")
    stage.release(phase)
    assert second.wait(PATIENCE_S) == 0, (stage.folder / "second.log").read_text("utf-8")[-4000:]
    stage.build_right()


@pytest.mark.parametrize(("phase", "number"), ENDINGS)
def test_interrupted(phase: str, number: signal.Signals, stage: Stage) -> None:
    process = stage.reach(phase)
    started = family(process.pid)[1:]
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    assert process.wait(PATIENCE_S) in {130, 128 + number}
    log = (stage.folder / f"{phase}.log").read_text("utf-8")
    assert_says(log, lacks=["Traceback"])
    assert stage.wheels == []
    deadline = time.monotonic() + 5  # a killed process takes a moment on a busy machine
    while any(map(alive, started)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [one for one in started if alive(one)] == []
    stage.release(phase)
    stage.build_right()


def alive(process: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_builds_at_once(stage: Stage) -> None:
    first = stage.reach("compile")
    second = stage.workshop.start(stage.project, stage.cross, stage.folder / "second.log")
    await_waiting(second, stage.folder / "second.log")
    stage.release("compile")
    assert (first.wait(PATIENCE_S), second.wait(PATIENCE_S)) == (0, 0)
    log = (stage.folder / "second.log").read_text("utf-8")
    assert_says(log, "unchanged", lacks=["compile "])
    stage.build_right()


def test_two_projects_need_one_library(host: Callable[..., Host], workshop: Workshop, tmp_path: Path) -> None:
    """Conan's cache breaks when two write to it: both builds of the same new package end well."""
    stages = [Stage(host("armv7l"), workshop, tmp_path / name) for name in ("one", "two")]
    for one in stages:
        with one.toolchain.open("a", encoding="utf-8") as stream:
            stream.write(f'set(CMAKE_C_FLAGS_INIT "-DTEST_{tmp_path.name}")\n')
    processes = [one.workshop.start(one.project, one.cross, one.folder / "log") for one in stages]
    codes = [process.wait(PATIENCE_S) for process in processes]
    assert codes == [0, 0], [(one.folder / "log").read_text("utf-8")[-2000:] for one in stages]


def test_older_content_is_rebuilt(stage: Stage) -> None:
    """A file put back with its old time stamp, as `git stash` or `cp -p` do."""
    source = stage.project / "plain.c"
    text = source.read_text("utf-8")
    stage.workshop.build(stage.project, stage.cross)
    source.write_text(text.replace("sizeof(void *)", "42"), "utf-8")
    os.utime(source, (1_500_000_000, 1_500_000_000))
    built = stage.workshop.build(stage.project, stage.cross)
    assert stage.target.run(built.wheel, ANSWER) == "(42, 11) 10904"


def test_older_content_is_rebuilt_after_a_failed_build(stage: Stage) -> None:
    """The failed build had compiled another version of it, and its object is still there."""
    source, other = stage.project / "plain.c", stage.project / "lz4.c"
    text = source.read_text("utf-8")
    os.utime(source, (1_500_000_000, 1_500_000_000))
    stage.workshop.build(stage.project, stage.cross)
    source.rename(stage.folder / "kept.c")
    source.write_text(text.replace("sizeof(void *)", "42"), "utf-8")
    other.write_text("#error broken\n", "utf-8")
    failed = stage.workshop.build(stage.project, stage.cross, fails=True)
    failed.assert_ended(5)
    (stage.folder / "kept.c").replace(source)
    other.write_text(LZ4, "utf-8")
    stage.build_right()


def test_removed_file_leaves_the_wheel(stage: Stage) -> None:
    lists = stage.project / "CMakeLists.txt"
    write(stage.project / "extra.py", "x = 1\n")
    lists.write_text(LISTS + "install(FILES extra.py DESTINATION .)\n", "utf-8")
    assert "extra.py" in stage.workshop.build(stage.project, stage.cross).names
    lists.write_text(LISTS, "utf-8")
    assert "extra.py" not in stage.workshop.build(stage.project, stage.cross).names
    assert calls(stage.compilers)
