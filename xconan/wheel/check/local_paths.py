"""Paths of the machine that built a wheel, in any of its files: they tell whose it was, and lead nowhere elsewhere.

Debug info, `__FILE__` and assert() have none of sources that CMake and Conan compiled (render/prefix_map.py). What is
left comes from values that are written into sources, from commands of a project's own, and from libraries that Conan
built before, or whose recipes compile such a value in. The wheel works, so it is a warning.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding
from xconan.ground.places import lies_in
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from xconan.ground.files import Entry
    from xconan.project.local_folders import LocalFolder

_HOME = "a home folder"
_SHORT = 2  # "/src" is a folder of many machines, and a word of many texts
_SHOWN = 160  # bytes of a path in a message
_SOURCE = re.compile(r"\.(c|cc|cpp|cxx|c\+\+|h|hh|hpp|hxx|inc|inl|ipp|tcc|m|mm|s|S|f|f90|F90|pyx|cu|rs|zig)$")
_MAP = re.compile(rb"-f(?:file|debug|macro)-prefix-map=\Z")  # an option that takes paths out of what is compiled
_REST = rb"(?:/[^\x00-\x1f\x7f\"'`<>|:;,()\[\]{}*\s]*)?(?![\w.-])"
_BEFORE = rb"(?:(?<![\w./~-])|(?<=-[IL]))"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LocalPaths(Record):
    """What is looked for.

    Attributes:
        folders: of this machine.
        packages: the folders of Conan's packages, as `what` names them.
    """

    folders: Sequence[LocalFolder]
    packages: Sequence[LocalFolder] = ()

    def check(self, entries: Sequence[Entry], told: Mapping[str, Collection[str]]) -> Iterator[Finding]:
        """The first path in each file, of the innermost folder that it is in.

        Args:
            entries: the wheel's files.
            told: paths that a file has once and other checks speak of, by the file's name.
        """
        if not self.folders:
            return
        every = re.compile(_BEFORE + rb"(?:" + rb"|".join(
            re.escape(os.fsencode(folder.path)) for folder in sorted(self.folders, key=lambda one: -len(one.path))
        ) + rb")" + _REST)  # fmt: skip
        for entry in entries:
            data = entry.read()
            known = Counter(path for one in told.get(entry.name, ()) for path in every.findall(os.fsencode(one)))
            for match in every.finditer(data):
                if known[match[0]]:
                    known[match[0]] -= 1
                    continue
                path = os.fsdecode(match[0])
                if folder := self._meant(path):
                    yield self._finding(entry.name, data, match.start(), path, folder)
                    break

    def _meant(self, path: str) -> LocalFolder | None:
        """The folder that a path lies in, None where the text means another machine's of the same name."""
        folder = max((one for one in self.folders if lies_in(path, one.path)), key=lambda one: len(one.path))
        if folder.what != _HOME and folder.path.count("/") >= _SHORT:
            return folder
        parent = Path(path).parent
        there = os.path.lexists(path) if str(parent) == folder.path else parent.is_dir()
        return folder if path != folder.path and there else None

    def _finding(self, file: str, data: bytes, start: int, path: str, folder: LocalFolder) -> Finding:
        """The sentence: file, path, where it comes from, and what to write."""
        mapped = _MAP.search(data[max(start - 32, 0) : start])
        path = path.partition("=")[0] if mapped else path
        shown = path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"
        package = next((one for one in self.packages if lies_in(path, str(Path(one.path).parent))), None)
        if mapped:
            who, option = package.what if package else "it", mapped[0].decode().removesuffix("=")
            cause = (
                f"{who} keeps the options of its compiler, and {option} names that folder to keep it out of all else"
            )
            where = "CONAN_HOME is a folder such as /opt/conan" if package else "the folder is one such as /src/demo"
            hint = f"the text leads nobody there; if it tells too much, build where {where}"
        elif package:
            cause = f"{package.what} has it from its build"
            name = package.what.rpartition(" ")[2]
            hint = (f"have it built again, conan remove -c {name}, as a build by xconan keeps such paths out; if it "
                    "stays, an option of its recipe sets it, such as openssl's openssldir")  # fmt: skip
        elif b"\0" not in data[:4096]:
            line = data[:start].count(b"\n") + 1
            cause = f"line {line} says so"
            hint = "have what writes it, such as configure_file(), leave it out; or name the file in wheel.exclude"
        elif _SOURCE.search(path):
            cause = "debug info, assert() or __FILE__ has it from a source that was compiled without xconan's options"
            hint = "compile it by a target of CMake's, or by a command with -ffile-prefix-map; -s strips debug info"
        else:
            cause = "it was compiled in as a value, such as CMAKE_SOURCE_DIR or CMAKE_INSTALL_PREFIX"
            hint = "compile in a path that is relative to the package, and find files beside the module when it runs"
        return Finding(file=file, message=f"it names {shown}, in {folder.what}: {cause}", hint=hint, warning=True)
