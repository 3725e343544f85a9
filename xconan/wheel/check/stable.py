"""Modules for the stable ABI against the names that it has (PEP 384, 652, 803)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from xconan.binary.finding import Finding
from xconan.ground.errors import listed
from xconan.ground.files import load_toml
from xconan.host.targets import dotted_version
from xconan.wheel.check.libraries import with_python_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from xconan.binary.dynamic import Dynamic
    from xconan.host.tags import WheelTags
    from xconan.host.targets import Target

_PYTHONS = re.compile(r"_?Py[A-Z_]\w*")
_SUFFIX = re.compile(r"\.abi3t?[.-]")
# functions that take a PyModuleDef, whose layout abi3t does not have (PEP 803: PyObject is opaque)
_OF_ABI3_ALONE = ("PyModuleDef_Init", "PyModule_Create2", "PyModule_FromDefAndSpec2")
_SHOWN = 3


def check_stable_abi(
    binaries: Mapping[str, Dynamic], tags: WheelTags, target: Target, inside: Collection[str] = ()
) -> Iterator[Finding]:
    """What these files need of Python and its stable ABI lacks.

    Args:
        binaries: what the wheel's files need and define, by their names in the wheel.
        tags: of the wheel; if they are the stable ABI's, all of its files are checked against the version that they
            name. In other wheels, files with its suffix are checked against the host's version.
        target: the host.
        inside: file names, without folders, of all that is in the wheel.
    """
    own = {symbol for dynamic in binaries.values() for symbol in dynamic.exported}
    for file, dynamic in binaries.items():
        minimum = tags.limited_api or (int(target.version) if _SUFFIX.search(file) else None)
        if minimum is None or with_python_names(dynamic, inside):
            continue  # another package's library may define names of Python that the stable ABI lacks: shiboken's does
        asked = {symbol for symbol in dynamic.undefined if _PYTHONS.fullmatch(symbol)} - own
        added = {symbol: _table().get(symbol) for symbol in sorted(asked)}
        lacking = {symbol: since for symbol, since in added.items() if since is None or since > minimum}
        if lacking:
            yield _lacking(file, lacking, minimum, tags)
        elif "abi3t" in tags.abi and (taken := asked & {*_OF_ABI3_ALONE}):
            yield Finding(
                file=file, message=f"it needs {', '.join(sorted(taken))}, so it is for abi3 alone, but the wheel is "
                f"tagged {tags}", hint="define Py_TARGET_ABI3T, and export PyModExport_NAME (PEP 793)",
            )  # fmt: skip


def _lacking(file: str, lacking: Mapping[str, int | None], minimum: int, tags: WheelTags) -> Finding:
    oldest = dotted_version(minimum)
    names = [f"{name} ({dotted_version(since)})" if since else name for name, since in lacking.items()]
    hint = "let CMake define Py_LIMITED_API (Python_add_library … USE_SABI), or set tool.xconan.wheel.python_abi"
    versions = [since for since in lacking.values() if since]
    if tags.limited_api and len(versions) == len(lacking):
        hint = f"set tool.xconan.wheel.abi3_minimum_cpython_version = {max(versions)}, or USE_SABI {oldest}"
    return Finding(
        file=file, hint=hint, message=f"it needs {listed(names, _SHOWN)}, which the stable ABI of Python "
        f"{oldest} lacks" + (f" (tag {tags})" if tags.limited_api else ", as its suffix asks for it"),
    )  # fmt: skip


@cache
def _table() -> dict[str, int]:
    """The version that added each name: 312 for 3.12."""
    rows = cast("dict[str, str]", load_toml(Path(__file__).with_name("stable_abi.toml")))
    return {name: int(version) for version, names in rows.items() if version.isdigit()
            for name in names.split()}  # fmt: skip
