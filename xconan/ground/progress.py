"""How far programs are, read from what they print: Ninja's and Make's counts, the packages that Conan is at."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_COUNT = re.compile(r"\[ *(\d+)(/\d+|%)\] (.+)")
_PACKAGE = re.compile(r"-{4,} Installing package ([^\s#]+)\S* \((\d+) of (\d+)\) -{4,}")
AWAY, WAITING = "xconan: a Conan remote does not answer", "waiting for a Conan remote"
_PHASES = (
    ("======== Computing dependency graph", "resolving"),
    ("======== Installing packages", "installing"),
    ("-------- Downloading", "downloading"),
    (AWAY, WAITING),
)
# what Ninja and Make count without anything being made
_IDLE = ("Re-checking", "Built target")
_OBJECT = re.compile(r"\.(o|obj)$")
_FAILED = re.compile(r"(^|[\s:(])(error|ERROR|[A-Z]\w*Error): |^(FAILED: |CMake Error|Traceback \()")
_REMARK = re.compile(r"xconan: |[A-Z]\w*Error: ")
_OF_TRACE = ("Put cmake in trace mode", "Trace will be written to ")  # what CMake says of words of ours
_LAST = 30  # lines, where none of them says "error"
_MOST = 40
_WIDE = 60  # letters of a command


@dataclass
class Progress:
    """What the lines of one step's programs have told so far.

    Attributes:
        text: what is being done, "" where it is not known: "[7/12] core.cpp", "lz4/1.9.4 (1 of 2)".
        made: how many of Ninja's or Make's steps have ended; those of Conan's packages don't count.
        took: seconds by package that Conan built.
    """

    text: str = ""
    made: int = 0
    took: dict[str, float] = field(default_factory=dict)
    _package: str = ""
    _which: str = ""
    _begun: float = 0.0

    def read(self, line: str, now: float) -> None:
        """Take in a line that was printed at about this time, in seconds of any clock."""
        if count := _COUNT.match(line):
            done = f"[{count[1]}{count[2]}] {_subject(count[3])}"
            self.text = f"{self._which} {done}" if self._package else done
            if not self._package and not count[3].startswith(_IDLE):
                self.made += 1
        elif package := _PACKAGE.match(line):
            self.end(now)
            self._package, self._begun = package[1], now
            self.text = self._which = f"{package[1]} ({package[2]} of {package[3]})"
        else:
            for begin, text in _PHASES:
                if line.startswith(begin):
                    self.end(now)
                    self.text = text

    def end(self, now: float) -> None:
        """A package that was being built is there, or given up."""
        if self._package:
            self.took[self._package] = now - self._begun
        self._package = self._which = ""


def _subject(text: str) -> str:
    """Of "Building CXX object CMakeFiles/_core.dir/src/core.cpp.o" the source's name; a command without its folder."""
    if not text.startswith(("Building", "Linking")):
        folder, _, command = text.partition(" && ")
        return short_command(command.split()) if folder.startswith("cd ") and command.strip() else text
    return _OBJECT.sub("", text.rsplit(maxsplit=1)[-1].rpartition("/")[2])


def remarks(text: str) -> list[str]:
    """What a program that did its work has to say all the same: our own scripts' words, and errors it went on after."""
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if _REMARK.match(line)))[:_MOST]


def telling_lines(text: str) -> list[str]:
    """The lines of a failing program's output that tell why: from the first error on, else the last ones.

    The command below Ninja's "FAILED:" is left out; it may be longer than all the rest.
    """
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith(_OF_TRACE)]
    lines = [line for at, line in enumerate(lines) if not (at and lines[at - 1].startswith("FAILED: "))]
    first = next((at for at, line in enumerate(lines) if _FAILED.search(line)), None)
    if first is None:
        return [line for line in lines if line][-_LAST:]
    found = lines[first:]
    if len(found) <= _MOST:
        return found
    return [*found[: _MOST - 5], f"... {len(found) - _MOST} more lines ...", *found[-5:]]


def short_command(argv: Sequence[str]) -> str:
    """A command as far as one line of a report has room for it: the program's name and its first words.

    Of a program of several lines in a word, as behind `python -c`, there is "…".
    """
    words = [os.path.basename(argv[0]), *argv[1:]]  # noqa: PTH119 - a command's word, not a path
    text = " ".join("…" if "\n" in word else word for word in words)
    return text if len(text) <= _WIDE else f"{text[:_WIDE]}…"


def counted(number: int, what: str) -> str:
    """A number of things, of which one is `what`: "1 wheel", "2 wheels"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def seconds(number: float) -> str:
    """A time as people read it: "0.4 s", "31 s", "3 min 12 s"."""
    if number < 10:  # noqa: PLR2004
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes} min {rest} s" if minutes >= 2 else f"{round(number)} s"  # noqa: PLR2004
