"""`xconan toolchain`: ready-made toolchains and their Pythons."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from xconan.ground.errors import ConfigError, ErrorGroup

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from xconan.fetch.toolchains.catalog import Options
    from xconan.fetch.toolchains.store import Bundle


def add(arguments: argparse.Namespace) -> int:
    """Add bundles: those named, or with --all the toolchains and Pythons of the common machines."""
    from xconan.fetch.toolchains.catalog import KINDS, Options, common_names  # noqa: PLC0415 - for these verbs alone, as below

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
    from xconan.fetch.toolchains.add import add_bundles as add_all  # noqa: PLC0415
    from xconan.fetch.toolchains.add import next_step  # noqa: PLC0415
    from xconan.fetch.toolchains.store import open_store  # noqa: PLC0415
    from xconan.ground.run import say  # noqa: PLC0415

    _check_options(names, options)
    store = open_store(arguments.out)
    added, failed = add_all(names, store, options)
    if not (failed and arguments.json):
        _write(added, as_json=arguments.json)
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
    from xconan.fetch.toolchains.catalog import KINDS, triples  # noqa: PLC0415
    from xconan.fetch.toolchains.store import open_store  # noqa: PLC0415

    store = open_store(arguments.out)
    found = store.bundles()
    if arguments.json:
        _write(found, as_json=True)
        return 0
    lines = []
    for bundle in found:
        origin = bundle.record.source if bundle.record else "unpacked by hand"
        lines.append(f"{bundle.name}  {bundle.version or f'({origin})'}  {bundle.folder}")
        lines += [f"    {path}" for path in (bundle.toolchain_file, *bundle.crosses) if path]
    there = {bundle.name for bundle in found}
    for triple in triples().values():
        if missing := [name for kind in KINDS if (name := f"{kind}:{triple.name}") not in there]:
            lines.append(f"not added: {', '.join(missing)}  ({triple.about})")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def remove(arguments: argparse.Namespace) -> int:
    """Take bundles away."""
    from xconan.fetch.toolchains.store import open_store  # noqa: PLC0415

    for name in arguments.names:
        open_store(arguments.out).remove(name)
    return 0


def path(arguments: argparse.Namespace) -> int:
    """Print where a bundle is: a toolchain's folder, a Python's cross.toml."""
    from xconan.fetch.toolchains.store import open_store  # noqa: PLC0415

    bundle = open_store(arguments.out).bundle(arguments.name)
    sys.stdout.writelines(f"{line}\n" for line in _places(bundle, arguments.python))
    return 0


def _places(bundle: Bundle, version: str) -> Sequence[object]:
    from xconan.fetch.toolchains.store import python_of  # noqa: PLC0415

    if not version:
        return bundle.crosses or [bundle.folder]
    triple = bundle.folder.name
    names = {python_of(cross, triple): cross for cross in bundle.crosses}
    found = [
        cross
        for name, cross in names.items()
        if name in {version, f"python{version}"} or name.startswith(f"{version}-")
    ]
    if not found:
        hint = f"there: {', '.join(names)}"
        raise ConfigError(f"{bundle.name} has no Python {version}", where="--python", hint=hint)
    return found


def _write(bundles: Sequence[Bundle], *, as_json: bool) -> None:
    if sys.stdout is None:  # closed by whoever started us
        return
    if as_json:
        sys.stdout.write(json.dumps([bundle.facts() for bundle in bundles], indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{place}\n" for bundle in bundles for place in bundle.crosses or [bundle.folder])
