"""`xconan python`: the store of host Pythons."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xconan.cli.arguments import Actions, add_bundle_source, add_json, run_action
from xconan.cli.output import write_answer
from xconan.ground.errors import ConfigError, Problems

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from xconan.host.targets import Target
    from xconan.pythons.store import StoredPython

_VERSION = re.compile(
    r"(?P<name>cp|cpython|python|pp|pypy)?-?(?P<major>3)\.?(?P<minor>\d{1,2})(?P<threads>t?)", re.IGNORECASE
)

_PYPY_RELEASE = "73"  # of the ABI of every PyPy for Python 3.7 and newer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes: an action."""
    parser.description = (
        "The store of host Pythons: headers, sysconfig data and libraries that builds find by themselves. It is in "
        "$XCONAN_PYTHONS, else in xconan's cache."
    )
    actions = Actions(parser)
    action = actions.add(
        "add", add, line="fetch a host Python and put it into the store",
        description="Fetch a Python's headers, verify them and put them into the store; its folder is printed. What is "
        "there already is not fetched again. The Pythons that belong to a ready-made toolchain, python-dev:TRIPLE, go "
        "to the toolchain instead, and their cross.tomls are printed.",
    )  # fmt: skip
    action.add_argument(
        "versions", metavar="VERSION", nargs="*",
        help="3.13, 3.13t (without a GIL), pypy3.11; or python-dev:TRIPLE",
    )  # fmt: skip
    _add_platforms(action)
    action.add_argument(
        "--from", metavar="SOURCE", dest="source", default=None,
        help="apt (python3-dev of this machine's own distribution), debian, standalone (needs xconan[standalone]), a "
        "folder that holds an installation or a file system, an archive, or the address of one [debian where this "
        "machine has apt and Debian that Python, else what pyenv or uv has installed, else standalone]",
    )  # fmt: skip
    action.add_argument("--sha256", metavar="SUM", default=None, help="what the archive must have")
    action.add_argument("--force", action="store_true", help="replace what is there")
    action.add_argument(
        "--runnable", action="store_true",
        help="with its interpreter and standard library, so that xconan test can run it; a folder is used where it is",
    )  # fmt: skip
    add_bundle_source(action, "of python-dev:TRIPLE: ", "python-dev of the common machines")
    add_json(action)
    action = actions.add(
        "list", show, line="what is in the store", description="List the store: name, version, source."
    )
    add_json(action)
    action = actions.add(
        "path", path, line="where a host Python is", description="Print the prefix of a host Python in the store."
    )
    action.add_argument("name", metavar="NAME", help="as `list` says it; a version with --for")
    _add_platforms(action)
    add_json(action)
    action = actions.add(
        "remove", remove, line="take host Pythons away", description="Remove host Pythons from the store."
    )
    action.add_argument("names", metavar="NAME", nargs="+", help="as `list` says it; a version with --for")
    _add_platforms(action)


def _add_platforms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for", metavar="TAG", dest="platforms", action="append", default=[],
        help="the host's platform tag, as wheels have it: manylinux_2_17_aarch64, win_amd64; may be repeated",
    )  # fmt: skip


run = run_action


def add(arguments: argparse.Namespace) -> int:
    """Add each version for each platform; the entries' folders are printed."""
    if arguments.all or any(":" in version for version in arguments.versions):  # KIND:TRIPLE
        return _add_bundles(arguments)
    if not (arguments.versions and arguments.platforms):
        versions, tags = arguments.versions or ["3.13"], arguments.platforms or ["manylinux_2_17_aarch64"]
        raise ConfigError(
            "for which host?" if arguments.versions else "which Python?",
            where=" ".join(["xconan python add", *arguments.versions]),
            hint=f"name version and platform tag: xconan python add {' '.join(versions)} --for {' --for '.join(tags)}",
        )
    from xconan.fetch.pythons.add import add_python
    from xconan.pythons.store import StoreError

    targets = [_target(version, tag) for version in arguments.versions for tag in arguments.platforms]
    if arguments.sha256 and len(targets) > 1:
        raise ConfigError("one checksum can't be that of several archives", where="--sha256", hint="add them singly")
    if arguments.sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", arguments.sha256):
        raise ConfigError(f"'{arguments.sha256}' is no SHA-256", where="--sha256", hint="64 digits, as sha256sum says")
    added: list[StoredPython] = []
    problems = Problems()
    for target in targets:
        with problems.collected():
            added.append(
                add_python(
                    target, source=arguments.source, sha256=arguments.sha256, force=arguments.force,
                    runnable=arguments.runnable,
                )
            )  # fmt: skip
            if arguments.runnable:
                _try(added[-1], target)
        if any(isinstance(error, StoreError) for error in problems):
            break
    if not (problems.found and arguments.json):
        _write(added, arguments)
    problems.raise_if_any()
    return 0


