"""Many targets as a table for people, and as facts for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xconan.model import BuildPlan


def plan_facts(name: str, plan: BuildPlan, shares: str) -> dict[str, object]:
    """What programs are told of a target's plan; `xconan plan --target NAME --json` has the whole of it."""
    toolchain = (plan.parts[0] if plan.parts else plan).toolchain
    compiler = next(iter(toolchain.compilers.values())) if toolchain else None
    return {
        "target": name,
        "wheel": plan.wheel_name,
        "shares": shares,
        "platform": plan.cross.target.platform.tag,
        "toolchain": plan.cross.toolchain or "",
        "compiler": f"{compiler.id} {compiler.version}" if compiler else "",
        "python": str(plan.python.include_dir or ""),
        "origin": plan.python.origin,
        "conan": any(part.conan for part in (plan, *plan.parts)),
        "folder": str(plan.layout.root),
    }


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of columns; the first row has their titles."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
