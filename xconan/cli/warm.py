"""`xconan warm`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xconan.cli.arguments import add_json
from xconan.cli.output import write_answer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from xconan.project.config.records import CrossConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Have zig make its C++ library for some targets now. It takes minutes for each, once for a version of zig, and "
        "the first build for a target would do it; in CI it is what to do before a cache is saved. A target that "
        "another compiler serves needs nothing. With --toolchain-package Conan provides that package now. "
        "Prints a line for each target."
    )
    parser.add_argument("targets", metavar="TARGET", nargs="+", help="host by name: cp311-manylinux_2_17_aarch64")
    parser.add_argument(
        "--toolchain-package", metavar="REF", help="a package of Conan's that brings the toolchain: gcc-aarch64/13.2"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make them one after another; names that mean nothing are told of before the first."""
    from xconan.build_machine.buildenv import running_target
    from xconan.ground.errors import Problems
    from xconan.project.config.cross import read_named

    problems, crosses = Problems(), {}
    for name in dict.fromkeys(arguments.targets):
        with problems.collected():
            crosses[name] = read_named(name, running=running_target(), toolchain_package=arguments.toolchain_package)
    problems.raise_if_any()
    facts = [fact for name, cross in crosses.items() for fact in _warm(name, cross)]
    write_answer(arguments, facts={"warm": facts}, lines=map(_line, facts), indent=1)
    return 0


def _warm(name: str, cross: CrossConfig) -> Iterator[Mapping[str, object]]:
    """Warm a target, or each part of a universal one."""
    from xconan.conan.toolchain_package import with_toolchain_package
    from xconan.host.platforms import part_of
    from xconan.toolchains.find import with_toolchain_file
    from xconan.toolchains.zig_library import warm_zig

    platform = cross.target.platform
    for one in [part_of(platform, part) for part in platform.arch.parts] or [platform]:
        chosen = with_toolchain_file(with_toolchain_package(replace(cross, target=replace(cross.target, platform=one))))
        fact: dict[str, object] = {
            "target": name, "platform": one.tag, "toolchain": cross.toolchain_package or chosen.toolchain,
        }  # fmt: skip
        if cross.toolchain_package:
            fact |= {"package": True, "file": str(chosen.toolchain_file)}
        elif chosen.toolchain == "zig" and chosen.toolchain_file:
            warmed = warm_zig(str(chosen.toolchain_file.with_name("c++")), what=one.tag)
            fact |= {"made": warmed.made, "seconds": round(warmed.seconds, 1), "cache": str(warmed.cache)}
        yield fact


def _line(fact: Mapping[str, object]) -> str:
    if fact.get("package"):
        return f"{fact['platform']}  {fact['toolchain']} is there, its toolchain file is {fact['file']}"
    if fact["toolchain"] != "zig":
        return f"{fact['platform']}  {fact['toolchain'] or 'this machine'}: nothing to make"
    done = f"made in {fact['seconds']} s" if fact["made"] else "was there"
    return f"{fact['platform']}  zig's C++ library {done}, in {fact['cache']}"
