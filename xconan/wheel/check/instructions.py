"""Compilers' options that make instructions which some hosts of a wheel's tag lack: it is imported there, and crashes.

A binary does not say which processor it needs; the compiler's line does. What is compiled for a newer processor and
chosen when the code runs is right, but nobody can tell by the options: `wheel.runtime_dispatch` names it.

A toolchain file that names one processor is made for boards with it, and whoever takes it for a wider tag may mean
that: https://github.com/tttapa/toolchains has `-mcpu=cortex-a53` for the Raspberry Pi 3. It is said, and not refused.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary.finding import Finding
from xconan.ground.errors import listed
from xconan.host.instructions import baseline_of, beyond, is_native
from xconan.project.globs import matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.cmake.compiled import Compiled, Group, Word
    from xconan.host.platforms import Platform

_LANGUAGES = ("C", "CXX", "OBJC", "OBJCXX", "Fortran")  # an assembler's options don't choose its instructions
_VARIABLES = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "FFLAGS")
_BOARD = re.compile(r"-m(cpu|fpu)=(?!native$).+")  # one processor's own; -march and features name what many have


@dataclass(frozen=True, kw_only=True)
class Instructions:
    """How one build folder's targets are compiled, against the tag's platform.

    Attributes:
        targets: what CMake says of them.
        platform: that they are compiled for.
        inside: names without folders of the wheel's files -> their names.
        source: the folder of CMakeLists.txt.
        files: that CMake has read to configure, absolute.
        dispatch: globs of sources, and names of targets, that are chosen when the code runs.
        dispatch_place: where these are said, for messages.
        toolchain: (its file, words that it adds to each call of a compiler).
        given: words by where else they are given: the environment's variables, configuration keys.
    """

    targets: Sequence[Compiled]
    platform: Platform
    inside: Mapping[str, str]
    source: Path
    files: Sequence[str] = ()
    dispatch: Sequence[str] = ()
    dispatch_place: str = ""
    toolchain: tuple[str, tuple[str, ...]] = ("", ())
    given: Mapping[str, Sequence[str]]

    def check(self) -> Iterator[Finding]:
        """One finding for each line that says so: for whole targets errors, for single sources and boards warnings."""
        row = baseline_of(self.platform)
        if row is None:
            return
        found: dict[tuple[str, str, bool], tuple[str, list[str]]] = {}
        for target, file in self._in_wheel().items():
            for word, where, sources in self._beyond(target):
                known = found.setdefault((word.text, where, bool(sources)), (file, []))[1]
                known += [name for name in sources or [target.name] if name not in known]
        together: dict[tuple[str, str, bool, tuple[str, ...]], list[str]] = {}
        for (text, where, single), (file, known) in found.items():
            together.setdefault((file, where, single, tuple(known)), []).append(text)
        for (file, where, single, names), texts in together.items():
            what = f"{listed(names)} of its sources" if single else f"target{'s' * (len(names) > 1)} {listed(names)}"
            native = any(is_native(text) for text in texts)
            processor = "for the processor of this machine" if native else "for newer processors"
            board = not single and all(self._is_boards(text, where) for text in texts)
            yield Finding(
                file=file,
                message=f"{what} {'are' if len(names) > 1 else 'is'} compiled with {' '.join(texts)} ({where}), "
                f"{processor}: not every host of the tag {self.platform.tag} has more than {row.baseline}",
                hint=self._hint(" ".join(texts), where, names, native=native, board=board),
                breaks_tag=not single and not board, warning=single or board,
            )  # fmt: skip

    def _in_wheel(self) -> dict[Compiled, str]:
        """Targets that are in the wheel, by themselves or as a part of others, and the file that they are in."""
        known = {target.name: target for target in self.targets}
        found: dict[Compiled, str] = {}
        for target in self.targets:
            if file := self.inside.get(target.file):
                for name in target.linked:
                    found.setdefault(known[name], file)
        return found

    def _beyond(self, target: Compiled) -> Iterator[tuple[Word, str, list[str]]]:
        """The words that leave the baseline, where they are said, and their sources, none for all of the target."""
        if any(fnmatchcase(target.name, pattern) for pattern in self.dispatch):
            return
        dispatched = matcher(self.dispatch, where=self.dispatch_place)
        groups = [group for group in target.groups if group.language in _LANGUAGES]
        for group in groups:
            sources = [source for source in group.sources if not dispatched(source)]
            for place in beyond([word.text for word in group.words], self.platform) if sources else ():
                word = group.words[place]
                if not self._is_hosts(word):
                    alone = word.of_sources or not _everywhere(word, group, groups)
                    yield word, self._where(word, target), sources if alone else []

    def _is_hosts(self, word: Word) -> bool:
        """Whether the toolchain says it of a host whose tag promises no more than the toolchain does."""
        if self.platform.os != "linux" or self.platform.libc or word.where:
            return False
        return not is_native(word.text) and word.text in self.toolchain[1]

    def _is_boards(self, text: str, where: str) -> bool:
        """Whether it is the toolchain that names a processor, and nobody else."""
        return where not in self.given and text in self.toolchain[1] and _BOARD.fullmatch(text) is not None

    def _where(self, word: Word, target: Compiled) -> str:
        """The line, else the variable, key or file that says it."""
        if word.where:
            return word.where
        for place, words in self.given.items():
            if word.text in words:
                return place
        own = f"{target.folder}/CMakeLists.txt".removeprefix("./")
        for file in sorted(self.files, key=lambda file: file != str(self.source / own)):
            if line := _line_of(Path(file), word.text):
                return line.removeprefix(f"{self.source}{os.sep}")
        file, words = self.toolchain
        return file if word.text in words and file else "by CMAKE_<LANG>_FLAGS"

    def _hint(self, text: str, where: str, names: Sequence[str], *, native: bool, board: bool) -> str:
        variable = where.partition(" ")[0] if where in self.given else ""
        way = f"unset {variable}, which has it" if variable in _VARIABLES else f"take {text} out"
        if native:
            return f"{way}; or build for this machine alone, without a target and platform_tag"
        if board:
            return f"if some are without it, {way}; for boards with it alone, the tag linux_{self.platform.arch.name}"
        keys = ", ".join(json.dumps(name) for name in names)
        ways = [way, f"or, if the code looks which processor it runs on: wheel.runtime_dispatch = [{keys}]"]
        if self.platform.libc:
            ways.append(f"or, for hosts that all have it, the tag linux_{self.platform.arch.name}, and it in "
                        "CMAKE_C_FLAGS_INIT and CMAKE_CXX_FLAGS_INIT of its toolchain file")  # fmt: skip
        elif self.platform.os == "linux":
            ways.append("or, if all hosts have it, write it into the toolchain file: CMAKE_C_FLAGS_INIT and "
                        "CMAKE_CXX_FLAGS_INIT")  # fmt: skip
        return "; ".join(ways)


def _everywhere(word: Word, group: Group, groups: Sequence[Group]) -> bool:
    """Whether all sources of the language are compiled with it."""
    others = [one for one in groups if one.language == group.language]
    return all(word.text in {other.text for other in one.words} for one in others)


def _line_of(file: Path, text: str) -> str:
    """The first line of CMake's language that has the word outside a comment: "/p/CMakeLists.txt:12"; "" for none."""
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    wanted = re.compile(rf"(?<![\w-]){re.escape(text)}(?![\w.+=-])")
    found = (number for number, line in enumerate(lines, 1) if wanted.search(line.partition("#")[0]))
    return next((f"{file}:{number}" for number in found), "")
