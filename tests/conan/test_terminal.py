"""What a person sees of real builds, first, again and failing; docs/terminal.md shows it as it was recorded here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conan.conftest import export
from tests.support.compare import assert_same_text
from tests.support.golden import REPOSITORY
from tests.support.native import CORE, PYPROJECT, native_project

if TYPE_CHECKING:
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


def record(project: Path) -> str:
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
