"""`xconan plan`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from xconan.cli.arguments import (
    add_json,
    add_project,
    add_targets,
    chosen_targets,
    planning_options,
    project_root,
    settings,
)
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from xconan.model import BuildPlan
    from xconan.release.matrix import Chosen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Show the host, the toolchain, the host's Python, the Conan profile and the calls of CMake that a build "
        "would use. Only the compilers are asked; nothing is built."
    )
    add_project(parser)
    add_targets(parser)
    add_json(parser, "the whole plan, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Print the plan, for people or as JSON; of many targets a table."""
    if (many := chosen_targets(arguments)) is not None:
        return _print_many(arguments, many)
    from xconan.pipeline import plan_wheel

    root = project_root(arguments)
    asked = settings(arguments)
    plans = [plan_wheel(root, target)[0] for target in asked]
    facts = [_facts(arguments, root, *one) for one in zip(asked, plans, strict=True)] if arguments.json else []
    texts = ["\n".join(_lines(plan)) for plan in plans]
    write_answer(arguments, facts=facts[0] if len(facts) == 1 else facts, lines=["\n\n".join(texts)], indent=1)
    return 0


def _facts(
    arguments: argparse.Namespace, root: Path, asked: Mapping[str, object], plan: BuildPlan
) -> dict[str, object]:
    """The whole plan of one target, with what lets it be built later."""
    from xconan.plan import as_object
    from xconan.release.contract import target_facts
    from xconan.release.handed import handed_facts
    from xconan.release.matrix import one_target
    from xconan.release.prepare import PlannedTarget

    one = one_target(root, asked)
    target = target_facts(PlannedTarget(name=one.name, settings=asked, plan=plan), root)
    handed = handed_facts(root, [one], planning_options(arguments))
    return {"wheel": plan.wheel_name, **as_object(plan), **handed, "targets": [target], "errors": []}


def _print_many(arguments: argparse.Namespace, chosen: Sequence[Chosen]) -> int:
    from xconan.release.contract import target_facts
    from xconan.release.handed import handed_facts
    from xconan.release.prepare import prepare
    from xconan.render.matrix import plan_facts, table

    root = project_root(arguments)
    prepared = prepare(root, chosen)
    facts = [{**plan_facts(one.name, one.plan, one.shares), **target_facts(one, root)} for one in prepared.targets]
    rows = [["TARGET", "WHEEL", "COMPILER", "HOST PYTHON"]]
    for fact in facts:
        wheel = f"that of {fact['shares']}" if fact["shares"] else fact["wheel"]
        rows.append([str(fact["target"]), str(wheel), str(fact["compiler"]) or "-", str(fact["origin"]) or "-"])
    rows += [[name, "can not be built yet", "", ""] for name in prepared.errors]
    missing = [{"target": name, **fact} for name, error in prepared.errors.items() for fact in error.facts()]
    handed = handed_facts(root, chosen, planning_options(arguments)) if arguments.json else {}
    answer = {**handed, "targets": facts, "errors": missing}
    write_answer(arguments, facts=answer, lines=table(rows), indent=1)
    if arguments.json and prepared.errors:
        return next(iter(prepared.errors.values())).exit_code
    prepared.raise_if_any()
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
