"""`xconan plan`."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from xconan.cli.arguments import project_root, settings
from xconan.pipeline import plan_wheel
from xconan.plan import as_object

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from xconan.model import BuildPlan


def run(arguments: argparse.Namespace) -> int:
    """Print the plan, for people or as JSON."""
    plans = [plan_wheel(project_root(arguments), one)[0] for one in settings(arguments)]
    if arguments.json:
        found = [{"wheel": plan.wheel_name, **as_object(plan)} for plan in plans]
        sys.stdout.write(json.dumps(found[0] if len(found) == 1 else found, indent=1) + "\n")
    else:
        sys.stdout.write("\n\n".join("\n".join(_lines(plan)) for plan in plans) + "\n")
    return 0


def _lines(plan: BuildPlan) -> Iterator[str]:
    yield f"wheel        {plan.wheel_name}"
    yield f"host         {plan.cross.target.name} ({plan.cross.source})"
    yield f"folder       {plan.layout.root}"
    if plan.toolchain:
        for language, compiler in plan.toolchain.compilers.items():
            yield f"{language:12} {compiler.id} {compiler.version}, {compiler.path}"
    if plan.python.include_dir:
        version = ".".join(str(part) for part in plan.python.version[:3])
        yield f"host Python  {version}, {plan.python.include_dir} ({plan.python.origin})"
    yield f"modules      *{plan.python.ext_suffix}"
    for part in plan.parts:
        yield ""
        yield from _lines(part)
    if plan.conan:
        yield ""
        yield f"Conan        {plan.conan.conanfile}, with the host profile"
        yield from (f"    {line}" for line in plan.conan.host_profile.splitlines())
        for what, paths in (("host", plan.conan.host_profiles), ("build", plan.conan.build_profiles)):
            yield from (f"on top of the {what} profile: {path}" for path in paths)
        if plan.conan.build != ("missing",):
            yield f"may build    {', '.join(plan.conan.build)}"
    if plan.cmake:
        yield ""
        yield "CMake"
        for argv in (plan.cmake.configure, *plan.cmake.builds, *plan.cmake.installs):
            yield f"    {shlex.join(argv)}"
