"""The build machine's environment, as a build for another machine may see it.

CPATH, LIBRARY_PATH, CMAKE_PREFIX_PATH and their like (environment.toml) come before what a toolchain says: with
another Python's headers in CPATH, a module is compiled against these. Environment modules, Spack, conda and CI
services set them.
"""

from __future__ import annotations

import os
import re
import string
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.build_machine.pyodide import without_wrappers
from xconan.ground.files import load_toml
from xconan.ground.installed import environment_roots
from xconan.ground.places import lies_in
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from xconan.ground.text import Text

_TABLE = Path(__file__).with_suffix(".toml")
# beside those of the table: flags, compilers with their options, and the environments that FindPython looks into
_LEADING = re.compile(r"\w*FLAGS(_\w+)?|CC|CXX|CMAKE_\w+|PKG_CONFIG_\w+|CONDA_PREFIX|VIRTUAL_ENV|SDKROOT|PATH")
_READ_BY_CMAKE = re.compile(r"(?:\$|\bDEFINED\s+)ENV\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Row(Record):
    """A row of the table: names, but for some; what one of the folders must hold, () for anything."""

    names: re.Pattern[str]
    but: re.Pattern[str]
    holds: tuple[str, ...]

    def means(self, name: str, value: str) -> bool:
        if not self.names.fullmatch(name) or self.but.fullmatch(name):
            return False
        return not self.holds or any(_has(Path(folder), self.holds) for folder in value.split(os.pathsep) if folder)


def search_path(environ: Mapping[str, str] = os.environ) -> str:
    """PATH with the programs of the virtual environment that runs us, as somebody who has activated it has it.

    Whoever calls `environment/bin/xconan` has not, and means its Cython, its SWIG and its Python all the same. Of the
    environment that pip makes for one build, the programs stay before those of pip's own.
    """
    path, own = environ.get("PATH", os.defpath), str(Path(sys.executable).parent)
    folders = path.split(os.pathsep)
    if sys.prefix == sys.base_prefix or own in folders:
        return path
    roots = environment_roots()
    others = (at for at, folder in enumerate(folders) if not any(lies_in(folder, root) for root in roots))
    first = next(others, len(folders))
    return os.pathsep.join([*folders[:first], own, *folders[first:]])


def cleared_variables(
    environ: Mapping[str, str] = os.environ,
    *,
    native: bool,
    passthrough: Collection[str] = (),
    read: Collection[str] = (),
) -> tuple[str, ...]:
    """The names of what CMake, Conan's recipes and compilers are not given.

    Args:
        environ: the build machine's.
        native: the build machine is the host too, so that nothing is cleared.
        passthrough: names that the project lets through.
        read: names that a toolchain file reads, which are meant for the host.
    """
    if native:
        return ()
    kept, seen = {*passthrough, *read}, without_wrappers(environ)
    return tuple(sorted(
        name for name, value in seen.items() if name not in kept and any(row.means(name, value) for row in _rows())
    ))  # fmt: skip


def names_read(text: str) -> frozenset[str]:
    """The variables of the environment that a file of CMake's reads, as `$ENV{NAME}` or `DEFINED ENV{NAME}`."""
    return frozenset(_READ_BY_CMAKE.findall(text))


def leading_to(environ: Mapping[str, str], path: Path) -> list[str]:
    """The variables that lead compilers or CMake to a folder which this file lies in, the deepest folder first.

    PWD, HOME and TMPDIR may name such a folder, and lead nobody to it.

    Args:
        environ: to look into.
        path: absolute.
    """
    found: list[tuple[int, str]] = []
    for name, value in environ.items():
        if not (_LEADING.fullmatch(name) or any(row.means(name, value) for row in _rows())):
            continue
        words = re.split(rf"[\s={re.escape(os.pathsep)}]|-I|-isystem|-iquote|-L", value)
        depths = [len(word) for word in words if len(word) > 1 and path.is_relative_to(os.path.normpath(word))]
        found += [(max(depths), name)] if depths and Path(value) != path else []
    return [name for _depth, name in sorted(found, key=lambda one: -one[0])]


def expand_env(wanted: Mapping[str, str | Text], base: Mapping[str, str]) -> dict[str, str]:
    """The environment for CMake: `wanted` on top of `base`, with ${NAME} of what stands before expanded."""
    env = dict(base)

    def expand(text: str) -> str:
        return string.Template(text).safe_substitute(env)

    for name, text in wanted.items():
        value = expand(text) if isinstance(text, str) else text.after(env.get(name), expand)
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def _has(folder: Path, names: tuple[str, ...]) -> bool:
    try:
        return folder.is_absolute() and any(next(folder.glob(name), None) is not None for name in names)
    except (OSError, ValueError):  # not ours to read, or no path
        return False


@cache
def _rows() -> tuple[_Row, ...]:
    table = cast("dict[str, list[dict[str, object]]]", load_toml(_TABLE))
    return tuple(
        _Row(
            names=re.compile(str(row["names"])),
            but=re.compile(str(row.get("but", "(?!)"))),
            holds=tuple(cast("list[str]", row.get("holds", []))),
        )
        for row in table["variable"]
    )
