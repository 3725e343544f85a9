"""`xconan targets`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from xconan.cli.arguments import add_json
from xconan.cli.output import write_answer
from xconan.ground.errors import ToolchainError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xconan.host.platforms import Libc
    from xconan.inventory import Answer, Compiler, Headers, Row


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.description = (
        "Show the hosts that xconan knows, the compilers here for each, the oldest platform tag that they reach, "
        "what runs their programs, and the commands that provide what is missing. With names: whether these targets "
        "can be built (exit code 0) or not (3). Nothing is compiled."
    )
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="host by name: cp311-manylinux_2_17_aarch64")
    add_json(parser, "the same facts for programs")


def run(arguments: argparse.Namespace) -> int:
    """Say what can be built; with names, whether these can, and exit code 3 where one can't."""
    from xconan.inventory import answer, list_platforms, list_pythons, take_inventory
    from xconan.plan import as_json

    inventory = take_inventory()
    if arguments.targets:
        answers = [answer(inventory, name) for name in arguments.targets]
        facts = [{**cast("dict[str, object]", as_json(target)), "ready": target.ready} for target in answers]
        lines = (line for target in answers for line in _about(target))
        write_answer(arguments, facts={"targets": facts}, lines=lines, indent=1)
        return 0 if all(target.ready for target in answers) else ToolchainError.exit_code
    rows, pythons = list_platforms(inventory), list_pythons()
    everything = {"platforms": as_json(rows), "pythons": as_json(pythons)}
    write_answer(arguments, facts=everything, lines=_table(rows, pythons), indent=1)
    return 0


def _table(rows: Sequence[Row], pythons: Sequence[Headers]) -> Iterator[str]:
    from xconan.inventory import EMULATORS

    lines = [("HOST", "OLDEST TAG", "COMPILERS (OLDEST)", "RUNS BY")]
    for row in rows:
        compilers = ", ".join(_compiler(compiler) for compiler in row.compilers)
        lines.append((_host(row), row.tag or "-", compilers or "none", _runner(row.emulator, here=row.here)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
    yield ""
    for python in pythons:
        yield f"{python.python} for {', '.join(python.hosts) or python.os}: {python.origin}"
    for os in dict.fromkeys(row.os for row in rows):
        if all(os != python.os for python in pythons):
            yield f"no host Python for {os}: xconan python add VERSION --for TAG, or set include_dir in a cross.toml"
    for commands in dict.fromkeys(row.needs for row in rows if row.needs):
        yield f"{' or '.join(commands)}: for {_hosts([row for row in rows if row.needs == commands], rows)}"
    silent = dict.fromkeys(row.arch for row in rows if row.os == "linux" and not (row.here or row.emulator))
    if silent:
        yield f"{EMULATORS}: to run what was built for {', '.join(silent)}"


def _hosts(some: Sequence[Row], rows: Sequence[Row]) -> str:
    """Rows by their systems where all architectures are among them: "linux musl, mac, linux s390x glibc"."""
    names = []
    for kind in dict.fromkeys((row.os, row.libc) for row in some):
        chosen = [row for row in some if (row.os, row.libc) == kind]
        every = len(chosen) == sum((row.os, row.libc) == kind for row in rows)
        names += [_kind(*kind)] if every else [_host(row) for row in chosen]
    return ", ".join(names)


def _host(row: Row) -> str:
    return _kind(f"{row.os} {row.arch}", row.libc)


def _kind(name: str, libc: Libc | None) -> str:
    return f"{name} {libc.value}" if libc else name


def _about(target: Answer) -> Iterator[str]:
    yield f"{target.target}: {'can be built' if target.ready else 'can not be built yet'}"
    if target.compiler:
        yield f"  compiler     {_compiler(target.compiler)}, {target.compiler.program}"
    if target.python:
        yield f"  host Python  {target.python}"
    if target.here or target.emulator:
        yield f"  runs by      {_runner(target.emulator, here=target.here)}"
    for need in target.needs:
        yield f"  needs        {need}"


def _compiler(compiler: Compiler) -> str:
    return f"{compiler.name} {compiler.version}{f' ({compiler.oldest})' if compiler.oldest else ''}"


def _runner(emulator: Path | None, *, here: bool) -> str:
    return "this machine" if here else emulator.name if emulator else "-"
