"""`xconan targets`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, cast

from xconan.ground.errors import ToolchainError
from xconan.inventory import EMULATORS, answer, list_platforms, list_pythons, take_inventory
from xconan.plan import as_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xconan.host.platforms import Libc
    from xconan.inventory import Answer, Compiler, Headers, Row


def run(arguments: argparse.Namespace) -> int:
    """Say what can be built; with names, whether these can, and exit code 3 where one can't."""
    inventory = take_inventory()
    if arguments.targets:
        answers = [answer(inventory, name) for name in arguments.targets]
        facts = [{**cast("dict[str, object]", as_json(one)), "ready": one.ready} for one in answers]
        _write({"targets": facts} if arguments.json else None, (line for one in answers for line in _about(one)))
        return 0 if all(one.ready for one in answers) else ToolchainError.exit_code
    rows, pythons = list_platforms(inventory), list_pythons()
    _write({"platforms": as_json(rows), "pythons": as_json(pythons)} if arguments.json else None, _table(rows, pythons))
    return 0


def _write(facts: object, lines: Iterator[str]) -> None:
    if sys.stdout is not None:  # closed by whoever started us
        sys.stdout.write(json.dumps(facts, indent=1) + "\n" if facts else "".join(f"{line}\n" for line in lines))


def _table(rows: Sequence[Row], pythons: Sequence[Headers]) -> Iterator[str]:
    compilers = [", ".join(_compiler(one) for one in row.compilers) or "none" for row in rows]
    width = max(map(len, compilers), default=0) + 2
    yield f"{'HOST':22}{'OLDEST TAG':27}{'COMPILERS (OLDEST)':{width}}RUNS BY"
    for row, shown in zip(rows, compilers, strict=True):
        yield f"{_host(row):22}{row.tag or '-':27}{shown:{width}}{_runner(row.emulator, here=row.here)}"
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


def _about(one: Answer) -> Iterator[str]:
    yield f"{one.target}: {'can be built' if one.ready else 'can not be built yet'}"
    if one.compiler:
        yield f"  compiler     {_compiler(one.compiler)}, {one.compiler.program}"
    if one.python:
        yield f"  host Python  {one.python}"
    if one.here or one.emulator:
        yield f"  runs by      {_runner(one.emulator, here=one.here)}"
    for need in one.needs:
        yield f"  needs        {need}"


def _compiler(one: Compiler) -> str:
    return f"{one.name} {one.version}{f' ({one.oldest})' if one.oldest else ''}"


def _runner(emulator: Path | None, *, here: bool) -> str:
    return "this machine" if here else emulator.name if emulator else "-"
