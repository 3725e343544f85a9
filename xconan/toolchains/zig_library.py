"""zig's C++ library for a target: made ahead, aloud, and kept where the compiler scripts find it.

zig makes it when a program is linked that needs it, for minutes, without a word, and once more for another place of
zig's own files and for other flags of the linking: docs/toolchains.md has the table. Here it is made once for each
target, as releases are linked; the compiler script gives its archives to the linker whatever the flags are.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xconan.ground.errors import ToolchainError
from xconan.ground.files import cache_folder, file_digest, read_json, write_json
from xconan.ground.lock import cache_in_use, locked
from xconan.ground.record import Record
from xconan.ground.report import say, show, ticking
from xconan.ground.run import capture
from xconan.ground.scratch import scratch
from xconan.toolchains.zig import libcxx_place

_SOURCE = "#include <iostream>\n#include <string>\nvoid hello(std::string name) { std::cout << name; }\n"
_FLAGS = ("-O3", "-fPIC", "-shared", "-s")  # as CMake links a module of a release with our toolchain file
_ARCHIVE = re.compile(r"\S+/(libc\+\+(?:abi)?\.a|c\+\+(?:abi)?\.lib)(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Warmed(Record):
    """What was done for a target: whether zig was asked at all, the seconds, and the folder with its cache."""

    made: bool
    seconds: float
    cache: Path


@cache_in_use()
def warm_zig(compiler: str, *, what: str) -> Warmed:
    """Have zig make its C++ library for a target before anything else needs it, and say so: it takes minutes.

    Args:
        compiler: the script that is the C++ compiler.
        what: the target, as people know it.

    Raises:
        ToolchainError: zig can't compile C++ for the target.
    """
    cache = Path(os.environ.get("ZIG_GLOBAL_CACHE_DIR") or cache_folder() / "zig" / "cache")
    place, identity = _place(Path(compiler), cache), _identity(Path(compiler))
    start = time.monotonic()
    if _is_warm(place, identity):
        return Warmed(made=False, seconds=0.0, cache=cache)
    say(
        f"xconan: zig makes its C++ library for {what}, once for this version of zig and this target: it may take 2 to "
        f"7 minutes, and is kept in {cache} (`xconan warm TARGET` does it ahead)"
    )
    with (
        ticking("zig is at work on its C++ library"),
        locked(place.with_name(f".{place.name}.lock"), what=f"zig's C++ library for {what}") as lock,
    ):
        if not _is_warm(place, identity):
            _make(compiler, place, identity, lock, cache)
    return Warmed(made=True, seconds=time.monotonic() - start, cache=cache)


def is_made(compiler: str) -> bool:
    """Whether zig's C++ library is there for the target of this script."""
    cache = Path(os.environ.get("ZIG_GLOBAL_CACHE_DIR") or cache_folder() / "zig" / "cache")
    return _is_warm(_place(Path(compiler), cache), _identity(Path(compiler)))


def _place(compiler: Path, cache: Path) -> Path:
    base = compiler.parent.parent
    if (base / "zig").is_symlink():
        return cache / libcxx_place(base.name, compiler.parent.name)
    return cache / "xconan" / "scripts" / file_digest(compiler)[:16]  # written out by `xconan cross`


def _identity(compiler: Path) -> list[object]:
    """What zig keys the library by beside version and target (its own files' path, flags), and what is kept of it."""
    program = (compiler.parent.parent / "zig").resolve()
    if program.parent.parent == (cache_folder() / "zig").resolve():
        return [str(program), *_FLAGS, _ARCHIVE.pattern]  # a copy, whose name holds its digest
    with suppress(OSError):
        status = program.stat()
        return [str(program), status.st_size, status.st_mtime_ns, *_FLAGS, _ARCHIVE.pattern]
    return [*_FLAGS, _ARCHIVE.pattern]  # a script that was written out looks for zig by itself


def _is_warm(place: Path, identity: list[object]) -> bool:
    known = read_json(place / "made.json")
    archives = known.get("archives")
    return (
        known.get("by") == identity and isinstance(archives, list) and all((place / str(a)).is_file() for a in archives)
    )


def _make(compiler: str, place: Path, identity: list[object], lock: int, cache: Path) -> None:
    with scratch("zig") as folder:
        source = Path(folder, "warm.cpp")
        source.write_text(_SOURCE, "utf-8")
        # with -x the script leaves the library to zig, which then says what it gives to the linker
        argv = [compiler, *_FLAGS, "-o", f"{folder}/warm.so", "-x", "c++", str(source)]
        done = capture(argv, env={**os.environ, "ZIG_VERBOSE_LINK": "1"}, inherit=[lock])
    if done.code != 0:
        show(done.stderr.rstrip())
        raise ToolchainError("zig can't compile C++ for this target; its own words stand above", where=shlex.join(argv))
    linking = next((line for line in reversed(done.stderr.splitlines()) if _ARCHIVE.search(line)), "")
    archives = {match[1]: Path(match[0]) for match in _ARCHIVE.finditer(linking)}
    place.mkdir(parents=True, exist_ok=True)
    for name, archive in archives.items():
        _keep(_whole(archive, cache), place / name)
    write_json(place / "made.json", {"by": identity, "archives": sorted(archives)})


def _whole(archive: Path, cache: Path) -> Path:
    """An archive's path: zig puts nothing into quotes, and of one with blanks only the end was found."""
    return archive if archive.is_absolute() and archive.is_file() else cache.joinpath(*archive.parts[-3:])


def _keep(archive: Path, place: Path) -> None:
    """Put an archive in its place; zig never writes into one that it has made."""
    beside = place.with_name(f".{place.name}.new")  # under the lock
    beside.unlink(missing_ok=True)
    try:
        os.link(archive, beside)
    except OSError:
        shutil.copyfile(archive, beside)
    beside.replace(place)
