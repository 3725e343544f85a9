"""A host Python into xconan's store: fetched, verified, whole or not at all; and out of it."""

from __future__ import annotations

import contextlib
import errno
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from xconan.fetch.download import download, local_file, shown_address
from xconan.fetch.pythons.installed import installed_python
from xconan.fetch.pythons.trees import Fetched, fill_entry, is_wanted, keep_program
from xconan.ground.errors import ConfigError, HostPythonError, MachineError, XconanError, nearest_names
from xconan.ground.files import cache_folder, digest, file_digest, remove_tree, write_json
from xconan.ground.lock import cache_in_use, locked
from xconan.ground.report import say
from xconan.ground.run import which
from xconan.host.platforms import parse_platform
from xconan.host.targets import dotted_version, is_target, python_version
from xconan.pythons.adapted import stored_for_another
from xconan.pythons.own import of_distribution, own_target
from xconan.pythons.store import (
    RECORD,
    SOURCES,
    StoredPython,
    StoreError,
    entry_name,
    read_entry,
    store_folder,
    stored_pythons,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from xconan.host.targets import Target


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What is to be added, from where: as add_python has it, a path absolute."""

    target: Target
    source: str | None
    sha256: str | None
    runnable: bool


@cache_in_use()
def add_python(
    target: Target, *, source: str | None, sha256: str | None = None, force: bool = False, runnable: bool = False
) -> StoredPython:
    """Add a host Python to the store, unless it is there.

    Args:
        target: the host.
        source: "apt", "debian", "standalone", the path of a folder or an archive, or an address; None: this machine's
            apt for the Python that runs xconan, Debian where this machine has apt and Debian the Python, an
            installation of this machine's (installed.py), else standalone. Where none of these has it, the same
            Python for another Linux machine will do, whose headers are adapted to the host: one of the store, else
            one that this machine has installed, which is added.
        sha256: what an archive must have.
        force: replace what is there.
        runnable: with the interpreter and all that it needs; of a folder, which stays where it is.

    Raises:
        ConfigError: no such source, or one that is there comes from another.
        HostPythonError: the source has no such Python, or what it has is another one; nothing is added.
        MachineError: no network, no apt.
        StoreError: a store that can't be written.
    """
    chosen = _read_source(source)
    if target.platform.os == "pyodide" and (chosen is None or chosen in SOURCES):
        target = _of_linux(target, runnable=runnable)
    wanted = _Wanted(target=target, source=chosen, sha256=sha256, runnable=runnable)
    try:
        return _added(wanted, force=force)
    except StoreError:
        raise
    except (HostPythonError, MachineError):
        found = None if wanted.source or wanted.runnable else stored_for_another(target) or _adaptable(wanted)
        if found is None:
            raise
        name = found.name if isinstance(found, StoredPython) else entry_name(found.target)
        say(f"xconan: {entry_name(target)}: taking {name} in its place, whose headers are adapted")
        return found if isinstance(found, StoredPython) else _added(found, force=force)


def _of_linux(target: Target, *, runnable: bool) -> Target:
    """The same Python for Linux, whose headers serve Pyodide's once they are adapted: no source has Pyodide's own.

    Raises:
        HostPythonError: it is to be run.
    """
    if runnable:
        raise HostPythonError(
            "Pyodide's Python runs in browsers and under Node alone",
            where=target.platform.tag,
            hint="npm install pyodide, and try the wheel there: loadPyodide(), unpackArchive() or micropip",
        )
    other = replace(target, platform=parse_platform("linux_x86_64"))
    say(f"xconan: {entry_name(target)}: taking {entry_name(other)} in its place, whose headers are adapted")
    return other


def _added(wanted: _Wanted, *, force: bool) -> StoredPython:
    """The entry, made unless it is there."""
    name = entry_name(wanted.target)
    if not force and (entry := _present(name, wanted)):
        return entry
    store = store_folder()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with locked(store / f".{name}.lock", what=f"the store's {name}", remove=True) as lock:
            if not force and (entry := _present(name, wanted)):  # whoever held the lock before us
                return entry
            return _make(wanted, name, lambda work: _complete(_fetch(wanted, work, lock), wanted, work, lock))
    except PermissionError as error:
        raise _unwritable(store, error) from None
    except OSError as error:
        if error.filename and Path(str(error.filename)).is_relative_to(store):
            raise _unwritable(store, error) from None
        raise


def _adaptable(wanted: _Wanted) -> _Wanted | None:
    """The same Python of this machine, where it is installed and its headers serve the host once they are adapted."""
    own, target = own_target().platform, wanted.target
    same = target.implementation == "cp" or own.arch.bits == target.platform.arch.bits
    if not same or {own.os, target.platform.os} != {"linux"}:
        return None
    other = replace(target, platform=own)
    folder = installed_python(other) if entry_name(other) != entry_name(target) else None
    return replace(wanted, target=other, source=str(folder)) if folder else None


def remove_python(name: str) -> None:
    """Take an entry out of the store.

    Raises:
        ConfigError: there is none of this name; the hint names the nearest.
    """
    store = store_folder()
    if read_entry(name) is None:
        raise no_such_entry(name)
    try:
        with locked(store / f".{name}.lock", what=f"the store's {name}", remove=True):
            gone = store / f".{name}.gone"
            remove_tree(gone)
            (store / name).rename(gone)
            remove_tree(gone)
    except OSError as error:
        raise _unwritable(store, error) from None


def no_such_entry(name: str) -> ConfigError:
    """The error for a name that no entry has."""
    names = [entry.name for entry in stored_pythons()]
    close = nearest_names(name, names)
    python, _, platform = name.partition("-")
    platform = re.sub(r"^linux-(\w+)-musl$", r"musllinux_1_2_\1", platform).replace("linux-", "linux_")  # of entries
    if is_target(f"{python}-{platform}"):
        implementation, version = python[:2], dotted_version(python[2:].rstrip("t"))
        wanted, what = python_version(implementation, version, free_threaded=python.endswith("t")), "it"
    else:
        wanted, platform, what = "3.13", "manylinux_2_17_aarch64", "a Python"
    empty = f"it is empty; `xconan python add {wanted} --for {platform}` adds {what}"
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}" if names else empty
    return ConfigError(f"the store has no {name}", where=str(store_folder()), hint=hint)


def _unwritable(store: Path, error: OSError) -> StoreError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return StoreError(
        f"the store of host Pythons can't be changed: {error.strerror}", where=str(error.filename or store),
        hint=f"{'free some space, or ' if full else ''}set XCONAN_PYTHONS to a folder that can be written",
    )  # fmt: skip


def _present(name: str, wanted: _Wanted) -> StoredPython | None:
    """The entry that is there already, if it comes from where it was asked for, and runs if that was asked for."""
    entry, source = read_entry(name), wanted.source
    if entry is None or entry.damage:
        return None
    if wanted.runnable and not entry.program:
        say(f"xconan: {name} has no interpreter ({entry.version}, from {entry.source}): replacing it")
        return None
    known = shown_address(source) if source and "://" in source else source
    if source is None or entry.source == known or entry.source.split(maxsplit=1)[0] == source:
        say(f"xconan: {name} is there already ({entry.version}, from {entry.source}); --force fetches it anew")
        return entry
    raise ConfigError(
        f"the store has {name} already, from {entry.source}", where=str(entry.folder), hint="--force replaces it"
    )


def _make(wanted: _Wanted, name: str, fetch: Callable[[Path], Fetched]) -> StoredPython:
    store = store_folder()
    work, old, final = store / f".{name}.new", store / f".{name}.old", store / name
    if old.exists() and not final.exists():  # killed between two renames
        old.rename(final)
    for left in (work, old, store / f".{name}.gone"):  # a killed run's
        remove_tree(left)
    work.mkdir()
    try:
        fetched = fetch(work)
        entry = work / "entry"
        entry.mkdir()
        where = f"{name}, from {fetched.source}"
        version, include = fill_entry(fetched.tree, wanted.target, entry, where)
        copied = fetched.tree.is_relative_to(work)
        program = keep_program(fetched.tree, wanted.target, entry, where, copied=copied) if wanted.runnable else ""
        made = StoredPython(
            name=name, folder=final, version=version, include=include, source=fetched.source, files=fetched.files,
            program=program,
        )  # fmt: skip
        write_json(entry / RECORD, made.record())
        if final.exists():
            final.rename(old)
        entry.rename(final)
        remove_tree(old)
    finally:
        with contextlib.suppress(OSError):
            remove_tree(work)
    say(f"xconan: added {name}: {version}, from {fetched.source}{', with its interpreter' if program else ''}")
    return made


def _read_source(source: str | None) -> str | None:
    """A source as it was given, a path absolute."""
    if source is None or source in SOURCES:
        return source
    if "://" in source:
        local_file(source)  # an address?
        return source
    path = Path(source).expanduser().absolute()
    if not path.exists():
        raise ConfigError(
            f"there is no {path}", where=f"--from {source}",
            hint=f"give {', '.join(SOURCES)}, a folder, an archive, or an address",
        )  # fmt: skip
    return str(path)


def _fetch(wanted: _Wanted, work: Path, lock: int) -> Fetched:
    if wanted.source is None:
        return _fetch_from_anywhere(wanted, work, lock)
    return _fetch_from(wanted.source, wanted, work, lock)


def _fetch_from(source: str, wanted: _Wanted, work: Path, lock: int) -> Fetched:
    if source in SOURCES:
        return BY_NAME[source](wanted, work, lock)
    if "://" in source:
        return _fetch_address(wanted, source, work)
    path = Path(source)
    if path.is_dir():
        return Fetched(tree=path, source=source, files={})
    return _unpack(path, source, wanted, work)


def _complete(fetched: Fetched, wanted: _Wanted, work: Path, lock: int) -> Fetched:
    """With what an interpreter that is to run needs beside it."""
    if not wanted.runnable:
        return fetched
    from xconan.fetch.pythons.musl import with_loader  # noqa: PLC0415 - only here

    return with_loader(fetched, wanted.target, work, lock)


def _from_apt(wanted: _Wanted, work: Path, lock: int) -> Fetched:
    from xconan.fetch.pythons.own import fetch_own  # noqa: PLC0415 - only here

    return fetch_own(wanted.target, work, lock)


def _from_debian(wanted: _Wanted, work: Path, lock: int) -> Fetched:
    from xconan.fetch.pythons.debian import fetch_debian  # noqa: PLC0415 - only here

    return fetch_debian(wanted.target, work, lock, runnable=wanted.runnable)


def _from_standalone(wanted: _Wanted, work: Path, _lock: int) -> Fetched:
    from xconan.fetch.pythons.standalone import fetch_standalone  # noqa: PLC0415 - only here

    return fetch_standalone(wanted.target, work, runnable=wanted.runnable)


BY_NAME: dict[str, Callable[[_Wanted, Path, int], Fetched]] = {
    "apt": _from_apt, "debian": _from_debian, "standalone": _from_standalone,
}  # fmt: skip


def _fetch_from_anywhere(wanted: _Wanted, work: Path, lock: int) -> Fetched:
    """From the first source that can provide the Python; why the others could not is said.

    Raises:
        HostPythonError: none can; it has the reason of each.
    """
    target = wanted.target
    name = entry_name(target)
    failures: dict[str, XconanError] = {}
    for source in _sources(wanted):
        if failures:
            say(f"xconan: {name}: trying {source}")
        try:
            return _fetch_from(source, wanted, work, lock)
        except StoreError:
            raise
        except (HostPythonError, MachineError) as error:
            failures[source] = error
            say(f"xconan: {name} can't be had from {source}: {error.message}")
        for left in work.iterdir():
            remove_tree(left)
    if len(failures) == 1:
        raise next(iter(failures.values()))
    reasons = "; ".join(f"{source}: {error.message}" for source, error in failures.items())
    hints = [error.hint for error in failures.values() if "try --from" not in error.hint]
    raise HostPythonError(
        f"no source has {name}: {reasons}", where=f"xconan python add {target.python_version} "
        f"--for {target.platform.tag}", hint=", or ".join(dict.fromkeys(hints)),
    )  # fmt: skip


def _sources(wanted: _Wanted) -> Iterator[str]:
    """The sources that may have a Python, the nearest first."""
    from xconan.fetch.pythons.apt import apt_is_here  # noqa: PLC0415 - only here
    from xconan.fetch.pythons.debian import offers, offers_source  # noqa: PLC0415 - only here
    from xconan.fetch.pythons.own import is_own  # noqa: PLC0415 - only here

    target = wanted.target
    if is_own(target) and not wanted.runnable and of_distribution() and which("apt-get"):
        yield "apt"
    if offers(target) and apt_is_here():
        yield "debian"
    if folder := installed_python(target):
        yield str(folder)
    yield "standalone"
    if offers_source(target) and not wanted.runnable and apt_is_here():
        yield "debian"


def _fetch_address(wanted: _Wanted, url: str, work: Path) -> Fetched:
    target = wanted.target
    name = unquote(urlsplit(url).path).rpartition("/")[2] or "archive"
    place = cache_folder() / "downloads" / digest(url)[:16] / name
    what = f"Python {target.dotted_version} for {target.platform.tag}"
    download(url, place, sha256=wanted.sha256, what=what, kind=HostPythonError)
    fetched = _unpack(place, shown_address(url), wanted, work)
    remove_tree(place.parent)
    return fetched


def _unpack(archive: Path, source: str, wanted: _Wanted, work: Path) -> Fetched:
    from xconan.fetch.archives import unpack  # noqa: PLC0415 - only here

    sha256 = wanted.sha256
    actual = file_digest(archive)
    if sha256 is not None and actual != sha256.lower():
        raise HostPythonError(
            f"this is not the archive it should be: its SHA-256 is {actual}, not {sha256.lower()}", where=str(archive),
            hint="fetch it again, or correct --sha256",
        )  # fmt: skip
    unpack(archive, work / "tree", kind=HostPythonError, wanted=None if wanted.runnable else is_wanted)
    return Fetched(tree=work / "tree", source=source, files={archive.name: actual})
