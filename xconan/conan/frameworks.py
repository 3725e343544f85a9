"""Apple's frameworks that a compiler or a linker misses: zig has none of them, only Apple's C library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xconan.model import BuildPlan

_MISSES = re.compile(
    r"""unable\ to\ find\ (?:system\ )?framework\ ["'](\w+)["']  # zig
    |framework\ not\ found(?:\ for)?\ (?:-framework\ )?["']?(\w+)  # lld, ld64
    |Framework\ library\ (\w+)\ not\ found  # Conan's CMakeDeps
    |["'<]([A-Z]\w+)/\4\.h["'>]\ file\ not\ found  # its main header
    """,
    re.VERBOSE,
)


def framework_remedy(plan: BuildPlan, output: str) -> str:
    """What to do where a build for macOS misses a framework, "" where it does not.

    Args:
        plan: of the build.
        output: what was printed.
    """
    missed = plan.cross.target.platform.os == "mac" and _MISSES.search(output)
    if not missed:
        return ""
    name = next(filter(None, missed.groups()))
    who = (
        "zig has none of Apple's frameworks" if plan.cross.toolchain == "zig" else "the toolchain lacks that framework"
    )
    return f"{who}: what needs {name} needs a toolchain_file in the cross.toml that has Apple's SDK, or a Mac"
