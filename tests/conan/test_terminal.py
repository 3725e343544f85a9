"""What a person sees of real builds, first, again and failing; docs/terminal.md shows it as it was recorded here."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import export
from tests.support.compare import assert_same_text
from tests.support.golden import REPOSITORY
from tests.support.native import CORE, PYPROJECT, native_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.golden import Golden

PAGE = "docs/terminal.md"
RECORDED = re.compile(r"(?<=<!-- recorded by tests/conan/test_terminal.py -->\n).*?(?=<!-- end -->)", re.DOTALL)
SHOWN_AS = "/home/ada/nav"
LZ4 = '[tool.xconan.conan]\nrequires = ["lz4/1.9.4"]\n'
LISTS = f"{CORE}find_package(lz4 CONFIG REQUIRED)\ntarget_link_libraries(_core PRIVATE lz4::lz4)\n"
LISTS += "install(TARGETS _core DESTINATION nav)\n"


@pytest.fixture
def project(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module in C with a library of Conan's, and the environment of a user who asked for nothing."""
    assert home.is_dir()
    monkeypatch.delenv("XCONAN_VERBOSE")
    return native_project(tmp_path / "nav", {"CMakeLists.txt": LISTS}, tool=LZ4)


def build(project: Path, *options: str) -> tuple[int, str]:
    """The exit code, and what stands on a screen: both streams."""
    argv = [sys.executable, "-m", "xconan", "build", *options]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PWD": str(project)}
    done = subprocess.run(
        argv, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout.replace(str(project), SHOWN_AS)


def build_on_a_terminal(project: Path) -> tuple[int, str]:
    """The same on a pseudo-terminal: what stands on its screen in the end, colours left out."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    argv = [sys.executable, "-m", "xconan", "build"]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PWD": str(project), "TERM": "xterm"}
    process = subprocess.Popen(argv, cwd=project, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # nobody has it open any more
        while part := os.read(ours, 65536):
            seen += part
    os.close(ours)
    text = seen.decode()
    assert "\x1b[1m" in text  # names of steps are bold
    assert ("\x1b[2K" in text) is ("unchanged" not in text)  # a live line came and went
    lines = [line.rpartition("\x1b[2K")[2] for line in re.sub(r"\x1b\[[\d;]*m", "", text).split("\n")]
    return process.wait(), "\n".join(line.strip("\r") for line in lines).replace(str(project), SHOWN_AS)


def record(project: Path, build: Callable[[Path], tuple[int, str]] = build) -> str:
    """Three builds as Markdown."""
    first, again = build(project), build(project)
    with (project / "core.c").open("a", encoding="utf-8") as source:
        source.write('#error "there is more to do"\n')
    failing = build(project)
    assert (first[0], again[0], failing[0]) == (0, 0, 5)
    sessions = (("The first build", first[1]), ("The same again", again[1]), ("A mistake in core.c", failing[1]))
    return "".join(f"{title}:\n\n```console\n$ xconan build\n{text}```\n\n" for title, text in sessions)


def shape(sessions: str) -> str:
    """What is the same on every machine: steps, their order, and all words; no times, sizes and versions."""
    for pattern, word in (
        (r"\d+ min \d+ s\b|\d+(\.\d)? s\b", "T s"),
        (r"[\d.]+ (kB|bytes)", "N kB"),
        (r"gcc \d+(\.\d+)? for \w+, glibc [\d.]+", "gcc V for ARCH, glibc V"),
        (r"cp\d+-(cp\d+-)?linux_\w+", "TAG"),
        (r"(?m)^.*, T s( \(all of it: .*\))?\n", ""),  # where a machine is slow
        (r"(?m)^ +(\d+ )?\|.*\n", ""),  # the compiler's picture of the line
        (r"\[code=1\] ", ""),  # of Ninja 1.12 and newer
    ):
        sessions = re.sub(pattern, word, sessions)
    return sessions


def test_recorded_sessions(project: Path, compare_golden: Golden) -> None:
    now, page = record(project), (REPOSITORY / PAGE).read_text("utf-8")
    if compare_golden.update:
        (REPOSITORY / PAGE).write_text(RECORDED.sub(lambda _: now, page), encoding="utf-8")
        return
    (kept,) = RECORDED.findall(page)
    assert_same_text(shape(now), shape(kept), name=PAGE, advice="if that is meant: pytest --update-golden")
    lines = [line.split()[0] for line in now.partition("```\n")[0].splitlines()[3:] if line[0].isalpha()]
    assert list(dict.fromkeys(lines)) == ["toolchain", "libraries", "compile", "check", "wheel"]


def test_recorded_sessions_on_a_terminal(project: Path) -> None:
    """What is left on the screen is what the page shows, when the live line has gone."""
    (kept,) = RECORDED.findall((REPOSITORY / PAGE).read_text("utf-8"))
    assert_same_text(shape(record(project, build_on_a_terminal)), shape(kept), name=PAGE, advice="see docs/terminal.md")


def test_all_and_nothing(project: Path) -> None:
    """-v shows what programs print, -q the path alone; the log has what -v does not show again."""
    code, said = build(project, "-v")
    assert code == 0
    for words in ("\n$ conan install ", "-------- Installing package lz4/1.9.4", "Linking C shared module", "\nwheel "):
        assert words in said
    assert not list(project.glob(".xconan_cache/*/build.log"))
    (project / "more.py").touch()
    with (project / "core.c").open("a", encoding="utf-8") as source:
        source.write("int more;\n")
    code, said = build(project, "-q")
    assert (code, said.count("\n")) == (0, 1)
    assert said.endswith(".whl\n")
    (log,) = project.glob(".xconan_cache/*/build.log")
    assert "Building C object" in log.read_text("utf-8")


BROKEN = """\
from conan import ConanFile
from conan.tools.files import save

class Broken(ConanFile):
    name, version = "broken", "1.0"

    def build(self):
        save(self, "broken.c", "#error out of cheese\\n")
        self.run("gcc -c broken.c")
"""


def test_a_library_that_fails(project: Path, home: Path, tmp_path: Path) -> None:
    """The compiler's words are on the screen, what Conan said before them is in the log alone."""
    export(home, BROKEN, tmp_path / "recipe")
    with (project / "pyproject.toml").open("w", encoding="utf-8") as file:
        file.write(PYPROJECT + LZ4.replace("lz4/1.9.4", "broken/1.0"))
    code, said = build(project)
    assert code == 4
    lines = [line for line in said.splitlines() if not line.endswith("build.log)")]
    assert lines[0].startswith("toolchain  gcc ")
    assert lines[1].startswith("libraries  failed after ")
    assert "error: #error out of cheese" in lines[2]
    assert "Computing dependency graph" not in said
    assert "xconan: error: Conan could not provide the dependencies" in said
    (log,) = project.glob(".xconan_cache/*/build.log")
    assert "Computing dependency graph" in log.read_text("utf-8")
