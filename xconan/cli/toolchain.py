"""`xconan toolchain`: ready-made toolchains and their Pythons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xconan.cli.arguments import Actions, add_bundle_source, add_bundle_store, add_json, run_action
from xconan.cli.output import write_answer, write_lines
from xconan.ground.errors import ConfigError, ErrorGroup

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from xconan.fetch.toolchains.catalog import Options
    from xconan.fetch.toolchains.store import Bundle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes: an action."""
    parser.description = (
        "Ready-made cross compilers for old C libraries, with their files for CMake and Conan. A bundle's name is "
        "x-tools:TRIPLE, python-dev:TRIPLE for the Pythons that belong to it."
    )
    actions = Actions(parser)
    action = actions.add(
        "add", add, line="fetch and unpack",
        description="Fetch, verify, unpack and try bundles; what is there already is not fetched again. Prints a "
        "toolchain's folder, or the cross.tomls of the Pythons. The environment may say where the archives are: "
        "XCONAN_X_TOOLS_URL, _VERSION and _GCC, XCONAN_PYTHON_DEV_URL and _VERSION.",
    )  # fmt: skip
    action.add_argument(
        "names", metavar="NAME", nargs="*",
        help="x-tools:TRIPLE, python-dev:TRIPLE, or the path or address of an archive of their layout",
    )  # fmt: skip
    action.add_argument("--gcc", metavar="N", default="", help="major version of the compiler")
    action.add_argument("--sha256", metavar="SUM", default=None, help="what the archive must have")
    add_bundle_source(action, "", "the toolchains and Pythons for the common machines")
    add_json(action)
    action = actions.add("list", show, line="what is there", description="List what is there, and what could be added.")
    add_bundle_store(action)
    add_json(action)
    action = actions.add(
        "path",
        path,
        line="where a bundle is",
        description="Print a toolchain's folder, or the cross.tomls of its Pythons.",
    )
    action.add_argument("name", metavar="NAME", help="x-tools:TRIPLE or python-dev:TRIPLE")
    action.add_argument("--python", metavar="VERSION", default="", help="of python-dev:TRIPLE this alone: 3.11")
    add_bundle_store(action)
    action = actions.add(
        "remove", remove, line="take bundles away", description="Remove bundles; files that were changed since stay."
    )
    action.add_argument("names", metavar="NAME", nargs="+", help="x-tools:TRIPLE or python-dev:TRIPLE")
    add_bundle_store(action)


run = run_action


def add(arguments: argparse.Namespace) -> int:
    """Add bundles: those named, or with --all the toolchains and Pythons of the common machines."""
    from xconan.fetch.toolchains.catalog import KINDS, Options, common_names

    names = [*arguments.names, *(common_names(KINDS) if arguments.all else [])]
    options = Options(
        url=arguments.url, version=arguments.version, gcc=arguments.gcc, sha256=arguments.sha256 or ""
    )  # fmt: skip
    return add_bundles(names, options, arguments)


def add_bundles(names: Sequence[str], options: Options, arguments: argparse.Namespace) -> int:
    """Add bundles and say what can be done with them.

    Args:
        names: KIND:TRIPLE, or paths or addresses of archives.
        options: where their archives come from.
        arguments: of the command line: out, json.

    Raises:
        ConfigError: no names, or an option that can't be meant for all of them.
        XconanError: of the one that failed, or an ErrorGroup of all that did, when all were tried.
    """
    from xconan.fetch.toolchains.add import add_bundles as add_all
    from xconan.fetch.toolchains.add import next_step
    from xconan.fetch.toolchains.store import open_store
    from xconan.ground.report import say

    _check_options(names, options)
    store = open_store(arguments.out)
    added, failed = add_all(names, store, options)
    if not (failed and arguments.json):
        _write(added, arguments)
    for step in dict.fromkeys(next_step(bundle, store) for bundle in added):
        say(f"xconan: next: {step}")
    if failed:
        raise failed[0] if len(failed) == 1 else ErrorGroup(failed)
    return 0


def _check_options(names: Sequence[str], options: Options) -> None:
    if not names:
        raise ConfigError("nothing is named", where="NAME", hint="for example x-tools:aarch64-rpi3-linux-gnu, or --all")
    if options.sha256 and len(names) > 1:
        raise ConfigError("one checksum can't be that of several archives", where="--sha256", hint="add them singly")
    kinds = {name.partition(":")[0] for name in names}
    if options.version and len(kinds) > 1:
        raise ConfigError(
            "toolchains and Pythons have releases of their own", where="--version",
            hint="set XCONAN_X_TOOLS_VERSION and XCONAN_PYTHON_DEV_VERSION, or add them singly",
        )  # fmt: skip


def show(arguments: argparse.Namespace) -> int:
    """List what is in the store, and what could be."""
    from xconan.fetch.toolchains.store import open_store

    bundles = open_store(arguments.out).bundles()
    write_answer(arguments, facts=[bundle.facts() for bundle in bundles], lines=_list(bundles), indent=1)
    return 0


def _list(bundles: Sequence[Bundle]) -> Iterator[str]:
    from xconan.fetch.toolchains.catalog import KINDS, triples

    for bundle in bundles:
        origin = bundle.record.source if bundle.record else "unpacked by hand"
        yield f"{bundle.name}  {bundle.version or f'({origin})'}  {bundle.folder}"
        yield from (f"    {path}" for path in (bundle.toolchain_file, *bundle.crosses) if path)
    there = {bundle.name for bundle in bundles}
    for triple in triples().values():
        if missing := [name for kind in KINDS if (name := f"{kind}:{triple.name}") not in there]:
            yield f"not added: {', '.join(missing)}  ({triple.about})"


def remove(arguments: argparse.Namespace) -> int:
    """Take bundles away."""
    from xconan.fetch.toolchains.store import open_store

    for name in arguments.names:
        open_store(arguments.out).remove(name)
    return 0


def path(arguments: argparse.Namespace) -> int:
    """Print where a bundle is: a toolchain's folder, a Python's cross.toml."""
    from xconan.fetch.toolchains.store import open_store

    bundle = open_store(arguments.out).bundle(arguments.name)
    write_lines(_places(bundle, arguments.python))
    return 0


def _places(bundle: Bundle, version: str) -> Sequence[object]:
    from xconan.fetch.toolchains.store import python_of

    if not version:
        return bundle.crosses or [bundle.folder]
    triple = bundle.folder.name
    names = {python_of(cross, triple): cross for cross in bundle.crosses}
    chosen = [
        cross
        for name, cross in names.items()
        if name in {version, f"python{version}"} or name.startswith(f"{version}-")
    ]
    if not chosen:
        hint = f"there: {', '.join(names)}"
        raise ConfigError(f"{bundle.name} has no Python {version}", where="--python", hint=hint)
    return chosen


def _write(bundles: Sequence[Bundle], arguments: argparse.Namespace) -> None:
    lines = (place for bundle in bundles for place in bundle.crosses or [bundle.folder])
    write_answer(arguments, facts=[bundle.facts() for bundle in bundles], lines=lines, indent=1)
