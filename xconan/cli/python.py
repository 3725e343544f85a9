"""`xconan python`: the store of host Pythons."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from xconan.cli.toolchain import add_bundles
from xconan.ground.errors import ConfigError, Problems
from xconan.host.platforms import parse_platform
from xconan.host.targets import Target, parse_target
from xconan.pythons.store import StoreError, entry_name, read_entry, refuse_damaged, stored_pythons

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from xconan.pythons.store import StoredPython

_VERSION = re.compile(
    r"(?P<name>cp|cpython|python|pp|pypy)?-?(?P<major>3)\.?(?P<minor>\d{1,2})(?P<threads>t?)", re.IGNORECASE
)


def add(arguments: argparse.Namespace) -> int:
    """Add each version for each platform; the entries' folders are printed."""
    if arguments.all or any(":" in version for version in arguments.versions):  # KIND:TRIPLE
        return _add_bundles(arguments)
    if not (arguments.versions and arguments.platforms):
        raise ConfigError(
            "for which host?" if arguments.versions else "which Python?",
            where=" ".join(["xconan python add", *arguments.versions]),
            hint="name version and platform tag: xconan python add 3.13 --for manylinux_2_17_aarch64",
        )
    from xconan.fetch.pythons.add import add_python  # noqa: PLC0415 - for this verb alone

    targets = [_target(version, tag) for version in arguments.versions for tag in arguments.platforms]
    if arguments.sha256 and len(targets) > 1:
        raise ConfigError("one checksum can't be that of several archives", where="--sha256", hint="add them singly")
    if arguments.sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", arguments.sha256):
        raise ConfigError(f"'{arguments.sha256}' is no SHA-256", where="--sha256", hint="64 digits, as sha256sum says")
    added: list[StoredPython] = []
    problems = Problems()
    for target in targets:
        with problems.collected():
            added.append(add_python(target, source=arguments.source, sha256=arguments.sha256, force=arguments.force))
        if any(isinstance(error, StoreError) for error in problems):
            break
    if not (problems.found and arguments.json):
        _write(added, as_json=arguments.json)
    problems.raise_if_any()
    return 0


def _add_bundles(arguments: argparse.Namespace) -> int:
    """Add the Pythons that belong to ready-made toolchains."""
    from xconan.fetch.toolchains.catalog import PYTHONS, Options, common_names  # noqa: PLC0415 - for these alone

    if arguments.platforms or arguments.source:
        raise ConfigError("python-dev:TRIPLE says it already", where="--for" if arguments.platforms else "--from",
                          hint="leave it out")  # fmt: skip
    names = [*arguments.versions, *(common_names((PYTHONS,)) if arguments.all else [])]
    options = Options(url=arguments.url, version=arguments.version, sha256=arguments.sha256 or "")
    return add_bundles(names, options, arguments)


def show(arguments: argparse.Namespace) -> int:
    """List what is in the store."""
    found = stored_pythons()
    if arguments.json or sys.stdout is None:
        _write(found, as_json=True)
        return 0
    width = max((len(entry.name) for entry in found), default=0)
    sys.stdout.writelines(
        f"{entry.name:{width}}  damaged   {entry.damage}: {entry.remedy}\n" if entry.damage
        else f"{entry.name:{width}}  {entry.version:8}  {entry.source}\n"
        for entry in found
    )  # fmt: skip
    return 0


def path(arguments: argparse.Namespace) -> int:
    """Print the folder of an entry: the prefix of the host's Python."""
    from xconan.fetch.pythons.add import no_such_entry  # noqa: PLC0415 - for this verb alone, as below

    found: list[StoredPython] = []
    for name in _names([arguments.name], arguments.platforms):
        entry = read_entry(name)
        if entry is None:
            raise no_such_entry(name)
        found.append(refuse_damaged(entry))
    _write(found, as_json=arguments.json)
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Take entries out of the store."""
    from xconan.fetch.pythons.add import remove_python  # noqa: PLC0415 - for this verb alone

    problems = Problems()
    for name in _names(arguments.names, arguments.platforms):
        with problems.collected():
            remove_python(name)
    problems.raise_if_any()
    return 0


def _names(names: Sequence[str], platforms: Sequence[str]) -> list[str]:
    """Of entries: as they are given, or of versions and platforms."""
    return [entry_name(_target(one, tag)) for one in names for tag in platforms] if platforms else list(names)


def _target(version: str, tag: str) -> Target:
    """The target that "3.13t" for a platform tag means."""
    match = _VERSION.fullmatch(version)
    if match is None or (_is_pypy(match) and match["threads"]):
        raise ConfigError(
            f"'{version}' is no Python version", where=f"xconan python add {version}",
            hint="for example 3.13, 3.13t (without a GIL) or pypy3.11",
        )  # fmt: skip
    implementation = "pp" if _is_pypy(match) else "cp"
    number = match["major"] + match["minor"]
    try:
        platform = parse_platform(tag)
    except ConfigError as error:
        several = " ".join(f"--for {one}" for one in tag.split(","))
        hint = f"{several}, for several" if "," in tag else error.hint
        raise ConfigError(error.message, where=f"--for {tag}", hint=hint) from None
    keys = parse_target(f"{implementation}{number}{match['threads'].lower()}-{tag}")
    abi = str(keys.get("abi") or f"pypy{number}_pp73")
    return Target(implementation=implementation, version=number, abi=abi, platform=platform)


def _is_pypy(match: re.Match[str]) -> bool:
    return (match["name"] or "").lower() in {"pp", "pypy"}


def _write(entries: Sequence[StoredPython], *, as_json: bool) -> None:
    if sys.stdout is None:  # closed by whoever started us
        return
    if as_json:
        sys.stdout.write(json.dumps([entry.facts() for entry in entries], indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{entry.folder}\n" for entry in entries)
