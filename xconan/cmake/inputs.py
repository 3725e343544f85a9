"""What CMake, Ninja and compilers have read, for the record at the door (ground/door.py); and what nobody can know of.

CMake tells of its own files by its file API (object kind "cmakeFiles"), compilers of headers (made_from.py), and what
is linked stands in build.ninja. A command that Ninja runs each time, code that runs while CMake installs, and a list
of files elsewhere may depend on anything: such a build goes the whole line each time, as does one by Makefiles.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, cast

from xconan.cmake import targets
from xconan.cmake.asked import note_for_door
from xconan.ground import reads
from xconan.ground.files import read_json, write_json
from xconan.ground.places import lies_in
from xconan.ground.run import capture
from xconan.project.sources import looked_through

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from xconan.cmake.made_from import MadeFrom
    from xconan.model import BuildPlan, CMakePlan
    from xconan.project.workspace import Layout

_GLOB = re.compile(r'^file\(GLOB(?:_RECURSE)? .*"([^"]*)"\)$', re.MULTILINE)
_WORD = re.compile(r"(?:\$.|[^\s$])+")
_STAMP = "read.json"
_NOTHING = "ninja: no work to do."


def note_inputs(
    plan: BuildPlan, cmake_plan: CMakePlan, made_from: MadeFrom, env: Mapping[str, str], *, since: int
) -> None:
    """Note what the build that was just made has read, if anybody writes it down.

    Args:
        plan: of that build.
        cmake_plan: its part for CMake.
        made_from: what its objects were made from.
        env: in which CMake ran.
        since: when it began, as time.time_ns().
    """
    build = plan.layout.build
    ninja = plan.machine.ninja if plan.machine else None
    if ninja is None or (not (build / "build.ninja").is_file() and not list(build.glob("build-*.ninja"))):
        reads.doubt("what Makefiles read is not known")
        return
    headers = {file for files in made_from.objects.values() for file in files}
    followed = _outside({*targets.files_of_cmake(build), *headers, *_linked(build)}, plan)
    unfollowed = _outside(targets.libraries_by_name(build), plan)
    states = {name: reads.state(name) for name in (*followed, *unfollowed)}
    write_json(plan.layout.root / _STAMP, {"built": time.time_ns(), "files": states, "unfollowed": unfollowed})
    if reads.watching() is None:
        return
    for reason in _unknown(plan, cmake_plan, env, since=since):
        reads.doubt(reason)
    installed = _outside(targets.installed_files(build), plan)
    if not reads.in_doubt():
        reads.by_others([*followed, *unfollowed, *installed], since=since)


def changed_unseen(layout: Layout) -> str:
    """A file outside of the project that is another than the last build has read, and Ninja can't tell; "" for none.

    Ninja goes by time stamps: what was put there by an older package, an archive or a link that leads elsewhere now is
    no newer than the objects. And it does not know the files behind -l.
    """
    before = read_json(layout.root / _STAMP)
    unfollowed = cast("list[str]", before.get("unfollowed", []))
    for name, known in cast("dict[str, reads.State]", before.get("files", {})).items():
        now = reads.state(name)
        if now != known and now and (name in unfollowed or now[1] <= cast("int", before["built"])):
            return name
    return ""


def _outside(names: Iterable[str], plan: BuildPlan) -> list[str]:
    """Absolute names of what is neither among the project's files that are looked through nor in our own folder."""
    ours, root = str(plan.layout.root), str(plan.project.root)
    absolute = {os.path.normpath(plan.layout.build / name) for name in names}
    return sorted(name for name in absolute if not lies_in(name, ours) and not looked_through(name, root))


def _unknown(plan: BuildPlan, cmake_plan: CMakePlan, env: Mapping[str, str], *, since: int) -> Iterator[str]:
    build, root = plan.layout.build, str(plan.project.root)
    if code := targets.installing_code(build):
        yield f"{code} runs code while it installs"
    for name in targets.installed_folders(build):
        if not looked_through(f"{name}/*", root):
            yield f"the folder {name}, which is not looked through, is installed"
    yield from note_for_door(plan.layout, since=since)
    globs = build / "CMakeFiles" / "VerifyGlobs.cmake"
    if globs.is_file():
        for pattern in _GLOB.findall(globs.read_text("utf-8", "replace")):
            if not looked_through(pattern, root):
                yield f"files are listed as {pattern}, which is not looked through"
    for argv in cmake_plan.builds:
        again = [*argv, *(("-n",) if "--" in argv else ("--", "-n"))]
        done = capture(again, cwd=plan.project.root, env=env)
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
