"""One library under several names: VERSION and SOVERSION of CMake's targets make links, and wheels have none.

libx.so and libx.so.1 are links to libx.so.1.2.3 where CMake installs them. Packed as files, they would be three
libraries: whoever opens one and needs another has its state twice. Others need a library by the name that it has of
itself (DT_SONAME of ELF, LC_ID_DYLIB of Mach-O), so it is packed by that name.
"""

from __future__ import annotations

import filecmp
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from xconan.binary import macho
from xconan.binary.dynamic import read_dynamic
from xconan.ground.errors import listed
from xconan.ground.report import remind, warn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

_ELF = b"\x7fELF"
_LIBRARY = re.compile(r"\.(so(\.\d+)*|dylib)$")
_OPENS = re.compile(r"CDLL|PyDLL|cdll|dlopen|LoadLibrary|load_library|find_library")
_GLOB = re.compile(r"[\"']([^\"'\n]*\*[^\"'\n]*)[\"']")
_SHOWN = 6


def packed_once(files: Mapping[str, Path], installed: Collection[str]) -> dict[str, Path]:
    """The wheel's files with each library that CMake installed under one name, and say which names are left out.

    Another name stays where a file of the wheel says it; with a warning, if the library is there twice for that.

    Args:
        files: all of the wheel, by their places.
        installed: the places of those that CMake installed.
    """
    left_out: dict[str, str] = {}
    for group in _same_libraries({name: files[name] for name in installed if name in files}):
        by_name = {name.rpartition("/")[2]: name for name in group}
        own = _own_name(files[group[0]])
        if own not in by_name:
            continue  # what others need it by is not known
        said = _said(sorted(by_name), own, group, files)
        kept = said or {own: ""}
        if len(kept) > 1:
            _tell_copies([by_name[name] for name in sorted(kept)], kept, own)
        packed = own if own in kept else min(kept)
        left_out |= {name: packed for base, name in by_name.items() if base not in kept}
    if left_out:
        gone = [name.rpartition("/")[2] for name in left_out]
        remind(f"xconan: left out of the wheel: {listed(gone, _SHOWN)}; wheels have no links, and each would be one "
               f"more copy of {listed([*dict.fromkeys(left_out.values())])}")  # fmt: skip
    return {name: path for name, path in files.items() if name not in left_out}


def _same_libraries(files: Mapping[str, Path]) -> Iterator[list[str]]:
    """Names in one folder that one library has there, two or more: links, or copies where architectures were joined."""
    groups: dict[tuple[str, int], list[str]] = {}
    for name, path in files.items():
        if _LIBRARY.search(name):
            groups.setdefault((name.rpartition("/")[0], path.stat().st_size), []).append(name)
    for names in groups.values():
        waiting = names
        while len(waiting) > 1:
            first = files[waiting[0]]
            same = [name for name in waiting if filecmp.cmp(first, files[name], shallow=False)]
            if len(same) > 1:
                yield sorted(same)
            waiting = [name for name in waiting if name not in same]


def _own_name(path: Path) -> str:
    """The file name by which a library says that others need it; "" where it says none, or is damaged."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) == _ELF:
                stream.seek(0)
                return read_dynamic(stream).soname
            stream.seek(0)
            data = stream.read()
        images = macho.read_macho(data) if data.startswith(macho.MAGICS) else ()
    except ValueError:
        return ""
    return next((image.identity.rpartition("/")[2] for image in images), "")


def _said(names: Sequence[str], own: str, group: Collection[str], files: Mapping[str, Path]) -> dict[str, str]:
    """Those of the names that other files of the wheel say, and a file that does: a binary, or one of Python."""
    texts: dict[str, str] = {}
    in_binary = {name: re.compile(re.escape(name.encode()) + rb"\0") for name in names}
    said: dict[str, str] = {}
    for place, path in files.items():
        if place in group:
            continue
        if place.endswith(".py"):
            texts[place] = path.read_bytes().decode("utf-8", "replace")
            continue
        with path.open("rb") as stream:
            binary = stream.read(4).startswith((_ELF, *macho.MAGICS))
        data = path.read_bytes() if binary else b""
        said |= {name: said.get(name, place) for name in names if in_binary[name].search(data)}
    words = {name: re.compile(rf"(?<![\w.-]){re.escape(name)}(?!\*|\.?\w)") for name in names}
    by_word = [(name, place) for place, text in texts.items() for name, word in words.items() if word.search(text)]
    made_up = _made_up(texts, {place for _, place in by_word}, min(names, key=len), own)
    return {**made_up, **dict(reversed(by_word)), **said}


def _made_up(texts: Mapping[str, str], naming: Collection[str], shortest: str, own: str) -> dict[str, str]:
    """The shortest of the names, if files of Python open libraries and may make it up, f"lib{name}.so", or find it.

    A file that opens libraries may have the stem anywhere, others in a text; those in `naming` say whole names.
    """
    opening = {place for place, text in texts.items() if _OPENS.search(text)}
    stem = rf"(?<!\w)(lib)?{re.escape(shortest.partition('.')[0].removeprefix('lib'))}(?!\w)"
    in_quotes = rf"[\"'][^\"'\n]*{stem}[^\"'\n]*[\"']"
    for place, text in texts.items() if opening else ():
        globs = [glob.rpartition("/")[2] for glob in _GLOB.findall(text)]
        wanted = place not in naming and (place in opening or not naming)
        if not wanted or any(fnmatchcase(own, glob) for glob in globs):
            continue
        found = any(fnmatchcase(shortest, glob) for glob in globs)
        if found or re.search(stem if place in opening else in_quotes, text):
            return {shortest: place}
    return {}


def _tell_copies(places: Sequence[str], said: Mapping[str, str], own: str) -> None:
    """Say that a library has to be in the wheel more than once."""
    others = [name for name in said if name != own]
    who = "; ".join(f"{said[name]} opens {name}" for name in others)
    needs = f", and {said[own]} needs {own}" if own in said else ""
    warn(f"{' and '.join(places)} are copies of one library, as wheels have no links, and a process that loads both "
         f"has its state twice: {who}{needs}; open {own} alone and write NAMELINK_SKIP into install(TARGETS …), or "
         "take VERSION and SOVERSION off the target")  # fmt: skip
