"""What modules keep to themselves: the names of the static libraries of Conan that are linked into them.

An interpreter has loaded libraries of its own, zlib for one, before it loads a module; ELF's dynamic linker gives a
module that exports these names the interpreter's functions instead of those that it was linked with, older ones with
their faults. On macOS and Windows a name belongs to its library, and nothing is taken over.

GNU ld, gold, mold and lld hide what comes from a named archive (--exclude-libs). zig refuses that option; there a
version script names them, but for the type_infos of C++: LLVM's C++ library compares their addresses, and exceptions
must be caught between a module and a library that share a type. GNU's compares names. zig refuses the option by which
a shared library of the project calls its own functions, too, so that there the script is for these as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xconan.binary.archive import offered_names, static_libraries
from xconan.ground.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xconan.model import BuildPlan

_TYPE_INFOS = ("_ZTI", "_ZTS")
_PLAIN = re.compile(r"[\w.$@]+")  # what a version script takes as it is


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Hidden(Record):
    """What modules don't export.

    Attributes:
        archives: file names of static libraries, for --exclude-libs; empty where nothing is to be done.
        script: a version script that says the same for zig, "" for other linkers.
    """

    archives: tuple[str, ...] = ()
    script: str = ""


def hidden_names(plan: BuildPlan, folders: Sequence[str]) -> Hidden:
    """What modules keep to themselves.

    Args:
        plan: whose project may want the names exported.
        folders: of the host's packages.
    """
    config = plan.project.cmake
    if config is None or config.export_dependencies or plan.cross.target.platform.os != "linux":
        return Hidden()
    archives = sorted({path for folder in folders for path in static_libraries(Path(folder))})
    names = tuple(dict.fromkeys(path.name for path in archives))
    if plan.cross.toolchain != "zig" or not archives:
        return Hidden(archives=names)
    offered = {name for path in archives for name in offered_names(path) if not name.startswith(_TYPE_INFOS)}
    lines = "".join(f"    {name};\n" for name in sorted(offered) if _PLAIN.fullmatch(name))
    return Hidden(archives=names, script=f"{{\n  local:\n{lines}}};\n") if lines else Hidden()