def _try(entry: StoredPython, target: Target) -> None:
    """Start an entry's interpreter, and say whether it runs here."""
    from xconan.ground.report import say
    from xconan.hosttest.interpreter import try_stored

    reason = try_stored(entry, target)
    say(f"xconan: the interpreter of {entry.name} {f'was not run: {reason}' if reason else 'runs here'}")


def _add_bundles(arguments: argparse.Namespace) -> int:
    """Add the Pythons that belong to ready-made toolchains."""
    from xconan.cli.toolchain import add_bundles
    from xconan.fetch.toolchains.catalog import PYTHONS, Options, common_names

    if arguments.platforms or arguments.source:
        raise ConfigError("python-dev:TRIPLE says it already", where="--for" if arguments.platforms else "--from",
                          hint="leave it out")  # fmt: skip
    names = [*arguments.versions, *(common_names((PYTHONS,)) if arguments.all else [])]
    options = Options(url=arguments.url, version=arguments.version, sha256=arguments.sha256 or "")
    return add_bundles(names, options, arguments)


def show(arguments: argparse.Namespace) -> int:
    """List what is in the store."""
    from xconan.pythons.store import stored_pythons

    entries = stored_pythons()
    width = max((len(entry.name) for entry in entries), default=0)
    lines = (
        f"{entry.name:{width}}  damaged   {entry.damage}: {entry.remedy}" if entry.damage
        else f"{entry.name:{width}}  {entry.version:8}  {entry.source}"
        f"{', with its interpreter' if entry.program else ''}"
        for entry in entries
    )  # fmt: skip
    write_answer(arguments, facts=[entry.facts() for entry in entries], lines=lines, indent=1)
    return 0


def path(arguments: argparse.Namespace) -> int:
    """Print the folder of an entry: the prefix of the host's Python."""
    from xconan.fetch.pythons.add import no_such_entry
    from xconan.pythons.store import read_entry, refuse_damaged

    entries: list[StoredPython] = []
    for name in _names([arguments.name], arguments.platforms):
        entry = read_entry(name)
        if entry is None:
            raise no_such_entry(name)
        entries.append(refuse_damaged(entry))
    _write(entries, arguments)
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Take entries out of the store."""
    from xconan.fetch.pythons.add import remove_python

    problems = Problems()
    for name in _names(arguments.names, arguments.platforms):
        with problems.collected():
            remove_python(name)
    problems.raise_if_any()
    return 0


def _names(names: Sequence[str], platforms: Sequence[str]) -> list[str]:
    """Of entries: as they are given, or of versions and platforms."""
    from xconan.pythons.store import entry_name

    return [entry_name(_target(name, tag)) for name in names for tag in platforms] if platforms else list(names)


def _target(version: str, tag: str) -> Target:
    """The target that "3.13t" for a platform tag means."""
    from xconan.host.platforms import parse_platform
    from xconan.host.targets import Target, parse_target, pypy_abi

    match = _VERSION.fullmatch(version)
    if match is None or (_is_pypy(match) and match["threads"]):
        raise ConfigError(
            f"'{version}' is no Python version", where=f"xconan python add {version}", hint=_nearest_version(version),
        )  # fmt: skip
    implementation = "pp" if _is_pypy(match) else "cp"
    number = match["major"] + match["minor"]
    try:
        platform = parse_platform(tag)
    except ConfigError as error:
        several = " ".join(f"--for {part}" for part in tag.split(","))
        hint = f"{several}, for several" if "," in tag else error.hint
        raise ConfigError(error.message, where=f"--for {tag}", hint=hint) from None
    keys = parse_target(f"{implementation}{number}{match['threads'].lower()}-{tag}")
    abi = str(keys.get("abi") or pypy_abi(number, _PYPY_RELEASE))
    return Target(implementation=implementation, version=number, abi=abi, platform=platform)


def _nearest_version(version: str) -> str:
    if patch := re.fullmatch(r"(\D*3\.\d{1,2})\.\d+", version):
        return f"major and minor are enough: {patch[1]}"
    return "for example 3.13, 3.13t (without a GIL) or pypy3.11"


def _is_pypy(match: re.Match[str]) -> bool:
    return (match["name"] or "").lower() in {"pp", "pypy"}


def _write(entries: Sequence[StoredPython], arguments: argparse.Namespace) -> None:
    facts = [entry.facts() for entry in entries]
    write_answer(arguments, facts=facts, lines=(entry.folder for entry in entries), indent=1)
