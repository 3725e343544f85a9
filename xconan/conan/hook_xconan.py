"""A hook of Conan's: libraries built for a wheel name their sources by package and version, not by local paths.

    /home/me/.conan2/p/b/lz4f00d/b/src/lz4.c  ->  /xconan/lz4/1.9.4/b/src/lz4.c

Conan gives each build a folder of another name, so no profile can name it. pre_generate() knows it, and comes after
package ids are known: the flags are in none. Where a folder has a blank, they are in a file that the compiler reads
(@FILE): recipes put flags into variables that are split at blanks, and into files that each quote in its own way. The
module stands alone; `xconan conan-config` copies it to extensions/hooks.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_TOP = "/xconan"
# the first version of Conan's `compiler` that has the flag
_FIRST = {"gcc": 8, "clang": 10, "apple-clang": 12}
_OF_LLVM = ("clang", "apple-clang")
_FLAG = "-ffile-prefix-map"
_SANITIZER = "-fsanitize-undefined-strip-path-components=-1"  # Clang's and zig's: messages name the file alone
# what no flag can hold: "=" ends a path in it, and the others mean something to who writes or reads it
_UNSPEAKABLE = re.compile(r"[=;,\\\"'$#\x00-\x1f\x7f]")
_FLAGS = ".xconan-flags"
_OF_FILE = re.compile(rf"^@.*{re.escape(_FLAGS)}$")


def pre_generate(conanfile: Any) -> None:  # noqa: ANN401 - Conan has no types
    """For Conan: what is built by a host profile of xconan's, with `user.xconan:abi`, or says so by another conf."""
    wanted = conanfile.conf.get("user.xconan:file_prefix_map", default=None)
    by_xconan = conanfile.conf.get("user.xconan:abi", default=None)
    if str(wanted if wanted is not None else bool(by_xconan)) == "True":
        map_prefixes(conanfile)


def map_prefixes(conanfile: Any) -> None:  # noqa: ANN401
    """Add the flags for one package that is going to be built, unless they are there."""
    settings = conanfile.settings
    compiler = str(settings.get_safe("compiler"))
    first = _FIRST.get(compiler)
    version = re.match(r"\d+", str(settings.get_safe("compiler.version")))
    if conanfile.context != "host" or not conanfile.name or first is None or not version or int(version[0]) < first:
        return
    flags = [f"{_FLAG}={folder}={name}" for folder, name in _named(conanfile)]
    if _is_built_in_cache(conanfile):
        flags = _as_words(flags, conanfile.name)
    else:  # a folder that stays, and may be built in again when the file of flags is gone
        flags = [flag for flag in flags if " " not in flag]
    flags += [_SANITIZER] if flags and compiler in _OF_LLVM else []
    for key in ("tools.build:cflags", "tools.build:cxxflags"):
        there = conanfile.conf.get(key, default=[], check_type=list)
        if not any(flag.startswith(f"{_FLAG}=") or _OF_FILE.search(flag) for flag in there):
            conanfile.conf.define(key, [*there, *flags])  # which appends also to what a profile has unset


def _is_built_in_cache(conanfile: Any) -> bool:  # noqa: ANN401
    """Whether the build folder is one of Conan's cache, not that of a consumer or of an editable package."""
    build, package = Path(conanfile.folders.base_build or ""), Path(conanfile.folders.base_package or "")
    return build.parent == package.parent and (build.name, package.name) == ("b", "p")


def _as_words(flags: list[str], name: str) -> list[str]:
    """The flags as words without blanks: themselves, or one that names a file of them all."""
    if not any(" " in flag for flag in flags):
        return flags
    folder = own_folder()
    if " " in folder:
        return [flag for flag in flags if " " not in flag]
    file = Path(folder, f"{name}{_FLAGS}")
    file.write_text("".join(f'"{flag}"\n' for flag in flags), "utf-8")
    return [f"@{file}"]


@cache
def own_folder() -> str:
    """A temporary folder while this process lives; held as xconan's are, so that the next one removes what is left."""
    folder = tempfile.mkdtemp(prefix="xconan-flags-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    held = Path(folder, ".held-by-xconan").open("wb")  # noqa: SIM115 - for as long as the process lives
    if fcntl:
        fcntl.flock(held, fcntl.LOCK_EX)
    atexit.register(held.close)
    return folder


def _named(conanfile: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    """Folders and their names, the shorter ones first: of two prefixes that fit, a compiler takes the last."""
    own = f"{_TOP}/{conanfile.name}/{conanfile.version}"
    folders = conanfile.folders
    named = {os.path.expanduser("~"): f"{_TOP}/home"}  # noqa: PTH111 - a Path would be turned into a text again
    named |= {
        dependency.package_folder: f"{_TOP}/{dependency.ref.name}/{dependency.ref.version}"
        for dependency in conanfile.dependencies.values()
        if dependency.package_folder
    }
    parts = {"s": folders.base_source, "b": folders.base_build, "p": folders.base_package}
    named |= {folder: f"{own}/{part}" for part, folder in parts.items() if folder}
    both = {path: name for folder, name in named.items() for path in (str(folder), os.path.realpath(folder))}
    return sorted(
        ((path, name) for path, name in both.items() if path != os.sep and not _UNSPEAKABLE.search(path)),
        key=lambda one: len(one[0]),
    )
