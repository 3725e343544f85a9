"""Names of Conan's static libraries that a module exports, though conan/hidden.py asks the linker to keep them.

An interpreter that has loaded another copy of the library, or a module that was loaded before, gives its functions in
their place: ELF's loader takes the first of a name. A version script or an export list of the project's own undoes it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary.archive import offered_names, static_libraries
from xconan.binary.finding import Finding
from xconan.ground.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xconan.binary.dynamic import Dynamic

_INIT = re.compile(r"Py(?:Init|ModExport)U?_\w+")
_SHOWN = 3
_SHARED = ("_ZTI", "_ZTS")  # type_infos, which exceptions need: they stay exported on purpose


def check_exposed(binaries: Mapping[str, Dynamic], packages: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """One finding for each module and package.

    Args:
        binaries: what the wheel's binaries contain, by name.
        packages: (reference, folder) of Conan's packages.
    """
    modules = {name: _own_exports(dynamic) for name, dynamic in binaries.items()}
    modules = {name: exported for name, exported in modules.items() if exported}
    if not modules:
        return
    for reference, folder in packages:
        offered = {name for path in static_libraries(Path(folder)) for name in offered_names(path)}
        for module, exported in modules.items():
            if both := sorted(exported & offered):
                yield Finding(
                    file=module, warning=True,
                    message=f"it exports {listed(both, _SHOWN)} of {reference}: an interpreter that has another "
                    f"{reference.partition('/')[0]} loaded runs that one in its place",
                    hint="take what exports them, a version script or -Wl,--export-dynamic, away from the target; "
                    "tool.xconan.cmake.export_dependencies = true if it is meant",
                )  # fmt: skip


def _own_exports(dynamic: Dynamic) -> frozenset[str]:
    """What a module exports of its own accord: not C++'s inline functions, which are in whatever uses them."""
    if not any(_INIT.fullmatch(name) for name in dynamic.exported):
        return frozenset()
    found = frozenset(dynamic.exported) - frozenset(dynamic.weak)
    return frozenset(name for name in found if not name.startswith(_SHARED))
