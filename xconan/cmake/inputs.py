"""What CMake, Ninja and compilers have read, for the record at the door (ground/door.py); and what nobody can know of.

CMake tells of its own files by its file API (object kind "cmakeFiles"), Ninja of headers by `ninja -t deps`, and what
is linked stands in build.ninja. A command that Ninja runs each time, code that runs while CMake installs, and a list
of files elsewhere may depend on anything: such a build goes the whole line each time, as does one by Makefiles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.cmake import targets
from xconan.ground import reads
from xconan.ground.run import capture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from xconan.model import BuildPlan, CMakePlan

_GLOB = re.compile(r'^file\(GLOB(?:_RECURSE)? .*"([^"]*)"\)$', re.MULTILINE)
_WILD = re.compile(r"[^/]*[*?\[].*")
_WORD = re.compile(r"(?:\$.|[^\s$])+")
_NOTHING = "ninja: no work to do."


def note_inputs(plan: BuildPlan, cmake_plan: CMakePlan, env: Mapping[str, str], *, since: int) -> None:
    """Note what the build that was just made has read, if anybody writes it down.

    Args:
        plan: of that build.
        cmake_plan: its part for CMake.
        env: in which CMake ran.
        since: when it began, as time.time_ns().
    """
    if reads.watching() is None:
        return
    build = plan.layout.build
    ninja = plan.machine.ninja if plan.machine else None
    if ninja is None or (not (build / "build.ninja").is_file() and not list(build.glob("build-*.ninja"))):
        reads.doubt("what Makefiles read is not known")
        return
    for reason in _unknown(plan, cmake_plan, env):
        reads.doubt(reason)
    if reads.in_doubt():
        return
    told = capture([str(ninja.path), "-C", str(build), "-t", "deps"]).stdout
    headers = (line.strip() for line in told.splitlines() if line.startswith(" "))
    found = {*targets.files_of_cmake(build), *headers, *_linked(build)}
    absolute = {str(build / name) for name in found}
    reads.by_others((name for name in sorted(absolute) if not _is_below(name, plan.layout.root)), since=since)


def _unknown(plan: BuildPlan, cmake_plan: CMakePlan, env: Mapping[str, str]) -> Iterator[str]:
    build, root = plan.layout.build, plan.project.root
    if code := targets.installing_code(build):
        yield f"{code} runs code while it installs"
    globs = build / "CMakeFiles" / "VerifyGlobs.cmake"
    if globs.is_file():
        for pattern in _GLOB.findall(globs.read_text("utf-8", "replace")):
            folder = _WILD.sub("", pattern)
            if not _is_below(folder, root):
                yield f"files are listed in {folder}, outside of the project"
    for argv in cmake_plan.builds:
        again = [*argv, *(("-n",) if "--" in argv else ("--", "-n"))]
        done = capture(again, cwd=root, env=env)
        if _NOTHING not in done.stdout:
            yield "Ninja has something to do each time"


def _linked(build: Path) -> Iterator[str]:
    """Absolute paths among what Ninja's build statements are made from, apart from what CMake itself is run for."""
    for file in (*build.glob("*.ninja"), *build.glob("CMakeFiles/impl-*.ninja")):
        text = file.read_text("utf-8", "replace").replace("$\n", "")
        for line in text.splitlines():
            if line.startswith("build ") and ": RERUN_CMAKE " not in line:
                _made, _, inputs = line.partition(": ")
                for word in _WORD.findall(inputs)[1:]:
                    name = re.sub(r"\$(.)", r"\1", word)
                    if name.startswith("/"):
                        yield name


def _is_below(name: str, folder: Path) -> bool:
    return f"{name}/".startswith(f"{folder.as_posix()}/")
