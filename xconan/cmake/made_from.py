"""What each object was made from, by what compilers say of it (`-MD`): read once a build, and only if it has changed.

Ninja keeps what compilers say in a log of its own (`.ninja_deps`), which `ninja -t deps` tells; Makefiles leave the
compilers' files (`*.d`) where they were written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from xconan.ground import reads
from xconan.ground.files import digest, file_digest, read_json, write_json
from xconan.ground.record import Record
from xconan.ground.run import capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from xconan.model import BuildPlan
    from xconan.project.workspace import Layout

_LOG = ".ninja_deps"
_STAMP = "made_from.json"
_OBJECT = re.compile(r"^(?P<object>\S.*): #deps \d+, deps mtime \d+ \((?P<state>VALID|STALE)\)$")
_BLANK = re.compile(r"(?<!\\)\s+")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MadeFrom(Record):
    """What the objects of a build folder were made from.

    Attributes:
        state: a digest; the same as long as nothing was compiled, and Ninja has the same rules.
        objects: an object's name, or its compiler's file -> the files, absolute or relative to the build folder.
    """

    state: str
    objects: Mapping[str, tuple[str, ...]]


def read_made_from(plan: BuildPlan) -> MadeFrom:
    """Read it of a build that was just made; what was read last time is taken where nothing has changed since.

    Objects that Ninja would make anew are left out: nobody installs what they are made from.
    """
    build, ninja = plan.layout.build, plan.machine.ninja if plan.machine else None
    files = [build / _LOG] if (build / _LOG).is_file() else sorted(build.glob("**/CMakeFiles/*.dir/**/*.d"))
    # objects that no rule makes any longer stay in the log, and are not told
    rules = [file_digest(file) for file in sorted((*build.glob("*.ninja"), *build.glob("CMakeFiles/impl-*.ninja")))]
    state = digest(rules, [[str(file), reads.state(str(file))] for file in files])
    if (known := _known(plan.layout, state)) is not None:
        return MadeFrom(state=state, objects=known)
    if not (build / _LOG).is_file():
        objects = {str(file): tuple(_of_rule(file.read_text("utf-8", "replace"))) for file in files}
    elif ninja is None:
        objects = {}
    else:
        done = capture([str(ninja.path), "-C", str(build), "-t", "deps"])
        if done.code != 0:
            reads.doubt("Ninja does not say what objects were made from")
            return MadeFrom(state="", objects={})
        objects = dict(_of_ninja(done.stdout))
    _keep(plan.layout, state, objects)
    return MadeFrom(state=state, objects=objects)


def _known(layout: Layout, state: str) -> dict[str, tuple[str, ...]] | None:
    kept = read_json(layout.root / _STAMP)
    if kept.get("state") != state:
        return None
    files, objects = cast("list[str]", kept["files"]), cast("dict[str, list[int]]", kept["objects"])
    return {name: tuple(files[number] for number in numbers) for name, numbers in objects.items()}


def _keep(layout: Layout, state: str, objects: Mapping[str, Iterable[str]]) -> None:
    """Write it down, each file's name once: the objects of a project share most of their headers."""
    numbers: dict[str, int] = {}
    numbered = {
        name: [numbers.setdefault(file, len(numbers)) for file in files] for name, files in objects.items()
    }  # fmt: skip
    write_json(layout.root / _STAMP, {"state": state, "files": [*numbers], "objects": numbered})


def _of_ninja(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`ninja -t deps`: an object with its state, and below it, each in a line of its own, what it was made of."""
    current, files = "", list[str]()
    for line in [*text.splitlines(), ""]:
        if line.startswith(" "):
            files.append(line.strip())
            continue
        if current:
            yield current, tuple(files)
        match = _OBJECT.match(line)
        current, files = (match["object"] if match and match["state"] == "VALID" else ""), []


def _of_rule(text: str) -> Iterator[str]:
    r"""A rule of make's: `object: source header \\`, with blanks in names escaped."""
    _, _, made_of = text.replace("\\\n", " ").partition(": ")
    for word in _BLANK.split(made_of):
        if word:
            yield word.replace("\\ ", " ")
